"""What a client may wish: every command, as a frozen struct that shows its wire form.

``request`` numbers a connection's commands (any whole number, usually 1, 2, 3 …); the answer and the error name it. A command that
makes something carries ``id``, a client id (DESIGN 1): sent again, also by another device or after a crash, it gives the first
answer. All others set a state or name the version that they change, so twice does no harm.
"""

from .coming_in import (
    Address,
    AddressKind,
    Bind,
    ChangePassword,
    Device,
    DeviceClass,
    EndSession,
    Hello,
    ListSessions,
    Password,
    Ping,
    Resume,
    SendCode,
    SignIn,
    SignInWithToken,
    SignOut,
)
from .command import NO_NUL, Command, Cursor, Id, Limit, MakesId, Number, Request, Word
from .contacts import (
    AddContact,
    DeleteContactGroup,
    GetContacts,
    ListRecentContacts,
    MakeContactGroup,
    MoveContact,
    MoveContactGroup,
    PutInContactGroup,
    RemoveContact,
    RenameContactGroup,
    TakeOutOfContactGroup,
)
from .conversations import Changes, GetMarks, History, ListConversations, Mark, OpenDirect, SetConversation, SetDraft, Sync, Typing
from .members import ChangeProfile, GetProfile, ListDirectory, SearchMembers, Shown
from .messages import DeleteForMe, Edit, Favourite, ForwardOf, ListFavourites, ListPinned, PinMessage, React, Recall, Send, Unfavourite
from .outside import (
    AcceptOutside,
    BlockOutside,
    BringOutside,
    Brought,
    ListOutside,
    ListOutsideRequests,
    RefuseOutside,
    RemarkOutside,
    RemoveOutside,
    ReportOutside,
    RequestOutside,
    WithdrawOutside,
)
from .presence import GetLastSeen, People, SetIdle, SetStatus, Units, WatchPeople, WatchUnits, Where
from .tree import Digest, GetTree, GetTreeTop, ListUnit, TreeHave, UnitDigest

AnyCommand = (
    Hello
    | SignIn
    | SignInWithToken
    | Resume
    | ChangePassword
    | SendCode
    | Bind
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
    | ListDirectory
    | GetContacts
    | AddContact
    | RemoveContact
    | MoveContact
    | MakeContactGroup
    | RenameContactGroup
    | MoveContactGroup
    | DeleteContactGroup
    | PutInContactGroup
    | TakeOutOfContactGroup
    | ListRecentContacts
    | RequestOutside
    | BringOutside
    | WithdrawOutside
    | AcceptOutside
    | RefuseOutside
    | ListOutside
    | ListOutsideRequests
    | RemarkOutside
    | RemoveOutside
    | BlockOutside
    | ReportOutside
)

__all__ = [
    "NO_NUL",
    "AcceptOutside",
    "AddContact",
    "Address",
    "AddressKind",
    "AnyCommand",
    "Bind",
    "BlockOutside",
    "BringOutside",
    "Brought",
    "ChangePassword",
    "ChangeProfile",
    "Changes",
    "Command",
    "Cursor",
    "DeleteContactGroup",
    "DeleteForMe",
    "Device",
    "DeviceClass",
    "Digest",
    "Edit",
    "EndSession",
    "Favourite",
    "ForwardOf",
    "GetContacts",
    "GetLastSeen",
    "GetMarks",
    "GetProfile",
    "GetTree",
    "GetTreeTop",
    "Hello",
    "History",
    "Id",
    "Limit",
    "ListConversations",
    "ListDirectory",
    "ListFavourites",
    "ListOutside",
    "ListOutsideRequests",
    "ListPinned",
    "ListRecentContacts",
    "ListSessions",
    "ListUnit",
    "MakeContactGroup",
    "MakesId",
    "Mark",
    "MoveContact",
    "MoveContactGroup",
    "Number",
    "OpenDirect",
    "Password",
    "People",
    "PinMessage",
    "Ping",
    "PutInContactGroup",
    "React",
    "Recall",
    "RefuseOutside",
    "RemarkOutside",
    "RemoveContact",
    "RemoveOutside",
    "RenameContactGroup",
    "ReportOutside",
    "Request",
    "RequestOutside",
    "Resume",
    "SearchMembers",
    "Send",
    "SendCode",
    "SetConversation",
    "SetDraft",
    "SetIdle",
    "SetStatus",
    "Shown",
    "SignIn",
    "SignInWithToken",
    "SignOut",
    "Sync",
    "TakeOutOfContactGroup",
    "TreeHave",
    "Typing",
    "Unfavourite",
    "UnitDigest",
    "Units",
    "WatchPeople",
    "WatchUnits",
    "Where",
    "WithdrawOutside",
    "Word",
]
