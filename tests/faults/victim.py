"""Servers to be killed: this process has imported everything and forks one for each order, so that a restart costs milliseconds.

Orders come as JSON lines; ``{"name": …, "pid": …}`` is answered when a server listens. It dies with its parent. Decides nothing: what
is wrong with a server (a point at which it dies, a planted bug) is in its order.
"""

import asyncio
import ctypes
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import msgspec

from server.config.model import Log, Settings

DIES_WITH_PARENT = 1
IMPORTED = [
    *("uvloop", "alembic.command", "asyncpg", "server.app", "server.bridges", "server.cli.serve", "server.garbage"),
    *("storage.postgres", "storage.sqlite", "tests.faults.planted", "tests.faults.points"),
]
TOKEN_SECONDS = 0.7  # far more tokens than ten seconds would give: each is a claim that the checker judges


class Order(msgspec.Struct, frozen=True):
    """Serve ``database`` on ``port``; ``point`` as ``points.arm`` takes it; ``planted``: names of ``planted.BUGS``, with commas."""

    name: str
    database: str
    port: int
    folder: str
    point: str = ""
    planted: str = ""


class Up(msgspec.Struct, frozen=True):
    """Said twice of each server: when it was forked, and when it listens."""

    name: str
    pid: int
    listens: bool = False


def main() -> None:
    _warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a server's end has its pidfd
    for line in iter(sys.stdin.buffer.readline, b""):
        order = msgspec.json.decode(line, type=Order)
        parent = os.getpid()
        if pid := os.fork():
            _say(Up(order.name, pid))
        else:
            _serve(order, parent)


def _warm() -> None:
    """All that a server imports. Not the reactor: it belongs to one process."""
    for name in IMPORTED:
        importlib.import_module(name)


def _serve(order: Order, parent: int) -> NoReturn:
    try:
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(Path(order.folder, f"{order.name}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        _run(order)
    except BaseException as error:
        os.write(2, f"the server fell: {error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def _run(order: Order) -> None:
    from server.reactor import install

    loop = install()

    from server import logs
    from server.aio import reactor_running
    from server.bridges import bridged
    from server.clock import SystemClock
    from server.gateway import gateway
    from tests.faults import planted, points
    from tests.support.house import settings

    logs.configure(Log(format="json", level="warning"), SystemClock())
    gateway.TOKEN_SECONDS = TOKEN_SECONDS
    for name in filter(None, order.planted.split(",")):
        planted.BUGS[name]()
    if order.point:
        points.arm(order.point)
    chosen = settings(order.database, Path(order.folder))
    chosen = msgspec.structs.replace(chosen, gateway=msgspec.structs.replace(chosen.gateway, port=order.port))
    with bridged(loop), reactor_running(loop):
        loop.run_until_complete(_until_told(chosen, order.name))


async def _until_told(settings: Settings, name: str) -> None:
    from server.app import running
    from server.cli.serve import Stopping
    from server.clock import SystemClock
    from server.garbage import tended

    loop = asyncio.get_running_loop()
    stopping = Stopping()
    loop.add_signal_handler(signal.SIGTERM, stopping.told, signal.SIGTERM)
    async with running(settings):
        with tended(loop, SystemClock()):
            _say(Up(name, os.getpid(), listens=True))
            await stopping.event.wait()


def _say(what: Up) -> None:
    os.write(1, msgspec.json.encode(what) + b"\n")


if __name__ == "__main__":
    main()
