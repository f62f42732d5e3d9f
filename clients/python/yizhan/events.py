"""What an application hears (``Client.events``): facts in the past tense, each a frozen struct.

New messages of a conversation come in ascending seq without holes; every event about a message carries it whole, as it is now, so an
application replaces what it has and need not compute differences.
"""

import msgspec

from ._protocol import events as wire
from ._protocol.events import Marks, MemberInfo
from .messages import Conversation, Message


class Event(msgspec.Struct, frozen=True):
    pass


# ---- messages


class MessageReceived(Event, frozen=True):
    """The next message of its conversation: from others, from oneself on this or another device, or a system note.

    One that was recalled before this device saw it comes like this too, with ``recalled`` and without a body.
    """

    message: Message


class MessageEdited(Event, frozen=True):
    message: Message


class MessageRecalled(Event, frozen=True):
    message: Message


class ReactionsChanged(Event, frozen=True):
    message: Message


class MessagePinned(Event, frozen=True):
    """Pinned for all, or no longer: ``message.pinned`` says which."""

    message: Message


class MessageHidden(Event, frozen=True):
    """Hidden for oneself: take it out of view."""

    conversation: str
    seq: int


class SentAfterAll(Event, frozen=True):
    """A send that was refused is stored nevertheless, by an earlier attempt (LOG A7): take it as sent."""

    id: str
    conversation: str
    seq: int


# ---- conversations


class ConversationUpdated(Event, frozen=True):
    """Its state as the server told it: at sign-in, after a reconnect, or because marks, settings or draft were set elsewhere."""

    conversation: Conversation


class JoinedConversation(Event, frozen=True):
    """One has come into it (again), or it was opened."""

    conversation: Conversation


class LeftConversation(Event, frozen=True):
    """One's stay has ended with ``seq``; what was said up to there can still be read."""

    conversation: str
    seq: int


class MarksMoved(Event, frozen=True):
    """How far other participants got; one's own marks and counts come as ``ConversationUpdated``."""

    conversation: str
    marks: tuple[Marks, ...]


class Typing(Event, frozen=True):
    conversation: str
    member: str


class FavouritesChanged(Event, frozen=True):
    """Another of one's devices kept or dropped a favourite: fetch the list when it is shown."""


class ContactsChanged(Event, frozen=True):
    """Contacts or their groups are others now, on whichever device: call ``load_contacts`` when they are shown."""


class OutsideChanged(Event, frozen=True):
    """Outside contacts or requests are others now: ask for the lists when they are shown."""


class ProfileChanged(Event, frozen=True):
    """One's own card changed, or the state of somebody whom one knows from a conversation or has among one's contacts."""

    member: str
    state: wire.MemberState = "active"


class TreeChanged(Event, frozen=True):
    """The tree that was asked for is another one now; ``Client.tree`` has taken it in."""

    change: wire.TreeChanged


class TreeOutdated(Event, frozen=True):
    """Too much changed to be told: call ``load_tree`` again."""


class UnitsPresenceChanged(Event, frozen=True):
    """Counts of ``units``, and presence of ``members`` directly in them: ``Client.presence.units`` has them as they are now."""

    units: tuple[str, ...]
    members: tuple[str, ...]


class PeoplePresenceChanged(Event, frozen=True):
    """Presence of people who are watched one by one: ``Client.presence.of`` has them as they are now."""

    where: str
    members: tuple[str, ...]


class OwnPresenceChanged(Event, frozen=True):
    """What one is oneself, as it is: ``devices`` by class. The numbers are those of ``Status``."""

    status: int
    text: str
    devices: dict[str, int]


# ---- the connection


class Connected(Event, frozen=True):
    """Signed in (or resumed), told of all that changed, and live from here on. Messages that were missed may still be on their way."""

    me: MemberInfo
    resumed: bool


class Disconnected(Event, frozen=True):
    """The connection is gone; the SDK tries again in ``retry_in_ms`` (None: never). ``code`` is the close code, ``why`` for people."""

    code: int
    why: str
    retry_in_ms: int | None


class SessionEnded(Event, frozen=True):
    """The session is over and the SDK does not come back by itself: signed_out, ended, replaced, too_old, … or an error's code."""

    reason: str


class SnapshotStarted(Event, frozen=True):
    """What was known is dropped (first sign-in, or the server was restored from a backup; LOG E4): all comes from the start."""
