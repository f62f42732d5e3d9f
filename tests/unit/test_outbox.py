"""The outgoing queue of one connection, on real sockets and Twisted's real transports: nothing lost, nothing unbounded."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from twisted.internet import reactor, tcp
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory

from server.gateway.outbox import KIB, SLICE, Bound, Budget, Outbox, Turn

SMALL = Bound(frames=10, bytes=100 * KIB, most=2000 * KIB, unread=50 * KIB)
WIDE = Bound(frames=1 << 30, bytes=1 << 30, most=1 << 30, unread=1 << 30)


class Line(Protocol):
    """One end of a socket pair: an outbox that writes to it, and what the outbox said to its owner."""

    def __init__(self, bound: Bound, budget: Budget, kind: int, is_wrapped: bool) -> None:
        self.far, near = socket.socketpair(socket.AF_UNIX, kind)
        for end in (self.far, near):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * KIB)
        self.far.setblocking(False)
        self.told: list[str] = []
        self.lost, self.is_drained = asyncio.Event(), asyncio.Event()
        connection: Any = tcp.Connection(near, self, reactor)
        connection.connected = 1
        self.transport: Any = connection
        if is_wrapped:
            connection.protocol = ProtocolWrapper(WrappingFactory(Factory()), self)
            connection.protocol.makeConnection(connection)
        self.outbox = Outbox(self.transport, self, bound, budget, Turn(asyncio.get_running_loop()))
        connection.startReading()

    def overflowed(self) -> None:
        self.told.append("overflowed")

    def unread(self) -> None:
        self.told.append("unread")

    def drained(self) -> None:
        self.told.append("drained")
        self.is_drained.set()

    def connectionLost(self, reason: Any = None) -> None:
        self.outbox.drop()
        self.lost.set()

    async def read(self, count: int) -> bytes:
        """Exactly so many bytes of what arrives at the far end."""
        loop, got = asyncio.get_running_loop(), bytearray()
        while len(got) < count:
            got += await loop.sock_recv(self.far, count - len(got))
        return bytes(got)

    async def stall(self, frame: bytes = b"s" * 1000) -> int:
        """Send until the socket takes no more; returns how many bytes were queued for that."""
        queued = 0
        while not self.outbox._waits:
            self.outbox.put(frame, asked=True)
            queued += len(frame)
            self.outbox.flush()
        return queued


@contextlib.asynccontextmanager
async def line(
    bound: Bound = WIDE, budget: Budget | None = None, kind: int = socket.SOCK_STREAM, *, is_wrapped: bool = False
) -> AsyncIterator[Line]:
    budget = budget or Budget()
    made = Line(bound, budget, kind, is_wrapped)
    try:
        yield made
    finally:
        made.far.close()
        made.transport.abortConnection()
        await made.lost.wait()


async def turn() -> None:
    """Until what was collected in this turn of the loop is written."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


both = pytest.mark.parametrize("is_wrapped", [False, True], ids=["plain", "wrapped as TLS is"])


def numbered(count: int, size: int = 500) -> list[bytes]:
    return [b"%08d" % number + b"." * (size - 8) for number in range(count)]


async def test_what_is_put_in_one_turn_leaves_in_one_write() -> None:
    async with line(kind=socket.SOCK_SEQPACKET) as made:  # which keeps each write apart
        for frame in (b"one", b"two", b"three"):
            made.outbox.put(frame, asked=False)
        await turn()
        assert made.far.recv(100) == b"onetwothree"
        made.outbox.put(b"four", asked=False)
        await turn()
        assert made.far.recv(100) == b"four"


@both
async def test_what_the_socket_takes_only_in_parts_arrives_whole_and_in_order(is_wrapped: bool) -> None:
    frames = numbered(2000)
    async with line(is_wrapped=is_wrapped) as made:
        for frame in frames[:1000]:
            made.outbox.put(frame, asked=False)
        await turn()
        assert made.outbox.waiting > 0
        for frame in frames[1000:]:
            made.outbox.put(frame, asked=False)
        assert await made.read(2000 * 500) == b"".join(frames)
        await turn()
        assert made.outbox.waiting == 0


async def test_a_socket_that_takes_nothing_at_first_gets_all_later() -> None:
    async with line() as made:
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += made.transport.socket.send(b"x" * 100)
        made.outbox.put(b"after it", asked=False)
        await turn()
        assert made.outbox.waiting == 8
        assert await made.read(filled + 8) == b"x" * filled + b"after it"


@pytest.mark.parametrize("size", [1, SLICE - 1, SLICE, SLICE + 1, 5 * SLICE])
async def test_a_frame_of_any_size_passes(size: int) -> None:
    async with line() as made:
        for _ in range(3):
            made.outbox.put(b"a" * size, asked=False)
        assert await made.read(3 * size) == b"a" * (3 * size)


async def test_what_somebody_else_gave_to_the_transport_is_not_overtaken() -> None:
    async with line() as made:
        made.transport.write(b"first, ")
        made.outbox.put(b"second", asked=False)
        made.outbox.flush()
        made.outbox.put(b", third", asked=False)
        assert await made.read(20) == b"first, second, third"


async def test_a_reset_in_the_middle_ends_the_connection_and_gives_the_memory_back() -> None:
    loop, budget = asyncio.get_running_loop(), Budget()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        far = socket.create_connection(listening.getsockname())
        near, _ = listening.accept()
    made = object.__new__(Line)
    made.told, made.lost = [], asyncio.Event()
    made.transport = tcp.Connection(near, made, reactor)
    made.transport.connected = 1
    made.outbox = Outbox(made.transport, made, WIDE, budget, Turn(loop))
    made.transport.startReading()
    await made.stall(b"r" * 100_000)
    assert budget.total == made.outbox.waiting > 0
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()  # with data unread and linger 0: a reset
    made.outbox.put(b"into the void", asked=False)
    await made.lost.wait()
    assert (budget.total, made.told) == (0, [])


async def test_a_reset_that_only_the_write_meets_is_reported_as_loss() -> None:
    async with line() as made:
        made.transport.stopReading()  # nobody sees the end by reading
        made.far.close()
        made.outbox.put(b"to nobody", asked=False)
        await made.lost.wait()
        assert (made.outbox.waiting, made.told) == (0, [])


@both
async def test_too_many_frames_or_bytes_while_the_socket_takes_none_overflow(is_wrapped: bool) -> None:
    for frames in (numbered(11, size=8), numbered(2, size=60 * KIB)):
        async with line(SMALL, is_wrapped=is_wrapped) as made:
            await made.stall()
            for frame in frames[:-1]:
                made.outbox.put(frame, asked=False)
            assert "overflowed" not in made.told
            made.outbox.put(frames[-1], asked=False)
            assert made.told.count("overflowed") == 1
            assert made.outbox.waiting < 2 * SLICE
            made.outbox.put(b"the close frame", asked=True)
            assert made.told.count("overflowed") == 1
            got = b""
            while not got.endswith(b"the close frame"):
                got += await asyncio.get_running_loop().sock_recv(made.far, 1 << 16)
            assert frames[-1] not in got


@both
async def test_what_the_socket_takes_counts_no_more(is_wrapped: bool) -> None:
    async with line(SMALL, is_wrapped=is_wrapped) as made:
        for _ in range(20):
            for frame in numbered(100, size=100):
                made.outbox.put(frame, asked=False)
            assert await made.read(100 * 100)
        await made.stall()
        assert made.told in ([], ["unread"])


async def test_a_slow_reader_that_takes_something_is_not_cut_off_for_its_queue() -> None:
    async with line(Bound(frames=60)) as made:
        await made.stall()
        for frame in numbered(400, size=1000):
            made.outbox.put(frame, asked=False)
            await made.read(600)
            await asyncio.sleep(0)  # a turn, to write what there is room for now
        assert made.outbox.waiting > 100 * 1000
        assert "overflowed" not in made.told


@both
async def test_answers_that_were_asked_for_are_not_counted_but_stop_the_reading(is_wrapped: bool) -> None:
    async with line(SMALL, is_wrapped=is_wrapped) as made:
        sent = await made.stall()
        for frame in numbered(1000, size=200):
            made.outbox.put(frame, asked=True)
        assert made.told == ["unread"]
        await made.read(sent + 200_000)
        await made.is_drained.wait()
        assert made.told == ["unread", "drained"]


async def test_even_answers_are_not_piled_up_without_end() -> None:
    async with line(SMALL) as made:
        await made.stall()
        while "overflowed" not in made.told:
            made.outbox.put(b"page" * 5000, asked=True)
            assert made.outbox.waiting <= SMALL.most + 20_000
        assert made.outbox.waiting < SLICE


async def test_over_the_budget_the_largest_queue_gives_way() -> None:
    budget = Budget(500_000)
    async with line(WIDE, budget) as small, line(WIDE, budget) as large, line(WIDE, budget) as last:
        for each, size in ((small, 100_000), (large, 250_000), (last, 120_000)):
            await each.stall()
            each.outbox.put(b"x" * size, asked=False)
        assert small.told == large.told == last.told == []
        last.outbox.put(b"x" * 30_000, asked=False)
        assert (small.told, large.told, last.told) == ([], ["overflowed"], [])
        assert budget.total == sum(each.outbox.waiting for each in (small, large, last)) < 500_000
    assert budget.total == 0


async def test_hundreds_who_stop_reading_stay_within_the_budget() -> None:
    budget, bound = Budget(2000 * KIB), Bound(frames=1000, bytes=100 * KIB, most=200 * KIB)
    event = b"e" * 1000
    async with contextlib.AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line(bound, budget)) for _ in range(400)]
        for _ in range(60):
            for made in lines:
                made.outbox.put(event, asked=False)
            await turn()
            assert budget.total <= 2000 * KIB
        assert any(made.outbox.is_over for made in lines)
        assert budget.total == sum(made.outbox.waiting for made in lines)
    assert budget.total == 0


@both
async def test_what_is_queued_at_the_end_still_leaves_before_the_transport_closes(is_wrapped: bool) -> None:
    frames = numbered(300)
    async with line(is_wrapped=is_wrapped) as made:
        for frame in frames:
            made.outbox.put(frame, asked=False)
        made.outbox.end()
        made.transport.loseConnection()
        made.outbox.put(b"too late", asked=False)
        assert await made.read(150_000) == b"".join(frames)
        await made.lost.wait()
        assert made.far.recv(1) == b""


async def test_a_queue_that_cannot_be_written_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async with line() as broken, line() as sound:
        turn_of_both = broken.outbox._turn = sound.outbox._turn
        broken.outbox.put(b"a", asked=False)
        broken.outbox.put("not bytes", asked=False)  # type: ignore[arg-type]
        sound.outbox.put(b"fine", asked=False)
        assert turn_of_both is sound.outbox._turn
        assert await sound.read(4) == b"fine"
        await broken.lost.wait()
    assert "TypeError" in caplog.text


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    gc.collect()
