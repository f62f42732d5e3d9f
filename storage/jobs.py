"""Long work that was begun and is to be ended whoever dies meanwhile (LOG C3): what is to be done, and how far it is."""

from typing import Any

import msgspec
import sqlalchemy as sa

from storage.draw import draw_id
from storage.schema.jobs import company_jobs
from storage.statements import insert_into, statement, update_of
from storage.work import Read, Work

_j = company_jobs.c


class Job(msgspec.Struct, frozen=True):
    """``details``: what is to be done; never a password or a message."""

    company: int
    id: int
    kind: str
    details: dict[str, Any]


INSERT = insert_into(company_jobs, "company", "id", "kind", "actor_kind", "actor", "actor_name", "details", "started_at")
END = update_of(company_jobs, "state", "ended_at", where=["company", "id"])
RUNNING = statement(sa.select(_j.company, _j.id, _j.kind, _j.details).where(_j.ended_at.is_(None)).order_by(_j.started_at, _j.id))


async def start(work: Work, company: int, kind: str, details: dict[str, Any], *, by: tuple[str, int | None, str]) -> Job:
    """``by``: the kind of actor, his id if he has one, and his name."""
    job = Job(company, draw_id(), kind, details)
    actor_kind, actor, actor_name = by
    await work.run(
        INSERT,
        company=company,
        id=job.id,
        kind=kind,
        actor_kind=actor_kind,
        actor=actor,
        actor_name=actor_name,
        details=msgspec.msgpack.encode(details),
        started_at=work.now,
    )
    return job


async def end(work: Work, job: Job) -> None:
    await work.run(END, company=job.company, id=job.id, set_state="done", set_ended_at=work.now)


async def running(read: Read) -> list[Job]:
    """The oldest first, of all companies."""
    return [Job(row[0], row[1], row[2], msgspec.msgpack.decode(row[3])) for row in await read.all(RUNNING)]
