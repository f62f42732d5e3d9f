"""A conversation on a server that is right: what it stores, who sees what of it, and how each wish is answered.

For the proof of the history checker (``tests/unit/test_checker.py``); the cast with its companies, groups and devices is here, too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.faults.history import RECALLED, Message, Stay, Wished

EAST, NORTH = "east", "north"
COMPANIES = {"li": EAST, "wang": EAST, "zhao": EAST, "anna": NORTH, "ben": NORTH}
GROUPS = {"plan": (EAST,), "sales": (NORTH,), "fair": (EAST, NORTH), "direct": (EAST, NORTH)}
DEVICES = {"li-pc": "li", "li-phone": "li", "wang-pc": "wang", "zhao-pc": "zhao", "zhao-phone": "zhao", "anna-pc": "anna", "ben-pc": "ben"}


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


def decide(log: Stored, member: str, wish: Wished) -> dict[str, Any]:
    """Does what may be done, and gives the fields of ``Answered``."""
    if wish.kind == "read":
        log.look(member, wish.seq)
        return {"outcome": "ok"}
    return DECIDE[wish.kind](log, member, wish, log.inside(member) and member not in log.muted)


def _send(log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
    found = next((m for m in log.messages if (m.member, m.client_id) == (member, wish.client_id)), None)
    if found:
        same = found.bodies[0] == wish.body
        return {"outcome": "ok", "seq": found.seq} if same else {"outcome": "refused", "code": "message.conflict"}
    if not may:
        return {"outcome": "refused", "code": "message.muted"}
    return {"outcome": "ok", "seq": log.append(Message(0, member, wish.client_id, (wish.body,)))}


def _edit(log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
    row = log.messages[wish.seq - 1]
    if row.bodies[wish.version : wish.version + 1] == (wish.body,):
        return {"outcome": "ok", "version": wish.version + 1}
    if not may or row.recalled:
        return {"outcome": "refused", "code": "message.recalled"}
    if len(row.bodies) != wish.version:
        return {"outcome": "refused", "code": "message.conflict"}
    return {"outcome": "ok", "version": wish.version + 1, "change": log.alter(wish.seq, bodies=(*row.bodies, wish.body))}


def _recall(log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
    row = log.messages[wish.seq - 1]
    if row.recalled:
        return {"outcome": "ok", "change": row.change}
    if not may:
        return {"outcome": "refused", "code": "message.muted"}
    return {"outcome": "ok", "change": log.alter(wish.seq, bodies=(*row.bodies, RECALLED), recalled=True)}


def _react(log: Stored, member: str, wish: Wished, may: bool) -> dict[str, Any]:
    row, mine = log.messages[wish.seq - 1], (member, wish.reaction)
    if (mine in row.reactions) == wish.on:
        return {"outcome": "ok"}
    if not may or row.recalled:
        return {"outcome": "refused", "code": "message.muted"}
    rest = tuple(r for r in row.reactions if r != mine)
    return {"outcome": "ok", "change": log.alter(wish.seq, reactions=tuple(sorted((*rest, mine))) if wish.on else rest)}


DECIDE: dict[str, Callable[[Stored, str, Wished, bool], dict[str, Any]]] = {
    "send": _send,
    "edit": _edit,
    "recall": _recall,
    "react": _react,
}
