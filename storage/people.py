"""All that is kept of a member, as administrators change it, and how he goes (SPEC B3 to B5, DESIGN 4).

Cards as others see them are ``storage.members``. What may change, and what follows from what, is ``server.org``.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage import login_codes
from storage.members import INSERT_SCOPE
from storage.schema.accounts import accounts, information_scopes, login_names, member_fields, members, numbers, robot_tokens
from storage.schema.companies import companies, memberships
from storage.schema.presence import member_presence
from storage.schema.roles import roles
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.units import Place
from storage.work import Read, Work

_m, _s, _l, _n, _i, _r, _c = members.c, memberships.c, login_names.c, numbers.c, information_scopes.c, roles.c, companies.c


class Record(msgspec.Struct, frozen=True):
    """A member's own row. ``last_day``: 2026-09-30, or nothing."""

    id: int
    company: int
    account: int | None
    kind: str
    state: str
    state_reason: str
    number: str
    role: int | None
    name: str
    nickname: str
    gender: str
    job_title: str
    phone: str
    mail: str
    signature: str
    employee_no: str
    description: str
    star_sign: str
    office_phone: str
    pinyin: str
    is_hidden: bool
    is_phone_private: bool
    last_day: str
    is_last_day_told: bool
    successor: int | None
    last_seen_shown: str = "shown"


class Listed(msgspec.Struct, frozen=True):
    """A member as the picture of a company has him."""

    id: int
    state: str
    kind: str
    name: str
    pinyin: str
    is_hidden: bool
    role: int | None


class Administrator(msgspec.Struct, frozen=True):
    """Whoever is told what concerns the whole company; ``bound_mail`` is an address that he proved to be his, or nothing."""

    id: int
    bound_mail: str


class Due(msgspec.Struct, frozen=True):
    """An active member with a last day."""

    id: int
    company: int
    company_number: str
    time_zone: str
    number: str
    last_day: str
    is_told: bool


_RECORD = [_m[name] for name in Record.__struct_fields__]
CHANGEABLE = (
    *("name", "nickname", "gender", "job_title", "phone", "mail", "signature", "employee_no", "description", "star_sign"),
    *("office_phone", "pinyin", "is_hidden", "is_phone_private", "last_seen_shown", "last_day", "is_last_day_told", "successor"),
)
RECORDS = statement(sa.select(*_RECORD).where(_m.company == column("company"), any_of(_m.id, "members")).order_by(_m.id))
SAVE = update_of(members, *CHANGEABLE, where=["id"])
HOLDERS = statement(sa.select(_l.name, _l.member).where(_l.kind == "number", any_of(_l.name, "numbers")))
SET_STATE = update_of(members, "state", "state_reason", "state_at", where=["id"])
_BLANK = (
    *("nickname", "gender", "job_title", "phone", "mail", "signature", "employee_no", "avatar", "description", "star_sign"),
    *("office_phone", "pinyin", "last_day", "number"),
)
CLEAR = statement(
    sa.update(members)
    .values(
        **dict.fromkeys(_BLANK, sa.literal_column("''")),
        tags=sa.literal_column("'[]'"),
        state=sa.literal_column("'deleted'"),
        state_reason=column("reason"),
        state_at=column("at"),
        account=None,
        role=None,
        successor=None,
    )
    .where(_m.id == column("id"))
)
DROP = [
    statement(sa.delete(table).where(table.c.company == column("company"), table.c.member == column("member")))
    for table in (memberships, information_scopes, member_fields, member_presence)
]
DROP_TOKENS = statement(sa.delete(robot_tokens).where(robot_tokens.c.member == column("member")))
DROP_LOGINS = statement(sa.delete(login_names).where(_l.member == column("member")))
DROP_ACCOUNT_LOGINS = statement(sa.delete(login_names).where(_l.account == column("account")))
UNBIND = statement(sa.delete(login_names).where(_l.account == column("account"), _l.kind == column("kind"), _l.name == column("name")))
OTHERS_OF_ACCOUNT = statement(
    sa.select(sa.func.count()).where(_m.account == column("account"), _m.id != column("member"), _m.state != "deleted")
)
CLOSE_ACCOUNT = update_of(accounts, "password_hash", where=["id"])
RELEASE = statement(
    sa.update(numbers)
    .values(held_to=column("at"))
    .where(_n.number == column("number"), _n.member == column("member"), _n.held_to.is_(None))
)
LAST_HOLDER = statement(
    sa.select(_n.member, _n.company, _n.held_from, _n.held_to).where(_n.number == column("number")).order_by(_n.held_from.desc()).limit(1)
)
TAKE = insert_into(numbers, "number", "held_from", "company", "member")
ADMINISTRATORS = statement(
    sa.select(_m.id)
    .join(roles, sa.and_(_r.company == _m.company, _r.id == _m.role))
    .where(_m.company == column("company"), _r.kind == "company_administrator", _m.state == "active")
)
_bound = login_names.alias("bound")
TO_BE_TOLD = statement(
    sa.select(_m.id, sa.func.coalesce(_bound.c.name, sa.literal_column("''")))
    .join(roles, sa.and_(_r.company == _m.company, _r.id == _m.role))
    .outerjoin(
        _bound,
        sa.and_(_bound.c.account == _m.account, _bound.c.kind == sa.literal_column("'mail'"), _bound.c.verified_at.is_not(None)),
    )
    .where(
        _m.company == column("company"),
        sa.or_(_r.kind == "company_administrator", _r.kind == "system_administrator"),
        _m.state == "active",
    )
    .order_by(_m.id)
)
SCOPE = statement(sa.select(_i.unit).where(_i.company == column("company"), _i.member == column("member")).order_by(_i.unit))
DROP_SCOPE = statement(sa.delete(information_scopes).where(_i.company == column("company"), _i.member == column("member")))
DUE = statement(
    sa.select(_m.id, _m.company, _c.number, _c.time_zone, _m.number, _m.last_day, _m.is_last_day_told)
    .join(companies, _c.id == _m.company)
    .where(_m.last_day != "", _m.last_day <= column("until"), _m.state == "active")
    .order_by(_m.company, _m.id)
)
SET_TAGS = update_of(members, "tags", where=["id"])
TAGS = statement(sa.select(_m.tags).where(_m.id == column("member")))
SET_HIDDEN = update_of(members, "is_hidden", where=["id"])
SET_TOLD = update_of(members, "is_last_day_told", where=["id"])
_LISTED = sa.select(*(_m[name] for name in Listed.__struct_fields__)).where(_m.company == column("company"), _m.state != "deleted")
LISTED = statement(_LISTED)
LISTED_SOME = statement(_LISTED.where(any_of(_m.id, "members")))
ALL_PLACES = statement(
    sa.select(_s.member, _s.unit, _s.head, _s.sort)
    .where(_s.company == column("company"))
    .order_by(_s.member, _s.is_primary.desc(), _s.sort, _s.unit)
)
_SCOPES = sa.select(_i.member, _i.unit).where(_i.company == column("company")).order_by(_i.member, _i.unit)
ALL_SCOPES = statement(_SCOPES)
SOME_SCOPES = statement(_SCOPES.where(any_of(_i.member, "members")))


async def records(read: Read, company: int, wanted: Sequence[int]) -> dict[int, Record]:
    return {row[0]: _record(row) for row in await read.all(RECORDS, company=company, members=wanted)}


async def holders(read: Read, numbers: Sequence[str]) -> dict[str, int]:
    """Who holds each of these account numbers now, in whatever company; numbers that nobody holds are left out."""
    return {row[0]: row[1] for row in await read.all(HOLDERS, numbers=numbers)}


def _record(row: "Iterable[object]") -> Record:
    made = Record(*row)  # type: ignore[arg-type]
    flags = {name: bool(getattr(made, name)) for name in ("is_hidden", "is_phone_private", "is_last_day_told")}
    return msgspec.structs.replace(made, **flags)


async def save(work: Work, record: Record) -> None:
    """What may be changed of a member, as it is from now on."""
    await work.run(SAVE, id=record.id, **{f"set_{name}": getattr(record, name) for name in CHANGEABLE})


async def set_states(work: Work, wanted: Sequence[int], state: str, reason: str) -> None:
    rows = [{"id": member, "set_state": state, "set_state_reason": reason, "set_state_at": work.now} for member in wanted]
    await work.many(SET_STATE, rows)


async def tags(read: Read, member: int) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(await read.value(TAGS, member=member)))


async def set_tags(work: Work, member: int, wanted: Sequence[str]) -> None:
    await work.run(SET_TAGS, id=member, set_tags=msgspec.json.encode(wanted).decode())


async def set_hidden(work: Work, wanted: Sequence[int], hidden: bool) -> None:
    await work.many(SET_HIDDEN, [{"id": member, "set_is_hidden": hidden} for member in wanted])


async def administrators(read: Read, company: int) -> set[int]:
    """The active members who have the company administrator's role."""
    return {row[0] for row in await read.all(ADMINISTRATORS, company=company)}


async def to_be_told(read: Read, company: int) -> list[Administrator]:
    """Its active company and system administrators."""
    return [Administrator(*row) for row in await read.all(TO_BE_TOLD, company=company)]


# ---- going


async def delete(work: Work, record: Record, reason: str) -> None:
    """Of the member his name stays, for old messages. His number is nobody's; an account without other members opens nothing."""
    key = {"company": record.company, "member": record.id}
    for drop in DROP:
        await work.run(drop, **key)
    await work.run(DROP_TOKENS, member=record.id)
    await work.run(DROP_LOGINS, member=record.id)
    if record.number:
        await work.run(RELEASE, number=record.number, member=record.id, at=work.now)
    account = record.account
    if account is not None and not await work.value(OTHERS_OF_ACCOUNT, account=account, member=record.id):
        await work.run(DROP_ACCOUNT_LOGINS, account=account)
        await work.run(CLOSE_ACCOUNT, id=account, set_password_hash=None)
        await login_codes.drop_of_account(work, account)
    await work.run(CLEAR, id=record.id, reason=reason, at=work.now)


async def last_holder(read: Read, company: int, number: str) -> tuple[int, int, bool] | None:
    """Who holds ``number`` or held it last, in this company: (member, since when, whether still)."""
    row = await read.one(LAST_HOLDER, number=number)
    return None if row is None or row[1] != company else (row[0], row[2], row[3] is None)


async def unbind(work: Work, account: int, kind: str, name: str) -> bool:
    """Whether ``name`` (folded) was a login name of the account, and is none any more."""
    return bool(await work.run(UNBIND, account=account, kind=kind, name=name))


# ---- information scope


async def scope(read: Read, company: int, member: int) -> list[int]:
    """The units that it is made of; none means the whole company."""
    return [row[0] for row in await read.all(SCOPE, company=company, member=member)]


async def set_scope(work: Work, company: int, member: int, units: Iterable[int]) -> None:
    await work.run(DROP_SCOPE, company=company, member=member)
    await work.many(INSERT_SCOPE, [{"company": company, "member": member, "unit": unit} for unit in units])


# ---- last days


async def due(read: Read, until: str) -> list[Due]:
    """Active members whose last day is ``until`` (2026-09-30) or before, in whatever company."""
    return [
        Due(id, company, company_number, zone, number, last_day, bool(told))
        for id, company, company_number, zone, number, last_day, told in await read.all(DUE, until=until)
    ]


async def set_told(work: Work, wanted: Sequence[int]) -> None:
    await work.many(SET_TOLD, [{"id": member, "set_is_last_day_told": True} for member in wanted])


# ---- everybody


async def listed(read: Read, company: int, wanted: Sequence[int] | None = None) -> list[Listed]:
    """All who are not deleted, or those of ``wanted``, in no order."""
    rows = await (read.all(LISTED, company=company) if wanted is None else read.all(LISTED_SOME, company=company, members=wanted))
    return [Listed(id, state, kind, name, pinyin, bool(hidden), role) for id, state, kind, name, pinyin, hidden, role in rows]


async def all_places(read: Read, company: int) -> Mapping[int, tuple[Place, ...]]:
    """Of everybody who has one, the primary one first. Equal places are one object: most members have an ordinary one."""
    known: dict[tuple[int, str, int], Place] = {}
    found: dict[int, tuple[Place, ...]] = {}
    for member, unit, head, sort in await read.all(ALL_PLACES, company=company):
        place = known.get((unit, head, sort)) or known.setdefault((unit, head, sort), Place(unit, head, sort))
        found[member] = (*found.get(member, ()), place)
    return found


async def scopes(read: Read, company: int, wanted: Sequence[int] | None = None) -> Mapping[int, tuple[int, ...]]:
    """Of everybody who has one, or of those of ``wanted``."""
    rows = await (read.all(ALL_SCOPES, company=company) if wanted is None else read.all(SOME_SCOPES, company=company, members=wanted))
    found: dict[int, tuple[int, ...]] = {}
    for member, unit in rows:
        found[member] = (*found.get(member, ()), unit)
    return found
