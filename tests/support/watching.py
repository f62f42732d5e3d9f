"""Presence over the wire: time that is advanced, what a connection that watches has on its screen, and what it should have.

The truth is worked out from the database and from who is connected, by loops, and shares nothing with the server's presence.
"""

from dataclasses import dataclass, field
from typing import Any

from protocol import commands as wish
from protocol.events import OwnPresence, PeoplePresence, SeenAs, UnitsPresence
from tests.support.directory import all_told
from tests.support.house import House
from tests.support.wire import Wire
from tests.support.ws import until

Shown = dict[str, tuple[int, str]]
"""By member: code and text; who is offline is not in it."""


async def pass_time(house: House, seconds: float) -> None:
    """On the server's wheel, which turns as fast as the loop lets it; everything that is due is done between two ticks."""
    wheel = house.running.gateway.wheel
    for _ in range(wheel.ticks_in(seconds)):
        wheel.turn()
        await settled(house)


async def settled(house: House) -> None:
    """Presence has nothing to do until time passes."""
    there = house.running.presence
    await until(lambda: there.following.is_settled and not there.node.is_turning)


async def quiet(house: House, *wires: Wire, seconds: float = 1.5) -> None:
    """All that was committed was applied, what is merged is told, and it has arrived here."""
    await all_told(house, *wires)
    await settled(house)
    await pass_time(house, seconds)
    for wire in wires:
        await wire.barrier()


@dataclass
class Screen:
    """What a connection watches, and shows of it, made from the frames as ``protocol/README.md`` 17 says."""

    wire: Wire
    units: dict[str, Shown] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    people: dict[str, Shown] = field(default_factory=dict)
    own: OwnPresence | None = None
    heard: int = 0
    wanted: dict[str, bool] = field(default_factory=dict)

    async def watch(self, *units: str, counts: tuple[str, ...] = (), no_more: tuple[str, ...] = ()) -> Any:
        self.wanted.update({**dict.fromkeys(counts, False), **dict.fromkeys(units, True)})
        for unit in no_more:
            self.wanted.pop(unit, None)
        return await self.wire.ask(wish.WatchUnits, units=units, counts=counts, no_more=no_more)

    async def watch_people(self, where: Any, *members: str, no_more: tuple[str, ...] = ()) -> Any:
        return await self.wire.ask(wish.WatchPeople, where=where, members=members, no_more=no_more)

    def look(self) -> list[UnitsPresence | PeoplePresence]:
        """Take in what came since the last look, and give it."""
        fresh = self.wire.events[self.heard :]
        self.heard = len(self.wire.events)
        found: list[UnitsPresence | PeoplePresence] = []
        for event in fresh:
            if isinstance(event, UnitsPresence):
                found.append(event)
                self._units(event)
            elif isinstance(event, PeoplePresence):
                found.append(event)
                _apply(self.people.setdefault(event.where, {}), event.seen, event.texts)
            elif isinstance(event, OwnPresence):
                self.own = event
        return found

    def _units(self, event: UnitsPresence) -> None:
        for one in event.units:
            self.counts[one.unit] = (one.online, one.total)
            if event.whole:
                self.units[one.unit] = {}
            _apply(self.units.setdefault(one.unit, {}), one.seen, one.texts)


def _apply(shown: Shown, seen: tuple[SeenAs, ...], texts: dict[str, str]) -> None:
    for one in seen:
        for member in one.members:
            if one.code:
                shown[member] = (one.code, texts.get(member, shown.get(member, (0, ""))[1]))
            else:
                shown.pop(member, None)
