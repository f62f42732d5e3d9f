"""Units, and who is in them: the rows of a company's tree (SPEC B1, B2).

What may be done to a tree is ``server.org.rules``; the order of siblings and of members is by numbers that it gives.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import information_scopes, members
from storage.schema.companies import memberships, units
from storage.schema.roles import role_units
from storage.schema.visibility import unit_rule_parties
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_u, _s, _m = units.c, memberships.c, members.c
ROOT = "root"
FIRST, OTHER, NO_HEAD = "first", "other", ""


class Unit(msgspec.Struct, frozen=True, gc=False):
    """A node of the tree; ``parent`` is None of the root alone. Siblings are in the order of (sort, id)."""

    id: int
    parent: int | None
    name: str
    kind: str = "department"
    code: str = ""
    description: str = ""
    sort: int = 0
    is_disabled: bool = False
    is_hidden: bool = False
    is_renamed: bool = False


class Place(msgspec.Struct, frozen=True, gc=False):
    """A member in a unit. ``head``: first, other, or nothing; ``sort``: smaller first, 0 is none."""

    unit: int
    head: str = ""
    sort: int = 0


_UNIT = (_u.id, _u.parent, _u.name, _u.kind, _u.code, _u.description, _u.sort, _u.is_disabled, _u.is_hidden, _u.is_renamed)
OF_COMPANY = statement(sa.select(*_UNIT).where(_u.company == column("company")))
SOME = statement(sa.select(*_UNIT).where(_u.company == column("company"), any_of(_u.id, "units")))
INSERT = insert_into(
    units, *("company", "id", "parent", "name", "kind", "code", "description", "sort", "is_disabled", "is_hidden", "is_renamed")
)
_FIELDS = ("parent", "name", "kind", "code", "description", "sort", "is_disabled", "is_hidden", "is_renamed")
UPDATE = update_of(units, *_FIELDS, where=["company", "id"])
DELETE = statement(sa.delete(units).where(_u.company == column("company"), any_of(_u.id, "units")))
_on = information_scopes.alias("on_units")
SCOPES_ON = statement(
    sa.select(information_scopes.c.member, information_scopes.c.unit)
    .join(_on, sa.and_(_on.c.company == information_scopes.c.company, _on.c.member == information_scopes.c.member))
    .where(information_scopes.c.company == column("company"), any_of(_on.c.unit, "units"))
    .distinct()
)
DROP_SCOPES = statement(
    sa.delete(information_scopes).where(information_scopes.c.company == column("company"), any_of(information_scopes.c.unit, "units"))
)
DROP_ROLE_UNITS = statement(sa.delete(role_units).where(role_units.c.company == column("company"), any_of(role_units.c.unit, "units")))
DROP_PARTIES = statement(
    sa.delete(unit_rule_parties).where(
        unit_rule_parties.c.company == column("company"), unit_rule_parties.c.kind == "unit", any_of(unit_rule_parties.c.party, "units")
    )
)
NARROW = statement(
    sa.delete(information_scopes).where(
        information_scopes.c.company == column("company"),
        any_of(information_scopes.c.member, "members"),
        any_of(information_scopes.c.unit, "units"),
    )
)
ROLES_NAMING = statement(
    sa.select(sa.func.count()).select_from(role_units).where(role_units.c.company == column("company"), any_of(role_units.c.unit, "units"))
)
RULES_NAMING = statement(
    sa.select(sa.func.count())
    .select_from(unit_rule_parties)
    .where(unit_rule_parties.c.company == column("company"), unit_rule_parties.c.kind == "unit", any_of(unit_rule_parties.c.party, "units"))
)
COUNTS = statement(sa.select(_s.unit, sa.func.count()).where(_s.company == column("company"), any_of(_s.unit, "units")).group_by(_s.unit))
_PLACED = (_s.member, _s.unit, _s.head, _s.sort)
PLACES_OF = statement(
    sa.select(*_PLACED)
    .where(_s.company == column("company"), any_of(_s.member, "members"))
    .order_by(_s.member, _s.is_primary.desc(), _s.sort, _s.unit)
)
IN_UNITS = statement(
    sa.select(*_PLACED).where(_s.company == column("company"), any_of(_s.unit, "units")).order_by(_s.unit, _s.sort, _s.member)
)
INSERT_PLACE = insert_into(memberships, "company", "unit", "member", "is_primary", "sort", "head")
DROP_PLACES = statement(sa.delete(memberships).where(_s.company == column("company"), _s.member == column("member")))
SET_HEAD = update_of(memberships, "head", where=["company", "member", "unit"])
SET_SORT = update_of(memberships, "sort", where=["company", "member", "unit"])


async def of_company(read: Read, company: int) -> list[Unit]:
    """All units of the tree, in no order."""
    return [_unit(row) for row in await read.all(OF_COMPANY, company=company)]


async def some(read: Read, company: int, wanted: Sequence[int]) -> dict[int, Unit]:
    """Those of these units that are there."""
    return {row[0]: _unit(row) for row in await read.all(SOME, company=company, units=wanted)}


def _unit(row: "tuple[object, ...]") -> Unit:
    id, parent, name, kind, code, description, sort, *flags = row
    return Unit(id, parent, name, kind, code, description, sort, *map(bool, flags))  # type: ignore[arg-type]


async def insert(work: Work, company: int, unit: Unit) -> None:
    await work.run(INSERT, company=company, **msgspec.structs.asdict(unit))


async def save(work: Work, company: int, changed: Iterable[Unit]) -> None:
    """Units that are there, as they are from now on."""
    rows = [{"company": company, "id": unit.id, **{f"set_{name}": getattr(unit, name) for name in _FIELDS}} for unit in changed]
    await work.many(UPDATE, rows)


async def delete(work: Work, company: int, gone: Sequence[int]) -> list[int]:
    """Units in which nobody is, with what named them; gives the members whose information scope they were part of."""
    narrowed = await scopes_on(work, company, gone)
    for drop in (DROP_SCOPES, DROP_ROLE_UNITS, DROP_PARTIES, DELETE):
        await work.run(drop, company=company, units=gone)
    return sorted(narrowed)


async def narrow(work: Work, company: int, members: Sequence[int], gone: Sequence[int]) -> None:
    """These units are in these members' information scopes no more."""
    await work.run(NARROW, company=company, members=members, units=gone)


async def namings(read: Read, company: int, wanted: Sequence[int]) -> int:
    """How often roles and rules between units name one of these."""
    by_roles: int = await read.value(ROLES_NAMING, company=company, units=wanted)
    by_rules: int = await read.value(RULES_NAMING, company=company, units=wanted)
    return by_roles + by_rules


async def scopes_on(read: Read, company: int, wanted: Sequence[int]) -> dict[int, set[int]]:
    """The whole information scopes of those in whose scope one of these units is: member to units."""
    found: dict[int, set[int]] = {}
    for member, unit in await read.all(SCOPES_ON, company=company, units=wanted):
        found.setdefault(member, set()).add(unit)
    return found


async def counts(read: Read, company: int, wanted: Sequence[int]) -> Mapping[int, int]:
    """How many members are directly in each of these units; those with none are left out."""
    return {row[0]: row[1] for row in await read.all(COUNTS, company=company, units=wanted)}


async def places_of(read: Read, company: int, wanted: Sequence[int]) -> Mapping[int, tuple[Place, ...]]:
    """The places of these members, the primary one first; who has none is left out."""
    return _grouped(await read.all(PLACES_OF, company=company, members=wanted))


async def placed_in(read: Read, company: int, wanted: Sequence[int]) -> Mapping[int, list[tuple[int, Place]]]:
    """Who is directly in each of these units: (member, place)."""
    found: dict[int, list[tuple[int, Place]]] = {}
    for member, unit, head, sort in await read.all(IN_UNITS, company=company, units=wanted):
        found.setdefault(unit, []).append((member, Place(unit, head, sort)))
    return found


def _grouped(rows: "Iterable[tuple[int, int, str, int]]") -> dict[int, tuple[Place, ...]]:
    found: dict[int, tuple[Place, ...]] = {}
    for member, unit, head, sort in rows:
        found[member] = (*found.get(member, ()), Place(unit, head, sort))
    return found


async def set_places(work: Work, company: int, wanted: Mapping[int, Sequence[Place]]) -> None:
    """These members' places from now on, the primary one first, instead of those that they had."""
    await work.many(DROP_PLACES, [{"company": company, "member": member} for member in wanted])
    rows = [
        {
            "company": company,
            "unit": place.unit,
            "member": member,
            "is_primary": place is places[0],
            "sort": place.sort,
            "head": place.head,
        }
        for member, places in wanted.items()
        for place in places
    ]
    await work.many(INSERT_PLACE, rows)


async def set_heads(work: Work, company: int, unit: int, heads: Mapping[int, str]) -> None:
    """What each of these members is in ``unit``: first, other, or nothing."""
    await work.many(SET_HEAD, [{"company": company, "member": member, "unit": unit, "set_head": head} for member, head in heads.items()])


async def set_sort(work: Work, company: int, unit: int, member: int, sort: int) -> None:
    await work.run(SET_SORT, company=company, member=member, unit=unit, set_sort=sort)
