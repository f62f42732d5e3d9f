"""A WebSocket client that says exactly what a test wants, also what no client should; and a door to say it to."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet import reactor

from server.gateway.framing import frame
from server.gateway.outbox import Budget
from server.gateway.websocket import Behind, Door, Doors, Handshake
from server.wheel import Wheel

MASK = b"\x0a\xf3\x01\x7e"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MSGPACK, JSON = "yizhan.v1.msgpack", "yizhan.v1.json"


def client_frame(
    payload: bytes, opcode: int = BINARY, *, final: bool = True, reserved: int = 0, mask: bytes | None = b"\x0a\xf3\x01\x7e"
) -> bytes:
    """One frame as a client sends it; ``mask`` None leaves it unmasked."""
    length, masked = len(payload), 0 if mask is None else 0x80
    head = bytes((final << 7 | reserved << 4 | opcode,))
    if length < 126:
        head += bytes((masked | length,))
    elif length < 1 << 16:
        head += struct.pack(">BH", masked | 126, length)
    else:
        head += struct.pack(">BQ", masked | 127, length)
    if mask is None:
        return head + payload
    key = (mask * (length // 4 + 1))[:length]
    return head + mask + bytes(a ^ b for a, b in zip(payload, key, strict=True))


def request(path: str = "/ws", subprotocol: str | None = MSGPACK, host: str = "localhost", **headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Session:
    """Stands behind a door and writes down what it is told. ``on_message`` may do more."""

    door: Door
    handshake: Handshake
    told: list[bytes | str] = field(default_factory=list)
    on_message: Callable[["Session", bytes], None] | None = None
    is_closed: asyncio.Event = field(default_factory=asyncio.Event)

    def received(self, payload: bytes) -> None:
        self.told.append(payload)
        if self.on_message is not None:
            self.on_message(self, payload)

    def closed(self) -> None:
        self.told.append("closed")
        self.is_closed.set()

    @property
    def messages(self) -> list[bytes]:
        return [each for each in self.told if isinstance(each, bytes)]


def echo(session: Session, payload: bytes) -> None:
    session.door.answer(frame(payload, binary=session.door.binary))


class Client:
    """Reads frames; ``stream`` is for whatever else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def frame(self) -> tuple[int, bytes]:
        """The next one: (opcode, payload)."""
        first, length = await self.reader.readexactly(2)
        assert first & 0xF0 == 0x80, "a server sends whole frames without reserved bits"
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
        return first & 15, await self.reader.readexactly(length)

    async def closing(self) -> tuple[int, str]:
        """Code and reason of the close frame, which must come next but for pings."""
        opcode, payload = await self.frame()
        while opcode == PING:
            opcode, payload = await self.frame()
        assert opcode == CLOSE, (opcode, payload)
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def is_cut(self) -> bool:
        """Whether the connection ends, by a reset or not, after whatever is still on its way."""
        with contextlib.suppress(ConnectionError):
            await self.reader.read()
        return True

    async def hears_nothing(self) -> bool:
        """Whether no byte comes for a while: a proof only together with a test that hears something."""
        try:
            byte = await asyncio.wait_for(self.reader.readexactly(1), 0.05)
        except TimeoutError:
            return True
        raise AssertionError(byte)

    async def echoed(self, payload: bytes = b"are you there?") -> None:
        """A barrier: all sent before has been handled."""
        self.send(client_frame(payload))
        assert await self.frame() == (BINARY, payload)


@dataclass
class House:
    """Doors that listen, with what stood behind them."""

    doors: Doors
    port: int
    sessions: list[Session]
    budget: Budget

    @contextlib.asynccontextmanager
    async def stream(self, **options: Any) -> AsyncIterator[Client]:
        """A bare connection, no byte sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **options)
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def client(self, subprotocol: str | None = MSGPACK, **options: Any) -> AsyncIterator[Client]:
        """A connection that is open."""
        async with self.stream(**options) as client:
            client.writer.write(request(subprotocol=subprotocol))
            answer = await client.reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101 "), answer
            yield client

    @contextlib.asynccontextmanager
    async def unread(self) -> AsyncIterator[socket.socket]:
        """A connection that is open, with a small receive buffer, of which nothing is read but the handshake."""
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.setblocking(False)
            await loop.sock_connect(connection, ("127.0.0.1", self.port))
            await loop.sock_sendall(connection, request())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += await loop.sock_recv(connection, 1)
            yield connection

    def pass_time(self, seconds: float) -> None:
        for _ in range(self.doors.wheel.ticks_in(seconds)):
            self.doors.wheel.turn()

    async def opened(self, count: int = 1) -> list[Session]:
        """The sessions, when there are so many."""
        await until(lambda: len(self.sessions) >= count)
        return self.sessions

    async def all_closed(self) -> None:
        for session in self.sessions:
            await session.is_closed.wait()


@contextlib.asynccontextmanager
async def house(
    on_message: Callable[[Session, bytes], None] | None = echo,
    *,
    behind: Callable[[Door, Handshake], Behind] | None = None,
    made_by: type[Doors] = Doors,
    budget: Budget | None = None,
    speed: float | None = 1,
    **options: Any,
) -> AsyncIterator[House]:
    """Doors on a free port. Their wheel turns ``speed`` times as fast, with None only by ``House.pass_time``.

    At the end every session must have been told once that it is closed.
    """
    sessions: list[Session] = []

    def session(door: Door, handshake: Handshake) -> Behind:
        sessions.append(Session(door, handshake, on_message=on_message))
        return sessions[-1]

    budget = budget or Budget()
    loop = asyncio.get_running_loop()
    wheel = Wheel(lambda seconds, call: loop.call_later(seconds / speed, call) if speed else None)
    doors = made_by(behind or session, wheel=wheel, budget=budget, **options)
    port: Any = reactor.listenTCP(0, doors, interface="127.0.0.1", backlog=1024)
    built = House(doors, port.getHost().port, sessions, budget)
    try:
        yield built
        await built.all_closed()
        assert [session.told.count("closed") for session in sessions] == [1] * len(sessions)
        assert budget.total == 0
    finally:
        stopped = port.stopListening()
        if stopped is not None:
            await stopped.asFuture(loop)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until it holds; the test's own limit of time ends it otherwise."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0)
