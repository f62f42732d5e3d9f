"""LOG D and E: the feed's positions have no holes, and a sync token covers nothing that its device was not told of.

What each position brings each member is worked out anew from the rows (LOG F1) and held against what was shown.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults.anomalies.case import Case
from tests.faults.anomalies.logs import FOREVER
from tests.faults.history import Answered, Connected, Covered, Moved, Shown, Told


def position_hole(case: Case) -> Iterator[str]:
    positions = sorted({row.position for row in case.database.feed})
    yield from (f"{one} is followed by {other}" for one, other in pairwise(positions) if other != one + 1)


def position_repeated(case: Case) -> Iterator[str]:
    positions = [row.position for row in case.database.feed]
    yield from (f"{one} twice, or out of order" for one, other in pairwise(positions) if other <= one)


@dataclass(slots=True)
class Knowledge:
    """What a device was told of a conversation so far."""

    seq: int = 0
    change: int = 0
    asks_all: bool = False  # it knows that its stay ended, and asks for all changes once (LOG E5)
    rows: dict[int, int] = field(default_factory=dict)  # seq -> change, where a change was shown


def token_ahead(case: Case) -> Iterator[str]:
    """A sync token covers nothing that the device was not told of (LOG E3); it may lag behind, and go back on another node."""
    last = max((row.position for row in case.database.feed), default=FOREVER)
    due = _due_by_position(case)
    checked: dict[str, int] = defaultdict(int)
    told: dict[str, dict[str, Knowledge]] = defaultdict(lambda: defaultdict(Knowledge))
    for event in case.events:
        if isinstance(event, Shown | Told | Moved):
            _learn(told[event.device][event.conversation], event, case.member)
        elif isinstance(event, Answered):  # a sender is told of his message by its acknowledgement alone (LOG F2)
            knows = told[event.device][case.wishes[event.wish].wished.conversation]
            knows.seq = max(knows.seq, event.seq)
        elif isinstance(event, Connected) and event.fresh:
            checked[event.device] = 0
            told[event.device].clear()
        elif isinstance(event, Covered):
            todo = due[case.member[event.device]]
            while checked[event.device] < len(todo) and todo[checked[event.device]].position <= event.position:
                item = todo[checked[event.device]]
                checked[event.device] += 1
                if missing := item.missing(told[event.device][item.conversation]):
                    yield f"{event}: not told of {missing} of position {item.position}"
            if event.position > last:
                yield f"{event}; the last position is {last}"


def _learn(knows: Knowledge, event: Shown | Told | Moved, member: dict[str, str]) -> None:
    knows.seq = max(knows.seq, event.seq)
    if isinstance(event, Shown):
        if event.change:
            knows.rows[event.seq] = max(event.change, knows.rows.get(event.seq, 0))
    elif isinstance(event, Told):
        knows.change = max(knows.change, event.change)
        knows.asks_all = event.ended
    elif event.member == member[event.device]:
        knows.asks_all = not event.joined


@dataclass(slots=True)
class Due:
    """What a position brings a member: news up to a seq, and changes of rows that he may see, as (change, seq)."""

    position: int
    conversation: str
    seq: int
    changes: list[tuple[int, int]]

    def missing(self, knows: Knowledge) -> str:
        if self.seq > knows.seq:
            return f"{self.conversation}/{self.seq}"
        for change, seq in self.changes:
            if change > knows.change and not knows.asks_all and change > knows.rows.get(seq, 0):
                return f"change {change} of {self.conversation}/{seq}"
        return ""


def _due_by_position(case: Case) -> dict[str, list[Due]]:
    """Changes go to those who are participants at that position, new messages to the stays that hold them (LOG F1)."""
    found: dict[str, list[Due]] = defaultdict(list)
    for row in case.database.feed:
        for step in row.steps:
            log = case.logs[step.conversation]
            numbers = range(step.change_before + 1, step.change + 1)
            changed = [(n, case.change_of[log.name, n]) for n in numbers if (log.name, n) in case.change_of]
            for member, stays in log.stays.items():
                ends = (min(last, step.seq) for first, last in stays if max(first, step.seq_before + 1) <= min(last, step.seq))
                seq = max(ends, default=0)
                inside = any(first <= step.seq < last for first, last in stays)
                changes = [pair for pair in changed if log.sees(member, pair[1])] if inside else []
                if seq or changes:
                    found[member].append(Due(row.position, log.name, seq, changes))
    return found
