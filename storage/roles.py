"""Roles as they are stored (SPEC C1, C2): what differs from what they start with, and who has which.

What they may do is not decided here.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage.draw import draw_id
from storage.schema.accounts import members
from storage.schema.audit import audit_entries
from storage.schema.companies import companies, memberships
from storage.schema.roles import role_permissions, role_units, roles
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

COMPANY_ADMINISTRATOR = "company_administrator"
SYSTEM_ADMINISTRATOR = "system_administrator"
INFORMATION_ADMINISTRATOR = "information_administrator"
ORDINARY = "ordinary"
SYSTEM = (COMPANY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR, INFORMATION_ADMINISTRATOR, ORDINARY)
CUSTOM = "custom"
DEPARTMENT_MANAGER = "department_manager"
GENERAL_MANAGER = "general_manager"
STAFF = "staff"
INVITED = "invited"
PRESETS = (DEPARTMENT_MANAGER, GENERAL_MANAGER, STAFF, INVITED)


class Stored(msgspec.Struct, frozen=True):
    """``permissions``: only those that are otherwise than the role starts with, each with its scope and the chosen units."""

    id: int
    kind: str
    preset: str
    name: str
    description: str
    permissions: Mapping[str, tuple[str, tuple[int, ...]]]


class Holder(msgspec.Struct, frozen=True):
    """A member who has a role."""

    id: int
    number: str
    name: str
    state: str
    is_hidden: bool


_r, _p, _u, _m, _c = roles.c, role_permissions.c, role_units.c, members.c, companies.c
INSERT = insert_into(roles, "company", "id", "kind", "preset", "name", "description", "sort", "created_at")
SAVE = update_of(roles, "name", "description", where=["company", "id"])
DELETE = statement(sa.delete(roles).where(_r.company == column("company"), _r.id == column("role")))
OF_KIND = statement(sa.select(_r.id).where(_r.company == column("company"), _r.kind == column("kind")))
THERE = statement(sa.select(_r.id).where(_r.company == column("company"), _r.id == column("role")))
OF_COMPANY = statement(
    sa.select(_r.id, _r.kind, _r.preset, _r.name, _r.description).where(_r.company == column("company")).order_by(_r.sort, _r.id)
)
PERMISSIONS = statement(sa.select(_p.role, _p.permission, _p.scope).where(_p.company == column("company")))
UNITS = statement(sa.select(_u.role, _u.permission, _u.unit).where(_u.company == column("company")).order_by(_u.unit))
LAST_SORT = statement(sa.select(sa.func.max(_r.sort)).where(_r.company == column("company")))
INSERT_PERMISSION = insert_into(role_permissions, "company", "role", "permission", "scope")
INSERT_UNIT = insert_into(role_units, "company", "role", "permission", "unit")
DROP = [
    statement(
        sa.delete(table).where(
            table.c.company == column("company"), table.c.role == column("role"), any_of(table.c.permission, "permissions")
        )
    )
    for table in (role_permissions, role_units)
]
DROP_ALL = [
    statement(sa.delete(table).where(table.c.company == column("company"), table.c.role == column("role")))
    for table in (role_permissions, role_units)
]
SET_OF_MEMBER = update_of(members, "role", where=["id"])
COUNTS = statement(sa.select(_m.role, sa.func.count()).where(_m.company == column("company"), _m.role.is_not(None)).group_by(_m.role))
WITHOUT_PRESETS = statement(
    sa.select(_c.id)
    .where(
        _c.kind == "company",
        ~sa.exists().where(_r.company == _c.id, _r.preset != ""),
        ~sa.exists().where(audit_entries.c.company == _c.id, any_of(audit_entries.c.act, "acts")),
    )
    .order_by(_c.id)
)
IS_INVITED = statement(sa.select(_c.id).where(_c.id == column("company"), _c.invited_role == column("role")))
_HOLDERS = (
    sa.select(_m.id, _m.number, _m.name, _m.state, _m.is_hidden)
    .where(
        _m.company == column("company"),
        _m.role == column("role"),
        sa.tuple_(_m.number, _m.id) > sa.tuple_(sa.bindparam("number", type_=_m.number.type), sa.bindparam("id", type_=_m.id.type)),
    )
    .order_by(_m.number, _m.id)
    .limit(column("limit"))
)
_inside = sa.select(memberships.c.member).where(memberships.c.company == column("company"), any_of(memberships.c.unit, "units"))
HOLDERS = statement(_HOLDERS)
HOLDERS_IN = statement(_HOLDERS.where(_m.id.in_(_inside)))


async def insert_system(work: Work, company: int) -> None:
    """The four that every company begins with, and the presets; their names are the product's until they are renamed."""
    await _insert(work, company, [*((kind, "") for kind in SYSTEM), *((CUSTOM, preset) for preset in PRESETS)], 0)


async def insert_presets(work: Work, company: int) -> None:
    """Of a company that began before there were any."""
    await _insert(work, company, [(CUSTOM, preset) for preset in PRESETS], (await work.value(LAST_SORT, company=company) or 0) + 1)


async def _insert(work: Work, company: int, begun: Sequence[tuple[str, str]], first: int) -> None:
    same = {"company": company, "name": "", "description": "", "created_at": work.now}
    rows = [{**same, "id": draw_id(), "kind": kind, "preset": preset, "sort": first + at} for at, (kind, preset) in enumerate(begun)]
    await work.many(INSERT, rows)


async def without_presets(read: Read) -> list[int]:
    """The companies that never had any: who deleted them has an entry of it."""
    return [row[0] for row in await read.all(WITHOUT_PRESETS, acts=["role.delete", "role.presets"])]


async def of_kind(read: Read, company: int, kind: str) -> int | None:
    """The company's system role of this kind; the built-in companies have none."""
    role: int | None = await read.value(OF_KIND, company=company, kind=kind)
    return role


async def is_there(read: Read, company: int, role: int) -> bool:
    return await read.value(THERE, company=company, role=role) is not None


async def of_company(read: Read, company: int) -> list[Stored]:
    """In their order."""
    chosen: dict[tuple[int, str], tuple[int, ...]] = {}
    for role, permission, unit in await read.all(UNITS, company=company):
        chosen[role, permission] = (*chosen.get((role, permission), ()), unit)
    changed: dict[int, dict[str, tuple[str, tuple[int, ...]]]] = {}
    for role, permission, scope in await read.all(PERMISSIONS, company=company):
        changed.setdefault(role, {})[permission] = (scope, chosen.get((role, permission), ()))
    return [
        Stored(id, kind, preset, name, description, changed.get(id, {}))
        for id, kind, preset, name, description in await read.all(OF_COMPANY, company=company)
    ]


async def insert(work: Work, company: int, *, name: str, description: str, preset: str) -> int:
    """A custom role, behind all others; gives its id."""
    id, last = draw_id(), await work.value(LAST_SORT, company=company)
    row = {"company": company, "id": id, "kind": CUSTOM, "preset": preset, "name": name, "description": description}
    await work.run(INSERT, **row, sort=(last or 0) + 1, created_at=work.now)
    return id


async def save(work: Work, company: int, role: int, *, name: str, description: str) -> None:
    await work.run(SAVE, company=company, id=role, set_name=name, set_description=description)


async def set_permissions(work: Work, company: int, role: int, changed: Mapping[str, tuple[str, Iterable[int]] | None]) -> None:
    """Of these permissions what is stored from now on: scope and chosen units, or nothing."""
    for drop in DROP:
        await work.run(drop, company=company, role=role, permissions=list(changed))
    kept = {name: value for name, value in changed.items() if value is not None}
    key = {"company": company, "role": role}
    await work.many(INSERT_PERMISSION, [{**key, "permission": name, "scope": scope} for name, (scope, _) in kept.items()])
    await work.many(INSERT_UNIT, [{**key, "permission": name, "unit": unit} for name, (_, units) in kept.items() for unit in units])


async def delete(work: Work, company: int, role: int) -> None:
    """One that nobody has."""
    for drop in (*DROP_ALL, DELETE):
        await work.run(drop, company=company, role=role)


async def counts(read: Read, company: int) -> Mapping[int, int]:
    """How many members, in whatever state, have each role; those that nobody has are left out."""
    return {row[0]: row[1] for row in await read.all(COUNTS, company=company)}


async def is_for_the_invited(read: Read, company: int, role: int) -> bool:
    return await read.value(IS_INVITED, company=company, role=role) is not None


async def holders(
    read: Read, company: int, role: int, *, after: tuple[str, int], limit: int, units: Sequence[int] | None = None
) -> list[Holder]:
    """In the order of (number, id), behind ``after``; with ``units`` those who are in one of them."""
    asked = {"company": company, "role": role, "number": after[0], "id": after[1], "limit": limit}
    rows = await (read.all(HOLDERS, **asked) if units is None else read.all(HOLDERS_IN, **asked, units=units))
    return [Holder(id, number, name, state, bool(hidden)) for id, number, name, state, hidden in rows]


async def give(work: Work, wanted: Sequence[int], role: int) -> None:
    await work.many(SET_OF_MEMBER, [{"id": member, "set_role": role} for member in wanted])
