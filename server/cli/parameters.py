"""Keeps pydantic away from commands that need it for nothing: typer checks every parameter by it, and importing it takes 0.2 s of CPU.

Here is decided which values are as they should be, or are numbers and files about which there is no doubt; what else has to be
converted or checked is left to typer, and so is what to say of it.
"""

import os
from pathlib import Path
from typing import Any


def lighten(command: Any) -> Any:
    """The command as typer made it, with its own commands; for values that need no conversion its parameters cost nothing."""
    typers = command.get_params

    def get_params(context: Any) -> Any:  # asked for with the context, for the option --help is made by it
        parameters = typers(context)
        for parameter in parameters:
            if not isinstance(parameter.process_value, _Process):
                parameter.process_value = _Process(parameter)
        return parameters

    command.get_params = get_params
    for one in getattr(command, "commands", {}).values():
        lighten(one)
    return command


class _Process:
    """In place of a parameter's ``process_value``."""

    def __init__(self, parameter: Any) -> None:
        self._parameter = parameter
        self._typers = parameter.process_value

    def __call__(self, context: Any, value: Any) -> Any:
        parameter = self._parameter
        value = _plainly(value, parameter.type_descriptor)
        if not (context.resilient_parsing or self._is_ready(value)):
            return self._typers(context, value)
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    def _is_ready(self, value: Any) -> bool:
        """Nothing was said and need not be, a text is wanted, or it is the default (what was typed is a text)."""
        parameter = self._parameter
        if parameter.multiple or parameter.nargs != 1:
            return False
        return not parameter.required if value is None else value.__class__ in (parameter.type_descriptor.annotation, _A_PATH)


_A_PATH = type(Path())
_DIGITS = 18  # Python refuses to read thousands of them


def _plainly(value: Any, asked: Any) -> Any:
    """A number within its bounds, or a file that may be read; else ``value`` as it was typed."""
    if value.__class__ is not str:
        return value
    wish = asked.parameter_info
    if asked.annotation is int and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        number = int(value)
        return number if (wish.min or 0) <= number <= (number if wish.max is None else wish.max) else value
    if asked.annotation is Path and wish.file_okay and not (wish.writable or wish.resolve_path):
        return Path(value) if os.path.isfile(value) and os.access(value, os.R_OK) else value
    return value
