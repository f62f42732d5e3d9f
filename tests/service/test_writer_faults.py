"""What the writer does when something goes wrong around it: faults of ours, a close with work queued, callers that go away (LOG A to C)."""

import asyncio
import os

import pytest

from protocol.errors import InternalError, ShuttingDown, YizhanError
from server.clock import ManualClock
from storage import feed
from storage.engine import Storage, connect
from storage.errors import DatabaseAway
from storage.feed import FeedRow
from storage.schema.companies import companies
from storage.statements import insert_into
from storage.work import Work
from storage.writer import algorithm
from storage.writer.batch import MOST_ENTRIES, Finished
from storage.writer.entries import SentOutcome
from tests.support.cast import Desk, company, direct, send
from tests.support.logbook import seqs_of, tell

INSERT_COMPANY = insert_into(companies, "number", "name", "short_name", "created_at", "seats")


def fault_of_ours(*_: object) -> None:
    raise KeyError("a fault of ours")


async def test_a_fault_of_ours_ends_the_batch_as_unknown_and_the_writer_goes_on(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG A6: everything else is `unknown` in the end; it must not end the writer with everybody waiting."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    with monkeypatch.context() as patched:
        patched.setattr(algorithm, "decide", fault_of_ours)
        (answer,) = await desk.put(send(lina, talk, "one"))
    assert isinstance(answer, InternalError)
    assert "KeyError" in caplog.text
    (answer,) = await desk.put(send(lina, talk, "one"))
    assert isinstance(answer, SentOutcome)
    assert answer.seq == 1


async def test_who_fails_on_being_told_keeps_nothing_from_others(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    """Commit, then tell: what goes wrong in the telling has no way back into the storage."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    told, positions = storage.batches.on_finished, list[int]()

    def fails(finished: Finished) -> None:
        told(finished)
        raise RuntimeError("a fault in the telling")

    def fails_too(row: FeedRow) -> None:
        positions.append(row.position)
        raise RuntimeError("a fault in the telling")

    storage.batches.on_finished = fails
    storage.on_position = fails_too
    for words in ("one", "two"):
        (answer,) = await desk.put(send(lina, talk, words))
        assert isinstance(answer, SentOutcome)
        await storage.transact(tell)
    assert len(positions) == 2
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["a fault in the telling"] * 4


async def test_what_waits_at_the_close_is_stored_however_much_it_is(database: str, clock: ManualClock) -> None:
    """LOG A2: what was taken on is stored; one batch takes at most 1,000."""
    storage = await connect(database, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    entries = [send(lina, talk, "many") for _ in range(2 * MOST_ENTRIES + 5)]
    answers, _ = await asyncio.gather(desk.put(*entries), storage.close())
    assert [answer.seq for answer in answers if isinstance(answer, SentOutcome)] == list(range(1, 2 * MOST_ENTRIES + 6))


async def test_after_the_close_everybody_gets_an_answer(database: str, clock: ManualClock) -> None:
    """A call that is answered by nobody would wait for ever."""
    storage = await connect(database, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await storage.close()
    (answer,) = await desk.put(send(lina, talk, "late"))
    assert isinstance(answer, ShuttingDown)
    for late in (storage.transact(tell), storage.unit(tell)):
        with pytest.raises(ShuttingDown):
            await late


async def test_a_broken_constraint_in_an_act_is_a_fault_of_ours_and_no_absent_database(storage: Storage) -> None:
    """Else a programming error would be reported as `send the same again` for ever."""
    await company(storage, "acme", "Li Na")

    async def again(work: Work) -> None:
        await work.run(INSERT_COMPANY, number="acme", name="again", short_name="again", created_at=1, seats=1)

    for unit in (storage.transact, storage.unit):
        with pytest.raises(Exception, match=r"(?i)unique") as refused:
            await unit(again)
        assert not isinstance(refused.value, YizhanError)


async def test_a_wrong_statement_in_an_act_is_a_fault_of_ours(storage: Storage) -> None:
    """A parameter that no column takes, with the words of a lost connection in it."""

    async def wrong(work: Work) -> None:
        await work.run(INSERT_COMPANY, number="x", name="x", short_name="x", created_at=["connection is closed"], seats=1)

    (refused,) = await asyncio.gather(storage.transact(wrong), return_exceptions=True)
    assert isinstance(refused, Exception)
    assert not isinstance(refused, YizhanError)


async def test_an_act_that_fails_changes_nothing_and_takes_no_position(storage: Storage) -> None:
    """LOG C1, D1."""
    before = await storage.read(lambda read: read.value(feed.HEAD))

    async def act(work: Work) -> None:
        await work.run(INSERT_COMPANY, number="acme", name="x", short_name="x", created_at=1, seats=1)
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        await storage.transact(act)
    assert await storage.read(lambda read: read.value(feed.HEAD)) == before
    await company(storage, "acme", "Li Na")  # the number is free


async def test_an_act_whose_caller_went_away_runs_to_its_end_and_is_told_of(storage: Storage) -> None:
    """LOG A8: a COMMIT is never cancelled; and nobody who goes away leaves a connection in the turn."""
    positions: list[int] = []
    storage.on_position = lambda row: positions.append(row.position)
    before = await storage.read(lambda read: read.value(feed.HEAD))
    for turns_of_the_loop in range(0, 12, 2):
        caller = asyncio.ensure_future(storage.transact(tell))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    await storage.transact(tell)
    while len(positions) < 6:  # noqa: ASYNC110 (all but the one that went away before it had begun)
        await asyncio.sleep(0.005)
    there = await storage.read(lambda read: read.all(feed.AFTER, position=before, limit=100))
    assert positions == [row[0] for row in there]
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    assert await seqs_of(storage, talk) == []


async def test_who_reads_and_goes_away_leaves_a_usable_connection(storage: Storage) -> None:
    for turns_of_the_loop in range(10):
        reader = asyncio.ensure_future(storage.read(lambda read: read.all(feed.AFTER, position=0, limit=1000)))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    heads = await asyncio.gather(*(storage.read(lambda read: read.value(feed.HEAD)) for _ in range(10)))
    assert set(heads) == {0}


async def test_a_batch_is_told_once(storage: Storage) -> None:
    """LOG A: neither twice nor never, with everything at once."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    entries = [send(lina, talk, "hello", os.urandom(16)) for _ in range(300)]
    answers = asyncio.gather(*(desk.put(*entries[n : n + 30]) for n in range(0, 300, 30)), *(storage.transact(tell) for _ in range(5)))
    await answers
    told = [id(entry) for finished in desk.finished for entry in finished.entries]
    assert sorted(told) == sorted(map(id, entries))


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "postgresql://postgres@/none?host=/nowhere"])
async def test_a_database_that_cannot_be_reached_is_away(url: str, clock: ManualClock) -> None:
    """The program that starts says so in its own words."""
    with pytest.raises(DatabaseAway):
        await connect(url, now=clock.now)
