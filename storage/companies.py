"""Companies (SPEC A1): finding, making, changing; each begins with the root of its tree, a segment of numbers and the system roles."""

from collections.abc import Iterable

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


class Settings(msgspec.Struct, frozen=True):
    """What a company settles for itself; a limit that is None is the default, as is the role of whoever is invited."""

    time_zone: str
    root_units_limit: int | None
    unit_members_limit: int | None
    needs_phone_or_mail: bool
    first_password_hash: str | None
    invited_role: int | None
    no_outside: bool = False


class Profile(msgspec.Struct, frozen=True):
    """What a company says of itself (SPEC A1); number and date of creation never change."""

    name: str
    short_name: str
    intro: str = ""
    industry: str = ""
    region: str = ""
    address: str = ""
    phone: str = ""
    website: str = ""


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
SET_SEATS = update_of(companies, "seats", where=["id"])
SET_EXPIRY = update_of(companies, "expires_at", where=["id"])
SUSPENDED = statement(sa.select(_c.id).where(_c.suspended, any_of(_c.id, "companies")))
SET_SUSPENDED = update_of(companies, "suspended", where=["id"])
SET_DEVICE_POLICY = update_of(companies, "device_policy", where=["id"])
SETTINGS = statement(
    sa.select(
        *(_c.time_zone, _c.root_units_limit, _c.unit_members_limit, _c.needs_phone_or_mail, _c.first_password_hash, _c.invited_role),
        _c.no_outside,
    ).where(_c.id == column("company"))
)
_PROFILE = Profile.__struct_fields__
PROFILE = statement(sa.select(*(_c[name] for name in _PROFILE)).where(_c.id == column("company")))
SET_PROFILE = update_of(companies, *_PROFILE, where=["id"])
SET_LIMITS = update_of(companies, "root_units_limit", "unit_members_limit", where=["id"])
SET_TIME_ZONE = update_of(companies, "time_zone", where=["id"])
SET_NEEDS_PHONE_OR_MAIL = update_of(companies, "needs_phone_or_mail", where=["id"])
SET_FIRST_PASSWORD = update_of(companies, "first_password_hash", where=["id"])
SET_NO_OUTSIDE = update_of(companies, "no_outside", where=["id"])
SET_INVITED_ROLE = update_of(companies, "invited_role", where=["id"])
INSERT_UNIT = insert_into(units, "company", "id", "parent", "kind", "name", "sort")
UNITS = statement(
    sa.select(_u.id, _u.parent, _u.name)
    .where(_u.company == column("company"))
    .order_by(sa.func.coalesce(_u.parent, 0), _u.sort, _u.id)
    .limit(column("limit"))
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


async def set_seats(work: Work, company: int, seats: int) -> None:
    await work.run(SET_SEATS, id=company, set_seats=seats)
    work.company_changed(company)


async def set_expiry(work: Work, company: int, expires_at: int | None) -> None:
    await work.run(SET_EXPIRY, id=company, set_expires_at=expires_at)
    work.company_changed(company)


async def suspended(read: Read, wanted: Iterable[int]) -> set[int]:
    """Those of these companies that are."""
    return {row[0] for row in await read.all(SUSPENDED, companies=sorted(wanted))}


async def set_suspended(work: Work, company: int, suspended: bool) -> None:
    await work.run(SET_SUSPENDED, id=company, set_suspended=suspended)
    work.company_changed(company)


async def set_device_policy(work: Work, company: int, policy: str) -> None:
    await work.run(SET_DEVICE_POLICY, id=company, set_device_policy=policy)
    work.company_changed(company)


async def settings(read: Read, company: int) -> Settings:
    row = await read.one(SETTINGS, company=company)
    assert row is not None, "companies are never removed"
    zone, root_units, unit_members, needs_one, first_password, invited_role, no_outside = row
    return Settings(zone, root_units, unit_members, bool(needs_one), first_password, invited_role, bool(no_outside))


async def profile(read: Read, company: int) -> Profile:
    row = await read.one(PROFILE, company=company)
    assert row is not None, "companies are never removed"
    return Profile(*row)


async def set_profile(work: Work, company: int, wanted: Profile) -> None:
    await work.run(SET_PROFILE, id=company, **{f"set_{name}": getattr(wanted, name) for name in _PROFILE})
    work.company_changed(company)


async def set_limits(work: Work, company: int, root_units: int | None, unit_members: int | None) -> None:
    await work.run(SET_LIMITS, id=company, set_root_units_limit=root_units, set_unit_members_limit=unit_members)


async def set_time_zone(work: Work, company: int, zone: str) -> None:
    await work.run(SET_TIME_ZONE, id=company, set_time_zone=zone)


async def set_needs_phone_or_mail(work: Work, company: int, needed: bool) -> None:
    await work.run(SET_NEEDS_PHONE_OR_MAIL, id=company, set_needs_phone_or_mail=needed)


async def set_first_password(work: Work, company: int, stored: str | None) -> None:
    """Of those who are added from now on (SPEC A4); None: each gets a code of his own."""
    await work.run(SET_FIRST_PASSWORD, id=company, set_first_password_hash=stored)


async def set_invited_role(work: Work, company: int, role: int | None) -> None:
    """Of whoever joins by invitation from now on; None: the default."""
    await work.run(SET_INVITED_ROLE, id=company, set_invited_role=role)


async def set_no_outside(work: Work, company: int, forbidden: bool) -> None:
    await work.run(SET_NO_OUTSIDE, id=company, set_no_outside=forbidden)


async def units_of(read: Read, company: int, limit: int) -> list[Unit]:
    return [Unit(*row) for row in await read.all(UNITS, company=company, limit=limit)]
