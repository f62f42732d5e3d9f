"""What a server that is right tells its devices: live events, which may come late, pages, and a note of all of it.

Who wishes what, who is cut off and what is committed is for ``clean_world``, which stands on this.
"""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from tests.faults.history import RECALLED, Covered, Event, Held, Marked, Message, Moved, Row, Shown, Told, Wished
from tests.support.clean_log import DEVICES, GROUPS, Stored

E = TypeVar("E", bound=Event)
STEP = 10  # between indexes: room for what a planted fault adds


@dataclass
class Device:
    name: str
    member: str
    epoch: int = 0  # counts connections, so that what belongs to an ended one is not delivered
    online: bool = False
    inbox: deque[Callable[[], None]] = field(default_factory=deque)
    outbox: list[tuple[Wished, int]] = field(default_factory=list)  # on the wire: wish, attempt
    open: list[Wished] = field(default_factory=list)  # wishes without a definite answer
    rows: dict[str, dict[int, Message]] = field(default_factory=lambda: defaultdict(dict))
    shown: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    inside: dict[str, bool] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    token: int = -1


class Telling:
    """The devices, the conversations that they hear of, and the events of the history so far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.next = 0
        self.events: list[Event] = []
        self.logs = {name: Stored(name) for name in GROUPS}
        self.devices = [Device(name, member) for name, member in DEVICES.items()]
        self.recent: dict[str, list[Callable[[Device], None]]] = defaultdict(list)

    def note(self, kind: type[E], device: Device, *values: Any, **more: Any) -> E:
        self.next += STEP
        event = kind(self.next, device.name, *values, **more)
        self.events.append(event)
        return event

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def hand_out(self, device: Device, log: Stored, head: int, change: int, reads: dict[str, int]) -> None:
        member, now_head, now, inside = device.member, log.head, log.change, log.inside(device.member)
        news = [m for m in log.messages[head:] if log.sees(member, m.seq)]
        changed = [m for m in log.visible(member) if m.change > change] if inside else []
        moves = [(s.member, s.from_seq, True) for s in log.stays if s.from_seq > head]
        moves += [(s.member, s.to_seq, False) for s in log.stays if s.to_seq and s.to_seq > head]
        marks = [(m, seq) for m, seq in log.reads.items() if seq > reads.get(m, 0) and (inside or m == member)]

        def live(to: Device) -> None:
            if news:
                self.fill(to, log, news[-1].seq, news)
                if to.shown[log.name] < news[-1].seq:  # hidden meanwhile: the event names it as skipped
                    self.note(Told, to, log.name, news[-1].seq)
            for who, seq, joined in moves:
                if log.sees(member, seq):
                    self.note(Moved, to, log.name, who, seq, joined)
            if any(who == member for who, _, _ in moves) or changed or (inside and now > change):
                self.learn(to, log, changed, now_head, now, inside)
            for who, seq in marks:
                self.mark(to, log, who, seq)

        if news or changed or marks or (inside and now > change):
            self.recent[member].append(live)
            if device.online:
                device.inbox.append(partial(live, device))

    def learn(self, device: Device, log: Stored, changed: list[Message], head: int, change: int, inside: bool) -> None:
        """A live range of changes; a joining tells the change too; a leaving makes the client ask once (LOG F3, F4, E5)."""
        fresh_join = inside and not device.inside.get(log.name)
        if inside or not log.inside(device.member):
            device.inside[log.name] = inside
        if inside:
            self.note(Told, device, log.name, head, change)
        rows = [m for m in log.visible(device.member) if m.change] if fresh_join or not inside else changed
        self.show_changes(device, log, rows)

    def show_changes(self, device: Device, log: Stored, rows: Iterable[Message]) -> None:
        for row in rows:
            held = device.rows[log.name].get(row.seq)
            if held and row.change > held.change:
                self.show(device, log, row, "change")

    def fill(self, device: Device, log: Stored, upto: int, live: Iterable[Message] = ()) -> None:
        """Messages as live events bring them, what is missing before them by a page; rows of a page are as they are now."""
        fresh = {m.seq: m for m in live}
        for message in log.visible(device.member):
            if device.shown[log.name] < message.seq <= upto:
                device.shown[log.name] = message.seq
                row = fresh.get(message.seq, message)
                held = device.rows[log.name].get(message.seq)
                self.show(device, log, held if held and held.change > row.change else row, "new")

    def show(self, device: Device, log: Stored, row: Message, how: str) -> None:
        device.rows[log.name][row.seq] = row
        body = RECALLED if row.recalled else row.bodies[-1]
        own = row.client_id if row.member == device.member and row.kind == "message" else ""
        self.note(Shown, device, log.name, how, row.seq, len(row.bodies), row.change, row.member, body, row.recalled, own)

    def mark(self, device: Device, log: Stored, member: str, seq: int) -> None:
        if member == device.member:
            seq = device.reads[log.name] = max(seq, device.reads[log.name])
        self.note(Marked, device, log.name, member, log.reads[member] if member != device.member else seq)

    def cover(self, device: Device, position: int) -> None:
        device.token = position
        self.note(Covered, device, position)

    def page(self, device: Device, log: Stored) -> Callable[[], None]:
        member, inside, end = device.member, log.inside(device.member), log.end(device.member)
        change, seen, unread = log.change if inside else 0, log.reads[member], log.unread(member)

        def heads() -> None:
            device.inside[log.name] = inside
            device.reads[log.name] = max(seen, device.reads[log.name])
            self.note(Told, device, log.name, end, change, seen, unread, ended=not inside)
            self.fill(device, log, end)
            self.show_changes(device, log, log.visible(member))

        return heads

    def page_back(self, device: Device) -> None:
        log = self.logs[self.random.choice(list(GROUPS))]
        for message in reversed(log.visible(device.member)[-4:]):
            if device.shown[log.name] >= message.seq and message.change >= device.rows[log.name][message.seq].change:
                self.show(device, log, message, "history")

    def held(self, device: Device, log: Stored) -> Held:
        member, seen = device.member, {m.seq for m in log.visible(device.member)}
        rows = [as_held(m) for seq, m in sorted(device.rows[log.name].items()) if seq in seen]
        change = log.change if log.inside(member) else 0
        return Held(log.name, device.inside[log.name], log.end(member), change, device.reads[log.name], log.unread(member), tuple(rows))


def as_held(m: Message) -> Row:
    return Row(m.seq, len(m.bodies), m.change, m.bodies[-1], m.recalled, m.reactions)
