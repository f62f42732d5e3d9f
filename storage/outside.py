"""Outside contacts as each of the two keeps them (SPEC H1): a row for each side, with the remark, and whether it was ended or blocked.

What the writer may refuse between two outsiders hangs on ``Two``; what follows from it is ``server.outside``. Where they talk is
``storage.outside_talks``, who asks whom ``storage.outside_requests``.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.outside import outside_contacts
from storage.schema.roles import role_permissions, roles
from storage.statements import Row, any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_o, _m, _c, _r, _p = outside_contacts.c, members.c, companies.c, roles.c, role_permissions.c


class Side(msgspec.Struct, frozen=True):
    """One of two outsiders, and how he has the other. ``is_known``: he has, or had, the other as an outside contact, or blocked him."""

    member: int
    company: int
    company_kind: str
    kind: str
    state: str
    role: int | None
    no_outside: bool
    is_known: bool
    removed: bool
    blocked: bool

    @property
    def has(self) -> bool:
        """Whether the other is an outside contact of his now."""
        return self.is_known and not self.removed


class Two(msgspec.Struct, frozen=True):
    mine: Side
    theirs: Side


class Contact(msgspec.Struct, frozen=True):
    """``removed``: no contact any more, or never one and blocked."""

    other: int
    other_company: int
    remark: str
    since: int
    removed: bool
    blocked: bool


class Listed(msgspec.Struct, frozen=True):
    """A contact with what is shown of him."""

    contact: Contact
    name: str
    company_name: str
    state: str


def side_columns(of: Any, company: Any, row: Any) -> tuple[Any, ...]:
    """The columns of ``Side``, of these tables."""
    there = sa.case((row.other.is_(None), sa.literal_column("0")), else_=sa.literal_column("1"))
    who = (of.id, of.company, company.kind, of.kind, of.state, of.role, company.no_outside)
    return (*who, there, sa.func.coalesce(row.removed, sa.false()), sa.func.coalesce(row.blocked, sa.false()))


SIDE_WIDTH = len(Side.__struct_fields__)
SIDE = statement(
    sa.select(*side_columns(_m, _c, _o))
    .select_from(members)
    .join(companies, _c.id == _m.company)
    .outerjoin(outside_contacts, sa.and_(_o.company == _m.company, _o.member == _m.id, _o.other == column("other")))
    .where(_m.id == column("member"))
)
_CONTACT = (_o.other, _o.other_company, _o.remark, _o.since, _o.removed, _o.blocked)
FIND = statement(sa.select(*_CONTACT).where(_o.company == column("company"), _o.member == column("member"), _o.other == column("other")))
_SHOWN = sa.or_(~_o.removed, _o.blocked)
_LISTED = (
    sa.select(*_CONTACT, _m.name, _c.name.label("company_name"), _m.state)
    .join(members, _m.id == _o.other)
    .join(companies, _c.id == _m.company)
)
PAGE = statement(
    _LISTED.where(_o.company == column("company"), _o.member == column("member"), _o.other > column("behind"), _SHOWN)
    .order_by(_o.other)
    .limit(column("limit"))
)
COUNT = statement(sa.select(sa.func.count()).where(_o.company == column("company"), _o.member == column("member"), ~_o.removed))
INSERT = insert_into(outside_contacts, "company", "member", "other", "other_company", "remark", "since", "removed", "blocked", "place")
SAVE = update_of(outside_contacts, "other_company", "remark", "since", "removed", "blocked", "place", where=["company", "member", "other"])
OWN = statement(
    sa.select(*_CONTACT).where(_o.company == column("company"), _o.member == column("member")).order_by(_o.other).limit(column("limit"))
)
POINTING = statement(
    sa.select(_o.company, _o.member, *_CONTACT).where(_o.other == column("other"), ~_o.removed).order_by(_o.member).limit(column("limit"))
)
DROP_OWN = statement(
    sa.delete(outside_contacts).where(_o.company == column("company"), _o.member == column("member"), any_of(_o.other, "others"))
)
STANDING = statement(
    sa.select(_r.id, _r.kind, _r.preset, _p.scope)
    .outerjoin(role_permissions, sa.and_(_p.company == _r.company, _p.role == _r.id, _p.permission == column("permission")))
    .where(any_of(_r.id, "roles"))
)


def side_of(row: "tuple[Any, ...]") -> Side:
    """From as many columns as ``side_columns`` gives."""
    member, company, company_kind, kind, state, role, *flags = row
    no_outside, is_known, removed, blocked = map(bool, flags)
    return Side(member, company, company_kind, kind, state, role, no_outside, is_known, removed, blocked)


# ---- reading


async def side(read: Read, member: int, other: int) -> Side | None:
    """None where there is no such member; ``other`` may be nobody."""
    row = await read.one(SIDE, member=member, other=other)
    return None if row is None else side_of(tuple(row))


async def two(read: Read, member: int, other: int) -> Two | None:
    """As many statements for somebody who is not there as for one who is (promise V4)."""
    mine, theirs = await side(read, member, other), await side(read, other, member)
    return None if mine is None or theirs is None else Two(mine, theirs)


async def standing(read: Read, wanted: Collection[int], permission: str) -> Mapping[int, tuple[str, str, str | None]]:
    """Of each role its kind, preset, and the scope that it was given of that permission, where it was given one. Asked also of none,
    so that somebody who is not there takes no less time.
    """
    rows = await read.all(STANDING, roles=sorted(wanted), permission=permission)
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def find(read: Read, company: int, member: int, other: int) -> Contact | None:
    """Also one that was ended."""
    row = await read.one(FIND, company=company, member=member, other=other)
    return None if row is None else _contact(row)


async def page(read: Read, company: int, member: int, behind: int, limit: int) -> list[Listed]:
    """His contacts, and whom else he blocked, by their ids, those above ``behind``."""
    rows = await read.all(PAGE, company=company, member=member, behind=behind, limit=limit)
    return [Listed(_contact(row), row[6], row[7], row[8]) for row in rows]


async def count(read: Read, company: int, member: int) -> int:
    found: int = await read.value(COUNT, company=company, member=member)
    return found


async def some(read: Read, company: int, member: int, limit: int) -> list[Contact]:
    """Some of all that he keeps of outsiders."""
    return [_contact(row) for row in await read.all(OWN, company=company, member=member, limit=limit)]


async def pointing(read: Read, other: int, limit: int) -> list[tuple[int, int, Contact]]:
    """Some of those who have ``other`` as a contact: (company, member, their row)."""
    return [(row[0], row[1], _contact(tuple(row)[2:])) for row in await read.all(POINTING, other=other, limit=limit)]


def _contact(row: Row) -> Contact:
    other, other_company, remark, since, removed, blocked = tuple(row)[:6]
    return Contact(other, other_company, remark, since, bool(removed), bool(blocked))


# ---- writing


async def save(work: Work, company: int, member: int, contact: Contact) -> None:
    """All that he keeps of the other, told to his devices."""
    key = {"company": company, "member": member, "other": contact.other}
    now = {name: value for name, value in msgspec.structs.asdict(contact).items() if name != "other"} | {"place": work.position}
    if not await work.run(SAVE, **key, **{f"set_{name}": value for name, value in now.items()}):
        await work.run(INSERT, **key, **now)
    work.own(member, "outside")


async def drop(work: Work, company: int, member: int, others: Sequence[int]) -> None:
    """Of who is no member any more, so nobody has to be told."""
    await work.run(DROP_OWN, company=company, member=member, others=others)
