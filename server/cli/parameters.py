"""Turns what was typed into values: texts, whole numbers, values of closed lists, files. What cannot be is said in our own words.

typer would check every parameter by pydantic, whose import takes 0.2 s of CPU, and tell of a wrong one in pydantic's words.
"""

import enum
import os
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from server.cli import misuse

_DIGITS = 18  # Python refuses to read thousands of them


def lighten(command: Any) -> Any:
    """The command as typer made it, with its own commands, whose parameters are read here. Which one is called the frame is told."""
    typers = command.get_params

    def get_params(context: Any) -> Any:  # asked for with the context, for the option --help is made by it
        frame = context.find_root().obj
        if frame is not None:
            frame.called = max(frame.called, _path(context), key=len)  # one above is asked again, for its usage
        parameters = typers(context)
        for parameter in parameters:
            if not isinstance(parameter.process_value, _Process):
                parameter.process_value = _Process(parameter)
        return parameters

    command.get_params = get_params
    for one in getattr(command, "commands", {}).values():
        lighten(one)
    return command


def _path(context: Any) -> str:
    """``yizhan org tree``"""
    return f"{_path(context.parent)} {context.info_name}" if context.parent is not None else str(context.info_name)


def called(parameter: Any) -> str:
    """``--unit``, or of an argument ``UNIT``: as the help has it."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).strip("[].")
    return max(parameter.opts, key=len)  # type: ignore[no-any-return]


class _Process:
    """In place of a parameter's ``process_value``."""

    def __init__(self, parameter: Any) -> None:
        self._parameter = parameter

    def __call__(self, context: Any, value: Any) -> Any:
        """Raises: Misuse."""
        parameter = self._parameter
        if not context.resilient_parsing:
            value = (
                self._several(value)
                if parameter.multiple or parameter.nargs != 1
                else self._one(value, parameter.type_descriptor.annotation)
            )
            if parameter.required and parameter.value_is_missing(value):
                raise misuse.Missing(called(parameter))
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    def _several(self, value: Any) -> Any:
        (kind,) = get_args(self._parameter.type_descriptor.annotation)
        return [self._one(one, kind) for one in value or ()]

    def _one(self, value: Any, kind: Any) -> Any:
        """What is no text is the default."""
        if value.__class__ is not str or kind is str:
            return value
        where, wish = called(self._parameter), self._parameter.type_descriptor.parameter_info
        if kind is int:
            return _number(where, value, wish.min, wish.max)
        if kind is Path:
            return _file(where, value, wish)
        if get_origin(kind) is Literal:
            return _chosen(where, value, {one: one for one in get_args(kind)})
        assert issubclass(kind, enum.Enum), f"{where}: nobody reads a {kind}"
        return _chosen(where, value, {one.value: one for one in kind})


def _number(where: str, value: str, least: int | None, most: int | None) -> int:
    """Raises: NotANumber."""
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        raise misuse.NotANumber(where, value, least, most)
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        raise misuse.NotANumber(where, value, least, most)
    return number


def _chosen(where: str, value: str, choices: "dict[str, Any]") -> Any:
    """Raises: NotOneOf."""
    if value not in choices:
        raise misuse.NotOneOf(where, value, *choices)
    return choices[value]


def _file(where: str, value: str, wish: Any) -> Path:
    """Raises: Empty, NoSuchFile, IsAFolder, NotReadable."""
    if not value:
        raise misuse.Empty(where)
    if wish.allow_dash and value == "-":
        return Path(value)
    if wish.exists and not os.path.exists(value):
        raise misuse.NoSuchFile(where, value)
    if not wish.dir_okay and os.path.isdir(value):
        raise misuse.IsAFolder(where, value)
    if wish.exists and not os.access(value, os.R_OK):
        raise misuse.NotReadable(where, value)
    return Path(value)
