"""The asyncio client, what most programs use: enter it, hear its events, call its commands (``asking.py``)."""

import asyncio
import os
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Literal

from . import events
from ._protocol.codec import JSON, MESSAGEPACK
from ._protocol.commands import Device, DeviceClass
from ._protocol.events import MemberInfo
from ._protocol.ids import new_client_id
from .conversations import Policy
from .core import Core
from .entry import Login
from .errors import ClientClosed
from .messages import Conversation
from .presence import Presence
from .shell import QUEUE_FETCHES_UP_TO, Shell
from .state import Progress
from .stores import Store
from .tree import Tree

CODECS = {"msgpack": MESSAGEPACK, "json": JSON}


class Client(Shell):
    """One device of one member.

    ``url`` is that of the gateway (``wss://im.example.com/ws``). Sign in by ``name`` and ``password`` (``member`` chooses where an
    account has several, ``new_password`` replaces an initial one), by a robot's ``token``, or by what ``store`` holds. ``fetch`` and
    ``recent`` say how much of the past is wanted of a conversation that is new to this device (``Policy``). Entering it raises
    ``SignInRefused``, ``PasswordChangeRequired`` or ``TimeoutError`` (after ``timeout`` seconds; None waits for ever).
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "",
        password: str = "",
        token: str = "",
        member: str = "",
        new_password: str = "",
        store: Store | None = None,
        codec: Literal["msgpack", "json"] = "msgpack",
        device_class: DeviceClass = "desktop",
        device_name: str = "",
        language: str = "en",
        fetch: Literal["all", "recent"] = "recent",
        recent: int = 50,
        keep: int = 200,
        timeout: float | None = 30,
        tls: ssl.SSLContext | None = None,
        proxy: str | Literal[True] | None = True,
        trace: Callable[[object], None] | None = None,
    ) -> None:
        stored = store.load() if store is not None else None
        device = Device((stored.device if stored else "") or os.urandom(16).hex(), device_class, device_name)
        core = Core(
            Login(device, name, password, token, member, new_password, language),
            codec=CODECS[codec],
            policy=Policy(fetch, recent, keep),
            state=stored,
            new_id=lambda: new_client_id(time.time_ns() // 1_000_000, os.urandom(10)),
            jitter=random.random,
            trace=trace,
        )
        super().__init__(url, core, store, tls=tls, proxy=proxy)
        self._timeout = timeout
        self._runner: asyncio.Task[None] | None = None

    # ---- beginning and end

    async def __aenter__(self) -> "Client":
        self._runner = asyncio.create_task(self._run(), name="yizhan client")
        live = asyncio.create_task(self._is_live.wait())
        try:
            await asyncio.wait({live, self._runner}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
            if not live.done():
                raise await self._why_not_live()
        except BaseException:
            await self.close(taken_in=False)
            raise
        finally:
            live.cancel()
        return self

    async def _why_not_live(self) -> Exception:
        assert self._runner is not None
        if self._runner.done():
            await self._runner
        return self._core.over or TimeoutError(f"not connected to {self._url} within {self._timeout} s: {self._why or 'no answer'}")

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close(taken_in=error is None)

    async def close(self, *, taken_in: bool = True) -> None:
        """Close the connection. The session stays good: the next run resumes it from the store.

        ``taken_in``: the last event that was handed out is done with; if not, it is handed out again by the next run.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if taken_in and self._queue.empty():
            self._progress = self._core.progress()
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.wait({self._runner})
            self._fault = None if self._runner.cancelled() else self._runner.exception()
        self._stop_timers()
        self._fail_waiting(ClientClosed())
        self._save()
        self._queue.put_nowait(None)

    # ---- what an application uses beside the commands (``Asking``)

    @property
    def me(self) -> MemberInfo:
        """Who one is; known after the first sign-in."""
        if self._core.session is None:
            raise self._core.over or ClientClosed()
        return self._core.session.me

    @property
    def known(self) -> dict[str, Conversation]:
        """The conversations as this device knows them, with its own count of what is unread; without asking the server."""
        return dict(self._core.conversations.known)

    @property
    def tree(self) -> Tree:
        """The organisation as it was loaded last (``load_tree``), with all that the server told since. A new connection loads it anew."""
        return self._core.tree

    @property
    def presence(self) -> Presence:
        """Who is there, of what is watched (``watch_units``, ``watch_people``), and oneself."""
        return self._core.presence

    async def events(self) -> AsyncIterator[events.Event]:
        """What happens, in order. Ends when the session is over or the client is closed.

        An event counts as taken in when the next one is asked for: after a crash the store brings it again.
        """
        while (item := await self._queue.get()) is not None:
            if isinstance(item, Progress):
                self._progress = item
                self._save()
            else:
                yield item
            if not self._core.fetches and self._queue.qsize() < QUEUE_FETCHES_UP_TO // 2:
                self._core.fetches = True
                self._do(self._core.take())
        if self._fault is not None:
            raise self._fault

    def typing(self, conversation: str) -> None:
        """Tell that one is typing: at once or not at all."""
        self._core.typing(conversation)
        self._do(self._core.take())
