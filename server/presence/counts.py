"""Online and total of every unit as one view class counts them (SPEC G2): each member once in each of his units and once in each above.

Made in slices when the class is first watched, or when too much changed at once; then kept by deltas. Which units a member is shown in
is the evaluator's word; it is kept here as of when he was counted, so what is taken back is what was added.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where a member is shown: ``seats`` directly, ``above`` these and all above them, each once."""

    seats: tuple[int, ...]
    above: tuple[int, ...]


class Places:
    """The places that occur, each made once and shared by all members and classes; to be cleared when the tree changes."""

    def __init__(self, ancestors: Callable[[int], Iterable[int]]) -> None:
        self._ancestors = ancestors
        self._made: dict[tuple[int, ...], Place] = {}

    def of(self, seats: Sequence[int]) -> Place:
        key = tuple(seats)
        place = self._made.get(key)
        if place is None:
            above: dict[int, None] = {}
            for seat in key:
                above.update(dict.fromkeys((seat, *self._ancestors(seat))))
            place = self._made[key] = Place(key, tuple(above))
        return place

    def clear(self) -> None:
        self._made.clear()


Seats = Callable[[int], Sequence[int]]
"""The units in which the class sees a member."""


class Counts:
    """Of one view class. ``online``: whoever others see online, a live picture that is changed together with ``flip``."""

    def __init__(self, seats: Seats, places: Places, online: Container[int]) -> None:
        self._seats = seats
        self._places = places
        self._is_online = online
        self._todo: list[int] = []
        self.placed: dict[int, Place] = {}
        self._online: defaultdict[int, int] = defaultdict(int)
        self._total: defaultdict[int, int] = defaultdict(int)

    def begin(self, members: Iterable[int]) -> None:
        """Everything anew; ``count`` does it."""
        self._todo = list(members)
        self.placed.clear()
        self._online.clear()
        self._total.clear()

    def count(self, members: int) -> bool:
        """So many more; whether all are counted. Who comes and goes between two slices is counted right; nobody is moved between them."""
        slice, self._todo = self._todo[-members:], self._todo[:-members]
        for member in slice:
            self._add(member)
        return not self._todo

    def of(self, unit: int) -> tuple[int, int]:
        """Online and total."""
        return self._online.get(unit, 0), self._total.get(unit, 0)

    def flip(self, place: Place, by: int) -> None:
        """A member who is counted there came online (1) or went offline (-1)."""
        online = self._online
        for unit in place.above:
            online[unit] += by

    def refresh(self, member: int) -> tuple[Place | None, Place | None]:
        """He may be shown elsewhere from now on: where he was counted and where he is now."""
        before = self.placed.pop(member, None)
        if before is not None:
            self._put(before, member, -1)
        return before, self._add(member)

    def _add(self, member: int) -> Place | None:
        seats = self._seats(member)
        if not seats:
            return None
        place = self.placed[member] = self._places.of(seats)
        self._put(place, member, 1)
        return place

    def _put(self, place: Place, member: int, by: int) -> None:
        total = self._total
        for unit in place.above:
            total[unit] += by
        if member in self._is_online:
            self.flip(place, by)
