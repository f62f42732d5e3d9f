"""Sending and changing messages, and one's favourites."""

from typing import Annotated

import msgspec
from msgspec import Meta

from .. import limits
from ..bodies import Seq
from .command import NO_NUL, Command, Cursor, Id, Limit, MakesId, Word


class ForwardOf(msgspec.Struct, frozen=True):
    """The message that is handed on: ``{"conversation": "…", "seq": 7}``."""

    conversation: Id
    seq: Seq


class Send(Command, frozen=True, tag="send"):
    """``{"type": "send", "request": 8, "id": "018f…", "conversation": "…", "body": {"kind": "text", "text": "Lunch?"}}``

    Either ``body`` or ``forward``, whose content the server copies.
    """

    id: MakesId
    conversation: Id
    body: msgspec.Raw = msgspec.Raw()
    forward: ForwardOf | None = None
    keep_draft: bool = False


class Edit(Command, frozen=True, tag="edit"):
    """A new version of one's own message; ``version`` names the one that it replaces."""

    conversation: Id
    seq: Seq
    version: Annotated[int, Meta(ge=1, le=limits.LARGEST_NUMBER)]
    body: msgspec.Raw


class Recall(Command, frozen=True, tag="recall"):
    """Withdraw one's own message for all, within two minutes of its stored time."""

    conversation: Id
    seq: Seq


class React(Command, frozen=True, tag="react"):
    """``{"type": "react", "request": 3, "conversation": "…", "seq": 7, "emoji": "👍", "on": true}``"""

    conversation: Id
    seq: Seq
    emoji: Annotated[str, Meta(min_length=1, max_length=limits.REACTION_CHARACTERS, pattern=NO_NUL)]
    on: bool = True


class PinMessage(Command, frozen=True, tag="pin_message"):
    """Keep a message in view for all of the conversation, or no longer."""

    conversation: Id
    seq: Seq
    on: bool = True


class ListPinned(Command, frozen=True, tag="list_pinned"):
    conversation: Id


class DeleteForMe(Command, frozen=True, tag="delete_for_me"):
    """Hide a message from oneself, on all devices; nobody else learns of it."""

    conversation: Id
    seq: Seq


class Favourite(Command, frozen=True, tag="favourite"):
    """Keep a reference to a message among one's favourites."""

    id: MakesId
    conversation: Id
    seq: Seq
    note: Word = ""


class Unfavourite(Command, frozen=True, tag="unfavourite"):
    id: MakesId


class ListFavourites(Command, frozen=True, tag="list_favourites"):
    page: Cursor = ""
    limit: Limit = limits.PAGE
