"""What the application gets to see: messages and conversations with their bodies read.

The wire carries bodies raw; here they become the typed bodies of ``_protocol.bodies``, or plain data with a fallback text where the
kind is newer than this SDK (DESIGN 5.2). Nothing is decided here.
"""

from typing import Any, cast

import msgspec

from ._protocol import events as wire
from ._protocol.bodies import KINDS, Known
from ._protocol.codec import Codec


class UnknownBody(msgspec.Struct, frozen=True):
    """A body of a kind that this SDK does not know: show ``fallback``."""

    kind: str
    data: dict[str, Any]
    fallback: str = ""


Body = Known | UnknownBody


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is now. ``sent_at`` and ``edited_at`` in milliseconds UTC; a recalled one has no body."""

    conversation: str
    seq: int
    sender: str
    sent_at: int
    body: Body | None = None
    id: str = ""
    change: int = 0
    version: int = 1
    recalled: bool = False
    edited_at: int = 0
    pinned: bool = False
    reactions: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words of it, whatever the kind: text, Markdown source, caption, title, or the fallback; empty if there are none."""
        return next((words for name in _WORDS if (words := getattr(self.body, name, ""))), "")


_WORDS = ("text", "markdown", "caption", "title", "fallback", "name")


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as its viewer has it; the fields are those of ``ConversationState`` (protocol/events/conversations.py)."""

    conversation: str
    kind: str
    seq: int
    change: int
    name: str = ""
    peer: str = ""
    peer_state: wire.MemberState = "active"
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


_SAME = tuple(name for name in wire.ConversationState.__struct_fields__ if name != "last")


def read_body(codec: Codec, raw: msgspec.Raw | bytes) -> Body:
    plain = codec.plain(raw)
    known = KINDS.get(plain.get("kind", ""))
    if known is not None:
        try:
            return cast(Known, msgspec.convert(plain, known))
        except msgspec.ValidationError:
            pass  # a newer server's idea of this kind: as data, like a kind that is not known
    return UnknownBody(str(plain.get("kind", "")), plain, str(plain.get("fallback", "")))


def read_message(codec: Codec, conversation: str, message: wire.Message) -> Message:
    return Message(
        conversation=conversation,
        seq=message.seq,
        sender=message.sender,
        sent_at=message.sent_at,
        body=read_body(codec, message.body) if message.body else None,
        id=message.id,
        change=message.change,
        version=message.version,
        recalled=message.recalled,
        edited_at=message.edited_at,
        pinned=message.pinned,
        reactions=message.reactions,
    )


def read_conversation(codec: Codec, state: wire.ConversationState) -> Conversation:
    last = None if state.last is None else read_message(codec, state.conversation, state.last)
    return Conversation(last=last, **{name: getattr(state, name) for name in _SAME})
