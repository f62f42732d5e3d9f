"""Who is in which conversation, in memory: exact for the position being applied, because it changes by the same positions (LOG F1)."""

from collections.abc import Iterable

import msgspec

MOST_CONVERSATIONS = 100_000


class Viewer(msgspec.Struct, eq=False, gc=False):
    """A stay that holds part of what is handed out; ``to_seq`` None is an open one."""

    member: int
    from_seq: int
    to_seq: int | None


class Entry:
    """One conversation: its open stays, and those that ended at or after the first seq that it was loaded for.

    ``at`` is the position that the loading statement saw: membership of positions up to it is in here already. ``marked``: up to which
    position a member's marks are told, where they were read later than the position that they were told for.
    """

    __slots__ = ("at", "ended", "marked", "open")

    def __init__(self, at: int, open: dict[int, int], ended: Iterable[tuple[int, int, int]] = ()) -> None:
        self.at = at
        self.open = open
        self.ended = list(ended)
        self.marked: dict[int, int] = {}

    def apply(self, position: int, joined: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
        """Take over the membership of ``position``, if it is not in here already."""
        if position <= self.at:
            return
        self.ended.clear()
        for member, from_seq in joined:
            self.open[member] = from_seq
        for member, to_seq in left:
            began = self.open.pop(member, None)
            if began is not None:
                self.ended.append((member, began, to_seq))

    def settle(self, position: int) -> None:
        """``position`` was handed out: what ended with it is no longer needed."""
        if position >= self.at:
            self.ended.clear()
            self.at = position
        if self.marked:
            self.marked = {member: told for member, told in self.marked.items() if told > position}


class Stays(dict[int, Entry]):
    """The conversations in memory. Asked from the writer's thread too, but only whether one is in it."""

    most = MOST_CONVERSATIONS
    widest = 0
    """As many as were in one of them at once, at most: where that is few, none has to be looked at."""

    def keep(self, conversation: int, entry: Entry) -> Entry:
        self.widen(entry)
        return self.setdefault(conversation, entry)

    def widen(self, entry: Entry) -> None:
        if len(entry.open) > self.widest:
            self.widest = len(entry.open)

    def trim(self) -> None:
        """Where there are too many the oldest half goes; each is loaded again when it is needed.

        Only between two positions: what one was judged to have in memory it must find there when it is told.
        """
        if len(self) > self.most:
            for old in list(self)[: len(self) // 2]:
                del self[old]
