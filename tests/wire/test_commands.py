"""What one may not see is answered as if it did not exist, and wrong frames with the request that can be read of them (promises V4, V8)."""

from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import ConversationChanged, Done, ErrorFrame, Left, Messages, OwnMarks, Sent
from protocol.ids import from_wire
from tests.support.house import House, open_house
from tests.support.wire import (
    CODECS_TOO,
    CROSSED,
    LITE,
    NOBODY,
    client_id,
    everything_told,
    group,
    people,
    same_but_for_its_number,
    signed_in,
)
from tests.support.ws import until

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
