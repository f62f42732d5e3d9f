"""A standby that PostgreSQL waits for and that is not there.

Whether a COMMIT waits is decided by a flag in shared memory that the checkpointer sets some time after the reload; no view shows it.
So both switches try a COMMIT of their own and return when the new setting holds for everybody, backends that are idle included.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from storage.engine import postgres_dsn
from tests.support.postgres import Postgres

A_COMMIT = "SELECT pg_logical_emit_message(true, '', '')"  # the least that makes a COMMIT wait
WAITS_HERE = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'SyncRep'"
WAITS = "SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = $1"
EVERY = 0.005


class Standby:
    def __init__(self, postgres: Postgres) -> None:
        self._dsn = postgres_dsn(postgres.url("postgres"))

    async def is_required(self) -> None:
        """From now on every COMMIT on the server waits for it."""
        async with self._connected() as probe, self._connected() as watch:
            await self._is_named("nobody", watch)
            while not await self._waits(probe, watch):
                pass

    async def is_not_required(self) -> None:
        """COMMITs that waited go on, and none waits from now on."""
        async with self._connected() as probe:
            await self._is_named("", probe)
            await probe.execute(A_COMMIT)

    async def is_waited_for(self, url: str) -> bool:
        """Whether a COMMIT in that database waits at this moment."""
        async with self._connected() as watch:
            return bool(await watch.fetchval(WAITS_HERE, url.partition("@/")[2].partition("?")[0]))

    async def keeps_back(self, answer: "asyncio.Future[Any]", url: str) -> bool:
        """True as soon as a COMMIT in that database waits; false when the answer came without."""
        while not answer.done():
            if await self.is_waited_for(url):
                return True
            await asyncio.sleep(EVERY)
        return False

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self._dsn, server_settings={"synchronous_commit": "on"})
        try:
            yield connection
        finally:
            await connection.close()

    async def _is_named(self, name: str, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        await connection.execute("SELECT pg_reload_conf()")

    async def _waits(self, probe: "asyncpg.Connection[asyncpg.Record]", watch: "asyncpg.Connection[asyncpg.Record]") -> bool:
        """Whether a COMMIT tried now has to wait; its wait is ended."""
        pid, commit = probe.get_server_pid(), asyncio.ensure_future(probe.execute(A_COMMIT))
        waits = False
        while not (waits or commit.done()):
            await asyncio.sleep(EVERY)
            waits = bool(await watch.fetchval(WAITS, pid))
        if waits:
            await watch.execute("SELECT pg_cancel_backend($1)", pid)
        await commit
        return waits


@pytest.fixture
def standby(postgres: Postgres, loop: asyncio.AbstractEventLoop) -> Iterator[Standby]:
    """Not required, until a test says so."""
    made = Standby(postgres)
    yield made
    loop.run_until_complete(made.is_not_required())
