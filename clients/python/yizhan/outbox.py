"""Wishes without an answer, in the order in which they were made (LOG A7).

After a cut everything that may be repeated is sent again in that order, before anything newer, under the same client ids. Reads wait
in a line of their own: they hold up no message and are not kept over a restart.
"""

from collections.abc import Iterable

import msgspec

from ._protocol.codec import JSON, Codec
from ._protocol.commands import ChangePassword, Command, Edit, EndSession, Mark, Send, SignOut
from .state import StoredWish

ONCE = (ChangePassword, SignOut, EndSession)  # done twice, the second is refused: not repeated
EMPTY = msgspec.Raw(b"\xc0")
FAULTS = 10  # so often the server may fail on a wish before it is given up


class Wish:
    """A command on its way. ``body`` is its body as MessagePack, made anew for the codec of each connection.

    ``is_fresh``: its id was drawn for it in this run, so the server cannot know it yet.
    """

    def __init__(self, key: str, command: Command, body: bytes | None = None, *, is_read: bool = False, is_fresh: bool = False) -> None:
        self.key = key
        self.command = command
        self.body = body
        self.is_read = is_read
        self.is_fresh = is_fresh
        self.attempts = 0
        self.faults = 0
        self.is_under_way = False
        self.is_done = False

    def wants(self, command: Command, body: bytes | None) -> bool:
        """Whether that is the same wish, as the server judges it (LOG A5): what a send does to the draft is no content."""
        return self.body == body and _content(self.command) == _content(command)

    def as_command(self, request: int, codec: Codec) -> Command:
        if self.body is None:
            return msgspec.structs.replace(self.command, request=request)
        return msgspec.structs.replace(self.command, request=request, body=codec.raw_body(self.body))


class Outbox:
    def __init__(self) -> None:
        self.writes: dict[str, Wish] = {}
        self.reads: dict[str, Wish] = {}

    def add(self, wish: Wish) -> Wish:
        """Put it at the end; a mark joins the one of its conversation that still waits."""
        if isinstance(wish.command, Mark) and (waiting := self._waiting_mark(wish.command)) is not None:
            return waiting
        (self.reads if wish.is_read else self.writes)[wish.key] = wish
        return wish

    def _waiting_mark(self, mark: Mark) -> Wish | None:
        for wish in reversed(self.writes.values()):
            if wish.is_under_way:
                return None
            old = wish.command
            if isinstance(old, Mark) and old.conversation == mark.conversation and not wish.attempts:
                wish.command = msgspec.structs.replace(old, read=max(old.read, mark.read), delivered=max(old.delivered, mark.delivered))
                return wish
        return None

    def next_write(self) -> Wish | None:
        return _first_that_waits(self.writes.values())

    @property
    def reads_under_way(self) -> int:
        return sum(wish.is_under_way for wish in self.reads.values())

    def next_read(self) -> Wish | None:
        return _first_that_waits(self.reads.values())

    def remove(self, wish: Wish) -> None:
        wish.is_done = True
        (self.reads if wish.is_read else self.writes).pop(wish.key, None)

    def cut(self) -> list[Wish]:
        """The connection is gone: all wait again. Gives those that cannot be repeated and were under way; they are removed."""
        lost = [wish for wish in self.writes.values() if wish.is_under_way and isinstance(wish.command, ONCE)]
        for wish in lost:
            self.remove(wish)
        for wish in (*self.writes.values(), *self.reads.values()):
            wish.is_under_way = False
        return lost

    # ---- what survives

    def stored(self) -> tuple[StoredWish, ...]:
        kept = (wish for wish in self.writes.values() if not isinstance(wish.command, ONCE))
        return tuple([StoredWish(wish.key, JSON.encode(wish.as_command(0, JSON)).decode()) for wish in kept])

    def restore(self, wishes: Iterable[StoredWish]) -> None:
        for stored in wishes:
            command = JSON.decode_command(stored.frame.encode())
            body = None
            if isinstance(command, Send | Edit) and command.body:
                body = msgspec.msgpack.encode(JSON.plain(command.body))
            self.writes[stored.key] = Wish(stored.key, command, body)


def _content(command: Command) -> Command:
    """Without what a repetition may change, and without the body, which lies beside it."""
    if isinstance(command, Send):
        return msgspec.structs.replace(command, request=0, keep_draft=False, body=EMPTY)
    return msgspec.structs.replace(command, request=0)


def _first_that_waits(wishes: Iterable[Wish]) -> Wish | None:
    return next((wish for wish in wishes if not wish.is_under_way), None)
