"""One company's tree with its members, in memory: who is where, in which order, above and below whom (SPEC B1, B2).

It answers questions and decides nothing; what is put into it comes from the database. A member's place in a disabled unit, or below
one, is none: who has no other is unassigned until it is enabled again or he is put elsewhere.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from storage.units import FIRST, NO_HEAD, Place, Unit

_LAST = 1 << 62
_RANK = {FIRST: 0, NO_HEAD: 2}  # other heads between


class Person(msgspec.Struct, frozen=True, gc=False):
    """A member who is not deleted; a robot, too. ``places``: the primary one first. ``scope``: none means the whole company.

    ``reading`` orders him among others: pinyin, or whatever the name sounds like.
    """

    id: int
    state: str
    name: str = ""
    reading: str = ""
    kind: str = "person"
    is_hidden: bool = False
    role: int | None = None
    places: tuple[Place, ...] = ()
    scope: tuple[int, ...] = ()


class Tree:
    """The units alone."""

    __slots__ = ("_children", "_units", "root")

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        self.root = 0
        self._units: dict[int, Unit] = {}
        self._children: dict[int, list[tuple[int, int]]] = {}
        for unit in units:
            self.put(unit)

    def __contains__(self, unit: object) -> bool:
        return unit in self._units

    def __len__(self) -> int:
        return len(self._units)

    def __getitem__(self, unit: int) -> Unit:
        """Raises: KeyError."""
        return self._units[unit]

    def children(self, unit: int) -> list[int]:
        """Directly below, in their order."""
        return [id for _, id in self._children.get(unit, ())]

    def siblings(self, unit: int) -> list[int]:
        """With itself, in their order."""
        parent = self._units[unit].parent
        return [unit] if parent is None else self.children(parent)

    def ancestors(self, unit: int) -> list[int]:
        """From the parent up to the root."""
        found = []
        above = self._units[unit].parent
        while above is not None:
            found.append(above)
            above = self._units[above].parent
        return found

    def path(self, unit: int) -> list[int]:
        """From the root down to it."""
        return [*reversed(self.ancestors(unit)), unit]

    def below(self, unit: int) -> Iterator[int]:
        """Itself and all below it, each before those below it, in the tree's order."""
        stack = [unit]
        while stack:
            yield (found := stack.pop())
            stack += [id for _, id in reversed(self._children.get(found, ()))]

    def is_below(self, unit: int, top: int) -> bool:
        """Whether ``unit`` is ``top`` or somewhere below it."""
        here: int | None = unit
        while here is not None:
            if here == top:
                return True
            here = self._units[here].parent
        return False

    def is_disabled(self, unit: int) -> bool:
        """Whether it, or one above it, is."""
        here: int | None = unit
        while here is not None:
            found = self._units[here]
            if found.is_disabled:
                return True
            here = found.parent
        return False

    def put(self, unit: Unit) -> None:
        """A unit as it is from now on, new or changed."""
        self._take_out(unit.id)
        self._units[unit.id] = unit
        if unit.parent is None:
            self.root = unit.id
        else:
            insort(self._children.setdefault(unit.parent, []), (unit.sort, unit.id))

    def drop(self, unit: int) -> None:
        """A unit is gone, if it was there; those below it go by their own."""
        self._take_out(unit)
        self._units.pop(unit, None)

    def _take_out(self, unit: int) -> None:
        there = self._units.get(unit)
        if there is None or there.parent is None:
            return
        others = self._children[there.parent]
        others.remove((there.sort, there.id))
        if not others:
            del self._children[there.parent]


class Organisation(Tree):
    """The units and the members."""

    __slots__ = ("_inside", "_ordered", "_people", "company")

    def __init__(self, company: int, units: Iterable[Unit] = (), people: Iterable[Person] = ()) -> None:
        super().__init__(units)
        self.company = company
        self._people: dict[int, Person] = {}
        self._inside: dict[int, set[int]] = {}
        self._ordered: dict[int, tuple[int, ...]] = {}
        for person in people:
            self.put_person(person)

    @property
    def people(self) -> Iterable[Person]:
        return self._people.values()

    def person(self, member: int) -> Person | None:
        return self._people.get(member)

    def put_person(self, person: Person) -> None:
        """A member as he is from now on, new or changed."""
        self.drop_person(person.id)
        self._people[person.id] = person
        for place in person.places:
            self._inside.setdefault(place.unit, set()).add(person.id)
            self._ordered.pop(place.unit, None)

    def drop_person(self, member: int) -> None:
        """He was deleted, if he was there."""
        there = self._people.pop(member, None)
        for place in there.places if there is not None else ():
            self._ordered.pop(place.unit, None)
            self._inside[place.unit].discard(member)
            if not self._inside[place.unit]:
                del self._inside[place.unit]

    # ---- where members are

    def units_of(self, member: int) -> list[int]:
        """The units that he is in, the primary one first; not those that are disabled."""
        return [place.unit for place in self._people[member].places if not self.is_disabled(place.unit)]

    def is_unassigned(self, member: int) -> bool:
        return not self.units_of(member)

    def is_in(self, member: int, top: int) -> bool:
        """Whether he is in ``top`` or below it, where that is not disabled."""
        return any(self.is_below(unit, top) for unit in self.units_of(member))

    def unassigned(self) -> list[int]:
        """Persons without a place, in the order of their names."""
        found = [one for one in self._people.values() if one.kind == "person" and self.is_unassigned(one.id)]
        return [one.id for one in sorted(found, key=lambda one: (one.reading, one.name, one.id))]

    def members(self, unit: int) -> Sequence[int]:
        """Directly in it: heads first, the first head before all, then by sort number, then as names are read.

        Whoever has a place there, whether the unit is disabled or he is.
        """
        there = self._ordered.get(unit)
        if there is None:
            there = self._ordered[unit] = tuple(sorted(self._inside.get(unit, ()), key=lambda member: self._order(member, unit)))
        return there

    def _order(self, member: int, unit: int) -> tuple[int, int, str, str, int]:
        person = self._people[member]
        place = self._place(person, unit)
        return (_RANK.get(place.head, 1), place.sort or _LAST, person.reading, person.name, member)

    def _place(self, person: Person, unit: int) -> Place:
        return next(place for place in person.places if place.unit == unit)

    def members_below(self, unit: int) -> set[int]:
        """Everybody in it or below it, each once however many of these units he is in."""
        return {member for one in self.below(unit) for member in self._inside.get(one, ())}

    def heads(self, unit: int) -> list[int]:
        """The first head, if there is one, then the others in their order."""
        return [member for member in self.members(unit) if self._place(self._people[member], unit).head != NO_HEAD]

    def first_head(self, unit: int) -> int | None:
        return next((member for member in self.members(unit) if self._place(self._people[member], unit).head == FIRST), None)
