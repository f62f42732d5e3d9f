"""The golden vectors: what is checked in is what both codecs say, and what an independent MessagePack says of it (STYLE 11)."""

import json
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest

from protocol.bodies import KINDS, Known
from protocol.codec import JSON, MESSAGEPACK
from protocol.commands import AnyCommand
from protocol.errors import BodyInvalid, BodyTooLarge
from protocol.events import AnyFrame

FOLDER = Path(__file__).parents[2] / "protocol" / "vectors"
Vector = dict[str, Any]


def vectors(name: str) -> list[Vector]:
    rows: list[Vector] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def each(*names: str) -> pytest.MarkDecorator:
    rows = [row for name in names for row in vectors(name)]
    return pytest.mark.parametrize("vector", rows, ids=[row["name"] for row in rows])


def said(vector: Vector) -> bytes:
    return json.dumps(vector["json"]).encode()


def packed(vector: Vector) -> bytes:
    return bytes.fromhex(vector["msgpack"])


@each("commands", "answers", "events", "bodies")
def test_an_independent_messagepack_reads_the_same_as_the_json(vector: Vector) -> None:
    for field in {"msgpack", "canonical"} & vector.keys():
        read = msgpack.unpackb(bytes.fromhex(vector[field]))
        assert read == vector["json"] if field == "msgpack" else read.items() <= vector["json"].items()


@each("commands")
def test_a_command_is_read_and_written_as_the_vector_says(vector: Vector) -> None:
    assert MESSAGEPACK.encode(MESSAGEPACK.decode_command(packed(vector))) == packed(vector)
    assert json.loads(JSON.encode(JSON.decode_command(said(vector)))) == vector["json"]


@each("answers", "events")
def test_a_frame_is_read_and_written_as_the_vector_says(vector: Vector) -> None:
    binary, text = MESSAGEPACK.decode_frame(packed(vector)), JSON.decode_frame(said(vector))
    assert binary is not None
    assert text is not None
    assert MESSAGEPACK.encode(binary) == packed(vector)
    assert json.loads(JSON.encode(text)) == vector["json"]


@each("commands", "answers", "events")
def test_no_field_goes_out_that_the_struct_does_not_have(vector: Vector) -> None:
    cls = struct_of(vector)
    strict = msgspec.defstruct("Strict", [], bases=(cls,), tag=cls.__struct_config__.tag, forbid_unknown_fields=True)
    msgspec.json.decode(said(vector), type=strict)
    msgspec.msgpack.decode(packed(vector), type=strict)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(json.dumps({**vector["json"], "sparkle": 1}), type=strict)


def struct_of(vector: Vector) -> type[msgspec.Struct]:
    by_tag: dict[str, type[msgspec.Struct]] = {str(cls.__struct_config__.tag): cls for cls in (*AnyCommand.__args__, *AnyFrame.__args__)}
    return by_tag[vector["json"]["type"]]


@each("commands", "answers", "events")
def test_unknown_fields_are_ignored_on_the_way_in(vector: Vector) -> None:
    cls = struct_of(vector)
    later = json.dumps({**vector["json"], "sparkle": {"a": [1]}}).encode()
    assert msgspec.json.encode(msgspec.json.decode(later, type=cls)) == msgspec.json.encode(msgspec.json.decode(said(vector), type=cls))


@each("commands", "answers", "events")
def test_bodies_in_frames_are_canonical_and_the_same_in_both_codecs(vector: Vector) -> None:
    inside = bodies_in(vector["json"])
    canonical = [bytes.fromhex(body) for body in vector.get("bodies", [])]
    assert [msgpack.unpackb(body) for body in canonical] == inside
    for body in canonical:
        assert json.loads(bytes(JSON.raw_body(body))) == msgpack.unpackb(body)


def bodies_in(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [body for item in value for body in bodies_in(item)]
    if isinstance(value, dict):
        return [body for name, item in value.items() for body in ([item] if name == "body" else bodies_in(item))]
    return []


@each("bodies")
def test_a_body_has_these_canonical_bytes_by_whichever_codec_it_came(vector: Vector) -> None:
    if "msgpack" not in vector:  # written by the server alone
        with pytest.raises(BodyInvalid):
            JSON.check_body(said(vector))
        return
    assert MESSAGEPACK.check_body(packed(vector)).canonical.hex() == vector["canonical"]
    assert JSON.check_body(said(vector)).canonical.hex() == vector["canonical"]


@each("refused_bodies")
def test_a_body_is_refused_by_either_codec_with_the_same_code(vector: Vector) -> None:
    for codec, body in (JSON, vector["json_text"].encode()), (MESSAGEPACK, msgpack.packb(json.loads(vector["json_text"]))):
        with pytest.raises((BodyInvalid, BodyTooLarge)) as refused:
            codec.check_body(body)
        assert refused.value.code == vector["code"]


@pytest.mark.parametrize(
    ("files", "structs"),
    [(["commands"], AnyCommand.__args__), (["answers", "events"], AnyFrame.__args__)],
    ids=["commands", "frames"],
)
def test_everything_on_the_wire_has_a_vector(files: list[str], structs: tuple[type[msgspec.Struct], ...]) -> None:
    shown = {row["json"]["type"] for name in files for row in vectors(name)}
    assert shown == {cls.__struct_config__.tag for cls in structs}


def test_every_field_is_shown_by_a_vector() -> None:
    shown: dict[str, set[str]] = {}
    for row in [row for name in ("commands", "answers", "events") for row in vectors(name)]:
        shown.setdefault(row["json"]["type"], {"type"}).update(row["json"])
    for cls in (*AnyCommand.__args__, *AnyFrame.__args__):
        missing = set(cls.__struct_encode_fields__) - shown[cls.__struct_config__.tag]
        # numbers that a server may set otherwise; two stand for all of them
        assert not missing or cls.__name__ == "Welcome", f"no vector shows {missing} of {cls.__name__}"


def test_every_kind_of_body_has_a_vector_and_so_has_an_unknown_one() -> None:
    kinds = {row["json"]["kind"] for row in vectors("bodies")}
    assert kinds - KINDS.keys() == {"poll"}
    assert kinds & KINDS.keys() == {cls.__struct_config__.tag for cls in Known.__args__}


def test_names_of_vectors_are_unique() -> None:
    names = [row["name"] for path in FOLDER.glob("*.json") if path.stem != "bodies" for row in vectors(path.stem)]
    assert len(names) == len(set(names))


def test_the_vectors_are_those_that_the_tool_writes() -> None:
    from tools.make_vectors import files

    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == files()
