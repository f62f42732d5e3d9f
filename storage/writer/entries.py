"""What can arrive for a batch (LOG A2), and how it ends.

Entries come checked in size and shape; whether they are allowed is decided in the turn. ``origin`` is the connection that they came
by: after an `unknown` nothing of the same origin that came later may be stored before a re-send (LOG A7).
"""

from protocol.bodies import Checked
from protocol.errors import YizhanError


class SentOutcome:
    """The message is stored as ``seq`` at ``sent_at``; ``read`` is the sender's read mark where sending raised it, else 0."""

    __slots__ = ("found", "read", "sent_at", "seq")

    def __init__(self, seq: int, sent_at: int, read: int = 0, *, found: bool = False) -> None:
        self.seq = seq
        self.sent_at = sent_at
        self.read = read
        self.found = found


class ChangedOutcome:
    """The change is stored: the conversation's change number and the message's version now."""

    __slots__ = ("change", "version")

    def __init__(self, change: int, version: int) -> None:
        self.change = change
        self.version = version


class DoneOutcome:
    """Stored, and nothing more to say."""

    __slots__ = ()


DONE = DoneOutcome()
Outcome = SentOutcome | ChangedOutcome | DoneOutcome | YizhanError


class Entry:
    """The root of all entries: who wishes it and where."""

    __slots__ = ("company", "conversation", "member", "origin", "request")

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int) -> None:
        self.origin = origin
        self.request = request
        self.company = company
        self.member = member
        self.conversation = conversation

    @property
    def size(self) -> int:
        """Bytes that it weighs while it waits."""
        return 200


class SendEntry(Entry):
    """A message, or with ``source`` (conversation, seq) the forward of one."""

    __slots__ = ("body", "client_id", "keep_draft", "mentions", "source")

    def __init__(
        self,
        origin: object,
        request: int,
        company: int,
        member: int,
        conversation: int,
        client_id: bytes,
        body: Checked | None,
        mentions: tuple[int, ...] = (),
        source: tuple[int, int] | None = None,
        keep_draft: bool = False,
    ) -> None:
        self.origin = origin
        self.request = request
        self.company = company
        self.member = member
        self.conversation = conversation
        self.client_id = client_id
        self.body = body
        self.mentions = mentions
        self.source = source
        self.keep_draft = keep_draft

    @property
    def size(self) -> int:
        return 300 + (len(self.body.canonical) if self.body is not None else 0)


class ChangeEntry(Entry):
    """A change to the message ``seq``."""

    __slots__ = ("seq",)

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int, seq: int) -> None:
        super().__init__(origin, request, company, member, conversation)
        self.seq = seq


class EditEntry(ChangeEntry):
    """A new version in place of ``version``."""

    __slots__ = ("body", "version")

    def __init__(
        self, origin: object, request: int, company: int, member: int, conversation: int, seq: int, version: int, body: Checked
    ) -> None:
        super().__init__(origin, request, company, member, conversation, seq)
        self.version = version
        self.body = body

    @property
    def size(self) -> int:
        return 300 + len(self.body.canonical)


class RecallEntry(ChangeEntry):
    __slots__ = ()


class ReactEntry(ChangeEntry):
    __slots__ = ("emoji", "on")

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int, seq: int, emoji: str, on: bool) -> None:
        super().__init__(origin, request, company, member, conversation, seq)
        self.emoji = emoji
        self.on = on


class PinEntry(ChangeEntry):
    __slots__ = ("on",)

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int, seq: int, on: bool) -> None:
        super().__init__(origin, request, company, member, conversation, seq)
        self.on = on


class MarkEntry(Entry):
    """How far the member got; already merged to the newest of a second (LOG H3)."""

    __slots__ = ("delivered", "read")

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int, read: int, delivered: int) -> None:
        super().__init__(origin, request, company, member, conversation)
        self.read = read
        self.delivered = delivered


class SettingsEntry(Entry):
    """One's own settings of a conversation: None leaves as it is."""

    __slots__ = ("archived", "marked_unread", "muted", "pinned_to_top")

    def __init__(
        self,
        origin: object,
        request: int,
        company: int,
        member: int,
        conversation: int,
        *,
        pinned_to_top: bool | None = None,
        muted: bool | None = None,
        archived: bool | None = None,
        marked_unread: bool | None = None,
    ) -> None:
        super().__init__(origin, request, company, member, conversation)
        self.pinned_to_top = pinned_to_top
        self.muted = muted
        self.archived = archived
        self.marked_unread = marked_unread


class DraftEntry(Entry):
    """The last to arrive wins (LOG H4)."""

    __slots__ = ("text",)

    def __init__(self, origin: object, request: int, company: int, member: int, conversation: int, text: str) -> None:
        super().__init__(origin, request, company, member, conversation)
        self.text = text

    @property
    def size(self) -> int:
        return 300 + 4 * len(self.text)
