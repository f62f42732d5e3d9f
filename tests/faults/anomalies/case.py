"""The history sorted and grouped, once for all checks: what several anomalies ask for is worked out here and kept.

It judges nothing: what is wrong is for the modules that are named by promises.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from tests.faults.anomalies.logs import FOREVER, Log, Logs, Wish
from tests.faults.history import (
    Answered,
    Connected,
    Event,
    Heard,
    Held,
    History,
    Marked,
    Message,
    Moved,
    Settled,
    Shown,
    Started,
    Told,
    Tried,
    Wished,
)

E = TypeVar("E", bound=Event)
K = TypeVar("K")


class Case:
    """The history sorted and grouped, once for all checks. What only some need is made when first asked for."""

    def __init__(self, history: History) -> None:
        self.database = history.database
        self.events = sorted(history.events, key=lambda event: event.index)
        self.logs = Logs((row.conversation, Log(row)) for row in history.database.conversations)
        for fed in history.database.feed:
            for step in fed.steps:
                self.logs[step.conversation].steps.append(step)
        self.started = self.of(Started)
        self.member = {event.device: event.member for event in self.started}
        self.shown, self.told, self.marked, self.moved = self.of(Shown), self.of(Told), self.of(Marked), self.of(Moved)
        self.settled = self.of(Settled)
        self.wishes = {event.index: Wish(event, self.member[event.device]) for event in self.of(Wished)}
        for tried in self.of(Tried):
            self.wishes[tried.wish].attempts.append(tried.index)
        for answer in self.of(Answered):
            self.wishes[answer.wish].answers.append(answer)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def kind(self, kind: str) -> list[Wish]:
        return [wish for wish in self.wishes.values() if wish.wished.kind == kind]

    def messages(self) -> Iterator[tuple[Log, Message]]:
        for log in self.logs.values():
            for message in log.row.messages:
                yield log, message

    def held(self) -> Iterator[tuple[str, str, Log, Held]]:
        """(device, its member, conversation, what the device holds of it in the end)."""
        for final in self.settled:
            for held in final.conversations:
                yield final.device, self.member[final.device], self.logs[held.conversation], held

    @cached_property
    def sends(self) -> dict[tuple[str, str, str], list[Wish]]:
        """By (member, conversation, client id): all of them are one wish to the server (V2)."""
        return grouped(self.kind("send"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.client_id))

    @cached_property
    def edits(self) -> dict[tuple[str, str, int, int, str], list[Wish]]:
        """By (member, conversation, seq, version named, body): the same content is the same edit (LOG A5)."""
        return grouped(
            self.kind("edit"),
            lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq, wish.wished.version, wish.wished.body),
        )

    @cached_property
    def recalls(self) -> dict[tuple[str, int], list[Wish]]:
        return grouped(self.kind("recall"), lambda wish: (wish.wished.conversation, wish.wished.seq))

    @cached_property
    def reactions(self) -> dict[tuple[str, str, int, str], list[Wish]]:
        return grouped(self.kind("react"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq, wish.wished.reaction))

    @cached_property
    def stored(self) -> dict[tuple[str, str, str], list[int]]:
        """(member, conversation, client id) -> seqs."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for log, message in self.messages():
            if message.kind == "message":
                found[message.member, log.name, message.client_id].append(message.seq)
        return found

    @cached_property
    def known(self) -> dict[tuple[str, int], int]:
        """(conversation, seq) -> the index at which somebody first saw that it was committed."""
        first: dict[tuple[str, int], int] = {}
        for event in self.shown:
            first.setdefault((event.conversation, event.seq), event.index)
        for wish in self.kind("send"):
            for answer in wish.oks:
                at = wish.wished.conversation, answer.seq
                first[at] = min(first.get(at, FOREVER), answer.index)
        return first

    def is_outsider(self, wish: Wish) -> bool:
        """Never in, or begun when it was known that the last stay had ended: it can change nothing."""
        log = self.logs[wish.wished.conversation]
        if wish.member not in log.stays:
            return True
        return not log.is_inside(wish.member) and wish.begun > self.known.get((log.name, log.end(wish.member)), FOREVER)

    def changes(self) -> Iterator[tuple[str, int, int, str]]:
        """(conversation, change, seq, who says so), from the rows, the acknowledgements and what was shown."""
        for log, message in self.messages():
            yield log.name, message.change, message.seq, "database"
        for wish in self.wishes.values():
            for answer in wish.oks:
                yield wish.wished.conversation, answer.change, wish.wished.seq, f"answer {answer.index}"
        for event in self.shown:
            yield event.conversation, event.change, event.seq, event.device

    @cached_property
    def change_of(self) -> dict[tuple[str, int], int]:
        """(conversation, change) -> seq, of all changes that anybody knows of; many are overtaken and known to nobody."""
        found: dict[tuple[str, int], int] = {}
        for conversation, change, seq, _ in self.changes():
            if change:
                found.setdefault((conversation, change), seq)
        return found

    @cached_property
    def changes_of(self) -> dict[tuple[str, int], list[int]]:
        """(conversation, seq) -> its known changes, ascending."""
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for (conversation, change), seq in sorted(self.change_of.items()):
            found[conversation, seq].append(change)
        return found

    @cached_property
    def views(self) -> dict[tuple[str, str, int], list[Shown]]:
        """What was shown, by device, conversation, and how often the device had begun anew."""
        begun: dict[str, int] = defaultdict(int)
        found: dict[tuple[str, str, int], list[Shown]] = defaultdict(list)
        for event in self.events:
            if isinstance(event, Shown):
                found[event.device, event.conversation, begun[event.device]].append(event)
            elif isinstance(event, Connected):
                begun[event.device] += event.fresh
        return found

    @cached_property
    def touched(self) -> dict[tuple[str, str], str]:
        """(device, conversation) -> the first that the device heard of it."""
        found: dict[tuple[str, str], str] = {}
        for event in self.of(Heard):
            if (event.device, event.conversation) not in found:
                found[event.device, event.conversation] = f"{event}"
        for device, _, log, _ in self.held():
            found.setdefault((device, log.name), "it holds it in the end")
        return found


def grouped(wishes: Iterable[Wish], key: Callable[[Wish], K]) -> dict[K, list[Wish]]:
    groups: dict[K, list[Wish]] = defaultdict(list)
    for wish in wishes:
        groups[key(wish)].append(wish)
    return groups
