"""Puts the settings together from their sources, or says everything that is wrong with them at once (DESIGN 13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from server.config import rules, sources
from server.config.errors import Problem, SettingsInvalid
from server.config.kinds import all_settings, read
from server.config.model import Settings
from server.config.sources import Given

FILE_VARIABLE = "YIZHAN_CONFIG"
DEFAULT = "default"


@dataclass(frozen=True)
class Loaded:
    settings: Settings
    origins: Mapping[str, str]
    """Where each setting comes from, by its path: 'yizhan.toml:3', 'environment YIZHAN_GATEWAY__PORT', 'default'."""
    file: Path | None


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
    folder: Path | None = None,
) -> Loaded:
    """From ``file``, else from where YIZHAN_CONFIG points, else from yizhan.toml in the data folder where there is one;
    then the environment, then the command's ``options`` by path. Relative paths of the latter two are seen from ``folder``.

    Raises: SettingsInvalid, with every problem.
    """
    environment = environment or {}
    folder = folder or Path.cwd()
    file = file or _file(environment, folder)
    found = [
        *(sources.from_file(file) if file else ()),
        *sources.from_environment(environment, folder),
        *sources.from_options(options or {}, folder),
    ]
    faults = [one for one in found if isinstance(one, Problem)]
    given = [one for one in found if isinstance(one, Given)]
    faults += _said_twice(given)
    values, unread = _read(given)
    faults += unread
    origins = {path: DEFAULT for path in all_settings()} | {one.setting.path: one.source for one in given}
    settings = rules.derived(_settings(values))
    faults += [Problem(path, origins[path], what) for path, what in rules.problems(settings, {fault.path for fault in unread})]
    if faults:
        raise SettingsInvalid(faults)
    return Loaded(settings, origins, file)


def _file(environment: Mapping[str, str], folder: Path) -> Path | None:
    if named := environment.get(FILE_VARIABLE):
        return folder / named
    data = environment.get(all_settings()["server.data"].variable)
    usual = (folder / data if data else Settings().server.data) / "yizhan.toml"
    return usual if usual.is_file() else None


def _said_twice(given: list[Given]) -> list[Problem]:
    """``password`` beside ``password_file`` of the same source: which of them was meant?"""
    seen: dict[tuple[str, str], str] = {}
    faults = []
    for one in given:
        key = (one.setting.path, one.layer)
        if key in seen:
            faults.append(Problem(one.setting.path, one.source, f"stands also at {seen[key]}: leave one out"))
        seen[key] = one.source
    return faults


def _read(given: list[Given]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    faults = []
    for one in given:
        try:
            value = read(one.setting, one.value, word=one.word)
        except ValueError as error:
            faults.append(Problem(one.setting.path, one.source, str(error)))
            continue
        values[one.setting.path] = one.folder.absolute() / value if isinstance(value, Path) else value
    return values, faults


def _settings(values: Mapping[str, Any]) -> Settings:
    """What could not be read stands at its default meanwhile, so that the other rules can still be asked."""
    sections = {}
    for section in msgspec.structs.fields(Settings):
        own = {path.partition(".")[2]: value for path, value in values.items() if path.startswith(f"{section.name}.")}
        sections[section.name] = section.type(**own)
    return Settings(**sections)
