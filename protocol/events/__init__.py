"""What a server says: answers (they name a ``request``) and events, as frozen structs that show their wire form.

A device's cursor in a conversation is (seq, change). Every frame that brings messages or changes names the range that it closes, so
a device knows of every hole and fetches it by `history` or `changes`.
"""

from .coming_in import CodeSent, Resumed, SessionEnded, SessionInfo, Sessions, SignedIn, Welcome
from .contacts import (
    ContactGroupInfo,
    ContactGroupMade,
    ContactInfo,
    ContactsChanged,
    ContactsPage,
    InContactGroup,
    RecentContact,
    RecentContacts,
)
from .conversations import (
    ConversationChanged,
    ConversationList,
    ConversationState,
    IsTyping,
    Left,
    Marks,
    MarksMoved,
    MarksPage,
    Opened,
    OwnMarks,
    SyncPage,
    SyncToken,
)
from .frame import Answer, Choice, Done, ErrorFrame, Frame
from .members import DirectoryPage, FoundMember, MemberInfo, MembersFound, MemberState, Profile, ProfileChanged
from .messages import (
    Changed,
    ChangesPage,
    FavouriteInfo,
    Favourites,
    FavouritesChanged,
    HistoryPage,
    Message,
    Messages,
    MessagesChanged,
    MessagesHidden,
    Pinned,
    Sent,
    Skipped,
)
from .outside import OutsideChanged, OutsideContact, OutsideContacts, OutsideRequest, OutsideRequests
from .presence import LastSeen, OwnPresence, PeoplePresence, SeenAs, UnitPresence, UnitsPresence, WasThere
from .tree import (
    MemberLeft,
    MemberPut,
    TreeChanged,
    TreeMember,
    TreePage,
    TreeReload,
    TreeTop,
    TreeUnit,
    UnitCount,
    UnitMembers,
    UnitPage,
    UnitPut,
)

AnyFrame = (
    Welcome
    | SignedIn
    | Resumed
    | Done
    | Sent
    | Changed
    | CodeSent
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
    | DirectoryPage
    | ContactsPage
    | ContactGroupMade
    | RecentContacts
    | OutsideContacts
    | OutsideRequests
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
    | ContactsChanged
    | OutsideChanged
    | ProfileChanged
    | TreeChanged
    | TreeReload
    | UnitsPresence
    | PeoplePresence
    | OwnPresence
    | SyncToken
    | SessionEnded
)

__all__ = [
    "Answer",
    "AnyFrame",
    "Changed",
    "ChangesPage",
    "Choice",
    "CodeSent",
    "ContactGroupInfo",
    "ContactGroupMade",
    "ContactInfo",
    "ContactsChanged",
    "ContactsPage",
    "ConversationChanged",
    "ConversationList",
    "ConversationState",
    "DirectoryPage",
    "Done",
    "ErrorFrame",
    "FavouriteInfo",
    "Favourites",
    "FavouritesChanged",
    "FoundMember",
    "Frame",
    "HistoryPage",
    "InContactGroup",
    "IsTyping",
    "LastSeen",
    "Left",
    "Marks",
    "MarksMoved",
    "MarksPage",
    "MemberInfo",
    "MemberLeft",
    "MemberPut",
    "MemberState",
    "MembersFound",
    "Message",
    "Messages",
    "MessagesChanged",
    "MessagesHidden",
    "Opened",
    "OutsideChanged",
    "OutsideContact",
    "OutsideContacts",
    "OutsideRequest",
    "OutsideRequests",
    "OwnMarks",
    "OwnPresence",
    "PeoplePresence",
    "Pinned",
    "Profile",
    "ProfileChanged",
    "RecentContact",
    "RecentContacts",
    "Resumed",
    "SeenAs",
    "Sent",
    "SessionEnded",
    "SessionInfo",
    "Sessions",
    "SignedIn",
    "Skipped",
    "SyncPage",
    "SyncToken",
    "TreeChanged",
    "TreeMember",
    "TreePage",
    "TreeReload",
    "TreeTop",
    "TreeUnit",
    "UnitCount",
    "UnitMembers",
    "UnitPage",
    "UnitPresence",
    "UnitPut",
    "UnitsPresence",
    "WasThere",
    "Welcome",
]
