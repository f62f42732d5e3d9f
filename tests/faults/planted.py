"""Planted bugs, applied in a server by name: each breaks one rule of LOG, and the checker must find it."""

from collections.abc import Callable

BUGS: dict[str, Callable[[], None]] = {}


def plant(name: str) -> None:
    BUGS[name]()
