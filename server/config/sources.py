"""Where settings come from: a TOML file, then the environment, then options of the command; later ones win.

Turns each into ``Given`` values with the place where they stand, and names what is not a setting. Reads files, judges no value.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.config.errors import Problem
from server.config.kinds import Setting, all_settings
from server.config.model import Settings

FILE = "_file"
SECTIONS = Settings.__struct_fields__


Layer = Literal["file", "environment", "option"]


@dataclass(frozen=True)
class Given:
    setting: Setting
    value: object
    layer: Layer
    source: str
    folder: Path  # what a relative path is seen from
    word: bool  # bare text, not a typed value of TOML


def from_file(path: Path) -> Iterator[Given | Problem]:
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, ValueError) as error:
        yield Problem(str(path), "file", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    lines = _lines(text)
    for section, table in tables.items():
        place = _place(path, lines.get(section))
        if section not in SECTIONS:
            known = SECTIONS if isinstance(table, dict) else _names()
            yield Problem(section, place, _no_such("section" if isinstance(table, dict) else "setting", section, known))
        elif not isinstance(table, dict):
            yield Problem(section, place, f"is a section: write [{section}] and its settings below")
        else:
            for name, value in table.items():
                source = _place(path, lines.get(f"{section}.{name}"))
                yield _given(f"{section}.{name}", value, "file", source, path.parent)


def from_environment(environment: Mapping[str, str], folder: Path) -> Iterator[Given | Problem]:
    """Variables such as YIZHAN_GATEWAY__PORT. One underscore too few is named, for it would be ignored without a word."""
    variables = {_variable(path): path for path in _names()}
    slips = {variable.replace("__", "_"): variable for variable in variables}
    for name, value in sorted(environment.items()):
        if not name.startswith("YIZHAN_"):
            continue
        source = f"environment {name}"
        if "__" in name:
            section, _, key = name.removeprefix("YIZHAN_").lower().partition("__")
            yield _given(f"{section}.{key}", value, "environment", source, folder)
        elif name in slips:
            yield Problem(name, "environment", f"is not a setting; did you mean {slips[name]}?")


def from_options(options: Mapping[str, object], folder: Path) -> Iterator[Given | Problem]:
    """``options`` has values by path; None is an option that was not given."""
    for path, value in options.items():
        if value is not None:
            yield Given(all_settings()[path], value, "option", "command line", folder, word=True)


def _given(path: str, value: object, layer: Layer, source: str, folder: Path) -> Given | Problem:
    if path in all_settings():
        return Given(all_settings()[path], value, layer, source, folder, word=layer != "file")
    if path in _names():
        return _from_secret_file(path, value, layer, source, folder)
    section = path.partition(".")[0]
    if section not in SECTIONS:
        return Problem(path, source, _no_such("section", section, SECTIONS))
    return Problem(path, source, _no_such("setting", path, _names()))


def _from_secret_file(path: str, value: object, layer: Layer, source: str, folder: Path) -> Given | Problem:
    """A secret may lie in a file of its own, as container platforms hand them out; the line's end is not part of it."""
    if not isinstance(value, str):
        return Problem(path, source, f"{value!r} is not a path")
    try:
        secret = (folder / value).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        return Problem(path, source, f"{value} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}")
    return Given(all_settings()[path.removesuffix(FILE)], secret, layer, f"{source} -> {value}", folder, word=True)


def _names() -> list[str]:
    settings = all_settings()
    return [*settings, *(f"{path}{FILE}" for path, setting in settings.items() if setting.secret)]


def _variable(path: str) -> str:
    return "YIZHAN_" + path.replace(".", "__").upper()


def _no_such(what: str, name: str, known: Iterable[str]) -> str:
    """Closest by its whole path, else by its last part: a setting may stand in the wrong section."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    last = name.rpartition(".")[2]
    close = [path for path in known if path.rpartition(".")[2] == last] or close
    close = close or difflib.get_close_matches(name, known, n=1)
    return f"there is no such {what}" + (f"; did you mean {' or '.join(close)}?" if close else "")


def _place(path: Path, line: int | None) -> str:
    return f"{path.name}:{line}" if line else path.name


def _lines(text: str) -> Mapping[str, int]:
    """Of ``[section]`` and ``key =`` as people write them; what is written otherwise is found by the file's name alone."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            section = head[1]
            found.setdefault(section, number)
        elif key := re.match(r"\s*([\w.-]+)\s*=", line):
            found.setdefault(f"{section}.{key[1]}" if section else key[1], number)
    return found
