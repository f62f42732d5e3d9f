"""What one connection has still to send: collected during a turn of the loop, written at its end, bounded while it waits.

It decides when bytes go to the socket and when a queue is too long; that the connection is then closed, and how, is its
owner's (DESIGN 5.4, 5.7). A frame is one object for all who receive it; every queue counts its bytes in full.
"""

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet import tcp

KIB, MIB = 1 << 10, 1 << 20
SLICE = 64 * KIB  # handed to the transport at once: what one full queue keeps after its frames were dropped

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bound:
    """What may wait for one connection."""

    frames: int = 1024  # unasked, while the socket takes none
    bytes: int = MIB  # the same
    most: int = 8 * MIB  # of all, also where the socket takes a little now and then
    unread: int = 256 * KIB  # of all: above it nothing more is read from who does not read


class Owner(Protocol):
    def overflowed(self) -> None:
        """The queue was too long and its frames are gone; said once."""

    def unread(self) -> None:
        """More than ``Bound.unread`` waits."""

    def drained(self) -> None:
        """All that had grown so long is sent."""


class Budget:
    """What all queues of the process hold together, in bytes. Over it the largest gives way."""

    def __init__(self, most: int = 512 * MIB) -> None:
        self.total = 0
        self._most = most
        self._waiting: dict[Outbox, int] = {}
        self._giving_way = False

    def report(self, outbox: "Outbox", waiting: int) -> None:
        self.total += waiting - self._waiting.get(outbox, 0)
        if waiting:
            self._waiting[outbox] = waiting
        else:
            self._waiting.pop(outbox, None)
        if self.total > self._most and not self._giving_way:
            self._give_way()

    def _give_way(self) -> None:
        self._giving_way = True
        try:
            while self.total > self._most:
                still_open = [outbox for outbox in self._waiting if not outbox.is_over]
                largest = max(still_open or self._waiting, key=self._waiting.__getitem__)
                if still_open:
                    largest.overflow()
                else:
                    largest.abandon()  # there is no memory left to wait for anybody's goodbye
        finally:
            self._giving_way = False


class Turn:
    """The outboxes that got something in this turn of the loop: one call for them all at its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._outboxes: list[Outbox] = []

    def add(self, outbox: "Outbox") -> None:
        if not self._outboxes:
            self._loop.call_soon(self._end)
        self._outboxes.append(outbox)

    def _end(self) -> None:
        outboxes, self._outboxes = self._outboxes, []
        for outbox in outboxes:
            try:
                outbox.flush()
            except Exception:
                log.exception("a connection could not be written to")
                outbox.abandon()


class Outbox:
    """The queue of one connection, and all that writes to its transport.

    Plain TCP: ``socket.send`` at once; what it does not take goes to Twisted, which asks for more (as from a pull producer)
    when it is rid of it. Anything else, as TLS: Twisted's ``write`` alone, until it says stop (as to a push producer).
    """

    __slots__ = (
        *("is_over", "_bound", "_budget", "_bytes", "_dirty", "_dropped", "_ended", "_frames", "_is_unread", "_left"),
        *("_lower", "_owner", "_queued", "_registered", "_socket", "_took_some", "_transport", "_turn", "_unasked", "_waits"),
    )

    def __init__(self, transport: Any, owner: Owner, bound: Bound, budget: Budget, turn: Turn) -> None:
        self.is_over = False  # overflowed once: it is being closed and gives way no more
        self._transport, self._owner, self._bound, self._budget, self._turn = transport, owner, bound, budget, turn
        plain = isinstance(transport, tcp.Connection) and not transport.TLS
        self._socket: socket.socket | None = transport.socket if plain else None  # under TLS there is one too, in the clear
        self._lower = transport if plain else getattr(transport, "transport", transport)  # who holds the last buffer
        self._frames: list[bytes] = []
        self._queued = 0  # bytes in _frames
        self._left = 0  # bytes that the transport held when it was last looked at
        self._unasked = self._bytes = 0  # frames and bytes since the socket last took something
        self._dirty = self._waits = self._ended = self._dropped = self._is_unread = self._took_some = False
        self._registered = not plain
        if self._registered:
            transport.registerProducer(self, True)

    def put(self, wire: bytes, *, asked: bool) -> None:
        """Queue bytes that are whole frames. ``asked``: the client waits for them, they count for nothing but memory."""
        if self._ended:
            return
        self._frames.append(wire)
        self._queued += len(wire)
        if not asked:
            self._unasked += 1
            self._bytes += len(wire)
        if self._waits:
            self._judge()
        elif not self._dirty:
            self._dirty = True
            self._turn.add(self)
        elif self._queued > self._bound.unread:
            self.flush()  # so much gains nothing by waiting, and who asks on and on shall be stopped within the turn

    @property
    def waiting(self) -> int:
        """Bytes that the socket did not take."""
        return 0 if self._dropped else self._queued + self._buffered()

    def has_moved(self) -> bool:
        """Whether the socket took anything since this was last asked."""
        shrank = self._shrank()
        took, self._took_some = self._took_some, False
        return took or shrank

    def flush(self) -> None:
        """Write what is queued, as far as it is taken."""
        self._dirty = False
        if len(self._frames) == 1 and not self._registered and not self._buffered() and self._sent_whole():  # what nearly every turn is
            return
        while self._frames and not self._waits:
            self._write(self._slice())
        if self._waits:
            self._judge()
        elif self._registered:
            self._sent_all()

    def end(self) -> None:
        """Nothing more comes: what is queued is still written, and until it is the transport does not close."""
        self._ended = True
        self.flush()

    def overflow(self) -> None:
        """Give way: drop the frames that no byte was sent of, and say so to the owner."""
        self.is_over = True
        self._forget()
        self._owner.overflowed()

    def drop(self) -> None:
        """The connection is gone, or shall be at once."""
        self._ended = self._dropped = True
        self._forget()

    def abandon(self) -> None:
        self.drop()
        self._transport.abortConnection()

    # Twisted calls these three

    def resumeProducing(self) -> None:
        if not self._dropped and (self._socket is None or not self._buffered()):  # else it is the greeting of registerProducer
            self._waits = False
            self._took()
            self.flush()

    def pauseProducing(self) -> None:
        self._waits = True
        self._left = self._buffered()

    def stopProducing(self) -> None:
        self.drop()

    def _sent_whole(self) -> bool:
        """A single frame to a socket that took everything so far (for nothing is registered), by the shortest way."""
        wire = self._frames.pop()
        self._queued = 0
        sent = self._send(wire)
        if sent == len(wire):
            self._unasked = self._bytes = 0
            self._took_some = True
            return True
        self._hand_over(wire, sent)
        return False

    def _slice(self) -> bytes:
        """All, or so many whole frames as make a slice."""
        frames = self._frames
        if self._queued <= SLICE:
            wire = frames[0] if len(frames) == 1 else b"".join(frames)
            frames.clear()
        else:
            count = size = 0
            while size < SLICE:
                size += len(frames[count])
                count += 1
            wire = b"".join(frames[:count])
            del frames[:count]
        self._queued -= len(wire)
        return wire

    def _write(self, wire: bytes) -> None:
        if self._socket is None:
            self._transport.write(wire)
            if not self._waits:  # it has room
                self._took()
            return
        sent = 0 if self._buffered() else self._send(wire)
        if sent == len(wire):
            self._took()
        else:
            self._hand_over(wire, sent)

    def _hand_over(self, wire: bytes, sent: int) -> None:
        """What the socket did not take goes to Twisted, which asks for more when it is rid of it."""
        if sent:
            self._took()
        self._waits = True
        self._transport.write(wire[sent:])
        self._left = self._buffered()
        if not self._registered:
            self._registered = True
            self._transport.registerProducer(self, False)

    def _send(self, wire: bytes) -> int:
        assert self._socket is not None
        try:
            return self._socket.send(wire)
        except OSError:  # it takes nothing now; or it is broken: Twisted meets the same error at its own write and reports the loss
            return 0

    def _took(self) -> None:
        self._unasked = self._bytes = 0
        self._took_some = True

    def _judge(self) -> None:
        """Called whenever something waits and more came."""
        bound, waiting = self._bound, self.waiting
        if not self.is_over:
            full = self._unasked > bound.frames or self._bytes > bound.bytes
            if waiting > bound.most or (full and not self._shrank()):
                self.overflow()
                return
            if waiting > bound.unread and not self._is_unread:
                self._is_unread = True
                self._owner.unread()
        self._report()

    def _shrank(self) -> bool:
        """Whether the socket took something of what Twisted holds for it since we last looked."""
        before, self._left = self._left, self._buffered()
        if self._left < before:
            self._took()
            return True
        return False

    def _buffered(self) -> int:
        lower = self._lower
        left: int = len(lower.dataBuffer) - lower.offset + lower._tempDataLen
        return left

    def _sent_all(self) -> None:
        if self._registered and (self._socket is not None or self._ended):
            self._registered = False
            self._transport.unregisterProducer()
        self._report()
        if self._is_unread:
            self._is_unread = False
            self._owner.drained()

    def _forget(self) -> None:
        self._frames.clear()
        self._queued = self._unasked = self._bytes = 0
        self._report()

    def _report(self) -> None:
        self._budget.report(self, self.waiting)
