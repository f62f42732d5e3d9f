"""Random histories: devices that send, edit, recall and hide while connections are cut anywhere; in the end each has what it may see.

The same histories with a planted bug in the SDK must be found out: a check that finds no planted bug proves nothing.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.sdk_peer import ANNA, BEN, CARL, CONVERSATIONS, Close, Line, Peer
from yizhan import events
from yizhan._protocol import commands
from yizhan._protocol import events as wire
from yizhan._protocol.codec import JSON, MESSAGEPACK, Codec
from yizhan.base import Phase
from yizhan.conversations import Conversations, Policy
from yizhan.core import Core, Step
from yizhan.entry import Login
from yizhan.messages import Message
from yizhan.outbox import Outbox, Wish
from yizhan.state import from_bytes, to_bytes
from yizhan.view import View
from yizhan.wishes import Name

Action = tuple[int, int]


class Bad(AssertionError):
    """A promise is broken."""


class Device:
    """A core with its connection, and an application that believes the events alone."""

    def __init__(self, peer: Peer, number: int, member: str, codec: Codec) -> None:
        self.peer, self.number, self.member, self.codec = peer, number, member, codec
        self.line: Line | None = None
        self.now = self.ids = 0
        self.rows: dict[str, dict[int, Message]] = {}
        self.sends: list[tuple[str, str]] = []  # (conversation, id) in the order of wishing
        self.outcomes: dict[str, object] = {}
        self.core = self._core(None)

    def _core(self, state: bytes | None) -> Core:
        login = Login(device=commands.Device(id="device-00", device_class="desktop"), token=self.member)
        stored = None if state is None else from_bytes(state)
        policy = Policy(fetch="all", keep=3)
        return Core(login, new_id=self._new_id, jitter=lambda: 0.5, codec=self.codec, policy=policy, state=stored)

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.number:016x}{self.ids:016x}"

    # ---- the world

    def connect(self) -> None:
        if self.line is None:
            self.line = self.peer.connect(self.codec)
            self.do(self.core.connected(self._time(self.core.reconnect_at)))

    def cut(self, code: int = 1006, *, stored: int = 0, ghosts: int = 0) -> None:
        if self.line is not None:
            line, self.line = self.line, None
            self.peer.cut(line, stored=stored, ghosts=ghosts)
            self.do(self.core.disconnected(self._time(), code))

    def deliver(self) -> bool:
        if self.line is None or not self.line.to_device:
            return False
        frame = self.line.to_device.popleft()
        if isinstance(frame, Close):
            self.cut(frame.code)
        elif (decoded := self.codec.decode_frame(frame)) is not None:
            self.do(self.core.received(decoded, self._time()))
        return True

    def tick(self) -> bool:
        due = self.core.next_tick
        if due is None:
            return False
        self.do(self.core.tick(self._time(due)))
        return True

    def restart(self) -> None:
        """The program ends and comes back with what it stored."""
        stored = to_bytes(self.core.state())
        self.cut()
        self.core = self._core(stored)

    def _time(self, at: int | None = 0) -> int:
        self.now = max(self.now + 10, at or 0)
        return self.now

    def do(self, step: Step) -> None:
        for event in step.events:
            self.see(event)
        for wish, outcome in step.outcomes:
            self.outcomes[wish.key] = outcome
        if self.line is not None:
            self.line.to_server.extend(self.codec.encode(command) for command in step.commands)
            if step.close:
                self.cut()

    # ---- the application

    def see(self, event: events.Event) -> None:
        if isinstance(event, events.SnapshotStarted):
            self.rows.clear()
        elif isinstance(event, events.MessageReceived):
            self._receive(event.message)
        elif isinstance(event, events.MessageHidden):
            self.rows.get(event.conversation, {}).pop(event.seq, None)
        elif isinstance(message := getattr(event, "message", None), Message):
            held = self.rows[message.conversation].get(message.seq)
            if held is not None and message.change < held.change:
                raise Bad(f"device {self.number}: {message.seq} goes back from change {held.change} to {message.change}")
            if held is not None:
                self.rows[message.conversation][message.seq] = message

    def _receive(self, message: Message) -> None:
        rows = self.rows.setdefault(message.conversation, {})
        if rows and message.seq <= max(rows):
            raise Bad(f"device {self.number}: shown {message.seq} after {max(rows)}")
        room = self.peer.rooms[message.conversation]
        missing = [row.seq for row in room.may_see(self.member) if row.seq < message.seq and row.seq not in rows]
        if missing:
            raise Bad(f"device {self.number}: shown {message.seq} before {missing}")
        if not room.holds(self.member, message.seq):
            raise Bad(f"device {self.number}: shown {message.seq} from outside its stays")
        rows[message.seq] = message

    def wish(self, number: int) -> None:
        conversation = CONVERSATIONS[number % 5 == 0]
        rows = [row for row in self.rows.get(conversation, {}).values() if not row.recalled]
        what = number // 5 % 10
        mine = [row for row in rows if row.sender == self.member and row.id]
        picked = (mine if what in (6, 7) else rows)[-(number // 50 % 4) - 1 :][:1]
        if what < 5:
            self.sends.append((conversation, self.core.send(conversation, f"{self.number}/{number}").key))
        elif not picked:
            return
        else:
            name = Name(conversation, picked[0].seq)
            if what == 5:
                self.sends.append((conversation, self.core.forward(conversation, name).key))
            elif what == 6:
                self.core.edit(name, f"new {number}", version=picked[0].version)
            elif what == 7:
                self.core.recall(name)
            elif what == 8:
                self.core.react(name, "♥")
            else:
                self.core.delete_for_me(name)
        self.do(self.core.take())


class World:
    def __init__(self) -> None:
        self.peer = Peer()
        people = ((ANNA, MESSAGEPACK), (ANNA, JSON), (BEN, MESSAGEPACK), (CARL, JSON))
        self.devices = [Device(self.peer, number, member, codec) for number, (member, codec) in enumerate(people)]

    def act(self, action: Action) -> None:
        what, number = action
        device = self.devices[number % 4]
        number //= 4
        ACTIONS[what % len(ACTIONS)](self, device, number)

    # ---- what may happen

    def connect(self, device: Device, number: int) -> None:
        """Connect; most come in undisturbed, for else little else would happen."""
        device.connect()
        while number % 4 and device.line is not None and (device.line.to_server or device.line.to_device):
            self.take(device, 3)
            device.deliver()

    def wish(self, device: Device, number: int) -> None:
        device.wish(number)

    def deliver(self, device: Device, number: int) -> None:
        for _ in range(number % 4 + 1):
            device.deliver()

    def take(self, device: Device, number: int) -> None:
        for _ in range(number % 4 + 1):
            if device.line is not None and device.line.to_server:
                self.peer.take(device.line)

    def arrive(self, device: Device, number: int) -> None:
        if device.line is not None and device.line.slow:
            self.peer.arrive(device.line)

    def write(self, device: Device, number: int) -> None:
        self.peer.write_all()

    def apply(self, device: Device, number: int) -> None:
        for _ in range(number % 3 + 1):
            if self.peer.applied < len(self.peer.feed):
                self.peer.apply()

    def token(self, device: Device, number: int) -> None:
        self.peer.token()

    def cut(self, device: Device, number: int) -> None:
        device.cut(stored=number % 3, ghosts=number // 3 % 2)

    def restart(self, device: Device, number: int) -> None:
        device.restart()

    def unknown(self, device: Device, number: int) -> None:
        if device.line is not None:
            self.peer.unknown(device.line, stored=bool(number % 2))

    def ghost(self, device: Device, number: int) -> None:
        if self.peer.ghosts:
            self.peer.write([self.peer.ghosts.pop(0)], answered=False)

    def membership(self, device: Device, number: int) -> None:
        room = self.peer.rooms[CONVERSATIONS[number % 4 == 0]]
        member = (CARL, CARL, BEN)[number // 4 % 3]
        self.peer.commit(room, lambda room: (self.peer.leave if room.is_in(member) else self.peer.join)(room, member))

    def mute(self, device: Device, number: int) -> None:
        self.peer.rooms[CONVERSATIONS[0]].muted ^= {device.member}

    def epoch(self, device: Device, number: int) -> None:
        """As after a restored backup (LOG E4): all connections are gone, no token is worth anything."""
        if number % 8 == 0:
            self.peer.epoch += 1
            for each in self.devices:
                each.cut()

    # ---- rest

    def rest(self) -> None:
        """Everything that is on its way arrives, time passes, and nothing is cut any more."""
        for room in self.peer.rooms.values():
            room.muted.clear()
        for _ in range(3_000):
            if not self._moves():
                return
        raise Bad("does not come to rest: a run that never closes")

    def _moves(self) -> bool:
        moved = False
        while self.peer.ghosts:
            self.ghost(self.devices[0], 0)
        if self.peer.inbox:
            self.peer.write_all()
            moved = True
        while self.peer.applied < len(self.peer.feed):
            self.peer.apply()
            moved = True
        for device in self.devices:
            moved |= device.line is None
            device.connect()
            while device.line is not None and device.line.to_server:
                self.peer.take(device.line)
                moved = True
            while device.line is not None and device.line.slow:
                self.peer.arrive(device.line)
                moved = True
            while device.deliver():
                moved = True
            moved |= device.tick()
        return moved

    def check(self) -> None:
        for room in self.peer.rooms.values():
            ids = [row.id for row in room.rows if row.id]
            if len(ids) != len(set(ids)):
                raise Bad(f"stored twice: {ids}")
        for device in self.devices:
            self._check_wishes(device)
            for name in CONVERSATIONS:
                self._check_rows(device, name)

    def _check_wishes(self, device: Device) -> None:
        if device.core.outbox.writes:
            raise Bad(f"device {device.number}: wishes without an answer {list(device.core.outbox.writes)}")
        for name, room in self.peer.rooms.items():
            seqs = []
            for conversation, id in device.sends:
                outcome = device.outcomes.get(id)
                if outcome is None:
                    raise Bad(f"device {device.number}: nobody heard what became of {id}")
                seq = room.ids.get((device.member, id))
                if conversation != name:
                    continue
                if isinstance(outcome, wire.Sent) and outcome.seq != seq:
                    raise Bad(f"device {device.number}: {id} was answered with {outcome.seq}, stored is {seq}")
                if seq and id not in self.peer.refused:
                    seqs.append(seq)
            if seqs != sorted(seqs):
                raise Bad(f"device {device.number}: order of sending {seqs}")

    def _check_rows(self, device: Device, name: str) -> None:
        room = self.peer.rooms[name]
        rows = device.rows.get(name, {})
        may = room.may_see(device.member)
        if list(rows) != [row.seq for row in may]:
            raise Bad(f"device {device.number} has {list(rows)} of {name}, may see {[row.seq for row in may]}")
        for row in may:
            held = rows[row.seq]
            now = (row.change, row.version, row.recalled, row.hearts)
            has = (held.change, held.version, held.recalled, held.reactions.get("♥", ()))
            if held.change < room.due.get((device.member, row.seq), 0) or (room.is_in(device.member) and now != has):
                raise Bad(f"device {device.number}: {name}/{row.seq} is {has}, the log has {now}")


ACTIONS: list[Callable[[World, Device, int], None]] = [
    *[World.wish] * 5,
    *[World.deliver] * 7,
    *[World.take] * 6,
    *[World.arrive] * 3,
    *[World.write] * 3,
    *[World.apply] * 4,
    *[World.connect] * 5,
    World.token,
    World.cut,
    World.restart,
    World.unknown,
    World.ghost,
    *[World.membership] * 2,
    World.mute,
    World.epoch,
]


def play(actions: list[Action]) -> World:
    """All devices have come to rest, twice. Raises: Bad."""
    world = World()
    for device in world.devices:
        world.connect(device, 1)
    for action in actions:
        world.act(action)
    world.rest()
    world.check()
    for device in world.devices:  # once more, by the tokens they hold
        device.cut()
    world.rest()
    world.check()
    return world


actions = st.lists(st.tuples(st.integers(0, len(ACTIONS) - 1), st.integers(0, 4_000)), max_size=250)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(actions)
def test_in_the_end_every_device_has_what_it_may_see(actions: list[Action]) -> None:
    world = play(actions)
    assert [device.core.phase for device in world.devices] == [Phase.LIVE] * 4


def history(seed: int) -> list[Action]:
    draw = random.Random(seed)
    return [(draw.randrange(len(ACTIONS)), draw.randrange(4_000)) for _ in range(draw.choice((100, 300, 700)))]


def test_long_histories() -> None:
    worlds = [play(history(seed)) for seed in range(120)]
    assert {device.core.phase for world in worlds for device in world.devices} == {Phase.LIVE}
    assert sum(len(room.rows) for world in worlds for room in world.peer.rooms.values()) > 2_000  # they are not empty


# ---- planted bugs


def ack_moves_the_cursor(self: View, message: Message) -> list[events.Event]:
    shown = View.take_messages(self, message.seq - 1, message.seq, (message,))
    self.run.add(1, message.seq)
    return shown


def older_page_wins(self: View, after: int, up_to: int, messages: tuple[Message, ...]) -> list[events.Event]:
    shown: list[events.Event] = []
    for message in messages:
        held = self.rows.get(message.seq)
        if held is not None and message.change != held.change:
            self.rows[message.seq] = message
            shown.append(events.MessageEdited(message))
        elif held is None and message.seq not in self.run:
            self.waiting[message.seq] = message
        elif held is None:
            shown.append(events.MessageEdited(message))
    self.tell(change=up_to)
    self.changes.add(after + 1, up_to)
    return shown


def only_numbers_that_came(self: View, after: int, up_to: int, messages: tuple[Message, ...]) -> list[events.Event]:
    shown = TAKE_CHANGES(self, up_to, up_to, messages)
    self.tell(change=up_to)
    for message in messages:
        self.changes.add(message.change, message.change)
    return shown


def skipped_stays_open(self: View, after: int, up_to: int, messages: tuple[Message, ...]) -> list[events.Event]:
    shown: list[events.Event] = []
    self.tell(seq=up_to)
    for message in messages:
        shown += TAKE_MESSAGES(self, message.seq - 1, message.seq, (message,))
    return shown


def leaves_without_a_question(self: View, seq: int) -> None:
    self.tell(seq=seq)
    self._endings += 1
    self.ended = True


def shows_above_holes(self: View) -> list[events.Event]:
    shown: list[events.Event] = []
    for seq in sorted(self.waiting):
        self.rows[seq] = message = self.waiting.pop(seq)
        self.run.add(seq, seq)
        shown.append(events.MessageReceived(message))
    return shown


def keeps_cursors(self: Conversations) -> None:
    pass


def forgets_what_was_under_way(self: Outbox) -> list[Wish]:
    lost = [wish for wish in self.writes.values() if wish.is_under_way]
    for wish in lost:
        self.remove(wish)
    return lost


def resends_newest_first(self: Outbox) -> list[Wish]:
    CUT(self)
    self.writes = dict(reversed(self.writes.items()))
    return []


def resends_under_new_ids(self: Outbox) -> list[Wish]:
    CUT(self)
    for key, wish in list(self.writes.items()):
        if isinstance(wish.command, commands.Send) and wish.attempts:
            del self.writes[key]
            wish.key = "f" + key[1:]
            wish.command = commands.Send(
                request=0,
                id=wish.key,
                conversation=wish.command.conversation,
                body=wish.command.body,
                forward=wish.command.forward,
            )
            self.writes[wish.key] = wish
    return []


def believes_no_heads(self: View, *, seq: int = 0, change: int = 0, hidden: int = 0) -> None:
    self.told = max(self.told, self.run.run)


TAKE_CHANGES, TAKE_MESSAGES, CUT = View.take_changes, View.take_messages, Outbox.cut
PLANTED: list[tuple[Any, str, Any]] = [
    (View, "take_own", ack_moves_the_cursor),
    (View, "take_changes", older_page_wins),
    (View, "take_changes", only_numbers_that_came),
    (View, "take_messages", skipped_stays_open),
    (View, "leave", leaves_without_a_question),
    (View, "_advance", shows_above_holes),
    (View, "tell", believes_no_heads),
    (Conversations, "drop", keeps_cursors),
    (Outbox, "cut", forgets_what_was_under_way),
    (Outbox, "cut", resends_newest_first),
    (Outbox, "cut", resends_under_new_ids),
]


@pytest.mark.parametrize(("owner", "name", "bug"), PLANTED, ids=[bug.__name__ for _, _, bug in PLANTED])
def test_a_planted_bug_is_found(owner: Any, name: str, bug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, name, bug)
    assert any(breaks(history(seed)) for seed in range(400)), "no history shows it"


def breaks(actions: list[Action]) -> bool:
    try:
        play(actions)
    except Bad:
        return True
    return False
