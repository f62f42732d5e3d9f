"""PostgreSQL through asyncpg: pools for reading and for units, and the turn as an advisory lock (LOG A1, A8, B, C).

Connections that take the turn have short time-outs for standing still in it; COMMIT has none and is never cancelled.
"""

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import asyncpg

from protocol.errors import ContentRefused, OutcomeUnknown, ShuttingDown, StorageFull
from storage import feed
from storage.errors import DatabaseAway
from storage.feed import FeedRow
from storage.statements import Row, Statement
from storage.work import Now, Read, Work
from storage.writer import algorithm
from storage.writer.batch import PATIENCE_SECONDS, Batches, Finished, as_unknown, failed, finished, halves
from storage.writer.entries import Entry
from storage.writer.postgres import PostgresLog

T = TypeVar("T")
TURN = 0x59695A68616E  # 'YiZhan': the key of the advisory lock
READ_CONNECTIONS = 6
TURN_CONNECTIONS = 2
AGAIN_SECONDS = 0.1
CLOSE_SECONDS = 5.0
BEGIN_IN_TURN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({TURN})"
SECONDS_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
IN_TURN = {
    "idle_in_transaction_session_timeout": "1s",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    "plan_cache_mode": "force_generic_plan",
    "synchronous_commit": "on",
    "application_name": "yizhan writer",
    "jit": "off",
}
KEEPALIVE = {
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    **{(socket.IPPROTO_TCP, getattr(socket, name)): value for name, value in SECONDS_ALIVE.items() if hasattr(socket, name)},
}
ELSEWHERE = {**IN_TURN, "idle_in_transaction_session_timeout": "5s", "application_name": "yizhan"}
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # used after the server said that it ends the connection, and before it did (a process that stood still)
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    OSError,
)
FAILURES = (asyncpg.PostgresError, *AWAY, TimeoutError)
CONTENT = {"23502", "23514"}
PASSING = {"08", "40", "53", "57"}  # connection, rollback by the server, resources, intervention
# stood still in the turn, waited too long for a lock (LOG A8); connected to a standby while it takes over; its disk does not answer
ENDED = {"25P03", "55P03", "25006", "58030"}
_log = logging.getLogger(__name__)


class _Executor:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def all(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        rows: list[Row] = await self._connection.fetch(statement.numbered, *statement.for_postgres(parameters))
        return rows

    async def run(self, statement: Statement, parameters: Mapping[str, Any]) -> int:
        said: str = await self._connection.execute(statement.numbered, *statement.for_postgres(parameters))
        return int(said.rsplit(" ", 1)[-1])

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        await self._connection.executemany(statement.numbered, [statement.for_postgres(row) for row in rows])


async def _kept_alive(connection: Any) -> None:
    """A connection whose other end has gone without a word breaks within half a minute: COMMIT waits for its answer without a time-out."""
    there = connection._transport.get_extra_info("socket")  # asyncpg has no way of its own to say it
    if there is not None and there.family != socket.AF_UNIX:
        for option, value in KEEPALIVE.items():
            there.setsockopt(*option, value)


async def _as_is(connection: Any) -> None:
    """We leave nothing behind on a connection that would have to be reset: saves a round trip for each use."""


class Lost(Exception):
    """COMMIT had no answer."""


class _Line:
    """Our own transactions in the order in which they got the turn: each is told of when those before it have ended.

    Their answers come by different connections, so a later COMMIT's may be heard of first.
    """

    def __init__(self) -> None:
        self._line: deque[asyncio.Future[None]] = deque()

    def enter(self) -> "asyncio.Future[None]":
        """To be called as soon as one has the turn."""
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        return place

    async def first(self, place: "asyncio.Future[None]") -> None:
        while self._line[0] is not place:
            await self._line[0]

    def leave(self, place: "asyncio.Future[None] | None") -> None:
        """Told of, or nothing to tell."""
        if place is not None and not place.done():
            place.set_result(None)
        while self._line and self._line[0].done():
            self._line.popleft()


class _Late:
    """Tells what waits that nobody knows what becomes of it, while a COMMIT has no answer for longer than the writer has patience.

    COMMIT itself has no time-out (LOG A8): the transaction goes on, and if it ends well its messages are handed out. Only its senders
    have heard of it already, so they are told no more, and nothing of theirs is taken that came later (LOG A7).
    """

    def __init__(self, batches: Batches, entries: Sequence[Entry]) -> None:
        self._batches = batches
        self._entries = entries
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(PATIENCE_SECONDS, self._tell)
        self.has_told = False

    def _tell(self) -> None:
        waiting = self._batches.take_all()
        told = waiting if self.has_told else [*self._entries, *waiting]
        self.has_told = True
        if told:
            self._batches.tell(self._batches.unknown(told, as_unknown(DatabaseAway())))
        self._timer = self._loop.call_later(AGAIN_SECONDS, self._tell)

    def tell(self, ended: Finished) -> None:
        """What became of a part of the batch: the answers too, where they are still waited for."""
        if not self.has_told:
            self._batches.tell(ended)
        elif ended.decision is not None:
            self._batches.tell(Finished((), (), ended.decision, ended.earlier, ended.stays, ended.batch))

    def end(self) -> None:
        self._timer.cancel()


class PostgresStorage:
    """``storage.engine.Storage`` on a PostgreSQL database."""

    kind = "postgres"

    def __init__(self, dsn: str, now: Now, reads: Any, turns: Any) -> None:
        self._dsn = dsn
        self._now = now
        self._reads = reads
        self._turns = turns
        self.on_position: Callable[[FeedRow], None] = lambda row: None
        self._arrived = asyncio.Event()
        self.batches = Batches(self._arrived.set)
        self._connection: Any = None
        self._line = _Line()
        self._late: _Late | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="postgres-writer")

    @classmethod
    async def open(cls, dsn: str, *, now: Now) -> "PostgresStorage":
        """Raises: DatabaseAway, and what PostgreSQL says of a database or a user that is not there."""
        try:
            reads = await asyncpg.create_pool(
                dsn, min_size=1, max_size=READ_CONNECTIONS, server_settings=ELSEWHERE, reset=_as_is, init=_kept_alive
            )
            try:
                turns = await asyncpg.create_pool(
                    dsn, min_size=1, max_size=TURN_CONNECTIONS, server_settings=IN_TURN, reset=_as_is, init=_kept_alive
                )
            except BaseException:
                reads.terminate()
                raise
        except FAILURES as error:
            _raise(error)
        return cls(dsn, now, reads, turns)

    async def close(self) -> None:
        """Ends after what is under way; what comes later is refused as unknown."""
        self._closing = True
        self._arrived.set()
        await self._writer
        self.batches.end()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for pool in (self._reads, self._turns):
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await pool.close()
            except FAILURES:
                pool.terminate()
        if self._connection is not None:
            self._connection.terminate()

    # ---- reading and units

    async def read(self, act: Callable[[Read], Awaitable[T]]) -> T:
        try:
            async with self._reads.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
                return await act(Read(_Executor(connection), self._now()))
        except FAILURES as error:
            _raise(error)

    async def unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        return await self._to_its_end(self._unit(act))

    async def _unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        try:
            async with self._reads.acquire() as connection, connection.transaction():
                return await act(Work(_Executor(connection), self._now()))
        except FAILURES as error:
            _raise(error)

    async def transact(self, act: Callable[[Work], Awaitable[T]], *, administrative: bool = False) -> T:
        return await self._to_its_end(self._transact(act, administrative))

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Who asked may go away; what writes is not cut short, as it is not on SQLite: a cancelled COMMIT would not wait for the
        standby, and a cancelled act would leave its connection in the turn."""
        if self._closing:
            work.close()
            raise ShuttingDown
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_told_to_nobody)
            raise

    async def _transact(self, act: Callable[[Work], Awaitable[T]], administrative: bool) -> T:
        """LOG B1: after a COMMIT without an answer it looks at the position that it would have had before it runs again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            place: asyncio.Future[None] | None = None
            work: Work | None = None
            try:
                async with self._turns.acquire() as connection:
                    place = await self._take_turn(connection)
                    work, value, told = await self._in_turn(connection, act, administrative)
                    await _commit(connection)
                await self._line.first(place)
            except Lost as error:
                self._line.leave(place)  # whoever waits behind it does not wait for the answer
                assert work is not None
                if not await self._happened(work):
                    if loop.time() > until:
                        raise DatabaseAway from error
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
            except FAILURES as error:
                _raise(error)
            else:
                self._told(work, told)
                return value
            finally:
                self._line.leave(place)
            self._told(work, told)
            return value

    def _told(self, work: Work, told: bool) -> None:
        if told:
            try:
                self.on_position(FeedRow(work.position, work.batch, work.now, work.payload))
            except Exception:
                _log.exception("who was told of a commit failed")

    async def _take_turn(self, connection: Any) -> "asyncio.Future[None]":
        try:
            await connection.execute(BEGIN_IN_TURN)
        except BaseException:
            await _roll_back(connection)
            raise
        return self._line.enter()

    async def _in_turn(self, connection: Any, act: Callable[[Work], Awaitable[T]], administrative: bool) -> tuple[Work, T, bool]:
        try:
            now = self._now()
            position = await Read(_Executor(connection), now).value(feed.HEAD)
            work = Work(_Executor(connection), now, position + 1)
            work.needs_entry = administrative
            value = await act(work)
            return work, value, await work.finish()
        except BaseException:
            await _roll_back(connection)
            raise

    async def _happened(self, work: Work) -> bool:
        """Whether the lost COMMIT of ``work`` took place. Raises: OutcomeUnknown where nobody can say any more."""
        if not work.wrote:
            return False
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                async with self._turns.acquire() as connection, connection.transaction():
                    await connection.execute(f"SELECT pg_advisory_xact_lock({TURN})")
                    look = Read(_Executor(connection), self._now())
                    there, lowest = await look.value(feed.AT, position=work.position), await look.value(feed.LOWEST)
                if there is None and work.position < lowest:
                    raise OutcomeUnknown
                return bool(there == work.batch)
            except FAILURES as error:
                if asyncio.get_running_loop().time() > until:
                    raise OutcomeUnknown from error
                await asyncio.sleep(AGAIN_SECONDS)

    # ---- the message batch

    async def _write(self) -> None:
        while not self._closing or self.batches.waiting:
            await self._arrived.wait()
            self._arrived.clear()
            if self.batches.waiting:
                try:
                    await self._batch()
                except Exception:  # nothing should come here; whatever does, those who come later are served
                    _log.exception("the writer failed")
                    await self._drop_connection()

    async def _batch(self) -> None:
        """Takes what has arrived when it has the turn; while the database is away the senders wait, in the end `unknown`."""
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        try:
            place = await self._begin(until)
        except Exception as error:
            await self._drop_connection()
            self.batches.tell(self._lost(self.batches.take_all(), translated(error), maybe_stored=False))
            return
        entries = self.batches.take()
        if entries:
            await self._store(entries, place, until)
        else:
            self._line.leave(place)
            await _roll_back(self._connection)

    async def _begin(self, until: float) -> "asyncio.Future[None]":
        """The turn, asked for until ``until``, on new connections where they break."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                if self._connection is None or self._connection.is_closed():
                    patience = max(until - loop.time(), 1.0)
                    self._connection = await asyncpg.connect(self._dsn, server_settings=IN_TURN, timeout=patience)
                    await _kept_alive(self._connection)
                return await self._take_turn(self._connection)
            except FAILURES as error:
                await self._drop_connection()
                if not isinstance(translated(error), DatabaseAway) or loop.time() > until:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)

    async def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _store(self, entries: Sequence[Entry], place: "asyncio.Future[None] | None", until: float) -> None:
        """One transaction, begun already; where its content is refused, each half one of its own, in order (LOG A6).

        A lost COMMIT just runs again (LOG B1). What can still not be stored at ``until`` is unknown, and so is all that comes after it
        (LOG A7).
        """
        self._late = _Late(self.batches, entries)
        try:
            await self._store_parts(entries, place, until)
        finally:
            self._late.end()

    async def _store_parts(self, entries: Sequence[Entry], place: "asyncio.Future[None] | None", until: float) -> None:
        loop = asyncio.get_running_loop()
        parts, maybe_stored = [entries], False
        while parts:
            part = parts.pop()
            try:
                if place is None:
                    place = await self._begin(until)
                    if self._late is not None and self._late.has_told:  # what is in no transaction is dropped with its origin (LOG A7)
                        self._line.leave(place)
                        await _roll_back(self._connection)
                        return
                done = await self._decided(part)
                await _commit(self._connection)
                await self._line.first(place)
            except Exception as error:
                self._line.leave(place)
                place = None
                failure = translated(error)
                maybe_stored = maybe_stored or isinstance(error, Lost)
                if is_content(error) or isinstance(failure, StorageFull):
                    await _roll_back(self._connection)
                else:
                    await self._drop_connection()
                if is_content(error):
                    parts += self._halved(part, error)
                elif isinstance(failure, DatabaseAway) and loop.time() < until:
                    parts.append(part)
                    await asyncio.sleep(AGAIN_SECONDS)
                elif isinstance(failure, StorageFull) and not maybe_stored:
                    self._tell(failed(part, failure))
                else:
                    self._tell(self._lost([entry for rest in (part, *reversed(parts)) for entry in rest], failure, maybe_stored))
                    return
            else:
                self._tell(finished(done))
                self._line.leave(place)
                place = None

    async def _decided(self, entries: Sequence[Entry]) -> algorithm.Done:
        node = self.batches.node
        return await algorithm.run(
            PostgresLog(self._connection),
            entries,
            known=node.known(),
            cached=node.cached,
            batch=os.urandom(16),
            now=self._now,
            policy=node.policy,
        )

    def _halved(self, part: Sequence[Entry], error: Exception) -> list[Sequence[Entry]]:
        """What is to be stored instead, the last first."""
        if len(part) > 1:
            first, second = halves(part)
            return [second, first]
        self.batches.tell_fault(part[0], error)
        self._tell(failed(part, ContentRefused()))
        return []

    def _tell(self, ended: Finished) -> None:
        assert self._late is not None, "made with the batch"
        self._late.tell(ended)

    def _lost(self, entries: Sequence[Entry], failure: Exception, maybe_stored: bool) -> Finished:
        """A full disk refuses, unless an earlier attempt may have been stored."""
        if isinstance(failure, StorageFull):
            return self.batches.unknown(entries) if maybe_stored else failed(entries, failure)
        return self.batches.unknown(entries, as_unknown(failure))


async def _roll_back(connection: Any) -> None:
    """Out of its transaction, or else out of use: nobody gets a connection that is still in the turn."""
    try:
        if connection is not None and not connection.is_closed():
            await connection.execute("ROLLBACK")
    except BaseException as error:
        _end(connection)
        if not isinstance(error, FAILURES):
            raise


def _end(connection: Any) -> None:
    try:
        connection.terminate()
    except asyncpg.InterfaceError:
        return  # it broke, and its pool has taken it back already


async def _commit(connection: Any) -> None:
    """Never cancelled: a cancel would end the wait for the standby. Raises: Lost where there was no answer."""
    try:
        await connection.execute("COMMIT")
    except FAILURES as error:
        if getattr(error, "sqlstate", "")[:2] == "53" or is_content(error):
            await _roll_back(connection)
            raise
        _end(connection)
        raise Lost from error


def is_content(error: Exception) -> bool:
    """Whether it is this content that the database does not take (LOG A6): class 22, 23502, 23514, or asyncpg's own refusal to encode."""
    if isinstance(error, (OverflowError, UnicodeError, asyncpg.DataError)):
        return True
    state: str = getattr(error, "sqlstate", "") or ""
    return state.startswith("22") or state in CONTENT


def is_away(error: Exception) -> bool:
    """Whether the connection is at fault; an ``InterfaceError`` on a live one is ours."""
    if isinstance(error, asyncpg.InterfaceError):
        text = str(error)  # "connection is closed", "pool is closing", "connection has been released back to the pool": it broke
        return not isinstance(error, asyncpg.DataError) and ("clos" in text or "released" in text)
    return isinstance(error, (*AWAY, TimeoutError))


def translated(error: Exception) -> Exception:
    """As the rest of the server knows it; what is neither the disk nor the connection is a fault of ours and stays as it is."""
    state: str = getattr(error, "sqlstate", "") or ""
    if state == "53100":
        failure: Exception = StorageFull()
    elif isinstance(error, Lost) or is_away(error) or state[:2] in PASSING or state in ENDED:
        failure = DatabaseAway()
    else:
        return error
    failure.__cause__ = error
    return failure


def _told_to_nobody(task: "asyncio.Future[Any]") -> None:
    """Who asked has gone: the failure stands in the log."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("an act failed after its caller had gone", exc_info=error)


def _raise(error: Exception) -> NoReturn:
    failure = translated(error)
    if failure is error:
        raise error
    raise failure from error
