"""Who may not write in which direct conversation: what rules between units forbid, as the writer's look-up reads it (LOG A4).

A direct conversation has no administrators, so there ``marks.silenced`` is these rules' alone. What they forbid is ``server.visibility``'s.
"""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.conversations import conversations, marks
from storage.schema.visibility import unit_rules
from storage.statements import any_of, column, rows_of, statement, update_of
from storage.work import Read, Work

_k, _c, _r = marks.c, conversations.c, unit_rules.c


class Side(msgspec.Struct, frozen=True):
    """One of the two of a direct conversation, and the other: ``member`` writes to ``other``."""

    member: int
    conversation: int
    other: int
    is_silenced: bool


_OTHER = sa.case((_c.direct_low == _k.member, _c.direct_high), else_=_c.direct_low)
_SIDES = (
    sa.select(_k.member, _k.conversation, _OTHER, _k.silenced)
    .join(conversations, _c.id == _k.conversation)
    .where(_k.company == column("company"), _c.direct_low.is_not(None), _c.direct_low != _c.direct_high)
)
_BEHIND = sa.tuple_(_k.member, _k.conversation) > sa.tuple_(
    sa.bindparam("member", type_=_k.member.type), sa.bindparam("conversation", type_=_k.conversation.type)
)
PAGE = statement(_SIDES.where(_BEHIND).order_by(_k.member, _k.conversation).limit(column("limit")))
PAGE_OF = statement(_SIDES.where(_BEHIND, any_of(_k.member, "members")).order_by(_k.member, _k.conversation).limit(column("limit")))
SILENCED = statement(_SIDES.where(_k.silenced).limit(column("limit")))
SOME = statement(_SIDES.where(rows_of((_k.member, _k.conversation), ("members", "conversations"))))
FORBIDDING = statement(
    sa.select(_r.id).where(_r.company == column("company"), ~_r.is_off, _r.kind != "hide", ~_r.may_write).limit(sa.literal_column("1"))
)
SET = update_of(marks, "silenced", where=["company", "member", "conversation"])


async def page(
    read: Read, company: int, *, behind: tuple[int, int] = (0, 0), limit: int, members: Collection[int] | None = None
) -> list[Side]:
    """In the order of (member, conversation), those behind it; of these members, or of all of the company."""
    asked = {"company": company, "member": behind[0], "conversation": behind[1], "limit": limit}
    if members is None:
        return [_side(row) for row in await read.all(PAGE, **asked)]
    return [_side(row) for row in await read.all(PAGE_OF, **asked, members=sorted(members))]


async def silenced(read: Read, company: int, limit: int) -> list[Side]:
    """Some of those who may not write."""
    return [_side(row) for row in await read.all(SILENCED, company=company, limit=limit)]


async def turned(read: Read, company: int, sides: Sequence[Side]) -> list[Side]:
    """The other side of each, where the other is of the same company."""
    asked = {"members": [one.other for one in sides], "conversations": [one.conversation for one in sides]}
    return [_side(row) for row in await read.all(SOME, company=company, **asked)]


async def is_anything_forbidden(read: Read, company: int) -> bool:
    """Whether there is a rule in force that keeps whom it binds from writing to somebody."""
    return await read.value(FORBIDDING, company=company) is not None


async def silence(work: Work, company: int, sides: Sequence[Side]) -> None:
    """Each as it says."""
    rows = [{"company": company, "member": one.member, "conversation": one.conversation, "set_silenced": one.is_silenced} for one in sides]
    await work.many(SET, rows)


def _side(row: "tuple[int, int, int, int]") -> Side:
    member, conversation, other, silenced = row
    return Side(member, conversation, other, bool(silenced))
