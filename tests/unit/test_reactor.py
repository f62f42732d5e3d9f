"""How accepted connections are read: past Twisted's own way, and to the same end as by it."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure

from server.reactor import MOST_READ


class Reader(Protocol):
    """Notes what it is given."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.came = asyncio.Event()
        self.lost: asyncio.Future[Failure] = asyncio.get_running_loop().create_future()

    def dataReceived(self, data: bytes) -> None:
        self.read.append(data)
        self.came.set()
        if data == b"fail":
            raise ValueError("cannot be read")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.set_result(reason)


class Accepting(ServerFactory):
    def __init__(self) -> None:
        self.made: asyncio.Queue[Reader] = asyncio.Queue()

    def buildProtocol(self, addr: object) -> Reader:
        reader = Reader()
        self.made.put_nowait(reader)
        return reader


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[tuple[socket.socket, Reader]]:
    factory = Accepting()
    port: Any = reactor.listenTCP(0, factory, interface="127.0.0.1")
    client = socket.create_connection(("127.0.0.1", port.getHost().port))
    try:
        yield client, await factory.made.get()
    finally:
        client.close()
        port.stopListening()


async def test_what_comes_is_handed_on_whole_and_in_order() -> None:
    sent = bytes(range(256)) * (MOST_READ // 128)
    async with connected() as (client, reader):
        await asyncio.to_thread(client.sendall, sent)
        client.close()
        await reader.lost
    assert b"".join(reader.read) == sent
    assert len(reader.read) >= 2, "more than fits into one read"


async def test_the_end_of_a_connection_is_its_end() -> None:
    async with connected() as (client, reader):
        client.close()
        assert (await reader.lost).check(ConnectionDone)


async def test_a_reset_is_a_loss() -> None:
    async with connected() as (client, reader):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert (await reader.lost).check(ConnectionLost)


def test_an_error_in_reading_ends_the_connection_and_is_logged(loop: asyncio.AbstractEventLoop) -> None:
    logged: list[LogEvent] = []
    observer = cast("ILogObserver", logged.append)

    async def fails() -> Failure:
        async with connected() as (client, reader):
            client.sendall(b"fail")
            return await reader.lost

    globalLogPublisher.addObserver(observer)
    try:
        reason = loop.run_until_complete(fails())
    finally:
        globalLogPublisher.removeObserver(observer)
    assert reason.check(ValueError)
    assert [event["log_failure"].type for event in logged if "log_failure" in event] == [ValueError]
