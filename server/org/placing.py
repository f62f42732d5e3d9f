"""Who may be in which units, who heads them, and how far somebody's information scope goes (SPEC B2, B3).

Pure: the places that members have go in, those that they are to have come out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from server.org.errors import (
    HeadStays,
    HeadUnfit,
    NotInUnit,
    NoUnit,
    ScopeTooWide,
    ScopeWouldOpen,
    SuccessorNeeded,
    SuccessorOfMemberUnfit,
    SuccessorUnfit,
)
from storage.members import Card
from storage.units import FIRST, NO_HEAD, OTHER, Place

SCOPE_UNITS = 3


def put(before: Sequence[Place], wanted: Sequence[int]) -> tuple[Place, ...]:
    """Places in these units, the first is the primary one; where he stays he is what he was. Raises: NoUnit."""
    if not wanted:
        raise NoUnit
    there = {place.unit: place for place in before}
    return tuple(there.get(unit, Place(unit)) for unit in dict.fromkeys(wanted))


def moved(before: Sequence[Place], to: int, *, out_of: int | None = None) -> tuple[Place, ...]:
    """In ``to`` instead of ``out_of``, or instead of everywhere; primary where that was. Who was not in ``out_of`` stays as he was."""
    units = [place.unit for place in before]
    if out_of is None:
        return put(before, [to])
    if out_of not in units:
        return tuple(before)
    return put(before, [to if unit == out_of else unit for unit in units])


def joining(before: Iterable[Place], after: Iterable[Place]) -> list[int]:
    """The units that he comes into."""
    there = {place.unit for place in before}
    return [place.unit for place in after if place.unit not in there]


def headless(before: Iterable[Place], after: Iterable[Place]) -> list[int]:
    """The units whose first head he was, and leaves."""
    there = {place.unit for place in after}
    return [place.unit for place in before if place.head == FIRST and place.unit not in there]


def successors(leaving: int, inside: Mapping[int, Collection[int]], chosen: Mapping[int, int], names: Mapping[int, str]) -> dict[int, int]:
    """The next first head of each unit that ``leaving`` headed, where anybody else is in it.

    ``inside``: of each of these units the members who may head it. ``chosen``: unit to member.
    Raises: SuccessorNeeded, SuccessorUnfit where the one who was chosen is none of these.
    """
    others = {unit: {member for member in members if member != leaving} for unit, members in inside.items()}
    missing = [names[unit] for unit, members in others.items() if members and unit not in chosen]
    if missing:
        raise SuccessorNeeded(", ".join(missing))
    for unit, members in others.items():
        if unit in chosen and chosen[unit] not in members:
            raise SuccessorUnfit(names[unit])
    return {unit: chosen[unit] for unit, members in others.items() if members}


def may_head(kind: str, state: str) -> bool:
    """Whether somebody may head a unit, or take over from whoever does: persons who are there (SPEC B2, B5)."""
    return kind == "person" and state == "active"


def check_head(unit: str, one: Card) -> None:
    """Raises: HeadUnfit."""
    if not may_head(one.kind, one.state):
        raise HeadUnfit(one.name, unit)


def check_successor(leaving: int, successor: Card) -> None:
    """Whether he may take over from ``leaving``. Raises: SuccessorOfMemberUnfit."""
    if successor.id == leaving or not may_head(successor.kind, successor.state):
        raise SuccessorOfMemberUnfit(successor.name)


def check_inside(unit: str, heads: Mapping[int, str], some: Iterable[Card]) -> None:
    """Raises: NotInUnit, which names the first who is not in it."""
    for one in some:
        if one.id not in heads:
            raise NotInUnit(one.name, unit)


def first_head(heads: Mapping[int, str], member: int) -> dict[int, str]:
    """What changes when ``member``, who is in the unit, becomes the first head. ``heads``: what each member of the unit heads."""
    wanted = {one: NO_HEAD if head == FIRST else head for one, head in heads.items()} | {member: FIRST}
    return {one: head for one, head in wanted.items() if heads[one] != head}


def other_heads(unit: str, heads: Mapping[int, str], members: Collection[int]) -> dict[int, str]:
    """What changes when these, who are in the unit, and nobody else, are the other heads. Raises: HeadStays."""
    if any(heads[member] == FIRST for member in members):
        raise HeadStays(unit)
    wanted = {one: OTHER if one in members else head if head == FIRST else NO_HEAD for one, head in heads.items()}
    return {one: head for one, head in wanted.items() if heads[one] != head}


def check_scope(units: Collection[int]) -> None:
    """None set means all (SPEC B3). Raises: ScopeTooWide."""
    if len(set(units)) > SCOPE_UNITS:
        raise ScopeTooWide(SCOPE_UNITS)


def check_scopes_stay(scopes: Mapping[int, Collection[int]], gone: Collection[int]) -> None:
    """When these units go nobody's scope becomes empty, for that would mean the whole company. Raises: ScopeWouldOpen."""
    if any(not set(units) - set(gone) for units in scopes.values()):
        raise ScopeWouldOpen
