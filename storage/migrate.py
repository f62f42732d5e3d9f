"""Bringing a database to the newest schema (Alembic's own way, run over one connection); how far one is, is ``storage.revision``'s.

All migrations of one ``migrate`` are one transaction on either database: killed anywhere, it leaves what was there before.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from storage import sqlite
from storage.engine import sqlite_path
from storage.sqlite import PAGE_BYTES

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_SECONDS = 60  # of who finds another at the same migration
ONE_AT_A_TIME = sa.text(f"SELECT pg_advisory_xact_lock({0x6D696772617465})")  # 'migrate'; not the turn, which a server takes


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Bring the database behind ``connection`` to the schema ``to``, within its transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revision(connection: sa.Connection) -> str:
    """The revision that the database is at; empty for a new one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


async def migrate(url: str) -> tuple[str, str]:
    """Bring the database behind ``url`` to the newest schema; gives its revision before and after. Two at once take turns.

    Raises: StorageFull, DatabaseAway.
    """

    def work(connection: sa.Connection) -> tuple[str, str]:
        before = revision(connection)
        upgrade(connection)
        return before, revision(connection)

    if url.startswith("sqlite"):
        with _as_ours(sqlite.translated), sqlite_transaction(url) as connection:
            return work(connection)
    asynchronous = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    from storage import postgres  # its driver, which who has SQLite needs not

    try:
        with _as_ours(postgres.translated):
            async with asynchronous.begin() as connected:
                await connected.execute(ONE_AT_A_TIME)
                return await connected.run_sync(work)
    finally:
        await asynchronous.dispose()


@contextlib.contextmanager
def _as_ours(translated: Callable[[Exception], Exception]) -> Iterator[None]:
    """Raises: StorageFull, DatabaseAway, where SQLAlchemy has a driver's error around it; what is a fault of ours stays as it is."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        own = error.orig.__cause__ if error.orig is not None and error.orig.__cause__ else error.orig
        failure = translated(own) if isinstance(own, Exception) else error
        raise error if failure is own else failure from error


@contextlib.contextmanager
def sqlite_transaction(url: str) -> Iterator[sa.Connection]:
    """One transaction that is open before its first statement.

    Python's module begins one before the first INSERT only, so that each CREATE and DROP above it would be committed by itself.
    """
    sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": PATIENCE_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # nothing is begun and committed but by us
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")

    @sa.event.listens_for(engine, "begin")
    def began(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        yield connection
