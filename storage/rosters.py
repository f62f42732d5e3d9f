"""Imports of rosters: what is staged of them, how far they are, who does them, and the workbooks of those that failed (LOG C3, SPEC B7).

All of it lies in ``company_jobs``, so it is one backup and every node finds it: an import's row, and behind it, under the numbers that
follow its id, rows with its pieces or with the parts of its workbook. Which import may begin, and what a piece does, is the server's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage import people
from storage.fields import INSERT_VALUE
from storage.people import CHANGEABLE, Record
from storage.schema.accounts import member_fields
from storage.schema.jobs import company_jobs
from storage.schema.log import feed
from storage.statements import column, insert_into, statement, update_of
from storage.units import SET_HEAD, SET_SORT
from storage.work import Read, Work

_j, _f = company_jobs.c, feed.c
IMPORT, PIECE, WORKBOOK = "import", "import.piece", "import.workbook"
DAY_MS = 24 * 3600 * 1000
KEPT_MS = 30 * DAY_MS  # a failed workbook (SPEC B7)
PART_BYTES = 512 * 1024


class Import(msgspec.Struct, frozen=True):
    """``details``: what is to be done, and what came of it; never a password or a name. ``done`` of ``total`` pieces."""

    company: int
    id: int
    state: str
    actor_kind: str
    actor: int | None
    actor_name: str
    details: dict[str, Any]
    done: int
    total: int
    started_at: int
    ended_at: int | None
    fence: int
    held_until: int | None


_IMPORT = [_j[name] for name in Import.__struct_fields__]
_MINE = sa.and_(_j.company == column("company"), _j.kind == IMPORT)
INSERT = insert_into(
    company_jobs,
    *("company", "id", "kind", "state", "is_exclusive", "actor_kind", "actor", "actor_name", "details", "total", "started_at", "ended_at"),
    *("fence", "held_until"),
)
FIND = statement(sa.select(*_IMPORT).where(_MINE, _j.id == column("id")))
FAILED = statement(
    sa.select(*_IMPORT)
    .where(_MINE, _j.state == "failed", _j.ended_at > column("after"))
    .order_by(_j.ended_at.desc(), _j.id)
    .limit(column("limit"))
)
RUNNING = statement(sa.select(*_IMPORT).where(_j.kind == IMPORT, _j.ended_at.is_(None)).order_by(_j.started_at, _j.id))
EXCLUSIVE = statement(
    sa.select(_j.actor_name, _j.started_at).where(_j.company == column("company"), _j.ended_at.is_(None), _j.is_exclusive)
)
DETAILS = statement(sa.select(_j.details).where(_j.company == column("company"), _j.id == column("id"), _j.kind == column("kind")))
ADVANCE = update_of(company_jobs, "done", "held_until", where=["company", "id"])
TAKE = update_of(company_jobs, "fence", "held_until", where=["company", "id"])
END = update_of(company_jobs, "state", "details", "ended_at", where=["company", "id"])
_BEHIND = sa.and_(_j.company == column("company"), _j.id > column("id"), _j.id <= column("last"), _j.kind == column("kind"))
DROP_BEHIND = statement(sa.delete(company_jobs).where(_BEHIND))
_running = company_jobs.alias("running")
DROP_OLD_PIECES = statement(
    sa.delete(company_jobs).where(
        _j.kind == PIECE,
        _j.started_at < column("before"),
        ~sa.exists().where(_running.c.company == _j.company, _running.c.kind == IMPORT, _running.c.ended_at.is_(None)),
    )
)
DROP_OLD = statement(sa.delete(company_jobs).where(sa.or_(_j.kind == IMPORT, _j.kind == WORKBOOK), _j.ended_at < column("before")))
_v = member_fields.c
DROP_VALUE = statement(
    sa.delete(member_fields).where(_v.company == column("company"), _v.member == column("member"), _v.field == column("field"))
)
HEAD = statement(sa.select(sa.func.max(_f.position)))


def _import(row: Any) -> Import:
    fields = dict(zip(Import.__struct_fields__, row, strict=True))
    return Import(**{**fields, "details": msgspec.msgpack.decode(fields["details"])})


async def head(read: Read) -> int:
    """The newest position."""
    position: int = await read.value(HEAD)
    return position


async def find(read: Read, company: int, id: int) -> Import | None:
    row = await read.one(FIND, company=company, id=id)
    return None if row is None else _import(row)


async def exclusive(read: Read, company: int) -> tuple[str, int] | None:
    """Who has the company's tree for himself, and since when."""
    row = await read.one(EXCLUSIVE, company=company)
    return None if row is None else (row[0], row[1])


async def running(read: Read) -> list[Import]:
    """Of all companies, the oldest first."""
    return [_import(row) for row in await read.all(RUNNING)]


async def insert(work: Work, made: Import, *, exclusive: bool) -> None:
    fields = {name: getattr(made, name) for name in Import.__struct_fields__ if name != "done"}
    await work.run(INSERT, **{**fields, "kind": IMPORT, "is_exclusive": exclusive, "details": msgspec.msgpack.encode(made.details)})


async def put_behind(work: Work, company: int, id: int, kind: str, first: int, parts: Sequence[bytes]) -> None:
    """Pieces, or parts of a workbook, from the ``first`` (from 0) on; before the import itself has a row."""
    rows = [
        {
            **{"company": company, "id": id + 1 + first + nth, "kind": kind, "state": "done", "is_exclusive": False},
            **{"actor_kind": "", "actor": None, "actor_name": "", "details": part, "total": 0},
            **{"started_at": work.now, "ended_at": work.now, "fence": 0, "held_until": None},
        }
        for nth, part in enumerate(parts)
    ]
    await work.many(INSERT, rows)


async def behind(read: Read, company: int, id: int, kind: str, nth: int) -> bytes | None:
    found: bytes | None = await read.value(DETAILS, company=company, id=id + 1 + nth, kind=kind)
    return found


async def drop_behind(work: Work, company: int, id: int, kind: str, total: int) -> None:
    await work.run(DROP_BEHIND, company=company, id=id, last=id + total, kind=kind)


async def advance(work: Work, one: Import, held_until: int) -> None:
    """One more piece is done, by its holder."""
    await work.run(ADVANCE, company=one.company, id=one.id, set_done=one.done + 1, set_held_until=held_until)


async def take(work: Work, one: Import, held_until: int) -> None:
    """Another goes on with it: who held it finds that out by the fence."""
    await work.run(TAKE, company=one.company, id=one.id, set_fence=one.fence + 1, set_held_until=held_until)


async def end(work: Work, one: Import, details: Mapping[str, Any]) -> None:
    encoded = msgspec.msgpack.encode(details)
    await work.run(END, company=one.company, id=one.id, set_state="done", set_details=encoded, set_ended_at=work.now)


async def failed(read: Read, company: int, now: int, limit: int) -> list[Import]:
    """Those whose workbook is still kept, the newest first."""
    return [_import(row) for row in await read.all(FAILED, company=company, after=now - KEPT_MS, limit=limit)]


async def sweep(work: Work) -> None:
    """What was kept long enough goes, and pieces whose import never began."""
    await work.run(DROP_OLD_PIECES, before=work.now - DAY_MS)
    await work.run(DROP_OLD, before=work.now - KEPT_MS)


# ---- many members at once


async def save_records(work: Work, records: Sequence[Record]) -> None:
    """As ``people.save``, in one statement."""
    await work.many(people.SAVE, [{"id": one.id, **{f"set_{name}": getattr(one, name) for name in CHANGEABLE}} for one in records])


async def set_sorts(work: Work, company: int, sorts: Sequence[tuple[int, int, int]]) -> None:
    """Order numbers: (member, unit, number)."""
    await work.many(SET_SORT, [{"company": company, "member": member, "unit": unit, "set_sort": sort} for member, unit, sort in sorts])


async def set_heads(work: Work, company: int, heads: Sequence[tuple[int, int, str]]) -> None:
    """What members head: (member, unit, first or other)."""
    await work.many(SET_HEAD, [{"company": company, "member": member, "unit": unit, "set_head": head} for member, unit, head in heads])


async def set_values(work: Work, company: int, values: Sequence[tuple[int, int, str]]) -> None:
    """Of the company's own fields: (member, field, value); an empty one is none."""
    keys = [{"company": company, "member": member, "field": field} for member, field, _ in values]
    await work.many(DROP_VALUE, keys)
    await work.many(INSERT_VALUE, [{**key, "value": value} for key, (*_, value) in zip(keys, values, strict=True) if value])
