"""Whom one may open a conversation with, and write to: by number as one finds, and as rules between units let one (SPEC B6, LOG A4)."""

import asyncio

from protocol import commands as wish
from protocol.events import Done, ErrorFrame, IsTyping, Opened, Sent
from server.org.members import MemberService
from server.org.service import OrgService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from tests.support.house import OPERATOR, House
from tests.support.wire import CROSSED, LITE, Wire, everything_told, group, people, same_but_for_its_number, signed_in

TOLD_SECONDS = 2.0


async def put_apart(house: House) -> UnitRuleService:
    """Li Na in Sales does not see the other units; Wang is in the Lab."""
    storage = house.running.storage
    sales, lab = [(await OrgService(storage).add(OPERATOR, "acme", name)).id for name in ("Sales", "Lab")]
    for name, unit in (("Li Na", sales), ("Wang", lab)):
        await MemberService(storage).place(OPERATOR, "acme", house.people[name].member, [unit])
    rules = UnitRuleService(storage)
    await rules.add(OPERATOR, "acme", Said(name="Apart", bound=Parties(frozenset([sales]))))
    return rules


async def sent(wire: Wire, talk: str) -> str:
    """The code of the refusal, or nothing."""
    answer = await wire.send(talk, "hello")
    return answer.code if isinstance(answer, ErrorFrame) else ""


async def until_sent(wire: Wire, talk: str, code: str) -> None:
    """Within two seconds of a change (LOG A4)."""
    async with asyncio.timeout(TOLD_SECONDS):
        while await sent(wire, talk) != code:
            await wire.barrier()


@CROSSED
async def test_who_is_known_by_a_group_alone_is_not_opened_by_number(house: House, codec: str) -> None:
    """SPEC B6: opening by number is finding; the card and the id are known from the group."""
    wang = house.people["Wang"]
    await group(house, "Li Na", "Wang")
    await MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [wang.member], True)
    async with signed_in(house, "Li Na", codec) as lina:
        unknown = await lina.ask(wish.OpenDirect, number="999999")
        assert same_but_for_its_number(unknown, await lina.ask(wish.OpenDirect, number=wang.number))
        assert isinstance(await lina.ask(wish.OpenDirect, member=wang.member), Opened)


@CROSSED
async def test_a_rule_between_units_stops_a_running_conversation_for_whom_it_binds(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        assert isinstance(await lina.send(talk, "hi"), Sent)
        rules = await put_apart(house)
        await until_sent(lina, talk, "conversation.writing_forbidden")
        assert isinstance(await wang.send(talk, "still here"), Sent)  # it binds her alone
        await rules.change(OPERATOR, "acme", "Apart", Said(may_write=True))
        await until_sent(lina, talk, "")
        await rules.change(OPERATOR, "acme", "Apart", Said(may_write=False))
        await until_sent(lina, talk, "conversation.writing_forbidden")
        await rules.delete(OPERATOR, "acme", "Apart")
        await until_sent(lina, talk, "")


@CROSSED
async def test_a_conversation_that_a_rule_forbids_is_not_made(house: House, codec: str) -> None:
    """Who is not found is as if unknown; who is known from a group is refused in words. The other one may still begin."""
    number, member = house.people["Wang"].number, house.people["Wang"].member
    rules = await put_apart(house)
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        assert await lina.refused(wish.OpenDirect, number=number) == "member.not_found"
        await group(house, "Li Na", "Wang")
        assert await lina.refused(wish.OpenDirect, number=number) == "member.not_found"
        assert await lina.refused(wish.OpenDirect, member=member) == "conversation.writing_forbidden"
        talk = await wang.direct(house.people["Li Na"].member)
        assert isinstance(await wang.send(talk, "hello"), Sent)
        assert await sent(lina, talk) == "conversation.writing_forbidden"  # from the beginning on
        await rules.change(OPERATOR, "acme", "Apart", Said(may_search=True))
        assert await lina.refused(wish.OpenDirect, number="999999") == "member.not_found"
        await rules.change(OPERATOR, "acme", "Apart", Said(may_write=True))
        assert isinstance(await lina.ask(wish.OpenDirect, number=number), Opened)


@LITE
async def test_nobody_hears_of_typing_in_a_conversation_in_which_nothing_was_written(house: House) -> None:
    """Else a hidden member who only opened it would be told of, to who may not find him."""
    await MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [house.people["Wang"].member], True)
    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        assert isinstance(await wang.ask(wish.Typing, conversation=talk), Done)
        await everything_told(house, lina, wang)
        assert lina.all(IsTyping) == []
        assert not any(house.people["Wang"].member.encode() in payload for payload in lina.payloads)
        await wang.send(talk, "hello")
        assert isinstance(await wang.ask(wish.Typing, conversation=talk), Done)
        assert (await lina.event(IsTyping)).member == house.people["Wang"].member
