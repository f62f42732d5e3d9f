"""The workbooks of imports that failed: kept beside the company's long work, and given out again for 30 days (SPEC B7)."""

from typing import Any

import msgspec

from protocol.ids import from_wire, to_wire
from server.audit.service import Actor
from server.clock import Clock
from server.rosters.errors import WorkbookNotFound
from storage import rosters
from storage.engine import Storage
from storage.rosters import Import
from storage.work import Read, Work

HELD_MS = 30_000


class Kept(msgspec.Struct, frozen=True):
    """A failed import whose workbook can be fetched until ``until``."""

    id: str
    name: str
    who: str
    at: int
    until: int
    errors: int


class FailedWorkbooks:
    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def keep(self, job: Import, file: bytes) -> None:
        """The workbook of ``job``, which failed; listed when all of it is there."""
        size = rosters.PART_BYTES
        parts = [file[start : start + size] for start in range(0, len(file), size)]
        for nth, part in enumerate(parts):

            async def put(work: Work, nth: int = nth, part: bytes = part) -> None:
                await rosters.put_behind(work, job.company, job.id, rosters.WORKBOOK, nth, [part])

            await self._storage.unit(put)

        async def end(work: Work) -> None:
            ended = msgspec.structs.replace(job, total=len(parts), state="failed", ended_at=work.now)
            await rosters.insert(work, ended, exclusive=False)

        await self._storage.unit(end)

    async def every(self, read: Read, company: int, by: int | None, limit: int) -> list[Kept]:
        """Those of the last 30 days, the newest first. ``by``: of this member alone; None is everybody."""
        found = await rosters.failed(read, company, self._clock.now(), limit)
        return [_kept(one) for one in found if by in (None, one.actor)]

    async def one(self, read: Read, company: int, by: int | None, id: str) -> bytes:
        """Raises: WorkbookNotFound, also of another's where ``by`` is asked for."""
        try:
            one = await rosters.find(read, company, from_wire(id))
        except ValueError:
            raise WorkbookNotFound from None
        if one is None or one.state != "failed" or by not in (None, one.actor):
            raise WorkbookNotFound
        if (one.ended_at or 0) <= self._clock.now() - rosters.KEPT_MS:
            raise WorkbookNotFound
        parts = [await rosters.behind(read, company, one.id, rosters.WORKBOOK, nth) for nth in range(one.total)]
        return b"".join(part for part in parts if part is not None)


def new_import(actor: Actor, company: int, id: int, details: dict[str, Any], now: int, *, total: int) -> Import:
    return Import(
        company=company,
        id=id,
        state="running",
        actor_kind=actor.kind,
        actor=actor.id,
        actor_name=actor.name,
        details=details,
        done=0,
        total=total,
        started_at=now,
        ended_at=None,
        fence=0,
        held_until=now + HELD_MS,
    )


def _kept(one: Import) -> Kept:
    at = one.ended_at or 0
    return Kept(to_wire(one.id), one.details["file"], one.actor_name, at, at + rosters.KEPT_MS, one.details["errors"])
