"""Looks into the database: reachable, its schema, its newest time, the demo company, and how PostgreSQL keeps what it is given."""

import os
from collections.abc import AsyncIterator

import sqlalchemy as sa

from protocol.errors import YizhanError
from server.checks import machine, rules
from server.checks.finding import Finding, error, warning
from server.config.model import Settings
from server.demo.content import COMPANY
from storage import companies
from storage.engine import connect, postgres_dsn, sqlite_path
from storage.revision import known, newest, revision_of
from storage.schema.log import feed
from storage.statements import statement
from storage.work import Read

CONNECT_SECONDS = 5.0
NEWEST = statement(sa.select(feed.c.at).order_by(feed.c.position.desc()).limit(1))
SETTINGS = (
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names')"
)
STANDBYS = "SELECT coalesce(nullif(application_name, ''), pid::text), sync_state FROM pg_stat_replication"


async def database(settings: Settings, now: int) -> AsyncIterator[Finding]:
    """All that the database tells; one finding where it tells nothing."""
    url = settings.database.url
    if url.startswith("sqlite"):
        path = sqlite_path(url)
        if path.exists() and path.stat().st_uid != os.geteuid():
            owner = machine.user_name(path.stat().st_uid)
            yield warning(
                "database", f"{path} belongs to {owner}, so it was not looked into", f"run it as {owner}: sudo -u {owner} yizhan check"
            )
            return
    try:
        found = await revision_of(url)
    except Exception as failed:  # whatever the driver raises: it is told, with what to do
        yield error("database", f"it cannot be reached: {_first_line(failed)}", "see that it runs, and that database.url is right")
        return
    place = str(sqlite_path(url)) if url.startswith("sqlite") else "that address"
    yield rules.revision(found, newest(), known(), place)
    if found == newest():
        async for one in _contents(settings, now):
            yield one
    if not url.startswith("sqlite"):
        async for one in _postgres(url):
            yield one


async def _contents(settings: Settings, now: int) -> AsyncIterator[Finding]:
    async def look(read: Read) -> tuple[int, bool]:
        company = await companies.find(read, COMPANY)
        return await read.value(NEWEST) or 0, company is not None and company.demo

    try:
        storage = await connect(settings.database.url, now=lambda: now)
        try:
            newest, demo = await storage.read(look)
        finally:
            await storage.close()
    except YizhanError as failed:
        yield error("database", f"it cannot be read: {failed}", "see that it runs and that its disk is not full")
        return
    yield rules.clock(now, newest)
    yield rules.demo(demo, machine.reachable(settings))


async def _postgres(url: str) -> AsyncIterator[Finding]:
    import asyncpg

    connection = await asyncpg.connect(postgres_dsn(url), timeout=CONNECT_SECONDS)
    try:
        found = {row[0]: row[1] for row in await connection.fetch(SETTINGS)}
        standbys = [rules.Standby(row[0], row[1]) for row in await connection.fetch(STANDBYS)]
    finally:
        await connection.close()
    names = found.pop("synchronous_standby_names")
    for one in rules.durability(found):
        yield one
    yield rules.standbys(names, standbys)


def _first_line(failed: Exception) -> str:
    cause: BaseException = failed
    while (deeper := getattr(cause, "orig", None) or cause.__cause__) is not None:
        cause = deeper
    return (str(cause) or type(cause).__name__).splitlines()[0]
