"""The feed: one row for each transaction in the turn, positions without holes in the order of the commits (LOG D, E4)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage import feed
from storage.engine import Storage, connect
from storage.schema.installation import installation
from storage.schema.log import feed as rows
from storage.statements import column, insert_into, statement
from storage.work import Work
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import SqliteLog
from tests.support.cast import Desk, company, direct, draft_of, group, join, leave, send
from tests.support.logbook import check, tell

EPOCH = statement(sa.select(installation.c.value).where(installation.c.name == sa.literal_column("'epoch'")))
POSITIONS = statement(sa.select(rows.c.position).order_by(rows.c.position))
SET_AT = statement(sa.update(rows).values(at=column("to")).where(rows.c.position == column("at_position")))
MINUTE = 60_000


@contextlib.asynccontextmanager
async def nodes(database: str, clock: ManualClock, count: int) -> AsyncIterator[list[Storage]]:
    """Several storages on one database, as several processes have them."""
    opened = [await connect(database, now=clock.now) for _ in range(count)]
    try:
        yield opened
    finally:
        for storage in opened:
            await storage.close()


async def positions(storage: Storage) -> list[int]:
    return [row[0] for row in await storage.read(lambda read: read.all(POSITIONS))]


async def test_positions_have_no_holes_whoever_commits(database: str, clock: ManualClock) -> None:
    """LOG D1: acts and batches of several processes at once."""
    async with nodes(database, clock, 3) as storages:
        cast = await company(storages[0], "acme", "Li Na", "Wang", "Zhao")
        talks = [await direct(storages[0], cast[0], cast[1]), await direct(storages[0], cast[1], cast[2])]
        desks = [Desk(storage) for storage in storages]
        told: list[list[int]] = [[] for _ in storages]
        for storage, heard in zip(storages, told, strict=True):
            storage.on_position = lambda row, heard=heard: heard.append(row.position)  # type: ignore[misc]
        work: list[Any] = []
        for n in range(10):
            for k, desk in enumerate(desks):
                work.append(desk.put(send(cast[1], talks[n % 2], "hello"), send(cast[1], talks[k % 2], "again")))
                work.append(storages[k].transact(tell))
        await asyncio.gather(*work)
        book = await check(storages[0])
        own = [*(one for heard in told for one in heard), *(f.decision.position for d in desks for f in d.finished if f.decision)]
        assert len(set(own)) == len(own)
        assert set(own) <= {row.position for row in book.feed}


async def test_positions_are_told_in_the_order_of_the_turn(storage: Storage) -> None:
    """LOG D1: ``on_position`` and ``on_finished`` of one storage, with acts and batches across each other."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    heard: list[int] = []
    storage.on_position = lambda row: heard.append(row.position)
    finished = storage.batches.on_finished

    def also(ended: Any) -> None:
        heard.append(ended.decision.position)
        finished(ended)

    storage.batches.on_finished = also
    await asyncio.gather(*(one for _ in range(40) for one in (desk.put(send(lina, talk, "hello")), storage.transact(tell))))
    assert heard == sorted(heard)
    assert len(heard) > 40


async def test_an_act_that_only_reads_takes_no_position(storage: Storage) -> None:
    """LOG D1: one row for each transaction that changes something."""
    await storage.transact(lambda work: work.value(feed.HEAD))
    assert await positions(storage) == [0]


async def test_a_row_that_was_written_with_returning_is_told_of(storage: Storage) -> None:
    """LOG D1: a statement that gives rows back may have written all the same."""

    async def act(work: Work) -> None:
        await work.all(RETURNING, name="x", value=b"y")

    await storage.transact(act)
    assert await positions(storage) == [0, 1]


RETURNING = statement(sa.insert(installation).values(name=column("name"), value=column("value")).returning(installation.c.name))


async def test_a_batch_that_only_found_or_refused_takes_no_position(storage: Storage) -> None:
    """LOG D1, A5."""
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    wish = b"w" * 16
    await desk.put(send(lina, talk, "one", wish))
    before = await positions(storage)
    await desk.put(send(lina, talk, "one", wish), send(zhao, talk, "two"))
    assert await positions(storage) == before


async def test_what_a_row_says_of_a_conversation(storage: Storage) -> None:
    """LOG D2: seq and change before and after, who joined and who left; an own row's subject."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina)
    from_seq = await join(storage, room, wang)
    desk = Desk(storage)
    await desk.put(send(wang, room, "one"), send(lina, room, "two"), draft_of(wang, room, "thr"))
    to_seq = await leave(storage, room, wang)
    found = await storage.read(lambda read: read.all(feed.AFTER, position=0, limit=100))
    opened, joined, sent, left = [feed.decode_payload(row[3]) for row in found[-4:]]
    assert opened.conversations[0].joined == [(lina.id, 1)]
    assert joined.conversations[0].joined == [(wang.id, from_seq)]
    assert (sent.conversations[0].seq_before, sent.conversations[0].seq) == (from_seq, from_seq + 2)
    assert [(own.member, own.what) for own in sent.own] == [(wang.id, "draft")]
    assert left.conversations[0].left == [(wang.id, to_seq)]


# ---- rows go


async def old_rows(storage: Storage, clock: ManualClock, count: int) -> None:
    """A row a minute, after the migration's own."""
    (first,) = await storage.read(lambda read: read.all(feed.AFTER, position=-1, limit=1))
    clock.set(max(clock.now(), first["at"]))
    for _ in range(count):
        clock.advance(MINUTE)
        await storage.transact(tell)


async def remove(storage: Storage, *, passed: int, before: int) -> list[int]:
    await storage.unit(lambda work: work.run(feed.REMOVE_OLD, passed=passed, before=before))
    return await positions(storage)


async def test_rows_go_when_they_are_passed_and_old_and_never_the_last_one(storage: Storage, clock: ManualClock) -> None:
    """LOG D3: else a position would come twice."""
    await old_rows(storage, clock, 10)
    assert await remove(storage, passed=4, before=clock.now() + 1) == list(range(4, 11))
    assert await remove(storage, passed=100, before=clock.now() - 3 * MINUTE) == [7, 8, 9, 10]
    assert await remove(storage, passed=100, before=clock.now() + 1) == [10]
    assert await storage.transact(tell) == 11
    assert await remove(storage, passed=100, before=clock.now() + 1) == [11]


async def test_a_clock_that_was_set_back_makes_no_hole(storage: Storage, clock: ManualClock) -> None:
    """LOG D3, B1: who looks for a position must be able to tell `gone` from `never there`."""
    await old_rows(storage, clock, 6)
    late = clock.now() + 60 * MINUTE
    await storage.unit(lambda work: work.run(SET_AT, at_position=3, to=late))
    assert await remove(storage, passed=100, before=clock.now() + 1) == [3, 4, 5, 6]


async def test_what_a_batch_reads_of_the_feed_has_no_gap(storage: Storage, clock: ManualClock) -> None:
    """LOG A3b, D3: all rows after the known position, or none where the node is further behind than they reach."""
    await old_rows(storage, clock, 10)
    assert await after(storage, 7) == (10, [8, 9, 10])
    assert await after(storage, 10) == (10, [])
    assert await after(storage, 11) == (10, [])
    await remove(storage, passed=5, before=clock.now() + 1)
    assert await after(storage, 3) == (10, [])
    assert await after(storage, 5) == (10, [6, 7, 8, 9, 10])


async def test_a_node_that_is_far_behind_reads_nothing_in_the_turn(storage: Storage) -> None:
    """LOG A3b: at most 1,000 rows, on both databases alike."""

    async def many(work: Work) -> None:
        for first in range(1, 1200, 400):
            await work.many(INSERT_ROW, [{"position": n, "batch": b"b", "at": 1, "payload": b"\x90"} for n in range(first, first + 400)])

    await storage.unit(many)
    assert await after(storage, 199) == (1200, [])
    assert await after(storage, 200) == (1200, list(range(201, 1201)))


INSERT_ROW = insert_into(rows, "position", "batch", "at", "payload")


async def after(storage: Storage, known: int) -> tuple[int, list[int]]:
    """What the batch's look-up reads of the feed."""

    async def act(work: Work) -> tuple[int, list[Any]]:
        connection = work._executor._connection  # type: ignore[attr-defined]
        log = SqliteLog(connection) if storage.kind == "sqlite" else PostgresLog(connection)
        return await log.feed_after(known)

    head, found = await storage.unit(act)
    return head, [row.position for row in found]


# ---- the epoch


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_each_installation_has_an_epoch_of_its_own(kind: str, request: pytest.FixtureRequest, clock: ManualClock) -> None:
    """LOG E4: made at the first migration; a copy of a database has its epoch until it is restored as another."""
    async with nodes(request.getfixturevalue(f"fresh_{kind}"), clock, 2) as (one, same):
        epoch = await one.read(lambda read: read.value(EPOCH))
        assert len(epoch) == 16
        assert await same.read(lambda read: read.value(EPOCH)) == epoch
