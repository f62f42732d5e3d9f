"""The SDK against the real server, on both databases, through a proxy that cuts connections wherever it likes."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any, Literal

from tests.support.house import PASSWORD, House
from yizhan import Client, FileStore, MarksMoved, MessageEdited, MessageRecalled, MessageReceived, SessionEnded

PEOPLE = ("Li Na", "Wang")
CODECS: tuple[Literal["msgpack", "json"], ...] = ("msgpack", "json")
MESSAGES = 40


class Cutter:
    """A TCP proxy that ends all connections, in the middle of whatever they carry, each time so many pieces have passed."""

    def __init__(self, port: int, *pieces: int) -> None:
        self.server_port = port
        self.port = 0
        self.left = list(pieces)
        self._size = random.Random(1)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Cutter":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._writers |= {writer, there_writer}
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.ensure_future(self._pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 + self._size.randrange(2_000)):
                target.write(data)
                await target.drain()
                self._count()
        target.close()

    def _count(self) -> None:
        if self.left:
            self.left[0] -= 1
            if not self.left[0]:
                del self.left[0]
                self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def hear(client: Client, count: int) -> list[tuple[int, str]]:
    """The next ``count`` texts, with their seqs."""
    found: list[tuple[int, str]] = []
    async for event in client.events():
        if isinstance(event, MessageReceived):
            found.append((event.message.seq, event.message.text))
            if len(found) == count:
                break
    return found


@contextlib.asynccontextmanager
async def devices(house: House, cutter: Cutter) -> AsyncIterator[list[Client]]:
    """Two devices of each, on both codecs, through the proxy."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for name in PEOPLE:
            for codec in CODECS:
                who = house.people[name].number
                url = f"ws://127.0.0.1:{cutter.port}/ws"
                client = Client(url, name=who, password=PASSWORD, fetch="all", codec=codec, proxy=None)
                found.append(await stack.enter_async_context(client))
        yield found


async def test_all_devices_have_the_same_whatever_is_cut(house: House) -> None:
    async with Cutter(house.running.gateway_port, 40, 25, 35, 50) as cutter, devices(house, cutter) as clients:
        talk = (await clients[0].open_direct(number=house.people["Wang"].number)).conversation
        hearing = [asyncio.ensure_future(hear(client, len(clients) * MESSAGES)) for client in clients]
        sending = [
            asyncio.ensure_future(client.send(talk, f"{who}/{number}")) for number in range(MESSAGES) for who, client in enumerate(clients)
        ]
        sent = await asyncio.gather(*sending)
        heard = await asyncio.gather(*hearing)
    assert not cutter.left
    assert heard.count(heard[0]) == len(clients)
    assert [seq for seq, _ in heard[0]] == list(range(1, len(clients) * MESSAGES + 1))
    for who in range(len(clients)):
        mine = [(seq, text) for seq, text in heard[0] if text.startswith(f"{who}/")]
        assert [text for _, text in mine] == [f"{who}/{number}" for number in range(MESSAGES)]
        assert [seq for seq, _ in mine] == [answer.seq for answer in sent[who :: len(clients)]]


async def test_who_was_away_is_told_what_became_of_the_messages(house: House, tmp_path: Any) -> None:
    store = FileStore(tmp_path / "wang.json")
    async with house.client("Li Na", proxy=None) as lina:
        talk = (await lina.open_direct(number=house.people["Wang"].number)).conversation
        async with house.client("Wang", store=store, proxy=None) as wang:
            for text in ("one", "two", "three"):
                await lina.send(talk, text)
            assert [text for _, text in await hear(wang, 3)] == ["one", "two", "three"]
        await lina.edit((talk, 1), "One!")
        await lina.recall((talk, 2))
        await lina.send(talk, "four")
        async with house.client("Wang", store=store, proxy=None) as wang:
            found: list[Any] = []
            async for event in wang.events():
                if isinstance(event, MessageReceived | MessageEdited | MessageRecalled):
                    found.append((type(event).__name__, event.message.seq, event.message.text))
                    if len(found) == 3:
                        break
    assert found == [("MessageReceived", 4, "four"), ("MessageEdited", 1, "One!"), ("MessageRecalled", 2, "")]


async def test_every_command_has_its_answer(house: House) -> None:
    people = house.people
    async with house.client("Li Na", proxy=None) as lina, house.client("Wang", proxy=None) as wang:
        talk = (await lina.open_direct(member=people["Wang"].member)).conversation
        own = (await lina.open_direct(number=people["Li Na"].number)).conversation
        first = await lina.send(talk, "Lunch?", mentions=(people["Wang"].member,))
        await wang.send(talk, "Where?", reply_to=first.seq)
        message = (await wang.history(talk, before=2, limit=1))[0]
        assert (message.text, message.seq) == ("Lunch?", 1)
        assert (await lina.edit(message, "Lunch at noon?")).version == 2
        assert (await wang.react(message, "👍")).change == 2
        assert (await wang.pin_message(message)).change == 3
        assert [pinned.reactions for pinned in await lina.pinned(talk)] == [{"👍": (people["Wang"].member,)}]
        assert (await lina.forward(message, own)).seq == 1
        await wang.mark(talk, read=2, delivered=2)
        async for event in lina.events():  # marks ride in a later batch (LOG H3)
            if isinstance(event, MarksMoved) and event.marks[0].read == 2:
                break
        assert [(marks.read, marks.delivered) for marks in await lina.marks(talk)] == [(2, 2)]
        await wang.favourite(message, note="noon")
        (kept,) = await wang.favourites()
        assert kept.note == "noon"
        await wang.unfavourite(kept.id)
        await wang.delete_for_me(message)
        assert [message.seq for message in await wang.history(talk, after=0)] == [2]
        await lina.recall(message)
        await lina.set_conversation(talk, pinned_to_top=True, muted=True)
        await lina.set_draft(talk, "And …")
        assert (lina.known[talk].draft, lina.known[talk].muted) == ("And …", True)
        (state,) = [state for state in await lina.conversations() if state.conversation == talk]
        assert (state.draft, state.muted, state.pinned_to_top) == ("And …", True, True)
        assert (await wang.profile(people["Li Na"].member)).name == "Li Na"
        lina.typing(talk)
        await lina.ping()
        assert len(await lina.sessions()) == 1


async def test_sessions_end_by_password_by_hand_and_by_oneself(house: House) -> None:
    async with (
        house.client("Wang", proxy=None) as first,
        house.client("Wang", proxy=None) as second,
        house.client("Wang", proxy=None) as third,
    ):
        (other,) = [session for session in await first.sessions() if session.session == second._core.session.session]  # type: ignore[union-attr]
        await first.end_session(other.session)
        assert [event.reason async for event in second.events() if isinstance(event, SessionEnded)] == ["ended"]
        await first.change_password(PASSWORD, "another horse 43")
        assert [event.reason async for event in third.events() if isinstance(event, SessionEnded)] == ["password_changed"]
        await first.sign_out()
        assert [event.reason async for event in first.events() if isinstance(event, SessionEnded)] == ["signed_out"]
