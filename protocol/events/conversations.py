"""Conversations as their viewer has them, what is new of them, and how far everybody got."""

from typing import Literal

import msgspec

from .frame import Answer, Frame
from .members import MemberState
from .messages import Message


class Marks(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a participant got: ``{"member": "…", "delivered": 45, "read": 41}``."""

    member: str
    delivered: int = 0
    read: int = 0


class ConversationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation as its viewer has it: the heads, his own marks, settings and counts, and the last message that he may see.

    ``seq`` and ``change`` are the conversation's heads, or for a former participant those of the end of his last stay; ``ended`` says so,
    and the client asks `changes` once. ``peer`` is the other of a direct conversation (oneself: one's other devices).
    """

    conversation: str
    kind: Literal["direct", "group", "discussion", "broadcast", "system"]
    seq: int
    change: int
    name: str = ""
    peer: str = ""
    peer_state: MemberState = "active"
    ended: bool = False
    first: int = 1
    read: int = 0
    delivered: int = 0
    unread: int = 0
    unread_mentions: int = 0
    marked_unread: bool = False
    pinned_to_top: bool = False
    muted: bool = False
    archived: bool = False
    hidden: int = 0
    draft: str = ""
    last: Message | None = None


class SyncPage(Answer, frozen=True, tag="sync_page"):
    """Changed conversations. ``page`` asks for the next page; the last one has ``token`` instead.

    ``snapshot``: drop cursors and sync token, this is everything (another epoch, or no token; LOG E4).
    """

    conversations: tuple[ConversationState, ...]
    page: str = ""
    token: str = ""
    snapshot: bool = False


class ConversationList(Answer, frozen=True, tag="conversations"):
    conversations: tuple[ConversationState, ...]
    page: str = ""


class Opened(Answer, frozen=True, tag="opened"):
    conversation: ConversationState


class MarksPage(Answer, frozen=True, tag="marks_page"):
    conversation: str
    marks: tuple[Marks, ...]


class ConversationChanged(Frame, frozen=True, tag="conversation_changed"):
    """The conversation as it is for this viewer now: opened, joined again, own marks or settings or draft set by another device."""

    state: ConversationState


class Left(Frame, frozen=True, tag="left"):
    """The viewer's stay has ended with seq ``seq``. Nothing follows; ask `changes` once (LOG F4)."""

    conversation: str
    seq: int
    change: int


class OwnMarks(Frame, frozen=True, tag="own_marks"):
    """One's own marks and counts, whichever of one's devices moved them; the counts are those up to ``seq``."""

    conversation: str
    seq: int
    read: int
    delivered: int
    unread: int = 0
    unread_mentions: int = 0
    marked_unread: bool = False


class MarksMoved(Frame, frozen=True, tag="marks_moved"):
    """Other participants' marks."""

    conversation: str
    marks: tuple[Marks, ...]


class IsTyping(Frame, frozen=True, tag="is_typing"):
    conversation: str
    member: str


class SyncToken(Frame, frozen=True, tag="sync_token"):
    """What the client has been told of up to here. Keep the newest; it is opaque."""

    token: str
