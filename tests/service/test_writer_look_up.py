"""What every batch begins with: one look-up that finds what its parts find, on both databases (LOG A3b, A5)."""

import sqlite3
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage import feed
from storage.engine import Storage
from storage.statements import statement
from storage.work import Work
from storage.writer.loaded import Loaded
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import MOST, SqliteLog, _Over
from tests.support.cast import Desk, company, direct, draft_of, group, leave, send

SENT = statement(sa.text("SELECT client_id, member, conversation FROM messages WHERE client_id IS NOT NULL ORDER BY seq, conversation"))


def found_of(loaded: Loaded) -> list[Any]:
    """All that a first look-up finds, to be compared."""
    parts = (loaded.found, loaded.conversations, loaded.participants)
    return [loaded.position, loaded.numbers, *[{key: msgspec.structs.astuple(one) for key, one in part.items()} for part in parts]]


def log_of(work: Work, storage: Storage) -> Any:
    connection = work._executor._connection  # type: ignore[attr-defined]
    return SqliteLog(connection) if storage.kind == "sqlite" else PostgresLog(connection)


async def both_ways(log: Any, known: int, keys: list[Any], pairs: list[Any]) -> tuple[list[Any], list[Any]]:
    """By the first look-up, and by its parts."""
    whole, parts = Loaded(known), Loaded(known)
    earlier = await log.first(known, keys, pairs, whole)
    parts.position, one_by_one = await log.feed_after(known)
    if keys:
        await log.found(keys, parts)
    await log.participants(pairs, parts)
    return [*found_of(whole), earlier], [*found_of(parts), one_by_one]


async def test_the_first_look_up_finds_what_its_parts_find(storage: Storage) -> None:
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    (smith,) = await company(storage, "globex", "Smith")
    rooms = [await group(storage, lina, wang), await group(storage, lina, wang), await direct(storage, lina, wang)]
    desk, random = Desk(storage), Random(7)
    ids = [random.randbytes(16) for _ in range(8)]
    await desk.put(*[send(random.choice([lina, wang]), random.choice(rooms), "x", one) for one in ids[:6]])
    await leave(storage, rooms[0], lina)
    await desk.put(draft_of(lina, rooms[1], "hm"))
    rows = await storage.read(lambda read: read.all(SENT))
    sent = [(bytes(row[0]), row[1], row[2]) for row in rows]
    head = await storage.read(lambda read: read.value(feed.HEAD))

    async def act(work: Work) -> int:
        log, hits = log_of(work, storage), 0
        for _ in range(100):
            pairs = {(random.choice([*rooms, 77]), random.choice([lina, wang, zhao, smith]).id): None for _ in range(random.randint(0, 5))}
            keys = [(random.choice(ids), member, room) for room, member in pairs if random.random() < 0.5]
            keys += random.sample(sent, random.randint(0, 3))
            pairs |= {(room, member): None for _, member, room in keys}
            whole, parts = await both_ways(log, random.randint(0, head + 2), keys, list(pairs))
            assert whole == parts
            hits += len(whole[2])
        return hits

    assert await storage.unit(act) > 50


async def test_a_first_answer_is_found_without_a_participant(storage: Storage) -> None:
    """LOG A5: it comes before anything is refused."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room, desk = await group(storage, lina, wang), Desk(storage)
    await desk.put(send(lina, room, "x", b"i" * 16))

    async def act(work: Work) -> None:
        await work.run(statement(sa.text("DELETE FROM marks")))
        key = (b"i" * 16, lina.id, room)
        whole, parts = await both_ways(log_of(work, storage), 0, [key], [(room, lina.id)])
        assert whole == parts
        assert list(whole[2]) == [key]
        assert whole[4] == {}

    await storage.unit(act)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 127, 128, 129, MOST, MOST + 1, 3 * MOST - 1])
def test_a_list_as_parameters_is_taken_whole_and_alone(length: int) -> None:
    over = _Over("a, b", "SELECT w.a, w.b FROM w JOIN there ON there.a = w.a")
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE there (a)")
    connection.executemany("INSERT INTO there VALUES (?)", [(None,), *[(one,) for one in range(length)]])
    rows = [(one, str(one)) for one in range(length)]
    taken = [row for text, values in over(rows) for row in connection.execute(text, values)]
    connection.close()
    assert sorted(taken) == rows


def test_a_list_without_rows_asks_nothing() -> None:
    assert list(_Over("a, b", "SELECT 1")([])) == []


async def test_the_look_up_of_a_lonely_message_goes_by_indexes(fresh_postgres: str, clock: ManualClock) -> None:
    """However the planner sees its list: a scan of all conversations or members would be seen by nobody on a small database."""
    import asyncpg

    from storage.engine import postgres_dsn
    from storage.writer.postgres import FIRST

    connection = await asyncpg.connect(postgres_dsn(fresh_postgres))
    await connection.execute("SET enable_seqscan = off")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE look (bigint[], bigint[], bytea[]) AS {FIRST}")
    plan = [row[0] for row in await connection.fetch("EXPLAIN EXECUTE look (NULL, NULL, NULL)")]
    await connection.close()
    assert not [line for line in plan if "Seq Scan" in line], plan
    assert len([line for line in plan if "Index" in line and "Scan" in line]) >= 7
