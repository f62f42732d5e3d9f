"""The servers of a run: started, killed, frozen, started again. Decides nothing; what to do to them is the harness's choice."""

import asyncio
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

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
    """The process that forks servers (``victim.py``). It is looked at, not waited for: no loop need run while it lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = b""
        self._pids: dict[str, int] = {}
        self._listening: set[int] = set()

    def __enter__(self) -> Self:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "clients/python")])
        with (self._folder / "nursery.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.victim"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": paths},
                bufsize=0,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout
        os.set_blocking(self._answers.fileno(), False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._orders.close()
        self._answers.close()

    async def start(self, order: Order) -> int:
        """The pid of a new server, which does not listen yet. Raises: TimeoutError."""
        self._pids.pop(order.name, None)
        self._orders.write(msgspec.json.encode(order) + b"\n")
        await until(lambda: self._forked(order.name), START_SECONDS)
        return self._pids[order.name]

    def _forked(self, name: str) -> bool:
        self._look()
        return name in self._pids

    def listens(self, pid: int) -> bool:
        self._look()
        return pid in self._listening

    def _look(self) -> None:
        while said := self._answers.read(1 << 16):
            self._said += said
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            up = msgspec.json.decode(line, type=Up)
            if up.listens:
                self._listening.add(up.pid)
            else:
                self._pids[up.name] = up.pid


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
        self.pid = await self._nursery.start(msgspec.structs.replace(self._order, point=point))
        self._fd = os.pidfd_open(self.pid)
        self.lives += 1
        await until(lambda: self._nursery.listens(self.pid) or self.is_gone, START_SECONDS)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    @property
    def is_planted(self) -> bool:
        return bool(self._order.planted)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def wake(self) -> None:
        self.send(signal.SIGCONT)

    def planted(self, bugs: str) -> None:
        """What is wrong with it from its next start on."""
        self._order = msgspec.structs.replace(self._order, planted=bugs)

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


def faults_logged(node: Node) -> list[str]:
    """What a server should never log, whatever happens around it."""
    lines = node.log.read_text(errors="replace").splitlines() if node.log.exists() else []
    return [line[:2000] for line in lines if not line.startswith("{") or '"level":"error"' in line or '"level":"critical"' in line]


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
