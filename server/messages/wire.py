"""From stored rows to their form on the wire, for each codec (DESIGN 5.2, 5.4)."""

from collections.abc import Callable, Iterable

from protocol.bodies import without_reply
from protocol.codec import Codec
from protocol.events import Message
from protocol.ids import to_wire
from storage.messages import Row
from storage.writer.decide import NewMessage

MaySee = Callable[[int], bool]


def fresh(row: NewMessage, codec: Codec, may_see: MaySee | None = None) -> Message:
    """A message that was just stored."""
    client_id, body = row.client_id, row.body
    if row.reply_to and may_see is not None and not may_see(row.reply_to):
        body = without_reply(body)
    return Message(row.seq, to_wire(row.member), row.sent_at, codec.raw_body(body), "" if client_id is None else client_id.hex())


def as_now(row: Row, codec: Codec, may_see: MaySee | None = None) -> Message:
    """A message as it is now; without the seq that it replies to where its reader may not see that one."""
    body = row.body
    if body is not None and row.reply_to and may_see is not None and not may_see(row.reply_to):
        body = without_reply(body)
    return Message(
        seq=row.seq,
        sender=to_wire(row.member) if row.member else "",  # the server itself
        sent_at=row.sent_at,
        body=None if body is None else codec.raw_body(body),
        id="" if row.client_id is None else row.client_id.hex(),
        change=row.change,
        version=row.version,
        recalled=row.recalled,
        edited_at=row.edited_at,
        pinned=row.pinned,
        reactions={emoji: tuple(map(to_wire, who)) for emoji, who in row.reactions.items()} if row.reactions else {},
    )


def all_as_now(rows: Iterable[Row], codec: Codec, may_see: MaySee | None = None) -> tuple[Message, ...]:
    return tuple(as_now(row, codec, may_see) for row in rows)
