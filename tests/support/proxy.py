"""Between asyncpg and PostgreSQL: passes everything, and does to each COMMIT what the plan says (LOG B1).

``before``: COMMIT never reaches the server. ``after``: the server has committed and its answer is lost. ``torn``: COMMIT is sent and the
connection ends at once. ``held``: the answer waits for ``release``. ``pass`` is what comes when the plan is empty.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from tests.support.servers import private_folder

SOCKET = ".s.PGSQL.5432"


class CuttingProxy:
    def __init__(self, postgres: Path, folder: Path) -> None:
        self._postgres = postgres / SOCKET
        self._folder = folder
        self.plan: deque[str] = deque()
        self.commits: list[str] = []
        self.away = False
        self.release = asyncio.Event()
        self.when_lost: Callable[[], Awaitable[None]] | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, behind: str) -> str:
        """The URL of the database ``behind`` through this proxy."""
        return behind.replace(f"host={self._postgres.parent}", f"host={self._folder}")

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self._folder / SOCKET)

    async def stop(self) -> None:
        self.cut_all()
        self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def cut_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.away:
            writer.transport.abort()
            return
        theirs, to_server = await asyncio.open_unix_connection(self._postgres)
        self._open |= {writer, to_server}
        try:
            await _One(self, reader, writer, theirs, to_server).run()
        finally:
            for end in (writer, to_server):
                self._open.discard(end)
                end.transport.abort()


class _One:
    """One connection; what the server says is passed by a task of its own."""

    def __init__(
        self,
        proxy: CuttingProxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        theirs: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy, self._reader, self._writer, self._theirs, self._to_server = proxy, reader, writer, theirs, to_server
        self._swallow = asyncio.Event()
        self._swallowed = asyncio.Event()
        self._hold = False

    async def run(self) -> None:
        answers = asyncio.ensure_future(self._answers())
        try:
            (length,) = struct.unpack("!I", await self._reader.readexactly(4))
            self._to_server.write(struct.pack("!I", length) + await self._reader.readexactly(length - 4))
            while True:
                head = await self._reader.readexactly(5)
                body = await self._reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
                if head[:1] == b"Q" and body.startswith(b"COMMIT"):
                    if not await self._commit(head + body):
                        return
                else:
                    self._to_server.write(head + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            answers.cancel()

    async def _commit(self, frame: bytes) -> bool:
        proxy = self._proxy
        what = proxy.plan.popleft() if proxy.plan else "pass"
        proxy.commits.append(what)
        if what == "after":
            self._swallow.set()
        self._hold = what == "held"
        if what != "before":
            self._to_server.write(frame)
            await self._to_server.drain()
        if what == "after":
            await self._swallowed.wait()
        if what in ("before", "after", "torn"):
            if proxy.when_lost is not None:
                await proxy.when_lost()
            return False
        return True

    async def _answers(self) -> None:
        try:
            while data := await self._theirs.read(65536):
                if self._hold:
                    await self._proxy.release.wait()
                    self._hold = False
                if self._swallow.is_set():
                    self._swallowed.set()
                    continue
                self._writer.write(data)
        except ConnectionError:
            pass
        finally:
            self._swallowed.set()
            self._writer.transport.abort()


class Through:
    """``async with Through(url, plan) as proxy``: a proxy in front of the database ``url``."""

    def __init__(self, url: str, plan: Iterable[str] = ()) -> None:
        self._folder = private_folder("proxy")
        self._postgres = Path(url.split("host=", 1)[1])
        self._plan = list(plan)

    async def __aenter__(self) -> CuttingProxy:
        self.proxy = CuttingProxy(self._postgres, self._folder.__enter__())
        await self.proxy.start()
        self.proxy.plan.extend(self._plan)
        return self.proxy

    async def __aexit__(self, *error: object) -> None:
        await self.proxy.stop()
        self._folder.__exit__(None, None, None)
