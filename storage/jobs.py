"""Long work that was begun and is to be ended whoever dies meanwhile (LOG C3): what is to be done, and how far it is.

Two ways to be safe. Work whose pieces do what is left needs no lease: twice does no harm. Work with a cursor is held by one at a time:
each piece names the fence that it was begun with, and one that was overtaken changes nothing.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from storage.draw import draw_id
from storage.schema.jobs import company_jobs
from storage.statements import column, insert_into, statement, update_of
from storage.work import Read, Work

_j = company_jobs.c
By = tuple[str, int | None, str]
"""The kind of actor, his id if he has one, and his name."""


class Job(msgspec.Struct, frozen=True):
    """``details``: what is to be done, never a password or a message; at the end what came of it. ``done``: the cursor."""

    company: int
    id: int
    kind: str
    details: dict[str, Any]
    state: str = "running"
    is_exclusive: bool = False
    actor_name: str = ""
    done: int = 0
    total: int = 0
    started_at: int = 0
    ended_at: int | None = None


_FIELDS = ("company", "id", "kind", "details", "state", "is_exclusive", "actor_name", "done", "total", "started_at", "ended_at")
_JOB = sa.select(*(_j[name] for name in _FIELDS))
INSERT = insert_into(
    company_jobs,
    *("company", "id", "kind", "is_exclusive", "actor_kind", "actor", "actor_name", "details", "total", "started_at"),
)
FIND = statement(_JOB.where(_j.company == column("company"), _j.id == column("id")))
RUNNING = statement(_JOB.where(_j.ended_at.is_(None)).order_by(_j.started_at, _j.id))
EXCLUSIVE = statement(_JOB.where(_j.company == column("company"), _j.ended_at.is_(None), _j.is_exclusive).order_by(_j.started_at))
END = update_of(company_jobs, "state", "details", "ended_at", where=["company", "id"])
_KEY = (_j.company == column("company"), _j.id == column("id"), _j.ended_at.is_(None))
TAKE = statement(
    sa.update(company_jobs)
    .values(fence=_j.fence + sa.literal_column("1"), held_until=column("until"))
    .where(*_KEY, sa.or_(_j.held_until.is_(None), _j.held_until < column("now")))
    .returning(_j.fence)
)
ADVANCE = statement(
    sa.update(company_jobs)
    .values(done=column("set_done"), held_until=column("until"))
    .where(*_KEY, _j.fence == column("fence"), _j.done < column("set_done"))
)


async def start(work: Work, company: int, kind: str, details: dict[str, Any], *, by: By, exclusive: bool = False, total: int = 0) -> Job:
    """``exclusive``: the company's tree is this work's alone until its end; who starts it looks for another one first."""
    job = Job(company, draw_id(), kind, details, is_exclusive=exclusive, actor_name=by[2], total=total, started_at=work.now)
    actor_kind, actor, actor_name = by
    await work.run(
        INSERT,
        company=company,
        id=job.id,
        kind=kind,
        is_exclusive=exclusive,
        actor_kind=actor_kind,
        actor=actor,
        actor_name=actor_name,
        details=msgspec.msgpack.encode(details),
        total=total,
        started_at=work.now,
    )
    return job


async def end(work: Work, job: Job, *, state: str = "done", details: dict[str, Any] | None = None) -> None:
    """``state``: done or failed. ``details``: what came of it, instead of what was to be done."""
    kept = msgspec.msgpack.encode(job.details if details is None else details)
    await work.run(END, company=job.company, id=job.id, set_state=state, set_details=kept, set_ended_at=work.now)


async def find(read: Read, company: int, id: int) -> Job | None:
    row = await read.one(FIND, company=company, id=id)
    return None if row is None else _job(row)


async def running(read: Read) -> list[Job]:
    """The oldest first, of all companies."""
    return [_job(row) for row in await read.all(RUNNING)]


async def exclusive(read: Read, company: int) -> Job | None:
    """The work that has the company's tree for itself."""
    row = await read.one(EXCLUSIVE, company=company)
    return None if row is None else _job(row)


async def take(work: Work, job: Job, *, until: int) -> int | None:
    """Hold it up to that instant, where nobody does; gives the fence that each piece then names, or None."""
    fence: int | None = await work.value(TAKE, company=job.company, id=job.id, now=work.now, until=until)
    return fence


async def advance(work: Work, job: Job, fence: int, done: int, *, until: int) -> bool:
    """The cursor goes forward, in the transaction of the piece; False where somebody else holds it now, or is further: undo the piece."""
    return bool(await work.run(ADVANCE, company=job.company, id=job.id, fence=fence, set_done=done, until=until))


def _job(row: Any) -> Job:
    company, id, kind, details, state, is_exclusive, *rest = row
    return Job(company, id, kind, msgspec.msgpack.decode(details), state, bool(is_exclusive), *rest)
