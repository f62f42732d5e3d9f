"""The door from outside: who is let in, what is delivered, how connections end, and what a bad client costs the others."""

import asyncio
import contextlib
import socket
import struct
from ipaddress import ip_network

import pytest

from server.gateway.framing import frame
from server.gateway.outbox import KIB, SLICE, Bound, Budget
from server.gateway.websocket import Door, Handshake, Limits
from tests.support.ws import (
    BINARY,
    CLOSE,
    CONTINUATION,
    JSON,
    MSGPACK,
    PING,
    PONG,
    TEXT,
    House,
    Session,
    client_frame,
    echo,
    house,
    request,
    until,
)

CHAT = "https://chat.example.com"


async def answer_to(built: House, asked: bytes) -> str:
    """All that is said to it, when the connection is not opened; else the headers."""
    async with built.stream() as client:
        client.send(asked)
        head = await client.reader.readuntil(b"\r\n\r\n")
        body = b"" if b" 101 " in head else await client.reader.read()
        return (head + body).decode()


# coming in


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        (request(subprotocol=None), "400 Bad Request", "yizhan.v1.msgpack, yizhan.v1.json"),
        (request(subprotocol="mqtt"), "400 Bad Request", "yizhan.v1.msgpack, yizhan.v1.json"),
        (request("/"), "404 Not Found", "/ws"),
        (request(Origin="https://evil.example.com"), "403 Forbidden", "origin"),
        (request(Origin="null"), "403 Forbidden", "origin"),
        (request(Origin=CHAT + ":8443"), "403 Forbidden", "origin"),
        (request(host="rebound.example.com:8800"), "421 Misdirected Request", "Host"),
        (request(x="y" * 20_000), "431 Request Header Fields Too Large", "16384"),
        (b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", "426 Upgrade Required", "Upgrade"),
        (b"nonsense\r\n\r\n", "400 Bad Request", "Bad HTTP request"),
    ],
)
async def test_who_is_not_let_in_is_told_why(asked: bytes, status: str, says: str) -> None:
    async with house(allowed_origins=[CHAT], hosts=["localhost"]) as built:
        answer = await answer_to(built, asked)
    head, body = answer.split("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}\r\n")
    assert says in body
    assert built.sessions == []


@pytest.mark.parametrize(
    ("asked", "binary", "origin"),
    [
        (request(), True, None),
        (request(subprotocol=f"mqtt, {JSON}, {MSGPACK}"), False, None),
        (request(Origin=CHAT), True, CHAT),
        (request(host="LOCALHOST:8800"), True, None),
    ],
)
async def test_who_is_let_in_speaks_the_subprotocol_chosen(asked: bytes, binary: bool, origin: str | None) -> None:
    async with house(allowed_origins=[CHAT], hosts=["localhost"]) as built:
        answer = await answer_to(built, asked)
    assert f"Sec-WebSocket-Protocol: {MSGPACK if binary else JSON}\r\n" in answer
    assert built.sessions[0].handshake == Handshake("127.0.0.1", binary, origin, None)


async def test_compression_is_not_negotiated() -> None:
    async with house() as built:
        answer = await answer_to(built, request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
    assert answer.startswith("HTTP/1.1 101 ")
    assert "Extensions" not in answer


async def test_the_address_is_the_one_that_a_trusted_proxy_names() -> None:
    asked = request(X_Forwarded_For="198.51.100.7, 203.0.113.9", User_Agent="terminal/1")
    for trusted, address in (([ip_network("127.0.0.0/8")], "203.0.113.9"), ([], "127.0.0.1")):
        async with house(trusted_proxies=trusted) as built:
            await answer_to(built, asked)
        assert built.sessions[0].handshake == Handshake(address, True, None, "terminal/1")


async def test_who_does_not_finish_the_handshake_is_cut_off_after_five_seconds() -> None:
    async with house(speed=50) as built, built.stream() as client:
        client.send(request()[:-10])
        assert await client.is_cut()


async def test_messages_sent_without_waiting_for_the_handshake_are_delivered() -> None:
    async with house() as built, built.stream() as client:
        client.send(request(), client_frame(b"eager"), client_frame(b"more")[:7])
        await client.reader.readuntil(b"\r\n\r\n")
        assert await client.frame() == (BINARY, b"eager")
        client.send(client_frame(b"more")[7:])
        assert await client.frame() == (BINARY, b"more")


async def test_acknowledgements_do_not_wait_for_more_to_send() -> None:
    async with house() as built, built.client():
        assert built.sessions[0].door.transport.getTcpNoDelay()


# messages


async def test_the_session_is_told_of_each_message_in_order_and_of_the_end() -> None:
    async with house() as built:
        async with built.client() as client:
            client.send(client_frame(b"one"), client_frame(b"two"), client_frame(b"", PING), client_frame(b"three"))
            for said in (b"one", b"two", b"three"):
                kind, payload = await client.frame()
                if kind == PONG:
                    kind, payload = await client.frame()
                assert (kind, payload) == (BINARY, said)
            await client.echoed(b"four")
        await built.all_closed()
        assert built.sessions[0].told == [b"one", b"two", b"three", b"four", "closed"]


@pytest.mark.parametrize(("subprotocol", "opcode"), [(MSGPACK, TEXT), (JSON, BINARY)])
async def test_the_other_kind_of_frame_gets_1003(subprotocol: str, opcode: int) -> None:
    async with house() as built:
        async with built.client(subprotocol) as client:
            client.send(client_frame(b"{}", opcode))
            assert (await client.closing())[0] == 1003
        assert built.sessions[0].messages == []


async def test_text_that_is_not_utf8_gets_1007() -> None:
    async with house() as built:
        async with built.client(JSON) as client:
            client.send(client_frame(b'"\xff"', TEXT))
            assert (await client.closing())[0] == 1007
        assert built.sessions[0].messages == []


@pytest.mark.parametrize("where", ["received", "behind"])
async def test_an_error_behind_the_door_is_logged_and_closes_with_1011(where: str, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Session):
        def received(self, payload: bytes) -> None:
            super().received(payload)
            if where == "received":
                raise ArithmeticError("planted")

    made: list[Failing] = []

    def behind(door: Door, handshake: Handshake) -> Failing:
        if where == "behind":
            raise ArithmeticError("planted")
        made.append(Failing(door, handshake))
        return made[-1]

    async with house(behind=behind) as built, built.client() as client:
        client.send(client_frame(b"one"), client_frame(b"two"))
        assert (await client.closing())[0] == 1011
        client.send(client_frame(b"\x03\xf3", CLOSE))
        assert await client.is_cut()
    assert "ArithmeticError: planted" in caplog.text
    for session in made:
        await session.is_closed.wait()
        assert session.messages == [b"one"]


async def test_an_error_while_it_hears_of_the_end_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Session):
        def closed(self) -> None:
            super().closed()
            raise ArithmeticError("planted")

    made: list[Failing] = []

    def behind(door: Door, handshake: Handshake) -> Failing:
        made.append(Failing(door, handshake))
        return made[-1]

    async with house(behind=behind) as built:
        async with built.client():
            pass
        await made[0].is_closed.wait()
    assert "ArithmeticError: planted" in caplog.text


# pausing


async def test_what_was_pipelined_behind_a_pause_comes_after_it_in_order_and_once() -> None:
    def pause_at_each_third(session: Session, payload: bytes) -> None:
        echo(session, payload)
        if payload.endswith(b"3"):
            session.door.pause()
            asyncio.get_running_loop().call_later(0.001, session.door.resume)

    said = [b"message %d" % number for number in range(400)]
    wires = [client_frame(each) for each in said]
    for at in range(0, 400, 7):  # fragments and pings between, so that Autobahn has its part in it
        wires[at] = client_frame(said[at][:4], final=False) + client_frame(b"", PING) + client_frame(said[at][4:], CONTINUATION)
    async with house(pause_at_each_third, speed=20) as built:
        async with built.client() as client:
            client.send(*wires)
            answers = [await client.frame() for _ in range(400 + len(range(0, 400, 7)))]
        assert [payload for opcode, payload in answers if opcode == BINARY] == said
        assert built.sessions[0].messages == said


async def test_nothing_is_delivered_during_a_pause_and_the_close_that_follows_waits_too() -> None:
    def pause(session: Session, payload: bytes) -> None:
        session.door.pause()

    async with house(pause) as built:
        async with built.client() as client:
            client.send(*[client_frame(b"%d" % number) for number in range(5)], client_frame(b"\x03\xe8", CLOSE))
            (session,) = await built.opened()
            for expected in range(1, 6):
                await until(lambda expected=expected: len(session.told) == expected)  # type: ignore[misc]
                await asyncio.sleep(0.01)
                assert len(session.messages) == expected
                session.door.resume()
            assert await client.closing() == (1000, "")
        await built.all_closed()


async def test_a_pause_and_resume_within_one_message_delivers_the_next_one_later_and_once() -> None:
    def blink(session: Session, payload: bytes) -> None:
        session.door.pause()
        session.door.resume()
        echo(session, payload)

    async with house(blink) as built, built.client() as client:
        client.send(*[client_frame(b"%d" % number) for number in range(50)])
        assert [await client.frame() for _ in range(50)] == [(BINARY, b"%d" % number) for number in range(50)]


async def test_a_paused_connection_that_is_closed_still_hears_the_answer_and_delivers_nothing_more() -> None:
    def pause(session: Session, payload: bytes) -> None:
        session.door.pause()
        session.door.close(1001, "going away")

    async with house(pause, speed=None) as built:  # so that nobody is cut off for being late
        async with built.client() as client:
            client.send(client_frame(b"one"), client_frame(b"two"))
            assert await client.closing() == (1001, "going away")
            client.send(client_frame(b"three"), client_frame(b"\x03\xe9", CLOSE))
            assert await client.is_cut()
        await built.all_closed()
        assert built.sessions[0].messages == [b"one"]


# life and death


async def test_a_silent_client_is_pinged_and_lives_as_long_as_it_answers() -> None:
    async with house(speed=None) as built:
        async with built.client() as client:
            (session,) = await built.opened()
            for _ in range(3):
                built.pass_time(26)
                assert await client.frame() == (PING, b"")
                built.pass_time(7)
                client.send(client_frame(b"", PONG))
                await until(lambda: session.door._heard == built.doors.wheel.ticks)
            built.pass_time(26)
            assert await client.frame() == (PING, b"")
            client.send(client_frame(b"any traffic is an answer"))
            assert (await client.frame())[0] == BINARY
            built.pass_time(26)
            assert await client.frame() == (PING, b"")
            built.pass_time(9)
            assert await client.is_cut()
        await built.all_closed()


async def test_a_client_that_talks_is_not_pinged() -> None:
    async with house(speed=None) as built, built.client() as client:
        heard = []
        for _ in range(60):  # a minute in all
            built.pass_time(1)
            client.send(client_frame(b"on and on"))
            heard.append(await client.frame())
        assert heard == [(BINARY, b"on and on")] * 60


async def test_the_ping_timer_stands_still_while_we_do_not_read() -> None:
    async with house(speed=None) as built, built.client() as client:
        (session,) = await built.opened()
        session.door.pause()
        built.pass_time(200)
        session.door.resume()
        built.pass_time(24)
        await client.echoed()
        built.pass_time(26)
        assert await client.frame() == (PING, b"")


async def test_a_pong_that_lies_unread_during_a_pause_is_not_missed() -> None:
    async with house(speed=None) as built, built.client() as client:
        (session,) = await built.opened()
        built.pass_time(26)
        assert await client.frame() == (PING, b"")
        session.door.pause()
        client.send(client_frame(b"", PONG))
        built.pass_time(7)
        session.door.resume()
        built.pass_time(2)
        await client.echoed()


async def test_what_is_queued_leaves_before_the_close() -> None:
    def answer_and_close(session: Session, payload: bytes) -> None:
        for number in range(2000):
            session.door.answer(frame(b"%d" % number * 100, binary=True))
        session.door.close(4001, "enough")
        session.door.send(frame(b"too late", binary=True))

    async with house(answer_and_close) as built, built.client() as client:
        client.send(client_frame(b"go"))
        for number in range(2000):
            assert await client.frame() == (BINARY, b"%d" % number * 100)
        assert await client.closing() == (4001, "enough")


async def test_who_does_not_answer_a_close_is_cut_off_after_two_seconds() -> None:
    def close(session: Session, payload: bytes) -> None:
        session.door.close(1012, "restart")

    for said, code in ((b"go", 1012), (b"x" * 200_000, 1009)):
        async with house(close, speed=None) as built, built.client() as client:
            client.send(client_frame(said))
            assert (await client.closing())[0] == code
            built.pass_time(1.75)
            assert await client.hears_nothing()
            built.pass_time(0.75)
            assert await client.is_cut()


async def test_who_closes_and_then_reads_nothing_is_cut_off_and_costs_no_more() -> None:
    def flood(session: Session, payload: bytes) -> None:
        for _ in range(100):
            session.door.answer(frame(b"x" * 60_000, binary=True))

    async with house(flood, speed=None, limits=Limits(outgoing=Bound(unread=1 << 30))) as built, built.unread() as connection:
        connection.send(client_frame(b"go") + client_frame(b"\x03\xe8", CLOSE))
        (session,) = await built.opened()
        await until(lambda: session.door.state == Door.STATE_CLOSED)
        assert session.door.waiting > 0
        built.pass_time(2.5)
        await built.all_closed()


@pytest.mark.parametrize("how", ["reset", "end", "close", "abort"])
async def test_the_session_hears_once_that_it_is_closed_however_that_came(how: str) -> None:
    async with house() as built:
        async with built.client() as client:
            await client.echoed()
            if how == "reset":
                client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.writer.close()
            elif how == "end":
                client.writer.close()
            elif how == "close":
                client.send(client_frame(b"\x03\xe8", CLOSE))
                assert (await client.closing())[0] == 1000
            else:
                built.sessions[0].door.abort()
                assert await client.is_cut()
            await built.all_closed()
        built.sessions[0].door.send(frame(b"to nobody", binary=True))
        built.sessions[0].door.close(1000, "")
        built.sessions[0].door.abort()


# what one costs the others


async def test_who_stops_reading_costs_the_queue_and_is_told_to_resume_and_the_others_get_all() -> None:
    outgoing = Bound(frames=50, bytes=200 * KIB, most=400 * KIB, unread=100 * KIB)
    async with house(limits=Limits(outgoing=outgoing), speed=0.1) as built, built.client() as reader, built.unread() as stalled:
        doors = [session.door for session in await built.opened(2)]
        highest = 0
        for number in range(1000):
            event = frame(b"%04d" % number * 2500, binary=True)  # one object for all
            for door in doors:
                door.send(event)
            assert await reader.frame() == (BINARY, b"%04d" % number * 2500)
            highest = max(highest, doors[1].waiting)
        assert 0 < highest <= 200 * KIB + SLICE
        got, goodbye = bytearray(), b"\x88\x08" + struct.pack(">H", 4008) + b"resume"
        while not got.endswith(goodbye):
            got += await asyncio.get_running_loop().sock_recv(stalled, 1 << 16)
        assert (len(got) - len(goodbye)) % len(frame(b"0000" * 2500, binary=True)) == 0, "whole events, then the close"


async def test_who_stops_reading_is_cut_off_a_second_after_it_was_told() -> None:
    async with house(limits=Limits(outgoing=Bound(frames=5)), speed=None) as built, built.unread():
        (session,) = await built.opened()
        while session.door.state == Door.STATE_OPEN:
            session.door.send(frame(b"x" * 30_000, binary=True))
            await asyncio.sleep(0)
        built.pass_time(0.75)
        await asyncio.sleep(0.01)
        assert not session.is_closed.is_set()
        built.pass_time(0.75)
        await built.all_closed()


async def test_many_who_stop_reading_stay_within_the_budget_and_a_reader_gets_all() -> None:
    budget = Budget(3000 * KIB)
    async with contextlib.AsyncExitStack() as stack:
        built = await stack.enter_async_context(house(budget=budget, speed=5))
        reader = await stack.enter_async_context(built.client())
        for _ in range(200):
            await stack.enter_async_context(built.unread())
        sessions = await built.opened(201)
        for number in range(60):
            event = frame(b"%04d" % number * 10_000, binary=True)
            for session in sessions:
                session.door.send(event)
            assert await reader.frame() == (BINARY, b"%04d" % number * 10_000)
            assert budget.total <= 3000 * KIB
        assert any(session.door.state != Door.STATE_OPEN for session in sessions)


async def test_who_asks_and_does_not_read_the_answers_is_read_no_more_and_ends() -> None:
    def page(session: Session, payload: bytes) -> None:
        session.door.answer(frame(b"p" * 200_000, binary=True))

    async with house(page, speed=200) as built, built.unread() as greedy:
        with contextlib.suppress(BlockingIOError):
            while True:
                greedy.send(client_frame(b"a page, please" * 100) * 10)
        (session,) = await built.opened()
        await until(lambda: session.door.waiting > 256 * KIB)
        asked, highest = len(session.messages), session.door.waiting
        await built.all_closed()
        assert (len(session.messages), highest < Bound().most) == (asked, True)


async def test_who_asks_much_and_reads_slowly_gets_all_answers() -> None:
    def page(session: Session, payload: bytes) -> None:
        session.door.answer(frame(payload * 50, binary=True))

    said = [b"%04d" % number * 500 for number in range(200)]
    async with house(page) as built, built.client(limit=4096) as client:
        client.send(*[client_frame(each) for each in said])
        for each in said:
            assert await client.frame() == (BINARY, each * 50)


async def test_a_flood_of_pings_is_answered_in_small_bites_between_others() -> None:
    async with house(speed=None) as built, built.client() as flooder, built.client() as other:
        flooder.send(client_frame(b"", PING) * 200)
        for bite in (63, 64, 64, 9):  # of the 64th only the header has been read
            for _ in range(bite):
                assert await flooder.frame() == (PONG, b"")
            await other.echoed()
            assert await flooder.hears_nothing()
            built.pass_time(0.25)
        await flooder.echoed()


async def test_fragments_without_content_cost_no_memory() -> None:
    async with house(limits=Limits(unusual=1 << 30)) as built, built.client() as client:
        client.send(client_frame(b"begin", final=False), client_frame(b"", CONTINUATION, final=False) * 5000)
        client.send(client_frame(b"", PING))
        assert await client.frame() == (PONG, b"")
        assert len(built.sessions[0].door.message_data) <= 1100
        client.send(client_frame(b" end", CONTINUATION))
        assert await client.frame() == (BINARY, b"begin end")


async def test_of_a_connection_that_is_gone_nothing_stays_on_the_wheel() -> None:
    async with house() as built:
        for _ in range(20):
            async with built.client() as client:
                await client.echoed()
        await built.all_closed()
        assert built.doors.wheel._alarms == 0
