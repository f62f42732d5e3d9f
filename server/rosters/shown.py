"""What an export says of a member and of a unit, cell by cell (SPEC B7). Pure."""

from collections.abc import Sequence

from server.org.organisation import Tree
from server.org.paths import escaped
from server.rosters.columns import BY_KEY, OWN, UNITS, YES
from server.rosters.picture import Card
from storage.units import Place, Unit

_COLUMNS = BY_KEY["members"]
SEVERAL = "; "


def shown(card: Card, key: str, language: str) -> str:
    """Of the card alone; for units, order and heads see ``Paths``, ``order`` and ``heads``."""
    if key.startswith(OWN):
        return card.own.get(int(key.removeprefix(OWN)), "")
    value = getattr(card.record, key)
    if isinstance(value, bool):
        return _COLUMNS[key].shown(YES, language) if value else ""
    return _COLUMNS[key].shown(str(value), language)


def order(places: Sequence[Place]) -> str:
    """The order numbers, without the zeros at the end."""
    return SEVERAL.join(_without_end([str(place.sort) for place in places], "0"))


def heads(places: Sequence[Place], language: str) -> str:
    """What he heads, without the nothing at the end."""
    return SEVERAL.join(_without_end([_COLUMNS["head"].shown(place.head, language) for place in places], ""))


def _without_end(parts: list[str], nothing: str) -> list[str]:
    while parts and parts[-1] == nothing:
        parts.pop()
    return parts


class Paths:
    """The units' paths, each made once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, str] = {}

    def __getitem__(self, unit: int) -> str:
        if unit not in self._known:
            there = self._tree[unit]
            above = "" if there.parent is None else self[there.parent] + " / "
            self._known[unit] = above + escaped(there.name)
        return self._known[unit]

    def several(self, places: Sequence[Place]) -> str:
        return SEVERAL.join(self[place.unit] for place in places)


def unit_cells(unit: Unit, path: str, language: str) -> list[str]:
    """In the order of the columns."""
    values = {"path": path, "kind": unit.kind, "code": unit.code, "description": unit.description}
    return [column.shown(values[column.key], language) for column in UNITS]
