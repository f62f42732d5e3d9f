"""Direct conversations between two who are no colleagues, and whether either may write there (SPEC H1; LOG A4).

The flag that the writer reads is the conversation's own: what keeps one of two outsiders from writing keeps the other, too.
"""

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.outside import SIDE_WIDTH, Two, side_columns, side_of
from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.conversations import conversations
from storage.schema.outside import outside_contacts, outside_talks
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

Who = tuple[int, int]
"""(company, member)"""


class Talk(msgspec.Struct, frozen=True):
    """``is_held``: nobody writes there, as the writer has it now. ``is_over``: one of the two is deleted, which no rule changes."""

    conversation: int
    is_held: bool
    is_over: bool
    two: Two


_t, _k = outside_talks.c, conversations.c
_a, _b = members.alias("a"), members.alias("b")
_of_a, _of_b = companies.alias("of_a"), companies.alias("of_b")
_by_a, _by_b = outside_contacts.alias("by_a"), outside_contacts.alias("by_b")


def _row_of(row: Any, one: Any, other: Any) -> sa.ColumnElement[bool]:
    return sa.and_(row.c.company == one.c.company, row.c.member == one.c.id, row.c.other == other.c.id)


_TALKS = (
    sa.select(_k.id, _k.muted, _k.dissolved, *side_columns(_a.c, _of_a.c, _by_a.c), *side_columns(_b.c, _of_b.c, _by_b.c))
    .select_from(outside_talks)
    .join(conversations, _k.id == _t.conversation)
    .join(_a, _a.c.id == _t.member)
    .join(_of_a, _of_a.c.id == _a.c.company)
    .join(_b, _b.c.id == _t.other)
    .join(_of_b, _of_b.c.id == _b.c.company)
    .outerjoin(_by_a, _row_of(_by_a, _a, _b))
    .outerjoin(_by_b, _row_of(_by_b, _b, _a))
)
_BEHIND = sa.tuple_(_t.member, _t.conversation) > sa.tuple_(
    sa.bindparam("member", type_=_t.member.type), sa.bindparam("conversation", type_=_t.conversation.type)
)
_PAGE = _TALKS.where(_t.company == column("company"), _BEHIND).order_by(_t.member, _t.conversation).limit(column("limit"))
PAGE, PAGE_OF = statement(_PAGE), statement(_PAGE.where(any_of(_t.member, "members")))
OF_TWO = statement(_TALKS.where(_t.company == column("company"), _t.member == column("member"), _t.other == column("other")))
INSERT = insert_into(outside_talks, "company", "member", "conversation", "other_company", "other")
HOLD = update_of(conversations, "muted", where=["id"])


async def begin(work: Work, conversation: int, one: Who, other: Who) -> None:
    for mine, theirs in ((one, other), (other, one)):
        await work.run(INSERT, company=mine[0], member=mine[1], conversation=conversation, other_company=theirs[0], other=theirs[1])


async def page(
    read: Read, company: int, *, behind: tuple[int, int] = (0, 0), limit: int, members: Collection[int] | None = None
) -> list[Talk]:
    """In the order of (member, conversation), those behind it; of these members, or of all of the company."""
    asked = {"company": company, "member": behind[0], "conversation": behind[1], "limit": limit}
    if members is None:
        return [_talk(tuple(row)) for row in await read.all(PAGE, **asked)]
    return [_talk(tuple(row)) for row in await read.all(PAGE_OF, **asked, members=sorted(members))]


async def of_two(read: Read, company: int, member: int, other: int) -> Talk | None:
    """Where the two talk, if they do."""
    row = await read.one(OF_TWO, company=company, member=member, other=other)
    return None if row is None else _talk(tuple(row))


async def hold(work: Work, conversation: int, held: bool) -> None:
    await work.run(HOLD, id=conversation, set_muted=held)


def _talk(row: "tuple[Any, ...]") -> Talk:
    conversation, held, over = row[:3]
    mine, theirs = row[3 : 3 + SIDE_WIDTH], row[3 + SIDE_WIDTH :]
    return Talk(conversation, bool(held), bool(over), Two(side_of(mine), side_of(theirs)))
