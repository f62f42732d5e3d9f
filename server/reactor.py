"""Installs the asyncio reactor over a uvloop loop, before anything else imports ``twisted.internet.reactor``.

Called first by ``serve`` and by tests/conftest.py, and by nobody else: the other commands import no Twisted (STYLE 9).
How long the loop turns is the caller's business (``server.aio.reactor_running``).
"""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor

MOST_READ = 64 << 10


def install() -> asyncio.AbstractEventLoop:
    """The loop that reactor and asyncio share, set as the current one.

    Raises: ReactorAlreadyInstalledError, where something imported Twisted's reactor earlier.
    """
    import uvloop
    from twisted.internet.main import installReactor

    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    installReactor(_reactor(loop))
    return loop


def _reactor(loop: asyncio.AbstractEventLoop) -> "AsyncioSelectorReactor":
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor
    from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
    from twisted.internet.tcp import Server

    space = memoryview(bytearray(MOST_READ))  # one for all: a read is copied out of it before the next one

    class Reactor(AsyncioSelectorReactor):
        """Reads of accepted connections go straight to them.

        Twisted surrounds every read with a context that says whose log prefix it is, which no line of ours shows: 3 µs each, as much as a
        message's decoding; and it asks for 64 KiB of memory each time, to give back all but the few hundred bytes that came.
        """

        def addReader(self, reader: object) -> None:
            super().addReader(reader)  # type: ignore[no-untyped-call]
            if isinstance(reader, Server):
                loop.add_reader(reader.fileno(), self._read, reader)

        def _read(self, server: Server) -> None:
            """As ``Connection.doRead`` and ``_readOrWrite`` of Twisted together."""
            why: object = None
            try:
                size = server.socket.recv_into(space)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                size, why = 0, CONNECTION_LOST
            if size:
                try:
                    server.protocol.dataReceived(bytes(space[:size]))
                except Exception as error:
                    self._log.failure("a connection could not be read")
                    why = error
            elif why is None:
                why = CONNECTION_DONE
            if why is not None:
                self._disconnectSelectable(server, why, True)  # type: ignore[no-untyped-call]

    return Reactor(loop)
