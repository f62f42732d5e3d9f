"""The change feed: what others must learn of a transaction in the turn, one row each, positions without holes (LOG D).

A payload tells which conversations moved and whose own rows changed, never what was written: followers read rows as they are now.
"""

import msgspec
import sqlalchemy as sa

from storage.schema.log import feed
from storage.statements import insert_into, statement


class Moved(msgspec.Struct, array_like=True, omit_defaults=True):
    """A conversation's part: heads before and after, who joined (member, from seq) and left (member, to seq), whose marks moved."""

    conversation: int
    home: int
    seq_before: int
    seq: int
    change_before: int = 0
    change: int = 0
    marks: list[int] = msgspec.field(default_factory=list)
    joined: list[tuple[int, int]] = msgspec.field(default_factory=list)
    left: list[tuple[int, int]] = msgspec.field(default_factory=list)
    reload: bool = False


class Own(msgspec.Struct, array_like=True):
    """A member's own rows that his devices must hear of: what is one of `settings`, `draft`, `hidden`, `favourites`,
    `contacts`, `outside`.
    """

    member: int
    what: str
    conversation: int = 0
    before: int = 0
    after: int = 0


class SessionGone(msgspec.Struct, array_like=True):
    session: int
    reason: str


class Payload(msgspec.Struct, array_like=True, omit_defaults=True):
    """What one position brings; 9-55 bytes a message packed."""

    conversations: list[Moved] = msgspec.field(default_factory=list)
    own: list[Own] = msgspec.field(default_factory=list)
    sessions: list[SessionGone] = msgspec.field(default_factory=list)
    members: list[int] = msgspec.field(default_factory=list)  # state, name, card changed
    companies: list[int] = msgspec.field(default_factory=list)
    freed: list[int] = msgspec.field(default_factory=list)  # sessions whose first password was changed: they may do everything now


encode_payload = msgspec.msgpack.Encoder().encode
decode_payload = msgspec.msgpack.Decoder(Payload).decode


class FeedRow(msgspec.Struct, frozen=True):
    position: int
    batch: bytes
    at: int
    payload: Payload


INSERT = insert_into(feed, "position", "batch", "at", "payload")
HEAD = statement(sa.select(feed.c.position).order_by(feed.c.position.desc()).limit(1))
AT = statement(sa.select(feed.c.batch).where(feed.c.position == sa.bindparam("position")))
LOWEST = statement(sa.select(sa.func.min(feed.c.position)))
AFTER = statement(
    sa.select(feed.c.position, feed.c.batch, feed.c.at, feed.c.payload)
    .where(feed.c.position > sa.bindparam("position"))
    .order_by(feed.c.position)
    .limit(sa.bindparam("limit"))
)
# D3: not before ten minutes, never the last one, outside the turn; and never one behind another that stays, though the clock that gave
# their times was set back: who looks for a position (LOG B1) must be able to tell `gone` from `never there`
_other = feed.alias("other")
REMOVE_OLD = statement(
    sa.delete(feed).where(
        feed.c.position < sa.bindparam("passed"),
        feed.c.position
        < sa.func.coalesce(
            sa.select(_other.c.position)
            .where(_other.c.at >= sa.bindparam("before"))
            .order_by(_other.c.position)
            .limit(sa.literal_column("1"))
            .scalar_subquery(),
            sa.literal_column("9223372036854775807"),
        ),
        feed.c.position < sa.select(sa.func.max(feed.c.position)).scalar_subquery(),
    )
)
