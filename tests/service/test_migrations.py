"""The schema that migrations make is the one that the program means, on both databases. From kept releases: ``test_kept_releases``."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from protocol.errors import StorageFull
from storage.migrate import MIGRATIONS, migrate, upgrade
from storage.revision import known, newest, revision_of
from storage.schema import metadata

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


async def test_a_full_disk_is_called_so_and_not_by_the_words_of_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the database may have no more than some pages."""
    url = f"sqlite:///{tmp_path}/yizhan.sqlite"

    def bounded(connection: sa.Connection, to: str = "head") -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 5")
        upgrade(connection, to)

    with monkeypatch.context() as patch:
        patch.setattr("storage.migrate.upgrade", bounded)
        with pytest.raises(StorageFull):
            await migrate(url)
    assert await migrate(url) == ("", newest())
