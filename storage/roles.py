"""Roles as they are stored (SPEC C1): the system roles of a company, and who has which. What a role may do is not decided here."""

import sqlalchemy as sa

from storage.draw import draw_id
from storage.schema.roles import roles
from storage.statements import column, insert_into, statement
from storage.work import Read, Work

COMPANY_ADMINISTRATOR = "company_administrator"
SYSTEM_ADMINISTRATOR = "system_administrator"
INFORMATION_ADMINISTRATOR = "information_administrator"
ORDINARY = "ordinary"
SYSTEM = (COMPANY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR, INFORMATION_ADMINISTRATOR, ORDINARY)

_r = roles.c
INSERT = insert_into(roles, "company", "id", "kind", "sort", "created_at")
OF_KIND = statement(sa.select(_r.id).where(_r.company == column("company"), _r.kind == column("kind")))
THERE = statement(sa.select(_r.id).where(_r.company == column("company"), _r.id == column("role")))


async def insert_system(work: Work, company: int) -> None:
    """The four that every company begins with; their names are the product's until they are renamed."""
    rows = [{"company": company, "id": draw_id(), "kind": kind, "sort": sort, "created_at": work.now} for sort, kind in enumerate(SYSTEM)]
    await work.many(INSERT, rows)


async def of_kind(read: Read, company: int, kind: str) -> int | None:
    """The company's system role of this kind; the built-in companies have none."""
    role: int | None = await read.value(OF_KIND, company=company, kind=kind)
    return role


async def is_there(read: Read, company: int, role: int) -> bool:
    return await read.value(THERE, company=company, role=role) is not None
