"""Bringing a database to the newest schema (Alembic's own way, run over one connection); how far one is, is ``storage.revision``'s."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from storage.engine import sqlite_path

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def upgrade(connection: sa.Connection) -> None:
    """Bring the database behind ``connection`` to the newest schema, within its transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: sa.Connection) -> str:
    """The revision that the database is at; empty for a new one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


async def migrate(url: str) -> tuple[str, str]:
    """Bring the database behind ``url`` to the newest schema; gives its revision before and after."""

    def work(connection: sa.Connection) -> tuple[str, str]:
        before = revision(connection)
        upgrade(connection)
        return before, revision(connection)

    if url.startswith("sqlite"):
        sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            done = work(connection)
        engine.dispose()
        return done
    asynchronous = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with asynchronous.begin() as connected:
            return await connected.run_sync(work)
    finally:
        await asynchronous.dispose()
