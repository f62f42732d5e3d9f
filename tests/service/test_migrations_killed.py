"""A migration that ends in the midst leaves the database as it was, and the next one brings it to the end; two at once are one."""

import asyncio
import contextlib
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from storage.migrate import migrate, sqlite_transaction, upgrade
from storage.revision import newest, revision_of
from tests.support.killed_migrations import broken_at_each
from tests.support.postgres import Postgres

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "tests" / "releases" / "0.1.0.sql"
LEAST = 20  # statements that bring any database up
COMPANY = "INSERT INTO companies (number, kind, seats, created_at, next_number) VALUES ('acme', 'company', 30, 0, 1001)"
TABLES_ON_SQLITE = "SELECT name, sql FROM sqlite_master ORDER BY name"
TABLES_ON_POSTGRES = """
SELECT table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '') FROM information_schema.columns
WHERE table_schema = 'public' UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2
"""
COUNTED = ("companies", "members", "messages", "installation", "feed", "roles", "number_segments")
MIGRATES = """
import asyncio, sys
from storage.migrate import migrate
from tests.support.killed_migrations import at_statement
def wait():
    print("there", flush=True)
    sys.stdin.readline()
with at_statement(int(sys.argv[2]), wait):
    print("done", *asyncio.run(migrate(sys.argv[1])))
"""

Picture = tuple[list[Any], list[int]]


@pytest.fixture
def two(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The URLs of two databases without a schema."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/one.sqlite", f"sqlite:///{tmp_path}/other.sqlite"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with contextlib.ExitStack() as both:
        one, other = (postgres.url(both.enter_context(postgres.copy_of("template0"))) for _ in range(2))
        yield one, other


async def make_old(url: str) -> None:
    """The schema of the first release, with something in it."""
    if url.startswith("sqlite"):
        with sqlite_transaction(url) as connection:
            connection.connection.executescript(RELEASE.read_text())
        return
    engine = create_async_engine(url)
    async with engine.begin() as connected:
        await connected.run_sync(upgrade, "0001")
        await connected.execute(sa.text(COMPANY))
    await engine.dispose()


async def look(url: str) -> Picture:
    """Tables, columns and indexes, and how many rows there are of what migrations write."""

    def found(connection: sa.Connection) -> Picture:
        tables = TABLES_ON_SQLITE if url.startswith("sqlite") else TABLES_ON_POSTGRES
        rows = [connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in COUNTED]
        return [tuple(row) for row in connection.execute(sa.text(tables))], rows

    if url.startswith("sqlite"):
        with sqlite_transaction(url) as connection:
            return found(connection)
    engine = create_async_engine(url)
    async with engine.connect() as connected:
        seen = await connected.run_sync(found)
    await engine.dispose()
    return seen


def killed_at_each(step: int, url: str) -> int:
    command = [sys.executable, "-m", "tests.support.killed_migrations", url, str(step)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize(
    ("kind", "begun", "way", "step"),
    [
        ("sqlite", "", "kill -9", 1),
        ("sqlite", "", "exception", 3),
        ("sqlite", "0001", "kill -9", 3),
        ("sqlite", "0001", "exception", 1),
        ("postgres", "", "kill -9", 11),
        ("postgres", "", "exception", 4),
        ("postgres", "0001", "exception", 5),
    ],
)
async def test_a_migration_that_ends_anywhere_is_made_anew(two: tuple[str, str], begun: str, way: str, step: int) -> None:
    """Before each ``step``th of its statements, one after the other on one database; then all is as if nothing had ever ended.

    At every one on SQLite, where a statement may be committed by itself; PostgreSQL has no such way, and is slower at beginning.
    """
    ended, clean = two
    for url in two if begun else ():
        await make_old(url)
    assert await revision_of(ended) == begun
    times = killed_at_each(step, ended) if way == "kill -9" else await broken_at_each(step, ended)
    assert times > LEAST // step
    await migrate(clean)
    assert await revision_of(ended) == newest()
    assert await look(ended) == await look(clean)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_of_two_that_migrate_at_once_the_second_waits_and_has_nothing_to_do(two: tuple[str, str]) -> None:
    """As two gateways do at their first start: the first stands in the midst when the second asks."""
    shared, clean = two
    async with asyncio.timeout(25):
        first, second = [await stopped_at(number, shared) for number in (LEAST, 1)]
        second.stdin.write(b"go\n")  # type: ignore[union-attr]
        said = [await process.communicate(b"go\n") for process in (first, second)]
    assert [out.decode().split() for out, _ in said] == [["done", newest()], ["done", newest(), newest()]], said
    await migrate(clean)
    assert await look(shared) == await look(clean)


async def stopped_at(number: int, url: str) -> asyncio.subprocess.Process:
    """A process that migrates, and stands before its statement ``number``."""
    command = [sys.executable, "-c", MIGRATES, url, str(number)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"there\n"
    return process
