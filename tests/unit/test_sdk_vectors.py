"""The golden vectors of the protocol, as the SDK hears and says them (STYLE 11)."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.sdk_bench import Bench, lunch
from yizhan import events
from yizhan._protocol.codec import JSON, MESSAGEPACK
from yizhan._protocol.errors import BodyInvalid
from yizhan.core import Core
from yizhan.messages import UnknownBody, read_body
from yizhan.outbox import Outbox
from yizhan.state import StoredWish
from yizhan.wishes import to_body

FOLDER = Path(__file__).parents[2] / "protocol" / "vectors"


def vectors(name: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in json.loads((FOLDER / f"{name}.json").read_text())]


def heard(vector: dict[str, Any], codec: Any, payload: bytes) -> list[events.Event]:
    """What an application hears of an event."""
    bench = Bench()
    bench.core = Core(bench.core.login, new_id=bench._new_id, jitter=lambda: 0.0, codec=codec, policy=bench.core.conversations.policy)
    conversation = vector["json"].get("conversation", "cV5nJ2sYhU")
    bench.come_in(msgspec.structs.replace(lunch(7), conversation=conversation))
    bench.events.clear()
    frame = codec.decode_frame(payload)
    assert frame is not None
    bench.hear(frame)
    return bench.events


@pytest.mark.parametrize("vector", vectors("events"))
def test_every_event_is_heard_alike_in_both_codecs(vector: dict[str, Any]) -> None:
    as_json = heard(vector, JSON, json.dumps(vector["json"]).encode())
    assert as_json == heard(vector, MESSAGEPACK, bytes.fromhex(vector["msgpack"]))


@pytest.mark.parametrize("vector", vectors("commands"))
def test_every_command_comes_out_of_the_store_as_it_went_in(vector: dict[str, Any]) -> None:
    outbox = Outbox()
    outbox.restore([StoredWish("key", json.dumps(vector["json"]))])
    wish = outbox.writes["key"]
    frame = MESSAGEPACK.encode(wish.as_command(vector["json"]["request"], MESSAGEPACK))
    assert msgspec.msgpack.decode(frame) == msgspec.msgpack.decode(bytes.fromhex(vector["msgpack"]))


@pytest.mark.parametrize("vector", vectors("bodies"))
def test_every_body_is_read_alike_in_both_codecs_and_sent_in_its_canonical_form(vector: dict[str, Any]) -> None:
    body = read_body(MESSAGEPACK, bytes.fromhex(vector["canonical"]))
    assert body == read_body(JSON, json.dumps(vector["json"]).encode())
    assert isinstance(body, UnknownBody) == ("fallback" in vector["json"])
    if vector["json"]["kind"] == "note" or "forwarded" in vector["json"]:
        with pytest.raises(BodyInvalid):
            to_body(vector["json"])
    else:
        assert to_body(vector["json"]).hex() == vector["canonical"]


def test_a_known_kind_that_a_newer_server_says_differently_is_data_with_a_fallback() -> None:
    raw = MESSAGEPACK.raw({"kind": "text", "text": ["not", "a", "text"], "fallback": "something newer"})
    assert read_body(MESSAGEPACK, raw) == UnknownBody("text", MESSAGEPACK.plain(raw), "something newer")
