"""Turns and batches: one order of everything, however many processes write (LOG A1, A2, A3)."""

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage import feed
from storage.engine import Storage, connect, postgres_dsn, sqlite_path
from storage.postgres import BEGIN_IN_TURN, PostgresStorage
from storage.schema.conversations import drafts, marks
from storage.schema.log import reactions
from storage.statements import statement
from storage.writer.batch import MOST_ENTRIES, Finished
from storage.writer.entries import ChangedOutcome, DoneOutcome, SentOutcome, SettingsEntry
from tests.support.cast import Desk, company, direct, draft_of, edit, group, join, leave, mark, pin, react, recall, send
from tests.support.logbook import check, tell

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@asynccontextmanager
async def nodes(database: str, clock: ManualClock, count: int) -> AsyncIterator[list[Storage]]:
    opened = [await connect(database, now=clock.now) for _ in range(count)]
    try:
        yield opened
    finally:
        for storage in opened:
            await storage.close()


@asynccontextmanager
async def turn_held(database: str) -> AsyncIterator[Any]:
    """Somebody else has the turn."""
    if database.startswith("sqlite"):
        connection = sqlite3.connect(sqlite_path(database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield None
        finally:
            connection.execute("ROLLBACK")
            connection.close()
        return
    holder = await asyncpg.connect(postgres_dsn(database))
    await holder.execute(BEGIN_IN_TURN)
    try:
        yield holder
    finally:
        await holder.execute("ROLLBACK")
        await holder.close()


async def somebody_waits(holder: Any) -> None:
    """Until another connection asks for the turn that ``holder`` has; on SQLite nobody can tell."""
    while holder is not None and not await holder.fetchval(WAITING):  # noqa: ASYNC110 (asks the database itself)
        await asyncio.sleep(0.005)


# ---- many at once


@pytest.mark.parametrize("seed", range(2))
async def test_several_processes_write_to_the_same_conversations(database: str, clock: ManualClock, seed: int) -> None:
    """LOG A1, A3, D1: seqs without holes and repeats, positions consecutive, predecessors right; people come and go meanwhile."""
    dice = random.Random(seed)
    async with nodes(database, clock, 3) as storages:
        cast = await company(storages[0], "acme", "Li Na", "Wang", "Zhao", "Chen")
        rooms = [await group(storages[0], *cast[:3]), await group(storages[0], *cast)]
        desks = [Desk(storage) for storage in storages]
        stored: list[tuple[int, int]] = []

        async def writes(desk: Desk) -> None:
            for _ in range(12):
                entries = [send(dice.choice(cast[:3]), dice.choice(rooms), "hello") for _ in range(dice.randint(1, 5))]
                answers = await desk.put(*entries)
                for entry, answer in zip(entries, answers, strict=True):
                    assert isinstance(answer, SentOutcome)
                    stored.append((entry.conversation, answer.seq))

        async def moves(storage: Storage) -> None:
            for _ in range(4):
                await leave(storage, rooms[1], cast[3])
                await join(storage, rooms[1], cast[3])

        await asyncio.gather(*map(writes, desks), moves(storages[1]))
        book = await check(storages[2])
        texts = {(row["conversation"], row["seq"]) for row in book.messages if row["kind"] == "text"}
        assert len(stored) == len(set(stored))
        assert set(stored) == texts, f"seed {seed}"


async def test_another_process_writes_between_the_batches(database: str, clock: ManualClock) -> None:
    """LOG A3: nothing is decided from memory; the CLI is one more process."""
    async with nodes(database, clock, 2) as (server, commands):
        lina, wang = await company(server, "acme", "Li Na", "Wang")
        room = await group(server, lina, wang)
        desk = Desk(server)
        for _ in range(3):
            first, second = await desk.put(send(lina, room, "x"), send(wang, room, "y"))
            assert isinstance(first, SentOutcome)
            assert isinstance(second, SentOutcome)
            await leave(commands, room, wang)
            assert not isinstance((await desk.put(send(wang, room, "gone")))[0], SentOutcome)
            await Desk(commands).put(send(lina, room, "by the commands"))
            await join(commands, room, wang)
        book = await check(server)
        assert book.conversations[room]["head"] == 1 + 3 * 5


# ---- batches


async def test_a_batch_takes_what_has_arrived_when_it_has_the_turn(database: str, clock: ManualClock) -> None:
    """LOG A2."""
    async with nodes(database, clock, 1) as (storage,):
        lina, wang = await company(storage, "acme", "Li Na", "Wang")
        talk = await direct(storage, lina, wang)
        desk = Desk(storage)
        async with turn_held(database) as holder:
            first = asyncio.ensure_future(desk.put(send(lina, talk, "one")))
            await somebody_waits(holder)
            more = [asyncio.ensure_future(desk.put(send(wang, talk, words))) for words in ("two", "three")]
            await storage.read(lambda read: read.value(feed.HEAD))
        await asyncio.gather(first, *more)
        assert [len(finished.entries) for finished in desk.finished] == [3]
        (alone,) = await desk.put(send(lina, talk, "four"))
        assert isinstance(alone, SentOutcome)
        assert [len(finished.entries) for finished in desk.finished] == [3, 1]


async def test_what_comes_while_a_batch_is_told_of_is_in_the_next(storage: Storage) -> None:
    """LOG A2: the next batch gathers meanwhile; nobody is forgotten."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    ended = storage.batches.on_finished
    left = [send(wang, talk, "answer") for _ in range(20)]
    done = asyncio.get_running_loop().create_future()

    def answers(finished: Finished) -> None:
        ended(finished)
        if left:
            storage.batches.put(left.pop())
        else:
            done.set_result(None)

    storage.batches.on_finished = answers
    await desk.put(send(lina, talk, "one"))
    await done
    book = await check(storage)
    assert book.conversations[talk]["head"] == 21


async def test_a_batch_has_its_limit_and_the_rest_is_not_forgotten(storage: Storage) -> None:
    """LOG A2: taken in the order of arrival."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    answers = await desk.put(*(send(lina, talk, "many") for _ in range(2 * MOST_ENTRIES + 100)))
    assert [getattr(answer, "seq", None) for answer in answers] == list(range(1, 2 * MOST_ENTRIES + 101))
    assert max(len(finished.entries) for finished in desk.finished) <= MOST_ENTRIES
    assert storage.batches.waiting == storage.batches.waiting_bytes == 0


async def test_entries_of_all_kinds_in_one_batch(database: str, clock: ManualClock) -> None:
    """LOG A2, A3: messages, changes, marks, drafts and own settings, decided one after the other."""
    async with nodes(database, clock, 1) as (storage,):
        lina, wang = await company(storage, "acme", "Li Na", "Wang")
        room = await group(storage, lina, wang)
        desk = Desk(storage)
        await desk.put(send(lina, room, "one"), send(lina, room, "two"), send(lina, room, "three"))
        wish = os.urandom(16)
        entries = [
            send(wang, room, "four", wish),
            edit(lina, room, 2, 1, "better"),
            recall(lina, room, 3),
            react(wang, room, 2),
            react(lina, room, 2),
            react(lina, room, 2, on=False),
            pin(wang, room, 4),
            mark(wang, room, 3),
            draft_of(lina, room, "five?"),
            SettingsEntry(None, 1, lina.company, lina.id, room, muted=True, pinned_to_top=True),
            send(wang, room, "four", wish),
        ]
        answers = await desk.put(*entries)
        assert [type(answer) for answer in answers] == [SentOutcome, *[ChangedOutcome] * 6, *[DoneOutcome] * 3, SentOutcome]
        assert [answer.change for answer in answers if isinstance(answer, ChangedOutcome)] == [1, 2, 3, 4, 5, 6]
        book = await check(storage)
        assert len(book.feed) == 5
        assert (book.conversations[room]["head"], book.conversations[room]["change"]) == (5, 6)
        assert [tuple(row) for row in await storage.read(lambda read: read.all(REACTIONS))] == [(2, wang.id)]
        assert [tuple(row) for row in await storage.read(lambda read: read.all(DRAFTS))] == [(lina.id, "five?")]
        own = {row[0]: tuple(row)[1:] for row in await storage.read(lambda read: read.all(SETTINGS))}
        assert [bool(one) for one in own[lina.id]] == [True, True]


REACTIONS = statement(sa.select(reactions.c.seq, reactions.c.member))
DRAFTS = statement(sa.select(drafts.c.member, drafts.c.text))
SETTINGS = statement(sa.select(marks.c.member, marks.c.muted, marks.c.pinned_to_top))


async def test_a_batch_costs_as_many_statements_as_a_message(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG A3: each for the whole batch; where somebody wrote twice the look-up is three statements in place of one."""
    async with nodes(fresh_postgres, clock, 1) as (storage,):
        assert isinstance(storage, PostgresStorage)
        lina, wang = await company(storage, "acme", "Li Na", "Wang")
        rooms = [await group(storage, lina, wang) for _ in range(10)]
        desk = Desk(storage)
        before = await storage.read(lambda read: read.value(feed.HEAD))
        storage.batches.node.cached = rooms
        await desk.put(send(lina, rooms[0], "warm"))
        counts = []
        for times, wide in ((1, 1), (1, 10), (2, 1), (5, 10)):
            storage.batches.node.known = lambda: len(desk.finished) + before
            entries = [send(who, room, "x") for room in rooms[:wide] for who in (lina, wang)[:wide] for _ in range(times)]
            asked: list[str] = []
            logger = lambda record, asked=asked: asked.append(record.query)  # noqa: E731
            storage._connection.add_query_logger(logger)
            await desk.put(*entries)
            storage._connection.remove_query_logger(logger)
            counts.append([one for one in asked if "UPDATE marks" not in one])  # written where sending moves the sender's own
        lonely, many, twice, most = counts
        assert len(lonely) == len(many) == 4
        assert len(twice) == len(most) == 6
        assert lonely[0] == BEGIN_IN_TURN
        assert lonely[-1] == "COMMIT"


async def test_the_turn_is_the_first_lock_that_a_transaction_takes(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG A1: a row lock first deadlocked; at READ COMMITTED, so that what came before is seen."""
    assert BEGIN_IN_TURN.startswith("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(")
    async with nodes(fresh_postgres, clock, 1) as (storage,), turn_held(fresh_postgres) as holder:
        waiting = [asyncio.ensure_future(storage.transact(tell)) for _ in range(2)]
        await somebody_waits(holder)
        locks = await holder.fetch(
            "SELECT locktype FROM pg_locks WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
            " AND locktype NOT IN ('advisory', 'virtualxid')"
        )
        assert locks == []
        await holder.execute("ROLLBACK")
        assert sorted(await asyncio.gather(*waiting)) == [1, 2]


async def test_what_a_batch_tells_of_stays_and_earlier_positions(database: str, clock: ManualClock) -> None:
    """LOG A3b, F1: others' rows before its own, and the stays of conversations that are not in memory, as of the position before."""
    async with nodes(database, clock, 2) as (node, other):
        lina, wang = await company(node, "acme", "Li Na", "Wang")
        room = await group(node, lina, wang)
        desk = Desk(node)
        known = await node.read(lambda read: read.value(feed.HEAD))
        node.batches.node.known = lambda: known
        theirs = [await other.transact(tell) for _ in range(3)]
        await desk.put(send(lina, room, "one"))
        (finished,) = desk.finished
        assert [row.position for row in finished.earlier] == theirs
        assert finished.decision is not None
        assert finished.decision.position == theirs[-1] + 1
        assert finished.stays == {room: {lina.id: 1, wang.id: 1}}
        node.batches.node.cached = {room}
        await desk.put(send(lina, room, "two"))
        assert desk.finished[-1].stays == {}


async def test_acts_and_batches_have_the_turn_one_after_the_other(storage: Storage) -> None:
    """LOG C1: fair turns; neither starves beside a stream of the other."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "connects"))
    busy = True

    async def stream() -> int:
        count = 0
        while busy:
            await desk.put(send(lina, talk, "hello"))
            count += 1
        return count

    writing = asyncio.ensure_future(stream())
    for _ in range(20):
        await storage.transact(tell)
    busy = False
    assert await writing >= 5
    await check(storage)
