"""Every command for its right use and for its wrong ones, seen from outside (promises V4 and V8)."""

from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import (
    Changed,
    ConversationChanged,
    Done,
    ErrorFrame,
    HistoryPage,
    IsTyping,
    Left,
    MarksMoved,
    Messages,
    Opened,
    OwnMarks,
    OwnPresence,
    Profile,
    Sent,
)
from protocol.ids import from_wire
from server.clock import ManualClock
from tests.support.house import House, open_house
from tests.support.wire import (
    CODECS_TOO,
    CROSSED,
    LITE,
    NOBODY,
    Wire,
    client_id,
    everything_told,
    group,
    people,
    plain,
    same_but_for_its_number,
    signed_in,
)
from tests.support.ws import until

MINUTE = 60_000
ABOUT_A_CONVERSATION: dict[str, dict[str, Any]] = {
    "history": {"after": 0},
    "changes": {},
    "get_marks": {},
    "set_conversation": {"muted": True},
    "set_draft": {"text": "I was here"},
    "typing": {},
    "mark": {"read": 1},
    "send": {"id": "019b2a5d8c007e3f8a41c2d90b6f7e15", "body": {"kind": "text", "text": "let me in"}},
    "edit": {"seq": 1, "version": 1, "body": {"kind": "text", "text": "mine now"}},
    "recall": {"seq": 1},
    "react": {"seq": 1, "emoji": "👍"},
    "pin_message": {"seq": 1},
    "list_pinned": {},
    "delete_for_me": {"seq": 1},
    "favourite": {"id": "019b2a5d8c007e3f8a41c2d90b6f7e15", "seq": 1},
}
BODIES: list[dict[str, Any]] = [
    {"kind": "text", "text": "Lunch? 午饭? 🍜"},
    {"kind": "rich", "markdown": "**Lunch** at [noon](https://example.com/)"},
    {"kind": "sticker", "pack": "emoji", "name": "👍"},
    {"kind": "image", "file": "f_1", "name": "cat.png", "size": 5120, "width": 640, "height": 480, "caption": "猫"},
    {"kind": "file", "file": "f_2", "name": "report.pdf", "size": 90210, "media_type": "application/pdf"},
    {"kind": "voice", "file": "f_3", "size": 9000, "duration_ms": 3200},
    {"kind": "location", "latitude": 31.25, "longitude": 121.5, "title": "上海"},
    {"kind": "card", "member": NOBODY, "name": "Wang"},
    {"kind": "link", "url": "https://example.com/", "title": "Example"},
    {"kind": "poll", "fallback": "A poll", "choices": ["a", "b"], "ends": {"at": 1766000000000, "share": 0.5, "early": True}},
]
WRONG_BODIES: list[tuple[Any, str]] = [
    ({"kind": "text"}, "body.invalid"),
    ({"kind": "text", "text": ""}, "body.invalid"),
    ({"kind": "text", "text": 5}, "body.invalid"),
    ({"kind": "text", "text": "x" * (limits.TEXT_CHARACTERS + 1)}, "body.invalid"),
    ({"kind": "text", "text": "hi", "forwarded": {"sender": NOBODY, "sent_at": 1}}, "body.invalid"),
    ({"kind": "text", "text": "hi", "mentions": [NOBODY] * (limits.MENTIONS + 1)}, "body.invalid"),
    ({"kind": "rich", "markdown": "<script>"}, "body.invalid"),
    ({"kind": "note", "what": "joined"}, "body.invalid"),
    ({"kind": "poll"}, "body.invalid"),
    ({"kind": "poll", "fallback": "x", "a": [[[[[[[[1]]]]]]]]}, "body.invalid"),
    ({"kind": "poll", "fallback": "x", "a": "y" * limits.UNKNOWN_BODY_BYTES}, "body.too_large"),
    ({"text": "no kind"}, "body.invalid"),
    ([], "body.invalid"),
    ("text", "body.invalid"),
    (None, "body.invalid"),
    ({"kind": "text", "text": "hi", "reply_to": 99}, "message.not_found"),
]


# ---- what one may not see


@CROSSED
async def test_what_belongs_to_others_is_answered_as_if_it_did_not_exist(house: House, codec: str) -> None:
    """V4: the whole frame is the same for an id that nobody has, and for one of another kind."""
    async with people(house, "Smith", "Jones") as (smith, _), signed_in(house, "Li Na", codec) as lina:
        theirs = await smith.direct(house.people["Jones"].member)
        assert isinstance(await smith.send(theirs, "the marked sentence"), Sent)
        for name, fields in ABOUT_A_CONVERSATION.items():
            unknown = await lina.ask_plain(type=name, conversation=NOBODY, **fields)
            if name == "mark":  # taken at once, decided later: nothing is told either way
                assert isinstance(unknown, Done)
            else:
                assert unknown.code == "conversation.not_found", name
            for other in (theirs, house.people["Li Na"].member, smith.session, *(["not+an+id!"] if name != "mark" else [])):
                assert same_but_for_its_number(unknown, await lina.ask_plain(type=name, conversation=other, **fields)), (name, other)
        await everything_told(house, lina, smith)
        assert (await smith.ask(wish.History, conversation=theirs, after=0)).up_to == 1
        assert not lina.all(Messages)
        assert not any(b"marked sentence" in payload for payload in lina.payloads)


@CROSSED
async def test_members_of_another_company_are_answered_as_if_they_did_not_exist(house: House, codec: str) -> None:
    smith = house.people["Smith"]
    async with signed_in(house, "Li Na", codec) as lina:
        kinds: list[type[wish.Command]] = [wish.GetProfile, wish.OpenDirect]
        for kind in kinds:
            unknown = await lina.ask(kind, member=NOBODY)
            assert unknown.code == "member.not_found"
            for other in (smith.member, lina.session, "!!!!!!!!!!"):
                assert same_but_for_its_number(unknown, await lina.ask(kind, member=other))
        unknown = await lina.ask(wish.OpenDirect, number="999999")
        assert unknown.code == "member.not_found"
        assert same_but_for_its_number(unknown, await lina.ask(wish.OpenDirect, number=smith.number))


@CROSSED
async def test_who_has_left_is_told_his_own_counts_also_where_nobody_else_is_connected(database: str, tmp_path: Path, codec: str) -> None:
    async with open_house(database, tmp_path) as house, people(house, "Wang", codec=codec) as (wang,):
        async with people(house, "Li Na", codec=codec) as (lina,):
            crowd = await group(house, "Li Na", "Wang")
            for count in range(3):
                await lina.send(crowd, f"{count}")
            await house.running.conversations.remove(from_wire(crowd), house.people["Li Na"].who[1], house.people["Wang"].who)
            await wang.event(Left)
        await until(lambda: len(house.running.gateway.connections) == 1)
        await wang.ask(wish.Mark, conversation=crowd, read=2, delivered=2)
        told = await wang.event(OwnMarks, read=2)
        assert told.unread == 2, "the second and the third of three; the first seq is a note"


@CODECS_TOO
async def test_a_message_has_a_body_or_a_forward_and_says_so(house: House, codec: str) -> None:
    async with people(house, "Li Na", codec=codec) as (lina,):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hello")
        source = {"conversation": talk, "seq": 1}
        both = await lina.ask_plain(type="send", id=client_id(), conversation=talk, body={"kind": "text", "text": "hi"}, forward=source)
        neither = await lina.ask_plain(type="send", id=client_id(), conversation=talk)
        assert (both.code, both.data["why"]) == ("body.invalid", "a message has a body or a forward, not both")
        assert (neither.code, neither.data["why"]) == ("body.invalid", "a message needs a body or a forward")


@CROSSED
async def test_who_marks_all_as_read_and_writes_at_once_has_nothing_unread(database: str, tmp_path: Path, codec: str) -> None:
    """LOG H2: the mark is stored before the message, whatever the gathering of marks."""
    async with open_house(database, tmp_path) as house, people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        for count in range(3):
            await wang.send(talk, f"{count}")
        await lina.event(Messages, up_to=3)
        lina.say(wish.Mark, conversation=talk, read=3, delivered=3)
        sent = await lina.send(talk, "I have read it")
        assert (sent.seq, sent.read) == (4, 4)
        listed = await lina.ask(wish.ListConversations)
        assert [(one.read, one.unread) for one in listed.conversations if one.conversation == talk] == [(4, 0)]


@CROSSED
async def test_a_forward_takes_only_what_its_sender_may_see(house: House, codec: str) -> None:
    async with people(house, "Smith", "Jones") as (smith, _), signed_in(house, "Li Na", codec) as lina:
        theirs = await smith.direct(house.people["Jones"].member)
        await smith.send(theirs, "the marked sentence")
        mine = await lina.direct(house.people["Li Na"].member)
        unknown = await lina.forward(mine, NOBODY, 1)
        assert unknown.code == "message.not_found"
        assert same_but_for_its_number(unknown, await lina.forward(mine, theirs, 1))
        assert same_but_for_its_number(unknown, await lina.forward(mine, mine, 1))
        assert await lina.refused(wish.History, conversation=theirs, after=0) == "conversation.not_found"


@CROSSED
async def test_who_was_not_there_yet_gets_a_message_as_not_found(house: House, codec: str) -> None:
    conversation = await group(house, "Wang", "Li Na")
    number = house.running.conversations
    async with people(house, "Wang") as (wang,), signed_in(house, "Zhao", codec) as zhao:
        from protocol.ids import from_wire

        await wang.send(conversation, "before Zhao came")
        await number.add(from_wire(conversation), house.people["Wang"].who[1], house.people["Zhao"].who)
        await zhao.event(ConversationChanged)
        tries: list[tuple[type[wish.Command], dict[str, Any]]] = [
            (wish.React, {"emoji": "👍"}),
            (wish.PinMessage, {}),
            (wish.Recall, {}),
            (wish.DeleteForMe, {}),
            (wish.Favourite, {"id": client_id()}),
        ]
        for kind, fields in tries:
            before_him = await zhao.ask(kind, conversation=conversation, seq=2, **fields)
            assert before_him.code == "message.not_found", kind
            assert same_but_for_its_number(before_him, await zhao.ask(kind, conversation=conversation, seq=99, **fields)), kind
        page = await zhao.ask(wish.History, conversation=conversation, before=3)
        assert page.messages == ()
        assert zhao.plain(page)["skipped"] == [{"first": 1, "last": 2}]


# ---- conversations


@CROSSED
async def test_a_direct_conversation_is_opened_by_id_by_number_and_with_oneself(house: House, codec: str) -> None:
    async with people(house, "Wang") as (wang,), signed_in(house, "Li Na", codec) as lina, signed_in(house, "Li Na") as phone:
        opened = await lina.ask(wish.OpenDirect, member=house.people["Wang"].member)
        assert isinstance(opened, Opened)
        assert (opened.conversation.kind, opened.conversation.peer, opened.conversation.seq) == ("direct", house.people["Wang"].member, 0)
        again = await lina.ask(wish.OpenDirect, number=house.people["Wang"].number)
        assert again.conversation == opened.conversation
        assert (await phone.event(ConversationChanged)).state == opened.conversation
        myself = await lina.ask(wish.OpenDirect, member=house.people["Li Na"].member)
        assert myself.conversation.peer == house.people["Li Na"].member
        assert (await wang.ask(wish.ListConversations)).conversations == (), "nothing was written yet"
        await everything_told(house, lina, wang)
        assert not [one for one in wang.events if not isinstance(one, OwnPresence)]
        assert await lina.refused(wish.OpenDirect) == "conversation.nobody_named"
        both = await lina.refused(wish.OpenDirect, member=house.people["Wang"].member, number="10002")
        assert both == "conversation.nobody_named"


@LITE
async def test_the_list_of_conversations_comes_in_pages_that_are_ones_own(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        mine = [await group(house, "Li Na", "Zhao", name=f"g{count}") for count in range(5)]
        found, page = [], ""
        while True:
            answer = await lina.ask(wish.ListConversations, limit=2, page=page)
            found += [state.conversation for state in answer.conversations]
            page = answer.page
            if not page:
                break
            assert await wang.refused(wish.ListConversations, page=page) == "page.cursor_invalid"
            assert await wang.refused(wish.Sync, page=page) == "page.cursor_invalid"
        assert sorted(found) == sorted(mine)
        for nonsense in ("x", "AAAA", "é", page + "A" * 60):
            assert await lina.refused(wish.ListConversations, page=nonsense) == "page.cursor_invalid"
        assert await lina.refused(wish.ListConversations, limit=0) == "frame.invalid"
        assert await lina.refused(wish.ListConversations, limit=limits.PAGE + 1) == "frame.invalid"


@CROSSED
async def test_settings_and_drafts_are_kept_and_reach_ones_other_devices(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Li Na") as phone, signed_in(house, "Wang") as wang:
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await wang.event(Messages)
        await lina.ask(wish.SetConversation, conversation=talk, muted=True, pinned_to_top=True)
        await lina.ask(wish.SetDraft, conversation=talk, text="See you")
        await lina.ask(wish.SetDraft, conversation=talk, text="See you 明天")
        await lina.ask(wish.SetConversation, conversation=talk, pinned_to_top=False, unread=True)
        await everything_told(house, lina, phone, wang)
        state = phone.all(ConversationChanged)[-1].state
        assert (state.muted, state.pinned_to_top, state.marked_unread, state.draft) == (True, False, True, "See you 明天")
        assert [lina.plain(one) for one in (await lina.ask(wish.ListConversations)).conversations] == [phone.plain(state)]
        assert not wang.all(ConversationChanged)[1:], "nobody else hears of it"
        await lina.send(talk, "no draft of mine", keep_draft=True)
        await lina.send(talk, "See you 明天")
        await everything_told(house, lina, phone)
        assert phone.all(ConversationChanged)[-1].state.draft == ""
        assert await lina.refused(wish.SetDraft, conversation=talk, text="x" * (limits.DRAFT_CHARACTERS + 1)) == "frame.invalid"


@CROSSED
async def test_marks_go_forward_and_are_told_to_both(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", "Wang", codec=codec) as (lina, phone, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        for words in ("one", "two", "three"):
            await wang.send(talk, words)
        await lina.event(Messages, up_to=3)
        await lina.ask(wish.Mark, conversation=talk, delivered=3, read=2)
        await everything_told(house, lina, phone, wang)
        assert [(mine.read, mine.delivered, mine.unread) for mine in phone.all(OwnMarks)] == [(2, 3, 1)]
        (moved,) = wang.all(MarksMoved)
        assert plain(moved)["marks"] == [{"member": house.people["Li Na"].member, "delivered": 3, "read": 2}]
        await lina.ask(wish.Mark, conversation=talk, read=1)
        await lina.ask(wish.Mark, conversation=talk, read=limits.LARGEST_NUMBER)
        await everything_told(house, lina, phone, wang)
        assert [(mine.read, mine.delivered, mine.unread) for mine in phone.all(OwnMarks)][1:] == [(3, 3, 0)], "cut to what there is"
        answer = await wang.ask(wish.GetMarks, conversation=talk)
        assert plain(answer)["marks"] == [{"member": house.people["Li Na"].member, "delivered": 3, "read": 3}], (
            "of the others, not one's own"
        )


@LITE
async def test_typing_is_told_to_the_others_at_most_every_three_seconds(house: House) -> None:
    async with people(house, "Li Na", "Li Na", "Wang") as (lina, phone, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        assert isinstance(await lina.ask(wish.Typing, conversation=talk), Done)
        assert isinstance(await lina.ask(wish.Typing, conversation=talk), Done)
        assert (await wang.event(IsTyping)) == IsTyping(conversation=talk, member=house.people["Li Na"].member)
        await everything_told(house, lina, phone, wang)
        assert (len(wang.all(IsTyping)), phone.all(IsTyping)) == (1, [])


# ---- sending


@CROSSED
async def test_bodies_of_all_kinds_arrive_as_they_were_sent_in_either_codec(house: House, codec: str) -> None:
    async with (
        people(house, "Li Na", codec=codec) as (lina,),
        people(house, "Wang", codec="json") as (wang,),
        people(house, "Wang") as (phone,),
    ):
        talk = await lina.direct(house.people["Wang"].member)
        for body in BODIES:
            assert isinstance(await lina.send(talk, body=body), Sent)
        for wire in (wang, phone):
            heard = [wire.body((await wire.event(Messages)).messages[0]) for _ in BODIES]
            assert heard == BODIES
            page = await wire.ask(wish.History, conversation=talk, after=0)
            assert [wire.body(message) for message in page.messages] == BODIES


@CODECS_TOO
async def test_bodies_that_are_not_valid_are_refused_and_leave_no_hole(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        for count, (body, code) in enumerate(WRONG_BODIES):
            answer = await lina.ask_plain(type="send", id=client_id(), conversation=talk, body=body)
            assert isinstance(answer, ErrorFrame), body
            assert (answer.code, answer.kind) == (code, "refused"), body
            assert (await lina.send(talk, "a good one")).seq == count + 1
        missing = await lina.ask_plain(type="send", id=client_id(), conversation=talk)
        assert missing.code == "body.invalid"


@CODECS_TOO
async def test_the_longest_text_is_taken_whatever_it_is_made_of(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        for character in ("x", "é", "午", "🍜", "\\", "\n"):
            assert isinstance(await lina.send(talk, character * limits.TEXT_CHARACTERS), Sent), character


@LITE
async def test_a_text_of_emoji_that_is_escaped_fits_into_a_frame_of_json(house: House) -> None:
    async with signed_in(house, "Li Na", "json") as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        escaped = "\\ud83c\\udf5c" * limits.TEXT_CHARACTERS
        body = f'{{"kind":"text","text":"{escaped}"}}'
        lina.raw(f'{{"type":"send","request":900,"id":"{client_id()}","conversation":"{talk}","body":{body}}}'.encode())
        assert isinstance(await lina.answer(900), Sent)


@CROSSED
async def test_who_sends_is_answered_and_his_other_devices_are_told(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", codec=codec) as (lina, phone):
        talk = await lina.direct(house.people["Wang"].member)
        assert isinstance(await lina.send(talk, "once"), Sent)
        await phone.event(Messages, up_to=1)
        await everything_told(house, lina, phone)
        assert not lina.all(Messages), "the answer says as much"


@CROSSED
async def test_the_same_id_again_gives_the_first_answer_from_any_device(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Li Na") as phone, signed_in(house, "Wang") as wang:
        talk, id = await lina.direct(house.people["Wang"].member), client_id()
        first = await lina.send(talk, "once", id=id)
        again = await phone.send(talk, "once", id=id)
        assert (again.seq, again.sent_at) == (first.seq, first.sent_at)
        assert (await lina.send(talk, "other words", id=id)).code == "id.conflict"
        assert (await wang.send(talk, "other words", id=id)).seq == 2, "another member's id is another id"
        assert (await lina.send(talk, "x", id="g" * 32)).code == "id.invalid"
        assert (await lina.send(talk, "x", id="0" * 31)).code == "frame.invalid"


@CROSSED
async def test_a_forward_names_its_first_author_and_leaves_reply_and_mentions_behind(house: House, codec: str) -> None:
    async with people(house, "Li Na", codec=codec) as (lina,), people(house, "Zhao") as (zhao,):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "first")
        words = {"kind": "text", "text": "Lunch?", "reply_to": 1, "mentions": [house.people["Wang"].member]}
        source = await lina.send(talk, body=words)
        other = await lina.direct(house.people["Zhao"].member)
        assert (await lina.forward(other, talk, source.seq)).seq == 1
        body = zhao.body((await zhao.event(Messages)).messages[0])
        author = {"sender": house.people["Li Na"].member, "sent_at": source.sent_at}
        assert body == {"kind": "text", "text": "Lunch?", "forwarded": author}
        itself = await lina.event(Messages, conversation=other)
        assert itself.up_to == 1, "the sender does not know the content: it comes as an event"


# ---- reading


@CODECS_TOO
async def test_history_is_asked_in_exactly_one_direction_and_with_a_possible_limit(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        assert await lina.refused(wish.History, conversation=talk) == "frame.invalid"
        assert await lina.refused(wish.History, conversation=talk, after=1, before=3) == "frame.invalid"
        for limit in (0, limits.PAGE + 1, -1):
            assert await lina.refused(wish.History, conversation=talk, after=0, limit=limit) == "frame.invalid"
        for after in (-1, limits.LARGEST_NUMBER + 1, 2**63, "1", 1.5, True):
            answer = await lina.ask_plain(type="history", conversation=talk, after=after)
            assert answer.code == "frame.invalid", after
        empty = await lina.ask(wish.History, conversation=talk, after=7)
        assert (empty.after, empty.up_to, empty.messages) == (7, 7, ())


@CROSSED
async def test_history_reads_forward_backward_and_around_and_never_closes_above_the_head(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        for count in range(1, 13):
            await lina.send(talk, f"m{count}")

        async def page(**fields: Any) -> tuple[int, int, list[int]]:
            found = await lina.ask(wish.History, conversation=talk, **fields)
            assert isinstance(found, HistoryPage)
            assert [lina.text(message) for message in found.messages] == [f"m{message.seq}" for message in found.messages]
            return found.after, found.up_to, [message.seq for message in found.messages]

        assert await page(after=3, limit=4) == (3, 7, [4, 5, 6, 7])
        assert await page(before=4, limit=2) == (1, 3, [2, 3])
        assert await page(before=3) == (0, 2, [1, 2])
        assert await page(around=6, limit=4) == (4, 8, [5, 6, 7, 8])
        assert await page(before=limits.LARGEST_NUMBER, limit=2) == (10, 12, [11, 12])
        assert await page(around=limits.LARGEST_NUMBER, limit=2) == (11, 12, [12])
        assert await page(before=0) == (0, 0, [])


@LITE
async def test_pages_of_large_messages_stay_within_their_bytes_and_keep_what_was_asked_for(house: House) -> None:
    async with signed_in(house, "Li Na") as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        for _ in range(12):
            await lina.send(talk, "午" * limits.TEXT_CHARACTERS)
        for fields, wanted in [({"after": 0}, 1), ({"before": 13}, 12), ({"around": 7}, 7), ({"around": 7, "limit": 200}, 7)]:
            found = await lina.ask(wish.History, conversation=talk, **fields)
            assert wanted in [message.seq for message in found.messages], fields
            assert [message.seq for message in found.messages] == list(range(found.after + 1, found.up_to + 1))
            assert 2 < len(found.messages) <= limits.PAGE_BYTES // (3 * limits.TEXT_CHARACTERS)
        for seq in range(1, 13):
            await lina.ask(wish.React, conversation=talk, seq=seq, emoji="👍")
        seen: list[int] = []
        more, after = True, 0
        while more:
            changes = await lina.ask(wish.Changes, conversation=talk, after=after)
            assert len(lina.payloads[-1]) < limits.PAGE_BYTES * 1.1
            seen += [message.seq for message in changes.messages]
            more, after = changes.more, changes.up_to
        assert (seen, after) == (list(range(1, 13)), 12)


# ---- changing


@CROSSED
async def test_edits_recalls_reactions_and_pins_have_their_rules(tmp_path: Path, database: str, codec: str) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house, people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "Lunch at noon?")
        at: dict[str, Any] = {"conversation": talk, "seq": 1}

        async def edit(wire: Wire, text: str, version: int, **more: Any) -> Any:
            return await wire.ask(wish.Edit, **{**at, **more}, version=version, body=wire.codec.raw({"kind": "text", "text": text}))

        assert await edit(lina, "Lunch at one?", 1) == Changed(request=lina.heard[-1].request, change=1, version=2)  # type: ignore[attr-defined]
        assert (await edit(lina, "Lunch at one?", 1)).version == 2, "the same again is the first answer"
        conflict = await edit(lina, "Lunch at two?", 1)
        assert (conflict.code, conflict.data) == ("message.version_conflict", {"version": 2})
        assert (await edit(wang, "No lunch", 2)).code == "message.not_author"
        assert (await edit(lina, "x", 1, seq=9)).code == "message.not_found"
        assert (await edit(lina, "", 2)).code == "body.invalid"
        assert (await wang.ask(wish.React, **at, emoji="👍")).change == 2
        assert (await wang.ask(wish.React, **at, emoji="👍")).change == 2
        assert (await wang.ask(wish.React, **at, emoji="👍", on=False)).change == 3
        assert await wang.refused(wish.React, **at, emoji="x" * (limits.REACTION_CHARACTERS + 1)) == "frame.invalid"
        assert (await wang.ask(wish.PinMessage, **at)).change == 4
        assert [message.seq for message in (await lina.ask(wish.ListPinned, conversation=talk)).messages] == [1]
        assert await wang.refused(wish.Recall, **at) == "message.not_author"
        clock.advance(2 * MINUTE + 1)
        assert await lina.refused(wish.Recall, **at) == "message.recall_too_late"
        clock.advance(24 * 60 * MINUTE)
        assert (await edit(lina, "Dinner?", 2)).code == "message.edit_too_late"
        await lina.send(talk, "oops")
        recalled = await lina.ask(wish.Recall, conversation=talk, seq=2)
        assert (recalled.change, recalled.version) == (5, 2)
        assert (await lina.ask(wish.Recall, conversation=talk, seq=2)).change == 5
        assert (await edit(lina, "back", 2, seq=2)).code == "message.recalled"
        assert await wang.refused(wish.React, conversation=talk, seq=2, emoji="👍") == "message.recalled"
        assert await wang.refused(wish.PinMessage, conversation=talk, seq=2) == "message.recalled"
        assert (await wang.forward(talk, talk, 2)).code == "message.not_found"
        page = await wang.ask(wish.Changes, conversation=talk, after=0)
        assert [(row.seq, row.change, row.recalled, wang.text(row)) for row in page.messages] == [
            (1, 4, False, "Lunch at one?"),
            (2, 5, True, None),
        ]
        assert not any(b"oops" in payload for payload in wang.payloads if b"_page" in payload), "no page shows what was recalled"


@CROSSED
async def test_what_i_delete_for_myself_is_gone_for_me_alone(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", "Wang", codec=codec) as (lina, phone, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        for words in ("keep", "hide", "keep too"):
            await wang.send(talk, words)
        await lina.ask(wish.PinMessage, conversation=talk, seq=2)
        assert isinstance(await lina.ask(wish.DeleteForMe, conversation=talk, seq=2), Done)
        assert isinstance(await lina.ask(wish.DeleteForMe, conversation=talk, seq=2), Done)
        await everything_told(house, lina, phone, wang)
        assert [plain(event)["seqs"] for event in phone.events if type(event).__name__ == "MessagesHidden"] == [[2]]
        page = await phone.ask(wish.History, conversation=talk, after=0)
        assert ([row.seq for row in page.messages], phone.plain(page)["skipped"]) == ([1, 3], [{"first": 2, "last": 2}])
        assert (await phone.ask(wish.Changes, conversation=talk, hidden=0)).hidden == (2,)
        assert (await phone.ask(wish.Changes, conversation=talk, hidden=1)).hidden == ()
        assert (await phone.ask(wish.ListPinned, conversation=talk)).messages == ()
        assert [row.seq for row in (await wang.ask(wish.History, conversation=talk, after=0)).messages] == [1, 2, 3]
        assert [row.seq for row in (await wang.ask(wish.ListPinned, conversation=talk)).messages] == [2]


@CROSSED
async def test_favourites_are_kept_listed_in_pages_and_removed(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", codec=codec) as (lina, phone):
        talk = await lina.direct(house.people["Wang"].member)
        ids = []
        for count in range(1, 6):
            await lina.send(talk, f"m{count}")
            ids.append(client_id())
            assert isinstance(await lina.ask(wish.Favourite, id=ids[-1], conversation=talk, seq=count, note=f"n{count}"), Done)
        assert isinstance(await lina.ask(wish.Favourite, id=ids[0], conversation=talk, seq=1, note="n1"), Done), "once more is the same"
        assert await lina.refused(wish.Favourite, id=ids[0], conversation=talk, seq=2) == "id.conflict"
        assert await lina.refused(wish.Favourite, id="z" * 32, conversation=talk, seq=1) == "id.invalid"
        assert await lina.refused(wish.Favourite, id=client_id(), conversation=talk, seq=99) == "message.not_found"
        await lina.ask(wish.Unfavourite, id=ids[2])
        await lina.ask(wish.Unfavourite, id=ids[2])
        await lina.ask(wish.Unfavourite, id=client_id())
        await lina.ask(wish.Recall, conversation=talk, seq=4)
        await lina.ask(wish.DeleteForMe, conversation=talk, seq=5)
        found: list[Any] = []
        page = ""
        while True:
            answer = await phone.ask(wish.ListFavourites, limit=2, page=page)
            found += answer.favourites
            page = answer.page
            if not page:
                break
        assert [(one.seq, one.note) for one in found] == [(5, "n5"), (4, "n4"), (2, "n2"), (1, "n1")]
        assert [one.message and phone.text(one.message) for one in found] == [None, None, "m2", "m1"]
        assert await phone.refused(wish.ListFavourites, page="nonsense") == "page.cursor_invalid"
        await everything_told(house, lina, phone)
        assert [type(event).__name__ for event in phone.events].count("FavouritesChanged") == 6


@CROSSED
async def test_a_colleagues_profile_is_shown(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        answer = await lina.ask(wish.GetProfile, member=house.people["Wang"].member)
    assert isinstance(answer, Profile)
    assert (answer.profile.name, answer.profile.company) == ("Wang", "acme")


# ---- the frame


@CODECS_TOO
async def test_wrong_frames_are_answered_with_the_request_that_can_be_read_of_them(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        assert (await lina.ask_plain(type="levitate")).code == "command.unknown"
        assert (await lina.ask_plain(type="history", conversation=5)).code == "frame.invalid"
        assert (await lina.ask_plain()).code == "frame.invalid"
        before = len(lina.all(ErrorFrame))
        wrong: Any
        for wrong in ({"type": "ping"}, {"type": "ping", "request": -1}, {"type": "ping", "request": "1"}, [], 5, "ping", None):
            lina.raw(lina.codec.encode(wrong))
        await lina.barrier()
        errors = lina.all(ErrorFrame)[before:]
        assert [error.code for error in errors] == ["frame.invalid"] * 7
        assert (await lina.ask_plain(type="ping", later_versions_may_know_this={"a": [1]})).__class__ is Done, "unknown fields are ignored"


@pytest.mark.parametrize("limit", [limits.FRAME_MESSAGEPACK])
@LITE
async def test_a_frame_over_the_limit_ends_the_connection(house: House, limit: int) -> None:
    async with signed_in(house, "Li Na") as lina:
        lina.raw(b"\xc0" * limit)
        await lina.event(ErrorFrame)
        lina.raw(b"\xc0" * (limit + 1))
        assert await lina.closed() == 1009
