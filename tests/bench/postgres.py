"""A PostgreSQL for the benchmark: on a real disk, with ``fsync`` and autovacuum on, its template database kept between runs."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa

from server.clock import SystemClock
from storage.migrate import migrate
from storage.schema import metadata
from storage.schema.types import Flag
from tests.bench.machine import say
from tests.bench.town import DAY_MS
from tests.support.postgres import NAMESPACE, programs
from tests.support.servers import start, stop

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "autovacuum": "on",
    "max_connections": "100",
}


class Cluster:
    """A running PostgreSQL. ``pid`` is its first process, which all others are children of."""

    def __init__(self, data: Path, core: int | None) -> None:
        self.data = data
        self._core = core
        self._as = NAMESPACE if os.geteuid() == 0 else []
        self._sockets = Path(tempfile.mkdtemp(prefix="yz-bench-"))

    def __enter__(self) -> "Cluster":
        if not (self.data / "PG_VERSION").exists():
            init = [programs() / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
            subprocess.run([*self._as, *map(str, init)], check=True, stdout=subprocess.DEVNULL)
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        pinned = [] if self._core is None else ["taskset", "-c", str(self._core)]
        command = [*pinned, str(programs() / "postgres"), "-D", str(self.data), "-k", str(self._sockets), *settings]
        self._process = start(command, self._sockets / "log", first=self._as)
        self._wait()
        self.pid = self._process.pid
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _wait(self) -> None:
        for _ in range(600):
            if not subprocess.run([programs() / "pg_isready", "-q", "-h", self._sockets]).returncode:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {(self._sockets / 'log').read_text(errors='replace')}")

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={self._sockets}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        command = [str(programs() / "psql"), "-qXtA", "-h", str(self._sockets), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run([*command, "-c", statement], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def copy(self, sqlite: Path) -> Iterator[str]:
        """The URL of a fresh copy of what is in ``sqlite``; filled once for each folder that such a file lies in."""
        template = "template_" + sqlite.parent.name.replace("-", "_")
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{template}'"):
            began = time.monotonic()
            self.sql("DROP DATABASE IF EXISTS filling")
            self.sql("CREATE DATABASE filling")
            asyncio.run(_fill(self.url("filling"), sqlite))
            self.sql(f"ALTER DATABASE filling RENAME TO {template}")
            say(f"PostgreSQL filled in {time.monotonic() - began:.0f} s")
        self.sql("DROP DATABASE IF EXISTS bench")
        self.sql(f"CREATE DATABASE bench TEMPLATE {template} STRATEGY FILE_COPY")
        now = SystemClock().now()
        hour_ago = now - 3_600_000
        self.sql(f"UPDATE sessions SET created_at = {now - DAY_MS}, last_seen_at = {hour_ago}, rotated_at = {hour_ago}", "bench")
        self.sql("CHECKPOINT")
        try:
            yield self.url("bench")
        finally:
            self.sql("DROP DATABASE bench WITH (FORCE)")


async def _fill(url: str, sqlite: Path) -> None:
    await migrate(url)
    source = sqlite3.connect(sqlite)
    target = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        for table in metadata.sorted_tables:
            await _copy(source, target, table)
        for name in ("companies", "audit_entries"):
            await target.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
        await target.execute("VACUUM (ANALYZE)")
    finally:
        await target.close()
        source.close()


async def _copy(source: sqlite3.Connection, target: Any, table: sa.Table) -> None:
    """All rows in the order in which SQLite has them; its numbers 0 and 1 become booleans."""
    names = [column.name for column in table.columns]
    flags = [nth for nth, column in enumerate(table.columns) if column.type is Flag]

    def rows() -> Iterator[tuple[Any, ...]]:
        for row in source.execute(f"SELECT {', '.join(names)} FROM {table.name}"):
            if flags:
                row = tuple(bool(value) if nth in flags else value for nth, value in enumerate(row))
            yield row

    await target.execute(f"TRUNCATE {table.name}")
    await target.copy_records_to_table(table.name, records=rows(), columns=names)
