"""Reading messages as they are now: by seq, by change, and what belongs to them (reactions, hidden ones).

Who may see them is decided by stays, in ``server.messages.rules``; here is only what is stored.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.conversations import conversations, favourites, hidden, marks, stays
from storage.schema.log import messages, reactions, versions
from storage.statements import any_of, column, insert_into, rows_of, statement, update_of
from storage.work import Read

_m, _v = messages.c, versions.c
_FIRST: Any = sa.literal_column("1")
_NEWEST = messages.outerjoin(
    versions,
    sa.and_(_m.version > _FIRST, _v.home == _m.home, _v.conversation == _m.conversation, _v.seq == _m.seq, _v.version == _m.version),
)


def _as_now(*more: Any) -> "sa.Select[Any]":
    """A message's columns as they are now: the newest version's body, none for a recalled one."""
    body = sa.case((_m.recalled, None), (_m.version > _FIRST, _v.body), else_=_m.body)
    reply_to = sa.case((_m.version > _FIRST, _v.reply_to), else_=_m.reply_to)
    return sa.select(
        *more,
        _m.conversation,
        _m.seq,
        _m.member,
        _m.client_id,
        _m.sent_at,
        _m.change,
        _m.version,
        _m.recalled,
        _m.reacted,
        _m.pinned_at,
        sa.type_coerce(reply_to, sa.BigInteger).label("reply_to"),
        sa.type_coerce(body, sa.LargeBinary).label("body"),
        sa.case((_m.recalled, None), else_=_v.at).label("edited_at"),
    ).select_from(_NEWEST)


class Row:
    """A message as it is now."""

    __slots__ = (
        "body", "change", "client_id", "conversation", "edited_at", "member", "pinned", "reactions", "recalled", "reply_to", "sent_at",
        "seq", "version",
    )  # fmt: skip

    def __init__(
        self,
        conversation: int,
        seq: int,
        member: int,
        client_id: bytes | None,
        sent_at: int,
        change: int = 0,
        version: int = 1,
        recalled: bool = False,
        pinned: bool = False,
        reply_to: int = 0,
        body: bytes | None = None,
        edited_at: int = 0,
        reactions: dict[str, tuple[int, ...]] | None = None,
    ) -> None:
        self.conversation = conversation
        self.seq = seq
        self.member = member
        self.client_id = client_id
        self.sent_at = sent_at
        self.change = change
        self.version = version
        self.recalled = recalled
        self.pinned = pinned
        self.reply_to = reply_to
        self.body = body
        self.edited_at = edited_at
        self.reactions = reactions


_BY_SEQ = (_m.home == column("home"), _m.conversation == column("conversation"))
BETWEEN = statement(_as_now().where(*_BY_SEQ, _m.seq.between(column("first"), column("last"))).order_by(_m.seq))
AT = statement(_as_now().where(rows_of([_m.home, _m.conversation, _m.seq], ["homes", "conversations", "seqs"])))
CHANGED = statement(
    _as_now()
    .where(_m.conversation == column("conversation"), _m.change > column("after"), _m.change > sa.literal_column("0"))
    .order_by(_m.change)
    .limit(column("limit"))
)
CHANGED_IN_STAYS = statement(
    _as_now()
    .where(_m.conversation == column("conversation"), _m.change > column("after"), _m.change > sa.literal_column("0"))
    .where(
        sa.exists().where(
            stays.c.home == _m.home,
            stays.c.conversation == _m.conversation,
            stays.c.member == column("member"),
            stays.c.from_seq <= _m.seq,
            sa.func.coalesce(stays.c.to_seq, _m.seq) >= _m.seq,
        )
    )
    .order_by(_m.change)
    .limit(column("limit"))
)
CHANGED_UP_TO = statement(
    _as_now()
    .where(
        _m.conversation == column("conversation"),
        _m.change > column("after"),
        _m.change <= column("up_to"),
        _m.change > sa.literal_column("0"),
    )
    .order_by(_m.change)
)
PINNED = statement(_as_now().where(_m.conversation == column("conversation"), _m.pinned_at.is_not(None)).order_by(_m.seq))
REACTIONS = statement(
    sa.select(reactions.c.seq, reactions.c.emoji, reactions.c.member)
    .where(reactions.c.conversation == column("conversation"), any_of(reactions.c.seq, "seqs"))
    .order_by(reactions.c.seq, reactions.c.at, reactions.c.member)
)
STAYS_OF = statement(
    sa.select(stays.c.from_seq, stays.c.to_seq)
    .where(stays.c.home == column("home"), stays.c.conversation == column("conversation"), stays.c.member == column("member"))
    .order_by(stays.c.from_seq)
)
ENDED_STAYS = statement(
    sa.select(stays.c.member, stays.c.from_seq, stays.c.to_seq).where(
        stays.c.home == column("home"), stays.c.conversation == column("conversation"), stays.c.to_seq >= column("first")
    )
)
STAYS_FROM = statement(
    sa.select(stays.c.member, stays.c.from_seq, stays.c.to_seq).where(
        stays.c.home == column("home"),
        stays.c.conversation == column("conversation"),
        sa.or_(stays.c.to_seq.is_(None), stays.c.to_seq >= column("first")),
    )
)
HIDDEN = statement(
    sa.select(hidden.c.seq).where(
        hidden.c.member == column("member"),
        hidden.c.conversation == column("conversation"),
        hidden.c.seq.between(column("first"), column("last")),
    )
)
HIDDEN_AFTER = statement(
    sa.select(hidden.c.seq, hidden.c.number)
    .where(hidden.c.member == column("member"), hidden.c.conversation == column("conversation"), hidden.c.number > column("number"))
    .order_by(hidden.c.number)
    .limit(column("limit"))
)
_k = marks.c
PARTICIPANT = statement(
    sa.select(
        conversations.c.home,
        conversations.c.kind,
        conversations.c.head,
        conversations.c.change,
        _k.end_seq,
        _k.end_change,
        _k.hidden,
    )
    .select_from(marks.join(conversations, conversations.c.id == _k.conversation))
    .where(_k.company == column("company"), _k.member == column("member"), _k.conversation == column("conversation"))
)
MARKS_OF_OTHERS = statement(
    sa.select(_k.member, _k.delivered, _k.read)
    .select_from(
        stays.join(members, members.c.id == stays.c.member).join(
            marks, sa.and_(_k.company == members.c.company, _k.member == members.c.id, _k.conversation == stays.c.conversation)
        )
    )
    .where(stays.c.home == column("home"), stays.c.conversation == column("conversation"), stays.c.to_seq.is_(None))
    .order_by(_k.member)
    .limit(column("limit"))
)
MARKS_OF = statement(
    sa.select(_k.member, _k.delivered, _k.read)
    .select_from(
        members.join(marks, sa.and_(_k.company == members.c.company, _k.member == members.c.id, _k.conversation == column("conversation")))
    )
    .where(any_of(members.c.id, "members"))
)
HIDE = insert_into(hidden, "member", "conversation", "seq", "number")
IS_HIDDEN = statement(
    sa.select(hidden.c.number).where(
        hidden.c.member == column("member"), hidden.c.conversation == column("conversation"), hidden.c.seq == column("seq")
    )
)
RAISE_HIDDEN = update_of(marks, "hidden", "place", where=["company", "member", "conversation"])
INSERT_FAVOURITE = insert_into(favourites, "company", "member", "client_id", "conversation", "seq", "note", "at", "place")
FAVOURITE = statement(
    sa.select(favourites.c.conversation, favourites.c.seq, favourites.c.note, favourites.c.removed).where(
        favourites.c.company == column("company"), favourites.c.member == column("member"), favourites.c.client_id == column("client_id")
    )
)
REMOVE_FAVOURITE = update_of(favourites, "removed", "place", where=["company", "member", "client_id"])
FAVOURITES = statement(
    sa.select(favourites.c.client_id, favourites.c.conversation, favourites.c.seq, favourites.c.note, favourites.c.at)
    .where(
        favourites.c.company == column("company"),
        favourites.c.member == column("member"),
        sa.not_(favourites.c.removed),
        favourites.c.client_id < column("before"),
    )
    .order_by(favourites.c.client_id.desc())
    .limit(column("limit"))
)


def _row(found: Any) -> Row:
    conversation, seq, member, client_id, sent_at, change, version, recalled, _, pinned_at, reply_to, body, edited_at = found
    row = Row(conversation, seq, member, client_id, sent_at, change, version, bool(recalled))
    row.pinned = pinned_at is not None
    row.reply_to = reply_to or 0
    row.body = body
    row.edited_at = edited_at or 0
    return row


async def _complete(read: Read, conversation: int, found: Sequence[Any]) -> list[Row]:
    """The rows with their reactions."""
    rows = [_row(one) for one in found]
    reacted = [one[1] for one in found if one[8]]
    if reacted:
        by_seq: dict[int, dict[str, list[int]]] = {}
        for seq, emoji, member in await read.all(REACTIONS, conversation=conversation, seqs=reacted):
            by_seq.setdefault(seq, {}).setdefault(emoji, []).append(member)
        for row in rows:
            if row.seq in by_seq:
                row.reactions = {emoji: tuple(members) for emoji, members in by_seq[row.seq].items()}
    return rows


async def between(read: Read, home: int, conversation: int, first: int, last: int) -> list[Row]:
    """All messages from seq ``first`` to ``last``, as they are now."""
    return await _complete(read, conversation, await read.all(BETWEEN, home=home, conversation=conversation, first=first, last=last))


async def at(read: Read, places: Sequence[tuple[int, int, int]]) -> dict[int, Row]:
    """One message of each conversation, by (home, conversation, seq)."""
    if not places:
        return {}
    homes, conversations, seqs = (list(column) for column in zip(*places, strict=True))
    found = await read.all(AT, homes=homes, conversations=conversations, seqs=seqs)
    return {row[0]: (await _complete(read, row[0], [row]))[0] for row in found}


async def changed(read: Read, conversation: int, after: int, limit: int) -> list[Row]:
    """Messages whose latest change is above ``after``, in the order of their changes."""
    return await _complete(read, conversation, await read.all(CHANGED, conversation=conversation, after=after, limit=limit))


async def changed_in_stays(read: Read, conversation: int, member: int, after: int, limit: int) -> list[Row]:
    """As ``changed``, of the member's own stays alone: what others changed elsewhere takes no place of a page."""
    values = {"conversation": conversation, "member": member, "after": after, "limit": limit}
    return await _complete(read, conversation, await read.all(CHANGED_IN_STAYS, **values))


async def changed_up_to(read: Read, conversation: int, after: int, up_to: int) -> list[Row]:
    """Messages whose latest change is above ``after`` and at most ``up_to``."""
    return await _complete(read, conversation, await read.all(CHANGED_UP_TO, conversation=conversation, after=after, up_to=up_to))


async def pinned(read: Read, conversation: int) -> list[Row]:
    return await _complete(read, conversation, await read.all(PINNED, conversation=conversation))


async def stays_of(read: Read, home: int, conversation: int, member: int) -> list[tuple[int, int | None]]:
    """The member's stays in ascending order: (from_seq, to_seq or None)."""
    return [(row[0], row[1]) for row in await read.all(STAYS_OF, home=home, conversation=conversation, member=member)]


async def hidden_between(read: Read, member: int, conversation: int, ranges: Iterable[tuple[int, int]]) -> set[int]:
    """Seqs that the member has hidden from himself, within the ranges."""
    found: set[int] = set()
    for first, last in ranges:
        rows = await read.all(HIDDEN, member=member, conversation=conversation, first=first, last=last)
        found.update(row[0] for row in rows)
    return found
