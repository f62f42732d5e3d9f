"""Whatever happens, after quiet every watcher's picture is the one computed from scratch; and who is hidden stays hidden."""

from random import Random

import msgspec
import pytest

from protocol.events import OwnPresence, PeoplePresence, SeenAs, UnitsPresence
from protocol.ids import from_wire
from server.org.organisation import Person
from server.presence import beats, turns
from server.presence import company as company_module
from server.presence.statuses import CHOICES, DEVICE_BITS
from server.presence.visible import Where
from storage.units import Place, Unit
from tests.support.presence import ROOT, Client, House

AT_THE_LATEST = 2_000


class World:
    """Random acts on a house, and the watch over what is handed out.

    ``leaks``: who was told what he may not know, of whom, and where; or, while the feed was not applied, the frame.
    """

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.units = [ROOT, *range(ROOT + 1, ROOT + random.randint(2, 9))]
        units = [Unit(id, None if id == ROOT else random.choice(self.units[:index]), "u") for index, id in enumerate(self.units)]
        self.members = list(range(1_000, 1_000 + random.randint(3, 24)))
        self.house = House(units, [self.someone(member) for member in self.members])
        self.house.on_frame = self.judge
        self.house.presence.start()
        self.forbidden_since: dict[tuple[Client, int, object], int] = {}
        self.leaks: list[tuple[int, object, object]] = []
        self.sessions = 0
        self.has_stalls = seed % 3 == 0  # after one everybody is told anew, which would heal what else is wrong

    def someone(self, member: int) -> Person:
        places = tuple(
            Place(unit) for unit in self.random.sample(self.units, self.random.choice((0, 1, 1, 1, 2, 3)) % (len(self.units) + 1))
        )
        scope = tuple(self.random.sample(self.units, 1)) if self.random.random() < 0.15 else ()
        state = "disabled" if self.random.random() < 0.1 else "active"
        return Person(member, state, is_hidden=self.random.random() < 0.2, places=places, scope=scope)

    # ---- nothing reaches who may not see it

    def judge(self, client: Client, frame: UnitsPresence | PeoplePresence | OwnPresence) -> None:
        """What was on its way may still be told, at the latest 2 s after the change, and never after the event that takes it back."""
        if isinstance(frame, OwnPresence):
            return
        parts: list[tuple[object, tuple[SeenAs, ...]]]
        if isinstance(frame, PeoplePresence):
            parts = [(Where(frame.where), frame.seen)]
        else:
            parts = [(from_wire(one.unit), one.seen) for one in frame.units]
        for place, seen in parts:
            for one in seen:
                for name in one.members:
                    self.judge_one(client, place, from_wire(name), one.code)

    def judge_one(self, client: Client, place: object, target: int, code: int) -> None:
        key = (client, target, place)
        if self.may(client, target, place):
            return
        since = self.forbidden_since.get(key)
        if code == 0:
            self.forbidden_since[key] = -AT_THE_LATEST  # told: from now on nothing
        elif since is None or self.house.clock.now() - since >= AT_THE_LATEST:
            self.leaks.append((client.member, target, place))

    def may(self, client: Client, target: int, place: object) -> bool:
        evaluator = self.house.evaluator
        if isinstance(place, Where):
            return evaluator.may_have_presence(client.member, target, place)
        return place in evaluator.seats(evaluator.view_class(client.member), target)

    def note(self) -> None:
        """Since when who may not see whom."""
        now = self.house.clock.now()
        for client in self.house.clients:
            for place in (*self.units, *Where):
                for target in self.members:
                    key = (client, target, place)
                    if self.may(client, target, place):
                        self.forbidden_since.pop(key, None)
                    else:
                        self.forbidden_since.setdefault(key, now)

    # ---- acts

    def act(self) -> None:
        random, house = self.random, self.house
        acts = (
            [self.comes] * 4
            + [self.watches] * 4
            + [self.watches_people] * 2
            + [self.changes_person, self.moves_unit, self.rules, self.ties]
            + [self.stalls] * self.has_stalls
        )
        if house.clients:
            acts += [self.drops, self.signs_out] + [self.chooses] * 4 + [self.idles] * 2
        random.choice(acts)()
        self.note()
        if random.random() < 0.5:
            house.turns(random.randint(1, 20))
        if random.random() < 0.5:
            self.second_begins()
        if random.random() < 0.3:
            house.passes(random.choice((0.25, 0.5, 1, 3, 16)))

    def stalls(self) -> None:
        """The feed is not applied for a while, and nothing is told."""
        house = self.house
        house.feed.is_fresh = False
        told = {client: len(client.frames) for client in house.clients}
        self.random.choice((self.watches, self.changes_person, self.chooses, self.rules))()
        house.passes(self.random.choice((0.25, 1, 2)))
        for client, since in told.items():
            self.leaks += [(client.member, "stalled", frame) for frame in client.frames[since:] if not isinstance(frame, OwnPresence)]
        house.feed.is_fresh = True

    def second_begins(self) -> None:
        """What was merged is due, and its telling has begun when somebody looks at something else, or away and back."""
        random, house = self.random, self.house
        for client in random.sample(house.clients, min(4, len(house.clients))):
            house.chooses(client.member, random.choice(CHOICES))
        for _ in range(4):
            house.ticks(random.randint(0, 8))
        for client in random.sample(house.clients, min(2, len(house.clients))):
            if random.random() < 0.5:
                wants = dict(client.wants)
                house.watches(client, {}, wants)
                house.watches(client, wants)
            else:
                house.watches(client, {unit: True for unit in random.sample(self.units, 1) if unit not in client.wants})
        self.note()

    def comes(self) -> None:
        member = self.random.choice(self.members)
        self.sessions += 1
        session = self.random.choice([one.session for one in self.house.clients if one.member == member] + [self.sessions])
        self.house.comes(member, session, self.random.choice(list(DEVICE_BITS)))

    def client(self) -> Client:
        if not self.house.clients:
            self.comes()
        return self.random.choice(self.house.clients)

    def drops(self) -> None:
        client = self.client()
        self.house.drops(client)
        if self.random.random() < 0.5:
            self.house.comes(client.member, client.session)

    def signs_out(self) -> None:
        self.house.signs_out(self.client())

    def chooses(self) -> None:
        member = self.client().member
        for _ in range(self.random.randint(1, 2)):
            self.house.chooses(member, self.random.choice(CHOICES), self.random.choice(("", "", "back at two", "out")))

    def idles(self) -> None:
        self.house.presence.idles(self.client(), self.random.random() < 0.5)

    def watches(self) -> None:
        client = self.client()
        fresh = {unit: self.random.random() < 0.7 for unit in self.random.sample(self.units, self.random.randint(0, 3) % len(self.units))}
        no_more = [unit for unit in client.wants if unit not in fresh and self.random.random() < 0.2]
        self.house.watches(client, fresh, no_more)

    def watches_people(self) -> None:
        client = self.client()
        where = self.random.choice(list(Where))
        some = self.random.sample(self.members, 2)
        no_more = [member for member in client.people[where] if member not in some and self.random.random() < 0.3]
        self.house.watches_people(client, where, some, no_more)

    def changes_person(self) -> None:
        for _ in range(self.random.choice((1, 1, 3, 6))):
            member = self.random.choice(self.members)
            there = self.house.organisation.person(member)
            assert there is not None
            hidden = msgspec.structs.replace(there, is_hidden=not there.is_hidden)
            self.house.person(self.random.choice((hidden, self.someone(member))))

    def moves_unit(self) -> None:
        unit = self.house.organisation[self.random.choice(self.units[1:])]
        to = self.random.choice([one for one in self.units if not self.house.organisation.is_below(one, unit.id)])
        self.house.unit(msgspec.structs.replace(unit, parent=to, is_disabled=self.random.random() < 0.15))

    def rules(self) -> None:
        pair = (self.random.choice(self.units), self.random.choice(self.units))
        if self.random.random() < 0.5:
            self.house.evaluator.forbidden ^= {pair}
        else:
            self.house.evaluator.closed ^= {pair[0]}
        self.house.presence.of(1).rules_changed()

    def ties(self) -> None:
        viewer, target = self.random.sample(self.members, 2)
        ties = self.house.evaluator.contacts if self.random.random() < 0.5 else self.house.evaluator.directs
        ties ^= {(viewer, target)}
        self.house.presence.of(1).viewer_changed(viewer)


def live(seed: int, acts: int) -> World:
    """The world after its acts and quiet, or at the first quiet at which something is wrong."""
    world = World(seed)
    world.note()
    for number in range(acts):
        world.act()
        if number % 25 == 24:
            world.house.is_quiet()
            if world.leaks or world.house.mistaken():
                break
    return world


def take_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that everything happens between two of them; and few watchers are many."""
    for name in ("MEMBERS_A_STEP", "REFRESHES_A_STEP", "WATCHES_A_STEP", "WAITING_A_STEP"):
        monkeypatch.setattr(company_module, name, 2)
    monkeypatch.setattr("server.presence.asking.UNITS_AT_ONCE", 2)
    monkeypatch.setattr(company_module, "PICTURES_A_STEP", 1)
    monkeypatch.setattr(beats, "MANY_WATCHERS", 2)
    monkeypatch.setattr(turns, "SLICE", 2)
    monkeypatch.setattr(turns, "FRAMES_A_TURN", 3)
    monkeypatch.setattr("server.presence.people.WATCHES_A_STEP", 3)
    monkeypatch.setattr("server.presence.flush.FRAME_MEMBERS", 4)


@pytest.mark.parametrize("seed", range(20))
def test_after_quiet_everybody_sees_what_he_may_see_and_nothing_else(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_small_steps(monkeypatch)
    world = live(seed, 100)
    assert world.leaks == []
    assert world.house.mistaken() == []


@pytest.mark.parametrize("seed", range(1_000, 1_008))
def test_with_steps_as_large_as_they_are(seed: int) -> None:
    world = live(seed, 150)
    assert world.leaks == []
    assert world.house.mistaken() == []
