"""The databases that releases left, as ``tools/keep_release.py`` wrote them: ``VERSION.sql`` of SQLite, ``VERSION.postgres.sql`` of
PostgreSQL.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Postgres

FOLDER = Path(__file__).parents[1] / "releases"
OF_POSTGRES = sorted(FOLDER.glob("*.postgres.sql"))
OF_SQLITE = sorted(set(FOLDER.glob("*.sql")) - set(OF_POSTGRES))


@pytest.fixture(params=[*OF_SQLITE, *OF_POSTGRES], ids=lambda kept: kept.name.removesuffix(".sql"))
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database as the release left it."""
    if request.param in OF_SQLITE:
        database = sqlite3.connect(tmp_path / "kept.sqlite")
        database.executescript(request.param.read_text("utf-8"))
        database.close()
        yield f"sqlite:///{tmp_path}/kept.sqlite"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.copy_of("template1") as name:
        postgres.load(request.param, name)
        yield postgres.url(name)
