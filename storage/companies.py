"""Companies (SPEC A1): finding, making, changing; each begins with the root of its tree, a segment of numbers and the system roles."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from storage import roles, segments
from storage.draw import draw_id
from storage.schema.companies import companies, number_segments, units
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_c, _u, _g = companies.c, units.c, number_segments.c


class Company(msgspec.Struct, frozen=True):
    """``seats`` are those bought; ``next_number`` is the next account number of its segments, 0 where they are used up."""

    id: int
    number: str
    kind: str
    name: str
    short_name: str
    seats: int
    expires_at: int | None
    suspended: bool
    demo: bool
    created_at: int
    next_number: int
    device_policy: str


class Unit(msgspec.Struct, frozen=True):
    id: int
    parent: int | None
    name: str


_NEXT_NUMBER = (
    sa.select(sa.func.coalesce(sa.func.min(_g.next), sa.literal_column("0")))
    .where(_g.company == _c.id, _g.next <= _g.last)
    .scalar_subquery()
    .label("next_number")
)
_COMPANY = (
    *(_c.id, _c.number, _c.kind, _c.name, _c.short_name, _c.seats, _c.expires_at, _c.suspended, _c.demo, _c.created_at),
    *(_NEXT_NUMBER, _c.device_policy),
)
FIND = statement(sa.select(*_COMPANY).where(_c.number == column("number")))
PAGE = statement(sa.select(*_COMPANY).where(_c.kind == "company", _c.number > column("after")).order_by(_c.number).limit(column("limit")))
INSERT = insert_into(
    companies,
    *("number", "name", "short_name", "seats", "expires_at", "demo", "created_at", "device_policy"),
)
SET_SUSPENDED = update_of(companies, "suspended", where=["id"])
SET_DEVICE_POLICY = update_of(companies, "device_policy", where=["id"])
INSERT_UNIT = insert_into(units, "company", "id", "parent", "kind", "name", "sort")
UNITS = statement(
    sa.select(_u.id, _u.parent, _u.name)
    .where(_u.company == column("company"))
    .order_by(sa.func.coalesce(_u.parent, 0), _u.sort, _u.id)
    .limit(column("limit"))
)
THERE = statement(sa.select(_u.id).where(_u.company == column("company"), any_of(_u.id, "units")))
ROOT = statement(sa.select(_u.id).where(_u.company == column("company"), _u.parent.is_(None)))
NEXT_SORT = statement(
    sa.select(sa.func.coalesce(sa.func.max(_u.sort), 0) + 1).where(_u.company == column("company"), _u.parent == column("parent"))
)


async def find(read: Read, number: str) -> Company | None:
    """By its number; ``personal`` and ``operator`` are the built-in ones."""
    row = await read.one(FIND, number=number)
    return None if row is None else _company(tuple(row))


async def page(read: Read, after: str, limit: int) -> list[Company]:
    """Companies in the order of their numbers, behind ``after``; the built-in ones are left out."""
    return [_company(tuple(row)) for row in await read.all(PAGE, after=after, limit=limit)]


def _company(row: "tuple[object, ...]") -> Company:
    return msgspec.structs.replace(Company(*row), suspended=bool(row[7]), demo=bool(row[8]))  # type: ignore[arg-type]


async def insert(
    work: Work,
    *,
    number: str,
    name: str,
    short_name: str,
    seats: int,
    expires_at: int | None,
    demo: bool,
    segment: tuple[int, int],
    device_policy: str,
) -> Company:
    """A company with system roles, the segment (first, last) of numbers, and a root that carries the short name (SPEC B1)."""
    await work.run(
        INSERT,
        number=number,
        name=name,
        short_name=short_name,
        seats=seats,
        expires_at=expires_at,
        demo=demo,
        created_at=work.now,
        device_policy=device_policy,
    )
    made = await find(work, number)
    assert made is not None
    await segments.insert(work, made.id, *segment)
    await roles.insert_system(work, made.id)
    await work.run(INSERT_UNIT, company=made.id, id=draw_id(), parent=None, kind="root", name=short_name, sort=0)
    work.company_changed(made.id)
    return msgspec.structs.replace(made, next_number=segment[0])


async def set_suspended(work: Work, company: int, suspended: bool) -> None:
    await work.run(SET_SUSPENDED, id=company, set_suspended=suspended)
    work.company_changed(company)


async def set_device_policy(work: Work, company: int, policy: str) -> None:
    await work.run(SET_DEVICE_POLICY, id=company, set_device_policy=policy)
    work.company_changed(company)


async def root(read: Read, company: int) -> int | None:
    """The unit at the top of the tree; the built-in companies have none."""
    unit: int | None = await read.value(ROOT, company=company)
    return unit


async def units_there(read: Read, company: int, wanted: Sequence[int]) -> set[int]:
    """Which of these units ``company`` has."""
    return {row[0] for row in await read.all(THERE, company=company, units=wanted)}


async def add_unit(work: Work, company: int, name: str, parent: int, kind: str) -> int:
    """It comes last under its parent."""
    unit = draw_id()
    sort = await work.value(NEXT_SORT, company=company, parent=parent)
    await work.run(INSERT_UNIT, company=company, id=unit, parent=parent, kind=kind, name=name, sort=sort)
    work.company_changed(company)
    return unit


async def units_of(read: Read, company: int, limit: int) -> list[Unit]:
    return [Unit(*row) for row in await read.all(UNITS, company=company, limit=limit)]
