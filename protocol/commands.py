"""What a client may wish: every command, as a frozen struct that shows its wire form.

``request`` numbers a connection's commands (any whole number, usually 1, 2, 3 …); the answer and the error name it. A command that
makes something carries ``id``, a client id (DESIGN 1): sent again, also by another device or after a crash, it gives the first
answer. All others set a state or name the version that they change, so twice does no harm.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from . import limits
from .bodies import Seq

Request = Annotated[int, Meta(ge=0, le=limits.LARGEST_NUMBER)]
Id = Annotated[str, Meta(min_length=10, max_length=10)]
MakesId = Annotated[str, Meta(min_length=32, max_length=32)]
Number = Annotated[int, Meta(ge=0, le=limits.LARGEST_NUMBER)]
# PostgreSQL's text holds no U+0000; said here, so that the database never has to refuse it
NO_NUL = r"^[^\x00]*$"
Word = Annotated[str, Meta(max_length=200, pattern=NO_NUL)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Cursor = Annotated[str, Meta(max_length=400)]
Limit = Annotated[int, Meta(ge=1, le=limits.PAGE)]
DeviceClass = Literal["desktop", "phone", "web", "terminal"]
Shown = Literal["shown", "own_unit", "hidden"]
Where = Literal["tree", "contact", "direct"]
Units = Annotated[tuple[Id, ...], Meta(max_length=limits.WATCHED_UNITS)]
People = Annotated[tuple[Id, ...], Meta(max_length=limits.WATCHED_PEOPLE)]


class Command(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
    request: Request


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """``{"id": "d3b0…", "class": "desktop", "name": "Li Na's laptop"}``; ``id`` is drawn once by the installation."""

    id: Annotated[str, Meta(min_length=8, max_length=64, pattern=NO_NUL)]
    device_class: DeviceClass = msgspec.field(name="class")
    name: Word = ""


# ---- coming in


class Hello(Command, frozen=True, tag="hello"):
    """The first frame: ``{"type": "hello", "request": 1, "version": 1, "client": "yizhan-sdk/0.1", "language": "zh"}``."""

    version: Number
    client: Word = ""
    language: Word = "en"


class SignIn(Command, frozen=True, tag="sign_in"):
    """By account number or another verified login name. ``member`` chooses where an account has several (error `sign_in.choose_member`)."""

    name: Annotated[str, Meta(min_length=1, max_length=320, pattern=NO_NUL)]
    password: Password
    device: Device
    member: Word = ""


class SignInWithToken(Command, frozen=True, tag="sign_in_with_token"):
    """Robots: ``{"type": "sign_in_with_token", "request": 2, "token": "yzr_…", "device": {…}}``."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    device: Device


class Resume(Command, frozen=True, tag="resume"):
    """Come back with the session's token: ``{"type": "resume", "request": 2, "token": "yzs_…"}``. Never hashes a password."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]


class ChangePassword(Command, frozen=True, tag="change_password"):
    """The one command that a session with an initial password may give. Ends the member's other sessions."""

    old: Password
    new: Password


class SignOut(Command, frozen=True, tag="sign_out"):
    """Ends this session: its token is worth nothing any more."""


class ListSessions(Command, frozen=True, tag="list_sessions"):
    """The member's own sessions."""


class EndSession(Command, frozen=True, tag="end_session"):
    """End one of one's own sessions; its connections close within 2 s."""

    session: Id


class Ping(Command, frozen=True, tag="ping"):
    """Answered by `done` when everything before it was taken: a barrier."""


# ---- catching up


class Sync(Command, frozen=True, tag="sync"):
    """What is new since ``token``, page by page (``page`` is the cursor of the page before). Without a token: a snapshot.

    Live events begin behind the last page. Asked once by each connection, right after sign-in or resume.
    """

    token: Cursor = ""
    page: Cursor = ""


class ListConversations(Command, frozen=True, tag="list_conversations"):
    """All of the member's conversations, page by page; the client sorts."""

    page: Cursor = ""
    limit: Limit = limits.CONVERSATIONS_PAGE


class History(Command, frozen=True, tag="history"):
    """Messages of a conversation, as they are now: ``after`` a seq, ``before`` one, or ``around`` one; exactly one of them."""

    conversation: Id
    after: Number | None = None
    before: Number | None = None
    around: Number | None = None
    limit: Limit = limits.PAGE


class Changes(Command, frozen=True, tag="changes"):
    """Messages that were changed after change number ``after`` (edits, recalls, reactions, pins) or hidden for me after ``hidden``."""

    conversation: Id
    after: Number = 0
    hidden: Number = 0
    limit: Limit = limits.PAGE


class GetMarks(Command, frozen=True, tag="get_marks"):
    """The other participants' delivered and read marks, for an open conversation."""

    conversation: Id


# ---- conversations


class OpenDirect(Command, frozen=True, tag="open_direct"):
    """The direct conversation with ``member`` (an id) or ``number`` (an account number); with oneself: 'my other devices'."""

    member: Id | None = None
    number: Word = ""


class SetConversation(Command, frozen=True, tag="set_conversation"):
    """One's own settings of a conversation; what is left out stays."""

    conversation: Id
    pinned_to_top: bool | None = None
    muted: bool | None = None
    archived: bool | None = None
    unread: bool | None = None


class SetDraft(Command, frozen=True, tag="set_draft"):
    """The last to arrive wins; the empty text takes it away; sending clears the draft of its conversation."""

    conversation: Id
    text: Annotated[str, Meta(max_length=limits.DRAFT_CHARACTERS, pattern=NO_NUL)]


class Typing(Command, frozen=True, tag="typing"):
    """Told to at most 50 people, at most every 3 s, never stored."""

    conversation: Id


class Mark(Command, frozen=True, tag="mark"):
    """How far one got, only forward: ``{"type": "mark", "request": 9, "conversation": "…", "read": 41, "delivered": 45}``."""

    conversation: Id
    read: Number = 0
    delivered: Number = 0


# ---- messages


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


class GetProfile(Command, frozen=True, tag="get_profile"):
    """The card of a member."""

    member: Id


class ChangeProfile(Command, frozen=True, tag="change_profile"):
    """One's own card; what is left out stays, and the empty text takes a field away. ``phone_private``: nobody is shown one's phone.

    ``last_seen``: who is told when one was there last, if the company does not say less.
    """

    nickname: Word | None = None
    gender: Word | None = None
    star_sign: Word | None = None
    office_phone: Word | None = None
    signature: Annotated[str, Meta(max_length=limits.SIGNATURE_CHARACTERS, pattern=NO_NUL)] | None = None
    phone_private: bool | None = None
    last_seen: Shown | None = None
    tags: Annotated[tuple[Word, ...], Meta(max_length=limits.TAGS)] | None = None


# ---- the tree of the organisation, as its viewer may see it


class GetTreeTop(Command, frozen=True, tag="get_tree_top"):
    """For the first screen: one's own units and all above them. From now on this connection hears `tree_changed`."""


class GetTree(Command, frozen=True, tag="get_tree"):
    """The whole tree, page by page (``page`` is the cursor of the page before). From now on this connection hears `tree_changed`."""

    page: Cursor = ""


class ListUnit(Command, frozen=True, tag="list_unit"):
    """The units directly below a unit, and its members in their order, page by page."""

    unit: Id
    page: Cursor = ""
    limit: Limit = limits.PAGE


class SearchMembers(Command, frozen=True, tag="search_members"):
    """By name, pinyin, initials, number, phone, mail: ``{"type": "search_members", "request": 5, "query": "zhangs"}``.

    Without a query everybody in the order of pinyin; with ``letter`` (A to Z, #) those under it.
    """

    query: Annotated[str, Meta(max_length=limits.QUERY_CHARACTERS, pattern=NO_NUL)] = ""
    letter: Annotated[str, Meta(max_length=1, pattern="^[A-Z#]?$")] = ""
    page: Cursor = ""
    limit: Limit = limits.SEARCH_PAGE


# ---- presence


class SetStatus(Command, frozen=True, tag="set_status"):
    """One's own choice, for all devices, kept until the next one.

    ``{"type": "set_status", "request": 31, "status": 3, "text": "back at two"}``: 1 online, 2 away, 3 busy, 4 do not
    disturb, 5 invisible. Without a text there is none.
    """

    status: Annotated[int, Meta(ge=1, le=5)]
    text: Annotated[str, Meta(max_length=limits.STATUS_CHARACTERS, pattern=NO_NUL)] = ""


class SetIdle(Command, frozen=True, tag="set_idle"):
    """Nobody has touched this device for a while, or somebody does again; who is idle wherever he is there, and online, is away."""

    idle: bool


class WatchUnits(Command, frozen=True, tag="watch_units"):
    """Begin with ``units`` (their counts and the members directly in them) and ``counts`` (counts alone), end with ``no_more``.

    From now on this connection hears `units_presence` of them; the first is whole.
    """

    units: Units = ()
    counts: Units = ()
    no_more: Units = ()


class WatchPeople(Command, frozen=True, tag="watch_people"):
    """Begin and end with people one by one: as frequent contacts, as the other of a direct conversation, or found in the tree.

    From now on this connection hears `people_presence` of them, for this place.
    """

    where: Where
    members: People = ()
    no_more: People = ()


class GetLastSeen(Command, frozen=True, tag="get_last_seen"):
    """When these were there last, of those who show it: ``{"type": "get_last_seen", "request": 36, "where": "tree", "members": ["…"]}``."""

    where: Where
    members: Annotated[tuple[Id, ...], Meta(max_length=limits.PAGE)]


AnyCommand = (
    Hello
    | SignIn
    | SignInWithToken
    | Resume
    | ChangePassword
    | SignOut
    | ListSessions
    | EndSession
    | Ping
    | Sync
    | ListConversations
    | History
    | Changes
    | GetMarks
    | OpenDirect
    | SetConversation
    | SetDraft
    | Typing
    | Mark
    | Send
    | Edit
    | Recall
    | React
    | PinMessage
    | ListPinned
    | DeleteForMe
    | Favourite
    | Unfavourite
    | ListFavourites
    | GetProfile
    | ChangeProfile
    | GetTreeTop
    | GetTree
    | ListUnit
    | SearchMembers
    | SetStatus
    | SetIdle
    | WatchUnits
    | WatchPeople
    | GetLastSeen
)
