"""Random and mutated frames of both codecs against a running server: a coded error or a clean close, never a fault, never a leak (V4, V8).

The seed is printed and the count is fixed. What is sent is made from every command, with ids of all kinds, also of another company's.
"""

import random
import struct
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.errors import YizhanError
from protocol.events import ErrorFrame
from tests.support.house import PASSWORD, House
from tests.support.wire import (
    CROSSED,
    LITE,
    NOBODY,
    Closed,
    Wire,
    connected,
    everything_told,
    group,
    nothing_goes_wrong,
    people,
    signed_in,
)

SEED = 20_260_101
FRAMES = 3_000
MARKED = "the marked sentence of Globex"
CODES = {*YizhanError.known}
CLOSES = {1000, 1002, 1003, 1006, 1007, 1009, limits.CLOSE_NOT_AUTHENTICATED, limits.CLOSE_SESSION_ENDED}
TYPES = sorted(str(kind.__struct_config__.tag) for kind in wish.AnyCommand.__args__)
KEEPS = [name for name in TYPES if name not in ("sign_out", "change_password", "end_session")]
STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 7, 2**53 - 1, 2**53, 2**63 - 1, -(2**63), 0.5, -0.0, 1e308),
    *("", "x", "\u0000", "午饭", "x" * 300, "🍜" * 50, "0" * 32, "é" * 10),
    *([], {}, [1], {"a": 1}, [[[[]]]], {"kind": "text"}, {"kind": "text", "text": "hi"}, {"kind": "note", "what": "joined"}),
    {"kind": "x", "fallback": "f", "deep": [[[[[[[[[1]]]]]]]]]},
    {"conversation": NOBODY, "seq": 1},
    {"id": "a-laptop-1", "class": "desktop"},
]
FIELDS = sorted({name for kind in wish.AnyCommand.__args__ for name in kind.__struct_fields__} - {"request"} | {"class", "unknown"})


class Fuzzer:
    """Draws frames; ``ids`` are of everything that there is, one's own and others'."""

    def __init__(self, seed: int, wire: Wire, ids: list[str]) -> None:
        self.chance = random.Random(seed)
        self.codec = wire.codec
        self.ids = ids

    def value(self) -> Any:
        draw = self.chance.random()
        if draw < 0.1:
            return [self.chance.choice(self.ids) for _ in range(self.chance.randint(0, 3))]
        return self.chance.choice(self.ids) if draw < 0.5 else self.chance.choice(STRANGE)

    def command(self) -> dict[str, Any]:
        """Mostly the fields that this command has, some of them strange."""
        chance = self.chance
        name = chance.choice(KEEPS)
        kind = next(one for one in wish.AnyCommand.__args__ if one.__struct_config__.tag == name)
        made: dict[str, Any] = {"type": name, "request": chance.randrange(1, 1 << 40)}
        for field in kind.__struct_fields__:
            if field != "request" and chance.random() < 0.97:
                made[field] = self.fitting(field)
        if chance.random() < 0.05:
            made[chance.choice(FIELDS)] = self.value()
        if chance.random() < 0.02:
            made["request"] = chance.choice(STRANGE)
        if chance.random() < 0.02:
            made["type"] = chance.choice([*TYPES, *map(str, STRANGE)])
        if name == "history" and chance.random() < 0.9:
            for side in chance.sample(("after", "before", "around"), 2):
                made.pop(side, None)
        if name == "send" and chance.random() < 0.7:
            made.pop("forward", None)
        if name == "open_direct" and chance.random() < 0.9:
            made.pop(chance.choice(("member", "number")), None)
        return made

    def fitting(self, field: str) -> Any:
        chance = self.chance
        if chance.random() < 0.04:
            return self.value()
        if field in ("conversation", "member", "session"):
            return chance.choice([name for name in self.ids if len(name) == 10])
        if field in ("units", "counts", "no_more", "members"):
            return [chance.choice([name for name in self.ids if len(name) == 10]) for _ in range(chance.randint(0, 3))]
        if field in ("seq", "after", "before", "around", "limit", "version", "hidden", "read", "delivered"):
            return chance.choice((1, 1, 2, 3, 50, 200, 2**53 - 1))
        if field in ("pinned_to_top", "muted", "archived", "unread", "on", "keep_draft", "idle"):
            return chance.random() < 0.5
        fits: dict[str, Any] = {
            "token": chance.choice(self.ids),
            "page": chance.choice(("", "", *self.ids)),
            "text": chance.choice(("", "draft", MARKED[:5])),
            "note": "kept",
            "status": chance.randint(1, 5),
            "where": chance.choice(("tree", "contact", "direct")),
            "last_seen": chance.choice(("shown", "own_unit", "hidden")),
            "number": "10002",
            "name": "10001",
            "password": "not it",
            "id": f"{chance.getrandbits(128):032x}",
            "body": {
                "kind": "text",
                "text": "fuzz",
                "reply_to": chance.choice((1, 1, 99)),
                "mentions": [chance.choice(self.ids)][: chance.randint(0, 1)],
            },
            "emoji": chance.choice("👍🍜x"),
            "device": {"id": "a-laptop-1", "class": "desktop"},
            "forward": {"conversation": chance.choice(self.ids), "seq": 1},
        }
        return fits.get(field, self.value())

    def payload(self) -> bytes:
        """A frame's bytes: as they are, or with some of them changed, cut or doubled."""
        chance = self.chance
        made = bytearray(self.codec.encode(self.command()))
        how = chance.random()
        if how < 0.1:
            for _ in range(chance.randint(1, 4)):
                made[chance.randrange(len(made))] = chance.randrange(256 if self.codec.binary else 128)
        elif how < 0.13:
            del made[chance.randrange(len(made)) :]
        elif how < 0.16:
            made += made[: chance.randrange(len(made))]
        elif how < 0.18:
            made = bytearray(chance.randbytes(chance.randint(0, 200)) if self.codec.binary else b"[" * chance.randint(0, 90_000))
        return bytes(made)


def fair(wire: Wire) -> None:
    """Whatever was refused has a code that is written down, and a trace."""
    for frame in wire.heard:
        if isinstance(frame, ErrorFrame):
            assert frame.code in CODES, frame
            assert frame.code != "server.internal", frame
            assert frame.trace


async def ids_of(house: House, globex: Wire) -> tuple[list[str], str]:
    """Of all kinds: members, conversations, sessions, tokens, of both companies; and the conversation that must not be seen."""
    theirs = await globex.direct(house.people["Jones"].member)
    await globex.send(theirs, MARKED)
    crowd = await group(house, "Smith", "Jones", name=MARKED)
    await globex.ask(wish.SetDraft, conversation=theirs, text=MARKED)
    members = [person.member for person in house.people.values()]
    mine = await group(house, "Li Na", "Wang")
    return [*members, theirs, crowd, mine, mine, mine, globex.session, globex.token, globex.sync_token, NOBODY], theirs


@CROSSED
async def test_any_frame_of_who_is_signed_in_is_answered_by_a_code_or_does_what_it_may(house: House, codec: str) -> None:
    print(f"seed {SEED}")
    async with people(house, "Smith") as (smith,), signed_in(house, "Wang", codec) as wang:
        ids, theirs = await ids_of(house, smith)
        before = (await smith.ask(wish.History, conversation=theirs, after=0)).messages
        with nothing_goes_wrong():
            sent = 0
            while sent < FRAMES:
                async with signed_in(house, "Li Na", codec) as lina:
                    lina.numbers_are_mine = False
                    fuzzer = Fuzzer(SEED + sent, lina, [*ids, lina.session, lina.token, lina.sync_token])
                    try:
                        for _ in range(60):
                            lina.raw(fuzzer.payload())
                            sent += 1
                        await lina.barrier()
                    except Closed:
                        assert lina.closing is not None
                        assert lina.closing[0] in CLOSES
                    fair(lina)
                    assert not any(MARKED.encode() in payload for payload in lina.payloads)
            await everything_told(house, wang, smith)
        assert not any(MARKED.encode() in payload for payload in wang.payloads)
        after = (await smith.ask(wish.History, conversation=theirs, after=0)).messages
        assert [smith.plain(message) for message in after] == [smith.plain(message) for message in before]


@CROSSED
async def test_any_frame_of_a_stranger_is_refused_or_ends_the_connection(house: House, codec: str) -> None:
    print(f"seed {SEED}")
    async with people(house, "Smith") as (smith,):
        ids, _ = await ids_of(house, smith)
        with nothing_goes_wrong():
            for round in range(12):
                async with connected(house, codec) as stranger:
                    stranger.numbers_are_mine = False
                    fuzzer = Fuzzer(SEED + round, stranger, ids[:-4])
                    try:
                        if round % 2:
                            await stranger.hello()
                        for _ in range(25):
                            stranger.raw(fuzzer.payload())
                        await stranger.barrier()
                    except Closed:
                        assert stranger.closing is not None
                        assert stranger.closing[0] in CLOSES
                    for frame in stranger.heard:
                        assert isinstance(frame, ErrorFrame) or frame.__struct_config__.tag in ("welcome", "done"), frame
                    assert all(frame.code in CODES - {"server.internal"} for frame in stranger.heard if isinstance(frame, ErrorFrame))
                    assert not any(MARKED.encode() in payload for payload in stranger.payloads)


@LITE
@pytest.mark.parametrize("depth", [10, 200, 1_000, 20_000])
async def test_deep_nesting_is_refused_wherever_it_lies(house: House, depth: int) -> None:
    async with signed_in(house, "Li Na") as packed, signed_in(house, "Li Na", "json") as words:
        talk = await packed.direct(house.people["Li Na"].member)
        with nothing_goes_wrong():
            deep = b"[" * depth + b"]" * depth
            begin = f'"type":"send","request":900,"id":"{"0" * 31}1","conversation":"{talk}"'.encode()
            words.raw(b"{" + begin + b',"body":{"kind":"x","fallback":"f","a":' + deep + b"}}")
            error = await words.event(ErrorFrame) if depth > 500 else await words.answer(900)
            assert error.code in ("body.invalid", "frame.invalid")
            words.raw(b'{"type":"ping","request":901,"unknown":' + deep + b"}")
            await words.barrier()
            assert (await words.ask(wish.History, conversation=talk, after=0)).up_to == 0
            packed.raw(b"\x83\xa4type\xa4ping\xa7request\x07\xa1a" + b"\x91" * depth + b"\x01")
            packed.raw(b"\x91" * depth)
            await packed.barrier()
            fair(packed)
            fair(words)


@LITE
async def test_frames_that_promise_more_than_they_hold_are_refused(house: House) -> None:
    async with signed_in(house, "Li Na") as lina:
        with nothing_goes_wrong():
            for head in (
                b"\xdd\xff\xff\xff\xff",
                b"\xdf\xff\xff\xff\xff",
                b"\xc6\xff\xff\xff\xff",
                b"\xdb\xff\xff\xff\xff",
                b"\xc9\xff\xff\xff\xff\x01",
            ):
                lina.raw(head)
                lina.raw(b"\x82\xa4type\xa4ping\xa7request" + head)
            for number in (2**64 - 1, 2**63, -(2**63)):
                packed = struct.pack(">BQ", 0xCF, number) if number >= 0 else struct.pack(">Bq", 0xD3, number)
                lina.raw(b"\x82\xa4type\xa4ping\xa7request" + packed)
            await lina.barrier()
            fair(lina)
            assert len(lina.all(ErrorFrame)) == 13


@LITE
async def test_text_that_no_database_or_codec_takes_is_refused_before_it_gets_there(house: House) -> None:
    async with signed_in(house, "Li Na", "json") as lina:
        talk = await lina.direct(house.people["Li Na"].member)
        with nothing_goes_wrong():
            wrong = ['"\\ud800"', '"\\u0000"', '"a\\udfffb"', "NaN", "Infinity", "1e999", "-1e999", '"\\x"', "01"]
            for at, text in enumerate(wrong):
                where = f'"type":"send","request":{1000 + at},"id":"{at:032x}","conversation":"{talk}"'
                lina.raw(f'{{{where},"body":{{"kind":"x","fallback":"f","a":{text}}}}}'.encode())
                lina.raw(f'{{"type":"set_draft","request":{2000 + at},"conversation":"{talk}","text":{text}}}'.encode())
                lina.raw(f'{{"type":"sign_in","request":{3000 + at},"name":{text},"password":"{PASSWORD}","device":{{}}}}'.encode())
            await lina.barrier()
            fair(lina)
            page = await lina.ask(wish.History, conversation=talk, after=0)
            assert [lina.body(message)["a"] for message in page.messages] in ([], ["\u0000"])
