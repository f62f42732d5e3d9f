"""What a member's row asks for and what is stored of him, so that the one can be compared with the other (SPEC B7). Pure."""

from contextlib import suppress

import msgspec

from protocol.errors import YizhanError
from server.rosters import cells
from server.rosters.columns import BY_KEY, OWN, Column
from server.rosters.picture import Card
from server.rosters.reading import Grid
from storage.units import FIRST, NO_HEAD, Place

_NUMBER = BY_KEY["members"]["number"]


def numbers_of(grid: Grid) -> set[str]:
    """The account numbers that its rows ask for, as they would be stored: whoever looks them up asks for what ``MemberRows`` reads."""
    found = set()
    for row in grid.filled():
        with suppress(YizhanError):  # what is no number is said of its row
            found.add(cells.read(_NUMBER, cells.written(grid.cell(row, "number"))))
    return found - {""}


def heading(place: Place, head: str) -> Place:
    """A first head is replaced by naming another one, never by leaving out his own (SPEC B2)."""
    return place if place.head == FIRST and head == NO_HEAD else msgspec.structs.replace(place, head=head)


def stored(card: Card, key: str) -> str:
    if key.startswith(OWN):
        return card.own.get(int(key.removeprefix(OWN)), "")
    value = getattr(card.record, key)
    return ("1" if value else "") if isinstance(value, bool) else str(value)


def canonical(column: Column, text: str) -> str:
    """What is stored, as it would be stored today."""
    try:
        return cells.read(column, cells.tidy(text))
    except YizhanError:
        return text
