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

from protocol.errors import ContentRefused, ShuttingDown, StorageFull
from storage.errors import DatabaseAway
from storage.feed import FeedRow
from storage.statements import Row, Statement
from storage.work import Now, Read, Work
from storage.writer import algorithm
from storage.writer.batch import PATIENCE_SECONDS, Batches, Finished, as_unknown, failed, finished, halves
from storage.writer.entries import Entry
from storage.writer.sqlite import SqliteLog

T = TypeVar("T")
READERS = 2
BUSY_SECONDS = 10.0
AGAIN_SECONDS = 0.05
LOOK_SECONDS = 0.002
CHECKPOINT_SECONDS = 1.0
CHECKPOINT_BYTES = 4 << 20
WAL_BYTES = 256 << 20
GATHER_SECONDS = 0.001
GATHER_AFTER, ENOUGH = 4, 64  # entries
CACHE_KIB = 64 << 10
PAGE_BYTES = 2 << 10
"""Of a new file. A message changes little in each of its two pages, and COMMIT writes them whole: with 4 KiB it costs a quarter more."""
CONTENT = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_INTERRUPT,
}
NOT_SYNCED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_log = logging.getLogger(__name__)


def open_connection(path: Path, *, writes: bool, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection as we use them: WAL, every commit synced, no transactions begun behind our back."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=busy_seconds, cached_statements=256)
    if writes:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # a file that is there keeps its own
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
        self.written: set[str] = set()
        """The tables that were written to."""

    async def all(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        if statement.table:
            self.written.add(statement.table)
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(statement.named, statement.for_sqlite(parameters)).fetchall()

    async def run(self, statement: Statement, parameters: Mapping[str, Any]) -> int:
        self.written.add(statement.table)
        return self._connection.execute(statement.named, statement.for_sqlite(parameters)).rowcount

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        self.written.add(statement.table)
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
            try:
                waiting.popleft()()
            except Exception:
                _log.exception("who was told of a commit failed")


def _refuse(answer: "asyncio.Future[Any]", failure: Exception) -> None:
    if not answer.done():
        answer.set_exception(failure)
    else:  # who asked has gone: the failure stands in the log
        _log.warning("an act failed after its caller had gone", exc_info=failure)


class _Thread:
    """One thread over a queue of calls; None ends it."""

    def __init__(self, name: str, calls: "queue.SimpleQueue[Callable[[], None] | None]") -> None:
        self._calls = calls
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        get = self._calls.get
        while (call := get()) is not None:
            try:
                call()
            except Exception:  # nothing should come here; whatever does, those who come later are served
                _log.exception("a call to the database's thread failed")

    def join(self) -> None:
        self._thread.join()


class SqliteStorage:
    """``storage.engine.Storage`` on one file."""

    kind = "sqlite"

    def __init__(self, path: Path, now: Now, loop: asyncio.AbstractEventLoop, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._now = now
        self._loop = loop
        self._answers = _Answers(loop)
        self.on_position: Callable[[FeedRow], None] = lambda row: None
        self._writer = open_connection(path, writes=True, busy_seconds=busy_seconds)
        self._writer.execute("PRAGMA busy_timeout = 0")  # ``_take_turn`` waits instead
        self._busy_seconds = busy_seconds
        self._log = SqliteLog(self._writer)
        self._writes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._free = queue.SimpleQueue[sqlite3.Connection]()
        for _ in range(READERS):
            self._free.put(open_connection(path, writes=False))
        self._ended, self._last_size = 0.0, 0  # of the last batch
        self.batches = Batches(lambda: self._writes.put(self._batch))
        self._threads = [_Thread("sqlite-writer", self._writes), *(_Thread("sqlite-reader", self._reads) for _ in range(READERS))]
        self._closing = threading.Event()
        self._checkpoints = threading.Thread(target=self._checkpoint, name="sqlite-checkpoint", daemon=True)
        self._checkpoints.start()

    @classmethod
    async def open(cls, path: Path, *, now: Now, busy_seconds: float = BUSY_SECONDS) -> "SqliteStorage":
        """Raises: DatabaseAway where the file cannot be opened."""
        try:
            return cls(path, now, asyncio.get_running_loop(), busy_seconds)
        except sqlite3.Error as error:
            failure = translated(error)
            if failure is error:
                raise
            raise failure from error

    async def close(self) -> None:
        """Ends after what is queued; what comes later is refused as unknown."""
        self._closing.set()
        self._writes.put(self._last_batches)
        self._writes.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        await asyncio.to_thread(self._join)
        self.batches.end()

    def _last_batches(self) -> None:
        """More may wait than one batch takes."""
        while self.batches.waiting:
            self._batch()

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
                return _drive(act(Read(_Executor(connection), self._now())))
            finally:
                connection.execute("COMMIT")
        finally:
            self._free.put(connection)

    async def _call(self, calls: "queue.SimpleQueue[Callable[[], None] | None]", call: Callable[[], T]) -> T:
        if self._closing.is_set():
            raise ShuttingDown
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
            self._answers.post(lambda: _refuse(answer, failure))

        calls.put(there)
        return await answer

    # ---- units of work

    async def unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        return await self._call(self._writes, lambda: self._transaction(act, in_turn=False, administrative=False))

    async def transact(self, act: Callable[[Work], Awaitable[T]], *, administrative: bool = False) -> T:
        return await self._call(self._writes, lambda: self._transaction(act, in_turn=True, administrative=administrative))

    def _transaction(self, act: Callable[[Work], Awaitable[T]], *, in_turn: bool, administrative: bool) -> T:
        connection = self._writer
        self._take_turn(time.monotonic() + self._busy_seconds)  # noqa: TID251 (the writer's patience, no instant of the product)
        try:
            executor = _Executor(connection)
            position = connection.execute("SELECT max(position) + 1 FROM feed").fetchone()[0] if in_turn else None
            work = Work(executor, self._now(), position)
            work.needs_entry = administrative
            value = _drive(act(work))
            told = _drive(work.finish())
            connection.execute("COMMIT")
        except BaseException as error:
            self._log.failed()
            _roll_back(connection, error)
            raise
        self._log.written(executor.written)
        if told and position is not None:
            row = FeedRow(position, work.batch, work.now, work.payload)
            self._answers.post(lambda: self.on_position(row))
        return value

    def _take_turn(self, until: float) -> None:
        """Until another process has ended its turn.

        SQLite's own patience sleeps longer and longer, up to a tenth of a second between two looks. Beside a process that writes in short
        pieces, as an import does, it found the turn taken again most times, and messages waited for a second.
        """
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:  # noqa: TID251
                    raise
                time.sleep(LOOK_SECONDS)

    # ---- the message batch

    def _batch(self) -> None:
        self._gather()
        until = time.monotonic() + PATIENCE_SECONDS  # noqa: TID251 (the writer's patience, no instant of the product)
        try:
            self._begin(until)
        except sqlite3.Error as error:
            self._tell_lost(self.batches.take_all(), translated(error))
            return
        entries = self.batches.take()
        if entries:
            self._store(entries, until)
        else:
            self._writer.execute("ROLLBACK")

    def _gather(self) -> None:
        """Where batches of some size follow each other, a moment's patience makes them larger: a commit costs as much as 20 messages."""
        since = time.monotonic() - self._ended  # noqa: TID251 (the writer's pace, no instant of the product)
        if since < GATHER_SECONDS and self._last_size >= GATHER_AFTER and self.batches.waiting < ENOUGH:
            time.sleep(GATHER_SECONDS)

    def _begin(self, until: float) -> None:
        """The turn, asked for until ``until``."""
        while True:
            try:
                self._take_turn(until)
                return
            except sqlite3.Error as error:
                if not isinstance(translated(error), DatabaseAway) or time.monotonic() > until:  # noqa: TID251
                    raise
                time.sleep(AGAIN_SECONDS)

    def _store(self, entries: Sequence[Entry], until: float) -> None:
        """One transaction, begun already; where its content is refused, each half one of its own, in order (LOG A6).

        What can still not be stored at ``until`` is unknown, and so is all that comes after it (LOG A7).
        """
        parts = [entries]
        while parts:
            part = parts.pop()
            try:
                if not self._writer.in_transaction:
                    self._begin(until)
                done = self._decided(part)
                self._writer.execute("COMMIT")
            except Exception as error:
                self._log.failed()
                _roll_back(self._writer, error)
                failure = translated(error)
                if is_content(error):
                    parts += self._halved(part, error)
                elif isinstance(failure, StorageFull):
                    self._tell(failed(part, failure))
                elif isinstance(failure, DatabaseAway) and time.monotonic() < until:  # noqa: TID251
                    parts.append(part)
                    time.sleep(AGAIN_SECONDS)
                else:
                    self._tell_lost([entry for rest in (part, *reversed(parts)) for entry in rest], failure)
                    return
            else:
                self._log.committed()
                self._tell(finished(done))
                self._ended, self._last_size = time.monotonic(), len(entries)  # noqa: TID251

    def _decided(self, entries: Sequence[Entry]) -> algorithm.Done:
        node = self.batches.node
        return _drive(
            algorithm.run(
                self._log, entries, known=node.known(), cached=node.cached, batch=os.urandom(16), now=self._now, policy=node.policy
            )
        )

    def _halved(self, part: Sequence[Entry], error: Exception) -> list[Sequence[Entry]]:
        """What is to be stored instead, the last first."""
        if len(part) > 1:
            first, second = halves(part)
            return [second, first]
        self._answers.post(lambda: self.batches.tell_fault(part[0], error))
        self._tell(failed(part, ContentRefused()))
        return []

    def _tell(self, ended: Finished) -> None:
        self._answers.post(lambda: self.batches.tell(ended))

    def _tell_lost(self, entries: Sequence[Entry], failure: Exception) -> None:
        self._tell(failed(entries, failure) if isinstance(failure, StorageFull) else self.batches.unknown(entries, as_unknown(failure)))

    # ---- checkpoints

    def _checkpoint(self) -> None:
        """Passive ones never make anybody wait, and beside a stream of writes they never reach the WAL's end: it would grow for ever
        (460 MB in 25 s). So where it is large the writer does the last pages, between two transactions; its next write then begins the
        WAL anew, cut back to ``WAL_BYTES``.
        """
        connection = open_connection(self.path, writes=True, busy_seconds=0.2)
        wal = Path(f"{self.path}-wal")
        while not self._closing.wait(CHECKPOINT_SECONDS):
            try:
                size = wal.stat().st_size
            except FileNotFoundError:
                continue
            if size > CHECKPOINT_BYTES:
                _checkpoint(connection)
            if size > WAL_BYTES:
                _checkpoint(connection)  # what was written during the first, so that little is left
                self._writes.put(lambda: _checkpoint(self._writer))
        connection.close()


def _checkpoint(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error as error:
        translated(error)  # a failed fsync ends the process
        _log.warning("checkpoint failed: %s", error)


def is_content(error: Exception) -> bool:
    """Whether it is this content that the database does not take, so that others beside it can go on (LOG A6)."""
    if isinstance(error, (OverflowError, UnicodeError)):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in CONTENT


def translated(error: Exception) -> Exception:
    """As the rest of the server knows it; what is neither the disk nor the database's state is a fault of ours and stays as it is."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in NOT_SYNCED:
        _end_process(error)
    if code & 0xFF == sqlite3.SQLITE_FULL:
        failure: Exception = StorageFull()
    elif code & 0xFF in AWAY:
        failure = DatabaseAway()
    else:
        return error
    failure.__cause__ = error
    return failure


def _roll_back(connection: sqlite3.Connection, error: BaseException) -> None:
    if getattr(error, "sqlite_errorcode", 0) in NOT_SYNCED:
        _end_process(error)
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error as stuck:  # a connection that cannot be brought out of its transaction serves nobody
        _end_process(stuck)


def _end_process(error: BaseException) -> None:
    """After a failed fsync nobody knows what is on the disk: only a new process, reading it anew, may answer (LOG A6)."""
    _log.critical("the database's file cannot be trusted, the process ends: %s", error)
    logging.shutdown()
    os._exit(70)
