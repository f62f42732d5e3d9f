"""A member's conversations as he has them: all, or those that are new since a position (LOG E1, E5, H1).

One statement over his marks rows and their conversations; for ended stays the marks row alone says how far they reach.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from storage.schema.conversations import conversations, drafts, marks, mentions
from storage.statements import any_of, column, statement
from storage.work import Read

_k, _c = marks.c, conversations.c
_NOTHING: Any = sa.literal_column("0")
_mention_count = (
    sa.select(sa.func.count())
    .select_from(mentions)
    .where(
        mentions.c.member == _k.member,
        mentions.c.conversation == _k.conversation,
        mentions.c.seq > _k.read,
        mentions.c.seq <= sa.func.coalesce(_k.end_seq, _c.head),
    )
    .scalar_subquery()
)
_STATE = sa.select(
    _k.conversation,
    _c.home,
    _c.kind,
    _c.name,
    _c.direct_low,
    _c.direct_high,
    sa.func.coalesce(_k.end_seq, _c.head).label("seq"),
    sa.func.coalesce(_k.end_change, _c.change).label("change"),
    _k.end_seq,
    _k.read,
    _k.delivered,
    (sa.func.coalesce(_k.end_countable, _c.countable) - _k.read_countable).label("unread"),
    (sa.func.coalesce(_k.end_mention_all, _c.mention_all) - _k.read_mention_all).label("mention_all"),
    sa.case((_c.kind == sa.literal_column("'direct'"), _NOTHING), else_=_mention_count).label("mentions"),
    _k.marked_unread,
    _k.pinned_to_top,
    _k.muted,
    _k.archived,
    _k.hidden,
    _k.is_open,
    drafts.c.text.label("draft"),
).select_from(
    marks.join(conversations, _c.id == _k.conversation).outerjoin(
        drafts, sa.and_(drafts.c.company == _k.company, drafts.c.member == _k.member, drafts.c.conversation == _k.conversation)
    )
)
_MINE = (_k.company == column("company"), _k.member == column("member"))
# an opened direct conversation in which nothing was written is its opener's alone
_SHOWN = sa.or_(_c.head > _NOTHING, _k.is_open, _c.kind != sa.literal_column("'direct'"))
_NEW = sa.or_(
    _k.place > column("since"),
    sa.and_(_k.end_seq.is_(None), _c.place > column("since")),
    sa.func.coalesce(drafts.c.place, _NOTHING) > column("since"),
)
ONE = statement(_STATE.where(*_MINE, _k.conversation == column("conversation")))
SINCE = statement(_STATE.where(*_MINE, _SHOWN, _NEW, _k.conversation > column("behind")).order_by(_k.conversation).limit(column("limit")))
_IS_DIRECT = _c.kind == sa.literal_column("'direct'")
_PEER = sa.case((_c.direct_low == _k.member, _c.direct_high), else_=_c.direct_low)
_PEERS_TOO = sa.or_(_NEW, sa.and_(_IS_DIRECT, any_of(_PEER, "peers")))
SINCE_WITH = statement(
    _STATE.where(*_MINE, _SHOWN, _PEERS_TOO, _k.conversation > column("behind")).order_by(_k.conversation).limit(column("limit"))
)
SINCE_WITH_ALL = statement(
    _STATE.where(*_MINE, _SHOWN, sa.or_(_NEW, _IS_DIRECT), _k.conversation > column("behind"))
    .order_by(_k.conversation)
    .limit(column("limit"))
)
ALL = statement(_STATE.where(*_MINE, _SHOWN, _k.conversation > column("behind")).order_by(_k.conversation).limit(column("limit")))


async def one(read: Read, company: int, member: int, conversation: int) -> Any | None:
    """One conversation as the member has it; None where he never was in it."""
    return await read.one(ONE, company=company, member=member, conversation=conversation)


async def since(
    read: Read, company: int, member: int, position: int, behind: int, limit: int, *, peers: Collection[int] | None = ()
) -> list[Any]:
    """What is new for him since ``position``, in the order of conversation ids, those above ``behind``.

    ``peers``: who came into another state since then, so that a direct conversation with one of them is another; None: it may be anybody.
    """
    asked = {"company": company, "member": member, "since": position, "behind": behind, "limit": limit}
    if peers is None:
        return await read.all(SINCE_WITH_ALL, **asked)
    return await read.all(SINCE_WITH, **asked, peers=sorted(peers)) if peers else await read.all(SINCE, **asked)


async def every(read: Read, company: int, member: int, behind: int, limit: int) -> list[Any]:
    """All of his conversations, in the order of their ids, those above ``behind``."""
    return await read.all(ALL, company=company, member=member, behind=behind, limit=limit)
