"""The codecs: both say the same, and whatever comes in, what comes out is a struct or an error with a code (promise V8)."""

import json
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import limits
from protocol.codec import CODECS, JSON, MESSAGEPACK, Codec
from protocol.commands import AnyCommand, Command, Ping
from protocol.errors import BodyInvalid, BodyTooLarge, CommandUnknown, FrameInvalid, YizhanError
from protocol.events import AnyFrame, Done, Frame, Message, Messages
from tests.support.any_struct import in_codec, structs
from tests.support.refusing import refusal

BOTH = pytest.mark.parametrize("codec", [MESSAGEPACK, JSON], ids=["msgpack", "json"])
ANY_COMMAND = st.one_of([structs(cls) for cls in AnyCommand.__args__])
ANY_FRAME = st.one_of([structs(cls) for cls in AnyFrame.__args__])
PING = b'{"type":"ping","request":1'


@BOTH
@given(command=ANY_COMMAND)
def test_any_command_survives(codec: Codec, command: Command) -> None:
    payload = codec.encode(in_codec(command, codec))
    assert codec.encode(codec.decode_command(payload)) == payload


@BOTH
@given(frame=ANY_FRAME)
def test_any_frame_survives(codec: Codec, frame: Frame) -> None:
    payload = codec.encode(in_codec(frame, codec))
    decoded = codec.decode_frame(payload)
    assert decoded is not None
    assert codec.encode(decoded) == payload


@given(ANY_COMMAND | ANY_FRAME)
def test_both_codecs_say_the_same(frame: Command | Frame) -> None:
    said = MESSAGEPACK.encode(in_codec(frame, MESSAGEPACK)), JSON.encode(in_codec(frame, JSON))
    assert msgpack.unpackb(said[0]) == MESSAGEPACK.plain(said[0]) == JSON.plain(said[1]) == json.loads(said[1])


def test_a_codec_is_found_by_its_subprotocol() -> None:
    assert {name: codec.binary for name, codec in CODECS.items()} == {"yizhan.v1.msgpack": True, "yizhan.v1.json": False}
    assert [MESSAGEPACK.frame_limit, JSON.frame_limit] == [limits.FRAME_MESSAGEPACK, limits.FRAME_JSON]


@BOTH
def test_a_message_has_a_body_or_after_its_recall_none(codec: Codec) -> None:
    body = codec.raw({"kind": "text", "text": "hi"})
    messages = Message(seq=1, sender="", sent_at=1, body=body), Message(seq=2, sender="", sent_at=1, recalled=True)
    decoded = codec.decode_frame(codec.encode(Messages(conversation="c", after=0, up_to=2, messages=messages)))
    assert isinstance(decoded, Messages)
    assert decoded.messages[0].body == body
    assert decoded.messages[1].body is None


# ---- what cannot be read


def refusals(codec: Codec, payload: bytes) -> list[YizhanError]:
    """Of all ways to read it; anything else that they raise goes through."""
    reads = (codec.decode_command, codec.decode_frame, codec.check_body)
    return [refused for read in reads if (refused := refusal(read, payload)) is not None]


def can_be_told(codec: Codec, refused: YizhanError) -> bool:
    told = codec.plain(codec.encode({"code": refused.code, "text": refused.text("zh"), **refused.data}))
    return told["code"] == refused.code and bool(told["text"])


@BOTH
@given(payload=st.binary(max_size=200))
def test_random_bytes_get_an_error_with_a_code(codec: Codec, payload: bytes) -> None:
    assert all(can_be_told(codec, refused) for refused in refusals(codec, payload))


@BOTH
@given(frame=ANY_COMMAND | ANY_FRAME, data=st.data())
def test_mutated_frames_get_an_error_with_a_code(codec: Codec, frame: Command | Frame, data: st.DataObject) -> None:
    payload = bytearray(codec.encode(in_codec(frame, codec)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(payload) - 1)))
        payload[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    assert all(can_be_told(codec, refused) for refused in refusals(codec, bytes(payload)))


PACKED_BODY = b"\x83\xa4kind\xa1x\xa8fallback\xa1a\xa1n"
HOSTILE_PACKED = {
    "an array that claims 2^31 items": PACKED_BODY + b"\xdd\x7f\xff\xff\xff",
    "a map that claims 2^31 entries": PACKED_BODY + b"\xdf\x7f\xff\xff\xff",
    "a string that claims 2 GiB": PACKED_BODY + b"\xdb\x7f\xff\xff\xff",
    "bytes": PACKED_BODY + b"\xc4\x01a",
    "an extension": PACKED_BODY + b"\xd4\x05a",
    "a time": PACKED_BODY + b"\xd6\xff\0\0\0\0",
    "a time out of range": PACKED_BODY + b"\xd7\xff" + b"\xff" * 8,
    "nil": PACKED_BODY + b"\xc0",
    "NaN": PACKED_BODY + b"\xcb\x7f\xf8\0\0\0\0\0\0",
    "infinity": PACKED_BODY + b"\xcb\x7f\xf0\0\0\0\0\0\0",
    "a number of 64 bits": PACKED_BODY + b"\xcf" + b"\xff" * 8,
    "a number as a key": PACKED_BODY + b"\x81\x01\x01",
    "a list as a key": PACKED_BODY + b"\x81\x91\x01\x01",
    "a map as a key": PACKED_BODY + b"\x81\x80\x01",
    "a time as a key": PACKED_BODY + b"\x81\xd6\xff\0\0\0\0\x01",
    "a lone surrogate": PACKED_BODY + b"\xa3\xed\xa0\x80",
    "bad UTF-8": PACKED_BODY + b"\xa1\xff",
    "nested 70,000 deep": PACKED_BODY + b"\x91" * 70_000 + b"\x01",
    "nested 9 deep": PACKED_BODY + b"\x91" * 8 + b"\x01",
    "something behind the body": PACKED_BODY + b"\x01\x01",
    "no map": b"\x91\xa4kind",
    "a latitude that is no number": b"\x83\xa4kind\xa8location\xa8latitude\xcb\x7f\xf8\0\0\0\0\0\0\xa9longitude\x01",
    "2^31 mentions": b"\x83\xa4kind\xa4text\xa4text\xa1a\xa8mentions\xdd\x7f\xff\xff\xff",
    "nothing": b"",
}
HOSTILE_JSON = {
    "a lone surrogate": rb'{"kind":"text","text":"\ud800"}',
    "a lone second surrogate": rb'{"kind":"text","text":"\udc00"}',
    "bad UTF-8": b'{"kind":"text","text":"\xff"}',
    "a surrogate in UTF-8": b'{"kind":"text","text":"\xed\xa0\x80"}',
    "NaN": b'{"kind":"x","fallback":"a","n":NaN}',
    "infinity": b'{"kind":"x","fallback":"a","n":1e999}',
    "a number of 5,000 digits": b'{"kind":"x","fallback":"a","n":' + b"9" * 5000 + b"}",
    "a number of 400 digits": b'{"kind":"x","fallback":"a","n":' + b"9" * 400 + b"}",
    "null": b'{"kind":"x","fallback":"a","n":null}',
    "nested 100,000 deep": b'{"kind":"x","fallback":"a","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested 40,000 deep": b'{"kind":"x","fallback":"a","n":' + b"[" * 40_000 + b"]" * 40_000 + b"}",
    "nested 9 deep": b'{"kind":"x","fallback":"a","n":' + b"[" * 8 + b"1" + b"]" * 8 + b"}",
    "16,001 characters": json.dumps({"kind": "text", "text": "字" * 16_001}).encode(),
    "51 mentions": json.dumps({"kind": "text", "text": "a", "mentions": [f"{number:010}" for number in range(51)]}).encode(),
    "a number as text": b'{"kind":"text","text":1}',
    "something behind the body": b'{"kind":"text","text":"a"}{}',
    "a kind of 41 letters": b'{"fallback":"a","kind":"' + b"k" * 41 + b'"}',
}


@pytest.mark.parametrize("why", HOSTILE_PACKED)
def test_a_hostile_packed_body_is_refused(why: str) -> None:
    with pytest.raises((BodyInvalid, BodyTooLarge)):
        MESSAGEPACK.check_body(HOSTILE_PACKED[why])


@pytest.mark.parametrize("why", HOSTILE_JSON)
def test_a_hostile_json_body_is_refused(why: str) -> None:
    with pytest.raises((BodyInvalid, BodyTooLarge)):
        JSON.check_body(HOSTILE_JSON[why])


@pytest.mark.parametrize("codec", [MESSAGEPACK, JSON], ids=["msgpack", "json"])
def test_of_a_key_that_comes_twice_the_last_counts_in_both(codec: Codec) -> None:
    twice = {MESSAGEPACK: b"\x83\xa4kind\xa4text\xa4text\xa1a\xa4text\xa1b", JSON: b'{"kind":"text","text":"a","text":"b"}'}
    assert codec.check_body(twice[codec]).canonical == b"\x82\xa4kind\xa4text\xa4text\xa1b"


def test_a_json_body_counts_again_when_it_is_canonical() -> None:
    """8,000 small fractions are 32,000 bytes of JSON and 72,000 of MessagePack."""
    body = json.dumps({"kind": "poll", "fallback": "a poll", "x": [0.5] * 4000}, separators=(",", ":")).encode()
    assert len(body) < limits.UNKNOWN_BODY_BYTES < len(body) * 2
    with pytest.raises(BodyTooLarge) as refused:
        JSON.check_body(body)
    assert refused.value.data["limit"] == limits.UNKNOWN_BODY_BYTES


def test_a_packed_body_over_the_limit_is_refused_before_its_keys_are_looked_at() -> None:
    """Whole numbers as keys can be chosen so that they collide: 9,000 of them would cost a second."""
    colliding: dict[Any, int] = {number << 40: 0 for number in range(3000)}
    with pytest.raises(BodyTooLarge):
        MESSAGEPACK.check_body(msgpack.packb({"kind": "x", "fallback": "a", "n": colliding}))


def test_escapes_do_not_count_against_a_json_body() -> None:
    body = json.dumps({"kind": "poll", "fallback": "a poll", "x": "字" * 5000}).encode()
    assert len(body) > 30_000
    assert len(JSON.check_body(body).canonical) < limits.UNKNOWN_BODY_BYTES


# ---- what an error names


@pytest.mark.parametrize(
    ("payload", "error", "request_number"),
    [
        (b'{"type":"fly","request":5}', CommandUnknown, 5),
        (b'{"type":"fly"}', CommandUnknown, None),
        (b'{"type":"fly","request":"5"}', FrameInvalid, None),
        (b'{"type":"history","request":6}', FrameInvalid, 6),
        (b'{"type":"ping","request":-1}', FrameInvalid, None),
        (b'{"type":"ping","request":9007199254740992}', FrameInvalid, None),
        (b'{"request":7}', FrameInvalid, 7),
        (b"{}", FrameInvalid, None),
        (b'{"type":7,"request":8}', FrameInvalid, None),
        (b"[1]", FrameInvalid, None),
        (b"{", FrameInvalid, None),
        (b"", FrameInvalid, None),
    ],
)
def test_an_error_names_the_request_where_it_can_be_told(payload: bytes, error: type[YizhanError], request_number: int | None) -> None:
    with pytest.raises(error) as refused:
        JSON.decode_command(payload)
    assert refused.value.request == request_number


def test_deep_nesting_is_named() -> None:
    with pytest.raises(FrameInvalid, match="nested too deeply"):
        JSON.decode_command(PING + b',"x":' + b"[" * 90_000)


def test_a_null_character_is_refused_where_a_database_would_refuse_it() -> None:
    with pytest.raises(FrameInvalid):
        JSON.decode_command(rb'{"type":"set_draft","request":1,"conversation":"aaaaaaaaaa","text":"a\u0000b"}')


def test_unknown_fields_are_ignored_on_the_way_in() -> None:
    assert JSON.decode_command(PING + b',"later":{"a":[1]}}') == Ping(request=1)
    assert JSON.decode_frame(b'{"type":"done","request":1,"later":{"a":[1]}}') == Done(request=1)


def test_a_client_passes_over_a_frame_that_it_does_not_know_yet() -> None:
    assert JSON.decode_frame(b'{"type":"fireworks","colour":"red"}') is None


@pytest.mark.parametrize("payload", [b"{}", b'{"type":"done"}', b'{"type":7}', b"[", b'{"type":""}'])
def test_a_client_refuses_a_frame_that_cannot_be_read(payload: bytes) -> None:
    with pytest.raises(FrameInvalid):
        JSON.decode_frame(payload)


def test_a_json_body_never_gets_into_a_packed_frame() -> None:
    canonical = JSON.check_body(b'{"kind":"text","text":"hi"}').canonical
    assert MESSAGEPACK.plain(MESSAGEPACK.raw_body(canonical)) == JSON.plain(JSON.raw_body(canonical)) == {"kind": "text", "text": "hi"}
    assert isinstance(JSON.raw({"kind": "text"}), msgspec.Raw)
