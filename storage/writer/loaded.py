"""What the look-up of a batch found, as values that ``decide`` reads and moves on (LOG A3b)."""

from typing import TYPE_CHECKING

import msgspec

from storage.writer.entries import ChangeEntry


class Conversation(msgspec.Struct, array_like=True, eq=False, gc=False):
    """A conversation's heads. ``append`` and ``touch`` are the only ways to a seq or a change number (LOG C2).

    Its fields are the columns of the look-up, in their order (``rows.CONVERSATION``), so that a row becomes one without a step between.
    """

    id: int
    home: int
    kind: str
    head: int
    change: int
    countable: int
    mention_all: int
    last_at: int
    dissolved: bool
    muted: bool
    seq_before: int  # head and change as they were found
    change_before: int

    if TYPE_CHECKING:  # every struct has it, and the library's types do not say so

        def __copy__(self) -> "Conversation": ...

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


class Participant(msgspec.Struct, array_like=True, eq=False, gc=False):
    """A member in a conversation: his open stay (``from_seq``, or None), his marks, and whether he may act at all.

    Its first fields are the columns of the look-up, in their order (``rows.PARTICIPANT``).
    """

    conversation: int
    company: int
    member: int
    read: int = 0
    read_countable: int = 0
    read_mention_all: int = 0
    delivered: int = 0
    end_seq: int | None = None
    end_countable: int = 0
    end_mention_all: int = 0
    marked_unread: bool = False
    pinned_to_top: bool = False
    muted: bool = False
    archived: bool = False
    silenced: bool = False
    from_seq: int | None = None
    state: str = "active"
    suspended: bool = False
    expires_at: int | None = None
    draft: bool = False
    # what the batch moves
    changed: bool = False
    marks_moved: bool = False
    settings_moved: bool = False

    if TYPE_CHECKING:

        def __copy__(self) -> "Participant": ...


class Found(msgspec.Struct, eq=False, gc=False):
    """A message that has the client id already: the first answer, and the content that it was given for."""

    seq: int
    sent_at: int
    body: bytes | None
    source: tuple[int, int] | None
    purged: bool = False


class Target(msgspec.Struct, eq=False, gc=False):
    """The message that a change names."""

    seq: int
    member: int
    sent_at: int
    first_kind: str
    change: int
    version: int
    recalled: bool
    reacted: bool = False
    pinned_at: int | None = None


class Source(msgspec.Struct, frozen=True, gc=False):
    """What a forward copies: the newest version as the forwarder may see it now."""

    body: bytes
    member: int
    sent_at: int


class Loaded:
    """Everything that one batch is decided by. Nothing here comes from memory."""

    __slots__ = (
        "conversations", "found", "has_marks", "held", "mentioned", "numbers", "participants", "pinned", "position", "reactions",
        "repeats", "sources", "stays", "targets", "versions",
    )  # fmt: skip

    def __init__(self, position: int) -> None:
        self.position = position  # of the newest feed row
        # a batch without them needs no notes of what its own messages brought
        self.repeats = True  # some id stands twice in this batch
        self.has_marks = True
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
