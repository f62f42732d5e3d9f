"""Requests to become outside contacts (SPEC H1): one row each, whether it reached anybody or not, so that nobody learns which.

Rows that are past are removed after a while; what a request may do, and when it is past, is ``server.outside``'s.
"""

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.outside import outside_requests
from storage.statements import Row, column, insert_into, statement, update_of
from storage.work import Read, Work

_q, _m, _c = outside_requests.c, members.c, companies.c


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``address``: as it was typed, where no member was ``named``. ``target``: whom it reached; who asked never learns of it.

    ``instead_of``: the leaver from whom the one who asks takes the contact over.
    """

    company: int
    member: int
    id: int
    address: str = ""
    words: str = ""
    remark: str = ""
    named: int | None = None
    target: int | None = None
    target_company: int | None = None
    instead_of: int | None = None
    imported: bool = False
    state: str = "waiting"
    asked_at: int = 0


class Incoming(msgspec.Struct, frozen=True):
    """A request with what its receiver is shown of who asks. ``leaver``: the name of whose contacts that one takes over."""

    request: Request
    name: str
    company_name: str
    leaver: str


_NAMES = Request.__struct_fields__
_COLUMNS = tuple(_q[name] for name in _NAMES)
_leaver = members.alias("leaver")
MADE = statement(sa.select(*_COLUMNS).where(_q.client_id == column("client_id"), _q.member == column("member")))
MINE = statement(sa.select(*_COLUMNS).where(_q.company == column("company"), _q.member == column("member"), _q.id == column("id")))
TO = statement(sa.select(*_COLUMNS).where(_q.target == column("target"), _q.id == column("id")))
PAGE_MINE = statement(
    sa.select(*_COLUMNS)
    .where(_q.company == column("company"), _q.member == column("member"), _q.id > column("behind"))
    .order_by(_q.id)
    .limit(column("limit"))
)
PAGE_TO = statement(
    sa.select(*_COLUMNS, _m.name, _c.name.label("company_name"), _leaver.c.name.label("leaver_name"))
    .join(members, _m.id == _q.member)
    .join(companies, _c.id == _q.company)
    .outerjoin(_leaver, _leaver.c.id == _q.instead_of)
    .where(
        _q.target == column("target"), _q.id > column("behind"), _q.state == sa.literal_column("'waiting'"), _q.asked_at > column("after")
    )
    .order_by(_q.id)
    .limit(column("limit"))
)
COUNTED = statement(
    sa.select(sa.func.count()).where(
        _q.company == column("company"),
        _q.member == column("member"),
        _q.asked_at > column("after"),
        _q.imported == column("imported"),
        _q.client_id.is_not(None),
    )
)
WAITING = statement(
    sa.select(_q.company, _q.member, _q.id).where(
        _q.target == column("target"),
        _q.member == column("member"),
        _q.state == sa.literal_column("'waiting'"),
        _q.asked_at > column("after"),
    )
)
INSERT = insert_into(outside_requests, *_NAMES, "client_id")
SET_STATE = update_of(outside_requests, "state", where=["company", "member", "id"])
_some_own = sa.select(_q.id).where(_q.company == column("company"), _q.member == column("member")).limit(column("limit"))
DROP_OWN = statement(
    sa.delete(outside_requests).where(
        _q.company == column("company"), _q.member == column("member"), _q.id.in_(_some_own.scalar_subquery())
    )
)
_some_to = sa.select(_q.id).where(_q.target == column("target")).limit(column("limit"))
FORGET = statement(
    sa.update(outside_requests)
    .values(target=sa.null(), target_company=sa.null())
    .where(_q.target == column("target"), _q.id.in_(_some_to.scalar_subquery()))
)
REMOVE_OLD = statement(sa.delete(outside_requests).where(_q.asked_at < column("before")))


# ---- reading


async def made_by(read: Read, member: int, client_id: bytes) -> Request | None:
    """What this wish made."""
    row = await read.one(MADE, client_id=client_id, member=member)
    return None if row is None else _request(row)


async def mine(read: Read, company: int, member: int, id: int) -> Request | None:
    row = await read.one(MINE, company=company, member=member, id=id)
    return None if row is None else _request(row)


async def to(read: Read, target: int, id: int) -> Request | None:
    """One that reached ``target``."""
    row = await read.one(TO, target=target, id=id)
    return None if row is None else _request(row)


async def page_mine(read: Read, company: int, member: int, behind: int, limit: int) -> list[Request]:
    """Those that he made, by their ids, those above ``behind``."""
    rows = await read.all(PAGE_MINE, company=company, member=member, behind=behind, limit=limit)
    return [_request(row) for row in rows]


async def page_to(read: Read, target: int, after: int, behind: int, limit: int) -> list[Incoming]:
    """Those that wait for him, made after that instant."""
    rows = await read.all(PAGE_TO, target=target, after=after, behind=behind, limit=limit)
    width = len(_NAMES)
    return [Incoming(_request(row), row[width], row[width + 1], row[width + 2] or "") for row in rows]


async def counted(read: Read, company: int, member: int, after: int, *, imported: bool) -> int:
    """How many he made since then; handovers make some in his name, which do not count."""
    found: int = await read.value(COUNTED, company=company, member=member, after=after, imported=imported)
    return found


async def is_waiting(read: Read, member: int, target: int, after: int) -> bool:
    """Whether ``member`` asked ``target``, and waits."""
    return await read.one(WAITING, member=member, target=target, after=after) is not None


# ---- writing


async def insert(work: Work, request: Request, client_id: bytes | None) -> None:
    await work.run(INSERT, **msgspec.structs.asdict(request), client_id=client_id)


async def set_state(work: Work, request: Request, state: str) -> None:
    await work.run(SET_STATE, company=request.company, member=request.member, id=request.id, set_state=state)


async def accept_all(work: Work, member: int, target: int) -> None:
    """Whatever waits between the two, asked by ``member``."""
    for company, who, id in await work.all(WAITING, member=member, target=target, after=0):
        await work.run(SET_STATE, company=company, member=who, id=id, set_state="accepted")


async def refuse_all(work: Work, member: int, target: int) -> None:
    """Whatever ``member`` asked of ``target``, and waits."""
    for company, who, id in await work.all(WAITING, member=member, target=target, after=0):
        await work.run(SET_STATE, company=company, member=who, id=id, set_state="refused")
        work.own(target, "outside")


async def drop_own(work: Work, company: int, member: int, limit: int) -> int:
    """Some of what a leaver asked; gives how many."""
    return await work.run(DROP_OWN, company=company, member=member, limit=limit)


async def forget(work: Work, target: int, limit: int) -> int:
    """Some of what a leaver was asked reached nobody; gives how many."""
    return await work.run(FORGET, target=target, limit=limit)


async def remove_old(work: Work, before: int) -> int:
    """Outside the turn: nobody is told that what was past is gone. Gives how many."""
    return await work.run(REMOVE_OLD, before=before)


def _request(row: Row) -> Request:
    made = dict(zip(_NAMES, tuple(row), strict=False))
    return Request(**{**made, "imported": bool(made["imported"])})
