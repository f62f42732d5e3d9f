"""The asyncio client over real sockets, against the small server of ``tests.support.sdk_peer``."""

import asyncio
import contextlib
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.support.sdk_peer import ANNA, BEN, CONVERSATIONS, Close, Line, Peer
from yizhan import (
    Client,
    Connected,
    Disconnected,
    Event,
    FileStore,
    MemoryStore,
    Message,
    MessageReceived,
    Refused,
    SessionEnded,
    SessionOver,
    SignInRefused,
    State,
)
from yizhan._protocol import events as wire
from yizhan._protocol import limits
from yizhan._protocol.codec import CODECS

LUNCH = CONVERSATIONS[0]
ROOT = Path(__file__).parents[2]
CODEC_NAMES: tuple[Literal["msgpack", "json"], ...] = ("msgpack", "json")


class Gateway:
    """The peer behind a socket: everything is done at once, and the test may cut whatever it likes."""

    def __init__(self) -> None:
        self.peer = Peer()
        self.sockets: dict[ServerConnection, Line] = {}
        self.port = 0
        self.cuts: list[int] = []  # the next connections are cut after so many frames
        self._server: Server | None = None
        self._flushed = asyncio.Event()

    async def start(self) -> None:
        names: Any = list(CODECS)
        self._server = await serve(self._serve, "127.0.0.1", self.port, subprotocols=names, compression=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def _serve(self, socket: ServerConnection) -> None:
        line = self.sockets[socket] = self.peer.connect(CODECS[str(socket.subprotocol)])
        left = self.cuts.pop(0) if self.cuts else -1
        try:
            async for data in socket:
                line.to_server.append(data.encode() if isinstance(data, str) else data)
                self.peer.take(line)
                left -= 1
                if left == 0:
                    self.peer.write_all()
                    socket.transport.abort()
                await self.flush()
        except ConnectionClosed:
            pass
        finally:
            del self.sockets[socket]
            self.peer.cut(line)

    async def flush(self) -> None:
        self.peer.write_all()
        while self.peer.applied < len(self.peer.feed):
            self.peer.apply()
        self.peer.token()
        for there, line in list(self.sockets.items()):
            while line.slow:
                self.peer.arrive(line)
            await self._write(there, line)

        self._flushed.set()

    async def has_live(self, count: int) -> None:
        while sum(line.is_live for line in self.sockets.values()) < count:
            self._flushed.clear()
            await self._flushed.wait()

    async def _write(self, socket: ServerConnection, line: Line) -> None:
        with contextlib.suppress(ConnectionClosed):
            while line.to_device:
                frame = line.to_device.popleft()
                if isinstance(frame, Close):
                    await socket.close(frame.code)
                else:
                    await socket.send(frame if line.codec.binary else frame.decode())

    def cut(self) -> None:
        for there in list(self.sockets):
            there.transport.abort()

    def client(self, token: str, **more: Any) -> Client:
        return Client(self.url, token=token, **{"fetch": "all", "proxy": None, **more})


@contextlib.asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    started = Gateway()
    await started.start()
    try:
        yield started
    finally:
        await started.stop()


async def texts(client: Client, count: int) -> list[str]:
    """The next ``count`` texts that are received."""
    found: list[str] = []
    async for event in client.events():
        if isinstance(event, MessageReceived) and event.message.text:
            found.append(event.message.text)
            if len(found) == count:
                break
    return found


async def until(client: Client, kind: type[Event]) -> Event:
    async for event in client.events():
        if isinstance(event, kind):
            return event
    raise AssertionError(f"the events ended without {kind.__name__}")


@pytest.mark.parametrize("codec", CODEC_NAMES)
async def test_two_members_talk(codec: str) -> None:
    async with gateway() as peer, peer.client(ANNA, codec=codec) as anna, peer.client(BEN) as ben:
        sent = await anna.send(LUNCH, "Lunch?")
        assert (sent.seq, anna.me.member) == (3, ANNA)
        assert await texts(ben, 1) == ["Lunch?"]
        answer = asyncio.ensure_future(texts(anna, 2))
        await ben.reply(Message(conversation=LUNCH, seq=sent.seq, sender=ANNA, sent_at=0), "At noon.")
        assert await answer == ["Lunch?", "At noon."]
        await anna.edit((LUNCH, sent.seq), "Supper?")
        assert (await anna.history(LUNCH, after=2, limit=1))[0].text == "Supper?"


@pytest.mark.parametrize("codec", CODEC_NAMES)
async def test_what_is_sent_through_many_cuts_comes_once_and_in_order(codec: str) -> None:
    async with gateway() as peer, peer.client(ANNA, codec=codec) as anna, peer.client(BEN) as ben:
        peer.cuts = [9, 14, 4, 23]
        peer.cut()
        wanted = [f"no. {number}" for number in range(60)]
        sends = [asyncio.ensure_future(anna.send(LUNCH, text)) for text in wanted]
        seqs = [sent.seq for sent in await asyncio.gather(*sends)]
        assert not peer.cuts
        assert seqs == sorted(set(seqs))
        assert await texts(ben, 60) == wanted
        assert len(peer.peer.rooms[LUNCH].rows) == 62


async def test_the_server_may_be_away_for_a_while() -> None:
    async with gateway() as peer, peer.client(ANNA) as anna:
        await peer.stop()
        await until(anna, Disconnected)
        send = asyncio.ensure_future(anna.send(LUNCH, "are you there?"))
        await peer.start()
        assert (await send).seq == 3
        again = await until(anna, Connected)
        assert isinstance(again, Connected)
        assert again.resumed


async def test_a_program_that_comes_back_is_told_what_it_missed_and_nothing_twice(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "anna.json")
    async with gateway() as peer, peer.client(BEN) as ben:
        async with peer.client(ANNA, store=store) as anna:
            await ben.send(LUNCH, "first")
            assert await texts(anna, 1) == ["first"]
        await ben.send(LUNCH, "second")
        async with peer.client("", store=store) as anna:  # no token: the session in the store is enough
            assert await texts(anna, 1) == ["second"]


def test_a_stored_state_is_its_owners_alone_and_never_half(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "anna.json")
    assert store.load() is None
    store.save(State(login="anna", device="d" * 32))
    store.save(State(login="ben", device="d" * 32))
    assert store.load() == State(login="ben", device="d" * 32)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["anna.json"]


async def test_an_event_that_was_not_taken_in_is_handed_out_again() -> None:
    store = MemoryStore()
    async with gateway() as peer, peer.client(BEN) as ben:

        async def fail() -> None:
            async with peer.client(ANNA, store=store) as anna:
                await ben.send(LUNCH, "important")
                await texts(anna, 1)
                raise RuntimeError("the program fails over this message")

        with pytest.raises(RuntimeError):
            await fail()
        async with peer.client(ANNA, store=store) as anna:
            assert await texts(anna, 1) == ["important"]


async def test_a_wish_is_kept_before_it_is_written(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "anna.json", durable=True)
    async with gateway() as peer:
        async with peer.client(ANNA, store=store) as anna:
            peer.cuts = [1] * 100  # nothing gets through any more
            peer.cut()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anna.send(LUNCH, "kept"), 0.05)
        peer.cuts = []
        async with peer.client(ANNA, store=store) as anna:
            assert await texts(anna, 1) == ["kept"]


async def test_a_send_whose_waiting_was_cancelled_is_sent_all_the_same() -> None:
    async with gateway() as peer, peer.client(ANNA) as anna, peer.client(BEN) as ben:
        send = asyncio.ensure_future(anna.send(LUNCH, "said is said"))
        await asyncio.sleep(0)
        send.cancel()
        assert await texts(ben, 1) == ["said is said"]


async def test_a_refusal_is_an_exception_with_its_code() -> None:
    async with gateway() as peer, peer.client(ANNA) as anna:
        peer.peer.rooms[LUNCH].muted.add(ANNA)
        with pytest.raises(Refused) as refused:
            await anna.send(LUNCH, "hm")
        assert refused.value.code == "conversation.muted"


async def test_who_is_not_known_is_not_let_in() -> None:
    async with gateway() as peer:
        with pytest.raises(SignInRefused) as refused:
            async with peer.client("nobody"):
                pass
        assert refused.value.code == "sign_in.failed"


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}/ws"
        with pytest.raises(TimeoutError):
            async with Client(url, token=ANNA, timeout=0.2, proxy=None):
                pass


async def test_when_the_session_is_over_the_events_end_and_nothing_waits_for_ever() -> None:
    async with gateway() as peer, peer.client(ANNA) as anna:
        line = next(iter(peer.sockets.values()))
        line.is_deaf = True
        waiting = asyncio.ensure_future(anna.send(LUNCH, "too late"))
        line.say(wire.SessionEnded(reason="replaced"))
        line.to_device.append(Close(limits.CLOSE_REPLACED))
        await peer.flush()
        assert [event async for event in anna.events() if isinstance(event, SessionEnded)] == [SessionEnded("replaced")]
        with pytest.raises(SessionOver):
            await waiting
        with pytest.raises(SessionOver):
            await anna.send(LUNCH, "later still")
        assert [wish.attempts for wish in anna._core.outbox.writes.values()] == [1]  # "too late" may be stored: the next run asks


async def test_the_bot_of_the_readme_answers() -> None:
    """In the words of the page, but for the address and the token."""
    page = (ROOT / "clients/python/README.md").read_text()
    program = page.split("```python\n")[1].split("```")[0].replace("asyncio.run(main())", "")
    async with gateway() as peer, peer.client(ANNA) as anna:
        names: dict[str, Any] = {}
        exec(program.replace("wss://im.example.com/ws", peer.url).replace("yzr_…", BEN), names)
        bot = asyncio.ensure_future(names["main"]())
        await peer.has_live(2)
        await anna.send(LUNCH, "ping")
        assert await texts(anna, 2) == ["ping", "pong"]
        bot.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bot


async def test_what_was_missed_waits_for_an_application_that_is_slow() -> None:
    async with gateway() as peer:
        room = peer.peer.rooms[LUNCH]
        for number in range(5_000):
            peer.peer.append(room, BEN, f"{number:032x}", {"kind": "text", "text": str(number)})
        async with peer.client(ANNA) as anna:
            await anna.send(LUNCH, "first of all")  # commands are answered all the while
            assert anna._queue.qsize() < 2_500
            assert await texts(anna, 5_001) == [str(number) for number in range(5_000)] + ["first of all"]


async def test_a_fault_reaches_whoever_waits() -> None:
    def stumble(note: object) -> None:
        if isinstance(note, MessageReceived) and note.message.text:
            raise ZeroDivisionError

    async with gateway() as peer, peer.client(BEN) as ben, peer.client(ANNA, trace=stumble) as anna:
        await ben.send(LUNCH, "boo")
        with pytest.raises(ZeroDivisionError):
            await texts(anna, 2)
        with pytest.raises(ZeroDivisionError):
            await anna.send(LUNCH, "never")
