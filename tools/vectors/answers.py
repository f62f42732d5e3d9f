"""One example and more of every answer."""

from protocol import events as e
from tools.vectors.story import (
    ASKED,
    CHAT,
    FRIENDS,
    GROUP,
    IN_SALES,
    JONES,
    KEPT_ID,
    LI_NA,
    ME,
    NOON,
    OTHER_SESSION,
    OWN_CARD,
    PLATFORM,
    RESEARCH,
    ROBOT,
    ROOT,
    SALES,
    SECOND_ID,
    SELF,
    SESSION,
    SORT,
    THEIRS,
    TOM,
    UNITS,
    Make,
)

ANSWERS: dict[str, Make] = {
    "welcome": lambda w: e.Welcome(request=1, version=1, server="yizhan/0.1.0", time=NOON),
    "welcome_with_other_limits": lambda w: e.Welcome(request=1, version=1, server="yizhan/0.1.0", time=NOON, recall_seconds=300, page=100),
    "signed_in": lambda w: e.SignedIn(request=2, session=SESSION, token="yzs_4Hq9Xw", me=ME),
    "signed_in_first_time": lambda w: e.SignedIn(request=2, session=SESSION, token="yzs_4Hq9Xw", me=ME, password_change_required=True),
    "resumed": lambda w: e.Resumed(request=2, session=SESSION, me=ME),
    "resumed_with_new_token": lambda w: e.Resumed(request=2, session=SESSION, me=ME, token="yzs_9Lm2Bd", password_change_required=True),
    "done": lambda w: e.Done(request=12),
    "done_password_changed": lambda w: e.Done(request=3),
    "pong": lambda w: e.Done(request=4),
    "sent": lambda w: e.Sent(request=8, seq=7, sent_at=NOON),
    "sent_which_read_what_came_before": lambda w: e.Sent(request=8, seq=7, sent_at=NOON, read=7),
    "changed": lambda w: e.Changed(request=13, change=3, version=2),
    "code_sent": lambda w: e.CodeSent(request=32, valid_seconds=600, again_seconds=60),
    "done_bound": lambda w: e.Done(request=33),
    "sessions": lambda w: e.Sessions(
        request=30,
        sessions=(
            e.SessionInfo(SESSION, "desktop", "Li Na's laptop", "192.0.2.7", NOON - 86_400_000, NOON, True),
            e.SessionInfo(OTHER_SESSION, "phone", "Pixel", "198.51.100.4", NOON - 9_000_000, NOON - 60_000),
        ),
    ),
    "sync_page_snapshot": lambda w: e.SyncPage(request=3, conversations=(w.chat(),), token="t1.Zm9v", snapshot=True),
    "sync_page": lambda w: e.SyncPage(request=3, conversations=(w.chat(),), token="t1.cXV4"),
    "sync_page_with_more": lambda w: e.SyncPage(request=3, conversations=(w.chat(),), page="p1.YmFy"),
    "sync_page_after_leaving": lambda w: e.SyncPage(request=3, conversations=(group_left(),), token="t1.cXV4"),
    "conversations": lambda w: e.ConversationList(request=6, conversations=(w.chat(pinned_to_top=True, draft="See you"),), page="p1.YmFy"),
    "conversations_with_who_is_deleted": lambda w: e.ConversationList(request=6, conversations=(w.chat(peer_state="deleted"),)),
    "opened": lambda w: e.Opened(request=5, conversation=e.ConversationState(conversation=CHAT, kind="direct", seq=0, change=0, peer=TOM)),
    "opened_with_oneself": lambda w: e.Opened(
        request=5, conversation=e.ConversationState(conversation=SELF, kind="direct", seq=0, change=0, peer=LI_NA)
    ),
    "history_page": lambda w: e.HistoryPage(request=5, conversation=CHAT, after=6, up_to=8, messages=(w.lunch(), w.answer())),
    "history_page_with_hole": lambda w: e.HistoryPage(
        request=7, conversation=CHAT, after=5, up_to=8, messages=(w.lunch(), w.answer()), skipped=(e.Skipped(6, 6),)
    ),
    "changes_page": lambda w: e.ChangesPage(
        request=6, conversation=CHAT, after=2, up_to=5, messages=(w.liked(),), hidden=(5,), hidden_up_to=2
    ),
    "changes_page_with_more": lambda w: e.ChangesPage(
        request=6, conversation=CHAT, after=2, up_to=3, messages=(w.edited(),), hidden_up_to=1, more=True
    ),
    "marks_page": lambda w: e.MarksPage(request=8, conversation=CHAT, marks=(e.Marks(TOM, delivered=8, read=7),)),
    "pinned": lambda w: e.Pinned(request=17, conversation=CHAT, messages=(w.liked(),)),
    "favourites": lambda w: e.Favourites(
        request=21,
        page="p1.YmFy",
        favourites=(e.FavouriteInfo(KEPT_ID, CHAT, 7, NOON + 60_000, "lunch", w.lunch()), e.FavouriteInfo(SECOND_ID, GROUP, 3, NOON)),
    ),
    "profile": lambda w: e.Profile(
        request=22,
        profile=e.MemberInfo(member=TOM, name="Tom", number="10002", company="Northwind", mail="tom@example.com", units=("Sales",)),
    ),
    "profile_of_oneself": lambda w: e.Profile(request=22, profile=OWN_CARD),
    "profile_of_who_is_deleted": lambda w: e.Profile(request=22, profile=e.MemberInfo(member=TOM, name="Tom", state="deleted")),
    "profile_of_a_robot": lambda w: e.Profile(request=22, profile=e.MemberInfo(member=ROBOT, name="Build", kind="robot")),
    "tree_top": lambda w: e.TreeTop(request=24, units=UNITS, own=(PLATFORM,)),
    "tree_page": lambda w: e.TreePage(
        request=25,
        units=(*UNITS, THEIRS),
        members=(e.UnitMembers(PLATFORM, (e.TreeMember(LI_NA, "李娜"),)),),
        page="4",
    ),
    "tree_page_last": lambda w: e.TreePage(request=26, members=(e.UnitMembers(SALES, IN_SALES),)),
    "tree_page_of_what_differs": lambda w: e.TreePage(
        request=47,
        members=(e.UnitMembers(SALES, IN_SALES),),
        counts=(e.UnitCount(ROOT, 3), e.UnitCount(RESEARCH, 1), e.UnitCount(PLATFORM, 1), e.UnitCount(SALES, 2)),
        rest=True,
    ),
    "unit_page": lambda w: e.UnitPage(request=27, unit=THEIRS, members=IN_SALES[:1], page=TOM),
    "unit_page_with_units": lambda w: e.UnitPage(request=27, unit=UNITS[1], units=UNITS[2:]),
    "members_found": lambda w: e.MembersFound(
        request=29, members=(e.FoundMember(TOM, "Tom", (SALES,)), e.FoundMember(ROBOT, "Tomcat", robot=True)), total=3, page="kwCh"
    ),
    "directory_page": lambda w: e.DirectoryPage(
        request=31,
        members=(e.FoundMember(LI_NA, "李娜", (PLATFORM,)), e.FoundMember(TOM, "Tom", (SALES,))),
        total=2,
        letters={"L": 1, "T": 1},
    ),
    "directory_page_next": lambda w: e.DirectoryPage(
        request=32, members=(e.FoundMember(ROBOT, "Tomcat", robot=True),), total=52, page="kwCi"
    ),
    "contacts_page_snapshot": lambda w: e.ContactsPage(
        request=33,
        contacts=(
            e.ContactInfo(TOM, "Tom", SORT, "Tom of Sales", "disabled", groups=(e.InContactGroup(FRIENDS, SORT),)),
            e.ContactInfo(ROBOT, "Build", 2 * SORT, robot=True),
        ),
        groups=(e.ContactGroupInfo(FRIENDS, "Lunch", SORT),),
        token="t1.Zm9v",
        snapshot=True,
    ),
    "contacts_page": lambda w: e.ContactsPage(
        request=34,
        contacts=(e.ContactInfo(TOM, gone=True), e.ContactInfo(ROBOT, "Build", SORT // 2, robot=True)),
        groups=(e.ContactGroupInfo(FRIENDS, gone=True),),
        token="t1.cXV4",
    ),
    "contacts_page_with_more": lambda w: e.ContactsPage(request=34, contacts=(e.ContactInfo(TOM, "Tom", SORT),), page="p1.YmFy"),
    "contact_group_made": lambda w: e.ContactGroupMade(request=39, group=FRIENDS),
    "recent_contacts": lambda w: e.RecentContacts(
        request=45,
        contacts=(e.RecentContact(TOM, "Tom", CHAT, NOON + 9000, "disabled"), e.RecentContact(ROBOT, "Build", SELF, NOON, robot=True)),
        page="1766000009000.cV5nJ2sYhU",
    ),
    "outside_contacts": lambda w: e.OutsideContacts(
        request=55,
        contacts=(
            e.OutsideContact(JONES, "Jones", "Globex", NOON, "Jones of Globex"),
            e.OutsideContact(ROBOT, "Smith", "Globex", state="disabled", blocked=True, ended=True),
        ),
        page=ROBOT,
    ),
    "outside_requests": lambda w: e.OutsideRequests(
        request=56,
        requests=(
            e.OutsideRequest(ASKED, NOON, member=JONES, name="Jones", company="Globex", words="we met at noon"),
            e.OutsideRequest(SELF, NOON, member=TOM, name="Tom", company="Globex", instead_of="Jones"),
        ),
    ),
    "outside_requests_mine": lambda w: e.OutsideRequests(
        request=57,
        requests=(
            e.OutsideRequest(ASKED, NOON, address="jones@globex.example", words="Li Na of Northwind", remark="Jones of Globex"),
            e.OutsideRequest(SELF, NOON, "accepted", member=TOM, address="20002"),
            e.OutsideRequest(CHAT, NOON, "expired", address="20003"),
        ),
        page=CHAT,
    ),
    "error": lambda w: e.ErrorFrame(
        request=8, code="conversation.not_found", kind="refused", text="there is no such conversation", trace="7f3a90c1"
    ),
    "error_busy": lambda w: e.ErrorFrame(
        request=2,
        code="server.busy",
        kind="refused",
        text="the server is busy, try again in 3 s",
        trace="7f3a90c2",
        retry_after_ms=3000,
        data={"seconds": 3},
    ),
    "error_unknown_outcome": lambda w: e.ErrorFrame(
        request=8,
        code="server.outcome_unknown",
        kind="unknown",
        text="no answer from the database; send the same again",
        trace="7f3a90c3",
    ),
    "error_choose_member": lambda w: e.ErrorFrame(
        request=2,
        code="sign_in.choose_member",
        kind="refused",
        text="this account has several members; choose one",
        trace="7f3a90c4",
        choices=(e.Choice(LI_NA, "Northwind", "李娜"), e.Choice("mP3rs0nal1", "personal", "Nana")),
    ),
    "last_seen": lambda w: e.LastSeen(request=38, members=(e.WasThere(TOM, NOON - 3_600_000), e.WasThere(ROBOT, 0))),
    "error_too_old": lambda w: e.ErrorFrame(
        request=1,
        code="client.too_old",
        kind="refused",
        text="please update: this server speaks protocol version 1 or newer",
        trace="7f3a90c5",
        data={"oldest": 1},
    ),
    "error_unreadable": lambda w: e.ErrorFrame(
        code="frame.invalid",
        kind="refused",
        text="this frame cannot be read: Input data was truncated",
        trace="7f3a90c6",
        data={"why": "Input data was truncated"},
    ),
}


def group_left() -> e.ConversationState:
    return e.ConversationState(conversation=GROUP, kind="group", seq=14, change=2, name="Lunch", ended=True)
