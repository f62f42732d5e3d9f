"""Who was deleted is a name in old messages: nobody reaches him any more, and nothing that was said is lost (SPEC B4)."""

import contextlib
from collections.abc import Iterator

import pytest

from protocol import commands as wish
from protocol.events import Done, ErrorFrame, Opened, Profile, Sent
from server.accounts.passwords import Passwords
from server.clock import SystemClock
from server.companies.newcomers import Newcomer
from server.org.leaving import LeavingService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from tests.support.directory import acme, all_told
from tests.support.house import CHEAP, OPERATOR, House
from tests.support.wire import CROSSED, group, same_but_for_its_number, signed_in
from tests.support.ws import until

GONE = "conversation.peer_deleted"


@pytest.fixture
def leaving(house: House) -> Iterator[LeavingService]:
    with contextlib.closing(Passwords(CHEAP, SystemClock())) as passwords:
        yield LeavingService(house.running.storage, passwords)


@CROSSED
async def test_nobody_writes_to_who_is_deleted_and_what_was_said_stays(house: House, leaving: LeavingService, codec: str) -> None:
    wang = house.people["Wang"]
    async with signed_in(house, "Li Na", codec) as lina:
        room = await group(house, "Li Na", "Wang", "Zhao")
        talk = await lina.direct(wang.member)
        first = await lina.send(talk, "hi")
        assert isinstance(first, Sent)
        await leaving.delete(OPERATOR, "acme", wang.member)
        assert (await lina.send(talk, "are you there")).code == GONE
        assert await lina.refused(wish.React, conversation=talk, seq=1, emoji="👍") == GONE
        assert [lina.text(one) for one in (await lina.ask(wish.History, conversation=talk, after=0)).messages] == ["hi"]
        assert isinstance(await lina.ask(wish.Mark, conversation=talk, read=1), Done)
        assert isinstance(await lina.send(room, "he has left"), Sent)


@CROSSED
async def test_a_conversation_with_who_is_deleted_is_not_opened(house: House, leaving: LeavingService, codec: str) -> None:
    """He is as unknown there, though the conversation is, and his name with it."""
    wang = house.people["Wang"]
    async with signed_in(house, "Li Na", codec) as lina:
        await lina.send(await lina.direct(wang.member), "hi")
        await leaving.delete(OPERATOR, "acme", wang.member)
        unknown = await lina.ask(wish.OpenDirect, member="7654321aaa")
        assert isinstance(unknown, ErrorFrame)
        for named in ({"member": wang.member}, {"number": wang.number}):
            assert same_but_for_its_number(unknown, await lina.ask(wish.OpenDirect, **named))
        assert isinstance(await lina.ask(wish.GetProfile, member=wang.member), Profile)


@CROSSED
async def test_a_number_that_was_handed_on_reaches_the_next_one_alone(house: House, leaving: LeavingService, codec: str) -> None:
    """DESIGN 4: messages name the member, never the number."""
    wang = house.people["Wang"]
    async with signed_in(house, "Li Na", codec) as lina:
        old = await lina.direct(wang.member)
        await lina.send(old, "hi")
        added = await leaving.reassign(OPERATOR, "acme", wang.number, Newcomer(name="Chen"))
        assert (await lina.send(old, "hi")).code == GONE
        opened = await lina.ask(wish.OpenDirect, number=wang.number)
        assert isinstance(opened, Opened)
        assert opened.conversation.conversation != old
        assert added.number == wang.number
        assert isinstance(await lina.send(opened.conversation.conversation, "welcome"), Sent)


@CROSSED
async def test_a_rule_that_is_lifted_makes_nobody_reachable_who_is_gone(house: House, leaving: LeavingService, codec: str) -> None:
    """What rules forbid and who is gone are two columns: whoever brings rules into the one leaves the other alone."""
    there = await acme(house)
    rules = UnitRuleService(house.running.storage)
    async with signed_in(house, "Li Na", codec) as lina:
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await leaving.delete(OPERATOR, "acme", house.people["Wang"].member)
        await rules.add(OPERATOR, "acme", Said(name="Apart", kind="nobody", bound=Parties(frozenset([there.units["Sales"]]))))
        for lift in (Said(may_write=True), Said(is_off=True)):
            await rules.change(OPERATOR, "acme", "Apart", lift)
            await all_told(house, lina)
            await until(lambda: house.running.silencing.is_settled)
            assert (await lina.send(talk, "hi")).code == GONE
