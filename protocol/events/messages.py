"""Messages, as they are now, new ones and changed ones, and one's favourites."""

from typing import TYPE_CHECKING

import msgspec

from .frame import Answer, Frame

if TYPE_CHECKING:
    RawOrNone = msgspec.Raw | None
else:
    RawOrNone = msgspec.Raw  # of a union of both msgspec would read None alone; left out is still None


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as it is now.

    ``{"seq": 7, "sender": "…", "sent_at": 1766000000000, "id": "018f…", "body": {"kind": "text", "text": "Lunch?"}}``; ``change`` is the
    conversation's change number that touched it last, ``version`` rises by edits and the recall. A recalled one has no body. ``body`` is
    raw: decode it with ``bodies`` when it is needed.
    """

    seq: int
    sender: str
    sent_at: int
    body: RawOrNone = None
    id: str = ""
    change: int = 0
    version: int = 1
    recalled: bool = False
    edited_at: int = 0
    pinned: bool = False
    reactions: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class Skipped(msgspec.Struct, frozen=True):
    """Seqs that this viewer may not see (between his stays, hidden by himself, purged): the run closes over them."""

    first: int
    last: int


class FavouriteInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kept reference, with the message as it is now if it may still be seen."""

    id: str
    conversation: str
    seq: int
    at: int
    note: str = ""
    message: Message | None = None


class Sent(Answer, frozen=True, tag="sent"):
    """The message is committed: ``{"type": "sent", "request": 8, "seq": 7, "sent_at": 1766000000000}``. It moves no cursor.

    ``read`` is one's own read mark where sending raised it: only from right before the message, nothing unread is passed over.
    """

    seq: int
    sent_at: int
    read: int = 0


class Changed(Answer, frozen=True, tag="changed"):
    """A change is committed: the conversation's change number and the message's version now."""

    change: int
    version: int


class HistoryPage(Answer, frozen=True, tag="history_page"):
    """Messages in ascending order. Together with ``skipped`` they are all seqs from ``after`` + 1 to ``up_to``."""

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]
    skipped: tuple[Skipped, ...] = ()


class ChangesPage(Answer, frozen=True, tag="changes_page"):
    """Changed messages as they are now, in the order of their change; the run of changes is closed up to ``up_to``.

    ``hidden`` are the seqs that one has hidden for oneself after the number asked, ``hidden_up_to`` the number up to which they go.
    ``more``: ask again from ``up_to`` and ``hidden_up_to``.
    """

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]
    hidden: tuple[int, ...] = ()
    hidden_up_to: int = 0
    more: bool = False


class Pinned(Answer, frozen=True, tag="pinned"):
    conversation: str
    messages: tuple[Message, ...]


class Favourites(Answer, frozen=True, tag="favourites"):
    favourites: tuple[FavouriteInfo, ...]
    page: str = ""


class Messages(Frame, frozen=True, tag="messages"):
    """New messages: all that this viewer may see of the seqs ``after`` + 1 … ``up_to``; the rest of the range is not for him."""

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]


class MessagesChanged(Frame, frozen=True, tag="messages_changed"):
    """Messages as they are after the changes ``after`` + 1 … ``up_to``. Keep a row if its change is higher than yours.

    A number not found among them was overtaken by a later change or is not for this viewer: the range closes the run (LOG F3).
    """

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]


class MessagesHidden(Frame, frozen=True, tag="messages_hidden"):
    """Hidden for oneself, by another of one's devices: seqs, and the member's own number of hidings."""

    conversation: str
    after: int
    up_to: int
    seqs: tuple[int, ...]


class FavouritesChanged(Frame, frozen=True, tag="favourites_changed"):
    """Another of one's devices kept or dropped one: fetch the list again when it is shown."""
