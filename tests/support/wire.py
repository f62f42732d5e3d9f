"""A client that speaks the protocol frame by frame, in either codec: it asks, waits for the answer, and keeps what it hears.

It knows no more than a stranger with ``protocol/README.md`` would. It decides nothing: no cursor, no store, no repetition.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import msgspec
import pytest

from protocol import commands as wish
from protocol import limits
from protocol.codec import JSON, MESSAGEPACK, Codec
from protocol.commands import Command, Device
from protocol.events import Answer, ErrorFrame, Frame, Message, SyncPage
from protocol.ids import new_client_id
from storage import feed
from tests.support.house import PASSWORD, House
from tests.support.ws import BINARY, CLOSE, PING, PONG, TEXT, Client, client_frame, request, until

A = TypeVar("A", bound=Frame)
CODECS = {"msgpack": MESSAGEPACK, "json": JSON}
LITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what no database can change."""
CODECS_TOO = pytest.mark.parametrize(("database", "codec"), [("sqlite", "msgpack"), ("sqlite", "json")], indirect=["database"])
CROSSED = pytest.mark.parametrize(("database", "codec"), [("sqlite", "json"), ("postgres", "msgpack")], indirect=["database"])
"""Both databases and both codecs, each once."""
NOBODY = "__________"
"""An id that nothing has."""
UNBORN = "0" * 32


def client_id() -> str:
    return new_client_id(time.time_ns() // 1_000_000, os.urandom(10))


def plain(frame: msgspec.Struct, codec: Codec = MESSAGEPACK) -> dict[str, Any]:
    """A frame, or a part of one, of this codec as maps and lists, its bodies too."""
    made: dict[str, Any] = codec.plain(codec.encode(frame))  # type: ignore[arg-type]
    return made


class Closed(Exception):
    """The server closed the connection while something was waited for."""


class Wire:
    """One connection. ``heard`` are all frames in the order in which they came, ``events`` those that answer nothing."""

    def __init__(self, client: Client, codec: Codec) -> None:
        self.client = client
        self.codec = codec
        self.heard: list[Frame] = []
        self.events: list[Frame] = []
        self.payloads: list[bytes] = []
        self.closing: tuple[int, str] | None = None
        self.session = self.token = self.sync_token = ""
        self._answers: dict[int, Frame] = {}
        self._requests = itertools.count(1)
        self._turn = asyncio.Condition()
        self._is_over = False
        self.numbers_are_mine = True  # else frames that are sent by hand may use a number twice
        self._broken: Exception | None = None
        self._read_up_to = 0
        self._reading = asyncio.create_task(self._listen(), name="wire")

    # ---- what comes

    async def _listen(self) -> None:
        try:
            while True:
                opcode, payload = await self.client.frame()
                if opcode == CLOSE:
                    self.closing = int.from_bytes(payload[:2], "big"), payload[2:].decode()
                    self.client.send(client_frame(payload, CLOSE))
                elif opcode == PING:
                    self.client.send(client_frame(payload, PONG))
                else:
                    assert opcode == (BINARY if self.codec.binary else TEXT), opcode
                    self._take(payload)
                async with self._turn:
                    self._turn.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it is over: whoever waits is told below
        except Exception as error:
            self._broken = error
        finally:
            self._is_over = True
            async with self._turn:
                self._turn.notify_all()

    def _take(self, payload: bytes) -> None:
        frame = self.codec.decode_frame(payload)
        assert frame is not None, payload
        self.payloads.append(payload)
        self.heard.append(frame)
        number = getattr(frame, "request", None)
        if number is None:
            self.events.append(frame)
        else:
            assert number not in self._answers or not self.numbers_are_mine, f"answered twice: {frame}"
            self._answers[number] = frame

    async def until(self, condition: Callable[[], bool]) -> None:
        """Raises: Closed."""
        async with self._turn:
            while not condition():
                if self._is_over:
                    raise self._broken or Closed(self.closing)
                await self._turn.wait()

    async def closed(self) -> int:
        """The close code; 1006 where the connection ended without one."""
        async with self._turn:
            while not self._is_over:
                await self._turn.wait()
        return self.closing[0] if self.closing is not None else 1006

    async def event(self, kind: type[A], **fields: Any) -> A:
        """The next event of a kind with these values, passing over others; each is given once."""
        found: list[A] = []

        def there() -> bool:
            for at in range(self._read_up_to, len(self.events)):
                one = self.events[at]
                if isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items()):
                    self._read_up_to = at + 1
                    found.append(one)
                    return True
            return False

        await self.until(there)
        return found[0]

    def all(self, kind: type[A]) -> list[A]:
        return [one for one in self.events if isinstance(one, kind)]

    # ---- what goes

    def raw(self, payload: bytes) -> None:
        """Bytes as one frame of this connection's kind."""
        self.client.send(client_frame(payload, BINARY if self.codec.binary else TEXT))

    def say(self, kind: type[Command], **fields: Any) -> int:
        """Send a command and don't wait; gives its request number."""
        number = next(self._requests)
        self.raw(self.codec.encode(kind(request=number, **fields)))
        return number

    def say_plain(self, **fields: Any) -> int:
        """Send a map that need not be a command."""
        number = next(self._requests)
        self.raw(self.codec.encode({"request": number, **fields}))
        return number

    async def answer(self, number: int) -> Any:
        await self.until(lambda: number in self._answers)
        return self._answers[number]

    async def ask(self, kind: type[Command], **fields: Any) -> Any:
        """The answer, which may be an ``ErrorFrame``."""
        return await self.answer(self.say(kind, **fields))

    async def ask_plain(self, **fields: Any) -> Any:
        return await self.answer(self.say_plain(**fields))

    async def refused(self, kind: type[Command], **fields: Any) -> str:
        """The code of the error that is the answer."""
        answer = await self.ask(kind, **fields)
        assert isinstance(answer, ErrorFrame), answer
        assert answer.trace
        return answer.code

    async def barrier(self) -> None:
        """All commands said before are taken; all that was queued for us before is here."""
        await self.ask(wish.Ping)

    async def written(self) -> None:
        """All entries put before the writer of this node until now are committed."""
        assert await self.refused(wish.SetConversation, conversation=NOBODY) == "conversation.not_found"

    # ---- habits

    async def hello(self, language: str = "en") -> Any:
        return await self.ask(wish.Hello, version=limits.PROTOCOL_VERSION, client="wire/1", language=language)

    async def sign_in(self, number: str, password: str = PASSWORD, *, device: str = "", kind: Any = "desktop", member: str = "") -> Any:
        chosen = Device(id=device or client_id(), device_class=kind, name="test")
        answer = await self.ask(wish.SignIn, name=number, password=password, device=chosen, member=member)
        if not isinstance(answer, ErrorFrame):
            self.session, self.token = answer.session, answer.token
        return answer

    async def resume(self, token: str) -> Any:
        answer = await self.ask(wish.Resume, token=token)
        if not isinstance(answer, ErrorFrame):
            self.session, self.token = answer.session, answer.token or token
        return answer

    async def sync(self, token: str = "") -> list[SyncPage]:
        """All pages; afterwards events come."""
        pages: list[SyncPage] = []
        page = ""
        while True:
            answer = await self.ask(wish.Sync, token=token, page=page)
            assert isinstance(answer, SyncPage), answer
            pages.append(answer)
            page = answer.page
            if not page:
                self.sync_token = answer.token
                return pages

    async def direct(self, member: str) -> str:
        """The direct conversation with a member."""
        opened = await self.ask(wish.OpenDirect, member=member)
        made: str = opened.conversation.conversation
        return made

    async def send(self, conversation: str, text: str = "", *, id: str = "", body: dict[str, Any] | None = None, **more: Any) -> Any:
        return await self.answer(self.send_later(conversation, text, id=id, body=body, **more))

    def send_later(self, conversation: str, text: str = "", *, id: str = "", body: dict[str, Any] | None = None, **more: Any) -> int:
        chosen = {"kind": "text", "text": text} if body is None else body
        return self.say(wish.Send, id=id or client_id(), conversation=conversation, body=self.codec.raw(chosen), **more)

    async def forward(self, conversation: str, source: str, seq: int) -> Any:
        return await self.ask_plain(type="send", id=client_id(), conversation=conversation, forward={"conversation": source, "seq": seq})

    def body(self, message: Message) -> Any:
        """None where it was recalled."""
        return None if message.body is None else self.codec.plain(message.body)

    def text(self, message: Message) -> Any:
        """The words of a message; None where it was recalled."""
        body = self.body(message)
        return body and body.get("text")

    def plain(self, frame: msgspec.Struct) -> dict[str, Any]:
        """A frame that came by this connection, or a part of one, as maps and lists."""
        return plain(frame, self.codec)

    def stop_reading(self) -> None:
        """From now on nothing is taken from the socket."""
        self._reading.cancel()
        self.client.writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def close(self) -> None:
        self.client.writer.transport.abort()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@contextlib.asynccontextmanager
async def connected(house: House, codec: str = "msgpack", *, receive_buffer: int = 0, source: str = "") -> AsyncIterator[Wire]:
    """Through the handshake, nothing said yet. ``source``: the address that it comes from."""
    chosen = CODECS[codec]
    connection = socket.socket()
    if source:
        connection.bind((source, 0))
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", house.running.gateway_port))
    reader, writer = await asyncio.open_connection(sock=connection)
    writer.write(request(subprotocol=chosen.subprotocol))
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    wire = Wire(Client(reader, writer), chosen)
    try:
        yield wire
    finally:
        await wire.close()


@contextlib.asynccontextmanager
async def greeted(house: House, codec: str = "msgpack", **options: Any) -> AsyncIterator[Wire]:
    async with connected(house, codec, **options) as wire:
        await wire.hello()
        yield wire


@contextlib.asynccontextmanager
async def signed_in(
    house: House, name: str, codec: str = "msgpack", *, live: bool = True, receive_buffer: int = 0, source: str = "", **device: Any
) -> AsyncIterator[Wire]:
    """A new device of a person; ``live``: it has asked what is new and hears events."""
    async with greeted(house, codec, receive_buffer=receive_buffer, source=source) as wire:
        answer = await wire.sign_in(house.people[name].number, **device)
        assert not isinstance(answer, ErrorFrame), answer
        if live:
            await wire.sync()
        yield wire


@contextlib.asynccontextmanager
async def people(house: House, *names: str, codec: str = "msgpack") -> AsyncIterator[tuple[Wire, ...]]:
    """A live device of each."""
    async with contextlib.AsyncExitStack() as stack:
        yield tuple([await stack.enter_async_context(signed_in(house, name, codec)) for name in names])


async def everything_told(house: House, *wires: Wire) -> None:
    """What was acknowledged until now, marks too, was handed out, and all of it has arrived here."""
    gateway = house.running.gateway
    gateway.marks.flush()
    await wires[0].written()
    head: int = await house.running.storage.read(lambda read: read.value(feed.HEAD))
    await gateway.hand_out.sweep()
    await until(lambda: gateway.hand_out.applied >= head)
    for wire in wires:
        await wire.barrier()


async def group(house: House, *names: str, name: str = "Lunch") -> str:
    """A group of these people, the first of whom opened it."""
    from protocol.ids import to_wire

    who = [house.people[one].who for one in names]
    return to_wire(await house.running.conversations.create(who[0], who[1:], name=name))


def same_but_for_its_number(one: Answer | ErrorFrame, other: Answer | ErrorFrame) -> bool:
    """Whether two frames are the same, all of them, but for request and trace."""
    return _faceless(one) == _faceless(other)


def _faceless(frame: Frame) -> dict[str, Any]:
    return {name: value for name, value in plain(frame).items() if name not in ("request", "trace")}


FAULTS = ("command.failed", "delivery.failed", "job.failed", "entry.refused_by_database", "delivery.behind")


@contextlib.contextmanager
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """What the server writes into its log within the block, of every level; of the standard library's logging the errors."""
    import structlog

    lines: list[dict[str, Any]] = []

    def keep(_: Any, level: str, event: Any) -> Any:
        lines.append({**event, "level": level})
        raise structlog.DropEvent

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append({"event": record.getMessage(), "level": "error", "exc_info": record.exc_info})

    before, handler = structlog.get_config() if structlog.is_configured() else None, Keeping(logging.ERROR)
    structlog.configure(processors=[keep], wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)


@contextlib.contextmanager
def nothing_goes_wrong() -> Iterator[None]:
    """No fault of ours gets into the log within the block."""
    with log_lines() as lines:
        yield
    faults = [line for line in lines if line["event"] in FAULTS or line["level"] in ("error", "critical") or line.get("exc_info")]
    assert not faults, faults
