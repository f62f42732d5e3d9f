"""What a client may cost, seen from outside: who stops reading, who asks too much, who sends too fast (promise V7; DESIGN 5.7)."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Messages, Sent
from server.gateway.outbox import KIB, MIB, Bound
from storage.work import Work
from tests.support.house import House, open_house, settle
from tests.support.wire import CROSSED, LITE, NOBODY, everything_told, greeted, group, people, signed_in
from tests.support.ws import until

QUEUE = 64 * KIB
LARGE = "午" * 1200
FRAME = 4 * KIB  # at least what a message of that takes


def queues(house: House) -> list[int]:
    """Bytes that wait in the server for each connection."""
    return [connection.door.waiting for connection in house.running.gateway.connections]


@pytest.mark.parametrize("codec", ["msgpack", "json"])
async def test_who_stops_reading_costs_his_queue_and_the_others_get_everything(fresh_sqlite: str, tmp_path: Path, codec: str) -> None:
    async with (
        open_house(fresh_sqlite, tmp_path, outgoing_bytes=QUEUE, send_burst=10_000) as house,
        people(house, "Li Na", "Zhao", codec=codec) as (lina, zhao),
        signed_in(house, "Wang", codec, receive_buffer=4096) as stalled,
    ):
        crowd = await group(house, "Li Na", "Wang", "Zhao")
        await everything_told(house, lina, zhao, stalled)
        stalled.stop_reading()
        most = 0
        for count in range(300):
            await lina.send(crowd, f"{count} {LARGE}")
            most = max(most, *queues(house))
        await zhao.event(Messages, up_to=301)
        assert [event.up_to for event in zhao.all(Messages)] == list(range(1, 302))
        assert QUEUE // 2 < most <= QUEUE + 2 * FRAME + 128 * KIB
        await until(lambda: len(house.running.gateway.connections) == 2)
        assert max(queues(house)) == 0
        async with greeted(house, codec) as back:
            await back.resume(stalled.token)
            (page,) = await back.sync(stalled.sync_token)
            assert page.conversations[0].seq == 301, "it fetches what it missed"


async def test_many_who_stop_reading_stay_together_within_the_bound_for_all(fresh_sqlite: str, tmp_path: Path) -> None:
    total = 512 * KIB
    async with (
        open_house(fresh_sqlite, tmp_path, outgoing_bytes=QUEUE * 4, outgoing_total_bytes=total, send_burst=10_000) as house,
        people(house, "Li Na", "Zhao") as (lina, zhao),
        contextlib.AsyncExitStack() as stack,
    ):
        crowd = await group(house, "Li Na", "Wang", "Zhao")
        for _ in range(18):
            (await stack.enter_async_context(signed_in(house, "Wang", receive_buffer=4096))).stop_reading()
        most = 0
        for count in range(250):
            await lina.send(crowd, f"{count} {LARGE}")
            most = max(most, sum(queues(house)))
        await zhao.event(Messages, up_to=251)
        assert total // 2 < most <= total + 18 * FRAME


async def stalled_device(house: House, name: str, stack: contextlib.AsyncExitStack, connections: int) -> None:
    """A new session of a person with so many connections, none of which reads."""
    first = await stack.enter_async_context(signed_in(house, name, receive_buffer=4096))
    token = first.token
    for _ in range(connections - 1):
        other = await stack.enter_async_context(greeted(house, receive_buffer=4096))
        await other.resume(token)
        await other.sync()
        token = other.token
        other.stop_reading()
    first.stop_reading()


async def test_a_thousand_who_stop_reading_stay_together_within_the_bound_for_all(fresh_sqlite: str, tmp_path: Path) -> None:
    total, devices, each = 16 * MIB, 8, 8
    readers = [f"Reader {count}" for count in range(16)]
    stalled = len(readers) * devices * each
    async with contextlib.AsyncExitStack() as stack:
        bounds: dict[str, Any] = {"outgoing_bytes": QUEUE, "outgoing_total_bytes": total, "send_burst": 10_000}
        house = await stack.enter_async_context(open_house(fresh_sqlite, tmp_path, **bounds))
        await settle(house, house.running.companies, "initech", 30001, "Milton", "Joanna", *readers)
        milton, joanna = await stack.enter_async_context(people(house, "Milton", "Joanna"))
        crowd = await group(house, "Milton", "Joanna", *readers)
        for name in readers * devices:
            await stalled_device(house, name, stack, each)
        assert len(house.running.gateway.connections) == stalled + 2
        most = 0
        for count in range(100):
            await milton.send(crowd, f"{count} {LARGE}")
            most = max(most, sum(queues(house)))
        await joanna.event(Messages, up_to=101)
        assert [event.up_to for event in joanna.all(Messages)] == list(range(1, 102)), "who reads gets everything"
        assert total // 2 < most <= total + stalled * FRAME


@LITE
async def test_who_asks_and_does_not_read_is_not_read_either(house: House) -> None:
    async with people(house, "Li Na") as (lina,), signed_in(house, "Wang", receive_buffer=4096) as stalled:
        talk = await lina.direct(house.people["Wang"].member)
        for count in range(60):
            await lina.send(talk, f"{count} {LARGE}")
        await stalled.event(Messages, up_to=60)
        stalled.stop_reading()
        asked, page = 400, 60 * FRAME
        for _ in range(asked):
            stalled.say(wish.History, conversation=talk, after=0)
        most = (limits.COMMANDS_UNDER_WAY + 4) * page
        assert most < min(Bound().most, asked * page // 4)
        await until(lambda: max(queues(house)) > Bound().unread)
        for _ in range(60):  # time enough to answer the other one as often
            await lina.ask(wish.History, conversation=talk, after=0)
            assert 0 < max(queues(house)) < most
        assert isinstance(await lina.send(talk, "and we go on"), Sent)


# ---- before the writer


@contextlib.asynccontextmanager
async def writer_that_waits(house: House) -> AsyncIterator[threading.Event]:
    """Nothing is written until the event is set."""
    free, held = threading.Event(), threading.Event()

    async def act(work: Work) -> None:
        held.set()
        free.wait(20)

    waiting = asyncio.ensure_future(house.running.storage.unit(act))
    await until(held.is_set)
    try:
        yield free
    finally:
        free.set()
        await waiting


async def some_turns() -> None:
    """Time for what must not happen to happen; what must is waited for otherwise."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_when_too_much_waits_for_the_database_nobody_is_read_until_it_is_less(fresh_sqlite: str, tmp_path: Path) -> None:
    async with (
        open_house(fresh_sqlite, tmp_path, waiting_messages=20) as house,
        people(house, "Li Na", "Wang", "Zhao") as (lina, wang, zhao),
        writer_that_waits(house) as free,
        contextlib.AsyncExitStack() as stack,
    ):
        batches = house.running.storage.batches
        numbers = {wire: [wire.send_later(NOBODY, f"{count}") for count in range(40)] for wire in (lina, wang)}
        await until(lambda: batches.waiting >= 20)
        ping = zhao.say(wish.Ping)
        late = await stack.enter_async_context(greeted(house))  # it was not there when it became too much
        await late.resume(zhao.token)
        numbers[late] = [late.send_later(NOBODY, f"late {count}") for count in range(40)]
        await some_turns()
        assert 20 <= batches.waiting <= 20 + 2 * limits.COMMANDS_UNDER_WAY
        assert ping not in zhao._answers
        free.set()
        await zhao.answer(ping)
        for wire, asked in numbers.items():
            assert [(await wire.answer(number)).code for number in asked] == ["conversation.not_found"] * 40
        await until(lambda: batches.waiting == 0)


@CROSSED
async def test_over_its_rate_a_connection_is_read_more_slowly_and_nothing_is_refused(database: str, tmp_path: Path, codec: str) -> None:
    async with (
        open_house(database, tmp_path, send_per_second=40, send_burst=5) as house,
        people(house, "Li Na", "Wang", codec=codec) as both,
    ):
        lina, wang = both
        talk = await lina.direct(house.people["Wang"].member)
        clock = house.running.gateway.clock
        began = clock.monotonic()
        numbers = [lina.send_later(talk, f"{count}") for count in range(30)]
        answers = [await lina.answer(number) for number in numbers]
        assert [answer.seq for answer in answers] == list(range(1, 31)), "each, and in order"
        assert clock.monotonic() - began > 0.4
        await wang.event(Messages, up_to=30)


@LITE
async def test_sixteen_commands_of_a_connection_are_under_way_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.messages.service import MessageService

    go, begun = asyncio.Event(), 0

    async def slow(*_: Any) -> list[Any]:
        nonlocal begun
        begun += 1
        await go.wait()
        return []

    monkeypatch.setattr(MessageService, "favourites", slow)
    async with people(house, "Li Na", "Wang") as (lina, wang):
        numbers = [lina.say(wish.ListFavourites) for _ in range(50)]
        await until(lambda: begun == limits.COMMANDS_UNDER_WAY)
        await some_turns()
        assert begun == limits.COMMANDS_UNDER_WAY
        await wang.barrier()
        go.set()
        for number in numbers:
            await lina.answer(number)
        assert begun == 50
