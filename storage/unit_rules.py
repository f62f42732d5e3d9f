"""Rules between units as they are kept and edited (SPEC B6, B9). What they mean, and which are in force, is ``server.visibility``."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.visibility import unit_rule_parties, unit_rules
from storage.statements import column, insert_into, statement, update_of
from storage.work import Read, Work

Party = tuple[str, str, int]
"""(part, kind, id): bound, white_list or exempted; unit or member."""


class Kept(msgspec.Struct, frozen=True):
    """In force unless it ``is_off``."""

    id: int
    name: str
    kind: str
    is_off: bool
    may_search: bool
    may_write: bool
    sort: int
    parties: tuple[Party, ...]


_r, _p = unit_rules.c, unit_rule_parties.c
_FIELDS = ("name", "kind", "is_off", "may_search", "may_write", "sort")
OF_COMPANY = statement(
    sa.select(_r.id, _r.name, _r.kind, _r.is_off, _r.may_search, _r.may_write, _r.sort)
    .where(_r.company == column("company"))
    .order_by(_r.sort, _r.id)
)
PARTIES = statement(
    sa.select(_p.rule, _p.part, _p.kind, _p.party).where(_p.company == column("company")).order_by(_p.rule, _p.part, _p.kind, _p.party)
)
INSERT = insert_into(unit_rules, "company", "id", *_FIELDS, "created_at")
SAVE = update_of(unit_rules, *_FIELDS, where=["company", "id"])
DELETE = statement(sa.delete(unit_rules).where(_r.company == column("company"), _r.id == column("rule")))
DROP_PARTIES = statement(sa.delete(unit_rule_parties).where(_p.company == column("company"), _p.rule == column("rule")))
INSERT_PARTY = insert_into(unit_rule_parties, "company", "rule", "part", "kind", "party")


async def of_company(read: Read, company: int) -> list[Kept]:
    """All of them, those that are off, too, in their order."""
    parties: dict[int, list[Party]] = {}
    for rule, part, kind, party in await read.all(PARTIES, company=company):
        parties.setdefault(rule, []).append((part, kind, party))
    return [
        Kept(id, name, kind, bool(off), bool(search), bool(write), sort, tuple(parties.get(id, ())))
        for id, name, kind, off, search, write, sort in await read.all(OF_COMPANY, company=company)
    ]


async def insert(work: Work, company: int, rule: Kept) -> None:
    row = {name: getattr(rule, name) for name in _FIELDS}
    await work.run(INSERT, company=company, id=rule.id, **row, created_at=work.now)
    await _put(work, company, rule.id, rule.parties)


async def save(work: Work, company: int, rule: Kept) -> None:
    """One that is there, as it is from now on."""
    await work.run(SAVE, company=company, id=rule.id, **{f"set_{name}": getattr(rule, name) for name in _FIELDS})
    await work.run(DROP_PARTIES, company=company, rule=rule.id)
    await _put(work, company, rule.id, rule.parties)


async def _put(work: Work, company: int, rule: int, parties: Sequence[Party]) -> None:
    rows = [{"company": company, "rule": rule, "part": part, "kind": kind, "party": party} for part, kind, party in parties]
    await work.many(INSERT_PARTY, rows)


async def delete(work: Work, company: int, rule: int) -> None:
    for drop in (DROP_PARTIES, DELETE):
        await work.run(drop, company=company, rule=rule)
