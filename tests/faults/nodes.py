"""The servers of a run: started, killed, frozen, started again. Decides nothing; what to do to them is the harness's choice."""

import asyncio
import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from tests.faults.victim import Order, Up

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
FALL_SECONDS = 10


async def until(holds: Callable[[], bool], within: float) -> None:
    """Other processes tell nobody: they are looked at. Raises: TimeoutError."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class Nursery:
    """The process that forks servers (``victim.py``)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._forked: dict[str, asyncio.Future[int]] = {}
        self._listening: dict[str, asyncio.Event] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path) -> "AsyncIterator[Nursery]":
        paths = os.pathsep.join([str(ROOT), str(ROOT / "clients/python")])
        with (folder / "nursery.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.victim"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": paths},
            )
        nursery = cls(process)
        try:
            yield nursery
        finally:
            nursery._reader.cancel()
            process.kill()
            await process.wait()
            await asyncio.gather(nursery._reader, return_exceptions=True)

    async def start(self, order: Order) -> tuple[int, asyncio.Event]:
        """The pid of a new server, and what is set when it listens."""
        assert self._process.stdin is not None
        forked = self._forked[order.name] = asyncio.get_running_loop().create_future()
        listens = self._listening[order.name] = asyncio.Event()
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        return await asyncio.wait_for(forked, START_SECONDS), listens

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            up = msgspec.json.decode(line, type=Up)
            if up.listens:
                self._listening[up.name].set()
            else:
                self._forked[up.name].set_result(up.pid)


class Node:
    """One gateway over all its lives; its port stays the same."""

    def __init__(self, nursery: Nursery, name: str, database: str, folder: Path, planted: str = "") -> None:
        self._nursery = nursery
        self._order = Order(name, database, _free_port(), str(folder), planted=planted)
        self.name = name
        self.pid = 0
        self.lives = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._order.port}/ws"

    @property
    def log(self) -> Path:
        return Path(self._order.folder, f"{self.name}.log")

    async def start(self, point: str = "") -> None:
        """Returns when it listens, or has fallen already. Raises: TimeoutError where it does neither."""
        self.pid, listens = await self._nursery.start(msgspec.structs.replace(self._order, point=point))
        self._fd = os.pidfd_open(self.pid)
        self.lives += 1
        await until(lambda: listens.is_set() or self.is_gone, START_SECONDS)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    @property
    def is_gone(self) -> bool:
        return bool(select.select([self._fd], [], [], 0)[0])

    @property
    def is_frozen(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].startswith("T")
        except (FileNotFoundError, ProcessLookupError):
            return False

    async def gone(self, within: float = FALL_SECONDS) -> None:
        """Raises: TimeoutError."""
        await until(lambda: self.is_gone, within)
        os.close(self._fd)

    async def kill(self) -> None:
        """Also where it has died by itself."""
        self.send(signal.SIGKILL)
        await self.gone()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
