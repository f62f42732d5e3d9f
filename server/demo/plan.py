"""What happened when in the demo company: the talks of ``content`` as steps in the order of time. Pure; ids follow from the seed.

The same seed and moment give the same steps with the same ids, so who was interrupted while making the company makes it again, and what
is there already gives its first answer.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from protocol.ids import new_client_id
from server.demo.content import Line, Talk
from storage.draw import id_of

MINUTE = 60_000
HOUR = 60 * MINUTE
SHORTLY = 20_000  # until somebody reacts, and within the time in which one may recall
NEWEST = 8 * MINUTE  # nothing is said later than so long before now


@dataclass(frozen=True)
class Step:
    """At ``at`` (milliseconds UTC) ``who`` does ``what`` (open, say, react, recall, edit, pin, read) in a talk, at a line from 1 on."""

    at: int
    talk: int
    what: str
    who: str
    line: int = 0
    word: str = ""


def steps(talks: Sequence[Talk], now: int) -> list[Step]:
    """All steps, in the order of time; each talk's own order is kept."""
    found = [step for number, talk in enumerate(talks) for step in _of(number, talk, now)]
    return sorted(found, key=lambda step: step.at)


def _of(number: int, talk: Talk, now: int) -> Iterator[Step]:
    at = now - int(talk.hours_ago * HOUR)
    yield Step(at, number, "open", talk.people[0])
    for count, line in enumerate(talk.lines, start=1):
        at = min(at + line.after * MINUTE + seconds(number, count) * 1000, now - NEWEST)
        yield Step(at, number, "say", line.who, count)
        for what, who, word in _then(line):
            at += SHORTLY
            yield Step(at, number, what, who, count, word)
    for who in readers(talk):
        yield Step(at + MINUTE, number, "read", who, len(talk.lines))


def _then(line: Line) -> Iterable[tuple[str, str, str]]:
    if line.edited:
        yield "edit", line.who, line.edited
    if line.recalled:
        yield "recall", line.who, ""
    if line.pinned:
        yield "pin", line.who, ""
    for who, emoji in line.reactions:
        yield "react", who, emoji


def readers(talk: Talk) -> list[str]:
    """Who has read it to its end."""
    return [who for who in dict.fromkeys(talk.people) if who not in talk.unread]


def seconds(talk: int, line: int) -> int:
    """Nobody speaks on the minute."""
    return (17 * talk + 23 * line) % 50


def conversation_id(seed: bytes, talk: int) -> int:
    return id_of(_drawn(seed, f"talk {talk}")[:8])


def client_id(seed: bytes, step: Step) -> bytes:
    return bytes.fromhex(new_client_id(step.at, _drawn(seed, f"line {step.talk} {step.line}")[:10]))


def _drawn(seed: bytes, what: str) -> bytes:
    return hashlib.sha256(seed + what.encode()).digest()
