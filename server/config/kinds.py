"""The kinds of values that settings have: how each is called for people, and how a value is read from TOML or from a word.

Knows types and bounds from the model's annotations, and neither files nor the environment.
"""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from server.config.model import Section, Settings


@dataclass(frozen=True)
class Setting:
    section: str
    name: str
    hint: Any
    default: Any

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        return f"YIZHAN_{self.section}__{self.name}".upper()

    @property
    def secret(self) -> Literal["all", "in the address"] | None:
        metas = [meta for meta in getattr(self.hint, "__metadata__", ()) if meta.extra]
        return metas[0].extra["secret"] if metas else None

    @property
    def plain(self) -> Any:
        """The type without bounds, and without None: a setting that may be left out is never set to nothing."""
        hint = get_args(self.hint)[0] if get_origin(self.hint) is Annotated else self.hint
        if get_origin(hint) in (Union, types.UnionType):
            return next(choice for choice in get_args(hint) if choice is not type(None))
        return hint


@cache
def all_settings() -> Mapping[str, Setting]:
    """By path, in the order of the model."""
    found = [_settings_of(section.name, section.type) for section in msgspec.structs.fields(Settings)]
    return {setting.path: setting for settings in found for setting in settings}


def _settings_of(section: str, model: type[Section]) -> list[Setting]:
    hints = get_type_hints(model, include_extras=True)
    return [Setting(section, field.name, hints[field.name], field.default) for field in msgspec.structs.fields(model)]


def read(setting: Setting, value: object, *, word: bool) -> Any:
    """The value as the model has it; ``word`` says that it was written as bare text (in the environment, as an option).

    Raises: ValueError, which says what was expected.
    """
    if setting.plain is Path:
        if not isinstance(value, str) or not value:
            raise ValueError(_refusal(setting, value))
        return Path(value)
    if word and get_origin(setting.plain) is tuple:
        value = [part.strip() for part in str(value).split(",") if part.strip()]
    try:
        return msgspec.convert(value, setting.hint, strict=not word)
    except msgspec.ValidationError:
        raise ValueError(_refusal(setting, value)) from None


def _refusal(setting: Setting, value: object) -> str:
    shown = "this value" if setting.secret else f"{value!r}"
    return f"{shown} is not {words(setting)}"


def words(setting: Setting) -> str:
    """What the setting takes, for people: 'a whole number from 0 to 65535'."""
    plain = setting.plain
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(get_args(plain))
    if get_origin(plain) is tuple:
        return "a list of texts"
    name = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}[plain]
    return name + _bounds(setting)


def _bounds(setting: Setting) -> str:
    low, high, above = (_meta(setting, name) for name in ("ge", "le", "gt"))
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", at least {low}"
    return "" if above is None else f" above {above}"


def _meta(setting: Setting, name: str) -> int | None:
    found = (getattr(meta, name) for meta in getattr(setting.hint, "__metadata__", ()))
    return next((value for value in found if value is not None), None)
