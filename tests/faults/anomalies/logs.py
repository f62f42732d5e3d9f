"""A wish with all that became of it, and a conversation of the database made ready to be asked: who sees what, who left when.

Decides what a stay, an attempt and a count mean; ``case`` gathers them all.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from tests.faults.history import Answered, Conversation, Step, Wished

FOREVER = 2**62


@dataclass(slots=True)
class Wish:
    """A wish with its attempts (indexes of ``Tried``) and answers."""

    wished: Wished
    member: str
    attempts: list[int] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    @property
    def begun(self) -> int:
        return self.attempts[0] if self.attempts else FOREVER

    @property
    def oks(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.outcome == "ok"]

    @property
    def refusals(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.outcome == "refused"]

    def may_be_stored(self) -> bool:
        """Some attempt was not refused. (One that lay elsewhere while a later one was refused may be stored later, LOG A7.)"""
        return not set(self.attempts) <= {answer.attempt for answer in self.refusals}

    def over(self) -> int:
        """The index after which it cannot happen any more: never, while an attempt has no definite answer."""
        definite = {answer.attempt for answer in self.answers if answer.outcome != "unknown"}
        return max(answer.index for answer in self.answers) if set(self.attempts) <= definite and definite else FOREVER


class Log:
    """A conversation of the database, made ready to be asked."""

    def __init__(self, row: Conversation) -> None:
        self.row = row
        self.name = row.conversation
        self.head = row.head
        self.messages = {message.seq: message for message in reversed(row.messages)}
        self.marks = {mark.member: mark for mark in row.marks}
        self.hidden = set(row.hidden)
        self.steps: list[Step] = []
        self.stays: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for stay in sorted(row.stays, key=lambda stay: stay.from_seq):
            self.stays[stay.member].append((stay.from_seq, FOREVER if stay.to_seq is None else stay.to_seq))

    def sees(self, member: str, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.stays.get(member, ()))

    def is_inside(self, member: str) -> bool:
        return member in self.stays and self.stays[member][-1][1] == FOREVER

    def end(self, member: str) -> int:
        """The last seq that the member may see; 0 if none."""
        return min(self.stays[member][-1][1], self.head) if member in self.stays else 0

    def visible(self, member: str) -> Iterator[int]:
        """The seqs of all stays, without what the member deleted for himself."""
        for first, last in self.stays.get(member, ()):
            yield from (seq for seq in range(first, min(last, self.head) + 1) if (member, seq) not in self.hidden)

    @cached_property
    def _countable(self) -> list[int]:
        return list(accumulate((seq in self.messages and self.messages[seq].counts for seq in range(1, self.head + 1)), initial=0))

    def unread(self, member: str, read: int, upto: int) -> int:
        """From scratch: countable messages above the mark, in the stay that ``upto`` lies in or right before (LOG H1)."""
        first = next((first for first, last in self.stays.get(member, ()) if first - 1 <= upto <= last), upto + 1)
        upto, low = min(upto, self.head), max(read, first - 1)
        return self._countable[upto] - self._countable[low] if low < upto else 0

    def leaving(self, member: str) -> Step | None:
        """The step of the feed in which the last stay ended; None while inside, or if the feed has no such step."""
        if self.is_inside(member) or member not in self.stays:
            return None
        end = self.stays[member][-1][1]
        at = bisect_left(self.steps, end, key=lambda step: step.seq)
        return self.steps[at] if at < len(self.steps) and self.steps[at].seq_before < end else None


class Logs(dict[str, Log]):
    def __missing__(self, name: str) -> Log:
        """A conversation that the database does not have: nobody may see anything of it."""
        return Log(Conversation(name, (), 0, 0, (), (), ()))
