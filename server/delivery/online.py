"""Who is connected to this node."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from protocol.codec import Codec

MOST_GONE = 10_000


class Receiver(Protocol):
    """A signed-in connection as delivery sees it."""

    codec: Codec
    company: int
    member: int
    session: int
    told: bool
    """Something was handed to it since its last sync token."""

    def give(self, wire: bytes) -> None:
        """Queue a frame; behind the last page of heads while it catches up (LOG F2)."""

    def resync(self) -> None:
        """Close with 'resume': it fetches what it missed."""

    def give_way(self, code: int, reason: str) -> None:
        """Close for good: a newer connection of its session takes its place."""

    def password_changed(self) -> None:
        """Its session may do everything now."""

    def end(self, reason: str) -> None:
        """Its session is over."""


def pass_on(receiver: Receiver, wire: bytes) -> None:
    """Give it something that no sync token covers, so that it is no reason for one."""
    told = receiver.told
    receiver.give(wire)
    receiver.told = told


class Online:
    """Connections by member and by session."""

    def __init__(self) -> None:
        self.members: dict[int, tuple[Receiver, ...]] = {}
        self._sessions: dict[int, tuple[Receiver, ...]] = {}
        self._entering: dict[object, set[int]] = {}
        self.on_session_gone: Callable[[int], None] = lambda session: None
        self.gone: dict[int, str] = {}
        """Sessions that ended lately, and why: who comes in by one of them was read before its end and enters after it."""

    def __iter__(self) -> Iterator[Receiver]:
        """Those that events are handed out to."""
        for connections in list(self.members.values()):
            yield from connections

    def signed_in(self) -> Iterator[Receiver]:
        """All whose session could end, whether they have asked what is new or not."""
        for connections in list(self._sessions.values()):
            yield from connections

    def __len__(self) -> int:
        return sum(map(len, self.members.values()))

    def enter(self, receiver: Receiver) -> None:
        """Its session can be ended from now on."""
        self._sessions[receiver.session] = (*self._sessions.get(receiver.session, ()), receiver)

    def follow(self, receiver: Receiver) -> None:
        """It joins the hand-out."""
        there = self.members.get(receiver.member, ())
        if receiver not in there:
            self.members[receiver.member] = (*there, receiver)

    def session_gone(self, session: int, reason: str) -> None:
        """Close the session's connections here."""
        self.gone[session] = reason
        if len(self.gone) > MOST_GONE:
            del self.gone[next(iter(self.gone))]
        self.on_session_gone(session)
        for receiver in self._sessions.get(session, ()):
            receiver.end(reason)

    def session_freed(self, session: int) -> None:
        """Its first password was changed: the session's connections here may do everything."""
        for freed in self._entering.values():
            freed.add(session)
        for receiver in self._sessions.get(session, ()):
            receiver.password_changed()

    @contextlib.contextmanager
    def entering(self) -> Iterator[set[int]]:
        """The sessions that are freed within the block: who comes in by one of them may have been read before it was."""
        key = object()
        freed = self._entering[key] = set()
        try:
            yield freed
        finally:
            del self._entering[key]

    def leave(self, receiver: Receiver) -> None:
        for table, key in ((self.members, receiver.member), (self._sessions, receiver.session)):
            left = tuple(one for one in table.get(key, ()) if one is not receiver)
            if left:
                table[key] = left
            else:
                table.pop(key, None)

    def of_session(self, session: int) -> tuple[Receiver, ...]:
        return self._sessions.get(session, ())

    def here(self, members: Iterable[int]) -> list[int]:
        """Those of ``members`` who are connected here."""
        online = self.members
        return [member for member in members if member in online]
