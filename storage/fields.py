"""Fields of a company's own on its members' cards, their values, and the company's rules of who is shown which field (SPEC B3, B9)."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import member_fields
from storage.schema.visibility import company_fields, field_privacy
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_f, _v, _p = company_fields.c, member_fields.c, field_privacy.c
PIECE = 400


class Field(msgspec.Struct, frozen=True):
    """``kind``: text, number, date, choice; ``choices`` are those of the last."""

    id: int
    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    is_required: bool = False
    sort: int = 0


OF_COMPANY = statement(
    sa.select(_f.id, _f.name, _f.kind, _f.choices, _f.is_required, _f.sort).where(_f.company == column("company")).order_by(_f.sort, _f.id)
)
INSERT = insert_into(company_fields, "company", "id", "name", "kind", "choices", "is_required", "sort")
UPDATE = update_of(company_fields, "name", "kind", "choices", "is_required", "sort", where=["company", "id"])
DELETE = statement(sa.delete(company_fields).where(_f.company == column("company"), _f.id == column("id")))
VALUES = statement(
    sa.select(_v.member, _v.field, _v.value)
    .join(company_fields, sa.and_(_f.company == _v.company, _f.id == _v.field))
    .where(_v.company == column("company"), any_of(_v.member, "members"))
    .order_by(_v.member, _f.sort, _f.id)
)
DROP_VALUES = statement(
    sa.delete(member_fields).where(_v.company == column("company"), _v.member == column("member"), any_of(_v.field, "fields"))
)
INSERT_VALUE = insert_into(member_fields, "company", "member", "field", "value")
WITH_VALUE = statement(sa.select(_v.member).where(_v.company == column("company"), _v.field == column("field")).limit(column("limit")))
DROP_OF_MEMBERS = statement(
    sa.delete(member_fields).where(_v.company == column("company"), _v.field == column("field"), any_of(_v.member, "members"))
)
PRIVACY = statement(sa.select(_p.field, _p.shown).where(_p.company == column("company")))
DROP_PRIVACY = statement(sa.delete(field_privacy).where(_p.company == column("company"), _p.field == column("field")))
INSERT_PRIVACY = insert_into(field_privacy, "company", "field", "shown")


async def of_company(read: Read, company: int) -> list[Field]:
    """In their order."""
    return [
        Field(id, name, kind, tuple(msgspec.json.decode(choices)), bool(required), sort)
        for id, name, kind, choices, required, sort in await read.all(OF_COMPANY, company=company)
    ]


def _row(field: Field) -> dict[str, object]:
    return {**msgspec.structs.asdict(field), "choices": msgspec.json.encode(field.choices).decode()}


async def insert(work: Work, company: int, field: Field) -> None:
    await work.run(INSERT, company=company, **_row(field))


async def save(work: Work, company: int, field: Field) -> None:
    row = _row(field)
    await work.run(UPDATE, company=company, id=row.pop("id"), **{f"set_{name}": value for name, value in row.items()})


async def delete(work: Work, company: int, field: int) -> None:
    """The field; its values show no more, and go by ``forget``."""
    await work.run(DELETE, company=company, id=field)


async def forget(work: Work, company: int, field: int) -> bool:
    """A piece of the values of a field that is gone; False where nothing is left."""
    found = [row[0] for row in await work.all(WITH_VALUE, company=company, field=field, limit=PIECE)]
    if found:
        await work.run(DROP_OF_MEMBERS, company=company, field=field, members=found)
    return bool(found)


async def values(read: Read, company: int, wanted: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """Member to field to value, in the fields' order; who has none is left out."""
    found: dict[int, dict[int, str]] = {}
    for member, field, value in await read.all(VALUES, company=company, members=wanted):
        found.setdefault(member, {})[field] = value
    return found


async def set_values(work: Work, company: int, member: int, wanted: Mapping[int, str]) -> None:
    """These values, and those of other fields stay; an empty one is none."""
    await work.run(DROP_VALUES, company=company, member=member, fields=list(wanted))
    rows = [{"company": company, "member": member, "field": field, "value": value} for field, value in wanted.items() if value]
    await work.many(INSERT_VALUE, rows)


async def privacy(read: Read, company: int) -> Mapping[str, str]:
    """Field to shown, own_unit or hidden; what is not named is as the server starts with."""
    return {row[0]: row[1] for row in await read.all(PRIVACY, company=company)}


async def set_privacy(work: Work, company: int, field: str, shown: str) -> None:
    await work.run(DROP_PRIVACY, company=company, field=field)
    await work.run(INSERT_PRIVACY, company=company, field=field, shown=shown)
