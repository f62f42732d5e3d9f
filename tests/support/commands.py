"""All commands of ``yizhan`` as a tree of words, for tests that walk them."""

from collections.abc import Iterator
from typing import Any

from server.cli.main import COMMANDS, read

PLACEHOLDER = "x"


def walked() -> Iterator[tuple[tuple[str, ...], Any]]:
    """(its words, the command), groups too."""
    for name in COMMANDS:
        yield from _below((name,), read(name))


def _below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _below((*words, name), one)


def leaves() -> dict[tuple[str, ...], Any]:
    return {words: command for words, command in walked() if not getattr(command, "commands", None)}


def parameters(command: Any) -> list[Any]:
    """Without ``--help``."""
    return list(command.params)


def options_of(command: Any) -> set[str]:
    found = {name for one in parameters(command) if one.param_type_name == "option" for name in (*one.opts, *one.secondary_opts)}
    return found | {"--help", "-h"}


def needed(command: Any, instead_of: Any = None, *said: str) -> list[str]:
    """Words for all that has to be said; for one parameter these are ``said``, at its place."""
    words: list[str] = []
    for one in parameters(command):
        if one is instead_of:
            words += said
        elif one.required:
            words += _said(one, _some_value(one))
    return words


def _said(parameter: Any, value: str) -> list[str]:
    return [value] if parameter.param_type_name == "argument" else [max(parameter.opts, key=len), value]


def _some_value(parameter: Any) -> str:
    descriptor = parameter.type_descriptor
    if descriptor.choices is not None:
        return str(getattr(descriptor.choices[0], "value", descriptor.choices[0]))
    if descriptor.annotation is int:
        return str(parameter.type_descriptor.parameter_info.min or 1)
    return __file__ if descriptor.parameter_info.exists else PLACEHOLDER
