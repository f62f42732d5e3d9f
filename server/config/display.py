"""Settings for people: values with secrets masked, and the documentation that stands in the model below each of them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from server.config.kinds import Setting, all_settings, words
from server.config.loading import Loaded
from server.config.model import Section, Settings

MASK = "********"


def rows(loaded: Loaded) -> list[dict[str, Any]]:
    """``{"setting": "gateway.port", "value": 8800, "from": "default"}``, in the order of the model."""
    return [
        {"setting": path, "value": _shown(setting, loaded.settings), "from": loaded.origins[path]}
        for path, setting in all_settings().items()
    ]


def _shown(setting: Setting, settings: Settings) -> Any:
    value = getattr(getattr(settings, setting.section), setting.name)
    if setting.secret == "all":
        return MASK if value else ""
    return _without_password(value) if setting.secret else plain(value)


def _without_password(address: str) -> str:
    """Up to the last @, for an unquoted password may hold any sign; and among the parameters, as some drivers take it."""
    address = re.sub(r"(//[^:@/]*:).*@", rf"\1{MASK}@", address)
    return re.sub(r"([?&][^=&]*pass[^=&]*=)[^&]*", rf"\1{MASK}", address)


def plain(value: Any) -> Any:
    """As JSON has it; whole seconds without their '.0'."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def documentation() -> list[dict[str, Any]]:
    """One entry a section, with its settings: name, variable, what it takes, default, whether secret, text."""
    return [_section(section.name, section.type) for section in msgspec.structs.fields(Settings)]


def _section(name: str, model: type[Section]) -> dict[str, Any]:
    texts = _texts(model)
    settings = [setting for setting in all_settings().values() if setting.section == name]
    return {"section": name, "text": inspect.getdoc(model), "settings": [_entry(setting, texts) for setting in settings]}


def _entry(setting: Setting, texts: Mapping[str, str]) -> dict[str, Any]:
    default = "data, beside the program" if setting.path == "server.data" else plain(setting.default)
    return {
        "name": setting.name,
        "variable": setting.variable,
        "takes": words(setting),
        "default": default,
        "secret": setting.secret is not None,
        "text": texts[setting.name],
    }


@cache
def _texts(model: type[Section]) -> Mapping[str, str]:
    """The text below each field of the class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = inspect.cleandoc(ast.literal_eval(text.value)).replace("\n", " ")
    return found


def markdown() -> str:
    lines = ["# Settings", "", *INTRODUCTION.splitlines()]
    for section in documentation():
        lines += ["", f"## [{section['section']}]", "", section["text"], ""]
        for entry in section["settings"]:
            default = "none" if entry["default"] in (None, "", []) else f"`{msgspec.json.encode(entry['default']).decode()}`"
            lines.append(f"- `{entry['name']}`: {entry['takes']}; default {default}  ")
            lines.append(f"  {entry['text']}")
            lines += ["  It can be given as a file: " + f"`{entry['name']}_file`."] if entry["secret"] else []
    return "\n".join(lines)


INTRODUCTION = """\
In a TOML file, which is named by `--config` or by `YIZHAN_CONFIG`, or is `yizhan.toml` in the data folder; or in the environment, where
`port` of `[gateway]` is `YIZHAN_GATEWAY__PORT` and lists are separated by commas. The environment wins over the file, an option of the
command over both. `yizhan config show` tells what is in force and where each value comes from."""
