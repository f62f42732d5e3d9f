"""COMMIT without an answer: nothing twice, nothing lost, told once (LOG B1), and a turn in which somebody stands still (LOG A8)."""

import asyncio
import random
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from msgspec.structs import replace

from protocol.errors import OutcomeUnknown, StorageFull
from server.clock import ManualClock
from storage import feed
from storage import postgres as adapter
from storage.engine import Storage, connect, postgres_dsn
from storage.errors import DatabaseAway
from storage.postgres import BEGIN_IN_TURN, IN_TURN, PostgresStorage
from storage.statements import Statement
from storage.writer.entries import SentOutcome
from tests.support.cast import Desk, company, direct, draft_of, edit, mark, react, recall, send
from tests.support.logbook import check, tell
from tests.support.proxy import CuttingProxy, Through
from tests.support.standby import Standby, standby
from tests.support.ws import until


@asynccontextmanager
async def cut(url: str, clock: ManualClock, plan: Sequence[str] = ()) -> AsyncIterator[tuple[PostgresStorage, CuttingProxy, Storage]]:
    """A storage through a proxy, and one that goes to the database straight; the plan begins when the cast is there."""
    async with Through(url) as proxy:
        storage, straight = await connect(proxy.url(url), now=clock.now), await connect(url, now=clock.now)
        assert isinstance(storage, PostgresStorage)
        proxy.plan.extend(plan)
        try:
            yield storage, proxy, straight
        finally:
            proxy.plan.clear()
            proxy.release.set()
            await straight.close()
            await storage.close()


ROOT = Path(__file__).parents[2]
__all__ = ["standby"]  # a fixture, asked for by name
PLANS = [["before"], ["after"], ["torn"], ["after", "after"], ["before", "after", "before"], ["torn", "torn", "after"]]


@pytest.mark.parametrize("plan", PLANS, ids="-".join)
async def test_a_batch_whose_commit_has_no_answer_is_stored_once(fresh_postgres: str, clock: ManualClock, plan: list[str]) -> None:
    """LOG B1: it simply runs again, and the look-up finds what was stored; entries of all kinds."""
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        desk = Desk(storage)
        await desk.put(send(lina, talk, "one"), send(lina, talk, "two"))
        proxy.plan.extend(plan)
        answers = await desk.put(
            send(lina, talk, "three"),
            edit(lina, talk, 1, 1, "better"),
            send(wang, talk, "four"),
            recall(lina, talk, 2),
            react(wang, talk, 1),
            draft_of(wang, talk, "fi"),
            mark(wang, talk, 2),
        )
        assert not proxy.plan
        assert [getattr(answer, "seq", None) for answer in (answers[0], answers[2])] == [3, 4]
        assert [getattr(answers[n], "version", None) for n in (1, 3, 4)] == [2, 2, 2]
        assert len(desk.finished) == 2
        book = await check(straight)
        assert book.conversations[talk]["head"] == 4
        assert book.conversations[talk]["change"] == 3


@pytest.mark.parametrize("plan", PLANS, ids="-".join)
async def test_an_act_whose_commit_has_no_answer_is_done_once(fresh_postgres: str, clock: ManualClock, plan: list[str]) -> None:
    """LOG B1: it looks at the position that it would have had before it runs again."""
    async with cut(fresh_postgres, clock, plan) as (storage, proxy, straight):
        told: list[int] = []
        storage.on_position = lambda row: told.append(row.position)
        position = await storage.transact(tell)
        assert not proxy.plan
        assert told == [position] == [1]
        assert len((await check(straight)).feed) == 2


async def test_another_act_at_the_position_means_rolled_back(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG B1: another's batch id there: run again for certain."""
    async with cut(fresh_postgres, clock, ["before"]) as (storage, proxy, straight):
        others: list[int] = []

        async def another() -> None:
            others.append(await straight.transact(tell))

        proxy.when_lost = another
        assert await storage.transact(tell) == 2
        assert others == [1]


async def test_an_act_whose_row_is_gone_already_is_unknown_and_not_run_again(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG B1, D3: the process slept so long that nobody can say."""
    async with cut(fresh_postgres, clock, ["after"]) as (storage, proxy, straight):

        async def long_sleep() -> None:
            for _ in range(3):
                await straight.transact(tell)
            await straight.unit(lambda work: work.run(feed.REMOVE_OLD, passed=100, before=1 << 60))

        proxy.when_lost = long_sleep
        with pytest.raises(OutcomeUnknown):
            await storage.transact(tell)
        assert await straight.read(lambda read: read.value(feed.HEAD)) == 4


async def test_a_unit_whose_commit_has_no_answer_is_unknown(fresh_postgres: str, clock: ManualClock) -> None:
    async with cut(fresh_postgres, clock, ["after"]) as (storage, _, _straight):
        with pytest.raises(DatabaseAway) as refused:
            await storage.unit(lambda work: work.run(feed.REMOVE_OLD, passed=0, before=0))
        assert refused.value.kind == "unknown"


@pytest.mark.parametrize("how", ["before", "after"])
async def test_a_database_that_stays_away_is_unknown_and_comes_back(
    fresh_postgres: str, clock: ManualClock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG A6, A7, B1: in the end `unknown`, of acts and of messages; who sends the same again is answered."""
    monkeypatch.setattr(adapter, "PATIENCE_SECONDS", 0.3)
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        desk = Desk(storage)

        async def goes_away() -> None:
            proxy.away = True
            proxy.cut_all()

        proxy.when_lost = goes_away
        proxy.plan.append(how)
        wish = b"w" * 16
        (answer,) = await desk.put(send(lina, talk, "one", wish))
        assert getattr(answer, "kind", None) == "unknown"
        with pytest.raises(DatabaseAway):
            await storage.transact(tell)
        with pytest.raises(DatabaseAway):
            await storage.read(lambda read: read.value(feed.HEAD))
        proxy.away = False
        (answer,) = await desk.put(send(lina, talk, "one", wish))
        assert isinstance(answer, SentOutcome)
        assert (answer.seq, answer.found) == (1, how == "after")
        before = await straight.read(lambda read: read.value(feed.HEAD))
        proxy.plan.append(how)
        with pytest.raises(OutcomeUnknown):
            await storage.transact(tell)
        proxy.away = False
        assert await straight.read(lambda read: read.value(feed.HEAD)) == before + (how == "after")
        await check(straight)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_cut_nothing_is_lost_or_doubled(fresh_postgres: str, clock: ManualClock, seed: int) -> None:
    """LOG A1, B1: acts and batches across each other, every second COMMIT without an answer."""
    dice = random.Random(seed)
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        first: int = await straight.read(lambda read: read.value(feed.HEAD))
        desk, other = Desk(storage), Desk(straight)
        told: list[int] = []
        storage.on_position = lambda row: told.append(row.position)
        acts: list[int] = []
        sent: list[int] = []

        async def act() -> None:
            acts.append(await storage.transact(tell))

        async def sends(by: Desk) -> None:
            sent.extend(answer.seq for answer in await by.put(send(lina, talk, "hello")) if isinstance(answer, SentOutcome))

        for _ in range(8):
            proxy.plan.extend(dice.choice(["pass", "before", "after", "torn"]) for _ in range(3))
            await asyncio.gather(act(), sends(desk), act(), sends(other), sends(desk))
        book = await check(straight)
        assert sorted(sent) == list(range(1, 25))
        assert sorted(acts) == sorted(told)
        positions = [row.position for row in book.feed if row.position > first and not row.moved]
        assert sorted(acts) == positions, f"seed {seed}"


async def test_a_full_disk_after_a_lost_commit_is_unknown_and_no_refusal(fresh_postgres: str, clock: ManualClock) -> None:
    """DESIGN 1: `refused` means that no attempt before it was stored either; here one was."""
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        desk = Desk(storage)

        async def the_disk_is_full() -> None:
            await _sql(fresh_postgres, FULL.format(table="drafts"))

        proxy.when_lost = the_disk_is_full
        proxy.plan.append("after")
        answers = await desk.put(send(lina, talk, "one"), draft_of(wang, talk, "wri"))
        assert [getattr(answer, "kind", None) for answer in answers] == ["unknown", "unknown"]
        (full,) = await desk.put(draft_of(lina, talk, "fresh"))
        assert isinstance(full, StorageFull)


FULL = """CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()"""


async def _sql(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(postgres_dsn(url))
    for one in statements:
        await connection.execute(one)
    await connection.close()


# ---- the order in which one's own commits are told


async def test_a_later_commit_whose_answer_comes_first_is_told_later(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG D1: in the order of the turn, though answers come by different connections."""
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        before: int = await straight.read(lambda read: read.value(feed.HEAD))
        heard: list[int] = []
        storage.on_position = lambda row: heard.append(row.position)
        desk = Desk(storage)
        finished = storage.batches.on_finished
        storage.batches.on_finished = lambda ended: (heard.append(ended.decision.position), finished(ended))[1]  # type: ignore[func-returns-value, union-attr]
        proxy.plan.append("held")
        first = asyncio.ensure_future(storage.transact(tell))
        await _head_is(straight, before + 1)
        later = [asyncio.ensure_future(storage.transact(tell)), asyncio.ensure_future(desk.put(send(lina, talk, "one")))]
        await _head_is(straight, before + 3)
        assert heard == []
        proxy.release.set()
        await asyncio.gather(first, *later)
        assert heard == [before + 1, before + 2, before + 3]


async def _head_is(storage: Storage, position: int) -> None:
    while await storage.read(lambda read: read.value(feed.HEAD)) < position:  # noqa: ASYNC110 (asks the database itself)
        await asyncio.sleep(0.005)


async def test_who_waits_behind_a_commit_without_an_answer_is_told_unknown(
    fresh_postgres: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 5.7, LOG A7, A8: and so are those whose transaction it is; when its answer comes it is handed out, and nobody hears twice."""
    monkeypatch.setattr(adapter, "PATIENCE_SECONDS", 0.3)
    async with cut(fresh_postgres, clock) as (storage, proxy, straight):
        lina, wang = await company(straight, "acme", "Li Na", "Wang")
        talk = await direct(straight, lina, wang)
        before: int = await straight.read(lambda read: read.value(feed.HEAD))
        desk, one = Desk(storage), send(lina, talk, "one")
        proxy.plan.append("held")
        first = asyncio.ensure_future(desk.put(one))
        await _head_is(straight, before + 1)
        second = asyncio.ensure_future(desk.put(send(wang, talk, "two")))
        for answers in (await first, await second):
            assert [(answer.code, answer.kind) for answer in answers if isinstance(answer, DatabaseAway)] == [("storage.away", "unknown")]
        told = len(desk.finished)
        proxy.release.set()
        await until(lambda: len(desk.finished) > told)
        late = desk.finished[-1]
        assert (late.entries, late.answers) == ((), ())
        assert late.decision is not None
        assert [(message.seq, message.member) for message in late.decision.messages] == [(1, lina.id)]
        (again,) = await Desk(storage).put(replace(one, origin=object()))
        assert isinstance(again, SentOutcome)
        assert (again.seq, again.found) == (1, True)


async def test_a_connection_to_a_host_that_is_gone_breaks_by_itself() -> None:
    """COMMIT waits without a time-out, so somebody else has to find out."""
    there = socket.socket()
    transport = SimpleNamespace(get_extra_info=lambda name: there)
    await adapter._kept_alive(SimpleNamespace(_transport=transport))
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *[(socket.IPPROTO_TCP, getattr(socket, name)) for name in adapter.SECONDS_ALIVE]]
    found = [there.getsockopt(*option) for option in options]
    there.close()
    assert found == [1, 10, 5, 3]


async def test_all_connections_are_kept_alive(fresh_postgres: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []

    async def keep(connection: object) -> None:
        kept.append(connection)

    monkeypatch.setattr(adapter, "_kept_alive", keep)
    storage = await connect(fresh_postgres, now=clock.now)
    assert isinstance(storage, PostgresStorage)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    await Desk(storage).put(send(lina, await direct(storage, lina, wang), "one"))
    assert storage._connection in kept
    assert len(kept) >= 3  # beside the writer's one for acts and one for reading
    await storage.close()


# ---- standing still in the turn


@pytest.mark.parametrize("name", ["idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout", "synchronous_commit"])
async def test_what_is_set_on_the_connections(fresh_postgres: str, clock: ManualClock, name: str) -> None:
    """LOG A8, A3e: of the batch, of acts, of units."""
    storage = await connect(fresh_postgres, now=clock.now)
    assert isinstance(storage, PostgresStorage)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    await Desk(storage).put(send(lina, await direct(storage, lina, wang), "one"))
    show = Statement(postgres=f"SHOW {name}")
    found = [
        await storage._connection.fetchval(show.numbered),
        await storage.transact(lambda work: work.value(show)),
        await storage.unit(lambda work: work.value(show)),
    ]
    wanted = {
        "idle_in_transaction_session_timeout": ["1s", "1s", "5s"],
        "lock_timeout": ["5s"] * 3,
        "statement_timeout": ["10s"] * 3,
        "synchronous_commit": ["on"] * 3,
    }
    assert found == wanted[name]
    await storage.close()


async def test_who_stands_still_in_the_turn_is_put_out_after_a_second(fresh_postgres: str, clock: ManualClock) -> None:
    """LOG A8: a frozen process stops the others for at most 2 s; what it did not commit is gone."""
    storage = await connect(fresh_postgres, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    frozen = await asyncpg.connect(postgres_dsn(fresh_postgres), server_settings=IN_TURN)
    await frozen.execute(BEGIN_IN_TURN)
    began = asyncio.get_running_loop().time()
    try:
        (answer,) = await Desk(storage).put(send(lina, talk, "one"))
        took = asyncio.get_running_loop().time() - began
        assert isinstance(answer, SentOutcome)
        assert 0.5 < took < 2
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await frozen.execute("COMMIT")
    finally:
        frozen.terminate()
    await storage.close()


async def test_who_waits_too_long_for_the_turn_leaves_no_connection_behind(
    fresh_postgres: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG A8: a wait that ended is no open transaction; the next act on that connection is a whole one."""
    monkeypatch.setitem(adapter.IN_TURN, "lock_timeout", "100ms")
    storage = await connect(fresh_postgres, now=clock.now)
    holder = await asyncpg.connect(postgres_dsn(fresh_postgres))
    await holder.execute(BEGIN_IN_TURN)
    waits = [storage.transact(tell) for _ in range(4)]
    assert [type(one) for one in await asyncio.gather(*waits, return_exceptions=True)] == [DatabaseAway] * 4
    await holder.execute("ROLLBACK")
    assert [await storage.transact(tell) for _ in range(4)] == [1, 2, 3, 4]
    await holder.close()
    await storage.close()


async def test_a_commit_has_no_time_out_and_is_not_cancelled(
    fresh_postgres: str, clock: ManualClock, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG A8: neither time-outs nor callers that go away end its wait for the standby."""
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        monkeypatch.setitem(adapter.IN_TURN, name, "200ms")
    storage = await connect(fresh_postgres, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    await standby.is_required()
    told: list[int] = []
    storage.on_position = lambda row: told.append(row.position)
    message = asyncio.ensure_future(Desk(storage).put(send(lina, talk, "one")))
    assert await standby.keeps_back(message, fresh_postgres)
    await asyncio.sleep(LONGER_THAN_ALLOWED)
    assert await standby.is_waited_for(fresh_postgres)
    assert not message.done()
    await standby.is_not_required()
    (answer,) = await message
    assert isinstance(answer, SentOutcome)
    await standby.is_required()
    act = asyncio.ensure_future(storage.transact(tell))
    assert await standby.keeps_back(act, fresh_postgres)
    act.cancel()
    await asyncio.sleep(LONGER_THAN_ALLOWED)
    assert await standby.is_waited_for(fresh_postgres)
    assert told == []
    await standby.is_not_required()
    await storage.transact(tell)
    assert len(told) == 2
    await storage.close()


LONGER_THAN_ALLOWED = 0.4  # twice what the test sets


async def test_an_answer_that_was_only_found_waits_for_the_standby_too(fresh_postgres: str, clock: ManualClock, standby: Standby) -> None:
    """LOG A5: else a row that only a lost primary had would be acknowledged."""
    storage = await connect(fresh_postgres, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one", b"w" * 16))
    await standby.is_required()
    again = asyncio.ensure_future(desk.put(send(lina, talk, "one", b"w" * 16)))
    assert await standby.keeps_back(again, fresh_postgres)
    await standby.is_not_required()
    (answer,) = await again
    assert isinstance(answer, SentOutcome)
    assert answer.found
    await storage.close()


FREEZES = """
import asyncio, os, signal, sys
from server.clock import ManualClock
from storage.engine import connect
from tests.support.logbook import tell

async def freeze(work):
    await tell(work)
    print("in the turn", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)

async def main():
    storage = await connect(sys.argv[1], now=ManualClock().now)
    try:
        await storage.transact(freeze)
    except Exception as error:
        print(type(error).__name__, flush=True)
    await storage.close()

asyncio.run(main())
"""


async def test_a_process_that_is_frozen_in_its_turn_stops_the_others_for_two_seconds_at_most(
    fresh_postgres: str, clock: ManualClock
) -> None:
    """LOG A8, with a real process: what it had written is gone, and it hears of that when it wakes."""
    storage = await connect(fresh_postgres, now=clock.now)
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    before: int = await storage.read(lambda read: read.value(feed.HEAD))
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", FREEZES, fresh_postgres, cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert await child.stdout.readline() == b"in the turn\n"
        began = asyncio.get_running_loop().time()
        (answer,) = await Desk(storage).put(send(lina, talk, "one"))
        assert asyncio.get_running_loop().time() - began < 2
        assert isinstance(answer, SentOutcome)
    finally:
        child.send_signal(signal.SIGCONT)
    out, _ = await child.communicate()
    assert out == b"DatabaseAway\n"
    assert await storage.read(lambda read: read.value(feed.HEAD)) == before + 1
    await storage.close()


async def test_hot_rows_are_narrow_and_no_index_is_on_what_a_message_changes(fresh_postgres: str) -> None:
    """LOG A9, G1: fillfactor 60, and every update of a head or a mark stays on its page without touching an index."""
    connection = await asyncpg.connect(postgres_dsn(fresh_postgres))
    for table in ("conversations", "marks"):
        assert await connection.fetchval("SELECT reloptions FROM pg_class WHERE relname = $1", table) == ["fillfactor=60"]
    indexed = await connection.fetch(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) WHERE c.relname IN ('conversations', 'marks', 'stays')"
    )
    await connection.close()
    columns: dict[str, set[str]] = {}
    for table, column in indexed:
        columns.setdefault(table, set()).add(column)
    assert columns == {
        "conversations": {"id", "direct_low", "direct_high"},
        "marks": {"company", "member", "conversation"},
        "stays": {"home", "conversation", "member", "from_seq"},
    }
