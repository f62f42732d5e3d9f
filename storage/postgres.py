"""PostgreSQL through asyncpg: pools for reading and for units, and the turn as an advisory lock (LOG A1, A8, B, C).

Connections that take the turn have short time-outs for standing still in it; COMMIT has none and is never cancelled.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg

from protocol.errors import ContentRefused, InternalError, OutcomeUnknown, StorageFull, YizhanError
from storage import feed
from storage.engine import Now
from storage.errors import DatabaseAway
from storage.feed import FeedRow
from storage.statements import Row, Statement
from storage.work import Read, Work
from storage.writer import algorithm
from storage.writer.batch import PATIENCE_SECONDS, Batches, Finished, failed, finished, halves
from storage.writer.entries import Entry
from storage.writer.postgres import PostgresLog

T = TypeVar("T")
TURN = 0x59695A68616E  # 'YiZhan': the key of the advisory lock
READ_CONNECTIONS = 6
TURN_CONNECTIONS = 2
AGAIN_SECONDS = 0.1
BEGIN_IN_TURN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({TURN})"
IN_TURN = {
    "idle_in_transaction_session_timeout": "1s",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    "plan_cache_mode": "force_generic_plan",
    "synchronous_commit": "on",
    "application_name": "yizhan writer",
    "jit": "off",
}
ELSEWHERE = {**IN_TURN, "idle_in_transaction_session_timeout": "5s", "application_name": "yizhan"}
AWAY = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError, OSError)
CONTENT = {"23502", "23514"}
PASSING = {"08", "40", "53", "57"}  # connection, rollback by the server, resources, intervention
ENDED = {"25P03", "55P03"}  # stood still in the turn, waited too long for a lock (LOG A8)
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


async def _as_is(connection: Any) -> None:
    """We leave nothing behind on a connection that would have to be reset: saves a round trip for each use."""


class Lost(Exception):
    """COMMIT had no answer."""


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
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="postgres-writer")

    @classmethod
    async def open(cls, dsn: str, *, now: Now) -> "PostgresStorage":
        reads = await asyncpg.create_pool(dsn, min_size=1, max_size=READ_CONNECTIONS, server_settings=ELSEWHERE, reset=_as_is)
        turns = await asyncpg.create_pool(dsn, min_size=1, max_size=TURN_CONNECTIONS, server_settings=IN_TURN, reset=_as_is)
        return cls(dsn, now, reads, turns)

    async def close(self) -> None:
        """Ends after the batch that is under way."""
        self._closing = True
        self._arrived.set()
        await self._writer
        if self._connection is not None:
            await self._connection.close()
        await self._reads.close()
        await self._turns.close()

    # ---- reading and units

    async def read(self, act: Callable[[Read], Awaitable[T]]) -> T:
        try:
            async with self._reads.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
                return await act(Read(_Executor(connection)))
        except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
            raise translated(error) from error

    async def unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        try:
            async with self._reads.acquire() as connection, connection.transaction():
                return await act(Work(_Executor(connection), self._now()))
        except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
            raise translated(error) from error

    async def transact(self, act: Callable[[Work], Awaitable[T]], *, administrative: bool = False) -> T:
        """LOG B1: after a COMMIT without an answer it looks at the position that it would have had before it runs again."""
        while True:
            work: Work | None = None
            try:
                async with self._turns.acquire() as connection:
                    work, value, told = await self._in_turn(connection, act, administrative)
                    await _commit(connection)
            except Lost:
                assert work is not None
                if not await self._happened(work):
                    continue
            except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
                raise translated(error) from error
            if told:
                self.on_position(FeedRow(work.position, work.batch, work.now, work.payload))
            return value

    async def _in_turn(self, connection: Any, act: Callable[[Work], Awaitable[T]], administrative: bool) -> tuple[Work, T, bool]:
        await connection.execute(BEGIN_IN_TURN)
        try:
            position = await Read(_Executor(connection)).value(feed.HEAD)
            work = Work(_Executor(connection), self._now(), position + 1)
            work.needs_entry = administrative
            value = await act(work)
            return work, value, await work.finish()
        except BaseException:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
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
                    look = Read(_Executor(connection))
                    there, lowest = await look.value(feed.AT, position=work.position), await look.value(feed.LOWEST)
                if there is None and work.position < lowest:
                    raise OutcomeUnknown
                return bool(there == work.batch)
            except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
                if asyncio.get_running_loop().time() > until:
                    raise OutcomeUnknown from error
                await asyncio.sleep(AGAIN_SECONDS)

    # ---- the message batch

    async def _write(self) -> None:
        while not self._closing or self.batches.waiting:
            await self._arrived.wait()
            self._arrived.clear()
            if self.batches.waiting:
                await self._batch()

    async def _batch(self) -> None:
        """Takes what has arrived when it has the turn; while the database is away the senders wait, in the end `unknown`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                connection = await self._connected(until - loop.time())
                await connection.execute(BEGIN_IN_TURN)
                break
            except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
                await self._drop_connection()
                if loop.time() > until:
                    while entries := self.batches.take():
                        self._tell(self.batches.unknown(entries, _kind_unknown(error)))
                    return
                await asyncio.sleep(AGAIN_SECONDS)
        entries = self.batches.take()
        if entries:
            await self._store(entries, begun=True, until=until)
        else:
            await connection.execute("ROLLBACK")

    async def _connected(self, patience: float) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn, server_settings=IN_TURN, timeout=max(patience, 1.0))
        return self._connection

    async def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _store(self, entries: Sequence[Entry], *, begun: bool, until: float) -> None:
        """One transaction; of content that is refused each half one of its own (LOG A6). A lost COMMIT just runs again (LOG B1)."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection = await self._connected(until - loop.time())
                if not begun:
                    await connection.execute(BEGIN_IN_TURN)
                done = await self._decided(connection, entries)
                await _commit(connection)
            except (asyncpg.PostgresError, *AWAY, TimeoutError, Lost, OverflowError, UnicodeError) as error:
                begun = False
                if is_content(error):
                    await self._roll_back()
                    await self._halve(entries, error, until)
                    return
                refused = translated(error)
                if isinstance(refused, StorageFull):
                    await self._roll_back()
                    self._tell(failed(entries, refused))
                    return
                await self._drop_connection()
                if loop.time() > until:
                    self._tell(self.batches.unknown(entries, _kind_unknown(refused)))
                    return
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self._tell(finished(done))
            return

    async def _roll_back(self) -> None:
        try:
            await self._connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, *AWAY):
            await self._drop_connection()

    async def _decided(self, connection: Any, entries: Sequence[Entry]) -> algorithm.Done:
        node = self.batches.node
        return await algorithm.run(
            PostgresLog(connection),
            entries,
            known=node.known(),
            cached=node.cached,
            batch=os.urandom(16),
            now=self._now,
            policy=node.policy,
        )

    async def _halve(self, entries: Sequence[Entry], error: Exception, until: float) -> None:
        if len(entries) == 1:
            self.batches.on_fault(entries[0], error)
            self._tell(failed(entries, ContentRefused()))
            return
        for half in halves(entries):
            if left := self.batches.not_closed(half):
                await self._store(left, begun=False, until=until)

    def _tell(self, ended: Finished) -> None:
        self.batches.on_finished(ended)


def _kind_unknown(error: Exception) -> YizhanError:
    refused = translated(error)
    if isinstance(refused, YizhanError):
        return refused
    _log.error("the batch cannot be stored", exc_info=error)
    return InternalError()


async def _commit(connection: Any) -> None:
    """Never cancelled: a cancel would end the wait for the standby. Raises: Lost where there was no answer."""
    try:
        await asyncio.shield(connection.execute("COMMIT"))
    except (asyncpg.PostgresError, *AWAY, TimeoutError) as error:
        if getattr(error, "sqlstate", "")[:2] == "53" or is_content(error):
            raise
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
        return "clos" in str(error)
    return isinstance(error, (*AWAY, TimeoutError))


def translated(error: Exception) -> Exception:
    """As the rest of the server knows it; what is neither the disk nor the connection is a fault of ours and stays as it is."""
    state: str = getattr(error, "sqlstate", "") or ""
    if state == "53100":
        refused: YizhanError = StorageFull()
    elif is_away(error) or state[:2] in PASSING or state in ENDED:
        refused = DatabaseAway()
    else:
        return error
    refused.__cause__ = error
    return refused
