"""Installs the asyncio reactor over a uvloop loop, before anything else imports ``twisted.internet.reactor``.

Called first by ``serve`` and by tests/conftest.py, and by nobody else: the other commands import no Twisted (STYLE 9).
How long the loop turns is the caller's business (``server.aio.reactor_running``).
"""

import asyncio


def install() -> asyncio.AbstractEventLoop:
    """The loop that reactor and asyncio share, set as the current one.

    Raises: ReactorAlreadyInstalledError, where something imported Twisted's reactor earlier.
    """
    import uvloop
    from twisted.internet import asyncioreactor

    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    return loop
