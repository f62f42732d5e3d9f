"""Gathering: what arrives waits here until the writer has the turn, and what becomes of it is told from here (LOG A2, A6, A7).

The transaction itself is the adapter's. Called from two threads on SQLite: the loop puts, the writer's thread takes.
"""

import logging
import threading
import weakref
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field

from protocol.errors import InternalError, OutcomeUnknown, ShuttingDown, YizhanError
from storage.feed import FeedRow
from storage.writer.algorithm import Done
from storage.writer.decide import Decision, Policy
from storage.writer.entries import Entry, Outcome

MOST_ENTRIES = 1000
PATIENCE_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Finished:
    """A batch as it ended, for the loop: its answers, and what the node is to hand out.

    ``decision`` is None where nothing was stored (all of it failed alike). ``earlier``: feed rows of others before this batch's position,
    from the node's last known one on. ``stays``: of conversations that the node had not in memory, as of the position before (LOG F1).
    """

    __slots__ = ("answers", "batch", "decision", "earlier", "entries", "stays")

    def __init__(
        self,
        entries: Sequence[Entry],
        answers: Sequence[Outcome | None],
        decision: Decision | None = None,
        earlier: Sequence[FeedRow] = (),
        stays: dict[int, dict[int, int]] | None = None,
        batch: bytes = b"",
    ) -> None:
        self.entries = entries
        self.answers = answers
        self.decision = decision
        self.earlier = earlier
        self.stays = stays or {}
        self.batch = batch


def finished(done: Done) -> Finished:
    return Finished(done.entries, done.decision.answers, done.decision, done.earlier, done.stays, done.batch)


def failed(entries: Sequence[Entry], error: YizhanError) -> Finished:
    return Finished(entries, [error] * len(entries))


@dataclass
class Node:
    """What the writer must know of the node that it writes for."""

    known: Callable[[], int] = field(default=lambda: 0)
    """The newest position whose feed row the node has in hand: applied, or queued to be."""
    cached: Container[int] = frozenset()
    """The conversations whose stays it has in memory."""
    policy: Policy = field(default_factory=Policy)


class Batches:
    """The message writer as the loop sees it: ``put`` entries, hear of ``on_finished``, in the order of the commits."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._inbox: list[Entry] = []
        # origins that got an `unknown`: nothing of theirs is taken any more (LOG A7); weak, for it may be gone when it gets one
        self._closed: weakref.WeakSet[object] = weakref.WeakSet()
        self._wake = wake
        self._ended = False
        self.waiting_bytes = 0
        self.node = Node()
        self.on_finished: Callable[[Finished], None] = lambda finished: None
        self.on_fault: Callable[[Entry, Exception], None] = lambda entry, error: None
        """An entry that the database refused although our checks let it pass (LOG A6)."""

    @property
    def waiting(self) -> int:
        return len(self._inbox)

    def put(self, entry: Entry) -> None:
        with self._lock:
            if self._closed and entry.origin in self._closed:
                return
            ended = self._ended
            first = not self._inbox
            if not ended:
                self._inbox.append(entry)
                self.waiting_bytes += entry.size
        if ended:
            self.tell(failed([entry], ShuttingDown()))
        elif first:
            self._wake()

    def take(self, most: int = MOST_ENTRIES) -> list[Entry]:
        """What has arrived, when the turn is there (LOG A2)."""
        with self._lock:
            inbox = self._inbox
            if len(inbox) <= most:
                self._inbox = []
                self.waiting_bytes = 0
            else:
                inbox, self._inbox = inbox[:most], inbox[most:]
                self.waiting_bytes -= sum(entry.size for entry in inbox)
            more = bool(self._inbox)
        if more:
            self._wake()
        return inbox

    def take_all(self) -> list[Entry]:
        """Of a database that is away nobody waits longer because others wait before him."""
        return self.take(max(self.waiting, 1))

    def close(self, origins: Iterable[object]) -> None:
        """Forget what of these origins waits and take nothing more of them (LOG A7); until ``forget``.

        None is nobody's origin; others are held weakly, so they must allow that (no ``__slots__`` without ``__weakref__``).
        """
        with self._lock:
            self._closed.update(origin for origin in origins if origin is not None)
            self._drop()

    def forget(self, origin: object) -> None:
        """The origin is gone; what it had put is stored all the same, unless it was closed."""
        with self._lock:
            if origin in self._closed:
                self._drop()
                self._closed.discard(origin)

    def _drop(self) -> None:
        self._inbox = [entry for entry in self._inbox if entry.origin not in self._closed]
        self.waiting_bytes = sum(entry.size for entry in self._inbox)

    def unknown(self, entries: Sequence[Entry], error: YizhanError | None = None) -> Finished:
        """End ``entries`` as unknown, and with them all that waits of the same origins."""
        self.close(entry.origin for entry in entries)
        return failed(entries, error or OutcomeUnknown())

    def tell(self, ended: Finished) -> None:
        """On the loop: what became of a batch. Whatever goes wrong there, the writer goes on."""
        try:
            self.on_finished(ended)
        except Exception:
            _log.exception("who was told of a batch failed")

    def tell_fault(self, entry: Entry, error: Exception) -> None:
        """On the loop: what the database refused."""
        try:
            self.on_fault(entry, error)
        except Exception:
            _log.exception("who was told of a fault failed")

    def end(self) -> None:
        """On the loop: the writer has ended. Who still waits is told so, and who comes later."""
        self._ended = True
        waiting = self.take_all()
        if waiting:
            self.tell(failed(waiting, ShuttingDown()))


def as_unknown(error: Exception) -> YizhanError:
    """What the senders hear of ``error``; one that is neither the disk nor the connection is a fault of ours and stands in the log."""
    if isinstance(error, YizhanError):
        return error
    _log.error("the batch cannot be stored", exc_info=error)
    return InternalError()


def halves(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    middle = len(entries) // 2
    return entries[:middle], entries[middle:]
