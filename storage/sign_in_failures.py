"""Wrong passwords, counted by what was typed and by address; never by who it is, so a count tells nothing (DESIGN 13).

A subject is a hash of 32 bytes. When a count locks is ``server.accounts.throttle``; ``held`` makes counting safe between nodes, for it
locks the row to the end of the unit.
"""

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import sign_in_failures
from storage.statements import Statement, column, statement, update_of
from storage.work import Read, Work

_f = sign_in_failures.c


class Failures(msgspec.Struct, frozen=True):
    """``locks``: how often in a row it was locked; ``locked_until`` 0: never."""

    failures: int = 0
    window_from: int = 0
    locks: int = 0
    locked_until: int = 0


NONE = Failures()
_COLUMNS = "failures, window_from, locks, locked_until"
_HELD = f"""INSERT INTO sign_in_failures (subject, failures, window_from, locks, locked_until) VALUES ({{}}, 0, 0, 0, 0)
ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failures.failures RETURNING {_COLUMNS}"""
HELD = Statement(sqlite=_HELD.format(":subject"), postgres=_HELD.format("$1"), order=["subject"])
FIND = statement(
    sa.select(_f.subject, _f.failures, _f.window_from, _f.locks, _f.locked_until).where(
        sa.or_(_f.subject == column("name"), _f.subject == column("address"))
    )
)
SAVE = update_of(sign_in_failures, "failures", "window_from", "locks", "locked_until", where=["subject"])
CLEAR = statement(sa.delete(sign_in_failures).where(_f.subject == column("subject")))
FORGET = statement(sa.delete(sign_in_failures).where(_f.window_from < column("before"), _f.locked_until < column("before")))


async def find(read: Read, name: bytes, address: bytes) -> tuple[Failures, Failures]:
    """The counts of a name and of an address, as they are."""
    rows = {bytes(row[0]): Failures(*tuple(row)[1:]) for row in await read.all(FIND, name=name, address=address)}
    return rows.get(name, NONE), rows.get(address, NONE)


async def held(work: Work, subject: bytes) -> Failures:
    """The count of ``subject``, held until the unit ends: who counts at the same moment waits. Hold names before addresses."""
    (row,) = await work.all(HELD, subject=subject)
    return Failures(*row)


async def save(work: Work, subject: bytes, count: Failures) -> None:
    await work.run(
        SAVE,
        subject=subject,
        set_failures=count.failures,
        set_window_from=count.window_from,
        set_locks=count.locks,
        set_locked_until=count.locked_until,
    )


async def clear(work: Work, subject: bytes) -> None:
    await work.run(CLEAR, subject=subject)


async def forget(work: Work, before: int) -> int:
    """Drop counts whose window began, and whose lock ended, before ``before``; gives how many."""
    return await work.run(FORGET, before=before)
