"""The tree as one view class sees it, in the words of the wire: units, who is seen in each, in order, and how many below (DESIGN 8, 9).

A tree is a value: a change makes a new one that shares what stayed. ``built`` makes it in slices, for a company may have 100,000 members;
``followed`` brings one up to date where only members changed. Who is seen is asked of the class's ``Sight``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from protocol.events import TreeMember, TreeUnit
from protocol.ids import from_wire, to_wire
from server.org.organisation import Organisation, Person
from server.visibility.find import Sight
from server.visibility.policy import Policy
from storage.units import Place

NOWHERE = 0
"""Stands for no unit: its list has those who are unassigned."""
SLICE = 500
LOOKED_AT = 5000
"""Members whose places are looked at before others have the loop: some 3 ms."""


@dataclass(frozen=True, slots=True)
class ClassTree:
    """``units``: those that are seen, and the ways to them, each behind its parent. ``members``: by unit, in their order."""

    units: Mapping[int, TreeUnit] = field(default_factory=dict)
    children: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    members: Mapping[int, tuple[TreeMember, ...]] = field(default_factory=dict)
    counts: Mapping[int, int] = field(default_factory=dict)
    digests: dict[int, tuple[tuple[TreeMember, ...], str]] = field(default_factory=dict)
    """Of members by unit, with that of which they are; handed on to the tree that this one becomes."""

    def unit(self, unit: int) -> TreeUnit:
        """With its count. Raises: KeyError."""
        return msgspec.structs.replace(self.units[unit], count=self.counts.get(unit, 0))


class Looking:
    """One class's look at the picture. ``rows`` are shared by all classes: a member in a unit looks the same to all who see him there."""

    def __init__(self, org: Organisation, sight: Sight, named: frozenset[int], rows: dict[tuple[int, int], TreeMember]) -> None:
        self._org = org
        self._sight = sight
        self._named = named  # by rules, so that they may be seen otherwise than others in their units
        self._rows = rows

    def inside(self, unit: int) -> tuple[TreeMember, ...]:
        """Those who are seen in it. Of a large company most of the time for a first screen is spent here: about a microsecond a member."""
        people, named, rows, row = self._org.person, self._named, self._rows, self.row
        is_seen, sees_hidden = unit in self._sight.units, self._sight.view.sees_hidden
        found: list[TreeMember] = []
        for member in self._org.members(unit):
            person = people(member)
            if person is None or person.state != "active" or (person.is_hidden and not sees_hidden):
                continue
            if is_seen if member not in named else unit in self._sight.shown_in(person):
                found.append(rows.get((member, unit)) or row(person, unit))
        return tuple(found)

    def unassigned(self, among: Iterable[Person]) -> list[Person]:
        return [one for one in among if not self._org.units_of(one.id) and self._sight.finds(one.id)]

    def row(self, person: Person, unit: int) -> TreeMember:
        row = self._rows.get((person.id, unit))
        if row is None:
            row = self._rows[person.id, unit] = row_of(person, unit)
        return row

    def nodes(self) -> set[int]:
        """Units that are seen, or known by name; also where somebody whom a rule names is seen alone."""
        seen, org = self._sight.units, self._org
        alone = {unit for member in self._named if (one := org.person(member)) for unit in self._sight.shown_in(one)} - seen
        return {*seen, *self._sight.ways, *alone, *(above for unit in alone for above in org.ancestors(unit))}

    def node(self, unit: int) -> TreeUnit:
        found = self._org[unit]
        parent = "" if found.parent is None else to_wire(found.parent)
        return TreeUnit(to_wire(unit), parent, found.name, kind=found.kind, way=unit not in self._sight.units)


def row_of(person: Person, unit: int) -> TreeMember:
    head = next((place.head for place in person.places if place.unit == unit), "")
    return TreeMember(to_wire(person.id), person.name, head, person.kind == "robot")


def named(policy: Policy) -> frozenset[int]:
    """The members whom rules name, so that they may be seen otherwise than others in their units."""
    return frozenset().union(*(rule.names for rule in policy.rules))


def in_order(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda one: (one.reading, one.name, one.id))


def built(org: Organisation, looking: Looking) -> Iterator[ClassTree | None]:
    """The tree last, and None wherever others may have the loop."""
    nodes = looking.nodes()
    yield None
    order = [unit for unit in org.below(org.root) if unit in nodes] if len(org) else []
    units: dict[int, TreeUnit] = {}
    children: dict[int, tuple[int, ...]] = {}
    for count, unit in enumerate(order, 1):
        units[unit] = looking.node(unit)
        if below := tuple([one for one in org.children(unit) if one in nodes]):
            children[unit] = below
        if count % SLICE == 0:
            yield None
    yield None
    members: dict[int, tuple[TreeMember, ...]] = {}
    since = 0
    for unit in order:
        if there := looking.inside(unit):
            members[unit] = there
            since += len(org.members(unit))
        if since > SLICE:
            since = 0
            yield None
    yield None
    seatless: list[Person] = []
    several: dict[str, list[int]] = {}
    off = {unit for unit in org.below(org.root) if org.is_disabled(unit)} if len(org) else set()
    for count, one in enumerate(list(org.people), 1):
        if len(one.places) > 1:
            several[to_wire(one.id)] = []
        if not one.places or (off and off.issuperset([place.unit for place in one.places])):
            seatless.append(one)
        if count % LOOKED_AT == 0:
            yield None
    if alone := in_order(looking.unassigned(seatless)):
        members[NOWHERE] = tuple([looking.row(one, NOWHERE) for one in alone])
    yield None
    yield ClassTree(units, children, members, _counted(org, order, members, several))


def _has_no_seat(person: Person, org: Organisation) -> bool:
    return not person.places or not org.units_of(person.id)


def _counted(
    org: Organisation, order: Sequence[int], members: Mapping[int, tuple[TreeMember, ...]], several: dict[str, list[int]]
) -> dict[int, int]:
    """Each once in his units and once in each above them. ``order``: parents before those below them.

    ``several``: an empty list for everybody who has more than one place.
    """
    if several:
        for unit, there in members.items():
            for one in there:
                if one.member in several:
                    several[one.member].append(unit)
    where = {member: units for member, units in several.items() if len(units) > 1}
    counts = dict.fromkeys(order, 0)
    for unit, there in members.items():
        if unit != NOWHERE:
            counts[unit] += sum(one.member not in where for one in there) if where else len(there)
    for unit in reversed(order):
        above = org[unit].parent
        if above is not None:
            counts[above] += counts[unit]
    for units in where.values():
        for unit in _with_those_above(org, units):
            counts[unit] += 1
    return {unit: count for unit, count in counts.items() if count}


def _with_those_above(org: Organisation, units: Iterable[int]) -> set[int]:
    return {one for unit in units for one in (unit, *org.ancestors(unit))}


def followed(tree: ClassTree, org: Organisation, looking: Looking, before: Mapping[int, Sequence[Place]]) -> ClassTree:
    """The tree after members changed, and no unit or rule. ``before``: the places that they had."""
    places = {member: {place.unit for place in there} for member, there in before.items()}
    for member in before:
        if person := org.person(member):
            places[member] |= {place.unit for place in person.places}
    touched = {unit for there in places.values() for unit in there if unit in tree.units}
    members, counts = dict(tree.members), dict(tree.counts)
    for unit in touched:
        members[unit] = looking.inside(unit)
    members[NOWHERE] = _unassigned(tree, org, looking, before)
    was, now = _seats(tree.members, touched, before), _seats(members, touched, before)
    for member in before:
        gone, come = _with_those_above(org, was[member]), _with_those_above(org, now[member])
        for unit in gone - come:
            counts[unit] -= 1
        for unit in come - gone:
            counts[unit] = counts.get(unit, 0) + 1
    return ClassTree(
        tree.units,
        tree.children,
        {unit: there for unit, there in members.items() if there},
        {unit: count for unit, count in counts.items() if count},
        tree.digests,
    )


def _seats(members: Mapping[int, tuple[TreeMember, ...]], touched: Iterable[int], wanted: Iterable[int]) -> dict[int, set[int]]:
    seats: dict[str, set[int]] = {to_wire(member): set() for member in wanted}
    for unit in touched:
        for one in members.get(unit, ()):
            if one.member in seats:
                seats[one.member].add(unit)
    return {member: seats[to_wire(member)] for member in wanted}


def _unassigned(tree: ClassTree, org: Organisation, looking: Looking, changed: Iterable[int]) -> tuple[TreeMember, ...]:
    """Only who changed is asked about anew."""
    there = tree.members.get(NOWHERE, ())
    people = [one for member in changed if (one := org.person(member)) is not None and _has_no_seat(one, org)]
    come = looking.unassigned(people)
    named = {to_wire(member) for member in changed}
    if not come and not any(one.member in named for one in there):
        return there
    left = [person for one in there if one.member not in named and (person := org.person(from_wire(one.member))) is not None]
    return tuple([looking.row(one, NOWHERE) for one in in_order([*left, *come])])
