"""What is told of a tree that changed to those who had it as it was: the least that makes the one of the other (LOG E1).

Pure. Only what the class saw before or sees now is in it, so nothing tells of anybody else.
"""

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from protocol.events import MemberLeft, MemberPut, TreeChanged, TreeMember, UnitCount, UnitMembers, UnitPut
from protocol.ids import to_wire
from server.directory.class_trees import NOWHERE, ClassTree

K = TypeVar("K", bound=Hashable)
MOST = 1000  # rows of a change; more are not told one by one
WHOLE = 20  # members that came into a unit of whom nobody stayed are told as its list


def difference(before: ClassTree, now: ClassTree) -> TreeChanged | None:
    """None where too much changed to be told."""
    if before is now:
        return TreeChanged()
    units = _units(before, now)
    left, lists, put = _members(before, now)
    made = TreeChanged(
        gone=tuple([to_wire(unit) for unit in before.units if unit not in now.units]),
        units=tuple(units),
        left=tuple(left),
        lists=tuple(lists),
        put=tuple(put),
        counts=tuple(_counts(before, now)),
    )
    rows = sum(len(getattr(made, name)) for name in made.__struct_fields__) + sum(len(one.members) for one in made.lists)
    return None if rows > MOST else made


def is_nothing(change: TreeChanged) -> bool:
    return not any(getattr(change, name) for name in change.__struct_fields__)


def _units(before: ClassTree, now: ClassTree) -> list[UnitPut]:
    """Parents before those below them; of siblings the last first, so that whom one stands before is there."""
    found: list[UnitPut] = []
    for unit, row in now.units.items():
        if not row.parent and before.units.get(unit) != row:
            found.append(UnitPut(row))
    for parent in now.units:
        there = now.children.get(parent, ())
        stay = _stay(before.children.get(parent, ()), there)
        following = ""
        for unit in reversed(there):
            if unit not in stay or before.units.get(unit) != now.units[unit]:
                found.append(UnitPut(now.units[unit], following))
            following = to_wire(unit)
    return found


def _members(before: ClassTree, now: ClassTree) -> tuple[list[MemberLeft], list[UnitMembers], list[MemberPut]]:
    left: list[MemberLeft] = []
    lists: list[UnitMembers] = []
    put: list[MemberPut] = []
    for unit in {*before.members, *now.members}:
        was, there = before.members.get(unit, ()), now.members.get(unit, ())
        if was is there or was == there or (unit != NOWHERE and unit not in now.units):
            continue
        name = to_wire(unit) if unit != NOWHERE else ""
        names = [one.member for one in there]
        stay = _stay([one.member for one in was], names)
        if not stay and len(there) > WHOLE:
            lists.append(UnitMembers(name, there))
            continue
        here = set(names)
        left += [MemberLeft(name, one.member) for one in was if one.member not in here]
        put += _put(name, {one.member: one for one in was}, there, stay)
    return left, lists, put


def _put(unit: str, was: Mapping[str, TreeMember], there: Sequence[TreeMember], stay: set[str]) -> list[MemberPut]:
    found: list[MemberPut] = []
    following = ""
    for one in reversed(there):
        if one.member not in stay or was.get(one.member) != one:
            found.append(MemberPut(unit, one, following))
        following = one.member
    return found


def _counts(before: ClassTree, now: ClassTree) -> list[UnitCount]:
    return [
        UnitCount(to_wire(unit), now.counts.get(unit, 0)) for unit in now.units if now.counts.get(unit, 0) != before.counts.get(unit, 0)
    ]


def _stay(before: Sequence[K], now: Sequence[K]) -> set[K]:
    """The most that need not be moved to make ``now`` of ``before``: the longest run of both that is in the same order."""
    if before == now:
        return set(now)
    at = {one: place for place, one in enumerate(before)}
    common = [one for one in now if one in at]
    ends: list[int] = []  # the lowest place at which a run of this length ends
    last: list[K] = []
    previous: dict[K, K | None] = {}
    for one in common:
        length = bisect_left(ends, at[one])
        previous[one] = last[length - 1] if length else None
        ends[length:] = [at[one], *ends[length + 1 :]]
        last[length:] = [one, *last[length + 1 :]]
    found: set[K] = set()
    here: K | None = last[-1] if last else None
    while here is not None:
        found.add(here)
        here = previous[here]
    return found
