"""One example and more of every event."""

from protocol import bodies
from protocol import events as e
from tools.vectors.bodies import BODIES
from tools.vectors.story import (
    CHAT,
    GROUP,
    IN_SALES,
    KEPT_ID,
    LI_NA,
    NOON,
    PLATFORM,
    RECALLED,
    RESEARCH,
    ROBOT,
    ROOT,
    SALES,
    SECOND_ID,
    TEXT,
    TOM,
    Make,
    check,
)

EVENTS: dict[str, Make] = {
    "messages": lambda w: e.Messages(conversation=CHAT, after=7, up_to=8, messages=(w.answer(),)),
    "messages_with_note": lambda w: e.Messages(
        conversation=GROUP,
        after=11,
        up_to=12,
        messages=(e.Message(seq=12, sender="", sent_at=NOON, body=w.show(bodies.note("joined", members=(TOM,), by=LI_NA))),),
    ),
    "messages_with_forward": lambda w: e.Messages(
        conversation=GROUP,
        after=12,
        up_to=13,
        messages=(
            e.Message(
                seq=13,
                sender=TOM,
                sent_at=NOON + 90_000,
                body=w.show(bodies.forwarded(check(TEXT).canonical, sender=LI_NA, sent_at=NOON)),
                id=SECOND_ID,
            ),
        ),
    ),
    "messages_with_unknown_kind": lambda w: e.Messages(
        conversation=CHAT,
        after=8,
        up_to=9,
        messages=(e.Message(seq=9, sender=TOM, sent_at=NOON + 95_000, body=w.show(check(BODIES["unknown_kind"])), id=KEPT_ID),),
    ),
    "messages_all_skipped": lambda w: e.Messages(conversation=GROUP, after=13, up_to=14, messages=()),
    "messages_changed": lambda w: e.MessagesChanged(conversation=CHAT, after=2, up_to=3, messages=(w.edited(),)),
    "messages_changed_by_reaction_and_pin": lambda w: e.MessagesChanged(conversation=CHAT, after=3, up_to=5, messages=(w.liked(),)),
    "messages_changed_by_recall": lambda w: e.MessagesChanged(conversation=CHAT, after=5, up_to=6, messages=(RECALLED,)),
    "messages_hidden": lambda w: e.MessagesHidden(conversation=CHAT, after=1, up_to=2, seqs=(5,)),
    "conversation_changed": lambda w: e.ConversationChanged(state=w.chat(read=8, unread=0, draft="See you", muted=True, hidden=2)),
    "conversation_changed_unread": lambda w: e.ConversationChanged(
        state=w.chat(unread_mentions=1, marked_unread=True, archived=True, first=4)
    ),
    "left": lambda w: e.Left(conversation=GROUP, seq=14, change=2),
    "own_marks": lambda w: e.OwnMarks(conversation=CHAT, seq=8, read=8, delivered=8),
    "own_marks_with_more_to_read": lambda w: e.OwnMarks(
        conversation=CHAT, seq=8, read=7, delivered=8, unread=1, unread_mentions=1, marked_unread=True
    ),
    "marks_moved": lambda w: e.MarksMoved(conversation=CHAT, marks=(e.Marks(TOM, delivered=8, read=8),)),
    "is_typing": lambda w: e.IsTyping(conversation=CHAT, member=TOM),
    "favourites_changed": lambda w: e.FavouritesChanged(),
    "contacts_changed": lambda w: e.ContactsChanged(),
    "outside_changed": lambda w: e.OutsideChanged(),
    "profile_changed": lambda w: e.ProfileChanged(member=TOM),
    "profile_changed_disabled": lambda w: e.ProfileChanged(member=TOM, state="disabled"),
    "tree_changed": lambda w: e.TreeChanged(
        left=(e.MemberLeft(SALES, TOM),),
        put=(e.MemberPut(PLATFORM, e.TreeMember(TOM, "Tom"), LI_NA),),
        counts=(e.UnitCount(RESEARCH, 2), e.UnitCount(PLATFORM, 2), e.UnitCount(SALES, 1)),
    ),
    "tree_changed_units": lambda w: e.TreeChanged(
        gone=(SALES,),
        units=(e.UnitPut(e.TreeUnit("uM4rketinE", ROOT, "Marketing"), RESEARCH), e.UnitPut(e.TreeUnit(PLATFORM, ROOT, "Platform"))),
        lists=(e.UnitMembers("uM4rketinE", IN_SALES),),
        put=(e.MemberPut("", e.TreeMember(LI_NA, "李娜")),),
        counts=(e.UnitCount("uM4rketinE", 2),),
    ),
    "tree_reload": lambda w: e.TreeReload(),
    "units_presence_whole": lambda w: e.UnitsPresence(
        units=(
            e.UnitPresence(SALES, 2, 2, (e.SeenAs(9, (ROBOT,)), e.SeenAs(19, (TOM,))), {TOM: "on the road"}),
            e.UnitPresence(ROOT, 3, 3),
            e.UnitPresence(RESEARCH, 1, 1),
        ),
        whole=True,
    ),
    "units_presence": lambda w: e.UnitsPresence(
        units=(e.UnitPresence(SALES, 1, 2, (e.SeenAs(0, (ROBOT,)), e.SeenAs(17, (TOM,))), {TOM: ""}), e.UnitPresence(ROOT, 2, 3))
    ),
    "people_presence": lambda w: e.PeoplePresence(where="contact", seen=(e.SeenAs(25, (TOM,)),), texts={TOM: "back at two"}),
    "people_presence_offline": lambda w: e.PeoplePresence(where="contact", seen=(e.SeenAs(0, (TOM,)),)),
    "own_presence": lambda w: e.OwnPresence(status=3, text="back at two", devices={"desktop": 3, "phone": 3}),
    "own_presence_invisible": lambda w: e.OwnPresence(status=5, devices={"desktop": 5}),
    "sync_token": lambda w: e.SyncToken(token="t1.cXV4"),
    "session_ended": lambda w: e.SessionEnded(reason="replaced"),
}
