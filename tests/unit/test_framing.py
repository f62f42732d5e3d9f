"""The short path: what it takes, what it leaves to Autobahn, and that nobody can tell the difference."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport

from server.gateway.framing import frame, unframe
from server.gateway.outbox import Budget
from server.gateway.websocket import Door, Doors, Handshake, Limits
from server.wheel import Wheel
from tests.support.ws import BINARY, CLOSE, CONTINUATION, JSON, MSGPACK, PING, PONG, TEXT, Session, client_frame, request

LIMIT = 300


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
def test_a_frame_is_the_payload_behind_the_shortest_header(length: int) -> None:
    wire = frame(bytes(length), binary=True)
    unmasked = client_frame(bytes(length), mask=None)
    assert wire == unmasked
    assert frame(bytes(length), binary=False)[1:] == wire[1:]
    assert frame(b"", binary=False)[:1] == b"\x81"


def test_several_frames_of_one_read_are_taken_at_once() -> None:
    said = [b"", b"a", b"b" * 125, b"c" * 126, b"d" * 300]
    wire = b"".join(client_frame(each) for each in said)
    assert unframe(wire, True, LIMIT) == (said, len(wire), False)


def test_the_beginning_of_a_frame_is_left_in_the_buffer() -> None:
    whole, next_one = client_frame(b"first"), client_frame(b"second" * 30)
    for length in range(len(next_one)):
        assert unframe(whole + next_one[:length], True, LIMIT) == ([b"first"], len(whole), False)


UNUSUAL = {
    "a control frame": client_frame(b"", PING),
    "a fragment": client_frame(b"x", final=False),
    "a continuation": client_frame(b"x", CONTINUATION),
    "the other opcode": client_frame(b"x", TEXT),
    "a reserved bit": client_frame(b"x", reserved=4),
    "no mask": client_frame(b"x", mask=None),
    "over the limit": client_frame(b"x" * (LIMIT + 1)),
    "a length in eight bytes": client_frame(b"x" * 65536),
    "a length that is not minimal": b"\x82\xfe\x00\x7d" + bytes(4 + 125),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_frame_and_all_behind_it_is_left_to_autobahn(name: str) -> None:
    before = client_frame(b"before")
    assert unframe(before + UNUSUAL[name] + client_frame(b"after"), True, LIMIT) == ([b"before"], len(before), True)


@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", "驿".encode()[:2]])
def test_text_that_is_not_utf8_is_left_to_autobahn(text: bytes) -> None:
    assert unframe(client_frame(text, TEXT), False, LIMIT) == ([], 0, True)
    assert unframe(client_frame(text), True, LIMIT)[0] == [text]


def test_text_in_chinese_takes_the_short_path() -> None:
    wire = client_frame("驿站🐎".encode(), TEXT)
    assert unframe(wire, False, LIMIT) == (["驿站🐎".encode()], len(wire), False)


# against Autobahn alone


class Wire(StringTransport):
    """Memory in place of a socket: it takes everything."""

    dataBuffer, offset, _tempDataLen = b"", 0, 0

    class socket:
        @staticmethod
        def setsockopt(*what: int) -> None:
            """Nor has memory options."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing waits in memory."""

    def unregisterProducer(self) -> None:
        """As the real ones do, also where there is none."""
        self.producer = None

    def getPeer(self) -> Any:
        return type("Peer", (), {"host": "127.0.0.1", "port": 1})


class Plain(WebSocketServerProtocol):
    """Autobahn as it comes, asked for what the door promises."""

    transport: Any

    def onConnect(self, request: Any) -> Any:
        self.told: list[bytes] = []
        self.binary = request.protocols == [MSGPACK]
        return request.protocols[0]

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return  # who has begun to close wants no more
        if isBinary == self.binary:
            self.told.append(payload)
        else:
            self.sendCloseFrame(1003, b"this subprotocol speaks %s frames" % (b"binary" if self.binary else b"text"))


def opened(factory: Any, subprotocol: str) -> Any:
    protocol = factory.buildProtocol(None)
    protocol.makeConnection(Wire())  # type: ignore[no-untyped-call]
    protocol.dataReceived(request(subprotocol=subprotocol))
    protocol.transport.clear()
    return protocol


async def a_door(subprotocol: str, limits: Limits, on_message: Callable[[Session, bytes], None] | None = None) -> tuple[Any, Session]:
    """Open, with a session behind it, and memory in place of a socket."""
    sessions: list[Session] = []

    def behind(door: Door, handshake: Handshake) -> Session:
        sessions.append(Session(door, handshake, on_message=on_message))
        return sessions[-1]

    door = opened(Doors(behind, wheel=Wheel(lambda seconds, call: None), budget=Budget(), limits=limits), subprotocol)
    await asyncio.sleep(0)  # the handshake leaves at the end of its turn
    door.transport.clear()
    return door, sessions[0]


async def by_the_door(subprotocol: str, reads: list[tuple[bytes, str]], pauses: set[int]) -> tuple[list[bytes], bytes, bool]:
    """``pauses``: the messages at which the session pauses. After each read: nothing, 'resume', or that and a turn of the loop.

    Reads go on during a pause, as under TLS.
    """
    paused = False

    def on_message(session: Session, payload: bytes) -> None:
        nonlocal paused
        assert not paused
        if len(session.messages) in pauses:
            paused = True
            session.door.pause()

    def resume() -> None:
        nonlocal paused
        paused = False
        door.resume()

    door, session = await a_door(subprotocol, Limits(LIMIT, LIMIT, unusual=1000), on_message)
    for read, then in reads:
        door.dataReceived(read)
        if then:
            resume()
        if then == "turn":
            await asyncio.sleep(0)
    for _ in range(len(pauses) + 1):
        resume()
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return session.messages, door.transport.value(), door.state == Door.STATE_OPEN


def by_autobahn_alone(subprotocol: str, stream: bytes) -> tuple[list[bytes], bytes, bool]:
    factory = WebSocketServerFactory(server="")
    factory.protocol = Plain
    factory.setProtocolOptions(
        failByDrop=False, openHandshakeTimeout=0, closeHandshakeTimeout=0, maxFramePayloadSize=LIMIT, maxMessagePayloadSize=LIMIT
    )
    plain = opened(factory, subprotocol)
    plain.dataReceived(stream)
    return plain.told, plain.transport.value(), plain.state == Plain.STATE_OPEN


payloads = st.binary(max_size=10) | st.binary(min_size=120, max_size=LIMIT + 10) | st.text(max_size=10).map(str.encode)
masks = st.binary(min_size=4, max_size=4)
usual = st.builds(client_frame, payloads, mask=masks)
control = st.builds(client_frame, st.binary(max_size=20), st.sampled_from([PING, PONG]), mask=masks)
fragmented = st.lists(payloads | control.map(lambda wire: (wire,)), min_size=2, max_size=4).map(
    lambda parts: b"".join(
        part[0]
        if isinstance(part, tuple)
        else client_frame(part, CONTINUATION if any(isinstance(each, bytes) for each in parts[:at]) else BINARY, final=at == len(parts) - 1)
        for at, part in enumerate(parts)
    )
)
wrong = st.builds(
    client_frame, payloads, st.integers(0, 15), final=st.booleans(), reserved=st.sampled_from([0, 0, 4]), mask=st.none() | masks
)
closing = st.just(client_frame(b"\x03\xe8bye", CLOSE))
streams = st.lists(usual | usual | usual | control | fragmented | wrong | closing, max_size=12)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([MSGPACK, JSON]), streams, st.data())
def test_however_a_stream_is_cut_and_paused_the_door_says_what_autobahn_alone_says(
    loop: asyncio.AbstractEventLoop, subprotocol: str, frames: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(_of_its_kind(wire, subprotocol) for wire in frames)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8), "cuts"))
    reads = [
        (stream[start:end], data.draw(st.sampled_from(["", "resume", "turn"]), "then"))
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    pauses = data.draw(st.sets(st.integers(1, 12), max_size=4), "pauses")
    assert loop.run_until_complete(by_the_door(subprotocol, reads, pauses)) == by_autobahn_alone(subprotocol, stream)


async def test_what_is_read_between_a_resume_and_the_next_turn_comes_after_what_was_kept() -> None:
    def pause_at_first(session: Session, payload: bytes) -> None:
        if payload == b"a":
            session.door.pause()

    door, session = await a_door(MSGPACK, Limits(), pause_at_first)
    door.dataReceived(b"".join(client_frame(each) for each in (b"a", b"b", b"c")))
    door.resume()
    door.dataReceived(client_frame(b"d"))
    await asyncio.sleep(0)
    assert session.messages == [b"a", b"b", b"c", b"d"]


async def test_a_frame_that_comes_in_crumbs_is_put_together_and_costs_no_more_than_its_size() -> None:
    payload = b"0123456789" * 7000  # above 64 KiB, where Autobahn reads it
    door, session = await a_door(MSGPACK, Limits())
    wire = client_frame(payload)
    for at in range(0, len(wire), 20):
        door.dataReceived(wire[at : at + 20])
        assert not door.frame_data or len(door.frame_data) <= 1100
    assert session.messages == [payload]


def _of_its_kind(wire: bytes, subprotocol: str) -> bytes:
    """For JSON, let the usual frames be text."""
    return b"\x81" + wire[1:] if subprotocol == JSON and wire[:1] == b"\x82" else wire
