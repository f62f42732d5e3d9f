"""What the look-up of a batch found, as values that ``decide`` reads and moves on (LOG A3b)."""

from typing import NamedTuple

from storage.writer.entries import ChangeEntry


class Conversation:
    """A conversation's heads. ``append`` and ``touch`` are the only ways to a seq or a change number (LOG C2)."""

    __slots__ = (
        "change", "change_before", "countable", "dissolved", "head", "home", "id", "kind", "last_at", "mention_all", "muted", "seq_before",
    )  # fmt: skip

    def __init__(
        self,
        id: int,
        home: int,
        kind: str,
        head: int,
        change: int,
        countable: int,
        mention_all: int,
        last_at: int,
        dissolved: bool = False,
        muted: bool = False,
    ) -> None:
        self.id = id
        self.home = home
        self.kind = kind
        self.head = self.seq_before = head
        self.change = self.change_before = change
        self.countable = countable
        self.mention_all = mention_all
        self.last_at = last_at
        self.dissolved = dissolved
        self.muted = muted

    def append(self, now: int, *, countable: bool = True, mention_all: bool = False) -> int:
        """The next seq; times never go back within a conversation (DESIGN 6)."""
        self.head += 1
        if countable:
            self.countable += 1
        if mention_all:
            self.mention_all += 1
        self.time(now)
        return self.head

    def time(self, now: int) -> int:
        """The time of what is written now: never before what was written earlier, though the clock may have been set back."""
        if now > self.last_at:
            self.last_at = now
        return self.last_at

    def touch(self) -> int:
        """The next change number."""
        self.change += 1
        return self.change

    @property
    def moved(self) -> bool:
        return self.head != self.seq_before or self.change != self.change_before


class Participant:
    """A member in a conversation: his open stay (``from_seq``, or None), his marks, and whether he may act at all."""

    __slots__ = (
        "archived", "changed", "company", "conversation", "delivered", "draft", "end_countable", "end_mention_all", "end_seq",
        "expires_at", "from_seq", "is_open", "marked_unread", "marks_moved", "member", "muted", "pinned_to_top", "read", "read_countable",
        "read_mention_all", "run_from", "settings_moved", "silenced", "state", "suspended",
    )  # fmt: skip

    def __init__(self, conversation: int, company: int, member: int) -> None:
        self.conversation = conversation
        self.company = company
        self.member = member
        self.from_seq: int | None = None
        self.read = self.read_countable = self.read_mention_all = self.delivered = 0
        self.end_seq: int | None = None
        self.end_countable = self.end_mention_all = 0
        self.is_open = self.marked_unread = self.pinned_to_top = self.muted = self.archived = self.silenced = False
        self.state = "active"
        self.suspended = False
        self.expires_at: int | None = None
        self.draft = False
        self.changed = self.marks_moved = self.settings_moved = False
        self.run_from = 0


class Found(NamedTuple):
    """A message that has the client id already: the first answer, and the content that it was given for."""

    seq: int
    sent_at: int
    body: bytes | None
    source: tuple[int, int] | None
    purged: bool = False


class Target:
    """The message that a change names, with what may stand at the version after the one named."""

    __slots__ = (
        "change",
        "first_kind",
        "member",
        "next_body",
        "next_member",
        "next_what",
        "pinned_at",
        "reacted",
        "recalled",
        "sent_at",
        "seq",
        "version",
    )

    def __init__(self, seq: int, member: int, sent_at: int, kind: str, change: int, version: int, recalled: bool) -> None:
        self.seq = seq
        self.member = member
        self.sent_at = sent_at
        self.first_kind = kind
        self.change = change
        self.version = version
        self.recalled = recalled
        self.reacted = False
        self.pinned_at: int | None = None
        self.next_member: int | None = None
        self.next_body: bytes | None = None
        self.next_what = ""


class Source(NamedTuple):
    """What a forward copies: the newest version as the forwarder may see it now."""

    body: bytes
    member: int
    sent_at: int


class Loaded:
    """Everything that one batch is decided by. Nothing here comes from memory."""

    __slots__ = (
        "conversations", "found", "held", "mentioned", "numbers", "participants", "pinned", "position", "reactions", "sources", "stays",
        "targets", "versions",
    )  # fmt: skip

    def __init__(self, position: int) -> None:
        self.position = position  # of the newest feed row
        self.found: dict[tuple[bytes, int, int], Found] = {}
        self.conversations: dict[int, Conversation] = {}
        self.participants: dict[tuple[int, int], Participant] = {}
        self.targets: dict[tuple[int, int], Target] = {}
        self.held: set[tuple[int, int, int]] = set()  # (conversation, member, seq) in an ended stay of his
        self.versions: dict[tuple[int, int, int], tuple[int, str, bytes | None]] = {}  # (conversation, seq, version) -> member, what, body
        self.reactions: dict[tuple[int, int], set[tuple[int, str]]] = {}
        self.pinned: dict[int, int] = {}
        self.sources: dict[tuple[int, int, int], Source] = {}  # (member, conversation, seq)
        self.numbers: dict[tuple[int, int], tuple[int, int]] = {}  # (conversation, seq) -> countable, mention_all
        self.mentioned: set[tuple[int, int]] = set()  # (conversation, member) with an open stay
        self.stays: dict[int, dict[int, int]] = {}  # of conversations that the node has not in memory: member -> from_seq

    def in_open_stay(self, entry: ChangeEntry) -> bool:
        """Whether the message that ``entry`` changes lies in the open stay of its member."""
        who = self.participants.get((entry.conversation, entry.member))
        return who is not None and who.from_seq is not None and entry.seq >= who.from_seq
