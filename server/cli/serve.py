"""``yizhan serve``: installs the reactor before anything else of Twisted, runs the server, and ends it cleanly when it is told to."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import YizhanError
from server.cli import frame
from server.system_errors import REACHED, why

if TYPE_CHECKING:
    from server.app import Running
    from server.config import Settings

app = frame.command()
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.", show_default="as set")]
SWITCH_SECONDS = 0.001  # a batch whose commit is done waits so long for a busy loop; with Python's own 5 ms the slowest took twice as long
CANNOT_LISTEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


class CannotListen(YizhanError):
    code = "server.cannot_listen"
    en = "the server cannot listen: {why}"
    zh = "服务器无法监听:{why_zh}"

    def __init__(self, place: str, number: int | None) -> None:
        words = why(number, REACHED) if number in errno.errorcode else ("", "")
        told = [f"{place}: {word}" if place and word else place or word for word in words]
        super().__init__(why=told[0], why_zh=told[1])


@app.command()
def serve(
    ctx: typer.Context,
    config: frame.Config = None,
    host: Annotated[str | None, typer.Option(help="The address that chat and HTTP listen on.", show_default="as set")] = None,
    port: Port = None,
    demo: Annotated[bool, typer.Option("--demo", help="With the demo company, made at the first start; on this machine alone.")] = False,
) -> None:
    """Run the server until Ctrl-C or SIGTERM; a second one ends it at once, which loses nothing that was acknowledged.

    \b
    Examples:
      yizhan serve
      yizhan serve --config /etc/yizhan.toml
      yizhan serve --port 0    on a free port
      yizhan serve --demo      with people and conversations to try things with
    """
    options = {"gateway.host": host, "http.host": host, "gateway.port": port, "demo.company": demo or None}
    _run(frame.settings(ctx, config, options).settings)


def _run(settings: "Settings") -> None:
    from server.garbage import importing

    with importing():
        from server.reactor import install

        loop = install()

        from server import logs
        from server.aio import reactor_running
        from server.bridges import bridged
        from server.clock import SystemClock

        logs.configure(settings.log, SystemClock())

        import server.app  # noqa: F401  all that is left
    sys.setswitchinterval(SWITCH_SECONDS)
    with bridged(loop), reactor_running(loop):
        loop.run_until_complete(_until_told(settings))


async def _until_told(settings: "Settings") -> None:
    from server.clock import SystemClock
    from server.garbage import tended
    from server.logs import Logger
    from server.watchdog import watching

    log = Logger("server")
    loop = asyncio.get_running_loop()
    stopping = Stopping()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.told, number)
    async with _listening(settings) as server:
        with tended(loop, SystemClock()), watching(loop, SystemClock()):
            _greet(settings, server.gateway_port)
            log.info("server.started", gateway_port=server.gateway_port)
            await stopping.event.wait()
            log.info("server.stopping")
    log.info("server.stopped")
    frame.say("stopped")


def _greet(settings: "Settings", port: int) -> None:
    from server.cli.greeting import address, greet

    if settings.demo.company:
        greet(settings, port)
    else:
        frame.say(f"chat {address(settings, port)}")


class Stopping:
    """The first signal ends the server in order, the second at once."""

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self.event = asyncio.Event()
        self._leave = leave

    def told(self, number: int) -> None:
        if self.event.is_set():
            self._leave(128 + number)
        self.event.set()


@contextlib.asynccontextmanager
async def _listening(settings: "Settings") -> "AsyncIterator[Running]":
    from twisted.internet.error import CannotListenError

    from server.app import running

    async with contextlib.AsyncExitStack() as parts:
        try:
            server = await parts.enter_async_context(running(settings))
        except CannotListenError as error:
            raise CannotListen(f"{error.interface}:{error.port}", getattr(error.socketError, "errno", None)) from error
        except OSError as error:
            if error.errno not in CANNOT_LISTEN:
                raise
            raise CannotListen("", error.errno) from error
        yield server
