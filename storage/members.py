"""Members: their cards and states, the numbers that they hold, and the units that they are in (DESIGN 4, SPEC B3).

Who may see a card is ``server.visibility``; which state follows which is ``server.companies``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import accounts, information_scopes, login_names, members, numbers
from storage.schema.companies import companies, memberships, units
from storage.statements import Row, any_of, column, insert_into, statement, update_of
from storage.units import Place, set_places
from storage.work import Read, Work

_m, _c, _l, _u, _s = members.c, companies.c, login_names.c, units.c, memberships.c


class Card(msgspec.Struct, frozen=True):
    """What is known of a member; ``company_kind`` is company, personal or operator."""

    id: int
    company: int
    company_name: str
    company_kind: str
    account: int | None
    kind: str
    state: str
    number: str
    name: str
    nickname: str
    gender: str
    job_title: str
    phone: str
    mail: str
    signature: str
    star_sign: str = ""
    office_phone: str = ""
    employee_no: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    is_phone_private: bool = False


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """All that is written of a new member. ``units``: the first is the primary one; ``scope``: of his information scope, none is the
    whole company. Robots have neither account nor number.
    """

    id: int
    company: int
    name: str
    kind: str = "person"
    account: int | None = None
    password_hash: str | None = None
    must_change_password: bool = True
    number: str = ""
    nickname: str = ""
    gender: str = ""
    job_title: str = ""
    phone: str = ""
    mail: str = ""
    units: tuple[int, ...] = ()
    scope: tuple[int, ...] = ()
    role: int | None = None
    state: str = "active"
    pinyin: str = ""
    employee_no: str = ""


CARD = (
    *(_m.id, _m.company, _c.name.label("company_name"), _c.kind.label("company_kind"), _m.account, _m.kind, _m.state, _m.number),
    *(_m.name, _m.nickname, _m.gender, _m.job_title, _m.phone, _m.mail, _m.signature),
    *(_m.star_sign, _m.office_phone, _m.employee_no, _m.description, _m.tags, _m.is_phone_private),
)
_CARDS = sa.select(*CARD).join(companies, _c.id == _m.company)
FIND = statement(_CARDS.where(_m.id == column("member")))
BY_NUMBER = statement(_CARDS.join(login_names, _l.member == _m.id).where(_l.name == column("number"), _l.kind == "number"))
PAGE = statement(
    _CARDS.where(
        _m.company == column("company"),
        _m.state != "deleted",
        sa.tuple_(_m.number, _m.id) > sa.tuple_(sa.bindparam("number", type_=_m.number.type), sa.bindparam("id", type_=_m.id.type)),
    )
    .order_by(_m.number, _m.id)
    .limit(column("limit"))
)
SEATS = statement(
    sa.select(sa.func.count()).where(
        _m.company == column("company"), sa.or_(_m.state == "active", _m.state == "disabled"), _m.kind == "person"
    )
)
_UNIT_NAMES = (
    sa.select(_m.id, _u.name)
    .join(memberships, sa.and_(_s.company == _m.company, _s.member == _m.id))
    .join(units, sa.and_(_u.company == _s.company, _u.id == _s.unit))
    .order_by(_m.id, _s.is_primary.desc(), _s.sort, _u.id)
)
UNIT_NAMES = statement(_UNIT_NAMES.where(any_of(_m.id, "members")))
UNIT_NAMES_ALONE = statement(_UNIT_NAMES.where(_m.id == column("member")))
SET_STATE = update_of(members, "state", "state_reason", "state_at", where=["id"])
TAKEN_NUMBERS = statement(sa.select(_l.name).where(any_of(_l.name, "numbers")))
INSERT = insert_into(
    members,
    *("id", "company", "account", "kind", "state", "number", "name", "nickname", "gender", "job_title", "phone", "mail"),
    *("created_at", "joined_at", "state_at", "role", "employee_no", "pinyin"),
)
INSERT_ACCOUNT = insert_into(accounts, "id", "password_hash", "must_change_password", "created_at")
INSERT_LOGIN = insert_into(login_names, "name", "kind", "account", "member")
INSERT_NUMBER = insert_into(numbers, "number", "held_from", "company", "member")
INSERT_SCOPE = insert_into(information_scopes, "company", "member", "unit")
INSERT_MEMBERSHIP = insert_into(memberships, "company", "unit", "member", "is_primary")


def card_of(row: Row) -> Card:
    """From a row that begins with the columns of ``CARD``."""
    *plain, tags, private = tuple(row)[: len(CARD)]
    fields: Any = (*plain, () if tags == "[]" else tuple(msgspec.json.decode(tags)), bool(private))
    return Card(*fields)


async def find(read: Read, member: int) -> Card | None:
    row = await read.one(FIND, member=member)
    return None if row is None else card_of(row)


async def find_by_number(read: Read, number: str) -> Card | None:
    """Who holds ``number`` now, in whatever company."""
    row = await read.one(BY_NUMBER, number=number)
    return None if row is None else card_of(row)


async def page(read: Read, company: int, after: tuple[str, int], limit: int) -> list[Card]:
    """Members of ``company`` in the order of (number, id), behind ``after``; deleted ones are left out."""
    return [card_of(row) for row in await read.all(PAGE, company=company, number=after[0], id=after[1], limit=limit)]


async def seats_taken(read: Read, company: int) -> int:
    """Active and disabled members; drafts and robots take none (SPEC A1)."""
    taken: int = await read.value(SEATS, company=company)
    return taken


async def unit_names(read: Read, ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """For each of these members the names of his units, the primary one first; who is in none is left out."""
    if len(ids) == 1:
        rows = await read.all(UNIT_NAMES_ALONE, member=ids[0])
    else:
        rows = await read.all(UNIT_NAMES, members=ids)
    found: dict[int, tuple[str, ...]] = {}
    for member, name in rows:
        found[member] = (*found.get(member, ()), name)
    return found


async def taken_numbers(read: Read, wanted: Sequence[str]) -> set[str]:
    """Which of these login names somebody has."""
    return {row[0] for row in await read.all(TAKEN_NUMBERS, numbers=wanted)}


async def set_state(work: Work, member: int, state: str, reason: str) -> None:
    await work.run(SET_STATE, id=member, set_state=state, set_state_reason=reason, set_state_at=work.now)
    work.member_changed(member)


async def insert(work: Work, newcomers: Sequence[NewMember], *, held_from: int | None = None, places: Sequence[Place] = ()) -> None:
    """Members with their accounts, numbers and memberships; up to nine rows each.

    ``held_from``: since when they hold their numbers, by default now. ``places``: of a single one who comes into another's.
    """
    now = work.now
    since = now if held_from is None else held_from
    people = [one for one in newcomers if one.account is not None]
    await work.many(
        INSERT_ACCOUNT,
        [
            {"id": one.account, "password_hash": one.password_hash, "must_change_password": one.must_change_password, "created_at": now}
            for one in people
        ],
    )
    await work.many(INSERT, [_row(one, now) for one in newcomers])
    await work.many(
        INSERT_LOGIN, [{"name": one.number, "kind": "number", "account": one.account, "member": one.id} for one in people if one.number]
    )
    await work.many(
        INSERT_NUMBER,
        [{"number": one.number, "held_from": since, "company": one.company, "member": one.id} for one in newcomers if one.number],
    )
    scopes = [{"company": one.company, "member": one.id, "unit": unit} for one in newcomers for unit in one.scope]
    await work.many(INSERT_SCOPE, scopes)
    await work.many(
        INSERT_MEMBERSHIP,
        [
            {"company": one.company, "unit": unit, "member": one.id, "is_primary": unit == one.units[0]}
            for one in newcomers
            for unit in dict.fromkeys(one.units)
        ],
    )
    if places:
        await set_places(work, newcomers[0].company, {newcomers[0].id: places})
    for one in newcomers:
        work.member_changed(one.id)


def _row(one: NewMember, now: int) -> Mapping[str, Any]:
    fields = ("id", "company", "account", "kind", "number", "name", "nickname", "gender", "job_title", "phone", "mail", "role", "state")
    row = {name: getattr(one, name) for name in (*fields, "employee_no", "pinyin")}
    return {**row, "created_at": now, "joined_at": now, "state_at": now}
