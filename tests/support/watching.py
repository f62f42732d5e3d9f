"""Presence over the wire: time that is advanced, what a connection that watches has on its screen, and what it should have.

The truth is worked out from the database and from who is connected, by loops, and shares nothing with the server's presence.
"""

from dataclasses import dataclass, field
from typing import Any

from protocol import commands as wish
from protocol.events import Done, OwnPresence, PeoplePresence, SeenAs, UnitsPresence
from server.roles.service import RoleService
from server.wheel import Wheel
from storage import company_log
from storage.engine import Storage
from storage.schema.contacts import contacts
from storage.schema.visibility import unit_rule_parties, unit_rules
from storage.statements import insert_into
from storage.work import Work
from tests.support.directory import ACME, all_told
from tests.support.house import OPERATOR, House
from tests.support.wire import Wire
from tests.support.ws import until

ONLINE, AWAY, BUSY, QUIET, INVISIBLE = 1, 2, 3, 4, 5
DESKTOP, PHONE = 8, 16
INSERT_CONTACT = insert_into(contacts, "company", "member", "contact", "added_at", "removed", "place")
INSERT_RULE = insert_into(unit_rules, "company", "id", "kind", "name", "is_off", "may_search", "may_write", "sort", "created_at")
INSERT_PARTY = insert_into(unit_rule_parties, "company", "rule", "part", "kind", "party")
Shown = dict[str, tuple[int, str]]
"""By member: code and text; who is offline is not in it."""


def still() -> Wheel:
    """A server's wheel on which no time passes but by ``pass_time``, however long the machine takes for a test."""
    return Wheel(lambda seconds, call: None)


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


async def root(house: House, wire: Wire) -> str:
    """The id of Acme's own unit."""
    found: str = (await wire.ask(wish.GetTreeTop)).units[0].unit
    return found


async def watching(house: House, wire: Wire, *units: str, counts: tuple[str, ...] = ()) -> Screen:
    """With its first picture."""
    screen = Screen(wire)
    assert isinstance(await screen.watch(*units, counts=counts), Done)
    await quiet(house, wire)
    screen.look()
    return screen


async def add_contact(house: House, who: str, contact: str) -> None:
    company, member = house.people[who].who

    async def act(work: Work) -> None:
        row = {"company": company, "member": member, "contact": house.people[contact].who[1], "added_at": work.now, "removed": False}
        await work.run(INSERT_CONTACT, **row, place=work.position)
        work.own(member, "contacts")

    await house.running.storage.transact(act)


async def forbid(storage: Storage, company: int, bound: int) -> None:
    """Who is in ``bound`` sees nobody elsewhere."""

    async def act(work: Work) -> None:
        row = {"id": 77, "kind": "other_units", "name": "alone", "is_off": False, "may_search": False, "may_write": False, "sort": 0}
        await work.run(INSERT_RULE, company=company, created_at=work.now, **row)
        await work.run(INSERT_PARTY, company=company, rule=77, part="bound", kind="unit", party=bound)
        await company_log.tell(work, company, subjects=["unit_rules"])

    await storage.transact(act)


async def give(house: House, name: str, role: str) -> None:
    await RoleService(house.running.storage).give(OPERATOR, ACME, [house.people[name].number], role)
