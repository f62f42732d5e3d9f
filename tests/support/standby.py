"""A standby that PostgreSQL waits for and that is not there."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.postgres import Postgres

Names = Callable[[str], None]


@pytest.fixture
def standby(postgres: Postgres) -> Iterator[Names]:
    """With a name every COMMIT waits for it, until there is no name."""

    def names(value: str) -> None:
        postgres.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{value}'")
        postgres.sql("SELECT pg_reload_conf()")

    yield names
    names("")
