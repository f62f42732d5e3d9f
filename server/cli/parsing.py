"""What typer's parser refuses, in our own words. By the names of its classes and by its texts, for it has no codes; what is new in
another version is told as it stands.
"""

import difflib
import re
from typing import Any

from server.cli import misuse
from server.cli.advice import advise
from server.cli.parameters import called

_COMMAND = re.compile(r"No such command '(.*?)'\.", re.DOTALL)
_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)
_NEAR = ("did you mean {near}?", "是不是要用 {near}?")


def ours(error: Any) -> misuse.Misuse:
    """Of a usage error of typer's."""
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _option(error.option_name, error.possibilities or ())
    if kind == "BadOptionUsage":
        return (misuse.ValueNotTaken if "not take" in error.message else misuse.ValueMissing)(error.option_name)
    if kind == "MissingParameter":
        return misuse.Missing(called(error.param))
    if found := _COMMAND.search(error.message):
        return _command(found[1], getattr(error.ctx.command, "commands", {}))
    if found := _EXTRA.search(error.message):
        return misuse.TooMuch(found[1])
    return misuse.CommandMissing() if error.message.startswith("Missing command") else misuse.CannotBeRead(error.format_message())


def _option(option: str, near: Any) -> misuse.Misuse:
    if re.fullmatch(r"-\d", option):
        return misuse.HyphenFirst(option)
    return _meant(misuse.OptionUnknown(option), sorted(near))


def _command(name: str, there: Any) -> misuse.Misuse:
    return _meant(misuse.CommandUnknown(name), difflib.get_close_matches(name, there))


def _meant(error: misuse.Misuse, near: list[str]) -> misuse.Misuse:
    if near:
        advise(error, *(words.format(near=" / ".join(near)) for words in _NEAR))
    return error
