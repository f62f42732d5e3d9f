"""The schema that migrations make is the one that the program means, on both databases, and from every kept release."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from storage.engine import connect
from storage.heads import every
from storage.messages import between
from storage.migrate import MIGRATIONS, migrate, upgrade
from storage.revision import known, newest, revision_of
from storage.schema import metadata
from storage.statements import statement
from storage.work import Read

RELEASES = sorted((Path(__file__).parents[1] / "releases").glob("*.sql"))
OPTIONS = {"compare_type": False, "compare_server_default": False}


def differences(connection: sa.Connection) -> list[object]:
    def is_meant(one: Any, *_: object) -> bool:
        """Some indexes only one of the databases has."""
        return bool(one.info.get("dialect", connection.dialect.name) == connection.dialect.name)

    return list(compare_metadata(MigrationContext.configure(connection, opts=OPTIONS | {"include_object": is_meant}), metadata))


async def test_migrations_make_the_tables_that_the_program_means_on_sqlite(fresh_sqlite: str) -> None:
    engine = sa.create_engine(fresh_sqlite)
    with engine.connect() as connection:
        assert differences(connection) == []
        strict = {row[1]: (row[4], row[5]) for row in connection.execute(sa.text("PRAGMA table_list")) if row[2] == "table"}
    engine.dispose()
    for table in metadata.tables.values():
        assert strict[table.name] == (int(not table.dialect_options["sqlite"]["with_rowid"]), 1), table.name


async def test_migrations_make_the_tables_that_the_program_means_on_postgres(fresh_postgres: str) -> None:
    engine = create_async_engine(fresh_postgres)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        options = "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'"
        filled = await connection.execute(sa.text(options))
        assert {name: found for name, found in filled.all()} == {
            "conversations": ["fillfactor=60"],
            "marks": ["fillfactor=60"],
            "sessions": ["fillfactor=80"],
        }
    await engine.dispose()


def load(kept: Path, into: Path) -> None:
    database = sqlite3.connect(into)
    database.executescript(kept.read_text())
    database.close()


def test_the_newest_revision_is_the_one_that_migrations_end_with() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert [one.revision for one in scripts.walk_revisions()] == known()
    assert scripts.get_heads() == [newest()]


async def test_how_far_a_database_is_is_read_without_changing_it(fresh_sqlite: str, fresh_postgres: str, tmp_path: Path) -> None:
    assert [await revision_of(url) for url in (fresh_sqlite, fresh_postgres)] == [newest()] * 2
    none = tmp_path / "none.sqlite"
    assert await revision_of(f"sqlite:///{none}") == ""
    assert not none.exists()
    other = tmp_path / "other.sqlite"
    other.touch()
    assert await revision_of(f"sqlite:///{other}") == ""


def test_releases_are_kept() -> None:
    assert RELEASES, "each release leaves a small database in tests/releases"


@pytest.mark.parametrize("kept", RELEASES, ids=lambda path: path.stem)
async def test_a_kept_release_is_brought_up_and_its_messages_are_read(kept: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kept.sqlite"
    load(kept, tmp_path / "kept.sqlite")
    await migrate(url)
    assert await revision_of(url) == newest()
    storage = await connect(url, now=lambda: 0)

    async def look(read: Read) -> int:
        seen = 0
        for company, member in await read.all(statement(sa.text("SELECT company, id FROM members"))):
            for row in await every(read, company, member, -1, 100):
                seen += len(await between(read, row["home"], row["conversation"], 1, row["seq"]))
        return seen

    try:
        assert await storage.read(look) > 0
    finally:
        await storage.close()


OLD = """
INSERT INTO companies (number, kind, seats, created_at, next_number) VALUES
    ('narrow', 'company', 30, 0, 1001), ('wide', 'company', 4000, 0, 5001), ('within', 'company', 30, 0, 6001);
INSERT INTO members (id, company, kind, name, created_at) SELECT 7, id, 'person', 'Li Na', 0 FROM companies WHERE number = 'wide';
INSERT INTO members (id, company, kind, name, created_at) SELECT 8, id, 'robot', 'Clock', 0 FROM companies WHERE number = 'wide';
"""
SEGMENTS = """
SELECT number, first, last, next FROM number_segments JOIN companies ON companies.id = company WHERE companies.name = '' ORDER BY first
"""
ROLES = "SELECT m.id, r.kind FROM members m LEFT JOIN roles r ON r.company = m.company AND r.id = m.role WHERE m.id < 9 ORDER BY m.id"


def test_companies_of_before_get_segments_that_do_not_overlap_and_everybody_is_an_ordinary_member(tmp_path: Path) -> None:
    """The 0002 migration: until then numbers had a beginning and no end, and there were no roles."""
    load(RELEASES[0], tmp_path / "kept.sqlite")
    database = sqlite3.connect(tmp_path / "kept.sqlite")
    database.executescript(OLD)
    database.close()
    engine = sa.create_engine(f"sqlite:///{tmp_path}/kept.sqlite")
    with engine.begin() as connection:
        upgrade(connection)
        assert connection.execute(sa.text(SEGMENTS)).all() == [
            ("narrow", 1001, 2000, 1001),
            ("wide", 5001, 6000, 5001),
            ("within", 6001, 7000, 6001),
        ]
        assert connection.execute(sa.text(ROLES)).all() == [(7, "ordinary"), (8, None)]
    engine.dispose()


GONE = """
INSERT INTO members (id, company, kind, name, state, created_at) SELECT column1, id, 'person', column2, column3, 0
 FROM companies, (VALUES (21, 'Li Na', 'active'), (22, 'Wang', 'deleted'), (23, 'Zhao', 'disabled')) WHERE number = 'wide';
INSERT INTO conversations (id, home, kind, direct_low, direct_high, created_at) SELECT column1, id, column2, column3, column4, 0
 FROM companies, (VALUES (31, 'direct', 21, 22), (32, 'direct', 21, 23), (33, 'group', NULL, NULL)) WHERE number = 'wide';
"""


def test_conversations_of_before_with_who_is_deleted_are_not_written_in(tmp_path: Path) -> None:
    """The 0008 migration: until then he was written to like anybody."""
    load(RELEASES[0], tmp_path / "kept.sqlite")
    database = sqlite3.connect(tmp_path / "kept.sqlite")
    database.executescript(OLD + GONE)
    database.close()
    engine = sa.create_engine(f"sqlite:///{tmp_path}/kept.sqlite")
    with engine.begin() as connection:
        upgrade(connection)
        ended = connection.execute(sa.text("SELECT id FROM conversations WHERE dissolved AND id IN (31, 32, 33)"))
        assert ended.scalars().all() == [31]
    engine.dispose()
