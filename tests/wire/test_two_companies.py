"""Every command that names anything, tried with what another company has, and with a hidden colleague: as if it did not exist (V4).

What names something is read from the protocol, so a command that is added without a case here fails.
"""

import json
from typing import Any

import pytest
from msgspec import inspect

from protocol import commands as wish
from protocol.commands import Command
from protocol.events import PeoplePresence, UnitsPresence
from protocol.ids import ID_LENGTH, to_wire
from server.org.members import MemberService
from server.org.service import OrgService
from tests.support.directory import all_told, snapshot
from tests.support.house import OPERATOR, House
from tests.support.watching import quiet
from tests.support.wire import CROSSED, NOBODY, Wire, everything_told, people, same_but_for_its_number, signed_in

MADE = "019b2a5d8c007e3f8a41c2d90b6f7e15"
TEXT = {"kind": "text", "text": "let me in"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "end_session": ("session", {}),
    "history": ("conversation", {"after": 0}),
    "changes": ("conversation", {}),
    "get_marks": ("conversation", {}),
    "open_direct": ("member", {}),
    "set_conversation": ("conversation", {"muted": True}),
    "set_draft": ("conversation", {"text": "I was here"}),
    "typing": ("conversation", {}),
    "mark": ("conversation", {"read": 1}),
    "send": ("conversation", {"id": MADE, "body": TEXT}),
    "edit": ("conversation", {"seq": 1, "version": 1, "body": TEXT}),
    "recall": ("conversation", {"seq": 1}),
    "react": ("conversation", {"seq": 1, "emoji": "👍"}),
    "pin_message": ("conversation", {"seq": 1}),
    "list_pinned": ("conversation", {}),
    "delete_for_me": ("conversation", {"seq": 1}),
    "favourite": ("conversation", {"id": MADE, "seq": 1}),
    "get_profile": ("member", {}),
    "list_unit": ("unit", {}),
    "watch_units": ("units", {}),
    "watch_people": ("members", {"where": "contact"}),
    "get_last_seen": ("members", {"where": "tree"}),
}
"""By the command's type: the field that names something, and what else it needs."""
BY_NUMBER = {"open_direct": "number", "search_members": "query"}
"""Commands that name somebody by words."""
WORDS_OF_ONES_OWN = {
    *("hello", "sign_in", "sign_in_with_token", "resume", "change_password", "sign_out", "list_sessions", "ping", "sync"),
    *("list_conversations", "unfavourite", "list_favourites", "change_profile", "get_tree_top", "get_tree", "set_status", "set_idle"),
}
"""They name nobody and nothing of others: what they may bring is what other tests are about."""


def names_something(kind: type[Command]) -> bool:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return any(is_id(field.type) for field in described.fields)


def is_id(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(map(is_id, kind.types))
    if isinstance(kind, inspect.VarTupleType):
        return is_id(kind.item_type)
    return isinstance(kind, inspect.StrType) and kind.min_length == kind.max_length == ID_LENGTH


def test_every_command_has_its_case() -> None:
    known = {str(kind.__struct_config__.tag): kind for kind in wish.AnyCommand.__args__}
    assert {name for name, kind in known.items() if names_something(kind)} == CASES.keys()
    assert CASES.keys() | BY_NUMBER.keys() | WORDS_OF_ONES_OWN == known.keys()
    assert not WORDS_OF_ONES_OWN & (CASES.keys() | BY_NUMBER.keys())


async def of_globex(house: House) -> tuple[dict[str, str], str]:
    """Ids of everything that Globex has, by what they name, and somebody's number."""
    unit = await OrgService(house.running.storage).add(OPERATOR, "globex", "Secret Lab")
    async with people(house, "Smith", "Jones") as (smith, _):
        conversation = await smith.direct(house.people["Jones"].member)
        await smith.send(conversation, "the marked sentence")
        found = {"session": smith.session, "conversation": conversation, "member": house.people["Smith"].member, "unit": to_wire(unit.id)}
    return found, house.people["Smith"].number


def named(field: str, id: str) -> Any:
    """One that is named, or a list of one."""
    return [id] if field in ("units", "members") else id


def of_presence(wire: Wire, name: str) -> list[dict[str, Any]]:
    """What was told of whoever has this id, without it."""
    frames = [wire.plain(frame) for frame in (*wire.all(UnitsPresence), *wire.all(PeoplePresence))]
    return [json.loads(json.dumps(frame).replace(name, "")) for frame in frames if name in json.dumps(frame)]


@CROSSED
async def test_what_another_company_has_is_not_there(house: House, codec: str) -> None:
    theirs, number = await of_globex(house)
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Smith", codec):
        for name, (field, more) in CASES.items():
            unknown = await lina.ask_plain(type=name, **{field: named(field, NOBODY)}, **more)
            for what, id in theirs.items():
                answer = await lina.ask_plain(type=name, **{field: named(field, id)}, **more)
                assert same_but_for_its_number(unknown, answer), (name, what, answer)
        for name, field in BY_NUMBER.items():
            unknown = await lina.ask_plain(type=name, **{field: "999999"})
            assert same_but_for_its_number(unknown, await lina.ask_plain(type=name, **{field: number})), name
        await everything_told(house, lina)
        await quiet(house, lina)
        assert not any(word in payload for payload in lina.payloads for word in (b"marked sentence", b"Secret Lab", b"Smith"))
        for id in theirs.values():
            assert of_presence(lina, id) == of_presence(lina, NOBODY) != []


@CROSSED
async def test_a_hidden_colleague_is_not_there(house: House, codec: str) -> None:
    wang = house.people["Wang"]
    await MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [wang.member], True)
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Wang", codec):
        await all_told(house, lina)
        for name, (field, more) in CASES.items():
            unknown = await lina.ask_plain(type=name, **{field: named(field, NOBODY)}, **more)
            assert same_but_for_its_number(unknown, await lina.ask_plain(type=name, **{field: named(field, wang.member)}, **more)), name
        for name, field in BY_NUMBER.items():
            unknown = await lina.ask_plain(type=name, **{field: "999999"})
            assert same_but_for_its_number(unknown, await lina.ask_plain(type=name, **{field: wang.number})), name
        await snapshot(lina)
        await quiet(house, lina)
        assert of_presence(lina, wang.member) == of_presence(lina, NOBODY) != []
        about_him = [payload for payload in lina.payloads if b"Wang" in payload or wang.member.encode() in payload]
        assert all(b"_presence" in payload for payload in about_him), "only what was watched is named, as nobody would be"


@pytest.mark.parametrize("kind", [wish.Send, wish.OpenDirect, wish.ListUnit])
def test_ids_are_recognised_where_they_stand(kind: type[Command]) -> None:
    assert names_something(kind)
