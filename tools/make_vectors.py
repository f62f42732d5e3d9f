"""Write protocol/vectors/*.json: one example and more of every command, answer, event and body, in both codecs (STYLE 11).

The examples are one story, told again in protocol/README.md. The files are checked in; whoever changes the wire runs this and
reads the difference: a vector that changed is a client that breaks.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from protocol import bodies
from protocol import commands as c
from protocol import events as e
from protocol.bodies import Checked
from protocol.codec import JSON, MESSAGEPACK, Codec

FOLDER = Path(__file__).resolve().parent.parent / "protocol" / "vectors"

LI_NA, TOM, ROBOT = "mQ7f0ZkPzA", "mB3x9LwRtE", "mR0b0tR0b0"
ROOT, RESEARCH, PLATFORM, SALES = "uR0otUn1tA", "uR3searchB", "uPl4tformC", "uS4lesUn1D"
CHAT, GROUP, SELF = "cV5nJ2sYhU", "cG8dK4qWmI", "cS1lF0pNoD"
SESSION, OTHER_SESSION = "sK2hT8vXcO", "sE6jM1bZyQ"
FIRST_ID, SECOND_ID, KEPT_ID = "019b2a5d8c007e3f8a41c2d90b6f7e15", "019b2a5d9f447b20934ce8571a0d6fb2", "019b2a6ff0107d5cb2c60f93a8e4177a"
NOON = 1_766_000_000_000
LAPTOP = c.Device("d3b07384d113edec", "desktop", "Li Na's laptop")
ME = e.MemberInfo(member=LI_NA, name="李娜", number="10001", company="Northwind", job_title="Engineer", units=("R&D", "Platform"))
TEXT: dict[str, Any] = {"kind": "text", "text": "Lunch at noon? 午饭?"}

NORTHWIND = e.TreeUnit(ROOT, "", "Northwind", 3)
UNITS = (NORTHWIND, e.TreeUnit(RESEARCH, ROOT, "R&D", 1, way=True), e.TreeUnit(PLATFORM, RESEARCH, "Platform", 1, "team"))
THEIRS = e.TreeUnit(SALES, ROOT, "Sales", 2)
IN_SALES = (e.TreeMember(TOM, "Tom", "first"), e.TreeMember(ROBOT, "Build", robot=True))

BODIES: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "text_with_everything_shared": {
        "kind": "text",
        "text": "@Tom and all: yes 👍",
        "reply_to": 7,
        "mentions": [TOM],
        "mention_all": True,
    },
    "text_with_defaults_and_an_unknown_field": {"kind": "text", "text": "hi", "mention_all": False, "mentions": [], "sparkle": 1},
    "rich": {"kind": "rich", "markdown": "**Lunch** at [noon](https://example.com)"},
    "sticker": {"kind": "sticker", "pack": "emoji", "name": "👍"},
    "image": {"kind": "image", "file": "f_8Zk1", "name": "cat.png", "size": 5120, "width": 640, "height": 480, "caption": "my cat"},
    "file": {"kind": "file", "file": "f_8Zk2", "name": "report.pdf", "size": 90210, "media_type": "application/pdf"},
    "voice": {"kind": "voice", "file": "f_8Zk3", "size": 9000, "duration_ms": 3200},
    "location": {"kind": "location", "latitude": 31, "longitude": 121.5, "title": "上海"},
    "card": {"kind": "card", "member": TOM, "name": "Tom"},
    "link": {"kind": "link", "url": "https://example.com/", "title": "Example", "summary": "An example"},
    "unknown_kind": {
        "kind": "poll",
        "fallback": "A poll: lunch where?",
        "choices": ["canteen", "noodles"],
        "ends": {"at": NOON, "share": 0.5, "early": True},
        "mentions": [TOM],
    },
}
REFUSED_BODIES: dict[str, tuple[str, str]] = {
    "no_kind": ("body.invalid", '{"text":"hi"}'),
    "empty_text": ("body.invalid", '{"kind":"text","text":""}'),
    "text_of_16001_characters": ("body.invalid", json.dumps({"kind": "text", "text": "x" * 16_001})),
    "not_a_map": ("body.invalid", '["text"]'),
    "a_client_writes_a_note": ("body.invalid", '{"kind":"note","what":"joined"}'),
    "a_client_says_forwarded": ("body.invalid", '{"kind":"text","text":"hi","forwarded":{"sender":"mQ7f0ZkPzA","sent_at":1}}'),
    "mentioned_twice": ("body.invalid", '{"kind":"text","text":"hi","mentions":["mQ7f0ZkPzA","mQ7f0ZkPzA"]}'),
    "rich_text_with_html": ("body.invalid", '{"kind":"rich","markdown":"<b>hi</b>"}'),
    "rich_text_with_a_script": ("body.invalid", '{"kind":"rich","markdown":"[hi](javascript:alert(1))"}'),
    "unknown_kind_without_fallback": ("body.invalid", '{"kind":"poll"}'),
    "unknown_kind_with_null": ("body.invalid", '{"kind":"poll","fallback":"a poll","ends":null}'),
    "unknown_kind_nine_deep": ("body.invalid", '{"kind":"poll","fallback":"a poll","x":[[[[[[[[1]]]]]]]]}'),
    "unknown_kind_with_a_number_of_54_bits": ("body.invalid", '{"kind":"poll","fallback":"a poll","x":9007199254740992}'),
    "unknown_kind_over_16_kib": ("body.too_large", json.dumps({"kind": "poll", "fallback": "a poll", "x": "x" * 16_384})),
}


class Wire:
    """One codec, and the canonical bytes of the bodies that a frame was given."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.bodies: list[str] = []

    def say(self, body: dict[str, Any]) -> msgspec.Raw:
        """As a client sends it."""
        self.bodies.append(check(body).canonical.hex())
        return self.codec.raw(body)

    def show(self, checked: Checked) -> msgspec.Raw:
        """As the server hands it out."""
        self.bodies.append(checked.canonical.hex())
        return self.codec.raw_body(checked.canonical)

    def lunch(self) -> e.Message:
        return e.Message(seq=7, sender=LI_NA, sent_at=NOON, body=self.show(check(TEXT)), id=FIRST_ID)

    def answer(self) -> e.Message:
        body = {"kind": "text", "text": "At one, please", "reply_to": 7}
        return e.Message(seq=8, sender=TOM, sent_at=NOON + 9000, body=self.show(check(body)), id=SECOND_ID)

    def edited(self) -> e.Message:
        body = self.show(check({"kind": "text", "text": "Lunch at one?"}))
        return e.Message(seq=7, sender=LI_NA, sent_at=NOON, body=body, id=FIRST_ID, change=3, version=2, edited_at=NOON + 20_000)

    def liked(self) -> e.Message:
        return msgspec.structs.replace(self.edited(), change=5, pinned=True, reactions={"👍": (TOM, LI_NA)})

    def chat(self, **now: Any) -> e.ConversationState:
        state = {"peer": TOM, "read": 7, "delivered": 8, "unread": 1, "last": self.answer()}
        return e.ConversationState(conversation=CHAT, kind="direct", seq=8, change=5, **{**state, **now})


def check(body: dict[str, Any]) -> Checked:
    return MESSAGEPACK.check_body(msgspec.msgpack.encode(body))


RECALLED = e.Message(seq=7, sender=LI_NA, sent_at=NOON, id=FIRST_ID, change=6, version=3, recalled=True)

Make = Callable[[Wire], c.Command | e.Frame]

COMMANDS: dict[str, Make] = {
    "hello": lambda w: c.Hello(request=1, version=1, client="example/1.0", language="zh"),
    "sign_in": lambda w: c.SignIn(request=2, name="10001", password="correct horse battery staple", device=LAPTOP),
    "sign_in_as_one_of_several": lambda w: c.SignIn(
        request=3, name="li.na@example.com", password="correct horse", device=LAPTOP, member=LI_NA
    ),
    "sign_in_with_token": lambda w: c.SignInWithToken(request=2, token="yzr_0c7T2m", device=c.Device("robot-0001", "terminal")),
    "resume": lambda w: c.Resume(request=2, token="yzs_4Hq9Xw"),
    "change_password": lambda w: c.ChangePassword(request=3, old="initial-7731", new="correct horse battery staple"),
    "sign_out": lambda w: c.SignOut(request=40),
    "list_sessions": lambda w: c.ListSessions(request=30),
    "end_session": lambda w: c.EndSession(request=31, session=OTHER_SESSION),
    "ping": lambda w: c.Ping(request=4),
    "sync_from_nothing": lambda w: c.Sync(request=3),
    "sync": lambda w: c.Sync(request=3, token="t1.Zm9v"),
    "sync_next_page": lambda w: c.Sync(request=4, token="t1.Zm9v", page="p1.YmFy"),
    "list_conversations": lambda w: c.ListConversations(request=6),
    "list_conversations_next_page": lambda w: c.ListConversations(request=7, page="p1.YmFy", limit=50),
    "history_before": lambda w: c.History(request=7, conversation=CHAT, before=9, limit=3),
    "history_after": lambda w: c.History(request=5, conversation=CHAT, after=6),
    "history_around": lambda w: c.History(request=7, conversation=CHAT, around=7, limit=20),
    "changes": lambda w: c.Changes(request=6, conversation=CHAT, after=2, hidden=1, limit=100),
    "get_marks": lambda w: c.GetMarks(request=8, conversation=CHAT),
    "open_direct": lambda w: c.OpenDirect(request=5, member=TOM),
    "open_direct_by_number": lambda w: c.OpenDirect(request=5, number="10002"),
    "set_conversation": lambda w: c.SetConversation(
        request=9, conversation=CHAT, pinned_to_top=True, muted=False, archived=False, unread=True
    ),
    "set_draft": lambda w: c.SetDraft(request=10, conversation=CHAT, text="See you"),
    "typing": lambda w: c.Typing(request=11, conversation=CHAT),
    "mark": lambda w: c.Mark(request=12, conversation=CHAT, read=8, delivered=8),
    "send": lambda w: c.Send(request=8, id=FIRST_ID, conversation=CHAT, body=w.say(TEXT)),
    "send_unknown_kind": lambda w: c.Send(request=8, id=SECOND_ID, conversation=CHAT, body=w.say(BODIES["unknown_kind"]), keep_draft=True),
    "forward": lambda w: c.Send(request=9, id=SECOND_ID, conversation=GROUP, forward=c.ForwardOf(CHAT, 7)),
    "edit": lambda w: c.Edit(request=13, conversation=CHAT, seq=7, version=1, body=w.say({"kind": "text", "text": "Lunch at one?"})),
    "recall": lambda w: c.Recall(request=14, conversation=CHAT, seq=7),
    "react": lambda w: c.React(request=15, conversation=CHAT, seq=7, emoji="👍"),
    "react_no_longer": lambda w: c.React(request=15, conversation=CHAT, seq=7, emoji="👍", on=False),
    "pin_message": lambda w: c.PinMessage(request=16, conversation=CHAT, seq=7),
    "pin_message_no_longer": lambda w: c.PinMessage(request=16, conversation=CHAT, seq=7, on=False),
    "list_pinned": lambda w: c.ListPinned(request=17, conversation=CHAT),
    "delete_for_me": lambda w: c.DeleteForMe(request=18, conversation=CHAT, seq=5),
    "favourite": lambda w: c.Favourite(request=19, id=KEPT_ID, conversation=CHAT, seq=7, note="lunch"),
    "unfavourite": lambda w: c.Unfavourite(request=20, id=KEPT_ID),
    "list_favourites": lambda w: c.ListFavourites(request=21, page="p1.YmFy", limit=20),
    "get_profile": lambda w: c.GetProfile(request=22, member=TOM),
    "change_profile": lambda w: c.ChangeProfile(
        request=23, nickname="Nana", signature="", phone_private=True, tags=("climbing",), gender="f", star_sign="Leo", office_phone="8001"
    ),
    "get_tree_top": lambda w: c.GetTreeTop(request=24),
    "get_tree": lambda w: c.GetTree(request=25),
    "get_tree_next_page": lambda w: c.GetTree(request=26, page="4"),
    "list_unit": lambda w: c.ListUnit(request=27, unit=SALES),
    "list_unit_next_page": lambda w: c.ListUnit(request=28, unit=SALES, page=TOM, limit=50),
    "search_members": lambda w: c.SearchMembers(request=29, query="tom"),
    "search_members_by_letter": lambda w: c.SearchMembers(request=30, letter="T", page="kwCh", limit=100),
    "change_profile_last_seen": lambda w: c.ChangeProfile(request=37, last_seen="own_unit"),
    "set_status": lambda w: c.SetStatus(request=31, status=3, text="back at two"),
    "set_status_invisible": lambda w: c.SetStatus(request=32, status=5),
    "set_idle": lambda w: c.SetIdle(request=33, idle=True),
    "watch_units": lambda w: c.WatchUnits(request=34, units=(SALES,), counts=(ROOT, RESEARCH)),
    "watch_units_no_more": lambda w: c.WatchUnits(request=35, no_more=(SALES,)),
    "watch_people": lambda w: c.WatchPeople(request=36, where="contact", members=(TOM,), no_more=(ROBOT,)),
    "get_last_seen": lambda w: c.GetLastSeen(request=38, where="tree", members=(TOM, ROBOT)),
}

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
    "profile_of_a_robot": lambda w: e.Profile(request=22, profile=e.MemberInfo(member=ROBOT, name="Build", kind="robot")),
    "tree_top": lambda w: e.TreeTop(request=24, units=UNITS, own=(PLATFORM,)),
    "tree_page": lambda w: e.TreePage(
        request=25,
        units=(*UNITS, THEIRS),
        members=(e.UnitMembers(PLATFORM, (e.TreeMember(LI_NA, "李娜"),)),),
        page="4",
    ),
    "tree_page_last": lambda w: e.TreePage(request=26, members=(e.UnitMembers(SALES, IN_SALES),)),
    "unit_page": lambda w: e.UnitPage(request=27, unit=THEIRS, members=IN_SALES[:1], page=TOM),
    "unit_page_with_units": lambda w: e.UnitPage(request=27, unit=UNITS[1], units=UNITS[2:]),
    "members_found": lambda w: e.MembersFound(
        request=29, members=(e.FoundMember(TOM, "Tom", (SALES,)), e.FoundMember(ROBOT, "Tomcat", robot=True)), total=3, page="kwCh"
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
    "profile_changed": lambda w: e.ProfileChanged(member=TOM),
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


def group_left() -> e.ConversationState:
    return e.ConversationState(conversation=GROUP, kind="group", seq=14, change=2, name="Lunch", ended=True)


def frame(name: str, make: Make) -> dict[str, Any]:
    binary, text = Wire(MESSAGEPACK), Wire(JSON)
    packed, plain = MESSAGEPACK.encode(make(binary)), json.loads(JSON.encode(make(text)))
    return {"name": name, "json": plain, "msgpack": packed.hex(), **({"bodies": binary.bodies} if binary.bodies else {})}


def body(name: str, plain: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "json": plain, "msgpack": msgspec.msgpack.encode(plain).hex(), "canonical": check(plain).canonical.hex()}


def note() -> dict[str, Any]:
    """Written by the server alone, so there is nothing that a client might send."""
    canonical = bodies.note("joined", members=(TOM,), by=LI_NA).canonical
    return {"name": "note", "json": msgspec.msgpack.decode(canonical), "canonical": canonical.hex()}


def forward() -> dict[str, Any]:
    canonical = bodies.forwarded(check(BODIES["text_with_everything_shared"]).canonical, sender=LI_NA, sent_at=NOON).canonical
    return {"name": "forwarded", "json": msgspec.msgpack.decode(canonical), "canonical": canonical.hex()}


def files() -> dict[str, str]:
    tables = {
        "commands": [frame(name, make) for name, make in COMMANDS.items()],
        "answers": [frame(name, make) for name, make in ANSWERS.items()],
        "events": [frame(name, make) for name, make in EVENTS.items()],
        "bodies": [body(name, plain) for name, plain in BODIES.items()] + [note(), forward()],
        "refused_bodies": [{"name": name, "code": code, "json_text": text} for name, (code, text) in REFUSED_BODIES.items()],
    }
    return {f"{name}.json": json.dumps(rows, ensure_ascii=False, indent=1) + "\n" for name, rows in tables.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{name}: {text.count(chr(10))} lines", file=sys.stderr)


if __name__ == "__main__":
    main()
