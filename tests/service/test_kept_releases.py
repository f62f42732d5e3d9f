"""A database of every release is brought up to date and used, on both databases: its tables are those that the program means, its messages
are there, and people write, and administrators act, in it. ``tools/keep_release.py`` writes what is kept in ``tests/releases``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from server.clock import ManualClock
from server.roles.presets import give_presets
from server.roles.service import RoleService
from storage.conversations import find_direct
from storage.engine import connect
from storage.heads import every
from storage.messages import between
from storage.migrate import migrate
from storage.revision import newest, revision_of
from storage.statements import statement
from storage.work import Read
from storage.writer.entries import ChangedOutcome, SentOutcome
from tests.service.test_migrations import differences
from tests.support.cast import Actor, Desk, react, send
from tests.support.logbook import check
from tests.support.office import ROOT, Office
from tests.support.releases import OF_POSTGRES, OF_SQLITE, kept

__all__ = ["kept"]  # a fixture, asked for by name
MEMBERS = statement(sa.text("SELECT company, id, name FROM members ORDER BY name"))
NAMES = ["Li Na", "Smith", "Wang", "Zhao"]


async def on_engine(url: str, ask: Any) -> Any:
    """``ask`` with a connection of SQLAlchemy's own; what it did is committed."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            found = ask(connection)
        engine.dispose()
        return found
    there = create_async_engine(url)
    async with there.begin() as open_one:
        found = await open_one.run_sync(ask)
    await there.dispose()
    return found


def test_each_release_is_kept_of_both_databases() -> None:
    of_postgres = [kept.name.removesuffix(".postgres.sql") for kept in OF_POSTGRES]
    assert of_postgres == [kept.stem for kept in OF_SQLITE] != []


async def test_it_is_what_the_release_left(kept: str) -> None:
    """Else nothing is migrated here."""
    assert await revision_of(kept) == "0001"


async def test_its_tables_become_those_that_the_program_means(kept: str) -> None:
    await migrate(kept)
    assert await revision_of(kept) == newest()
    assert await on_engine(kept, differences) == []
    await migrate(kept)  # twice does no harm
    assert await on_engine(kept, differences) == []


async def people(read: Read) -> dict[str, Actor]:
    return {name: Actor(company, id, name) for company, id, name in await read.all(MEMBERS)}


async def words(read: Read, who: Actor) -> dict[int, int]:
    """How many messages he may read in each of his conversations."""
    rows: Sequence[Mapping[str, Any]] = await every(read, who.company, who.id, -1, 100)
    return {row["conversation"]: len(await between(read, row["home"], row["conversation"], 1, row["seq"])) for row in rows}


async def test_what_was_written_is_read_and_more_is_written(kept: str, clock: ManualClock) -> None:
    await migrate(kept)
    storage = await connect(kept, now=clock.now)
    try:
        there = await storage.read(people)
        assert list(there) == NAMES
        lina, wang = there["Li Na"], there["Wang"]
        talk = await storage.read(lambda read: find_direct(read, lina.id, wang.id))
        assert talk is not None
        before = await storage.read(lambda read: words(read, lina))
        assert sorted(before.values()) == [3, 6]
        sent, reacted = await Desk(storage).put(send(wang, talk, "面条!"), react(lina, talk, 1))
        assert isinstance(sent, SentOutcome)
        assert isinstance(reacted, ChangedOutcome)
        assert (sent.seq, await storage.read(lambda read: words(read, lina))) == (4, {**before, talk: 4})
        await check(storage)
    finally:
        await storage.close()


ROOTS = (
    "INSERT INTO units (company, id, parent, kind, name, sort) SELECT id, id, NULL, 'root', number, 0 FROM companies WHERE kind = 'company'"
)
"""As the release made a company's root; what is kept has companies without."""


async def test_administrators_act_in_it(kept: str, clock: ManualClock) -> None:
    """With the tree, the roles and the numbers that came after the release."""
    await on_engine(kept, lambda connection: connection.execute(sa.text(ROOTS)))
    await migrate(kept)
    storage = await connect(kept, now=clock.now)
    office = Office(storage, clock)
    try:
        await give_presets(storage)
        await office.settings.add_segment(ROOT, "acme", 5001, 5999)
        sales = await office.org.add(ROOT, "acme", "Sales")
        hua = await office.member("acme", "Hua", units=(sales.id,))
        await office.org.set_first_head(ROOT, "acme", sales.id, hua.number)
        await RoleService(storage).give(ROOT, "acme", [hua.number], "department_manager")
        assert (await office.sign_in(hua)).member == hua.member
        units = {one.unit.name: one.members for one in await office.org.list_units(ROOT, "acme")}
        assert units == {"acme": 0, "Sales": 1}
        listed = [card.name for card in await office.companies.list_members(ROOT, "acme")]
        assert sorted(listed) == ["Hua", "Li Na", "Wang", "Zhao"]
        await check(storage)
    finally:
        office.close()
        await storage.close()


# ---- what 0002 made of what there was

OLD = (
    "INSERT INTO companies (number, kind, seats, created_at, next_number) VALUES"
    " ('narrow', 'company', 30, 0, 1001), ('wide', 'company', 4000, 0, 5001), ('within', 'company', 30, 0, 6001)",
    "INSERT INTO members (id, company, kind, name, created_at) SELECT 7, id, 'person', 'Li Na', 0 FROM companies WHERE number = 'wide'",
    "INSERT INTO members (id, company, kind, name, created_at) SELECT 8, id, 'robot', 'Clock', 0 FROM companies WHERE number = 'wide'",
)
SEGMENTS = """
SELECT number, first, last, next FROM number_segments JOIN companies ON companies.id = company WHERE companies.name = '' ORDER BY first
"""
ROLES = "SELECT m.id, r.kind FROM members m LEFT JOIN roles r ON r.company = m.company AND r.id = m.role WHERE m.id < 9 ORDER BY m.id"


def before_0002(connection: sa.Connection) -> None:
    for rows in OLD:
        connection.execute(sa.text(rows))


def after_0002(connection: sa.Connection) -> tuple[list[Any], list[Any]]:
    return [tuple(row) for row in connection.execute(sa.text(SEGMENTS))], [tuple(row) for row in connection.execute(sa.text(ROLES))]


async def test_companies_of_before_get_segments_that_do_not_overlap_and_everybody_is_an_ordinary_member(kept: str) -> None:
    """Until then numbers had a beginning and no end, and there were no roles."""
    await on_engine(kept, before_0002)
    await migrate(kept)
    segments, roles = await on_engine(kept, after_0002)
    assert segments == [("narrow", 1001, 2000, 1001), ("wide", 5001, 6000, 5001), ("within", 6001, 7000, 6001)]
    assert roles == [(7, "ordinary"), (8, None)]


# ---- what 0008 made of conversations with who was deleted

GONE = (
    "INSERT INTO members (id, company, kind, name, state, created_at) SELECT column1, id, 'person', column2, column3, 0 FROM companies,"
    " (VALUES (21, 'Mei', 'active'), (22, 'Chen', 'deleted'), (23, 'Sun', 'disabled')) AS v WHERE number = 'acme'",
    "INSERT INTO conversations (id, home, kind, direct_low, direct_high, created_at) SELECT column1, id, 'direct', column2, column3, 0"
    " FROM companies, (VALUES (31, 21, 22), (32, 21, 23)) AS v WHERE number = 'acme'",
)
ENDED = "SELECT id FROM conversations WHERE dissolved"


def before_0008(connection: sa.Connection) -> None:
    for rows in GONE:
        connection.execute(sa.text(rows))


async def test_in_conversations_of_before_with_who_is_deleted_nobody_writes_any_more(kept: str) -> None:
    """Until then he was written to like anybody; of who is disabled messages wait."""
    await on_engine(kept, before_0008)
    await migrate(kept)
    assert await on_engine(kept, lambda connection: connection.execute(sa.text(ENDED)).scalars().all()) == [31]
