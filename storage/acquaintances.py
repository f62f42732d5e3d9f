"""Who knows a member from a conversation or his contacts, and who is not simply active: what is told when that changes (SPEC B4, B5).

Whether somebody may know of him otherwise, by the tree, is ``server.visibility``'s.
"""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.contacts import contacts
from storage.schema.conversations import conversations, marks, stays
from storage.schema.log import feed
from storage.statements import any_of, column, statement
from storage.work import Read

Pair = tuple[int, int]
"""(a member, who knows him)"""

_m, _f, _k, _v, _s, _c = members.c, feed.c, marks.c, conversations.c, stays.c, contacts.c
NOT_ACTIVE = statement(sa.select(_m.id, _m.state).where(any_of(_m.id, "members"), _m.state != sa.literal_column("'active'")))
# a position has the time of whatever it brings; pieces of an import, too, which are not in the company's log (LOG C3)
CHANGED = statement(
    sa.select(_m.id, _m.state)
    .where(any_of(_m.id, "members"), sa.exists().where(_f.position >= column("position"), _f.at == _m.state_at))
    .order_by(_m.id)
)
_crowd = stays.alias("crowd")
_MANY = (
    sa.select(_crowd.c.member)
    .where(_crowd.c.home == _v.home, _crowd.c.conversation == _v.id, _crowd.c.to_seq.is_(None))
    .limit(sa.literal_column("1"))
    .offset(column("most"))
)
# of a direct conversation in which nothing was written only who opened it has heard
PARTNERS = statement(
    sa.select(_m.id, _s.member)
    .select_from(members)
    .join(marks, sa.and_(_k.company == _m.company, _k.member == _m.id))
    .join(conversations, _v.id == _k.conversation)
    .join(stays, sa.and_(_s.home == _v.home, _s.conversation == _v.id, _s.to_seq.is_(None)))
    .where(
        any_of(_m.id, "members"),
        _k.end_seq.is_(None),
        _v.head > sa.literal_column("0"),
        _s.member != _m.id,
        sa.or_(_v.kind == sa.literal_column("'direct'"), ~_MANY.exists()),
    )
    .distinct()
)
HOLDERS = statement(sa.select(_c.contact, _c.member).where(any_of(_c.contact, "members"), ~_c.removed))


async def not_active(read: Read, wanted: Collection[int]) -> Mapping[int, str]:
    """The states of those of them who are not simply active."""
    return {row[0]: row[1] for row in await read.all(NOT_ACTIVE, members=sorted(wanted))} if wanted else {}


async def changed(read: Read, wanted: Collection[int], since: int) -> Mapping[int, str]:
    """Those of them who came into another state at the position ``since`` or later, with what they are now."""
    return {row[0]: row[1] for row in await read.all(CHANGED, members=sorted(wanted), position=since)} if wanted else {}


async def of(read: Read, wanted: Collection[int], most: int) -> Sequence[Pair]:
    """Who is in a conversation with one of them now, or has him among his contacts; groups of more than ``most`` are left out."""
    partners = await read.all(PARTNERS, members=sorted(wanted), most=most)
    return [(row[0], row[1]) for row in (*partners, *await read.all(HOLDERS, members=sorted(wanted)))]
