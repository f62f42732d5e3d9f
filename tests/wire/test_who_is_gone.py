"""Who was deleted is a name in old messages: nobody reaches him any more, and nothing that was said is lost (SPEC B4)."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest

from protocol import commands as wish
from protocol.events import Done, ErrorFrame, Opened, Profile, ProfileChanged, Sent
from server.accounts.passwords import Passwords
from server.clock import SystemClock
from server.companies.newcomers import Newcomer
from server.org.leaving import LeavingService
from server.org.members import MemberService
from server.rosters.service import RosterService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from tests.support.directory import acme, all_told
from tests.support.house import CHEAP, OPERATOR, House
from tests.support.rosters import bring, in_this_process, workbook
from tests.support.wire import CROSSED, LITE, Wire, everything_told, group, people, same_but_for_its_number, signed_in
from tests.support.ws import until

Act = Callable[[], Awaitable[object]]
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


# ---- what others are told of it


def states(pages: list[Any]) -> dict[str, str]:
    """What a page or several say of the others of direct conversations."""
    return {one.peer: one.peer_state for page in pages for one in page.conversations if one.kind == "direct"}


async def told_of(house: House, *wires: Wire) -> None:
    await everything_told(house, *wires)
    await until(lambda: house.running.contacts.is_settled)
    for wire in wires:
        await wire.barrier()


@CROSSED
async def test_who_talks_with_somebody_is_told_that_he_is_disabled_enabled_deleted(
    house: House, leaving: LeavingService, codec: str
) -> None:
    """SPEC B4, B5: '已停用' and '已离职' in conversations; a colleague who shares nothing with him hears nothing of it."""
    wang = house.people["Wang"].member
    async with people(house, "Li Na", "Zhao", codec=codec) as (lina, zhao):
        await lina.send(await lina.direct(wang), "hi")
        acts: list[tuple[Act, str]] = [
            (lambda: leaving.disable(OPERATOR, "acme", [wang], "leave"), "disabled"),
            (lambda: leaving.enable(OPERATOR, "acme", [wang]), "active"),
            (lambda: leaving.delete(OPERATOR, "acme", wang), "deleted"),
        ]
        for act, state in acts:
            await told_of(house, lina, zhao)
            await act()
            await told_of(house, lina, zhao)
            assert lina.all(ProfileChanged)[-1] == ProfileChanged(member=wang, state=cast(Any, state))
            assert (await lina.ask(wish.GetProfile, member=wang)).profile.state == state
            assert states([await lina.ask(wish.ListConversations)]) == {wang: state}
        assert len(lina.all(ProfileChanged)) == 3
        assert zhao.all(ProfileChanged) == []
        assert await zhao.refused(wish.GetProfile, member=wang) == "member.not_found"


@CROSSED
async def test_who_talks_with_somebody_is_told_that_an_import_disabled_him(house: House, database: str, codec: str) -> None:
    """SPEC B5, B7: its pieces tell the tree nothing before its end; that somebody reads no more what is written to him is told."""
    wang = house.people["Wang"].member
    with contextlib.closing(Passwords(CHEAP, SystemClock())) as passwords:
        rosters = RosterService(house.running.storage, SystemClock(), passwords, database=database, run=in_this_process)
        async with people(house, "Li Na", "Zhao", codec=codec) as (lina, zhao):
            await lina.send(await lina.direct(wang), "hi")
            await told_of(house, lina, zhao)
            rows = [(house.people[name].number, name, "acme", "", "") for name in ("Li Na", "Zhao")]
            await bring(rosters, workbook(*rows), "overwrite", by=OPERATOR, confirmed=1)
            await told_of(house, lina, zhao)
            of_wang = [[one for one in wire.all(ProfileChanged) if one.member == wang] for wire in (lina, zhao)]
            assert of_wang == [[ProfileChanged(member=wang, state="disabled")], []]


@LITE
async def test_a_device_that_was_away_is_told_at_its_resume(house: House, leaving: LeavingService) -> None:
    wang = house.people["Wang"].member
    async with signed_in(house, "Li Na") as lina:
        await lina.send(await lina.direct(wang), "hi")
        await told_of(house, lina)
    acts: list[tuple[Act, dict[str, str]]] = [
        (lambda: leaving.disable(OPERATOR, "acme", [wang], "leave"), {wang: "disabled"}),
        (lambda: MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [wang], True), {}),
        (lambda: leaving.enable(OPERATOR, "acme", [wang]), {wang: "active"}),
        (lambda: leaving.delete(OPERATOR, "acme", wang), {wang: "deleted"}),
    ]
    for act, expected in acts:
        async with signed_in(house, "Li Na") as before:
            token = before.sync_token
        await act()
        async with signed_in(house, "Li Na", live=False) as later:
            assert states(await later.sync(token)) == expected


@LITE
async def test_nothing_but_a_change_of_state_is_told_to_who_talks_with_somebody(house: House) -> None:
    """Being hidden is nobody's business: presence in the conversation stays, so he would not notice it otherwise (promise V4)."""
    wang = house.people["Wang"].member
    async with signed_in(house, "Li Na") as lina:
        await lina.send(await lina.direct(wang), "hi")
        await MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [wang], True)
        await told_of(house, lina)
        assert lina.all(ProfileChanged) == []


@LITE
async def test_who_only_opened_a_conversation_is_told_of_to_nobody(house: House, leaving: LeavingService) -> None:
    """A hidden member who opened one and wrote nothing is unknown to the other one, disabled or not."""
    wang = house.people["Wang"].member
    await MemberService(house.running.storage).set_hidden(OPERATOR, "acme", [wang], True)
    async with people(house, "Li Na", "Wang") as (lina, his):
        await his.direct(house.people["Li Na"].member)
        await leaving.disable(OPERATOR, "acme", [wang], "leave")
        await told_of(house, lina)
        assert not any(wang.encode() in payload for payload in lina.payloads)


@LITE
async def test_contacts_and_small_groups_are_told_large_groups_are_not(
    house: House, leaving: LeavingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang = house.people["Wang"].member
    async with people(house, "Li Na", "Zhao") as (lina, zhao):
        await lina.ask(wish.AddContact, member=wang)
        await group(house, "Zhao", "Wang")
        for most, told in ((2, ["disabled", "active"]), (1, [])):
            zhao.events.clear()
            monkeypatch.setattr("protocol.limits.TYPING_UP_TO", most)
            await leaving.disable(OPERATOR, "acme", [wang], "leave")
            await told_of(house, lina, zhao)
            await leaving.enable(OPERATOR, "acme", [wang])
            await told_of(house, lina, zhao)
            assert [one.state for one in zhao.all(ProfileChanged)] == told
        assert [one.state for one in lina.all(ProfileChanged)] == ["disabled", "active"] * 2
