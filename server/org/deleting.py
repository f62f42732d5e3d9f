"""Deleting many empty units at once: checked whole, then done in pieces, and told to clients once, at its end (SPEC B1, LOG C3).

Whoever begins it has the company's tree for it; units go from the deepest up, so what is left is a tree at any moment. Who dies leaves
it to whoever finds its lease over. What may be deleted was decided before.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from protocol.ids import to_wire
from server.audit.service import Actor, record
from storage import company_log, jobs, units
from storage.companies import Company
from storage.engine import Storage
from storage.jobs import Job
from storage.work import Work

DELETE = "unit.delete"
ROWS = 300  # of the 500 that an act may write
UNITS_TOGETHER = 100
MEMBERS_TOGETHER = 100  # each has up to three units in his scope
HELD_MS = 30_000
SYSTEM = Actor("system", "yizhan")


class _Overtaken(Exception):
    """Another process goes on with it: the piece is undone."""


async def fits(work: Work, company: int, gone: Sequence[int], scopes: Mapping[int, set[int]]) -> bool:
    """Whether one act may write all of it."""
    return len(gone) + sum(map(len, scopes.values())) + await units.namings(work, company, gone) <= ROWS


async def begin(work: Work, actor: Actor, found: Company, gone: Sequence[int], scopes: Mapping[int, set[int]]) -> tuple[Job, int]:
    """``gone``: each unit before those below it. ``scopes``: of those in whose information scope one of them is. Gives the fence, too."""
    details = {"units": [*reversed(gone)], "members": sorted(scopes)}
    by = (actor.kind, actor.id, actor.name)
    job = await jobs.start(work, found.id, DELETE, details, by=by, exclusive=True, total=len(gone) + len(scopes))
    fence = await jobs.take(work, job, until=work.now + HELD_MS)
    assert fence is not None, "nobody knows of it yet"
    return job, fence


async def finish(storage: Storage, job: Job, fence: int) -> None:
    """To its end, by whomever."""
    try:
        while await storage.transact(partial(_piece, job=job, fence=fence)):
            pass
    except _Overtaken:
        return


async def finish_begun(storage: Storage) -> int:
    """End what another process began and left; to be called now and then. Gives how many."""
    left = [job for job in await storage.read(jobs.running) if job.kind == DELETE]
    taken = 0
    for job in left:
        fence = await storage.transact(partial(_take, job=job))
        if fence is not None:
            taken += 1
            await finish(storage, job, fence)
    return taken


async def _take(work: Work, job: Job) -> int | None:
    return await jobs.take(work, job, until=work.now + HELD_MS)


async def _piece(work: Work, job: Job, fence: int) -> bool:
    """The next ones: first whoever's scope names them, then the units. False where the work is done. Raises: _Overtaken."""
    there = await jobs.find(work, job.company, job.id)
    if there is None or there.ended_at is not None:
        return False
    members, gone, done = there.details["members"], there.details["units"], there.done
    if done == there.total:
        await _end(work, there, gone)
        return False
    if done < len(members):
        some = members[done : done + MEMBERS_TOGETHER]
        await units.narrow(work, job.company, some, gone)
    else:
        some = await _as_many_as_fit(work, job.company, gone[done - len(members) :][:UNITS_TOGETHER])
        await units.delete(work, job.company, some)
    if not await jobs.advance(work, there, fence, done + len(some), until=work.now + HELD_MS):
        raise _Overtaken
    return True


async def _as_many_as_fit(work: Work, company: int, some: Sequence[int]) -> Sequence[int]:
    """Roles and rules may name one unit a hundred times."""
    while len(some) > 1 and len(some) + await units.namings(work, company, some) > ROWS:
        some = some[: len(some) // 2]
    return some


async def _end(work: Work, job: Job, gone: Sequence[int]) -> None:
    await jobs.end(work, job, details={"units": len(gone)})
    await company_log.tell(work, job.company, subjects=["reload", "roles", "unit_rules"])
    await record(work, job.company, SYSTEM, "unit.deleted", {"unit": to_wire(gone[-1]), "units": len(gone)})
