"""What a fault run writes down: what each device wished, was answered and was shown, and what the database held at the end.

Decides the shape of the record and of its file (JSON lines: events in any order, then one database). Whether the
record is any good is for ``checker.py``; translating wire ids into names and bodies into hashes is for the harness.

A *device* is one SDK instance; two tabs are two devices. Every event carries an index from one counter of the whole run,
taken before the frame is written (``Wished``, ``Tried``) or when it was received (the others), so that index order is
real-time order. Conversations, members, companies and client ids are whatever strings the harness names them by.
"""

from collections.abc import Iterable
from typing import BinaryIO, Literal

import msgspec

RECALLED = ""  # the body of a version that a recall made; no hash is empty
Kind = Literal["send", "edit", "recall", "react", "read"]
Outcome = Literal["ok", "refused", "unknown"]
How = Literal["new", "history", "change"]


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", gc=False):
    """Anything that a device did or saw: ``{"event": "Started", "index": 0, "device": "d1", …}``.

    Frozen and without cycles, so the garbage collector need not walk a million of them (``gc=False``).
    """

    index: int
    device: str


class Started(Event, frozen=True, tag=True):
    """The first event of a device: whose it is."""

    member: str
    company: str


class Connected(Event, frozen=True, tag=True):
    """A connection was made. ``fresh``: the SDK keeps nothing of before (answer 'snapshot'), so seqs may be shown again."""

    fresh: bool = False


class Wished(Event, frozen=True, tag=True):
    """The application called the SDK. Its ``index`` names the wish in ``Tried`` and ``Answered``.

    send: client_id, body. edit: seq, version (the one that it changes), body. recall: seq.
    react: seq, reaction, on. read: seq.
    """

    kind: Kind
    conversation: str
    client_id: str = ""
    seq: int = 0
    version: int = 0
    body: str = ""
    reaction: str = ""
    on: bool = True


class Tried(Event, frozen=True, tag=True):
    """The wish is about to be put on the wire, for the first time or again. Its ``index`` names the attempt."""

    wish: int


class Answered(Event, frozen=True, tag=True):
    """An attempt was answered, or given up (``unknown``). ok: seq of a send, version of an edit, change where the answer names it (0: not).

    A conflict is ``refused`` with its code. An attempt that a cut left without an answer needs no event.
    """

    wish: int
    attempt: int
    outcome: Outcome
    seq: int = 0
    version: int = 0
    change: int = 0
    code: str = ""


class Heard(Event, frozen=True):
    """What a device learned of a conversation."""

    conversation: str


class Shown(Heard, frozen=True, tag=True):
    """The application was given a message, after the SDK filled gaps and dropped what is older than what it has.

    new: it belongs behind all that was shown as new. history: paging backwards. change: a message as it is now.
    A recalled message has ``recalled`` and the body ``RECALLED``. ``client_id`` and ``reply_to`` where the frame names them.
    """

    how: How
    seq: int
    version: int
    change: int
    sender: str
    body: str
    recalled: bool = False
    client_id: str = ""
    reply_to: int = 0


class Marked(Heard, frozen=True, tag=True):
    """The application was given a mark of a participant, its own member included, as the server told it."""

    member: str
    seq: int
    kind: Literal["read", "delivered"] = "read"


class Told(Heard, frozen=True, tag=True):
    """The SDK learned how far a conversation has come: from a page of heads, a page of an ended stay, or the range of a live event.

    ``seq`` and ``change`` 0, ``read`` and ``unread`` -1 mean: not said. ``unread`` only where seq, read and unread come from one statement.
    ``ended``: the page of an ended stay, upon which the SDK asks for all changes once (LOG E5).
    """

    seq: int = 0
    change: int = 0
    read: int = -1
    unread: int = -1
    ended: bool = False


class Moved(Heard, frozen=True, tag=True):
    """The application was told that a participant joined or left with the message ``seq``."""

    member: str
    seq: int
    joined: bool


class Covered(Event, frozen=True, tag=True):
    """A sync token arrived; the harness has the cluster's key and opened it."""

    position: int


class Row(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A message as a device holds it in the end."""

    seq: int
    version: int
    change: int
    body: str
    recalled: bool = False
    reactions: tuple[tuple[str, str], ...] = ()  # (member, reaction), sorted


class Held(msgspec.Struct, frozen=True, gc=False):
    """A conversation as a device holds it in the end, history paged back to its first seq: cursor (seq, change), own mark, rows by seq."""

    conversation: str
    inside: bool  # the device takes its member for a participant
    seq: int
    change: int
    read: int
    unread: int
    rows: tuple[Row, ...]


class Settled(Event, frozen=True, tag=True):
    """All that a device holds when everything has come to rest. May come twice: still connected, and after one more reconnect."""

    conversations: tuple[Held, ...]


class Message(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A message's row with its versions: ``bodies[0]`` is version 1, a recall adds ``RECALLED``.

    A note that an act left has kind ``system``, and as ``client_id`` what names the act, if the harness knows it.
    """

    seq: int
    member: str
    client_id: str
    bodies: tuple[str, ...]
    change: int = 0
    recalled: bool = False
    kind: Literal["message", "system"] = "message"
    counts: bool = True  # countable (LOG H1), by its kind and not by its running number
    reactions: tuple[tuple[str, str], ...] = ()


class Stay(msgspec.Struct, frozen=True, omit_defaults=True):
    """Both ends belong to it; the message of leaving is its last seq."""

    member: str
    from_seq: int
    to_seq: int | None = None


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member's marks row; ``unread`` as the server counts it, by running numbers."""

    member: str
    read: int
    unread: int
    delivered: int = 0


class Conversation(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rows of a conversation, as SQL read them.

    ``companies`` may take part. ``hidden``: (member, seq) deleted for himself. ``silenced``: members whom a state other
    than their stays had refused at some time of the run (muted, blocked, disabled): a refusal may have gone unheard.
    """

    conversation: str
    companies: tuple[str, ...]
    head: int
    change: int
    messages: tuple[Message, ...]
    stays: tuple[Stay, ...]
    marks: tuple[Mark, ...]
    hidden: tuple[tuple[str, int], ...] = ()
    silenced: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A conversation's part in a feed row: seq and change before and after it."""

    conversation: str
    seq_before: int
    seq: int
    change_before: int
    change: int


class FeedRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    position: int
    steps: tuple[Step, ...]
    batch: str = ""  # the transaction's random id (LOG D1)


class Database(msgspec.Struct, frozen=True, tag=True, tag_field="event"):
    """The final state, read by SQL from the database itself.

    ``feed`` from the first row on: the harness reads it along, before rows are removed (LOG D3).
    """

    companies: dict[str, str]  # member -> company
    conversations: tuple[Conversation, ...]
    feed: tuple[FeedRow, ...]


class History(msgspec.Struct, frozen=True):
    events: list[Event]
    database: Database


class NoDatabase(Exception):
    def __init__(self) -> None:
        super().__init__("the history ends without the database's final state: the run was not finished")


AnyEvent = Started | Connected | Wished | Tried | Answered | Shown | Marked | Told | Moved | Covered | Settled
_decoder: msgspec.json.Decoder[AnyEvent | Database] = msgspec.json.Decoder(AnyEvent | Database)
_encoder = msgspec.json.Encoder()


class Recorder:
    """Writes a history while it happens; all devices of a run share one."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._next = 0

    def index(self) -> int:
        """The next index; take it at the moment that the module's docstring names, then build the event with it."""
        self._next += 1
        return self._next - 1

    @property
    def last(self) -> int:
        """The index given last; -1 before the first."""
        return self._next - 1

    def write(self, line: Event | Database) -> None:
        self._out.write(_encoder.encode(line) + b"\n")


def read(lines: Iterable[bytes]) -> History:
    """Raises: NoDatabase; msgspec.DecodeError or ValidationError for a line that is none of ours."""
    events: list[Event] = []
    database = None
    for line in lines:
        match _decoder.decode(line):
            case Database() as found:
                database = found
            case event:
                events.append(event)
    if database is None:
        raise NoDatabase
    return History(events, database)
