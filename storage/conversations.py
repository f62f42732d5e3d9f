"""Conversations and who is in them: making one, joining, leaving, by the same rules as the message batch (LOG C2, G, H1).

``Ledger`` is one conversation inside a unit in the turn: whatever it appends raises the heads and the feed once, at ``close``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from protocol.bodies import Checked
from storage.feed import Moved
from storage.schema.companies import companies
from storage.schema.conversations import conversations, marks, stays
from storage.schema.log import messages
from storage.statements import column, insert_into, statement, update_of
from storage.work import Read, Work
from storage.writer.loaded import Conversation

_c = conversations.c
_HEADS = (_c.id, _c.home, _c.kind, _c.head, _c.change, _c.countable, _c.mention_all, _c.last_at, _c.dissolved, _c.muted, _c.head, _c.change)

FIND = statement(sa.select(*_HEADS).where(_c.id == column("id")))
FIND_DIRECT = statement(sa.select(_c.id).where(_c.direct_low == column("low"), _c.direct_high == column("high")))
INSERT = insert_into(conversations, "id", "home", "kind", "name", "direct_low", "direct_high", "created_at", "place", "muted")
RAISE = update_of(conversations, "head", "change", "countable", "mention_all", "last_at", "place", where=["id"])
INSERT_NOTE = insert_into(messages, "home", "conversation", "seq", "member", "kind", "body", "salt", "sent_at", "countable", "mention_all")
INSERT_STAY = insert_into(stays, "home", "conversation", "member", "from_seq")
END_STAY = statement(
    sa.update(stays)
    .values(to_seq=column("set_to_seq"))
    .where(
        stays.c.home == column("home"),
        stays.c.conversation == column("conversation"),
        stays.c.member == column("member"),
        stays.c.to_seq.is_(None),
    )
)
OPEN_STAYS = statement(
    sa.select(stays.c.member, stays.c.from_seq).where(
        stays.c.home == column("home"), stays.c.conversation == column("conversation"), stays.c.to_seq.is_(None)
    )
)
INSERT_MARKS = insert_into(
    marks, "company", "member", "conversation", "read", "read_countable", "read_mention_all", "delivered", "is_open", "place"
)
_KEY = ["company", "member", "conversation"]
REJOIN_MARKS = update_of(
    marks,
    *("read", "read_countable", "read_mention_all", "delivered", "is_open", "place"),
    *("end_seq", "end_change", "end_countable", "end_mention_all", "end_at"),
    where=_KEY,
)
END_MARKS = update_of(marks, "place", "end_seq", "end_change", "end_countable", "end_mention_all", "end_at", where=_KEY)
OPEN_MARKS = update_of(marks, "is_open", "place", where=_KEY)


SYSTEM_OF = statement(
    sa.select(*_HEADS)
    .join(marks, marks.c.conversation == _c.id)
    .where(marks.c.company == column("company"), marks.c.member == column("member"), _c.kind == "system")
    .limit(1)
)
# of the groups and discussions that a member is in; marks rows are clustered by member, stays are not (LOG G1)
STAYING = statement(
    sa.select(marks.c.conversation)
    .join(conversations, _c.id == marks.c.conversation)
    .where(
        marks.c.company == column("company"),
        marks.c.member == column("member"),
        marks.c.end_seq.is_(None),
        _c.kind != "direct",
        _c.kind != "system",
        ~_c.dissolved,
    )
    .order_by(marks.c.conversation)
    .limit(column("limit"))
)


TALKING = statement(
    sa.select(_c.kind, _c.head, _c.dissolved, _c.muted, marks.c.silenced, companies.c.suspended, companies.c.expires_at)
    .join(marks, sa.and_(marks.c.conversation == _c.id, marks.c.company == column("company"), marks.c.member == column("member")))
    .join(companies, companies.c.id == marks.c.company)
    .where(_c.id == column("conversation"))
)
# at most so many at a time: who was here for long has talked with everybody
_DIRECT = (
    sa.select(marks.c.conversation)
    .join(conversations, _c.id == marks.c.conversation)
    .where(
        marks.c.company == column("company"),
        marks.c.member == column("member"),
        _c.kind == sa.literal_column("'direct'"),
        ~_c.dissolved,
    )
    .limit(column("limit"))
)
END_DIRECT = statement(
    sa.update(conversations).values(dissolved=sa.true(), place=column("set_place")).where(_c.id.in_(_DIRECT.scalar_subquery()))
)


async def end_direct(work: Work, company: int, member: int, limit: int) -> int:
    """Nobody writes any more in some of the direct conversations of a member who is deleted (SPEC B4); gives how many these were.

    The flag is no rule's, so a rule that is lifted lets nobody write to him (LOG A4). Its place moves, so devices that are away hear of it.
    """
    return await work.run(END_DIRECT, company=company, member=member, limit=limit, set_place=work.position)


async def staying(read: Read, company: int, member: int, limit: int) -> list[int]:
    """Some of the groups and discussions that a member is in now; dissolved ones move no more, so nobody leaves them."""
    return [row[0] for row in await read.all(STAYING, company=company, member=member, limit=limit)]


async def find(read: Read, conversation: int) -> Conversation | None:
    """The conversation's heads as they are now."""
    row = await read.one(FIND, id=conversation)
    return None if row is None else Conversation(*row)


async def system_of(read: Read, company: int, member: int) -> Conversation | None:
    """Where the server speaks to that member."""
    row = await read.one(SYSTEM_OF, company=company, member=member)
    return None if row is None else Conversation(*row)


async def find_direct(read: Read, one: int, other: int) -> int | None:
    """The direct conversation of two members; of one member with himself: his other devices."""
    found: int | None = await read.value(FIND_DIRECT, low=min(one, other), high=max(one, other))
    return found


class Talking(NamedTuple):
    """What a member may do in a conversation. ``has_begun``: something was written; till then only who opened it knows of it."""

    is_direct: bool
    has_begun: bool
    may_write: bool


async def talking(read: Read, conversation: int, company: int, member: int, now: int) -> Talking:
    """By the columns that the writer decides by; what it gives is a hint, for it is of a moment ago.

    What rules between units forbid is not in it: in direct conversations that column follows them, and whoever asks knows them better.
    """
    row = await read.one(TALKING, conversation=conversation, company=company, member=member)
    if row is None:
        return Talking(False, False, False)
    kind, head, dissolved, muted, silenced, suspended, expires_at = row
    is_muted = silenced and kind != "direct"
    is_over = expires_at is not None and expires_at <= now
    return Talking(kind == "direct", head > 0, not (dissolved or muted or is_muted or suspended or is_over))


async def open_stays(read: Read, place: Conversation) -> dict[int, int]:
    """Who is in it now, and since which seq."""
    return {row[0]: row[1] for row in await read.all(OPEN_STAYS, home=place.home, conversation=place.id)}


class Ledger:
    """One conversation inside a unit in the turn."""

    def __init__(self, work: Work, place: Conversation) -> None:
        self._work = work
        self.place = place
        self._moved = Moved(place.id, place.home, place.head, place.head, place.change, place.change)

    @classmethod
    async def create(
        cls, work: Work, id: int, home: int, kind: str, *, name: str = "", pair: tuple[int, int] | None = None, muted: bool = False
    ) -> "Ledger":
        """A new conversation; ``pair`` are the two members of a direct one; ``muted``: nobody writes there but the server."""
        low, high = (min(pair), max(pair)) if pair else (None, None)
        await work.run(
            INSERT,
            **{"id": id, "home": home, "kind": kind, "name": name, "direct_low": low, "direct_high": high, "muted": muted},
            **{"created_at": work.now, "place": work.position},
        )
        return cls(work, Conversation(id, home, kind, 0, 0, 0, 0, work.now, False, False, 0, 0))

    async def note(self, body: Checked, *, by: int, salt: bytes, countable: bool = False) -> int:
        """Append what the server says; a system note is silent: it counts for nobody as unread."""
        place = self.place
        seq = place.append(self._work.now, countable=countable)
        await self._work.run(
            INSERT_NOTE,
            home=place.home,
            conversation=place.id,
            seq=seq,
            member=by,
            kind=body.kind,
            body=body.canonical,
            salt=salt,
            sent_at=place.last_at,
            countable=place.countable,
            mention_all=place.mention_all,
        )
        return seq

    async def join(self, who: Sequence[tuple[int, int]], from_seq: int, *, open_for: Sequence[int] = ()) -> None:
        """Begin stays of (company, member) with ``from_seq``: the mark stands right before it (LOG H1)."""
        place, work = self.place, self._work
        assert from_seq > place.seq_before, "the mark takes the head's numbers: what came before the first seq must be all that counts"
        for company, member in who:
            await work.run(INSERT_STAY, home=place.home, conversation=place.id, member=member, from_seq=from_seq)
            key = {"company": company, "member": member, "conversation": place.id}
            fresh: dict[str, Any] = {
                "read": from_seq - 1,
                "read_countable": place.countable,
                "read_mention_all": place.mention_all,
                "delivered": from_seq - 1,
                "is_open": member in open_for,
                "place": work.position,
            }
            ended = dict.fromkeys(("end_seq", "end_change", "end_countable", "end_mention_all", "end_at"))
            if not await work.run(REJOIN_MARKS, **key, **{f"set_{name}": value for name, value in {**fresh, **ended}.items()}):
                await work.run(INSERT_MARKS, **key, **fresh)
            self._moved.joined.append((member, from_seq))

    async def leave(self, company: int, member: int, to_seq: int) -> bool:
        """End the open stay of a member with ``to_seq``; False where there is none."""
        place, work = self.place, self._work
        if not await work.run(END_STAY, home=place.home, conversation=place.id, member=member, set_to_seq=to_seq):
            return False
        await work.run(
            END_MARKS,
            company=company,
            member=member,
            conversation=place.id,
            set_place=work.position,
            set_end_seq=to_seq,
            set_end_change=place.change,
            set_end_countable=place.countable,
            set_end_mention_all=place.mention_all,
            set_end_at=place.last_at,
        )
        self._moved.left.append((member, to_seq))
        return True

    async def open_for(self, company: int, member: int) -> None:
        """Show it in the member's list although nothing was written yet."""
        await self._work.run(
            OPEN_MARKS, company=company, member=member, conversation=self.place.id, set_is_open=True, set_place=self._work.position
        )
        self._work.own(member, "settings", self.place.id)

    async def close(self) -> None:
        """Raise the heads and tell the feed."""
        place, moved = self.place, self._moved
        if place.moved:
            await self._work.run(
                RAISE,
                id=place.id,
                set_head=place.head,
                set_change=place.change,
                set_countable=place.countable,
                set_mention_all=place.mention_all,
                set_last_at=place.last_at,
                set_place=self._work.position,
            )
        moved.seq, moved.change = place.head, place.change
        if place.moved or moved.joined or moved.left:
            self._work.moved(moved)
