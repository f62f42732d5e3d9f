"""Catching up, and conversations."""

from typing import Annotated

from msgspec import Meta

from .. import limits
from .command import NO_NUL, Command, Cursor, Id, Limit, Number, Word


class Sync(Command, frozen=True, tag="sync"):
    """What is new since ``token``, page by page (``page`` is the cursor of the page before). Without a token: a snapshot.

    Live events begin behind the last page. Asked once by each connection, right after sign-in or resume.
    """

    token: Cursor = ""
    page: Cursor = ""


class ListConversations(Command, frozen=True, tag="list_conversations"):
    """All of the member's conversations, page by page; the client sorts."""

    page: Cursor = ""
    limit: Limit = limits.CONVERSATIONS_PAGE


class History(Command, frozen=True, tag="history"):
    """Messages of a conversation, as they are now: ``after`` a seq, ``before`` one, or ``around`` one; exactly one of them."""

    conversation: Id
    after: Number | None = None
    before: Number | None = None
    around: Number | None = None
    limit: Limit = limits.PAGE


class Changes(Command, frozen=True, tag="changes"):
    """Messages that were changed after change number ``after`` (edits, recalls, reactions, pins) or hidden for me after ``hidden``."""

    conversation: Id
    after: Number = 0
    hidden: Number = 0
    limit: Limit = limits.PAGE


class GetMarks(Command, frozen=True, tag="get_marks"):
    """The other participants' delivered and read marks, for an open conversation."""

    conversation: Id


class OpenDirect(Command, frozen=True, tag="open_direct"):
    """The direct conversation with ``member`` (an id) or ``number`` (an account number); with oneself: 'my other devices'."""

    member: Id | None = None
    number: Word = ""


class SetConversation(Command, frozen=True, tag="set_conversation"):
    """One's own settings of a conversation; what is left out stays."""

    conversation: Id
    pinned_to_top: bool | None = None
    muted: bool | None = None
    archived: bool | None = None
    unread: bool | None = None


class SetDraft(Command, frozen=True, tag="set_draft"):
    """The last to arrive wins; the empty text takes it away; sending clears the draft of its conversation."""

    conversation: Id
    text: Annotated[str, Meta(max_length=limits.DRAFT_CHARACTERS, pattern=NO_NUL)]


class Typing(Command, frozen=True, tag="typing"):
    """Told to at most 50 people, at most every 3 s, never stored."""

    conversation: Id


class Mark(Command, frozen=True, tag="mark"):
    """How far one got, only forward: ``{"type": "mark", "request": 9, "conversation": "…", "read": 41, "delivered": 45}``.

    While one is invisible ``delivered`` counts as far as ``read`` alone.
    """

    conversation: Id
    read: Number = 0
    delivered: Number = 0
