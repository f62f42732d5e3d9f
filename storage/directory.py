"""What the picture of a whole company is made of beside tree and members: what is searched of them, rules between units, what they hide.

Rows alone; what follows from them is ``server.directory`` and ``server.visibility``.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.visibility import unit_rule_parties, unit_rules
from storage.statements import any_of, column, statement
from storage.visibility import Rule
from storage.work import Read

_m, _r, _p, _c = members.c, unit_rules.c, unit_rule_parties.c, companies.c


class Searched(msgspec.Struct, frozen=True, gc=False):
    """What is searched of a member. ``pinyin``: as an administrator corrected it."""

    member: int
    name: str
    pinyin: str
    number: str
    phone: str
    mail: str
    employee_no: str


class Narrowed(msgspec.Struct, frozen=True):
    """``last_seen_shown``: shown, own_unit or hidden."""

    member: int
    is_phone_private: bool
    last_seen_shown: str


_SEARCHED = sa.select(_m.id, _m.name, _m.pinyin, _m.number, _m.phone, _m.mail, _m.employee_no).where(
    _m.company == column("company"), _m.state != "deleted"
)
PAGE = statement(
    _SEARCHED.where(
        sa.tuple_(_m.number, _m.id) > sa.tuple_(sa.bindparam("number", type_=_m.number.type), sa.bindparam("after", type_=_m.id.type))
    )
    .order_by(_m.number, _m.id)
    .limit(column("limit"))
)
SOME = statement(_SEARCHED.where(any_of(_m.id, "members")))
_NARROWED = sa.select(_m.id, _m.is_phone_private, _m.last_seen_shown).where(
    _m.company == column("company"), sa.or_(_m.is_phone_private, _m.last_seen_shown != "shown")
)
NARROWED = statement(_NARROWED)
NARROWED_SOME = statement(_NARROWED.where(any_of(_m.id, "members")))
RULES = statement(
    sa.select(_r.id, _r.kind, _r.may_search, _r.may_write, _p.part, _p.kind.label("party_kind"), _p.party)
    .join(unit_rule_parties, sa.and_(_p.company == _r.company, _p.rule == _r.id), isouter=True)
    .where(_r.company == column("company"), ~_r.is_off)
    .order_by(_r.sort, _r.id, _p.party)
)
KIND = statement(sa.select(_c.kind).where(_c.id == column("company")))


async def searched(read: Read, company: int, after: Searched | None, limit: int) -> list[Searched]:
    """A page of all who are not deleted, in the order of their numbers, for which there is an index."""
    number, member = (after.number, after.member) if after is not None else ("", 0)
    return [Searched(*row) for row in await read.all(PAGE, company=company, number=number, after=member, limit=limit)]


async def searched_some(read: Read, company: int, wanted: Sequence[int]) -> list[Searched]:
    return [Searched(*row) for row in await read.all(SOME, company=company, members=wanted)]


async def narrowed(read: Read, company: int, wanted: Sequence[int] | None = None) -> list[Narrowed]:
    """Who shows less of himself than his company: of everybody, or of those of ``wanted``."""
    rows = await (read.all(NARROWED, company=company) if wanted is None else read.all(NARROWED_SOME, company=company, members=wanted))
    return [Narrowed(row[0], bool(row[1]), row[2]) for row in rows]


async def rules(read: Read, company: int) -> list[Rule]:
    """All rules between units that are in force, in the order in which they are named."""
    found: dict[int, Rule] = {}
    parties: dict[int, list[tuple[str, str, int]]] = {}
    for id, kind, may_search, may_write, *party in await read.all(RULES, company=company):
        found.setdefault(id, Rule(id, kind, bool(may_search), bool(may_write), ()))
        if party[0] is not None:
            parties.setdefault(id, []).append((party[0], party[1], party[2]))
    return [msgspec.structs.replace(rule, parties=tuple(parties.get(id, ()))) for id, rule in found.items()]


async def is_a_company(read: Read, company: int) -> bool:
    """Whether it is none of the built-in ones, which have no tree."""
    return bool(await read.value(KIND, company=company) == "company")
