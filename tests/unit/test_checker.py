"""The history checker's own proof: clean random histories give no anomaly, and each planted fault is found by its name.

``World`` is a small server with devices that is right by construction, and has what makes judging hard: kills with
unknown outcomes, resends that find what an earlier attempt stored, attempts that lie elsewhere and are stored late,
one id from two devices, people who leave, come back and leave, late live events, devices that begin anew.
"""

import io
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
import pytest

from tests.faults.checker import CHECKS, LIMIT, check
from tests.faults.history import (
    RECALLED,
    Answered,
    Connected,
    Conversation,
    Covered,
    Database,
    Event,
    FeedRow,
    Held,
    History,
    Mark,
    Marked,
    Message,
    Moved,
    NoDatabase,
    Recorder,
    Row,
    Settled,
    Shown,
    Started,
    Stay,
    Step,
    Told,
    Tried,
    Wished,
    read,
)

E = TypeVar("E", bound=Event)
T = TypeVar("T")
EAST, NORTH = "east", "north"
COMPANIES = {"li": EAST, "wang": EAST, "zhao": EAST, "anna": NORTH, "ben": NORTH}
GROUPS = {"plan": (EAST,), "sales": (NORTH,), "fair": (EAST, NORTH), "direct": (EAST, NORTH)}
DEVICES = {"li-pc": "li", "li-phone": "li", "wang-pc": "wang", "zhao-pc": "zhao", "zhao-phone": "zhao", "anna-pc": "anna", "ben-pc": "ben"}
CLEAN, ENOUGH = 50, 6  # histories, and how many of them each fault must be found in
STEP = 10  # between indexes: room for what a planted fault adds


# ---- a server that is right


@dataclass
class Stored:
    """A conversation's rows, as the server has them."""

    name: str
    messages: list[Message] = field(default_factory=list)
    change: int = 0
    stays: list[Stay] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    silenced: set[str] = field(default_factory=set)
    hidden: set[tuple[str, int]] = field(default_factory=set)

    @property
    def head(self) -> int:
        return len(self.messages)

    def stays_of(self, member: str) -> list[Stay]:
        return [stay for stay in self.stays if stay.member == member]

    def inside(self, member: str) -> bool:
        return any(stay.to_seq is None for stay in self.stays_of(member))

    def sees(self, member: str, seq: int) -> bool:
        return any(stay.from_seq <= seq <= (stay.to_seq or seq) for stay in self.stays_of(member))

    def visible(self, member: str) -> list[Message]:
        return [m for m in self.messages if self.sees(member, m.seq) and (member, m.seq) not in self.hidden]

    def end(self, member: str) -> int:
        return self.stays_of(member)[-1].to_seq or self.head

    def number(self, seq: int) -> int:
        return sum(m.counts for m in self.messages[:seq])

    def unread(self, member: str) -> int:
        return self.number(self.end(member)) - self.number(self.reads[member])

    def look(self, member: str, seq: int) -> None:
        self.reads[member] = max(self.reads[member], min(seq, self.end(member)))

    def append(self, message: Message) -> int:
        """Own sending raises the mark only from right before it (LOG H2)."""
        caught_up = self.inside(message.member) and self.number(self.reads[message.member]) == self.number(self.head)
        self.messages.append(msgspec.structs.replace(message, seq=self.head + 1))
        if caught_up and message.kind == "message":
            self.reads[message.member] = self.head
        return self.head

    def alter(self, seq: int, **values: Any) -> int:
        self.change += 1
        self.messages[seq - 1] = msgspec.structs.replace(self.messages[seq - 1], change=self.change, **values)
        return self.change

    def join(self, member: str) -> int:
        seq = self.append(Message(0, member, f"joined {self.head}", ("joined",), kind="system", counts=False))
        self.stays.append(Stay(member, seq))
        self.reads[member] = seq - 1
        return seq

    def leave(self, member: str) -> int:
        seq = self.append(Message(0, member, f"left {self.head}", ("left",), kind="system", counts=False))
        self.stays = [msgspec.structs.replace(s, to_seq=seq) if s.member == member and s.to_seq is None else s for s in self.stays]
        return seq


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


class World:
    def __init__(self, seed: int, steps: int = 700) -> None:
        self.random = random.Random(seed)
        self.next = 0
        self.events: list[Event] = []
        self.logs = {name: Stored(name) for name in GROUPS}
        self.feed: list[FeedRow] = []
        self.devices = [Device(name, member) for name, member in DEVICES.items()]
        self.elsewhere: list[list[tuple[Device, Wished]]] = []  # taken by a gateway that is gone, in a transaction that may still commit
        self.recent: dict[str, list[Callable[[Device], None]]] = defaultdict(list)
        self.ids = 0
        for device in self.devices:
            self.note(Started, device, device.member, COMPANIES[device.member])
        self.logs["direct"].stays += [Stay("li", 1), Stay("anna", 1)]
        self.logs["direct"].reads.update(li=0, anna=0)
        for name in ("plan", "sales", "fair"):
            for member, company in COMPANIES.items():
                if company in GROUPS[name] and member != "zhao":
                    self.act(name, Stored.join, member)
        for _ in range(steps):
            self.random.choices([self.run_device, self.serve, self.administer, self.kill, self.late_commit], [60, 30, 3, 1, 1])[0]()
        self.settle()

    def note(self, kind: type[E], device: Device, *values: Any, **more: Any) -> E:
        self.next += STEP
        event = kind(self.next, device.name, *values, **more)
        self.events.append(event)
        return event

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # -- transactions and the hand-out

    def commit(self, work: Callable[[], T], names: Iterable[str] = tuple(GROUPS)) -> T:
        """One unit of work: its feed row, then what it brings to the connections of those who may see it."""
        before = {n: (self.logs[n].head, self.logs[n].change, dict(self.logs[n].reads)) for n in names}
        result = work()
        steps = [Step(n, h, self.logs[n].head, c, self.logs[n].change) for n, (h, c, _) in before.items()]
        steps = [s for s in steps if (s.seq_before, s.change_before) != (s.seq, s.change)]
        moved_marks = any(self.logs[n].reads != reads for n, (_, _, reads) in before.items())
        if steps or moved_marks:
            self.feed.append(FeedRow(len(self.feed), tuple(steps), f"batch {len(self.feed)}"))
        news = {n: old for n, old in before.items() if old[:3] != (self.logs[n].head, self.logs[n].change, self.logs[n].reads)}
        for device in self.devices:
            for name, (head, change, reads) in news.items():
                self.hand_out(device, self.logs[name], head, change, reads)
            if device.online and self.chance(0.2):
                device.inbox.append(partial(self.cover, device, len(self.feed) - 1))
        return result

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

    # -- connections

    def connect(self, device: Device) -> None:
        fresh = device.epoch == 0 or self.chance(0.1)
        device.online, device.epoch = True, device.epoch + 1
        if fresh:
            device.rows.clear()
            device.shown.clear()
            device.token = -1
        self.note(Connected, device, fresh)
        for log in self.logs.values():
            if log.stays_of(device.member):
                device.inbox.append(self.page(device, log))
        device.inbox.append(partial(self.cover, device, len(self.feed) - 1))
        for late in self.recent[device.member][-3:] if self.chance(0.5) else ():  # the node had not applied these
            device.inbox.append(partial(late, device))
        if self.chance(0.3):
            device.inbox.append(partial(self.cover, device, self.random.randrange(len(self.feed))))
        for wish in device.open:
            self.attempt(device, wish)

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

    def cut(self, device: Device, *, stored_late: bool = False) -> None:
        """What was taken from a connection is dropped, or lies in one transaction that may commit later (LOG A7)."""
        taken = device.outbox[: self.random.randint(1, 3)]
        if stored_late and taken:
            self.elsewhere.append([(device, wish) for wish, _ in taken])
        device.online = False
        device.inbox.clear()
        device.outbox.clear()

    def kill(self) -> None:
        for device in self.random.sample(self.devices, 3):
            self.cut(device, stored_late=self.chance(0.6))

    def late_commit(self) -> None:
        if self.elsewhere:
            group = self.elsewhere.pop(self.random.randrange(len(self.elsewhere)))
            self.commit(lambda: [self.decide(device.member, wish) for device, wish in group])

    # -- wishes

    def run_device(self) -> None:
        device = self.random.choice(self.devices)
        if not device.online:
            self.connect(device)
        elif device.inbox and self.chance(0.8):
            for _ in range(self.random.randint(1, len(device.inbox))):
                device.inbox.popleft()()
        elif self.chance(0.04):
            self.cut(device)
        elif self.chance(0.08):
            self.page_back(device)
        else:
            self.wish(device)

    def page_back(self, device: Device) -> None:
        log = self.logs[self.random.choice(list(GROUPS))]
        for message in reversed(log.visible(device.member)[-4:]):
            if device.shown[log.name] >= message.seq and message.change >= device.rows[log.name][message.seq].change:
                self.show(device, log, message, "history")

    def wish(self, device: Device) -> None:
        names = [name for name in GROUPS if device.shown[name] or self.logs[name].inside(device.member)]
        if not names:
            return
        name = self.random.choice(names)
        kind = self.random.choices(["send", "again", "edit", "recall", "react", "read", "hide"], [50, 4, 12, 6, 14, 14, 3])[0]
        rows = [m for m in device.rows[name].values() if m.kind == "message" and (kind == "react" or m.member == device.member)]
        self.ids += 1
        made: dict[str, Any] = {}
        if kind == "send":
            made = {"client_id": f"id{self.ids}", "body": f"h{self.ids}"}
        elif kind == "again" and rows:  # the same id from another device, or with other content
            row = self.random.choice(rows)
            kind, made = "send", {"client_id": row.client_id, "body": self.random.choice([row.bodies[0], f"h{self.ids}"])}
        elif kind == "edit" and rows:
            row = self.random.choice(rows)
            made = {"seq": row.seq, "version": len(row.bodies), "body": f"h{self.ids}"}
        elif kind in ("recall", "react") and rows:
            row = self.random.choice(rows[-6:])
            made = {"seq": row.seq} | ({"reaction": "ok", "on": self.chance(0.7)} if kind == "react" else {})
        elif kind == "read" and device.shown[name]:
            made = {"seq": device.shown[name]}
        elif kind == "hide" and device.rows[name]:
            self.logs[name].hidden.add((device.member, self.random.choice(list(device.rows[name]))))
            return
        if made:
            wish = self.note(Wished, device, kind, name, **made)
            device.open.append(wish)
            self.attempt(device, wish)

    def attempt(self, device: Device, wish: Wished) -> None:
        device.outbox.append((wish, self.note(Tried, device, wish.index).index))

    def serve(self) -> None:
        """The writer's batch: what some connections have sent, in their order."""
        taken: list[tuple[Device, Wished, int]] = []
        for device in self.random.sample(self.devices, 2):
            for _ in range(min(len(device.outbox), self.random.randint(1, 4))):
                taken.append((device, *device.outbox.pop(0)))
        answers = self.commit(lambda: [self.decide(device.member, wish) for device, wish, _ in taken])
        for (device, wish, attempt), answer in zip(taken, answers, strict=True):
            device.inbox.append(self.answer(device, wish, attempt, answer))

    def answer(self, device: Device, wish: Wished, attempt: int, answer: dict[str, Any]) -> Callable[[], None]:
        def arrives() -> None:
            self.note(Answered, device, wish.index, attempt, **answer)
            if wish in device.open:
                device.open.remove(wish)
            if answer["outcome"] == "refused" and wish.kind == "send" and self.chance(0.3):  # 'try again' keeps the id
                device.open.append(wish)
                self.attempt(device, wish)

        return arrives

    def decide(self, member: str, wish: Wished) -> dict[str, Any]:
        log = self.logs[wish.conversation]
        may = log.inside(member) and member not in log.muted
        if wish.kind == "read":
            log.look(member, wish.seq)
            return {"outcome": "ok"}
        return getattr(self, f"decide_{wish.kind}")(log, member, wish, may)  # type: ignore[no-any-return]

    def decide_send(self, log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
        found = next((m for m in log.messages if (m.member, m.client_id) == (member, wish.client_id)), None)
        if found:
            same = found.bodies[0] == wish.body
            return {"outcome": "ok", "seq": found.seq} if same else {"outcome": "refused", "code": "message.conflict"}
        if not may:
            return {"outcome": "refused", "code": "message.muted"}
        return {"outcome": "ok", "seq": log.append(Message(0, member, wish.client_id, (wish.body,)))}

    def decide_edit(self, log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
        row = log.messages[wish.seq - 1]
        if row.bodies[wish.version : wish.version + 1] == (wish.body,):
            return {"outcome": "ok", "version": wish.version + 1}
        if not may or row.recalled:
            return {"outcome": "refused", "code": "message.recalled"}
        if len(row.bodies) != wish.version:
            return {"outcome": "refused", "code": "message.conflict"}
        return {"outcome": "ok", "version": wish.version + 1, "change": log.alter(wish.seq, bodies=(*row.bodies, wish.body))}

    def decide_recall(self, log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
        row = log.messages[wish.seq - 1]
        if row.recalled:
            return {"outcome": "ok", "change": row.change}
        if not may:
            return {"outcome": "refused", "code": "message.muted"}
        return {"outcome": "ok", "change": log.alter(wish.seq, bodies=(*row.bodies, RECALLED), recalled=True)}

    def decide_react(self, log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
        row, mine = log.messages[wish.seq - 1], (member, wish.reaction)
        if (mine in row.reactions) == wish.on:
            return {"outcome": "ok"}
        if not may or row.recalled:
            return {"outcome": "refused", "code": "message.muted"}
        rest = tuple(r for r in row.reactions if r != mine)
        return {"outcome": "ok", "change": log.alter(wish.seq, reactions=tuple(sorted((*rest, mine))) if wish.on else rest)}

    # -- people come and go

    def act(self, name: str, what: Callable[[Stored, str], Any], member: str) -> None:
        self.commit(lambda: what(self.logs[name], member), [name])

    def administer(self) -> None:
        name = self.random.choice(["plan", "sales", "fair"])
        member = self.random.choice([m for m, company in COMPANIES.items() if company in GROUPS[name]])
        log = self.logs[name]
        if log.muted or self.chance(0.3):
            log.muted = set() if log.muted else {member}
            log.silenced |= log.muted
        else:
            self.act(name, Stored.leave if log.inside(member) else Stored.join, member)

    # -- the end

    def settle(self) -> None:
        while self.elsewhere:
            self.late_commit()
        for device in self.devices:
            self.cut(device)
        while any(not d.online or d.inbox or d.outbox or d.open for d in self.devices):
            for device in self.devices:
                if not device.online:
                    self.connect(device)
                while device.inbox:
                    device.inbox.popleft()()
            while any(d.outbox for d in self.devices):
                self.serve()
        for device in self.devices:
            self.note(Settled, device, tuple(self.held(device, log) for log in self.logs.values() if log.stays_of(device.member)))

    def held(self, device: Device, log: Stored) -> Held:
        member, seen = device.member, {m.seq for m in log.visible(device.member)}
        rows = [as_held(m) for seq, m in sorted(device.rows[log.name].items()) if seq in seen]
        change = log.change if log.inside(member) else 0
        return Held(log.name, device.inside[log.name], log.end(member), change, device.reads[log.name], log.unread(member), tuple(rows))

    def history(self) -> History:
        conversations = [
            Conversation(
                log.name,
                GROUPS[log.name],
                log.head,
                log.change,
                tuple(log.messages),
                tuple(log.stays),
                tuple(Mark(m, log.reads[m], log.unread(m)) for m in log.reads),
                tuple(sorted(log.hidden)),
                tuple(sorted(log.silenced)),
            )
            for log in self.logs.values()
        ]
        return History(self.events, Database(COMPANIES, tuple(conversations), tuple(self.feed)))


def as_held(m: Message) -> Row:
    return Row(m.seq, len(m.bodies), m.change, m.bodies[-1], m.recalled, m.reactions)


# ---- faults to plant


class NoVictim(Exception):
    """This history has nothing that the fault could befall; the next seed is taken."""


class Draft:
    """A clean history, open to changes."""

    def __init__(self, history: History, seed: int) -> None:
        self.random = random.Random(seed)
        self.events = list(history.events)
        self.companies = dict(history.database.companies)
        self.feed = list(history.database.feed)
        self.conversations = {row.conversation: row for row in history.database.conversations}
        self.member = {event.device: event.member for event in self.all(Started)}
        self.wishes = {event.index: event for event in self.all(Wished)}
        self.tried = {event.index: event for event in self.all(Tried)}

    def history(self) -> History:
        return History(self.events, Database(self.companies, tuple(self.conversations.values()), tuple(self.feed)))

    def all(self, kind: type[E], where: Callable[[E], bool] = lambda _: True) -> list[E]:
        return [event for event in self.events if isinstance(event, kind) and where(event)]

    def pick(self, choices: Iterable[T]) -> T:
        victims = list(choices)
        if not victims:
            raise NoVictim
        return self.random.choice(victims)

    def one(self, kind: type[E], where: Callable[[E], bool] = lambda _: True) -> E:
        return self.pick(self.all(kind, where))

    def put(self, old: Event, *new: Event) -> None:
        at = next(i for i, event in enumerate(self.events) if event is old)
        self.events[at : at + 1] = new

    def alter(self, event: Event, **values: Any) -> None:
        self.put(event, msgspec.structs.replace(event, **values))

    def after(self, event: Event, **values: Any) -> None:
        """The event comes once more, a little changed."""
        self.put(event, event, msgspec.structs.replace(event, index=event.index + 1, **values))

    def row(self, conversation: str, seq: int) -> Message:
        return self.conversations[conversation].messages[seq - 1]

    def rows(self, where: Callable[[Message], bool] = lambda _: True) -> list[tuple[str, Message]]:
        return [(name, m) for name, row in self.conversations.items() for m in row.messages if m.kind == "message" and where(m)]

    def table(self, conversation: str, **values: Any) -> None:
        self.conversations[conversation] = msgspec.structs.replace(self.conversations[conversation], **values)

    def store(self, conversation: str, seq: int, /, **values: Any) -> None:
        messages = self.conversations[conversation].messages
        self.table(conversation, messages=tuple(msgspec.structs.replace(m, **values) if m.seq == seq else m for m in messages))

    def append(self, conversation: str, message: Message) -> None:
        row = self.conversations[conversation]
        self.table(conversation, head=row.head + 1, messages=(*row.messages, msgspec.structs.replace(message, seq=row.head + 1)))

    def stays(self, member: str, conversation: str) -> list[Stay]:
        return [stay for stay in self.conversations[conversation].stays if stay.member == member]

    def inside(self, member: str, conversation: str) -> bool:
        return any(stay.to_seq is None for stay in self.stays(member, conversation))

    def sees(self, member: str, conversation: str, seq: int) -> bool:
        return any(stay.from_seq <= seq <= (stay.to_seq or seq) for stay in self.stays(member, conversation))

    def leave_early(self, member: str, conversation: str, seq: int) -> None:
        """The member's stays as if he had left for good with ``seq``."""
        kept = [s for s in self.conversations[conversation].stays if s.member != member or s.from_seq <= seq]
        cut = [msgspec.structs.replace(s, to_seq=seq) if s.member == member and (s.to_seq or seq) >= seq else s for s in kept]
        self.table(conversation, stays=tuple(cut))

    def answered(self, kind: str, outcome: str = "ok", *, alone: bool = False) -> tuple[Wished, Answered]:
        """A wish with such an answer; alone: nobody else wished it, and it was tried once."""

        def fits(answer: Answered) -> bool:
            wish = self.wishes[answer.wish]
            return (wish.kind, answer.outcome) == (kind, outcome) and (not alone or self.is_alone(wish))

        answer = self.one(Answered, fits)
        return self.wishes[answer.wish], answer

    def is_alone(self, wish: Wished) -> bool:
        def content(other: Wished) -> tuple[object, ...]:
            return other.kind, other.conversation, other.client_id, other.seq, other.reaction

        same = [w for w in self.wishes.values() if content(w) == content(wish)]
        return len(same) == 1 and sum(tried.wish == wish.index for tried in self.tried.values()) == 1

    def held(self, where: Callable[[str, Held], bool] = lambda _, __: True) -> tuple[Settled, Held]:
        return self.pick((event, h) for event in self.all(Settled) for h in event.conversations if where(self.member[event.device], h))

    def hold(self, settled: Settled, held: Held, **values: Any) -> None:
        new = msgspec.structs.replace(held, **values)
        self.alter(settled, conversations=tuple(new if h is held else h for h in settled.conversations))

    def swap(self, conversation: str, a: int, b: int) -> None:
        """The server gave the two messages each other's seq, and said so to everybody."""
        other = {a: b, b: a}
        rows = {other[m.seq]: m for m in self.conversations[conversation].messages if m.seq in other}
        for seq, m in rows.items():
            self.store(conversation, seq, **{f: getattr(m, f) for f in m.__struct_fields__ if f != "seq"})
        for event in self.all(Answered, lambda e: self.wishes[e.wish].conversation == conversation and e.seq in other):
            self.alter(event, seq=other[event.seq])


FAULTS: list[tuple[str, Callable[[Draft], None]]] = []


def plant(name: str) -> Callable[[Callable[[Draft], None]], Callable[[Draft], None]]:
    """The fault must be found by this name (beside others, maybe)."""

    def keep(fault: Callable[[Draft], None]) -> Callable[[Draft], None]:
        FAULTS.append((name, fault))
        return fault

    return keep


@plant("lost-message")
def the_last_message_is_gone_after_a_crash(d: Draft) -> None:
    wish, answer = d.answered("send")
    row = d.conversations[wish.conversation]
    d.table(wish.conversation, head=answer.seq - 1, messages=row.messages[: answer.seq - 1])


@plant("lost-message")
def another_message_has_its_seq_after_a_crash(d: Draft) -> None:
    wish, answer = d.answered("send")
    d.store(wish.conversation, answer.seq, client_id="another", bodies=("another",))


@plant("lost-edit")
def an_acknowledged_edit_is_not_there(d: Draft) -> None:
    wish, answer = d.answered("edit")
    d.store(wish.conversation, wish.seq, bodies=d.row(wish.conversation, wish.seq).bodies[: answer.version - 1])


@plant("lost-edit")
def two_edits_of_one_version_are_both_acknowledged(d: Draft) -> None:
    wish, answer = d.answered("edit")
    again = msgspec.structs.replace(wish, index=answer.index + 1, body="another")
    tried = Tried(answer.index + 2, wish.device, again.index)
    d.put(answer, answer, again, tried, msgspec.structs.replace(answer, index=answer.index + 3, wish=again.index, attempt=tried.index))


@plant("lost-recall")
def an_acknowledged_recall_is_not_there(d: Draft) -> None:
    wish, _ = d.answered("recall")
    d.store(wish.conversation, wish.seq, recalled=False, bodies=d.row(wish.conversation, wish.seq).bodies[:-1])


@plant("lost-reaction")
def an_acknowledged_reaction_is_not_there(d: Draft) -> None:
    wish, _ = d.answered("react", alone=True)
    mine = d.member[wish.device], wish.reaction
    row = d.row(wish.conversation, wish.seq)
    if row.recalled or (mine in row.reactions) != wish.on:
        raise NoVictim
    d.store(wish.conversation, wish.seq, reactions=tuple(r for r in row.reactions if r != mine) if wish.on else (*row.reactions, mine))


@plant("acknowledged-otherwise")
def another_seq_is_acknowledged(d: Draft) -> None:
    _, answer = d.answered("send")
    d.alter(answer, seq=answer.seq + 1)


@plant("acknowledged-otherwise")
def another_version_is_acknowledged(d: Draft) -> None:
    _, answer = d.answered("edit")
    d.alter(answer, version=answer.version + 1)


@plant("acknowledged-otherwise")
def the_same_id_with_other_content_is_no_conflict(d: Draft) -> None:
    wish, _ = d.answered("send")
    d.alter(wish, body="another")


@plant("answered-differently")
def a_resend_gets_another_seq(d: Draft) -> None:
    _, answer = d.answered("send")
    d.after(answer, seq=answer.seq + 1)


@plant("answered-differently")
def a_resend_is_refused_because_its_sender_is_muted_by_now(d: Draft) -> None:
    wish, answer = d.answered(d.pick(["send", "edit", "recall"]))
    tried = Tried(answer.index + 1, wish.device, wish.index)
    no = Answered(answer.index + 2, wish.device, wish.index, tried.index, "refused", code="message.muted")
    d.put(answer, answer, tried, no)


@plant("stored-twice")
def a_resend_is_stored_again(d: Draft) -> None:
    d.append(*d.pick(d.rows()))


@plant("run-twice")
def an_act_is_run_again_after_a_commit_without_an_answer(d: Draft) -> None:
    name, note = d.pick((name, m) for name, row in d.conversations.items() for m in row.messages if m.kind == "system")
    d.append(name, note)


@plant("run-twice")
def a_batch_is_run_again_after_a_commit_without_an_answer(d: Draft) -> None:
    row = d.pick(d.feed)
    d.feed.append(FeedRow(len(d.feed), (), row.batch))


@plant("phantom-message")
def a_message_that_nobody_sent(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.append(name, msgspec.structs.replace(row, client_id="ghost", bodies=("ghost",)))


@plant("phantom-message")
def a_message_in_another_conversation(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.append(d.pick(other for other in d.conversations if other != name), row)


@plant("phantom-change")
def a_recall_that_nobody_wished(d: Draft) -> None:
    recalled = {(wish.conversation, wish.seq) for wish in d.wishes.values() if wish.kind == "recall"}
    name, row = d.pick((name, m) for name, m in d.rows() if (name, m.seq) not in recalled)
    d.store(name, row.seq, recalled=True, bodies=(*row.bodies, RECALLED))


@plant("phantom-change")
def a_version_that_nobody_wished(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, bodies=(*row.bodies, "ghost"))


@plant("phantom-change")
def a_reaction_of_another_member(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, reactions=(*row.reactions, ("li", "ghost")))


@plant("stored-otherwise")
def other_content_is_stored(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, bodies=("another", *row.bodies[1:]))


@plant("refused-but-stored")
def what_was_stored_is_answered_with_a_refusal(d: Draft) -> None:
    _, answer = d.answered("send", alone=True)
    d.alter(answer, outcome="refused", seq=0)


@plant("refused-but-stored")
def an_attempt_is_refused_though_the_message_was_shown_before(d: Draft) -> None:
    event = d.one(Shown, lambda e: bool(e.client_id) and e.how == "new")
    wish = next(w for w in d.wishes.values() if w.kind == "send" and w.client_id == event.client_id)
    tried = Tried(event.index + 1, wish.device, wish.index)
    no = Answered(event.index + 2, wish.device, wish.index, tried.index, "refused", code="message.muted")
    d.put(event, event, tried, no)


@plant("refused-edit-stored")
def an_edit_in_conflict_is_stored(d: Draft) -> None:
    _, answer = d.answered("edit", alone=True)
    d.alter(answer, outcome="refused", version=0, change=0, code="message.conflict")


@plant("never-answered")
def a_wish_is_forgotten(d: Draft) -> None:
    wish, _ = d.answered(d.pick(["send", "edit", "recall", "react"]))
    d.events = [event for event in d.events if not (isinstance(event, Answered) and event.wish == wish.index)]


@plant("seq-hole")
def a_seq_is_never_used(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.table(name, messages=tuple(m for m in d.conversations[name].messages if m.seq != row.seq))


@plant("seq-hole")
def the_head_is_not_raised(d: Draft) -> None:
    name = d.pick(d.conversations)
    d.table(name, head=d.conversations[name].head - 1)


@plant("seq-hole")
def a_feed_row_forgets_a_message(d: Draft) -> None:
    at, step = d.pick((i, s) for i, row in enumerate(d.feed) for s in row.steps if s.seq > s.seq_before)
    steps = tuple(msgspec.structs.replace(s, seq=s.seq - 1) if s is step else s for s in d.feed[at].steps)
    d.feed[at] = msgspec.structs.replace(d.feed[at], steps=steps)


@plant("seq-repeated")
def two_messages_have_one_seq(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.seq > 1))
    d.store(name, row.seq, seq=row.seq - 1)


@plant("change-hole")
def a_change_number_is_never_used(d: Draft) -> None:
    name = d.pick(d.conversations)
    d.table(name, change=d.conversations[name].change + 1)


@plant("change-hole")
def a_feed_row_forgets_a_change(d: Draft) -> None:
    at, step = d.pick((i, s) for i, row in enumerate(d.feed) for s in row.steps if s.change > s.change_before)
    steps = tuple(msgspec.structs.replace(s, change=s.change - 1) if s is step else s for s in d.feed[at].steps)
    d.feed[at] = msgspec.structs.replace(d.feed[at], steps=steps)


@plant("change-hole")
def change_numbers_run_ahead_of_the_changes(d: Draft) -> None:
    """Without a feed the count tells: more numbers than changes were wished."""
    d.feed.clear()
    name, row = d.pick((name, m) for name, m in d.rows() if m.change == d.conversations[name].change > 0)
    d.table(name, change=row.change + 1000)
    d.store(name, row.seq, change=row.change + 1000)


@plant("change-repeated")
def two_changes_have_one_number(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.change > 0))
    d.store(name, d.pick(m for n, m in d.rows() if n == name and m.seq != row.seq).seq, change=row.change)


@plant("change-repeated")
def two_changes_are_acknowledged_with_one_number(d: Draft) -> None:
    wish, answer = d.answered("edit")
    other, no = d.answered("react")
    if (wish.conversation, wish.seq) == (other.conversation, other.seq) or wish.conversation != other.conversation or not answer.change:
        raise NoVictim
    d.alter(no, change=answer.change)


@plant("realtime-order")
def a_later_message_gets_a_lower_seq(d: Draft) -> None:
    early, a = d.answered("send", alone=True)
    late, b = d.pick((w, e) for w, e in _sends(d) if w.conversation == early.conversation and w.index > a.index and d.is_alone(w))
    d.swap(early.conversation, a.seq, b.seq)
    assert late.index > a.index


@plant("sending-order")
def what_was_sent_after_it_is_stored_before_it(d: Draft) -> None:
    by_device: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for wish, answer in _sends(d):
        if d.is_alone(wish):
            by_device[wish.device, wish.conversation].append(answer)
    (_, name), a, b = d.pick((lane, a, b) for lane, answers in by_device.items() for a, b in pairwise(answers) if a.seq < b.seq)
    d.swap(name, a.seq, b.seq)


def _sends(d: Draft) -> Iterator[tuple[Wished, Answered]]:
    for answer in d.all(Answered, lambda e: e.outcome == "ok" and d.wishes[e.wish].kind == "send"):
        yield d.wishes[answer.wish], answer


@plant("order-inversion")
def six_is_handed_out_before_five(d: Draft) -> None:
    a, b = d.pick(_new_in_a_row(d))
    d.alter(a, **{f: getattr(b, f) for f in b.__struct_fields__ if f != "index"})
    d.alter(b, **{f: getattr(a, f) for f in a.__struct_fields__ if f != "index"})


def _new_in_a_row(d: Draft) -> Iterator[tuple[Shown, Shown]]:
    begun = {(e.device, e.index) for e in d.all(Connected, lambda e: e.fresh)}
    lanes: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for event in d.all(Shown, lambda e: e.how == "new"):
        lanes[event.device, event.conversation].append(event)
    for (device, _), lane in lanes.items():
        for a, b in pairwise(lane):
            if not any(who == device and a.index < index < b.index for who, index in begun):
                yield a, b


@plant("shown-twice")
def a_live_event_is_shown_again_after_a_page(d: Draft) -> None:
    d.after(d.one(Shown, lambda e: e.how == "new"))


@plant("change-went-back")
def an_older_page_replaces_a_newer_row(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.change > 0 and e.version > 1)
    old = d.row(event.conversation, event.seq).bodies[event.version - 2]
    d.after(event, how="change", change=event.change - 1, version=event.version - 1, body=old, recalled=False)


@plant("shown-differently")
def one_change_shows_two_versions(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.version > 1)
    d.after(event, how="change", version=event.version - 1, body=d.row(event.conversation, event.seq).bodies[event.version - 2])


@plant("shown-not-stored")
def a_message_is_shown_before_a_commit_that_fails(d: Draft) -> None:
    event = d.one(Shown)
    d.after(event, how="history", seq=d.conversations[event.conversation].head + 1)


@plant("shown-not-stored")
def content_is_shown_that_was_never_stored(d: Draft) -> None:
    d.alter(d.one(Shown), body="another")


@plant("shown-not-stored")
def another_sender_is_shown(d: Draft) -> None:
    event = d.one(Shown)
    d.alter(event, sender=d.pick(m for m in COMPANIES if m != event.sender))


@plant("shown-not-stored")
def a_recalled_message_is_shown_with_its_text(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.recalled)
    d.alter(event, body=d.row(event.conversation, event.seq).bodies[0])


@plant("shown-not-stored")
def a_change_is_shown_that_was_rolled_back(d: Draft) -> None:
    event = d.one(Shown)
    d.alter(event, change=d.row(event.conversation, event.seq).change + 1)


@plant("leak")
def a_message_is_shown_between_two_stays(d: Draft) -> None:
    event, seq = d.pick(_unseen(d))
    row = d.row(event.conversation, seq)
    d.after(event, how="history", seq=seq, sender=row.member, body=row.bodies[0], version=1, change=0, client_id="")


def _unseen(d: Draft) -> Iterator[tuple[Shown, int]]:
    """(an event of a device in a conversation, a seq there that lies in none of its member's stays)."""
    for event in d.all(Shown):
        for seq in range(1, d.conversations[event.conversation].head + 1):
            if not d.sees(d.member[event.device], event.conversation, seq):
                yield event, seq


@plant("leak")
def who_left_is_told_of_the_head(d: Draft) -> None:
    told = d.one(Told, lambda e: not d.inside(d.member[e.device], e.conversation))
    d.after(told, seq=(d.stays(d.member[told.device], told.conversation)[-1].to_seq or 0) + 1)


@plant("leak")
def who_left_holds_what_came_after(d: Draft) -> None:
    settled, held = d.held(lambda member, h: not d.sees(member, h.conversation, d.conversations[h.conversation].head))
    row = as_held(d.conversations[held.conversation].messages[-1])
    d.hold(settled, held, rows=(*held.rows, row))


@plant("leak")
def a_stranger_is_told_who_joined(d: Draft) -> None:
    moved = d.one(Moved)
    outsider = d.pick(x for x, member in d.member.items() if not d.sees(member, moved.conversation, moved.seq))
    d.after(moved, device=outsider)


@plant("leak")
def a_stranger_is_told_of_a_mark(d: Draft) -> None:
    marked = d.one(Marked)
    d.after(marked, device=d.pick(x for x, member in d.member.items() if not d.stays(member, marked.conversation)))


@plant("leak-to-company")
def another_company_is_shown_a_message(d: Draft) -> None:
    event = d.one(Shown, lambda e: len(GROUPS[e.conversation]) == 1)
    d.after(event, device=d.pick(x for x, member in d.member.items() if COMPANIES[member] not in GROUPS[event.conversation]))


@plant("leak-to-company")
def another_company_has_a_stay(d: Draft) -> None:
    row = d.conversations["sales"]
    d.table("sales", stays=(*row.stays, Stay("wang", row.head + 1)))


@plant("leak-to-company")
def a_session_acts_for_a_member_of_another_company(d: Draft) -> None:
    d.alter(d.one(Started, lambda e: e.company == EAST), company=NORTH)


@plant("told-after-leaving")
def who_left_is_told_of_a_change(d: Draft) -> None:
    told = d.one(Told, lambda e: not d.inside(d.member[e.device], e.conversation))
    d.after(told, change=d.conversations[told.conversation].change + 1)


@plant("sent-from-outside")
def who_was_removed_can_still_send(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.seq > 3))
    d.leave_early(row.member, name, row.seq - 1)


@plant("changed-from-outside")
def who_was_removed_can_still_edit_and_react(d: Draft) -> None:
    wish, answer = d.answered(d.pick(["edit", "react"]), alone=True)
    known = [e.seq for e in d.all(Shown, lambda e: e.conversation == wish.conversation and e.index < wish.index)]
    mine, first = d.member[wish.device], d.stays(d.member[wish.device], wish.conversation)[0].from_seq
    row = d.row(wish.conversation, wish.seq)
    if (wish.kind == "react" and (mine, wish.reaction) not in row.reactions) or answer.seq:
        raise NoVictim
    d.leave_early(mine, wish.conversation, d.pick(seq for seq in known if seq >= first))


@plant("membership-invented")
def a_leaving_is_told_that_never_was(d: Draft) -> None:
    moved = d.one(Moved)
    d.alter(moved, joined=not moved.joined)


@plant("mark-went-back")
def an_older_mark_replaces_a_newer_one(d: Draft) -> None:
    marked = d.one(Marked, lambda e: e.seq > 0)
    d.after(marked, seq=marked.seq - 1)


@plant("mark-went-back")
def a_mark_is_told_before_its_commit(d: Draft) -> None:
    marked = d.one(Marked, lambda e: e.seq > 0)
    _mark(d, marked.conversation, marked.member, read=marked.seq - 1)


def _mark(d: Draft, conversation: str, member: str, **values: Any) -> None:
    marks = d.conversations[conversation].marks
    d.table(conversation, marks=tuple(msgspec.structs.replace(m, **values) if m.member == member else m for m in marks))


@plant("mark-beyond")
def a_mark_is_not_cut(d: Draft) -> None:
    name, mark = d.pick((name, mark) for name, row in d.conversations.items() for mark in row.marks)
    _mark(d, name, mark.member, **{d.pick(["read", "delivered"]): d.conversations[name].head + 1})


@plant("read-without-looking")
def own_sending_reads_all(d: Draft) -> None:
    name, mark = d.pick((name, m) for name, row in d.conversations.items() for m in row.marks if m.unread and d.inside(m.member, name))
    if all(m.member == mark.member for m in d.conversations[name].messages[mark.read :] if m.counts):
        raise NoVictim
    _mark(d, name, mark.member, read=d.conversations[name].head, unread=0)


@plant("unread-wrong")
def the_running_number_was_not_raised(d: Draft) -> None:
    name, mark = d.pick((name, mark) for name, row in d.conversations.items() for mark in row.marks)
    _mark(d, name, mark.member, unread=mark.unread + 1)


@plant("unread-wrong")
def a_page_of_heads_counts_wrong(d: Draft) -> None:
    told = d.one(Told, lambda e: e.unread >= 0)
    d.alter(told, unread=told.unread + 1)


@plant("unread-wrong")
def a_device_shows_a_wrong_number(d: Draft) -> None:
    settled, held = d.held()
    d.hold(settled, held, unread=held.unread + 1)


@plant("never-settled")
def a_device_vanishes(d: Draft) -> None:
    d.put(d.one(Settled))


@plant("never-delivered")
def a_message_is_missing_in_the_end(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    missing = d.pick(held.rows)
    d.hold(settled, held, rows=tuple(row for row in held.rows if row is not missing))


@plant("never-delivered")
def what_came_in_an_earlier_stay_is_missing(d: Draft) -> None:
    settled, held = d.held(lambda member, h: len(d.stays(member, h.conversation)) > 1)
    end = d.stays(d.member[settled.device], held.conversation)[0].to_seq or 0
    d.hold(settled, held, rows=tuple(row for row in held.rows if row.seq > end))


@plant("never-delivered")
def a_device_never_hears_of_a_conversation(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    d.alter(settled, conversations=tuple(h for h in settled.conversations if h is not held))


@plant("change-never-learned")
def a_recall_or_an_edit_is_never_learned(d: Draft) -> None:
    settled, held = d.held(lambda member, h: d.inside(member, h.conversation) and any(row.change for row in h.rows))
    _forget(d, settled, held, d.pick(row for row in held.rows if row.change))


def _forget(d: Draft, settled: Settled, held: Held, row: Row) -> None:
    old = Row(row.seq, 1, 0, d.row(held.conversation, row.seq).bodies[0])
    d.hold(settled, held, rows=tuple(old if r is row else r for r in held.rows))


@plant("change-never-learned")
def who_left_never_learned_of_a_change_before(d: Draft) -> None:
    def due(member: str, h: Held) -> list[Row]:
        if d.inside(member, h.conversation):
            return []
        end = d.stays(member, h.conversation)[-1].to_seq or 0
        upto = next(s.change_before for fed in d.feed for s in fed.steps if s.conversation == h.conversation and s.seq >= end)
        return [row for row in h.rows if 0 < d.row(h.conversation, row.seq).change <= upto]

    settled, held = d.held(lambda member, h: bool(due(member, h)))
    _forget(d, settled, held, d.pick(due(d.member[settled.device], held)))


@plant("held-otherwise")
def a_row_is_held_otherwise(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    row = d.pick(held.rows)
    values: dict[str, Any] = d.pick([{"body": "another"}, {"reactions": (("li", "ghost"),)}, {"change": row.change + 1}])
    wrong = msgspec.structs.replace(row, **values)
    d.hold(settled, held, rows=tuple(wrong if r is row else r for r in held.rows))


@plant("membership-never-learned")
def a_device_never_learns_that_it_was_removed(d: Draft) -> None:
    settled, held = d.held()
    d.hold(settled, held, inside=not held.inside)


@plant("mark-never-learned")
def a_mark_is_never_learned(d: Draft) -> None:
    settled, held = d.held(lambda _, h: h.read > 0)
    d.hold(settled, held, read=held.read - 1)


@plant("cursor-wrong")
def a_run_never_closes(d: Draft) -> None:
    settled, held = d.held(lambda member, h: d.inside(member, h.conversation) and h.seq * h.change > 0)
    d.hold(settled, held, **d.pick([{"seq": held.seq - 1}, {"change": held.change - 1}]))


@plant("devices-disagree")
def one_device_of_two_is_behind(d: Draft) -> None:
    settled, held = d.held(lambda member, h: member in ("li", "zhao") and bool(h.rows))
    values: dict[str, Any] = d.pick([{"rows": held.rows[:-1]}, {"read": held.read + 1}, {"inside": not held.inside}])
    d.hold(settled, held, **values)


@plant("devices-disagree")
def one_device_of_two_does_not_know_the_conversation(d: Draft) -> None:
    settled, held = d.held(lambda member, h: member in ("li", "zhao"))
    d.alter(settled, conversations=tuple(h for h in settled.conversations if h is not held))


@plant("position-hole")
def a_position_is_skipped(d: Draft) -> None:
    del d.feed[d.random.randrange(1, len(d.feed) - 1)]


@plant("position-repeated")
def a_position_comes_twice(d: Draft) -> None:
    at = d.random.randrange(len(d.feed))
    d.feed.insert(at, d.feed[at])


@plant("token-ahead")
def a_token_overtakes_the_queue(d: Draft) -> None:
    started = d.one(Started, lambda e: any(d.stays(e.member, name) for name in d.conversations))
    d.put(started, started, Covered(started.index + 1, started.device, len(d.feed) - 1))


@plant("token-ahead")
def a_token_covers_a_position_that_is_not_there(d: Draft) -> None:
    d.alter(d.one(Covered), position=len(d.feed))


@plant("token-ahead")
def a_token_covers_a_change_of_which_nothing_was_told(d: Draft) -> None:
    """All that tells of the change is taken from the device; the token that it got stays."""
    wish, answer = d.answered("edit")
    if not answer.change:
        raise NoVictim
    position = next(
        f.position for f in d.feed for s in f.steps if s.conversation == wish.conversation and s.change_before < answer.change <= s.change
    )
    in_all_the_time = {
        m for m in COMPANIES if [s.to_seq for s in d.stays(m, wish.conversation)] == [None] and d.sees(m, wish.conversation, wish.seq)
    }
    covered = d.one(Covered, lambda e: e.position >= position and d.member[e.device] in in_all_the_time)
    for event in d.all(Told, lambda e: e.device == covered.device and e.conversation == wish.conversation):
        d.alter(event, change=0)
    for shown in d.all(Shown, lambda e: (e.device, e.conversation, e.seq) == (covered.device, wish.conversation, wish.seq)):
        d.alter(shown, change=0)


# ---- the proof


@cache
def clean(seed: int) -> History:
    return World(seed).history()


@pytest.mark.parametrize("seed", range(CLEAN))
def test_a_clean_history_has_no_anomaly(seed: int) -> None:
    assert check(clean(seed)) == {}


@pytest.mark.parametrize(("name", "fault"), [pytest.param(name, fault, id=fault.__name__) for name, fault in FAULTS])
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Callable[[Draft], None]) -> None:
    planted = 0
    for seed in range(CLEAN):
        draft = Draft(clean(seed), seed)
        try:
            fault(draft)
        except NoVictim:
            continue
        assert name in check(draft.history()), f"seed {seed}"
        planted += 1
        if planted == ENOUGH:
            return
    pytest.fail(f"only {planted} of {CLEAN} histories had a victim")


def test_each_anomaly_has_a_planted_fault() -> None:
    assert {name for name, _ in FAULTS} == set(CHECKS)


def test_a_history_survives_its_file() -> None:
    out = io.BytesIO()
    recorder = Recorder(out)
    for event in reversed(clean(0).events):
        recorder.write(event)
    recorder.write(clean(0).database)
    again = read(out.getvalue().splitlines())
    assert sorted(again.events, key=lambda event: event.index) == clean(0).events
    assert again.database == clean(0).database


def test_a_recorder_counts_for_all_devices() -> None:
    recorder = Recorder(io.BytesIO())
    assert [recorder.index() for _ in range(3)] == [0, 1, 2]


def test_a_history_without_its_database_is_refused() -> None:
    with pytest.raises(NoDatabase):
        read([])


def test_the_evidence_of_a_broken_run_is_bounded() -> None:
    draft = Draft(clean(0), 0)
    draft.conversations.clear()
    assert max(len(evidence) for evidence in check(draft.history()).values()) == LIMIT
