"""What the writer remembers of participants on SQLite is what a look-up would find now, whoever wrote meanwhile (LOG A3)."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage.engine import connect
from storage.migrate import migrate
from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.conversations import conversations
from storage.sqlite import PAGE_BYTES, SqliteStorage
from storage.statements import ANY_TABLE, Statement, column, statement
from storage.work import Work
from storage.writer.entries import SentOutcome, SettingsEntry
from storage.writer.errors import CompanySuspended, MemberDisabled, Muted, NotParticipant
from storage.writer.loaded import Loaded
from storage.writer.remembered import MOST, TABLES, Remembered
from storage.writer.sqlite import PARTICIPANT, SqliteLog
from tests.support.cast import Actor, Desk, company, direct, draft_of, group, join, leave, mark, send

SET_STATE = statement(sa.update(members).where(members.c.id == column("id")).values(state=sa.bindparam("set_state")))
SET_SUSPENDED = statement(sa.update(companies).where(companies.c.id == column("id")).values(suspended=sa.bindparam("set_suspended")))
MUTE = statement(sa.update(conversations).where(conversations.c.id == column("id")).values(muted=sa.bindparam("set_muted")))
TABLES_READ = {"companies", "conversations", "drafts", "marks", "members", "stays"}


@pytest.fixture
def sqlite_storage(fresh_sqlite: str, clock: ManualClock, loop: asyncio.AbstractEventLoop) -> Iterator[SqliteStorage]:
    storage = loop.run_until_complete(connect(fresh_sqlite, now=clock.now))
    assert isinstance(storage, SqliteStorage)
    yield storage
    loop.run_until_complete(storage.close())


def remembered_by(storage: SqliteStorage) -> Remembered:
    return storage._log._remembered


async def compared(storage: SqliteStorage) -> int:
    """Compares all that is remembered with a look-up now; gives how much it was."""

    async def act(work: Work) -> int:
        remembered = remembered_by(storage)
        remembered.check(storage._writer.execute("PRAGMA data_version").fetchone()[0])
        pairs = list(remembered._participants)
        known, found = Loaded(0), Loaded(0)
        assert remembered.recall(pairs, known) == []
        if pairs:
            await SqliteLog(storage._writer).participants(pairs, found)
        assert _values(known) == _values(found)
        return len(pairs)

    return await storage.unit(act)


def _values(loaded: Loaded) -> list[Any]:
    parts = (loaded.conversations, loaded.participants)
    return [loaded.numbers, *[{key: msgspec.structs.astuple(one) for key, one in part.items()} for part in parts]]


async def _set(storage: SqliteStorage, what: Statement, **values: Any) -> None:
    await storage.unit(lambda work: work.run(what, **values))


def elsewhere(storage: SqliteStorage, text: str, *values: object) -> None:
    """As another process does."""
    with closing(sqlite3.connect(storage.path, isolation_level=None)) as connection:
        assert connection.execute(text, values).rowcount == 1


async def test_it_is_what_a_look_up_finds_after_whatever_happened(sqlite_storage: SqliteStorage) -> None:
    storage, random = sqlite_storage, Random(11)
    lina, wang, zhao = actors = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    rooms = [await group(storage, *actors), await group(storage, lina, wang), await direct(storage, lina, wang)]
    desk, hits = Desk(storage), 0

    def entry() -> Any:
        who, room = random.choice(actors), random.choice(rooms)
        kind = random.randrange(6)
        if kind == 0:
            return mark(who, room, random.randint(0, 9), random.randint(0, 9))
        if kind == 1:
            return draft_of(who, room, random.choice(["", "hm"]))
        if kind == 2:
            return SettingsEntry(None, 1, who.company, who.id, room, muted=random.random() < 0.5, marked_unread=random.random() < 0.5)
        return send(who, room, "x", keep_draft=random.random() < 0.5)

    async def something_else() -> None:
        match random.randrange(8):
            case 0:
                await _set(storage, SET_STATE, id=random.choice(actors).id, set_state=random.choice(["active", "disabled"]))
            case 1:
                await _set(storage, MUTE, id=random.choice(rooms), set_muted=random.random() < 0.3)
            case 2:
                await leave(storage, rooms[0], zhao)
                await join(storage, rooms[0], zhao)
            case 3:
                elsewhere(storage, "UPDATE members SET state = ? WHERE id = ?", random.choice(["active", "disabled"]), lina.id)
            case 4:
                elsewhere(storage, "UPDATE conversations SET head = head WHERE id = ?", random.choice(rooms))

    for _ in range(150):
        await desk.put(*[entry() for _ in range(random.randint(1, 6))])
        hits += await compared(storage)
        await something_else()
        hits += await compared(storage)
    assert hits > 500


@pytest.fixture
def pair(sqlite_storage: SqliteStorage, loop: asyncio.AbstractEventLoop) -> tuple[Desk, int, Actor, Actor]:
    """Two who talk, and are remembered."""

    async def made() -> tuple[Desk, int, Actor, Actor]:
        lina, wang = await company(sqlite_storage, "acme", "Li Na", "Wang")
        room, desk = await group(sqlite_storage, lina, wang), Desk(sqlite_storage)
        answers = await desk.put(send(lina, room, "one"), send(wang, room, "two"))
        assert all(isinstance(answer, SentOutcome) for answer in answers)
        assert set(remembered_by(sqlite_storage)._participants) == {(room, lina.id), (room, wang.id)}
        return desk, room, lina, wang

    return loop.run_until_complete(made())


async def test_another_process_that_commits_ends_it(sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor]) -> None:
    desk, room, lina, wang = pair
    elsewhere(sqlite_storage, "UPDATE members SET state = 'disabled' WHERE id = ?", lina.id)
    elsewhere(sqlite_storage, "UPDATE conversations SET head = 40, countable = 40 WHERE id = ?", room)
    refused, sent = await desk.put(send(lina, room, "three"), send(wang, room, "four"))
    assert isinstance(refused, MemberDisabled)
    assert isinstance(sent, SentOutcome)
    assert sent.seq == 41


async def test_our_own_units_of_work_end_it(sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor]) -> None:
    desk, room, lina, wang = pair
    await _set(sqlite_storage, SET_STATE, id=lina.id, set_state="disabled")
    assert isinstance((await desk.put(send(lina, room, "x")))[0], MemberDisabled)
    await _set(sqlite_storage, SET_STATE, id=lina.id, set_state="active")
    assert isinstance((await desk.put(send(lina, room, "x")))[0], SentOutcome)
    await _set(sqlite_storage, MUTE, id=room, set_muted=True)
    assert isinstance((await desk.put(send(lina, room, "x")))[0], Muted)
    await _set(sqlite_storage, MUTE, id=room, set_muted=False)
    assert isinstance((await desk.put(send(lina, room, "x")))[0], SentOutcome)
    await leave(sqlite_storage, room, lina)
    assert isinstance((await desk.put(send(lina, room, "x")))[0], NotParticipant)
    await _set(sqlite_storage, SET_SUSPENDED, id=lina.company, set_suspended=True)
    assert isinstance((await desk.put(send(wang, room, "x")))[0], CompanySuspended)


def test_its_tables_are_those_of_the_look_up() -> None:
    assert set(re.findall(r"(?:FROM|JOIN) (\w+)", PARTICIPANT)) == TABLES - {ANY_TABLE} == TABLES_READ


async def test_what_the_look_up_does_not_read_leaves_it(sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor]) -> None:
    """Sessions are written all the time; a memory that each sign-in ends is none."""
    remembered = remembered_by(sqlite_storage)
    remembered.written({"sessions", "feed", "audit_entries"})
    assert len(remembered._participants) == 2
    for table in (*TABLES_READ, ANY_TABLE):
        remembered._participants[1, 1] = next(iter(remembered._participants.values()), Any)  # type: ignore[assignment]
        remembered.written({"sessions", table})
        assert not remembered._participants, table


async def test_a_batch_that_fails_ends_it(
    sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heads had been counted on when COMMIT failed."""
    desk, room, lina, _ = pair
    real, failures = SqliteLog.store, 2

    async def store(self: SqliteLog, *args: Any) -> None:
        nonlocal failures
        await real(self, *args)
        if failures:
            failures -= 1
            error = sqlite3.OperationalError("locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    monkeypatch.setattr(SqliteLog, "store", store)
    (sent,) = await desk.put(send(lina, room, "three"))
    assert isinstance(sent, SentOutcome)
    assert not failures
    assert sent.seq == 4  # behind the group's note and two messages
    assert await compared(sqlite_storage) == 1


async def test_what_was_handed_over_is_not_changed_by_later_batches(
    sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor]
) -> None:
    """The loop reads heads and marks of a batch while the writer is at the next."""
    desk, room, lina, _ = pair
    await desk.put(mark(lina, room, 2), send(lina, room, "three"))
    decision = desk.finished[-1].decision
    assert decision is not None
    assert len(decision.marks) == 1
    before = [msgspec.structs.astuple(one) for one in (decision.places[room], *decision.marks)]
    await desk.put(send(lina, room, "four"), mark(lina, room, 5))
    assert [msgspec.structs.astuple(one) for one in (decision.places[room], *decision.marks)] == before


async def test_it_is_bounded(sqlite_storage: SqliteStorage, pair: tuple[Desk, int, Actor, Actor]) -> None:
    desk, room, lina, _ = pair
    remembered = remembered_by(sqlite_storage)
    one = next(iter(remembered._participants.values()))
    remembered._participants.update({(n, n): one for n in range(MOST)})
    await desk.put(send(lina, room, "three"))
    assert list(remembered._participants) == [(room, lina.id)]


async def test_a_new_file_has_small_pages_and_an_old_one_keeps_its_own(tmp_path: Any, clock: ManualClock) -> None:
    for name, bytes in (("new", PAGE_BYTES), ("old", 4096)):
        path = tmp_path / f"{name}.sqlite"
        if name == "old":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA page_size = 4096")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("VACUUM")
        await asyncio.to_thread(asyncio.run, migrate(f"sqlite:///{path}"))
        storage = await connect(f"sqlite:///{path}", now=clock.now)
        assert isinstance(storage, SqliteStorage)
        assert storage._writer.execute("PRAGMA page_size").fetchone()[0] == bytes
        await storage.close()
