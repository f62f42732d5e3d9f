"""A company on one node with presence in it: a stand-in for the evaluator, connections that draw their picture from frames, and the truth.

The picture that a client should have is computed from scratch by loops over plain facts, and shares nothing with the engine.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import cast

import msgspec

from protocol.codec import MESSAGEPACK, Codec
from protocol.events import OwnPresence, PeoplePresence, SeenAs, UnitsPresence
from protocol.ids import from_wire
from server.clock import ManualClock
from server.delivery.online import Online
from server.org.organisation import Organisation, Person
from server.presence.service import Parts, Presence
from server.presence.statuses import Status
from server.presence.visible import Where
from server.presence.words import Word
from server.wheel import Wheel
from storage.presence import Choice
from storage.units import Unit

COMPANY = 1
ROOT = 100
FRAMES: msgspec.msgpack.Decoder[UnitsPresence | PeoplePresence | OwnPresence] = msgspec.msgpack.Decoder(
    UnitsPresence | PeoplePresence | OwnPresence
)
Shown = dict[int, tuple[int, str]]
"""By member: code and text; who is offline is not in it."""
Picture = tuple[dict[int, tuple[int, int]], dict[int, Shown], dict[Where, Shown]]
"""Counts by unit, members by unit, people by place."""


class Loop:
    """Keeps what a loop would be asked to call, until the test gives it a turn."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], object]] = []
        self.later: list[Callable[[], object]] = []

    def call_soon(self, call: Callable[[], object]) -> None:
        self.soon.append(call)

    def call_later(self, seconds: float, call: Callable[[], object]) -> None:
        self.later.append(call)

    def turn(self) -> bool:
        calls, self.soon = self.soon, []
        for call in calls:
            call()
        return bool(calls)

    def tick(self) -> None:
        calls, self.later = self.later, []
        for call in calls:
            call()


class HurriedClock(ManualClock):
    """Every look at it costs two milliseconds, so a turn has time for one step alone and everything comes between two of them."""

    def monotonic(self) -> float:
        self._monotonic += 0.002
        return self._monotonic


class Followed:
    """The feed as a node has applied it."""

    is_fresh = True

    def is_settled(self, company: int) -> bool:
        return self.is_fresh


class StandIn:
    """Of visibility: hidden members, scopes, units that the members of another one may not see, contacts, direct conversations.

    ``closed`` units are seen by hidden members alone, which is no part of a view class.
    """

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.forbidden: set[tuple[int, int]] = set()
        self.closed: set[int] = set()
        self.contacts: set[tuple[int, int]] = set()
        self.directs: set[tuple[int, int]] = set()

    def view_class(self, viewer: int) -> Hashable:
        person = self.organisation.person(viewer)
        if person is None:
            return ()
        own = self.organisation.units_of(viewer)
        barred = frozenset(shut for bound, shut in self.forbidden if any(self._is_below(unit, bound) for unit in own))
        return (person.is_hidden, person.scope, barred)

    def seats(self, view_class: Hashable, target: int) -> Sequence[int]:
        person = self.organisation.person(target)
        if person is None or person.state != "active" or not view_class:
            return ()
        sees_hidden, scope, barred = cast("tuple[bool, tuple[int, ...], frozenset[int]]", view_class)
        if person.is_hidden and not sees_hidden:
            return ()
        return [
            unit
            for unit in self.organisation.units_of(target)
            if (sees_hidden or unit not in self.closed)
            and (not scope or any(self._is_below(unit, top) for top in scope))
            and not any(self._is_below(unit, top) for top in barred)
        ]

    def may_have_presence(self, viewer: int, target: int, where: Where) -> bool:
        if self.seats(self.view_class(viewer), target):
            return True
        tied = {Where.CONTACT: (viewer, target) in self.contacts, Where.DIRECT: (viewer, target) in self.directs}
        return tied.get(where, False) and self.organisation.person(target) is not None

    def _is_below(self, unit: int, top: int) -> bool:
        return unit in self.organisation and top in self.organisation and self.organisation.is_below(unit, top)


class Client:
    """A connection with the picture that its user has on the screen."""

    codec: Codec = MESSAGEPACK
    company = COMPANY
    told = False

    def __init__(self, member: int, session: int) -> None:
        self.member = member
        self.session = session
        self.wants: dict[int, bool] = {}
        self.people: dict[Where, set[int]] = {where: set() for where in Where}
        self.counts: dict[int, tuple[int, int]] = {}
        self.units: dict[int, Shown] = {}
        self.shown: dict[Where, Shown] = {where: {} for where in Where}
        self.own: OwnPresence | None = None
        self.frames: list[UnitsPresence | PeoplePresence | OwnPresence] = []
        self.bytes = 0
        self.on_frame: Callable[[Client, UnitsPresence | PeoplePresence | OwnPresence], None] | None = None

    def give(self, wire: bytes) -> None:
        self.bytes += len(wire)
        frame = FRAMES.decode(wire[{126: 4, 127: 10}.get(wire[1], 2) :])
        self.frames.append(frame)
        if self.on_frame is not None:
            self.on_frame(self, frame)
        match frame:
            case UnitsPresence():
                self._units(frame)
            case PeoplePresence():
                where = Where(frame.where)
                mine = self.people[where]
                wanted = [SeenAs(one.code, tuple(name for name in one.members if from_wire(name) in mine)) for one in frame.seen]
                apply(self.shown[where], wanted, frame.texts)
            case OwnPresence():
                self.own = frame

    def _units(self, frame: UnitsPresence) -> None:
        for one in frame.units:
            unit = from_wire(one.unit)
            self.counts[unit] = (one.online, one.total)
            if frame.whole:
                self.units[unit] = {}
            apply(self.units.setdefault(unit, {}), one.seen, one.texts)

    def resync(self) -> None:
        raise AssertionError

    def give_way(self, code: int, reason: str) -> None:
        raise AssertionError

    def password_changed(self) -> None:
        raise AssertionError

    def end(self, reason: str) -> None:
        raise AssertionError


def apply(shown: Shown, seen: Iterable[SeenAs], texts: dict[str, str]) -> None:
    """As a client does."""
    for one in seen:
        for name in one.members:
            member = from_wire(name)
            if one.code == 0:
                shown.pop(member, None)
            else:
                shown[member] = (one.code, texts.get(name, shown.get(member, (0, ""))[1]))


class House:
    """A node, its company and the clients."""

    def __init__(self, units: Iterable[Unit] = (), people: Iterable[Person] = (), *, node: str = "n1") -> None:
        self.loop = Loop()
        self.clock = HurriedClock()
        self.wheel = Wheel(self.loop.call_later)
        self.online = Online()
        self.organisation = Organisation(COMPANY, units, people)
        self.evaluator = StandIn(self.organisation)
        self.feed = Followed()
        self.words: list[Word] = []
        self.presence = Presence(
            Parts(
                node,
                lambda company: self.evaluator,
                self.feed,
                self.online,
                self.wheel,
                self.clock,
                self.loop.call_soon,
                self.words.append,
            )
        )
        self.clients: list[Client] = []
        self.on_frame: Callable[[Client, UnitsPresence | PeoplePresence | OwnPresence], None] | None = None

    # ---- what people do

    def comes(self, member: int, session: int, device: str = "desktop", status: Status = Status.ONLINE, text: str = "") -> Client:
        client = Client(member, session)
        client.on_frame = self.on_frame
        self.online.enter(client)
        self.online.follow(client)
        self.clients.append(client)
        self.presence.came(client, device, Choice(int(status), text, self.clock.now()))
        return client

    def drops(self, client: Client) -> None:
        self._out(client)
        self.presence.dropped(client)

    def signs_out(self, client: Client) -> None:
        for other in [one for one in self.clients if one.session == client.session and one is not client]:
            self._out(other)
            self.presence.dropped(other)
        self._out(client)
        self.presence.dropped(client)
        self.presence.ended(client.session)

    def _out(self, client: Client) -> None:
        self.clients.remove(client)
        self.online.leave(client)

    def chooses(self, member: int, status: Status, text: str = "") -> None:
        self.clock.advance(1)
        self.presence.chooses(member, Choice(int(status), text, self.clock.now()))

    def watches(self, client: Client, units: dict[int, bool], no_more: Iterable[int] = ()) -> None:
        for unit in no_more:
            client.wants.pop(unit, None)
            client.units.pop(unit, None)
            client.counts.pop(unit, None)
        client.wants.update(units)
        self.presence.of(COMPANY).watch_units(client, units, no_more)

    def watches_people(self, client: Client, where: Where, members: Iterable[int], no_more: Iterable[int] = ()) -> None:
        for member in no_more:
            client.people[where].discard(member)
            client.shown[where].pop(member, None)
        client.people[where].update(members)
        self.presence.of(COMPANY).watch_people(client, where, members, no_more)

    # ---- what happens to the company

    def person(self, person: Person) -> None:
        self.organisation.put_person(person)
        self.presence.of(COMPANY).members_changed([person.id])

    def unit(self, unit: Unit) -> None:
        self.organisation.put(unit)
        self.presence.of(COMPANY).units_changed([unit.id])

    # ---- time

    def turns(self, most: int = 100_000) -> None:
        """Until the loop rests, or so many."""
        while most and self.loop.turn():
            most -= 1

    def passes(self, seconds: float) -> None:
        for _ in range(int(seconds / self.wheel.tick)):
            self.ticks(100_000)

    def ticks(self, turns: int) -> None:
        """A tick of the wheel, and so many turns of the loop."""
        self.clock.advance(int(self.wheel.tick * 1000))
        self.loop.tick()
        self.turns(turns)

    def is_quiet(self) -> None:
        """Long enough for everybody's grace, and then for everything that is merged."""
        self.turns()
        while self.presence._sessions.next_at is not None:
            self.passes(1)
        self.passes(3.5)

    # ---- the truth

    def seen(self, member: int) -> tuple[int, str]:
        seen = self.presence.standing(member).seen
        return seen.code, seen.text

    def picture(self, client: Client) -> Picture:
        """Counts, members and people that the client should have now: what it watches, as its member may see it, from scratch."""
        view = self.evaluator.view_class(client.member)
        seats = {person.id: set(self.evaluator.seats(view, person.id)) for person in self.organisation.people}
        counts, units = {}, {}
        for unit, with_members in client.wants.items():
            below = set(self.organisation.below(unit)) if unit in self.organisation else set()
            there = [member for member, own in seats.items() if own & below]
            counts[unit] = (sum(self.seen(member)[0] != 0 for member in there), len(there))
            inside = {member: self.seen(member) for member, own in seats.items() if unit in own and self.seen(member)[0]}
            units[unit] = inside if with_members else {}
        people = {
            where: {
                one: self.seen(one) for one in wanted if self.seen(one)[0] and self.evaluator.may_have_presence(client.member, one, where)
            }
            for where, wanted in client.people.items()
        }
        return counts, units, people

    def mistaken(self) -> list[tuple[int, Picture, Picture]]:
        """Who does not see what is true: the member, his picture, and the one that he should have."""
        found = ((client.member, self.screen(client), self.picture(client)) for client in self.clients)
        return [(member, shown, true) for member, shown, true in found if shown != true]

    def screen(self, client: Client) -> Picture:
        """Of what the client watches, as it has it."""
        counts = {unit: client.counts.get(unit, (0, 0)) for unit in client.wants}
        return counts, {unit: client.units.get(unit, {}) if full else {} for unit, full in client.wants.items()}, client.shown
