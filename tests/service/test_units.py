"""Units of work: what an act may do in its turn, and what becomes of it (LOG C1, A1), and kills inside SQLite's COMMIT (LOG B1)."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage import audit, feed
from storage.engine import Storage, connect, sqlite_path
from storage.errors import ActWithoutEntry, UnitTooLarge
from storage.schema.audit import audit_entries
from storage.schema.companies import units
from storage.statements import column, insert_into, statement
from storage.work import MOST_ROWS, MOST_STATEMENTS, Work
from storage.writer.entries import SentOutcome
from tests.support.cast import Desk, company, direct, send
from tests.support.logbook import check, tell
from tests.support.ws import until

ROOT = Path(__file__).parents[2]
INSERT_UNIT = insert_into(units, "company", "id", "name")
UNITS = statement(sa.select(units.c.id).where(units.c.company == column("company")).order_by(units.c.id))
ENTRIES = statement(sa.select(sa.func.count()).select_from(audit_entries))
COMPANY = 77


async def units_there(storage: Storage) -> list[int]:
    return [row[0] for row in await storage.read(lambda read: read.all(UNITS, company=COMPANY))]


async def add(work: Work, *ids: int) -> None:
    await work.many(INSERT_UNIT, [{"company": COMPANY, "id": id, "name": "unit"} for id in ids])


async def test_an_act_that_awaits_something_else_is_refused_on_sqlite(fresh_sqlite: str, clock: ManualClock) -> None:
    """LOG C1: it would hold the turn for as long as that takes."""
    storage = await connect(fresh_sqlite, now=clock.now)

    async def waits(work: Work) -> None:
        await add(work, 1)
        await asyncio.sleep(0)

    for run in (storage.transact, storage.unit):
        with pytest.raises(RuntimeError, match="awaited something else"):
            await run(waits)
    assert await units_there(storage) == []
    assert await storage.transact(tell) == 1
    await storage.close()


async def statements(work: Work, count: int) -> None:
    for id in range(count):
        await work.run(INSERT_UNIT, company=COMPANY, id=id, name="unit")


async def reads(work: Work, count: int) -> None:
    await add(work, 0)
    for _ in range(count - 1):
        await work.value(UNITS, company=COMPANY)


async def rows(work: Work, count: int) -> None:
    for first in range(0, count, 100):
        await add(work, *range(first, min(first + 100, count)))


@pytest.mark.parametrize(
    ("does", "most"), [(statements, MOST_STATEMENTS), (reads, MOST_STATEMENTS), (rows, MOST_ROWS)], ids=["statements", "reads", "rows"]
)
async def test_an_act_has_its_size(storage: Storage, does: Callable[[Work, int], Awaitable[None]], most: int) -> None:
    """LOG C1: at most 200 statements or 500 rows in the turn; nothing of a larger one is stored."""
    with pytest.raises(UnitTooLarge):
        await storage.transact(lambda work: does(work, most + 1))
    assert await units_there(storage) == []
    await storage.transact(lambda work: does(work, most))
    assert await units_there(storage)


async def test_an_act_that_is_too_large_is_stopped_at_once(storage: Storage) -> None:
    """LOG C1: not at its end, for all others wait for the turn."""
    run = 0

    async def endless(work: Work) -> None:
        nonlocal run
        while True:
            await work.value(UNITS, company=COMPANY)
            run += 1

    with pytest.raises(UnitTooLarge):
        await storage.transact(endless)
    assert run == MOST_STATEMENTS


async def test_a_unit_without_the_turn_is_not_counted_and_tells_nobody(storage: Storage) -> None:
    """LOG A1: what nobody learns of by the feed."""

    async def act(work: Work) -> None:
        await rows(work, 2 * MOST_ROWS)
        with pytest.raises(AssertionError, match="in the turn"):
            work.member_changed(1)

    await storage.unit(act)
    assert len(await units_there(storage)) == 2 * MOST_ROWS
    assert await storage.read(lambda read: read.value(feed.HEAD)) == 0


# ---- administrative acts


async def entry(work: Work) -> None:
    await audit.write(work, 1, "unit.add", actor_kind="operator", actor_name="ops", details={"unit": "1"})


async def test_an_administrative_act_without_an_entry_fails_and_changes_nothing(storage: Storage) -> None:
    """LOG C1, promise V6."""
    with pytest.raises(ActWithoutEntry):
        await storage.transact(lambda work: add(work, 1), administrative=True)
    assert await units_there(storage) == []
    assert await storage.read(lambda read: read.value(feed.HEAD)) == 0


async def test_an_administrative_act_and_its_entry_are_one(storage: Storage) -> None:
    """Promise V6: both or neither."""

    async def act(work: Work) -> None:
        await add(work, 1)
        await entry(work)

    async def fails(work: Work) -> None:
        await act(work)
        raise KeyError("after its entry")

    with pytest.raises(KeyError):
        await storage.transact(fails, administrative=True)
    assert await storage.read(lambda read: read.value(ENTRIES)) == 0
    await storage.transact(act, administrative=True)
    assert await storage.read(lambda read: read.value(ENTRIES)) == 1
    assert await units_there(storage) == [1]


async def test_an_administrative_act_that_changes_nothing_needs_no_entry(storage: Storage) -> None:
    """Already so: nobody did anything."""
    assert await storage.transact(lambda work: work.value(UNITS, company=COMPANY), administrative=True) is None


# ---- in the turn


async def test_what_fails_after_its_caller_has_gone_stands_in_the_log(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def fails(work: Work) -> None:
        raise ValueError("of its own")

    for run in (storage.transact, storage.unit):
        caplog.clear()
        asked = asyncio.ensure_future(run(fails))
        await asyncio.sleep(0)  # it has begun
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await storage.unit(lambda work: work.all(ENTRIES))
        await until(lambda: "failed after its caller had gone" in caplog.text)
        assert "of its own" in caplog.text


async def test_an_act_sees_all_that_came_before_it(database: str, clock: ManualClock) -> None:
    """LOG A1: a counter that every act reads and raises, on two storages at once."""
    storages = [await connect(database, now=clock.now) for _ in range(2)]

    async def next_one(work: Work) -> int:
        there = [row[0] for row in await work.all(UNITS, company=COMPANY)]
        await add(work, len(there))
        return len(there)

    made = await asyncio.gather(*(storage.transact(next_one) for _ in range(15) for storage in storages))
    assert sorted(made) == list(range(30))
    await check(storages[0])
    for storage in storages:
        await storage.close()


async def test_a_reader_sees_one_snapshot(database: str, clock: ManualClock) -> None:
    """What is committed between its statements it does not see."""
    storage, other = [await connect(database, now=clock.now) for _ in range(2)]
    loop = asyncio.get_running_loop()

    def commit_meanwhile() -> None:
        asyncio.run_coroutine_threadsafe(other.transact(lambda work: add(work, 1)), loop).result(10)

    async def act(read: Any) -> list[int]:
        before = len(await read.all(UNITS, company=COMPANY))
        if storage.kind == "sqlite":
            commit_meanwhile()
        else:
            await other.transact(lambda work: add(work, 1))
        return [before, len(await read.all(UNITS, company=COMPANY))]

    assert await storage.read(act) == [0, 0]
    assert await units_there(storage) == [1]
    await storage.close()
    await other.close()


# ---- a process that dies inside its COMMIT

DIES = """
import asyncio, os, signal, sqlite3, sys
import storage.sqlite as adapter
from server.clock import ManualClock
from storage.engine import connect
from storage.schema.companies import units
from storage.statements import insert_into
from tests.support.cast import Actor, Desk, send
from tests.support.logbook import tell

path, when, what, company, member, talk = sys.argv[1:7]
lina, talk = Actor(int(company), int(member)), int(talk)

class Dying(sqlite3.Connection):
    armed = False
    def execute(self, sql, *more):
        if Dying.armed and sql == "COMMIT":
            if when == "after":
                super().execute(sql)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, *more)

real = sqlite3.connect
adapter.sqlite3.connect = lambda *given, **more: real(*given, **{**more, "factory": Dying})

async def main():
    storage = await connect(f"sqlite:///{path}", now=ManualClock().now)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one", b"1" * 16))
    storage.batches.on_finished = lambda finished: print("acknowledged", flush=True)
    Dying.armed = True
    if what == "batch":
        await desk.put(send(lina, talk, "two", b"2" * 16), send(lina, talk, "three", b"3" * 16))
    else:
        await storage.transact(tell)

asyncio.run(main())
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["batch", "act"])
async def test_a_kill_inside_the_commit_loses_and_doubles_nothing(fresh_sqlite: str, clock: ManualClock, when: str, what: str) -> None:
    """LOG B1, A5 on SQLite: kill -9 right before and right after COMMIT; who sends the same again is answered."""
    storage = await connect(fresh_sqlite, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    await storage.close()
    command = [sys.executable, "-c", DIES, str(sqlite_path(fresh_sqlite)), when, what, str(lina.company), str(lina.id), str(talk)]
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await child.communicate()
    assert child.returncode == -signal.SIGKILL, err.decode()
    assert out == b""
    storage = await connect(fresh_sqlite, now=clock.now)
    book = await check(storage)
    stored = when == "after"
    assert book.conversations[talk]["head"] == (3 if stored and what == "batch" else 1)
    assert len(book.feed) == (5 if stored else 4)
    two, three, four = await Desk(storage).put(
        send(lina, talk, "two", b"2" * 16), send(lina, talk, "three", b"3" * 16), send(lina, talk, "four")
    )
    assert [getattr(answer, "seq", None) for answer in (two, three, four)] == [2, 3, 4]
    assert isinstance(two, SentOutcome)
    assert two.found == (stored and what == "batch")
    await check(storage)
    await storage.close()
