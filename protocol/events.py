"""What a server says: answers (they name a ``request``) and events, as frozen structs that show their wire form.

A device's cursor in a conversation is (seq, change). Every frame that brings messages or changes names the range that it closes, so
a device knows of every hole and fetches it by `history` or `changes`.
"""

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from . import limits

if TYPE_CHECKING:
    RawOrNone = msgspec.Raw | None
else:
    RawOrNone = msgspec.Raw  # of a union of both msgspec would read None alone; left out is still None


class Frame(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
    """What all frames of a server share."""


class Answer(Frame, frozen=True):
    request: int


# ---- values inside frames


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


class Marks(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a participant got: ``{"member": "…", "delivered": 45, "read": 41}``."""

    member: str
    delivered: int = 0
    read: int = 0


class ConversationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation as its viewer has it: the heads, his own marks, settings and counts, and the last message that he may see.

    ``seq`` and ``change`` are the conversation's heads, or for a former participant those of the end of his last stay; ``ended`` says so,
    and the client asks `changes` once. ``peer`` is the other of a direct conversation (oneself: one's other devices).
    """

    conversation: str
    kind: Literal["direct", "group", "discussion", "broadcast", "system"]
    seq: int
    change: int
    name: str = ""
    peer: str = ""
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


class SessionInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the member's sessions; times in milliseconds UTC."""

    session: str
    device_class: str
    device_name: str = ""
    address: str = ""
    since: int = 0
    last_seen_at: int = 0
    here: bool = False


class FavouriteInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kept reference, with the message as it is now if it may still be seen."""

    id: str
    conversation: str
    seq: int
    at: int
    note: str = ""
    message: Message | None = None


class MemberInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The card of a member."""

    member: str
    name: str
    number: str = ""
    kind: Literal["person", "robot"] = "person"
    company: str = ""
    nickname: str = ""
    gender: str = ""
    job_title: str = ""
    phone: str = ""
    mail: str = ""
    signature: str = ""
    units: tuple[str, ...] = ()


class TreeUnit(msgspec.Struct, frozen=True, array_like=True):
    """A unit in the tree: ``[id, parent, name, count, kind, way]``; the root has no parent.

    ``count``: how many members the viewer sees in it and below, each once. ``way``: it is known by its name alone, as the way to another.
    """

    unit: str
    parent: str
    name: str
    count: int = 0
    kind: str = "department"
    way: bool = False


class TreeMember(msgspec.Struct, frozen=True, array_like=True):
    """A member in a unit: ``[id, name, head, robot]``; ``head``: first, other or nothing."""

    member: str
    name: str
    head: str = ""
    robot: bool = False


class UnitMembers(msgspec.Struct, frozen=True, array_like=True):
    """All members of a unit whom the viewer sees, in their order: ``[unit, [member, …]]``; of no unit, the empty text: the unassigned."""

    unit: str
    members: tuple[TreeMember, ...]


class UnitPut(msgspec.Struct, frozen=True, array_like=True):
    """A unit as it is now: ``[unit, before]``; it stands right before ``before``, or last below its parent where that is empty."""

    unit: TreeUnit
    before: str = ""


class MemberPut(msgspec.Struct, frozen=True, array_like=True):
    """A member in ``unit``, new or as he is now: ``[unit, member, before]``, right before ``before``, or last where that is empty."""

    unit: str
    member: TreeMember
    before: str = ""


class MemberLeft(msgspec.Struct, frozen=True, array_like=True):
    """A member is not seen in ``unit`` any more: ``[unit, member]``."""

    unit: str
    member: str


class UnitCount(msgspec.Struct, frozen=True, array_like=True):
    """``[unit, count]``"""

    unit: str
    count: int


class SeenAs(msgspec.Struct, frozen=True, array_like=True):
    """Members who are seen alike: ``[17, ["member…", "member…"]]``, so that one more costs the eleven bytes of his id.

    ``code``: 0 is offline; else 1 online, 2 away, 3 busy, 4 do not disturb, plus the classes of the devices that he is there with: 8
    desktop, 16 phone, 32 web, 64 terminal.
    """

    code: int
    members: tuple[str, ...]


class UnitPresence(msgspec.Struct, frozen=True, array_like=True):
    """``["unit…", 17, 40, [[9, ["member…", "member…"]], [0, ["member…"]]], {"member…": "back at two"}]``.

    ``online`` and ``total`` are of the unit and all below it. ``seen`` and ``texts`` are of the members directly in it, and empty for
    who watches its counts alone. A member with a text of "" has none any more.
    """

    unit: str
    online: int
    total: int
    seen: tuple[SeenAs, ...] = ()
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class WasThere(msgspec.Struct, frozen=True, array_like=True):
    """``[member, at]``: when others saw him there last, in milliseconds UTC; 0 while they see him there."""

    member: str
    at: int


class FoundMember(msgspec.Struct, frozen=True, array_like=True):
    """Who was found: ``[member, name, units, robot]``; ``units``: the ids of those in which the viewer sees him."""

    member: str
    name: str
    units: tuple[str, ...] = ()
    robot: bool = False


class Choice(msgspec.Struct, frozen=True):
    """One of the members that an account may sign in as."""

    member: str
    company: str
    name: str


# ---- answers


class Welcome(Answer, frozen=True, tag="welcome", omit_defaults=False):
    """The answer to hello: what the server speaks and its limits."""

    version: int
    server: str
    time: int
    text_characters: int = limits.TEXT_CHARACTERS
    recall_seconds: int = limits.RECALL_SECONDS
    edit_seconds: int = limits.EDIT_SECONDS
    ping_seconds: int = limits.PING_SECONDS
    page: int = limits.PAGE


class SignedIn(Answer, frozen=True, tag="signed_in"):
    """The session's token is to be kept; a later `resume` may bring a new one, which replaces it."""

    session: str
    token: str
    me: MemberInfo
    password_change_required: bool = False


class Resumed(Answer, frozen=True, tag="resumed"):
    """``token`` is empty unless it was rotated; the old one stays valid until the new one has been used once."""

    session: str
    me: MemberInfo
    token: str = ""
    password_change_required: bool = False


class Done(Answer, frozen=True, tag="done"):
    """The command was carried out and has nothing more to say."""


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


class Sessions(Answer, frozen=True, tag="sessions"):
    sessions: tuple[SessionInfo, ...]


class SyncPage(Answer, frozen=True, tag="sync_page"):
    """Changed conversations. ``page`` asks for the next page; the last one has ``token`` instead.

    ``snapshot``: drop cursors and sync token, this is everything (another epoch, or no token; LOG E4).
    """

    conversations: tuple[ConversationState, ...]
    page: str = ""
    token: str = ""
    snapshot: bool = False


class ConversationList(Answer, frozen=True, tag="conversations"):
    conversations: tuple[ConversationState, ...]
    page: str = ""


class Opened(Answer, frozen=True, tag="opened"):
    conversation: ConversationState


class HistoryPage(Answer, frozen=True, tag="history_page"):
    """Messages in ascending order. Together with ``skipped`` they are all seqs from ``after`` + 1 to ``up_to``."""

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]
    skipped: tuple[Skipped, ...] = ()


class ChangesPage(Answer, frozen=True, tag="changes_page"):
    """Changed messages as they are now, in the order of their change; the run of changes is closed up to ``up_to``.

    ``hidden`` are the seqs that one has hidden for oneself after the number asked, ``hidden_up_to`` that number now. ``more``: ask again
    from ``up_to``.
    """

    conversation: str
    after: int
    up_to: int
    messages: tuple[Message, ...]
    hidden: tuple[int, ...] = ()
    hidden_up_to: int = 0
    more: bool = False


class MarksPage(Answer, frozen=True, tag="marks_page"):
    conversation: str
    marks: tuple[Marks, ...]


class Pinned(Answer, frozen=True, tag="pinned"):
    conversation: str
    messages: tuple[Message, ...]


class Favourites(Answer, frozen=True, tag="favourites"):
    favourites: tuple[FavouriteInfo, ...]
    page: str = ""


class Profile(Answer, frozen=True, tag="profile"):
    profile: MemberInfo


class TreeTop(Answer, frozen=True, tag="tree_top"):
    """``own``: the viewer's own units, the primary one first; ``units``: they and all above them, each behind its parent."""

    units: tuple[TreeUnit, ...]
    own: tuple[str, ...] = ()


class TreePage(Answer, frozen=True, tag="tree_page"):
    """The first page has all ``units``, each behind its parent, siblings in their order; all pages have members, by unit, each once.

    ``page`` asks for the next page; the last one has none. A `tree_changed` between two pages counts for what came before it.
    """

    units: tuple[TreeUnit, ...] = ()
    members: tuple[UnitMembers, ...] = ()
    page: str = ""


class UnitPage(Answer, frozen=True, tag="unit_page"):
    """``units``: those directly below it, in their order."""

    unit: TreeUnit
    units: tuple[TreeUnit, ...] = ()
    members: tuple[TreeMember, ...] = ()
    page: str = ""


class MembersFound(Answer, frozen=True, tag="members_found"):
    """``total``: how many the viewer finds in all."""

    members: tuple[FoundMember, ...]
    total: int
    page: str = ""


class LastSeen(Answer, frozen=True, tag="last_seen"):
    """Who is not among ``members`` does not show it, was never there, or is nobody."""

    members: tuple[WasThere, ...] = ()


class ErrorFrame(Frame, frozen=True, tag="error"):
    """``{"type": "error", "request": 8, "code": "conversation.not_found", "kind": "refused", "text": "…", "trace": "…"}``

    ``kind``: `refused`, this attempt is not stored and none before it was; `unknown`, send the same id again. ``trace`` finds it in the
    server's logs. Without ``request`` it answers a frame in which none could be read.
    """

    code: str
    kind: Literal["refused", "unknown"]
    text: str
    request: int | None = None
    trace: str = ""
    retry_after_ms: int | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    choices: tuple[Choice, ...] = ()


# ---- events


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


class ConversationChanged(Frame, frozen=True, tag="conversation_changed"):
    """The conversation as it is for this viewer now: opened, joined again, own marks or settings or draft set by another device."""

    state: ConversationState


class Left(Frame, frozen=True, tag="left"):
    """The viewer's stay has ended with seq ``seq``. Nothing follows; ask `changes` once (LOG F4)."""

    conversation: str
    seq: int
    change: int


class OwnMarks(Frame, frozen=True, tag="own_marks"):
    """One's own marks and counts, whichever of one's devices moved them; the counts are those up to ``seq``."""

    conversation: str
    seq: int
    read: int
    delivered: int
    unread: int = 0
    unread_mentions: int = 0
    marked_unread: bool = False


class MarksMoved(Frame, frozen=True, tag="marks_moved"):
    """Other participants' marks."""

    conversation: str
    marks: tuple[Marks, ...]


class IsTyping(Frame, frozen=True, tag="is_typing"):
    conversation: str
    member: str


class FavouritesChanged(Frame, frozen=True, tag="favourites_changed"):
    """Another of one's devices kept or dropped one: fetch the list again when it is shown."""


class ProfileChanged(Frame, frozen=True, tag="profile_changed"):
    member: str


class TreeChanged(Frame, frozen=True, tag="tree_changed"):
    """What changed of the tree for this viewer, applied in the order of the fields; units that the client has not loaded are passed over.

    ``gone``: units, with all who were in them. ``units``: new or changed ones. ``left``, ``put``: members. ``counts``: all that changed.
    ``lists``: units whose members are told anew.
    """

    gone: tuple[str, ...] = ()
    units: tuple[UnitPut, ...] = ()
    left: tuple[MemberLeft, ...] = ()
    lists: tuple[UnitMembers, ...] = ()
    put: tuple[MemberPut, ...] = ()
    counts: tuple[UnitCount, ...] = ()


class TreeReload(Frame, frozen=True, tag="tree_reload"):
    """Too much changed to be told: drop the tree and fetch it again."""


class UnitsPresence(Frame, frozen=True, tag="units_presence"):
    """Units that changed. ``whole``: who is not listed in one of them is offline; else he is as he was."""

    units: tuple[UnitPresence, ...]
    whole: bool = False


class PeoplePresence(Frame, frozen=True, tag="people_presence"):
    """People who are watched one by one, for the place that ``where`` names: `tree`, `contact` or `direct`; there only.

    ``{"type": "people_presence", "where": "contact", "seen": [[17, ["member…"]]]}``
    """

    where: str
    seen: tuple[SeenAs, ...]
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class OwnPresence(Frame, frozen=True, tag="own_presence"):
    """Oneself, to one's own devices alone: the truth, by device class. ``{"status": 5, "devices": {"desktop": 5}}`` is invisible."""

    status: int
    text: str = ""
    devices: dict[str, int] = msgspec.field(default_factory=dict)


class SyncToken(Frame, frozen=True, tag="sync_token"):
    """What the client has been told of up to here. Keep the newest; it is opaque."""

    token: str


class SessionEnded(Frame, frozen=True, tag="session_ended"):
    """This session is over, and why: signed_out, ended, replaced, disabled, expired, password_changed, token_stolen. Don't resume."""

    reason: str


AnyFrame = (
    Welcome
    | SignedIn
    | Resumed
    | Done
    | Sent
    | Changed
    | Sessions
    | SyncPage
    | ConversationList
    | Opened
    | HistoryPage
    | ChangesPage
    | MarksPage
    | Pinned
    | Favourites
    | Profile
    | TreeTop
    | TreePage
    | UnitPage
    | MembersFound
    | LastSeen
    | ErrorFrame
    | Messages
    | MessagesChanged
    | MessagesHidden
    | ConversationChanged
    | Left
    | OwnMarks
    | MarksMoved
    | IsTyping
    | FavouritesChanged
    | ProfileChanged
    | TreeChanged
    | TreeReload
    | UnitsPresence
    | PeoplePresence
    | OwnPresence
    | SyncToken
    | SessionEnded
)
