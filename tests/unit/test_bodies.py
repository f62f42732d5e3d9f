"""Bodies: what of them is checked, and their canonical bytes, which the archive commits to (DESIGN 5.2, 12)."""

from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import limits
from protocol.bodies import KINDS, Body, Checked, Forwarded, Known, Tag, TextBody, check_body, check_unknown, forwarded, note, without_reply
from protocol.codec import JSON, MESSAGEPACK, Codec
from protocol.errors import BodyInvalid, BodyTooLarge
from tests.support.any_struct import checked, sendable, unknown

LI_NA, TOM = "mQ7f0ZkPzA", "mB3x9LwRtE"


def plain(body: Checked) -> dict[str, Any]:
    data: dict[str, Any] = msgpack.unpackb(body.canonical)
    return data


def sent(body: dict[str, Any], codec: Codec = MESSAGEPACK) -> Checked:
    return codec.check_body(codec.raw(body))


@given(sendable() | unknown())
def test_canonical_bytes_are_the_same_by_whichever_codec_a_body_came(body: Body | dict[str, Any]) -> None:
    assert MESSAGEPACK.check_body(MESSAGEPACK.raw(body)) == JSON.check_body(JSON.raw(body))


@given(checked())
def test_canonical_bytes_are_a_fixed_point(body: Checked) -> None:
    assert MESSAGEPACK.check_body(body.canonical) == body
    assert JSON.check_body(JSON.raw_body(body.canonical)) == body


@given(unknown())
def test_a_kind_that_nobody_knows_keeps_all_its_fields_in_a_fixed_order(body: dict[str, Any]) -> None:
    kept = sent(body)
    assert plain(kept) == body
    assert kept.canonical == sent(dict(reversed(body.items()))).canonical


def test_all_kinds_are_listed() -> None:
    assert {cls.__struct_config__.tag: cls for cls in Known.__args__} == KINDS


def test_what_the_writer_must_know_is_read_off() -> None:
    shared = {"reply_to": 7, "mentions": [TOM], "mention_all": True}
    for body in ({"kind": "text", "text": "hi"}, {"kind": "poll", "fallback": "a poll"}):
        known = sent(body | shared)
        assert (known.kind, known.reply_to, known.mentions, known.mention_all) == (body["kind"], 7, (TOM,), True)


def test_what_is_left_out_or_at_its_default_is_not_stored() -> None:
    spoken_out = {"kind": "text", "text": "hi", "mentions": [], "mention_all": False, "reply_to": None, "forwarded": None, "sparkle": 1}
    assert plain(sent(spoken_out)) == {"kind": "text", "text": "hi"}


@pytest.mark.parametrize("field", ["fallback", "reply_to", "mentions", "mention_all", "forwarded"])
def test_shared_fields_have_their_types_in_unknown_kinds_too(field: str) -> None:
    with pytest.raises(BodyInvalid):
        sent({"kind": "poll", "fallback": "a poll", field: {"no": "such"}})


@pytest.mark.parametrize("body", [{"kind": "text", "text": "hi"}, {"kind": "poll", "fallback": "a poll"}])
@pytest.mark.parametrize("claim", [{"forwarded": {"sender": LI_NA, "sent_at": 1}}, {"mentions": [TOM, TOM]}])
def test_what_no_client_may_say(body: dict[str, Any], claim: dict[str, Any]) -> None:
    with pytest.raises(BodyInvalid):
        sent(body | claim)


def test_a_note_is_the_servers_to_write() -> None:
    joined = note("joined", members=(TOM,), by=LI_NA)
    assert plain(joined) == {"kind": "note", "what": "joined", "members": [TOM], "by": LI_NA}
    with pytest.raises(BodyInvalid):
        MESSAGEPACK.check_body(joined.canonical)


def test_rich_text_is_checked_by_its_marks() -> None:
    assert plain(sent({"kind": "rich", "markdown": "**hi**"})) == {"kind": "rich", "markdown": "**hi**"}
    with pytest.raises(BodyInvalid):
        sent({"kind": "rich", "markdown": "<b>hi</b>"})


def test_the_longest_text_is_16000_characters_whatever_their_bytes() -> None:
    longest = sent({"kind": "text", "text": "👍" * limits.TEXT_CHARACTERS}, JSON)
    assert limits.TEXT_BYTES < len(longest.canonical) < limits.TEXT_BYTES + 20
    with pytest.raises(BodyInvalid):
        sent({"kind": "text", "text": "x" * (limits.TEXT_CHARACTERS + 1)})


def test_the_longest_body_fits_into_a_frame() -> None:
    body = {"kind": "rich", "markdown": "👍" * limits.TEXT_CHARACTERS, "mentions": [f"{number:010}" for number in range(limits.MENTIONS)]}
    assert len(MESSAGEPACK.raw(body)) < limits.FRAME_MESSAGEPACK - limits.KIB
    assert len("\\ud83d\\udc4d" * limits.TEXT_CHARACTERS) < limits.FRAME_JSON - limits.KIB


def test_an_unknown_kind_has_at_most_16_kib() -> None:
    at_the_limit = {"kind": "poll", "fallback": "a poll", "x": ""}
    at_the_limit["x"] = "x" * (limits.UNKNOWN_BODY_BYTES - len(sent(at_the_limit).canonical) - 2)
    assert len(sent(at_the_limit).canonical) == limits.UNKNOWN_BODY_BYTES
    with pytest.raises(BodyTooLarge):
        sent(at_the_limit | {"x": at_the_limit["x"] + "x"})


def test_an_unknown_kind_is_at_most_eight_deep() -> None:
    eight: Any = 1
    for _ in range(limits.UNKNOWN_BODY_DEPTH - 2):
        eight = [eight]
    assert sent({"kind": "poll", "fallback": "a poll", "x": eight})
    with pytest.raises(BodyInvalid, match="8 deep"):
        sent({"kind": "poll", "fallback": "a poll", "x": [[eight]]})


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**53, -(2**53), None, b"x", {1: 2}, [None]])
def test_what_both_codecs_could_not_say_alike_is_refused(value: object) -> None:
    data = {"kind": "poll", "fallback": "a poll", "x": value}
    with pytest.raises(BodyInvalid):
        check_unknown(data, Tag("poll", fallback="a poll"))


@given(checked(), st.integers(0, 2**53 - 1))
def test_a_forward_keeps_everything_but_reply_and_mentions_and_names_its_author(body: Checked, sent_at: int) -> None:
    handed_on = forwarded(body.canonical, sender=LI_NA, sent_at=sent_at)
    expected = {name: value for name, value in plain(body).items() if name not in ("reply_to", "mentions", "mention_all")}
    assert plain(handed_on) == expected | {"forwarded": {"sender": LI_NA, "sent_at": sent_at}}
    assert (handed_on.kind, handed_on.reply_to, handed_on.mentions, handed_on.mention_all) == (body.kind, 0, (), False)


@given(checked())
def test_a_forward_of_a_forward_keeps_the_first_author(body: Checked) -> None:
    once = forwarded(body.canonical, sender=LI_NA, sent_at=1)
    assert forwarded(once.canonical, sender=TOM, sent_at=2) == once


@given(checked())
def test_a_forward_reads_the_same_in_both_codecs(body: Checked) -> None:
    canonical = forwarded(body.canonical, sender=LI_NA, sent_at=1).canonical
    assert JSON.plain(JSON.raw_body(canonical)) == msgpack.unpackb(canonical)


@given(checked())
def test_who_may_not_see_the_answered_message_is_not_told_of_it_and_of_all_else(body: Checked) -> None:
    data = plain(body)
    data.pop("reply_to", None)
    assert msgpack.unpackb(without_reply(body.canonical)) == data
    assert MESSAGEPACK.check_body(without_reply(body.canonical)).reply_to == 0


def test_without_a_reply_the_bytes_are_those_of_the_body_that_never_had_one() -> None:
    assert without_reply(check_body(TextBody(text="hi", reply_to=3)).canonical) == check_body(TextBody(text="hi")).canonical


def test_where_a_forward_comes_from_is_on_the_wire_as_a_map() -> None:
    assert msgspec.to_builtins(Forwarded(LI_NA, 1)) == {"sender": LI_NA, "sent_at": 1}


@pytest.mark.parametrize("kind", ["po\x00ll", "a b", "<b>", "投票", "-poll"])
def test_a_kind_of_one_s_own_is_a_plain_word(kind: str) -> None:
    """It lies in a text column, where PostgreSQL has no place for U+0000."""
    with pytest.raises(BodyInvalid):
        JSON.check_body(JSON.raw({"kind": kind, "fallback": "what it says"}))
