"""The gateway of a node: its connections, what they put before the writer, and what the writer and the feed bring back.

It joins the parts and decides little: bounds of the process (DESIGN 5.7), marks gathered for a second (LOG H3), tokens every ten
seconds (LOG E3), the sweep (LOG D4).
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from protocol import limits
from protocol.commands import Command
from protocol.errors import YizhanError
from server.clock import Clock
from server.config.model import Gateway as GatewaySettings
from server.delivery.hand_out import SWEEP_SECONDS, HandOut
from server.delivery.online import Online
from server.gateway.connection import Connection
from server.gateway.dispatch import Dispatch
from server.gateway.marks import PendingMarks
from server.gateway.websocket import Door, Handshake
from server.logs import Logger
from server.wheel import Wheel
from storage.engine import Storage
from storage.feed import FeedRow
from storage.writer.batch import Finished
from storage.writer.entries import Entry, SendEntry

SOON_SECONDS = 0.05
TOKEN_SECONDS = float(limits.TOKEN_EVERY_SECONDS)
log = Logger("gateway")


@dataclass(frozen=True)
class Parts:
    """What the composition root hands in."""

    settings: GatewaySettings
    session_connections: int
    storage: Storage
    clock: Clock
    wheel: Wheel
    hand_out: HandOut
    online: Online
    dispatch: Callable[["Gateway"], Dispatch]


class Gateway:
    """Made by the composition root; ``behind`` is what the doors call."""

    def __init__(self, parts: Parts) -> None:
        self.settings = parts.settings
        self.session_connections = parts.session_connections
        self.storage = parts.storage
        self.clock = parts.clock
        self.wheel = parts.wheel
        self.online = parts.online
        self.hand_out = parts.hand_out
        self.node = secrets.token_hex(4)
        self.connections: set[Connection] = set()
        self.marks = PendingMarks(self.put)
        self._dispatch = parts.dispatch(self)
        self.on_gone: Callable[[Connection], None] = lambda connection: None
        self.shows_arrivals: Callable[[Connection], bool | None] = lambda connection: True
        """Whether others may hear that something arrived there, which shows that he is; None while his choice is not read."""
        self._full: set[Connection] = set()
        self._soon: list[Connection] = []
        self._batches = parts.storage.batches
        self._batches.on_finished = self.finished
        self._batches.on_fault = self._fault
        self._batches.node.known = lambda: self.hand_out.known
        self._batches.node.cached = self.hand_out.stays
        parts.storage.on_position = self._position
        self._jobs: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.hand_out.start()
        self._jobs = [
            asyncio.create_task(self._every(SWEEP_SECONDS, self._sweep), name="sweep"),
            asyncio.create_task(self._every(TOKEN_SECONDS, self._tokens), name="sync-tokens"),
            asyncio.create_task(self._every(1.0, self._marks), name="marks"),
        ]

    async def stop(self) -> None:
        """Connections are told to come back; what was accepted is finished by the storage's own close."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        self.marks.flush()
        for connection in list(self.connections):
            connection.close(1001, "shutting down")
        await self._dispatch.stop()
        await self.hand_out.stop()

    # ---- connections

    def behind(self, door: Door, handshake: Handshake) -> Connection:
        return Connection(self, door, handshake)

    def gone(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._full.discard(connection)
        self.online.leave(connection)
        if connection.member:
            self.on_gone(connection)
        self._batches.forget(connection)

    def soon(self, connection: Connection) -> None:
        """It has answers that may wait for its next frame, but not for long."""
        if not self._soon:
            asyncio.get_running_loop().call_later(SOON_SECONDS, self._say_soon)
        self._soon.append(connection)

    def _say_soon(self) -> None:
        soon, self._soon = self._soon, []
        for connection in soon:
            connection.say_soon()

    def dispatch(self, connection: Connection, command: Command) -> None:
        self._dispatch(connection, command)

    def trace(self, connection: Connection, request: int | None, error: YizhanError) -> str:
        """An id that stands in the error and in the log."""
        trace = secrets.token_hex(6)
        log.info("command.refused", connection=connection.trace, request=request, trace=trace, error_code=error.code)
        return trace

    # ---- what is written

    @property
    def is_full(self) -> bool:
        """Whether more waits for the writer than may (DESIGN 5.7)."""
        batches = self._batches
        return batches.waiting >= self.settings.waiting_messages or batches.waiting_bytes >= self.settings.waiting_bytes

    def holds_back(self, connection: Connection) -> bool:
        """Whether ``connection`` must not be read now; it is told when it may."""
        if not self.is_full:
            return False
        self._full.add(connection)
        return True

    def put(self, entry: Entry) -> None:
        if entry.__class__ is SendEntry:
            self.marks.before_sending(entry.conversation, entry.member)
        self._batches.put(entry)
        if self.is_full and len(self._full) < len(self.connections):
            if not self._full:
                log.warning("writer.full", waiting=self._batches.waiting, bytes=self._batches.waiting_bytes)
            for connection in self.connections - self._full:
                connection.door.pause()
            self._full = set(self.connections)

    def finished(self, finished: Finished) -> None:
        """A batch ended: answers first, then what everybody learns (LOG F2)."""
        for entry, answer in zip(finished.entries, finished.answers, strict=True):
            origin = entry.origin
            if origin.__class__ is Connection:
                origin.answered(entry, answer)
        self.hand_out.finished(finished)
        if self._full and not self.is_full:
            waiting, self._full = self._full, set()
            for connection in waiting:
                connection.read_on()

    def _position(self, row: FeedRow) -> None:
        self.hand_out.rows([row])

    def _fault(self, entry: Entry, error: Exception) -> None:
        log.error("entry.refused_by_database", entry=type(entry).__name__, conversation=entry.conversation, error=type(error).__name__)

    # ---- what happens by itself

    async def _every(self, seconds: float, job: Callable[[], "asyncio.Future[None] | None"]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                waited = job()
                if waited is not None:
                    await waited
            except YizhanError as error:  # the database is away: the next turn tries again
                log.warning("job.postponed", job=job.__name__, error_code=error.code)
            except Exception as error:
                log.exception("job.failed", error, job=job.__name__)

    def _sweep(self) -> "asyncio.Future[None]":
        return asyncio.ensure_future(self.hand_out.sweep())

    def _tokens(self) -> None:
        self.hand_out.tell_tokens()

    def _marks(self) -> None:
        self.marks.flush()
