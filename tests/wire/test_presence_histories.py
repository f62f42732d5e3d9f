"""Random histories over the wire: after a second of quiet every screen is what a picture worked out from scratch says, and from the
moment at which somebody is hidden, moved or ruled away nothing of him reaches who may not see him any more (SPEC G2, B6; DESIGN 9).

The truth is made of rows read anew, and of who is connected as the test itself knows it; it shares nothing with the server's presence.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import pytest

from protocol import commands as wish
from protocol.events import PeoplePresence, UnitsPresence
from protocol.ids import from_wire, to_wire
from server.companies.newcomers import Newcomer
from server.directory import loading
from server.directory.picture import Picture
from server.visibility.terms import What, Where
from tests.support.directory import ACME, Acme, all_told
from tests.support.house import OPERATOR, PASSWORD, House, Person
from tests.support.watching import Screen, Shown, forbid, pass_time, quiet, settled
from tests.support.wire import CROSSED, Wire, signed_in

PEOPLE = ("Li Na", "Wang", "Zhao", "Chen", "Liu", "Sun")
UNITS = ("Sales", "North", "Lab")
KINDS = {"desktop": 8, "phone": 16, "web": 32, "terminal": 64}
ACTS, EACH = 36, 9


@dataclass(eq=False)
class There:
    """A device that is connected, with its screen."""

    name: str
    kind: str
    wire: Wire
    stack: contextlib.AsyncExitStack
    screen: Screen
    is_idle: bool = False


@dataclass
class World:
    house: House
    acme: Acme
    random: Random
    codec: str
    top: str = ""
    there: list[There] = field(default_factory=list)
    chosen: dict[str, tuple[int, str]] = field(default_factory=dict)
    has_rule: bool = False

    # ---- acts

    async def act(self) -> None:
        random = self.random
        acts = [self.comes, self.watches, self.hides, self.moves, self.disables, self.narrows]
        if len(self.there) > 2:
            acts += [self.goes, self.goes, self.chooses, self.chooses, self.idles, self.watches, self.watches_somebody]
        await random.choice(acts)()

    def somebody(self) -> There:
        return self.random.choice(self.there)

    async def comes(self) -> None:
        name, kind = self.random.choice(PEOPLE), self.random.choice(list(KINDS))
        stack = contextlib.AsyncExitStack()
        wire = await stack.enter_async_context(signed_in(self.house, name, self.codec, kind=kind))
        self.there.append(There(name, kind, wire, stack, Screen(wire)))

    async def goes(self) -> None:
        one = self.somebody()
        self.there.remove(one)
        if self.random.random() < 0.5:
            await one.wire.ask(wish.SignOut)
        await one.stack.aclose()

    async def chooses(self) -> None:
        one, status, text = self.somebody(), self.random.choice((1, 2, 3, 4)), self.random.choice(("", "out", "back at two"))
        await one.wire.ask(wish.SetStatus, status=status, text=text)
        self.chosen[one.name] = (status, text)

    async def idles(self) -> None:
        one = self.somebody()
        one.is_idle = not one.is_idle
        await one.wire.ask(wish.SetIdle, idle=one.is_idle)

    async def watches(self) -> None:
        if not self.there:
            return
        one = self.somebody()
        units = [self.top, *map(self.acme.wire, UNITS)]
        some = self.random.sample(units, 2)
        gone = [unit for unit in one.screen.wanted if unit not in some and self.random.random() < 0.3]
        await one.screen.watch(some[0], counts=(some[1],), no_more=tuple(gone))
        for unit in gone:
            one.screen.counts.pop(unit, None)
            one.screen.units.pop(unit, None)

    async def watches_somebody(self) -> None:
        await self.somebody().screen.watch_people("tree", *(self.house.people[name].member for name in self.random.sample(PEOPLE, 2)))

    async def hides(self) -> None:
        await self.acme.hide(self.random.choice(PEOPLE), self.random.random() < 0.5)

    async def moves(self) -> None:
        await self.acme.place(self.random.choice(PEOPLE), *self.random.sample(UNITS, self.random.randint(1, 2)))

    async def disables(self) -> None:
        unit, choice = self.acme.units[self.random.choice(UNITS)], self.random.random()
        if choice < 0.4:
            await self.acme.org.set_hidden(OPERATOR, ACME, unit, self.random.random() < 0.5)
        elif choice < 0.8:
            await self.acme.org.set_disabled(OPERATOR, ACME, unit, self.random.random() < 0.3)
        elif not self.has_rule:
            self.has_rule = True
            await forbid(self.house.running.storage, self.house.people["Li Na"].company, unit)

    async def narrows(self) -> None:
        scope = [self.acme.units[self.random.choice(UNITS)]] if self.random.random() < 0.5 else []
        await self.acme.members.set_scope(OPERATOR, ACME, self.house.people[self.random.choice(PEOPLE)].member, scope)

    # ---- the truth

    async def picture(self) -> Picture:
        company = self.house.people["Li Na"].company
        whole = await self.house.running.storage.read(lambda read: loading.whole(read, company))
        assert whole is not None
        return await Picture.made(company, whole)

    def seen(self, name: str) -> tuple[int, str] | None:
        devices = [one for one in self.there if one.name == name]
        if not devices:
            return None
        status, text = self.chosen.get(name, (1, ""))
        if status == 1 and all(one.is_idle for one in devices):
            status = 2
        return status | sum({KINDS[one.kind] for one in devices}), text

    def shown_in(self, picture: Picture, viewer: str, target: str) -> list[int]:
        view = picture.evaluator.view_class(from_wire(self.house.people[viewer].member))
        person = picture.org.person(from_wire(self.house.people[target].member))
        assert view is not None
        assert person is not None
        return picture.evaluator.sight(view).shown_in(person)

    def finds(self, picture: Picture, viewer: str, target: str) -> bool:
        one, other = (from_wire(self.house.people[name].member) for name in (viewer, target))
        return one == other or bool(picture.evaluator.can_see(one, other, What.PRESENCE, Where.TREE))

    async def leaks(self) -> list[tuple[str, str, str]]:
        """Who is told of whom, and in which unit, though he may not see it: of what comes from now on, judged by how it is now.

        All that was committed is applied before, and what was under way has arrived.
        """
        await all_told(self.house, *(one.wire for one in self.there))
        await settled(self.house)
        for one in self.there:
            await one.wire.barrier()
            one.screen.look()
        picture = await self.picture()
        await pass_time(self.house, 2)
        found: list[tuple[str, str, str]] = []
        for one in self.there:
            await one.wire.barrier()
            for unit, target in self.told(one.screen.look()):
                where = self.shown_in(picture, one.name, target)
                if not (from_wire(unit) in where if unit else self.finds(picture, one.name, target)):
                    found.append((one.name, target, unit))
        return found

    def told(self, frames: Sequence[UnitsPresence | PeoplePresence]) -> Iterator[tuple[str, str]]:
        """The units, empty for people one by one, and who is said to be there."""
        names = {person.member: person.name for person in self.house.people.values()}
        for frame in frames:
            parts = [("", frame.seen)] if isinstance(frame, PeoplePresence) else [(unit.unit, unit.seen) for unit in frame.units]
            for unit, seen in parts:
                yield from ((unit, names[member]) for part in seen if part.code for member in part.members)

    async def mistaken(self) -> list[tuple[str, str, object, object]]:
        """After quiet, who does not see what is true of which unit: what he sees, and what he should."""
        for _ in range(4):  # everybody's grace, and the pings between
            await pass_time(self.house, 4)
            for one in self.there:
                await one.wire.barrier()
        await quiet(self.house, *(one.wire for one in self.there))
        picture = await self.picture()
        found: list[tuple[str, str, object, object]] = []
        for one in self.there:
            one.screen.look()
            for unit, with_members in one.screen.wanted.items():
                seen = (one.screen.counts[unit], one.screen.units.get(unit, {}))
                true = self.truth(picture, one.name, unit, with_members=with_members)
                if seen != true:
                    found.append((one.name, unit, seen, true))
        return found

    def truth(self, picture: Picture, viewer: str, unit: str, *, with_members: bool) -> tuple[tuple[int, int], Shown]:
        """The counts of a unit, and its members."""
        below = set(picture.org.below(from_wire(unit)))
        seats = {name: set(self.shown_in(picture, viewer, name)) for name in PEOPLE}
        seen = {name: code for name in PEOPLE if (code := self.seen(name)) is not None}
        counted = [name for name in PEOPLE if seats[name] & below]
        inside = {self.house.people[name].member: code for name, code in seen.items() if from_wire(unit) in seats[name]}
        return (sum(name in seen for name in counted), len(counted)), inside if with_members else {}


@contextlib.asynccontextmanager
async def world(house: House, seed: int, codec: str) -> AsyncIterator[World]:
    made = World(house, Acme(house), Random(seed), codec)
    await made.acme.grow()
    for name, unit in (("Zhao", "North"), ("Chen", "Lab"), ("Liu", "Sales"), ("Sun", "Sales")):
        await made.acme.place(name, unit)
    above = next(iter((await made.picture()).org.ancestors(made.acme.units["Sales"])))
    made.top = to_wire(above)
    try:
        yield made
    finally:
        await asyncio.gather(*(one.stack.aclose() for one in made.there))


@CROSSED
@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_everybody_sees_who_is_there_of_those_whom_he_may_find(house: House, codec: str, seed: int) -> None:
    names = [name for name in PEOPLE if name not in house.people]
    added = await house.running.companies.add_many(
        OPERATOR, ACME, [Newcomer(name=name) for name in names], password=PASSWORD, must_change=False
    )
    for name, one in zip(names, added, strict=True):
        house.people[name] = Person(name, to_wire(one.member), one.number, house.people["Li Na"].company)
    async with world(house, seed, codec) as made:
        for number in range(ACTS):
            await made.act()
            if made.there and number % 3 == 2:
                assert await made.leaks() == []
            if made.there and number % EACH == EACH - 1:
                assert await made.mistaken() == []
