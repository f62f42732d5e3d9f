"""Every field of every command that names anything, tried with what another company has, and with what a hidden colleague has: as if it
did not exist (V4).

The fields are read from the protocol, those of bodies too, so one that is added without a case here fails.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from protocol import commands as wish
from protocol.bodies import KINDS, Body
from protocol.commands import Command
from protocol.events import Answer, ErrorFrame, PeoplePresence, UnitsPresence
from protocol.ids import CLIENT_ID_LENGTH, ID_LENGTH, from_wire, to_wire
from server.org.members import MemberService
from server.org.service import OrgService
from tests.support.directory import all_told, snapshot
from tests.support.house import OPERATOR, PASSWORD, House
from tests.support.watching import quiet
from tests.support.wire import CROSSED, NOBODY, UNBORN, Wire, client_id, everything_told, greeted, people, plain, signed_in

TRIED, TALK, FRIEND, GROUP, FRESH, MESSAGE, NUMBER = (
    "the id that is tried",
    "one's talk",
    "one's friend",
    "one's group",
    "new",
    "said",
    "me",
)
"""What stands in a case for the id that is tried, and for what who asks has: his direct conversation with a colleague and frequent contact,
that colleague, his contact group, a client id that nobody has, a message that he has just sent, his number."""
WORDS = "let me in"
NOT_A_NUMBER = "nobody@nowhere.example"
TEXT = {"kind": "text", "text": WORDS}
CARD = {"kind": "card", "member": TRIED, "name": WORDS}
DEVICE = {"id": FRESH, "class": "desktop"}
IN_TALK = {"conversation": TALK, "seq": MESSAGE}
CASES: dict[str, dict[str, Any]] = {
    "sign_in.member": {"name": NUMBER, "password": PASSWORD, "device": DEVICE, "member": TRIED},
    "end_session.session": {"session": TRIED},
    "history.conversation": {"conversation": TRIED, "after": 0},
    "changes.conversation": {"conversation": TRIED},
    "get_marks.conversation": {"conversation": TRIED},
    "open_direct.member": {"member": TRIED},
    "set_conversation.conversation": {"conversation": TRIED, "muted": True},
    "set_draft.conversation": {"conversation": TRIED, "text": WORDS},
    "typing.conversation": {"conversation": TRIED},
    "mark.conversation": {"conversation": TRIED, "read": 1},
    "send.id": {"id": TRIED, "conversation": TALK, "body": TEXT},
    "send.conversation": {"id": FRESH, "conversation": TRIED, "body": TEXT},
    "send.forward.conversation": {"id": FRESH, "conversation": TALK, "forward": {"conversation": TRIED, "seq": 1}},
    "send.body.mentions": {"id": FRESH, "conversation": TALK, "body": {**TEXT, "mentions": [TRIED]}},
    "send.body.card.member": {"id": FRESH, "conversation": TALK, "body": CARD},
    "edit.conversation": {"conversation": TRIED, "seq": 1, "version": 1, "body": TEXT},
    "edit.body.mentions": {**IN_TALK, "version": 1, "body": {**TEXT, "mentions": [TRIED]}},
    "edit.body.card.member": {**IN_TALK, "version": 1, "body": CARD},
    "recall.conversation": {"conversation": TRIED, "seq": 1},
    "react.conversation": {"conversation": TRIED, "seq": 1, "emoji": "👍"},
    "pin_message.conversation": {"conversation": TRIED, "seq": 1},
    "list_pinned.conversation": {"conversation": TRIED},
    "delete_for_me.conversation": {"conversation": TRIED, "seq": 1},
    "favourite.id": {"id": TRIED, **IN_TALK},
    "favourite.conversation": {"id": FRESH, "conversation": TRIED, "seq": 1},
    "unfavourite.id": {"id": TRIED},
    "get_profile.member": {"member": TRIED},
    "get_tree.have.members.unit": {"have": {"units": "", "counts": "", "members": [[TRIED, "0123456789ab"]]}},
    "list_unit.unit": {"unit": TRIED},
    "watch_units.units": {"units": [TRIED]},
    "watch_units.counts": {"counts": [TRIED]},
    "watch_units.no_more": {"no_more": [TRIED]},
    **{f"watch_people.{field}": {"where": "contact", field: [TRIED]} for field in ("members", "no_more")},
    **{f"watch_people.{field} in the tree": {"where": "tree", field: [TRIED]} for field in ("members", "no_more")},
    **{f"watch_people.{field} in a talk": {"where": "direct", field: [TRIED]} for field in ("members", "no_more")},
    "get_last_seen.members": {"where": "tree", "members": [TRIED]},
    "get_last_seen.members in a talk": {"where": "direct", "members": [TRIED]},
    "get_last_seen.members of contacts": {"where": "contact", "members": [TRIED]},
    "add_contact.member": {"member": TRIED},
    "remove_contact.member": {"member": TRIED},
    "move_contact.member": {"member": TRIED},
    "move_contact.member before": {"member": TRIED, "before": FRIEND},
    "move_contact.before": {"member": FRIEND, "before": TRIED},
    "make_contact_group.id": {"id": TRIED, "name": FRESH},
    "rename_contact_group.group": {"group": TRIED, "name": "Mine now"},
    "move_contact_group.group": {"group": TRIED},
    "move_contact_group.before": {"group": GROUP, "before": TRIED},
    "delete_contact_group.group": {"group": TRIED},
    "put_in_contact_group.group": {"group": TRIED, "member": FRIEND},
    "put_in_contact_group.member": {"group": GROUP, "member": TRIED},
    "put_in_contact_group.before": {"group": GROUP, "member": FRIEND, "before": TRIED},
    "take_out_of_contact_group.group": {"group": TRIED, "member": FRIEND},
    "take_out_of_contact_group.member": {"group": GROUP, "member": TRIED},
    "request_outside.id": {"id": TRIED, "address": NOT_A_NUMBER},
    "request_outside.member": {"id": FRESH, "member": TRIED},
    "bring_outside.people.id": {"people": [{"id": TRIED, "address": NOT_A_NUMBER}]},
    "withdraw_outside.asked": {"asked": TRIED},
    "accept_outside.asked": {"asked": TRIED},
    "refuse_outside.asked": {"asked": TRIED},
    "remark_outside.member": {"member": TRIED, "remark": WORDS},
    "remove_outside.member": {"member": TRIED},
    "block_outside.member": {"member": TRIED},
    "block_outside.member no longer": {"member": TRIED, "on": False},
    "report_outside.id": {"id": TRIED, "member": NOBODY, "reason": "spam"},
    "report_outside.member": {"id": FRESH, "member": TRIED, "reason": "spam"},
}
"""By command and field, behind which a word may tell cases apart."""
BY_WORDS: dict[str, dict[str, Any]] = {
    "open_direct.number": {"number": TRIED},
    "search_members.query": {"query": TRIED},
    "add_contact.number": {"number": TRIED},
    "request_outside.address": {"id": FRESH, "address": TRIED, "words": WORDS},
    "bring_outside.people.address": {"people": [{"id": FRESH, "address": TRIED, "remark": WORDS}]},
}
"""Fields that name somebody by words."""
OF_NOBODY = {
    *("hello.client", "hello.language", "sign_in.name", "sign_in.password", "sign_in.device.id", "sign_in.device.name", "resume.token"),
    *("sign_in_with_token.token", "sign_in_with_token.device.id", "sign_in_with_token.device.name", "change_password.old"),
    *("change_password.new", "send_code.address", "bind.address", "bind.code", "sync.token", "sync.page", "list_conversations.page"),
    *(
        "set_draft.text",
        "react.emoji",
        "favourite.note",
        "list_favourites.page",
        "change_profile.name",
        "change_profile.nickname",
        "change_profile.gender",
    ),
    *("change_profile.star_sign", "change_profile.office_phone", "change_profile.signature", "change_profile.tags", "get_tree.page"),
    *("get_tree.have.units", "get_tree.have.counts", "get_tree.have.members.digest", "list_unit.page", "search_members.letter"),
    *("search_members.page", "list_directory.letter", "list_directory.page", "get_contacts.token", "get_contacts.page"),
    *("request_outside.words", "request_outside.remark", "bring_outside.people.remark", "accept_outside.remark", "list_outside.page"),
    *("list_outside_requests.page", "remark_outside.remark", "report_outside.words"),
    *("add_contact.remark", "make_contact_group.name", "rename_contact_group.name", "list_recent_contacts.page", "set_status.text"),
}
"""Texts that name nobody and nothing of others: what they may bring is what other tests are about."""
BODIES_OF_NOBODY = {
    *("text.text", "rich.markdown", "sticker.pack", "sticker.name", "image.file", "image.name", "image.caption", "file.file", "file.name"),
    *("file.media_type", "file.caption", "voice.file", "location.title", "location.address", "card.name", "link.url", "link.title"),
    *("link.summary", "forwarded.sender", "note.what", "note.members", "note.by", "note.text"),
}
"""The same in bodies; notes, and from where something is forwarded, are the server's to write."""


# ---- the fields, from the protocol


def texts(kind: inspect.Type, at: str) -> Iterator[tuple[str, inspect.StrType]]:
    """Every text in it, by its place; what is in an array stands where the array stands."""
    if isinstance(kind, inspect.StrType):
        yield at, kind
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from texts(one, at)
    elif isinstance(kind, inspect.VarTupleType):
        yield from texts(kind.item_type, at)
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from texts(field.type, f"{at}.{field.encode_name}")
    elif isinstance(kind, inspect.RawType):
        yield from in_bodies(at)
    else:
        plain = inspect.IntType | inspect.BoolType | inspect.FloatType | inspect.NoneType | inspect.LiteralType
        assert isinstance(kind, plain), f"{at} is {kind}: how are texts found in it?"


def in_bodies(at: str) -> Iterator[tuple[str, inspect.StrType]]:
    """What all kinds share once; then what is each one's own, behind its name."""
    shared = {field.encode_name for field in described(Body).fields}
    yield from texts(described(Body), at)
    for name, kind in KINDS.items():
        for field in described(kind).fields:
            if field.encode_name not in shared:
                yield from texts(field.type, f"{at}.{name}.{field.encode_name}")


def described(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def is_id(kind: inspect.StrType) -> bool:
    """Of what there is, or one that a client makes."""
    return kind.max_length == ID_LENGTH or kind.min_length == kind.max_length == CLIENT_ID_LENGTH


def fields(kinds: tuple[type[Command], ...]) -> tuple[set[str], set[str]]:
    """Those that hold ids, and those that hold other texts."""
    found = [one for kind in kinds for one in texts(described(kind), str(kind.__struct_config__.tag))]
    ids = {at for at, kind in found if is_id(kind)}
    return ids, {at for at, _ in found} - ids


def covered() -> set[str]:
    return {name.partition(" ")[0] for name in CASES}


def test_every_field_that_names_anything_has_its_case() -> None:
    ids, others = fields(wish.AnyCommand.__args__)
    told = {f"{command}.body.{name}" for command in ("send", "edit") for name in BODIES_OF_NOBODY}
    assert ids - covered() == set()
    assert others - covered() == {*BY_WORDS} | OF_NOBODY | told
    assert covered() <= ids | others


def test_a_field_that_is_added_is_seen_wherever_it_stands() -> None:
    class Inner(msgspec.Struct, array_like=True):
        unit: wish.Id

    class Added(Command, frozen=True, tag="added"):
        by: wish.Id
        others: tuple[wish.Id, ...] = ()
        of: Inner | None = None
        made: wish.MakesId = ""
        body: msgspec.Raw = msgspec.Raw()
        called: str = ""

    ids, others = fields((Added,))
    assert ids == {"added.by", "added.others", "added.of.unit", "added.made", "added.body.mentions", "added.body.card.member"}
    assert others == {"added.called", *(f"added.body.{name}" for name in BODIES_OF_NOBODY)}


# ---- trying them


@dataclass
class Mine:
    """What who asks has himself; see ``TRIED``."""

    wire: Wire
    house: House
    codec: str
    standing: dict[str, str]

    async def filled(self, value: Any, tried: str) -> Any:
        """A case with everything in its place."""
        if isinstance(value, dict):
            return {name: await self.filled(one, tried) for name, one in value.items()}
        if isinstance(value, list):
            return [await self.filled(one, tried) for one in value]
        if value == FRESH:
            return client_id()
        if value == MESSAGE:
            return (await self.wire.send(self.standing[TALK], WORDS)).seq
        return tried if value == TRIED else self.standing.get(value, value)

    async def answer(self, case: str, tried: str) -> bytes:
        """As it comes, but for numbers that the server counts and draws, and with nobody's id for the one that was tried."""
        command = case.split(".")[0]
        wanted = {"type": command, **await self.filled(CASES[case], tried)}
        if command == "sign_in":
            async with greeted(self.house, self.codec) as stranger:
                return faceless(await stranger.ask_plain(**wanted), tried)
        return faceless(await self.wire.ask_plain(**wanted), tried)

    async def named(self, case: str, words: str) -> bytes:
        """The same, of somebody who is named by words."""
        return faceless(await self.wire.ask_plain(type=case.split(".")[0], **await self.filled(BY_WORDS[case], words)), words)


COUNTED = {"request": 0, "trace": "", "seq": 0, "sent_at": 0, "read": 0, "change": 0, "group": "", "at": 0}


def faceless(frame: Answer | ErrorFrame, tried: str) -> bytes:
    found = plain(frame)
    return json.dumps({name: COUNTED.get(name, value) for name, value in found.items()}).replace(tried, NOBODY).encode()


async def mine(house: House, wire: Wire, codec: str) -> Mine:
    """Li Na talks with Zhao, who is a frequent contact of hers and in a group of these."""
    zhao = house.people["Zhao"].member
    talk = await wire.direct(zhao)
    group = (await wire.ask(wish.MakeContactGroup, id=client_id(), name="Lunch")).group
    await wire.ask(wish.AddContact, member=zhao)
    return Mine(wire, house, codec, {TALK: talk, FRIEND: zhao, GROUP: group, NUMBER: house.people["Li Na"].number})


@dataclass
class Theirs:
    """What others have: ids by what they name, those that they made, and somebody's words."""

    ids: dict[str, str]
    made: str
    words: tuple[str, ...]


async def of_somebody(house: House, company: str, who: str, other: str) -> Theirs:
    """Everything that ``who`` has, a unit with him in it too."""
    storage, person, made = house.running.storage, house.people[who], client_id()
    unit = await OrgService(storage).add(OPERATOR, company, "Secret Lab")
    await MemberService(storage).place(OPERATOR, company, person.member, [unit.id])
    async with people(house, who) as (wire,):
        conversation = await wire.direct(house.people[other].member)
        sent = await wire.send(conversation, "the marked sentence", id=made)
        await wire.ask(wish.AddContact, member=house.people[other].member, remark="the marked sentence")
        await wire.ask(wish.Favourite, id=made, conversation=conversation, seq=sent.seq, note="the marked sentence")
        group = (await wire.ask(wish.MakeContactGroup, id=made, name="the marked sentence")).group
        ids = {"session": wire.session, "conversation": conversation, "member": person.member, "unit": to_wire(unit.id), "group": group}
    return Theirs(ids, made, (person.number, who))


async def all_alike(mine: Mine, theirs: Theirs) -> None:
    """Whatever is tried, the answer is the one to an id that nobody has."""
    for case in CASES:
        is_made = case.split(".")[-1] == "id"
        unknown = await mine.answer(case, UNBORN if is_made else NOBODY)
        for what, id in {"made": theirs.made}.items() if is_made else theirs.ids.items():
            assert await mine.answer(case, id) == unknown.replace(UNBORN.encode(), NOBODY.encode()), (case, what)
    for case in BY_WORDS:
        unknown = await mine.named(case, "999999")
        for words in theirs.words:
            assert await mine.named(case, words) == unknown, (case, words)


def of_presence(wire: Wire, name: str) -> list[dict[str, Any]]:
    """What was told of whoever has this id, without it."""
    frames = [wire.plain(frame) for frame in (*wire.all(UnitsPresence), *wire.all(PeoplePresence))]
    return [json.loads(json.dumps(frame).replace(name, "")) for frame in frames if name in json.dumps(frame)]


@CROSSED
async def test_what_another_company_has_is_not_there(house: House, codec: str) -> None:
    theirs = await of_somebody(house, "globex", "Smith", "Jones")
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Smith", codec) as smith:
        await all_alike(await mine(house, lina, codec), theirs)
        await everything_told(house, lina)
        await quiet(house, lina, smith)
        assert not any(word in payload for payload in lina.payloads for word in (b"marked sentence", b"Secret Lab", b"Smith"))
        assert not any(WORDS.encode() in payload for payload in smith.payloads)
        for id in theirs.ids.values():
            assert of_presence(lina, id) == of_presence(lina, NOBODY) != []


@CROSSED
async def test_a_hidden_colleague_is_not_there(house: House, codec: str) -> None:
    wang = house.people["Wang"]
    theirs = await of_somebody(house, "acme", "Wang", "Zhao")
    storage = house.running.storage
    await MemberService(storage).set_hidden(OPERATOR, "acme", [wang.member], True)
    await OrgService(storage).set_hidden(OPERATOR, "acme", from_wire(theirs.ids["unit"]), True)
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Wang", codec) as his:
        await all_told(house, lina)
        await all_alike(await mine(house, lina, codec), theirs)
        await snapshot(lina)
        await quiet(house, lina, his)
        for id in theirs.ids.values():
            assert of_presence(lina, id) == of_presence(lina, NOBODY) != []
        assert not any(WORDS.encode() in payload for payload in his.payloads)
        assert not any(b"marked sentence" in payload for payload in lina.payloads)
        about_him = [payload for payload in lina.payloads if b"Wang" in payload or wang.member.encode() in payload]
        told = [payload for payload in about_him if WORDS.encode() not in payload]  # what she wrote herself names whom she named
        assert all(b"_presence" in payload for payload in told), "only what was watched is named, as nobody would be"
