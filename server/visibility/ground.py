"""A company's tree as visibility needs it: what is above a unit, what is disabled or hidden there, and where members sit.

Worked out from the tree when first asked, and kept: whoever changes the tree makes a new one. Nothing is decided here.
"""

from collections.abc import Iterable
from typing import NamedTuple

from server.org.organisation import Organisation, Person
from server.visibility.policy import Parties


class Spot(NamedTuple):
    """Where a member sits. ``through``: what hides him there, or lets him in: the seat, or of who is unassigned the disabled units that
    he is in, so that disabling a unit shows nobody.
    """

    seat: int
    through: tuple[int, ...]


class Ground:
    def __init__(self, org: Organisation) -> None:
        self.org = org
        self._above: dict[int, frozenset[int]] = {}
        self._off: dict[int, bool] = {}
        self._hidden: dict[int, frozenset[int]] = {}

    def above(self, *units: int) -> frozenset[int]:
        """These units and all above them; of a unit that is not in the tree nothing."""
        if len(units) != 1:
            return frozenset().union(*map(self.above, units))
        above = self._above.get(units[0])
        if above is None:
            above = self._above[units[0]] = frozenset(self.org.path(units[0]) if units[0] in self.org else ())
        return above

    def is_off(self, unit: int) -> bool:
        """Whether nobody sits there: it, or one above it, is disabled, or there is none such."""
        off = self._off.get(unit)
        if off is None:
            above = self.above(unit)
            off = self._off[unit] = not above or any(self.org[one].is_disabled for one in above)
        return off

    def hidden(self, *units: int) -> frozenset[int]:
        """The hidden units among these and those above them."""
        if len(units) != 1:
            return frozenset().union(*map(self.hidden, units))
        hidden = self._hidden.get(units[0])
        if hidden is None:
            hidden = self._hidden[units[0]] = frozenset(one for one in self.above(units[0]) if self.org[one].is_hidden)
        return hidden

    def spots(self, person: Person) -> list[Spot]:
        """The primary one first. Who is in no unit that is enabled sits directly under the root (SPEC B9)."""
        seats = self.seats(person)
        if seats:
            return [Spot(seat, (seat,)) for seat in seats]
        return [Spot(self.org.root, tuple(self.units(person)))]

    def seats(self, person: Person) -> list[int]:
        """The units that he is in and that are not disabled, the primary one first."""
        return [place.unit for place in person.places if not self.is_off(place.unit)]

    def units(self, person: Person) -> list[int]:
        """All that he is in, disabled ones too; the root for who is in none."""
        return [place.unit for place in person.places if place.unit in self.org] or [self.org.root]

    def is_within(self, unit: int, tops: Iterable[int]) -> bool:
        """Whether it is one of ``tops`` or below one of them."""
        return not self.above(unit).isdisjoint(tops)

    def includes(self, parties: Parties, member: int, *units: int) -> bool:
        """Whether he is of these parties, by name or by being in one of these units."""
        return member in parties.members or not parties.units.isdisjoint(self.above(*units))

    def topmost(self, units: Iterable[int]) -> frozenset[int]:
        """Without those that are below others of them."""
        wanted = frozenset(units)
        return frozenset(unit for unit in wanted if len(self.above(unit) & wanted) < 2)
