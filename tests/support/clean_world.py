"""``World`` is a small server with devices that is right by construction; a history of it has no anomaly.

It has what makes judging hard: kills with unknown outcomes, resends that find what an earlier attempt stored, attempts
that lie elsewhere and are stored late, one id from two devices, people who leave, come back and leave, late live
events, devices that begin anew.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, TypeVar

from tests.faults.history import (
    Answered,
    Connected,
    Conversation,
    Database,
    FeedRow,
    History,
    Mark,
    Settled,
    Started,
    Stay,
    Step,
    Tried,
    Wished,
)
from tests.support.clean_log import COMPANIES, GROUPS, Stored, decide
from tests.support.clean_telling import Device, Telling

T = TypeVar("T")
CLEAN = 50  # histories


class World(Telling):
    """Runs to its end when it is made; ``history()`` gives what was recorded and what the database has."""

    def __init__(self, seed: int, steps: int = 700) -> None:
        super().__init__(seed)
        self.feed: list[FeedRow] = []
        self.elsewhere: list[list[tuple[Device, Wished]]] = []  # taken by a gateway that is gone, in a transaction that may still commit
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

    # -- transactions

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
            self.commit(lambda: [decide(self.logs[wish.conversation], device.member, wish) for device, wish in group])

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
        answers = self.commit(lambda: [decide(self.logs[wish.conversation], device.member, wish) for device, wish, _ in taken])
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


@cache
def clean(seed: int) -> History:
    return World(seed).history()
