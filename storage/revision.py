"""How far a database is, and how far this program needs it: asked at every start, so without Alembic, whose import takes a second of CPU.

Bringing a database further is ``storage.migrate``.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.engine import postgres_dsn, sqlite_path

VERSIONS = Path(__file__).parent / "migrations" / "versions"
TABLE_THERE = "SELECT to_regclass('alembic_version') IS NOT NULL"
REVISION = "SELECT version_num FROM alembic_version"


def known() -> list[str]:
    """All revisions, the newest first: migrations stand in one row, and each file begins with its number (a test compares Alembic's)."""
    return sorted((path.name.split("_", 1)[0] for path in VERSIONS.glob("[0-9]*_*.py")), reverse=True)


def newest() -> str:
    """The revision that this program needs."""
    return known()[0]


async def revision_of(url: str) -> str:
    """The revision of the database behind ``url``, changing nothing; empty for a new one."""
    if url.startswith("sqlite"):
        return _of_file(sqlite_path(url))
    import asyncpg  # as in storage.engine: who has SQLite needs none

    connection = await asyncpg.connect(postgres_dsn(url))
    try:
        found = await connection.fetchval(REVISION) if await connection.fetchval(TABLE_THERE) else None
    finally:
        await connection.close()
    return str(found or "")


def _of_file(path: Path) -> str:
    if not path.exists():
        return ""
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
            return ""
        row = connection.execute(REVISION).fetchone()
        return str(row[0]) if row else ""
