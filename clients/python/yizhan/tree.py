"""The organisation as this member may see it: made of the pages of the whole tree, and kept by what the server tells (SPEC B1, B2).

It does no I/O. Every list is in the order in which it is to be shown; changes are applied exactly as ``protocol/README.md`` 16 says.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import msgspec

from ._protocol import limits
from ._protocol.commands import TreeHave, UnitDigest
from ._protocol.events import TreeChanged, TreeMember, TreePage, TreeUnit, UnitPut

UNASSIGNED = ""
"""Stands for no unit: its members are in none."""


class Tree:
    """``units`` by id, with their counts; ``root`` is empty where nothing may be seen."""

    def __init__(self) -> None:
        self.units: dict[str, TreeUnit] = {}
        self.root = ""
        self._children: dict[str, list[str]] = {}
        self._members: dict[str, list[TreeMember]] = {}

    # ---- looking

    def children(self, unit: str) -> list[TreeUnit]:
        return [self.units[one] for one in self._children.get(unit, ())]

    def members(self, unit: str) -> list[TreeMember]:
        return list(self._members.get(unit, ()))

    def walk(self) -> Iterator[tuple[int, TreeUnit]]:
        """Every unit behind its parent, with its depth."""
        stack = [(0, self.root)] if self.root else []
        while stack:
            depth, unit = stack.pop()
            yield depth, self.units[unit]
            stack += [(depth + 1, one) for one in reversed(self._children.get(unit, ()))]

    # ---- taking in

    def have(self) -> TreeHave | None:
        """By what the server tells what differs from this tree; None of one that is empty, or too large to be said."""
        if not self.root or len(self._members) > limits.TREE_DIGESTS:
            return None
        members = [UnitDigest(unit, _of_members(there)) for unit, there in self._members.items()]
        counts = sorted((unit.unit, unit.count) for unit in self.units.values() if unit.count)
        return TreeHave(_of_units(unit for _, unit in self.walk()), _digest(f"{unit}\t{count}\n" for unit, count in counts), tuple(members))

    def take_page(self, page: TreePage) -> None:
        """Of a tree from the beginning, or (``rest``) of what differs from this one."""
        if page.rest and page.units:
            self._stand_anew()
        for unit in page.units:
            self._stand(unit, "")
        if page.rest and page.units:
            self._members = {unit: there for unit, there in self._members.items() if unit in self.units or unit == UNASSIGNED}
        if page.rest and page.counts:
            self.units = {unit: msgspec.structs.replace(one, count=0) for unit, one in self.units.items()}
        for count in page.counts:
            if count.unit in self.units:
                self.units[count.unit] = msgspec.structs.replace(self.units[count.unit], count=count.count)
        for there in page.members:
            self._members[there.unit] = list(there.members)

    def apply(self, change: TreeChanged) -> None:
        for gone in change.gone:
            self._drop(gone)
        for put in change.units:
            self._put(put)
        for left in change.left:
            self._leave(left.unit, left.member)
        for there in change.lists:
            if there.unit in self._members:
                self._members[there.unit] = list(there.members)
        for one in change.put:
            if one.unit in self._members:
                self._leave(one.unit, one.member.member)
                members = self._members[one.unit]
                members.insert(_place([other.member for other in members], one.before), one.member)
        for count in change.counts:
            if count.unit in self.units:
                self.units[count.unit] = msgspec.structs.replace(self.units[count.unit], count=count.count)

    def _stand_anew(self) -> None:
        self.units, self._children, self.root = {}, {}, ""

    def _put(self, put: UnitPut) -> None:
        there = self.units.get(put.unit.unit)
        if there is None:
            self._members[put.unit.unit] = []
            self._stand(put.unit, put.before)
        else:
            self._take_out(there)
            self._stand(msgspec.structs.replace(put.unit, count=there.count), put.before)

    def _stand(self, unit: TreeUnit, before: str) -> None:
        self.units[unit.unit] = unit
        if not unit.parent:
            self.root = unit.unit
            return
        siblings = self._children.setdefault(unit.parent, [])
        siblings.insert(_place(siblings, before), unit.unit)

    def _take_out(self, unit: TreeUnit) -> None:
        if unit.parent and unit.unit in self._children.get(unit.parent, ()):
            self._children[unit.parent].remove(unit.unit)

    def _drop(self, unit: str) -> None:
        there = self.units.pop(unit, None)
        if there is not None:
            self._take_out(there)
            self._members.pop(unit, None)
            if unit == self.root:
                self.root = ""

    def _leave(self, unit: str, member: str) -> None:
        members = self._members.get(unit)
        if members is not None:
            self._members[unit] = [one for one in members if one.member != member]


def _of_members(members: Iterable[TreeMember]) -> str:
    return _digest(f"{one.member}\t{one.name}\t{one.head}\t{int(one.robot)}\n" for one in members)


def _of_units(units: Iterable[TreeUnit]) -> str:
    return _digest(f"{one.unit}\t{one.parent}\t{one.name}\t{one.kind}\t{int(one.way)}\n" for one in units)


def _digest(lines: Iterable[str]) -> str:
    return sha256("".join(lines).encode()).hexdigest()[:12]


def _place(there: list[str], before: str) -> int:
    return there.index(before) if before in there else len(there)
