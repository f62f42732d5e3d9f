"""Who is connected to this node."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from protocol.codec import Codec


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

    def end(self, reason: str) -> None:
        """Its session is over."""


class Online:
    """Connections by member and by session."""

    def __init__(self) -> None:
        self.members: dict[int, tuple[Receiver, ...]] = {}
        self._sessions: dict[int, tuple[Receiver, ...]] = {}

    def __iter__(self) -> Iterator[Receiver]:
        for connections in list(self.members.values()):
            yield from connections

    def __len__(self) -> int:
        return sum(map(len, self.members.values()))

    def join(self, receiver: Receiver) -> None:
        self.members[receiver.member] = (*self.members.get(receiver.member, ()), receiver)
        self._sessions[receiver.session] = (*self._sessions.get(receiver.session, ()), receiver)

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
