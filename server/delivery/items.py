"""What a position brings to this node, and what had to be read for it."""

import msgspec

from server.conversations.states import State
from storage.feed import Payload
from storage.messages import Row
from storage.writer.batch import Finished
from storage.writer.decide import NewMessage
from storage.writer.entries import SendEntry, SentOutcome


class MarksNow(msgspec.Struct, eq=False, gc=False):
    """A participant's marks; the counts are for his own devices, as of ``seq``, None where they have to be read."""

    delivered: int
    read: int
    seq: int = 0
    unread: int | None = None
    unread_mentions: int = 0
    marked_unread: bool = False


class Item:
    """A position to apply. Of a batch of this node's own the rows are at hand."""

    __slots__ = ("marks", "origins", "payload", "position", "raised", "replies", "rows", "stays")

    def __init__(self, position: int, payload: Payload) -> None:
        self.position = position
        self.payload = payload
        self.rows: dict[int, list[NewMessage]] | None = None
        self.replies = True  # some of the rows may be one
        self.marks: dict[tuple[int, int], MarksNow] = {}
        self.raised: set[tuple[int, int]] = set()  # (conversation, member) whose mark was raised by his own sending
        self.origins: dict[int, object] = {}  # conversations whose messages all came by one connection: its answers tell it
        self.stays: dict[int, dict[int, int]] = {}


SEVERAL = object()


def item_of(finished: Finished) -> Item:
    """The item of a batch of this node."""
    decision = finished.decision
    assert decision is not None
    item = Item(decision.position, decision.payload)
    item.stays = finished.stays
    rows: dict[int, list[NewMessage]] = {}
    item.replies = False
    for message in decision.messages:
        if message.reply_to:
            item.replies = True
        there = rows.get(message.conversation)
        if there is None:
            rows[message.conversation] = [message]
        else:
            there.append(message)
    item.rows = rows
    origins = item.origins
    for entry, answer in zip(finished.entries, finished.answers, strict=True):
        if entry.__class__ is SendEntry and answer.__class__ is SentOutcome and not answer.found:
            assert isinstance(entry, SendEntry)
            origin = entry.origin if entry.source is None else SEVERAL  # of a forward the sender does not know the content
            if origins.setdefault(entry.conversation, origin) is not origin:
                origins[entry.conversation] = SEVERAL
            if answer.read:
                item.raised.add((entry.conversation, entry.member))
    for who in decision.marks:
        place = decision.places[who.conversation]
        unread = None
        mentions = 0
        if place.kind == "direct" and who.from_seq is not None:  # elsewhere named mentions have to be counted
            unread = place.countable - who.read_countable
            mentions = place.mention_all - who.read_mention_all
        item.marks[who.conversation, who.member] = MarksNow(who.delivered, who.read, place.head, unread, mentions, who.marked_unread)
    return item


States = dict[tuple[int, int], State]
"""By (conversation, member)."""


class Read:
    """What had to be read for an item, all in one snapshot.

    ``seen``: the position that it was read at. ``states``: of those who hear of a conversation for the first time, or again. ``own``: of
    those whose own rows moved.
    """

    __slots__ = ("changed", "ended", "marks", "own", "rows", "seen", "states")

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen
        self.rows: dict[int, list[Row]] = {}
        self.changed: dict[int, list[Row]] = {}
        self.ended: dict[int, list[tuple[int, int, int]]] = {}
        self.marks: dict[tuple[int, int], MarksNow] = {}
        self.states: States = {}
        self.own: States = {}
