"""What a check found."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """``level``: fine; warning, it will hurt some day; error, it does not work or loses data. ``to_do`` is there for the latter two."""

    check: str
    level: Literal["fine", "warning", "error"]
    what: str
    to_do: str = ""


def fine(check: str, what: str) -> Finding:
    return Finding(check, "fine", what)


def warning(check: str, what: str, to_do: str) -> Finding:
    return Finding(check, "warning", what, to_do)


def error(check: str, what: str, to_do: str) -> Finding:
    return Finding(check, "error", what, to_do)
