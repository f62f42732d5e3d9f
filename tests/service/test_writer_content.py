"""What the database refuses, a full disk, a failed fsync, and what an `unknown` takes with it (LOG A6, A7)."""

import asyncio
import contextlib
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from protocol.errors import ContentRefused, StorageFull
from server.clock import ManualClock
from storage import postgres as postgres_adapter
from storage import sqlite as sqlite_adapter
from storage.engine import Storage, connect, postgres_dsn, sqlite_path
from storage.sqlite import SqliteStorage
from storage.writer.entries import Entry, SentOutcome
from tests.support.cast import Actor, Desk, company, direct, draft_of, edit, mark, react, send
from tests.support.logbook import check, seqs_of, tell

ROOT = Path(__file__).parents[2]
NUL = "\x00"


async def talk_of(storage: Storage) -> tuple[Actor, Actor, int, Desk]:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    return lina, wang, await direct(storage, lina, wang), Desk(storage)


# ---- content that one database or both do not take

REFUSED: dict[str, tuple[str, Callable[[Actor, int], Entry]]] = {
    "NUL in a reaction": ("postgres", lambda actor, talk: react(actor, talk, 1, NUL)),
    "NUL in a draft": ("postgres", lambda actor, talk: draft_of(actor, talk, NUL)),
    "NUL in an unknown kind": ("postgres", lambda actor, talk: _of_kind(actor, talk, NUL)),
    "half a character": ("both", lambda actor, talk: draft_of(actor, talk, "\ud800")),
    "a number of 64 bits": ("both", lambda actor, talk: react(actor, talk, 1 << 63)),
}


def _of_kind(actor: Actor, talk: int, kind: str) -> Entry:
    entry = send(actor, talk, "x")
    assert entry.body is not None
    entry.body = type(entry.body)(entry.body.canonical, kind)
    return entry


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("place", [0, 7, 19])
async def test_of_a_batch_with_one_bad_entry_that_one_is_refused(storage: Storage, name: str, place: int) -> None:
    """LOG A6: the other nineteen are stored in order, without a hole, and the log has the fault."""
    where, bad = REFUSED[name]
    lina, wang, talk, desk = await talk_of(storage)
    await desk.put(send(lina, talk, "first"))
    faults: list[tuple[Entry, Exception]] = []
    storage.batches.on_fault = lambda entry, error: faults.append((entry, error))
    entries: list[Entry] = [send(lina, talk, str(n)) for n in range(19)]
    entries.insert(place, bad(wang, talk))
    answers = await desk.put(*entries)
    if where in (storage.kind, "both"):
        assert isinstance(answers[place], ContentRefused)
        assert [entry for entry, _ in faults] == [entries[place]]
        del answers[place]
        assert [getattr(answer, "seq", None) for answer in answers] == list(range(2, 21))
    else:
        assert not faults
        assert not any(isinstance(answer, ContentRefused) for answer in answers)
    assert [id(entry) for ended in desk.finished[1:] for entry in ended.entries] == [id(entry) for entry in entries]
    await check(storage)


async def test_several_bad_entries_are_refused_each_for_itself(storage: Storage) -> None:
    """LOG A6: halved, each half a transaction of its own, in order."""
    lina, wang, talk, desk = await talk_of(storage)
    await desk.put(send(lina, talk, "first"))
    entries: list[Entry] = [draft_of(wang, talk, "\ud800") if n in (0, 3, 4, 15) else send(lina, talk, str(n)) for n in range(16)]
    answers = await desk.put(*entries)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, ContentRefused)] == [0, 3, 4, 15]
    assert [answer.seq for answer in answers if isinstance(answer, SentOutcome)] == list(range(2, 14))
    await check(storage)


async def test_a_version_of_any_size_is_a_conflict_and_no_fault(storage: Storage) -> None:
    """What the protocol lets pass is judged by rules, on both databases alike."""
    lina, _, talk, desk = await talk_of(storage)
    faults: list[Entry] = []
    storage.batches.on_fault = lambda entry, error: faults.append(entry)
    await desk.put(send(lina, talk, "first"))
    (answer,) = await desk.put(edit(lina, talk, 1, 2**53 - 1, "x"))
    assert getattr(answer, "code", None) == "message.version_conflict"
    assert not faults


# ---- a full disk


@asynccontextmanager
async def full(storage: Storage, database: str) -> AsyncIterator[None]:
    """The disk takes no more."""
    if isinstance(storage, SqliteStorage):
        writer = storage._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        most = writer.execute("PRAGMA max_page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")
        yield
        writer.execute(f"PRAGMA max_page_count = {most}")
        return
    connection = await asyncpg.connect(postgres_dsn(database))
    await connection.execute(FULL)
    try:
        yield
        await connection.execute("DROP TRIGGER full_disk ON messages")
    finally:
        await connection.close()


FULL = """CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON messages EXECUTE FUNCTION full_disk()"""


async def test_a_full_disk_refuses_and_reading_goes_on(database: str, clock: ManualClock) -> None:
    """LOG A6: ``storage.full``; with space again everything goes on where it was."""
    storage = await connect(database, now=clock.now)
    lina, wang, talk, desk = await talk_of(storage)
    await desk.put(send(lina, talk, "one"))
    large = "x" * 15_000
    async with full(storage, database):
        answers = await desk.put(*(send(lina, talk, large) for _ in range(20)))
        assert {type(answer) for answer in answers} == {StorageFull}
        assert await seqs_of(storage, talk) == [1]
    answers = await desk.put(send(lina, talk, large), send(wang, talk, "two"))
    assert [getattr(answer, "seq", None) for answer in answers] == [2, 3]
    await check(storage)
    await storage.close()


ON_A_SMALL_DISK = """
import asyncio, sys
from protocol.errors import StorageFull
from server.clock import ManualClock
from storage.engine import connect
from storage.migrate import migrate
from tests.support.cast import Desk, company, direct, send
from tests.support.logbook import check, seqs_of
from pathlib import Path

async def main(folder):
    clock = ManualClock()
    url = f"sqlite:///{folder}/yizhan.sqlite"
    await migrate(url)
    storage = await connect(url, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    filler = Path(folder, "filler")
    stored, refused = 0, 0
    while not refused:
        answers = await desk.put(*(send(lina, talk, "x" * 10_000) for _ in range(10)))
        kinds = {type(answer).__name__ for answer in answers}
        if kinds == {"SentOutcome"}:
            stored += 10
        else:
            assert kinds == {"StorageFull"}, kinds
            refused += 1
    assert await seqs_of(storage, talk) == list(range(1, stored + 1))
    filler.unlink()
    (answer,) = await desk.put(send(wang, talk, "space again"))
    assert answer.seq == stored + 1, answer
    await check(storage)
    await storage.close()
    print("stored", stored)

folder = sys.argv[1]
Path(folder, "filler").write_bytes(bytes(1 << 20))
asyncio.run(main(folder))
"""


def test_a_small_disk_that_is_really_full(tmp_path: Path) -> None:
    """LOG A6 with the kernel's own ENOSPC: a tmpfs of 4 MiB, in a namespace of the child's where we are not root."""
    folder = tmp_path / "small"
    folder.mkdir()
    shell = 'mount -t tmpfs -o size=4m small "$1" && exec "$2" -c "$3" "$1"'
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*unshare, "--", "true"], capture_output=True).returncode:
        pytest.skip("neither root nor user namespaces: the limit on pages above stands alone for a full disk")
    command = [*unshare, "--", "sh", "-c", shell, "sh", str(folder), sys.executable, ON_A_SMALL_DISK]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    assert int(child.stdout.split()[1]) > 0


async def test_a_full_disk_keeps_acts_from_nothing_but_their_own(database: str, clock: ManualClock) -> None:
    """Acts get ``storage.full``, too."""
    storage = await connect(database, now=clock.now)
    lina, _, talk, desk = await talk_of(storage)
    await desk.put(send(lina, talk, "one"))
    if storage.kind == "postgres":
        connection = await asyncpg.connect(postgres_dsn(database))
        await connection.execute(FULL.replace("ON messages", "ON feed"))
        await connection.close()
    else:
        storage._writer.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]
        with sqlite3.connect(sqlite_path(database)) as other:
            other.execute("CREATE TABLE filler (x BLOB)")

    async def act(work: Any) -> None:
        await tell(work)
        work.payload.members.extend(range(200_000))

    with pytest.raises(StorageFull):
        await storage.transact(act)
    assert await seqs_of(storage, talk) == [1]
    await storage.close()


# ---- a failed fsync

FAILS = """
import sqlite3
from storage.sqlite import translated
error = sqlite3.OperationalError("disk I/O error")
error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
translated(error)
"""


def test_a_failed_fsync_ends_the_process() -> None:
    """LOG A6: after it nobody knows what is on the disk, so nobody may answer."""
    child = subprocess.run([sys.executable, "-c", FAILS], cwd=ROOT, capture_output=True, text=True)
    assert child.returncode == 70
    assert "cannot be trusted" in child.stderr


class Ended(BaseException):
    """The process would have ended."""


@pytest.mark.parametrize(("name", "ends"), [("IOERR_FSYNC", True), ("IOERR_DIR_FSYNC", True), ("IOERR_READ", False), ("BUSY", False)])
def test_which_errors_end_the_process(name: str, ends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG A6: wherever they show first, at the COMMIT, in reading, or at the checkpoint."""

    def ended(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", ended)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
    connection = sqlite3.connect(":memory:")
    for meet in (sqlite_adapter.translated, lambda error: sqlite_adapter._roll_back(connection, error)):
        with pytest.raises(Ended) if ends else contextlib.nullcontext():
            meet(error)
    connection.close()


# ---- unknown


class Origin:
    """A connection, as the writer knows it."""


@asynccontextmanager
async def away(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The database does not answer, and patience is short."""
    for adapter in (sqlite_adapter, postgres_adapter):
        monkeypatch.setattr(adapter, "PATIENCE_SECONDS", 0.1)
    if database.startswith("sqlite"):
        holder = sqlite3.connect(sqlite_path(database), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with contextlib.closing(holder):
            yield
        return
    connection = await asyncpg.connect(postgres_dsn(database))
    await connection.execute(postgres_adapter.BEGIN_IN_TURN)
    try:
        yield
    finally:
        await connection.close()


@asynccontextmanager
async def impatient(database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storage]:
    """A storage whose own connections wait briefly."""
    opening = sqlite_adapter.open_connection
    monkeypatch.setattr(sqlite_adapter, "open_connection", lambda path, **more: opening(path, **{**more, "busy_seconds": 0.05}))
    monkeypatch.setitem(postgres_adapter.IN_TURN, "lock_timeout", "50ms")
    storage = await connect(database, now=clock.now)
    yield storage
    await storage.close()


async def test_after_an_unknown_nothing_later_of_the_same_connection_is_stored(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG A7: neither what waits nor what still comes, until the connection is gone; others are not touched."""
    async with impatient(database, clock, monkeypatch) as storage:
        lina, wang, talk, desk = await talk_of(storage)
        his, hers = Origin(), Origin()
        told, late = storage.batches.on_finished, send(wang, talk, "and then", origin=his)

        def closes(finished: Any) -> None:
            told(finished)
            storage.batches.put(late)  # was on its way when the connection was closed

        async with away(database, monkeypatch):
            storage.batches.on_finished = closes
            (unknown,) = await desk.put(send(wang, talk, "first", origin=his))
            assert getattr(unknown, "kind", None) == "unknown"
        storage.batches.on_finished = told
        (other,) = await desk.put(send(lina, talk, "hello", origin=hers))
        assert isinstance(other, SentOutcome)
        assert other.seq == 1
        storage.batches.forget(his)
        (again,) = await desk.put(send(wang, talk, "first", origin=his))
        assert isinstance(again, SentOutcome)
        assert await seqs_of(storage, talk) == [1, 2]


async def test_who_belongs_to_no_connection_is_dropped_with_nobody(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG A7 is about one connection's order; marks ride without one."""
    async with impatient(database, clock, monkeypatch) as storage:
        lina, wang, talk, desk = await talk_of(storage)
        async with away(database, monkeypatch):
            answers = await asyncio.gather(desk.put(send(lina, talk, "one")), desk.put(mark(wang, talk, 1)))
            assert [getattr(answer, "kind", None) for (answer,) in answers] == ["unknown", "unknown"]
        answers = await asyncio.gather(desk.put(send(lina, talk, "one")), desk.put(mark(wang, talk, 1)))
        assert getattr(answers[0][0], "seq", None) == 1


async def test_all_who_wait_for_a_database_that_is_away_are_told_together(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 5.7: after 10 s; not after 10 s for each thousand that waits before."""
    async with impatient(database, clock, monkeypatch) as storage:
        lina, _, talk, desk = await talk_of(storage)
        async with away(database, monkeypatch):
            answers = await desk.put(*(send(lina, talk, "x") for _ in range(2500)))
            assert {getattr(answer, "kind", None) for answer in answers} == {"unknown"}
            assert len(desk.finished) == 1


# ---- the WAL


async def test_beside_a_stream_of_writes_the_wal_stays_small(
    fresh_sqlite: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 10: passive checkpoints alone never reach its end while somebody writes, and the disk would be full one day (LOG A6)."""
    mebibyte = 1 << 20
    for name, value in (("WAL_BYTES", mebibyte), ("CHECKPOINT_BYTES", 128 << 10), ("CHECKPOINT_SECONDS", 0.02)):
        monkeypatch.setattr(sqlite_adapter, name, value)
    storage = await connect(fresh_sqlite, now=clock.now)
    lina, _, talk, desk = await talk_of(storage)
    wal = f"{sqlite_path(fresh_sqlite)}-wal"
    largest = 0

    async def stream() -> None:
        nonlocal largest
        for _ in range(40):
            await desk.put(*(send(lina, talk, "x" * 15_000) for _ in range(10)))
            largest = max(largest, os.path.getsize(wal))  # noqa: ASYNC240 (a look at a number)

    await asyncio.gather(stream(), stream(), stream())
    assert largest < 14 * mebibyte, largest  # of some 22 that were written
    await storage.close()


async def test_beside_a_process_that_writes_in_pieces_the_turn_is_looked_for_often(
    fresh_sqlite: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own patience sleeps up to 100 ms at a time; an import leaves the turn free for ten."""
    storage = await connect(fresh_sqlite, now=clock.now)
    lina, _, talk, desk = await talk_of(storage)
    holder = sqlite3.connect(sqlite_path(fresh_sqlite), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 30:
            holder.execute("COMMIT")

    with monkeypatch.context() as patch, contextlib.closing(holder):
        patch.setattr("time.sleep", sleep)
        (answer,) = await desk.put(send(lina, talk, "at last"))
    await storage.close()
    assert isinstance(answer, SentOutcome)
    assert len(slept) == 30
    assert max(slept) <= 0.005
