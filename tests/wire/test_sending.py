"""Sending and reading messages, rightly and wrongly, seen from outside (promises V4, V8)."""

from typing import Any

from protocol import commands as wish
from protocol import limits
from protocol.events import ErrorFrame, HistoryPage, Messages, Sent
from tests.support.house import House
from tests.support.wire import CODECS_TOO, CROSSED, LITE, NOBODY, client_id, everything_told, people, signed_in

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
            seen += [message.seq for message in changes.messages]
            more, after = changes.more, changes.up_to
        assert (seen, after) == (list(range(1, 13)), 12)
        assert max(map(len, lina.payloads)) < limits.PAGE_BYTES * 1.1
