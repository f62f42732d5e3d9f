"""Keeps pydantic away from commands that need it for nothing: typer checks every parameter by it, and importing it takes 0.2 s of CPU.

Here is decided which values are as they should be already; what has to be converted or checked is left to typer.
"""

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
        if not (context.resilient_parsing or self._is_ready(value)):
            return self._typers(context, value)
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    def _is_ready(self, value: Any) -> bool:
        """Nothing was said and need not be, a text is wanted, or it is the default (what was typed is a text)."""
        parameter = self._parameter
        if parameter.multiple or parameter.nargs != 1:
            return False
        return not parameter.required if value is None else value.__class__ is parameter.type_descriptor.annotation
