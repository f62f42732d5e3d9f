"""Reports of outsiders, for the administrators of the company of who reports (SPEC H1)."""

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.outside import outside_reports
from storage.statements import column, insert_into, statement
from storage.work import Read, Work

_r, _o, _c = outside_reports.c, members.c, companies.c


class Report(msgspec.Struct, frozen=True):
    id: int
    member: int
    other: int
    reason: str
    words: str
    reported_at: int


class Listed(msgspec.Struct, frozen=True):
    """With the names of both, and of the company of who is reported."""

    report: Report
    by_name: str
    other_name: str
    other_company: str


_NAMES = Report.__struct_fields__
_COLUMNS = tuple(_r[name] for name in _NAMES)
_reporter = members.alias("reporter")
MADE = statement(sa.select(*_COLUMNS).where(_r.client_id == column("client_id"), _r.member == column("member")))
COUNTED = statement(
    sa.select(sa.func.count()).where(_r.company == column("company"), _r.member == column("member"), _r.reported_at > column("after"))
)
PAGE = statement(
    sa.select(*_COLUMNS, _reporter.c.name.label("by_name"), _o.name.label("other_name"), _c.name.label("other_company"))
    .join(_reporter, _reporter.c.id == _r.member)
    .join(members, _o.id == _r.other)
    .join(companies, _c.id == _o.company)
    .where(_r.company == column("company"))
    .order_by(_r.reported_at.desc(), _r.id)
    .limit(column("limit"))
)
INSERT = insert_into(outside_reports, "company", *_NAMES, "client_id")


async def made_by(read: Read, member: int, client_id: bytes) -> Report | None:
    row = await read.one(MADE, client_id=client_id, member=member)
    return None if row is None else Report(*row)


async def counted(read: Read, company: int, member: int, after: int) -> int:
    found: int = await read.value(COUNTED, company=company, member=member, after=after)
    return found


async def insert(work: Work, company: int, report: Report, client_id: bytes) -> None:
    await work.run(INSERT, company=company, **msgspec.structs.asdict(report), client_id=client_id)


async def newest(read: Read, company: int, limit: int) -> list[Listed]:
    """The last one first."""
    width = len(_NAMES)
    rows = [tuple(row) for row in await read.all(PAGE, company=company, limit=limit)]
    return [Listed(Report(*row[:width]), *row[width:]) for row in rows]
