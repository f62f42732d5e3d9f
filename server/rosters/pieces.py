"""A plan cut into pieces, each so small that one act may write it (LOG C1, C3): units first, then changes, newcomers, leavers.

Pure. The ids of newcomers are drawn and their first passwords stored here, so a piece that is run again does the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from server.rosters.columns import OWN
from server.rosters.plan import Addition, Change, Leaver, Plan
from storage.units import Place, Unit

_Thing = TypeVar("_Thing")
ROWS = 260  # of the 500 that an act may write: with these a turn is some 15 ms
STATEMENTS = 140  # of 200
LEAVER_ROWS = 21  # his sessions, and he


class Newcomer(msgspec.Struct, frozen=True):
    """Whoever is added, with all that his rows need. ``password`` is the stored form; None of drafts."""

    member: int
    account: int
    number: str
    password: str | None
    fields: dict[str, str]
    places: tuple[Place, ...]
    scope: tuple[int, ...] = ()


class Piece(msgspec.Struct, frozen=True):
    units: list[Unit] = []
    changed_units: list[tuple[Unit, Unit]] = []
    changes: list[Change] = []
    newcomers: list[Newcomer] = []
    leavers: list[Leaver] = []


_decoder = msgspec.msgpack.Decoder(Piece)


def decode(data: bytes) -> Piece:
    return _decoder.decode(data)


def encode(piece: Piece) -> bytes:
    return msgspec.msgpack.encode(piece)


def newcomers(
    additions: Sequence[Addition],
    numbers: Sequence[str],
    passwords: Sequence[str | None],
    draw: Callable[[], int],
    scope: tuple[int, ...] = (),
) -> list[Newcomer]:
    """``numbers`` and ``passwords``: one for each. ``scope``: of all, they see no more of the company than who brings them in."""
    return [
        Newcomer(draw(), draw(), number, password, one.fields, one.places, scope)
        for one, number, password in zip(additions, numbers, passwords, strict=True)
    ]


def cut(plan: Plan, people: Sequence[Newcomer]) -> Iterator[Piece]:
    for units in _parts(plan.units, lambda _: (1, 1)):
        yield Piece(units=units)
    for pairs in _parts(plan.changed_units, lambda _: (1, 0)):
        yield Piece(changed_units=pairs)
    for changes in _parts(plan.changes, _of_change):
        yield Piece(changes=changes)
    for some in _parts(people, _of_newcomer):
        yield Piece(newcomers=some)
    for leavers in _parts(plan.leavers, lambda _: (LEAVER_ROWS, 0)):
        yield Piece(leavers=leavers)


def _of_change(one: Change) -> tuple[int, int]:
    unbound = len({"phone", "mail"} & set(one.fields))
    owns = sum(1 for key in one.fields if key.startswith(OWN))
    return 1 + unbound + 2 * owns + (0 if one.after is None else 1 + len(one.after)), unbound


def _of_newcomer(one: Newcomer) -> tuple[int, int]:
    owns = sum(1 for key in one.fields if key.startswith(OWN))
    return 5 + len(one.places) + len(one.scope) + owns + sum(bool(place.sort) + bool(place.head) for place in one.places), 0


def _parts(things: Sequence[_Thing], cost: Callable[[_Thing], tuple[int, int]]) -> Iterator[list[_Thing]]:
    part: list[_Thing] = []
    rows = statements = 0
    for thing in things:
        more_rows, more_statements = cost(thing)
        if part and (rows + more_rows > ROWS or statements + more_statements > STATEMENTS):
            yield part
            part, rows, statements = [], 0, 0
        part.append(thing)
        rows, statements = rows + more_rows, statements + more_statements
    if part:
        yield part
