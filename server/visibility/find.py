"""Whom a view class finds: the units that it sees, worked out once, and from them every member (DESIGN 8, *find*).

A member is found if one of his seats is seen; he is shown, and counted, in the seats that are. Whom a rule names is asked about alone,
all others by their units. Drafts and disabled members are nobody here (SPEC B3, B5).
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from server.org.organisation import Person
from server.visibility.classes import Bond, ViewClass
from server.visibility.ground import Ground, Spot
from server.visibility.policy import HIDE, Rule
from server.visibility.terms import By, Verdict

UNNAMED = 0  # no member has this id
FOUND = Verdict(True, By.NOTHING_AGAINST)
NOT_ACTIVE = Verdict(False, By.STATE)
HIDDEN = Verdict(False, By.HIDDEN_MEMBER)
OUT_OF_SCOPE = Verdict(False, By.SCOPE)


class Sight:
    """What one view class sees of its company; as good as the tree and the rules that it was made of.

    ``named``: members whom rules that bind the class name, so that they may be seen otherwise than others in their units.
    """

    def __init__(self, ground: Ground, rules: Sequence[Rule], view: ViewClass) -> None:
        self._ground = ground
        self._bonds: list[tuple[Rule, frozenset[int]]] = [
            (rule, bond) for rule, bond in zip(rules, view.bonds, strict=True) if bond is not None
        ]
        self.named: frozenset[int] = frozenset().union(*(rule.names for rule, _ in self._bonds))
        self._person = ground.org.person
        self.view = view

    @cached_property
    def units(self) -> frozenset[int]:
        """Where members whom no rule names are seen. Units above these are known by their names alone, as the way to them."""
        org = self._ground.org
        if not len(org):
            return frozenset()
        tops = self.view.scope or {org.root}
        below = {unit for top in tops if top in org for unit in org.below(top)}
        spots = [Spot(unit, (unit,)) for unit in below if not self._ground.is_off(unit)]
        return frozenset(spot.seat for spot in self._left(UNNAMED, spots)[0]) if spots else frozenset()

    @cached_property
    def ways(self) -> frozenset[int]:
        """The units above those that are seen, which are not seen themselves."""
        return self._ground.above(*self.units) - self.units

    def sees(self, unit: int) -> bool:
        """Whether it is one of ``units``, for who asks about a few."""
        return unit in self._ground.org and not self._ground.is_off(unit) and self._left(UNNAMED, [Spot(unit, (unit,))])[1] is FOUND

    def finds(self, member: int) -> bool:
        """About a microsecond: lists and views of a search index ask it for each of 100,000."""
        person = self._person(member)
        if person is None or person.state != "active" or (person.is_hidden and not self.view.sees_hidden):
            return False
        if member in self.named:
            return self.seen_at(person) is FOUND
        units = self.units
        for place in person.places:
            if place.unit in units:
                return True
        return self._is_unassigned(person) and self.seen_at(person) is FOUND

    def everybody(self) -> Iterator[int]:
        """All whom the class finds, in no order."""
        return (person.id for person in self._ground.org.people if self.finds(person.id))

    def verdict(self, person: Person) -> Verdict:
        """Whether he is found; if not, what keeps him from view first."""
        if person.state != "active":
            return NOT_ACTIVE
        if person.is_hidden and not self.view.sees_hidden:
            return HIDDEN
        return self.seen_at(person)

    def seen_at(self, person: Person) -> Verdict:
        """Whether one of his seats is seen, whatever becomes of himself."""
        return self._left(person.id, self._ground.spots(person))[1]

    def shown_in(self, person: Person) -> list[int]:
        """The units in which he is seen; counts take him in these and once in each unit above them. Who is unassigned is in none."""
        return self.units_of(person) if self.finds(person.id) else []

    def units_of(self, person: Person) -> list[int]:
        """The units that he is in and in which one would see him, were he simply active."""
        if person.id not in self.named:
            return [place.unit for place in person.places if place.unit in self.units]
        if self._is_unassigned(person):
            return []
        return [spot.seat for spot in self._left(person.id, self._ground.spots(person))[0]]

    def _is_unassigned(self, person: Person) -> bool:
        return all(self._ground.is_off(place.unit) for place in person.places)

    def _left(self, member: int, spots: Sequence[Spot]) -> tuple[Sequence[Spot], Verdict]:
        """Those of a member's seats that are seen; if none, what stopped the last. Scope, hidden units and each rule must let it pass."""
        ground, view = self._ground, self.view
        if view.scope:
            spots = [spot for spot in spots if ground.is_within(spot.seat, view.scope)]
            if not spots:
                return spots, OUT_OF_SCOPE
        hidden = ground.hidden(*(unit for spot in spots for unit in spot.through)) - view.inside
        if hidden:
            spots = [spot for spot in spots if hidden.isdisjoint(ground.hidden(*spot.through))]
            if not spots:
                return spots, Verdict(False, By.HIDDEN_UNIT, min(hidden))
        for rule, left in self._bonds:
            spots = [spot for spot in spots if passes(ground, rule, left, member, spot)]
            if not spots:
                return spots, Verdict(False, By.RULE, rule.id)
        return spots, FOUND


def passes(ground: Ground, rule: Rule, left: Bond, member: int, spot: Spot) -> bool:
    """Whether a rule that binds the viewer lets him see a member in this seat."""
    if left is None:
        return True
    if rule.kind == HIDE:
        return not ground.includes(rule.bound, member, *spot.through) or ground.includes(rule.exempted, member, *spot.through)
    return ground.is_within(spot.seat, left) or ground.includes(rule.white_list, member, spot.seat)
