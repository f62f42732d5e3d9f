"""A clean history, open to changes, and the faults that are planted into one: each must be found by its name.

What the faults are stands beside the tests of each promise (``tests/unit/test_checker_*.py``).
"""

import random
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
import pytest

from tests.faults.checker import check
from tests.faults.history import Answered, Database, Event, Held, History, Message, Settled, Started, Stay, Tried, Wished
from tests.support.clean_world import CLEAN, clean

E = TypeVar("E", bound=Event)
T = TypeVar("T")
ENOUGH = 6  # of the clean histories: in so many each fault must be found


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


Fault = Callable[[Draft], None]


class Faults(list[tuple[str, Fault]]):
    """Of one file of tests, each with the name by which it must be found (beside others, maybe)."""

    def plant(self, name: str) -> Callable[[Fault], Fault]:
        def keep(fault: Fault) -> Fault:
            self.append((name, fault))
            return fault

        return keep

    def params(self) -> list[Any]:
        """As (name, fault), for ``parametrize``."""
        return [pytest.param(name, fault, id=fault.__name__) for name, fault in self]


def found(name: str, fault: Fault) -> dict[int, bool]:
    """Seed -> whether the fault is found by its name: of the first histories that have a victim, ``ENOUGH`` if there are so many."""
    where: dict[int, bool] = {}
    for seed in range(CLEAN):
        draft = Draft(clean(seed), seed)
        try:
            fault(draft)
        except NoVictim:
            continue
        where[seed] = name in check(draft.history())
        if len(where) == ENOUGH:
            break
    return where
