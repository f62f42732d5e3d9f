"""All checks, one after the other."""

from collections.abc import AsyncIterator

from server.checks import machine, rules
from server.checks.database import database
from server.checks.finding import Finding
from server.config.model import Settings


async def checks(settings: Settings, *, now: int, served: bool) -> AsyncIterator[Finding]:
    """``now`` in milliseconds UTC; ``served``: a server of ours runs on this database."""
    yield machine.folder(settings)
    yield machine.disk(settings)
    for look in (machine.sqlite, machine.wal):
        for found in look(settings):
            yield found
    clock_was_judged = False
    async for found in database(settings, now):
        clock_was_judged = clock_was_judged or found.check == "clock"
        yield found
    if not clock_was_judged:
        yield rules.clock(now, 0)
    for found in machine.ports(settings, served=served):
        yield found
    yield machine.public_url(settings)
    for found in machine.certificate(settings, now):
        yield found
    yield machine.files(settings)
