"""SQLite: all writes on one connection in one thread, readers with connections and threads of their own (DESIGN 10).

A unit of work runs to its end on the writer's thread in one hop (LOG C1), by fair turns with the message batch. Checkpoints run on a
thread of their own, so that no sender waits for them.
"""

import asyncio
import logging
import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from protocol.errors import ContentRefused, StorageFull, YizhanError
from storage.engine import Now
from storage.errors import DatabaseAway
from storage.feed import FeedRow
from storage.statements import Row, Statement
from storage.work import Read, Work
from storage.writer import algorithm
from storage.writer.batch import PATIENCE_SECONDS, Batches, Finished, failed, finished, halves
from storage.writer.entries import Entry
from storage.writer.sqlite import SqliteLog

T = TypeVar("T")
READERS = 2
BUSY_SECONDS = 10.0
CHECKPOINT_SECONDS = 1.0
CHECKPOINT_PAGES = 1000
WAL_BYTES = 64 << 20
CACHE_KIB = 64 << 10
CONTENT = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
NOT_SYNCED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_log = logging.getLogger(__name__)


def open_connection(path: Path, *, writes: bool, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection as we use them: WAL, every commit synced, no transactions begun behind our back."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=busy_seconds, cached_statements=256)
    if writes:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    else:
        connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


class _Executor:
    """``storage.work.Executor`` in a thread: its coroutines never wait, so ``_drive`` runs an act to its end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def all(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(statement.named, statement.for_sqlite(parameters)).fetchall()

    async def run(self, statement: Statement, parameters: Mapping[str, Any]) -> int:
        return self._connection.execute(statement.named, statement.for_sqlite(parameters)).rowcount

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        self._connection.executemany(statement.named, [statement.for_sqlite(row) for row in rows])


def _drive(act: Awaitable[T]) -> T:
    """Run a coroutine that awaits nothing but statements of ``_Executor``."""
    coroutine = cast("Coroutine[Any, Any, T]", act)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    coroutine.close()
    raise RuntimeError("an act awaited something else than its own unit's statements (LOG C1)")


class _Answers:
    """From threads to the loop: many results, one wake-up."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._woken = False

    def post(self, call: Callable[[], None]) -> None:
        self._waiting.append(call)
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:
                return  # the loop is closed: nobody is left to be told

    def _deliver(self) -> None:
        self._woken = False
        waiting = self._waiting
        while waiting:
            waiting.popleft()()


class _Thread:
    """One thread over a queue of calls; None ends it."""

    def __init__(self, name: str, calls: "queue.SimpleQueue[Callable[[], None] | None]") -> None:
        self._calls = calls
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        get = self._calls.get
        while (call := get()) is not None:
            call()

    def join(self) -> None:
        self._thread.join()


class SqliteStorage:
    """``storage.engine.Storage`` on one file."""

    kind = "sqlite"

    def __init__(self, path: Path, now: Now, loop: asyncio.AbstractEventLoop) -> None:
        self.path = path
        self._now = now
        self._loop = loop
        self._answers = _Answers(loop)
        self.on_position: Callable[[FeedRow], None] = lambda row: None
        self._writer = open_connection(path, writes=True)
        self._log = SqliteLog(self._writer)
        self._writes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._free = queue.SimpleQueue[sqlite3.Connection]()
        for _ in range(READERS):
            self._free.put(open_connection(path, writes=False))
        self.batches = Batches(lambda: self._writes.put(self._batch))
        self._threads = [_Thread("sqlite-writer", self._writes), *(_Thread("sqlite-reader", self._reads) for _ in range(READERS))]
        self._closing = threading.Event()
        self._checkpoints = threading.Thread(target=self._checkpoint, name="sqlite-checkpoint", daemon=True)
        self._checkpoints.start()

    @classmethod
    async def open(cls, path: Path, *, now: Now) -> "SqliteStorage":
        return cls(path, now, asyncio.get_running_loop())

    async def close(self) -> None:
        """Ends after what is queued."""
        self._closing.set()
        self._writes.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
        self._checkpoints.join()
        self._writer.close()
        while not self._free.empty():
            self._free.get().close()

    # ---- reading

    async def read(self, act: Callable[[Read], Awaitable[T]]) -> T:
        return await self._call(self._reads, lambda: self._read(act))

    def _read(self, act: Callable[[Read], Awaitable[T]]) -> T:
        connection = self._free.get()
        try:
            connection.execute("BEGIN")
            try:
                return _drive(act(Read(_Executor(connection))))
            finally:
                connection.execute("COMMIT")
        finally:
            self._free.put(connection)

    async def _call(self, calls: "queue.SimpleQueue[Callable[[], None] | None]", call: Callable[[], T]) -> T:
        answer: asyncio.Future[T] = self._loop.create_future()

        def there() -> None:
            try:
                value = call()
            except sqlite3.Error as error:
                failure: Exception = translated(error)
            except Exception as error:
                failure = error
            else:
                self._answers.post(lambda: None if answer.done() else answer.set_result(value))
                return
            self._answers.post(lambda: None if answer.done() else answer.set_exception(failure))

        calls.put(there)
        return await answer

    # ---- units of work

    async def unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        return await self._call(self._writes, lambda: self._transaction(act, in_turn=False, administrative=False))

    async def transact(self, act: Callable[[Work], Awaitable[T]], *, administrative: bool = False) -> T:
        return await self._call(self._writes, lambda: self._transaction(act, in_turn=True, administrative=administrative))

    def _transaction(self, act: Callable[[Work], Awaitable[T]], *, in_turn: bool, administrative: bool) -> T:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            executor = _Executor(connection)
            position = connection.execute("SELECT max(position) + 1 FROM feed").fetchone()[0] if in_turn else None
            work = Work(executor, self._now(), position)
            work.needs_entry = administrative
            value = _drive(act(work))
            told = _drive(work.finish())
            connection.execute("COMMIT")
        except BaseException as error:
            _roll_back(connection, error)
            raise
        if told and position is not None:
            row = FeedRow(position, work.batch, work.now, work.payload)
            self._answers.post(lambda: self.on_position(row))
        return value

    # ---- the message batch

    def _batch(self) -> None:
        connection = self._writer
        until = time.monotonic() + PATIENCE_SECONDS  # noqa: TID251 (the writer's patience, no instant of the product)
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.Error as error:
                if time.monotonic() > until:  # noqa: TID251
                    while entries := self.batches.take():
                        self._tell(self.batches.unknown(entries, translated(error)))
                    return
        entries = self.batches.take()
        if not entries:
            connection.execute("ROLLBACK")
            return
        self._store(entries, begun=True, until=until)

    def _store(self, entries: Sequence[Entry], *, begun: bool, until: float) -> None:
        """One transaction; where its content is refused, each half one of its own, in order (LOG A6)."""
        connection = self._writer
        while True:
            try:
                if not begun:
                    connection.execute("BEGIN IMMEDIATE")
                done = self._decided(entries)
                connection.execute("COMMIT")
            except (sqlite3.Error, OverflowError, UnicodeError) as error:
                begun = False
                _roll_back(connection, error)
                if is_content(error):
                    self._halve(entries, error, until)
                    return
                refused = translated(error)
                if isinstance(refused, StorageFull):
                    self._tell(failed(entries, refused))
                    return
                if time.monotonic() > until:  # noqa: TID251
                    self._tell(self.batches.unknown(entries, refused))
                    return
                time.sleep(0.05)
                continue
            self._tell(finished(done))
            return

    def _decided(self, entries: Sequence[Entry]) -> algorithm.Done:
        node = self.batches.node
        return _drive(
            algorithm.run(
                self._log, entries, known=node.known(), cached=node.cached, batch=os.urandom(16), now=self._now, policy=node.policy
            )
        )

    def _halve(self, entries: Sequence[Entry], error: Exception, until: float) -> None:
        if len(entries) == 1:
            self._answers.post(lambda: self.batches.on_fault(entries[0], error))
            self._tell(failed(entries, ContentRefused()))
            return
        for half in halves(entries):
            if left := self.batches.not_closed(half):
                self._store(left, begun=False, until=until)

    def _tell(self, ended: Finished) -> None:
        self._answers.post(lambda: self.batches.on_finished(ended))

    # ---- checkpoints

    def _checkpoint(self) -> None:
        """Passive ones never make anybody wait; the WAL is cut back when all of it is in the file and it is large."""
        connection = open_connection(self.path, writes=True, busy_seconds=0.2)
        wal = Path(f"{self.path}-wal")
        while not self._closing.wait(CHECKPOINT_SECONDS):
            try:
                if wal.stat().st_size > CHECKPOINT_PAGES * 4096:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except FileNotFoundError:
                continue
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) in NOT_SYNCED:
                    _end_process(error)
                _log.warning("checkpoint failed: %s", error)
        connection.close()


def is_content(error: Exception) -> bool:
    """Whether it is this content that the database does not take, so that others beside it can go on (LOG A6)."""
    if isinstance(error, (OverflowError, UnicodeError)):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in CONTENT


def translated(error: Exception) -> YizhanError:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in NOT_SYNCED:
        _end_process(error)
    full: YizhanError = StorageFull() if code & 0xFF == sqlite3.SQLITE_FULL else DatabaseAway()
    full.__cause__ = error
    return full


def _roll_back(connection: sqlite3.Connection, error: BaseException) -> None:
    if getattr(error, "sqlite_errorcode", 0) in NOT_SYNCED:
        _end_process(error)
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _end_process(error: BaseException) -> None:
    """After a failed fsync nobody knows what is on the disk: only a new process, reading it anew, may answer (LOG A6)."""
    _log.critical("fsync failed, the process ends: %s", error)
    logging.shutdown()
    os._exit(70)
