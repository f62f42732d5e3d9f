"""Number segments: the ranges of account numbers that companies own, none of them two companies' (SPEC B3)."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import numbers
from storage.schema.companies import number_segments
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_g, _n = number_segments.c, numbers.c


class Segment(msgspec.Struct, frozen=True):
    """Numbers from ``first`` to ``last``; what is below ``next`` was handed out or passed over."""

    first: int
    last: int
    next: int
    company: int


_SEGMENTS = sa.select(_g.first, _g.last, _g.next, _g.company)
OF_COMPANY = statement(_SEGMENTS.where(_g.company == column("company")).order_by(_g.first))
ALL = statement(_SEGMENTS.order_by(_g.first))
INSERT = insert_into(number_segments, "first", "last", "next", "company", "created_at")
SET_NEXT = update_of(number_segments, "next", where=["first"])
EVER_HELD = statement(sa.select(_n.number).distinct().where(any_of(_n.number, "numbers")))


async def of_company(read: Read, company: int) -> list[Segment]:
    """In the order of their numbers."""
    return [Segment(*row) for row in await read.all(OF_COMPANY, company=company)]


async def every(read: Read) -> list[Segment]:
    """Those of all companies, in the order of their numbers."""
    return [Segment(*row) for row in await read.all(ALL)]


async def insert(work: Work, company: int, first: int, last: int) -> None:
    await work.run(INSERT, first=first, last=last, next=first, company=company, created_at=work.now)


async def set_next(work: Work, first: int, next_number: int) -> None:
    await work.run(SET_NEXT, first=first, set_next=next_number)


async def ever_held(read: Read, wanted: Sequence[str]) -> set[str]:
    """Which of these account numbers somebody holds or held: a deleted member's comes back by reassignment alone (SPEC B4)."""
    return {row[0] for row in await read.all(EVER_HELD, numbers=wanted)}
