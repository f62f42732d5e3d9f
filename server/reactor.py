"""Installs the asyncio reactor over a uvloop loop, before anything else imports ``twisted.internet.reactor``.

Called first by ``serve`` and by tests/conftest.py, and by nobody else: the other commands import no Twisted (STYLE 9).
How long the loop turns is the caller's business (``server.aio.reactor_running``).
"""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor


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
    from twisted.internet.tcp import Server

    class Reactor(AsyncioSelectorReactor):
        """Reads of accepted connections go straight to them.

        Twisted surrounds every read with a context that says whose log prefix it is, which no line of ours shows: 3 µs each, as much as a
        message's decoding. Errors are caught and logged beneath that, in ``_readOrWrite``, and so they stay.
        """

        def addReader(self, reader: object) -> None:
            super().addReader(reader)  # type: ignore[no-untyped-call]
            if isinstance(reader, Server):
                loop.add_reader(reader.fileno(), self._readOrWrite, reader, True)

    return Reactor(loop)
