"""What runs under a client: the socket, the clock, the queue of events and the store around the core.

It decides nothing about messages: it connects when the core says so, carries frames in and commands out, and keeps the state.
"""

import asyncio
import ssl
import time
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from . import events
from ._protocol import limits
from ._protocol.errors import FrameInvalid
from ._protocol.events import Answer
from .core import Core, Step
from .errors import ClientClosed, ProtocolBroken
from .outbox import Wish
from .outside import OutsideBook
from .state import Progress
from .stores import Store
from .watching import Watching

QUEUE_FETCHES_UP_TO = 2_000  # events that wait for the application; above, what was missed is not fetched yet
CHECKPOINT_SECONDS = 1
FRAME_MAX = 4 << 20  # a page of the server may be larger than what a client may send

Item = events.Event | Progress | None


class Shell(OutsideBook, Watching):
    def __init__(self, url: str, core: Core, store: Store | None, *, tls: ssl.SSLContext | None, proxy: str | Literal[True] | None) -> None:
        self._url, self._tls, self._proxy = url, tls, proxy
        self._core, self._store = core, store
        self._queue: asyncio.Queue[Item] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._is_live = asyncio.Event()
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._checkpoint: asyncio.TimerHandle | None = None
        self._saved = -1
        self._progress = core.progress()  # what the application has taken in
        self._is_closed = False
        self._why = ""  # the last connection ended, or there was none
        self._fault: BaseException | None = None

    async def _answer(self, wish: Wish) -> Answer:
        over = self._fault or self._core.over or (ClientClosed() if self._is_closed else None)
        if over is not None:
            if not wish.attempts:
                self._core.outbox.remove(wish)  # who hears of a failure must not find it sent by the next run
            raise over
        answer = self._waiting.get(wish.key)
        if answer is None:
            answer = self._waiting[wish.key] = asyncio.get_running_loop().create_future()
        self._do(self._core.take())
        return await asyncio.shield(answer)

    # ---- the connection

    async def _run(self) -> None:
        try:
            while (at := self._core.reconnect_at) is not None:
                await asyncio.sleep(max(0, at - _now()) / 1000)
                await self._connection()
        except Exception as fault:  # of ours: whoever waits must hear of it
            self._fault = fault
            self._fail_waiting(fault)
            raise
        finally:
            if self._core.over is not None:
                self._fail_waiting(self._core.over)
            self._queue.put_nowait(None)

    async def _connection(self) -> None:
        """One connection from its beginning to its end, whatever that is."""
        try:
            socket = await connect(
                self._url,
                subprotocols=[self._core.codec.subprotocol],  # type: ignore[list-item]  # a NewType of str
                compression=None,
                ssl=self._tls,
                proxy=self._proxy,
                open_timeout=10,
                close_timeout=2,
                ping_interval=limits.PING_SECONDS,  # the server pings, too; ours finds a server that is gone
                ping_timeout=limits.PING_SECONDS,
                max_size=FRAME_MAX,
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            self._why = str(error)
            self._do(self._core.disconnected(_now(), 0, self._why))
            return
        self._outgoing = asyncio.Queue()
        writer = asyncio.create_task(self._write(socket, self._outgoing))
        code, why = 1006, ""
        try:
            self._do(self._core.connected(_now()))
            code, why = await self._read_frames(socket)
        except (FrameInvalid, ProtocolBroken) as error:
            why = str(error)
        finally:
            self._why = why
            self._do(self._core.disconnected(_now(), code, why))
            writer.cancel()
            await socket.close()
            await asyncio.wait({writer})

    async def _read_frames(self, socket: ClientConnection) -> tuple[int, str]:
        try:
            while True:
                frame = self._core.codec.decode_frame(_bytes(await socket.recv()))
                if frame is not None:
                    self._do(self._core.received(frame, _now()))
        except ConnectionClosed as closed:
            received = closed.rcvd
            return (received.code, received.reason) if received is not None else (1006, "")

    async def _write(self, socket: ClientConnection, outgoing: asyncio.Queue[bytes | None]) -> None:
        """Write what is to be written, in order; None closes. A write that fails ends the reader too, which tells the core."""
        try:
            while (frame := await outgoing.get()) is not None:
                await socket.send(frame if self._core.codec.binary else frame.decode())
            await socket.close()
        except ConnectionClosed:
            pass

    # ---- what the core wants done

    def _do(self, step: Step) -> None:
        if self._store is not None and self._core.saves != self._saved:
            self._save()  # a wish is kept before it is written, else a crash could send it twice under two ids
        for command in step.commands:
            self._outgoing.put_nowait(self._core.codec.encode(command))
        if step.close:
            self._outgoing.put_nowait(None)
        for event in step.events:
            self._queue.put_nowait(event)
            if isinstance(event, events.Connected):
                self._is_live.set()
        for wish, outcome in step.outcomes:
            self._resolve(wish, outcome)
        if step.events:
            self._after_events()
        self._set_timer()

    def _after_events(self) -> None:
        if self._queue.qsize() > QUEUE_FETCHES_UP_TO:
            self._core.fetches = False
        if self._store is not None and self._checkpoint is None and not self._is_closed:
            self._checkpoint = asyncio.get_running_loop().call_later(CHECKPOINT_SECONDS, self._mark_progress)

    def _mark_progress(self) -> None:
        """Behind the events that it counts: when the application has come so far, it is kept."""
        self._checkpoint = None
        self._queue.put_nowait(self._core.progress())

    def _resolve(self, wish: Wish, outcome: Answer | Exception) -> None:
        answer = self._waiting.pop(wish.key, None)
        if answer is None or answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
            answer.exception()  # nobody may be waiting any more, and that is no fault
        else:
            answer.set_result(outcome)

    def _fail_waiting(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(error)
                answer.exception()

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._checkpoint):
            if timer is not None:
                timer.cancel()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (at := self._core.next_tick) is not None and not self._is_closed:
            delay = max(0, at - _now()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._do(self._core.tick(_now()))

    def _save(self) -> None:
        self._saved = self._core.saves
        if self._store is not None:
            self._store.save(self._core.state(self._progress))


def _now() -> int:
    return time.monotonic_ns() // 1_000_000


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
