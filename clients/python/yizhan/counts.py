"""Unread counts and own marks between two words of the server (LOG H1): pure rules over a conversation's state.

The server's numbers win whenever they come; in between a device counts what it is shown.
"""

from collections.abc import Iterable

import msgspec

from ._protocol.bodies import NoteBody
from ._protocol.events import OwnMarks
from .messages import Conversation, Message


def counts(message: Message) -> bool:
    """System notes do not count; a recalled message counts until it is read."""
    return not isinstance(message.body, NoteBody)


def mentions(message: Message, me: str) -> bool:
    body = message.body
    return bool(getattr(body, "mention_all", False)) or me in getattr(body, "mentions", ())


def after_message(state: Conversation, message: Message, me: str) -> Conversation:
    """``message`` was shown. What the server's count included already is not counted again."""
    if message.seq <= state.seq:
        return state
    state = msgspec.structs.replace(state, seq=message.seq, last=message)
    if message.seq <= state.read or not counts(message):
        return state
    named = state.unread_mentions + mentions(message, me)
    return msgspec.structs.replace(state, unread=state.unread + 1, unread_mentions=named)


def with_own_marks(state: Conversation, frame: OwnMarks, above: Iterable[Message], me: str) -> Conversation:
    """The marks and counts that the server says, and what it had not counted yet: ``above`` its seq.

    Marks go forward only, so what is behind a page of heads, or behind one's own sending that was acknowledged, was said before it and
    comes late; the same is true of the counts of an earlier seq at the same mark.
    """
    if frame.read < state.read or (frame.read == state.read and frame.seq < state.seq):
        return msgspec.structs.replace(state, delivered=max(state.delivered, frame.delivered))
    more = [row for row in above if row.seq > frame.read and counts(row)]
    return msgspec.structs.replace(
        state,
        seq=max(state.seq, frame.seq),
        read=frame.read,
        delivered=frame.delivered,
        unread=frame.unread + len(more),
        unread_mentions=frame.unread_mentions + sum(mentions(row, me) for row in more),
        marked_unread=frame.marked_unread,
    )


def with_late_state(state: Conversation, late: Conversation, above: Iterable[Message], me: str) -> Conversation:
    """``late`` is of before something that is known here: of one's own message that was acknowledged before it was handed out."""
    marks = {name: getattr(late, name) for name in OwnMarks.__struct_fields__}
    counted = with_own_marks(state, OwnMarks(**marks), above, me)
    same = {name: getattr(counted, name) for name in (*OwnMarks.__struct_fields__, "last")}
    return msgspec.structs.replace(late, **same | {"marked_unread": late.marked_unread})


def after_mark(state: Conversation, rows: Iterable[Message], me: str, *, read: int, delivered: int = 0) -> Conversation:
    """One's own marks were moved by this device; they only go forward, and a look takes away the flag 'unread'."""
    delivered = max(state.delivered, delivered)
    if read <= state.read:
        return msgspec.structs.replace(state, delivered=delivered)
    passed = [row for row in rows if state.read < row.seq <= read and counts(row)]
    unread = 0 if read >= state.seq else max(0, state.unread - len(passed))
    named = 0 if read >= state.seq else max(0, state.unread_mentions - sum(mentions(row, me) for row in passed))
    return msgspec.structs.replace(state, read=read, delivered=delivered, unread=unread, unread_mentions=named, marked_unread=False)
