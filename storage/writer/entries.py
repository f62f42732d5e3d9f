"""What can arrive for a batch (LOG A2), and how it ends.

Entries come checked in size and shape; whether they are allowed is decided in the turn. ``origin`` is the connection that they came
by: after an `unknown` nothing of the same origin that came later may be stored before a re-send (LOG A7). They are structs of msgspec,
as what is looked up and decided is: made in a third of the time that a class's own ``__init__`` takes, several for each message.
"""

import msgspec

from protocol.bodies import Checked
from protocol.errors import YizhanError


class SentOutcome(msgspec.Struct, eq=False, gc=False):
    """The message is stored as ``seq`` at ``sent_at``; ``read`` is the sender's read mark where sending raised it, else 0.

    ``found``: it had been stored before.
    """

    seq: int
    sent_at: int
    read: int = 0
    found: bool = False


class ChangedOutcome(msgspec.Struct, eq=False, gc=False):
    """The change is stored: the conversation's change number and the message's version now."""

    change: int
    version: int


class DoneOutcome:
    """Stored, and nothing more to say."""

    __slots__ = ()


DONE = DoneOutcome()
Outcome = SentOutcome | ChangedOutcome | DoneOutcome | YizhanError


class Entry(msgspec.Struct, eq=False, gc=False):
    """The root of all entries: who wishes it and where. Nothing that an entry names holds the entry, so no garbage is made of it."""

    origin: object
    request: int
    company: int
    member: int
    conversation: int

    @property
    def size(self) -> int:
        """Bytes that it weighs while it waits."""
        return 200


class SendEntry(Entry, eq=False, gc=False):
    """A message, or with ``source`` (conversation, seq) the forward of one."""

    client_id: bytes
    body: Checked | None
    mentions: tuple[int, ...] = ()
    source: tuple[int, int] | None = None
    keep_draft: bool = False

    @property
    def size(self) -> int:
        return 300 + (len(self.body.canonical) if self.body is not None else 0)


class ChangeEntry(Entry, eq=False, gc=False):
    """A change to the message ``seq``."""

    seq: int


class EditEntry(ChangeEntry, eq=False, gc=False):
    """A new version in place of ``version``."""

    version: int
    body: Checked

    @property
    def size(self) -> int:
        return 300 + len(self.body.canonical)


class RecallEntry(ChangeEntry, eq=False, gc=False):
    """The message is withdrawn for all."""


class ReactEntry(ChangeEntry, eq=False, gc=False):
    emoji: str
    on: bool


class PinEntry(ChangeEntry, eq=False, gc=False):
    on: bool


class MarkEntry(Entry, eq=False, gc=False):
    """How far the member got; already merged to the newest of a second (LOG H3)."""

    read: int
    delivered: int


class SettingsEntry(Entry, eq=False, gc=False, kw_only=True):
    """One's own settings of a conversation: None leaves as it is."""

    pinned_to_top: bool | None = None
    muted: bool | None = None
    archived: bool | None = None
    marked_unread: bool | None = None


class DraftEntry(Entry, eq=False, gc=False):
    """The last to arrive wins (LOG H4)."""

    text: str

    @property
    def size(self) -> int:
        return 300 + 4 * len(self.text)
