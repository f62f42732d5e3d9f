"""Who hears that somebody is typing: whoever may see that he is there, and nobody of who may not write (SPEC B6, E3, G3; LOG H4)."""

from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Done, IsTyping, Sent
from protocol.ids import from_wire
from server.roles.service import RoleService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from storage import silencing
from storage.silencing import Side
from tests.support.directory import acme, all_told
from tests.support.house import OPERATOR, House
from tests.support.wire import CROSSED, LITE, Wire, group, people, signed_in


async def heard(house: House, typist: Wire, talk: str, *others: Wire) -> list[bool]:
    """Which of the others hear it, at once; the typist is told nothing but that it was taken."""
    await all_told(house, typist, *others)
    for other in others:
        other.events.clear()
    answer = await typist.ask(wish.Typing, conversation=talk)
    assert answer == Done(request=answer.request)
    await all_told(house, typist, *others)
    return [bool(other.all(IsTyping)) for other in others]


@pytest.fixture(autouse=True)
def each_frame_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TYPING_EVERY_SECONDS", 0)


@CROSSED
async def test_in_a_group_a_hidden_members_typing_is_told_to_who_finds_him_alone(house: House, codec: str) -> None:
    """SPEC B6: in a group he is there without presence, in a direct conversation with it; hidden members see each other."""
    there = await acme(house)
    async with people(house, "Li Na", "Wang", "Zhao", codec=codec) as (lina, wang, zhao):
        room = await group(house, "Li Na", "Wang", "Zhao")
        talk = await wang.direct(house.people["Li Na"].member)
        await wang.send(talk, "hi")
        assert await heard(house, wang, room, lina, zhao) == [True, True]
        await there.hide("Wang")
        assert await heard(house, wang, room, lina, zhao) == [False, False]
        assert await heard(house, wang, talk, lina) == [True]
        await there.hide("Zhao")
        assert await heard(house, wang, room, lina, zhao) == [False, True]
        assert await heard(house, lina, room, wang, zhao) == [True, True]
        await there.hide("Wang", False)
        assert await heard(house, wang, room, lina, zhao) == [True, True]


@LITE
async def test_of_who_is_invisible_nobody_hears_that_he_is_typing(house: House) -> None:
    """SPEC G3: offline to everyone else."""
    wang = house.people["Wang"]
    await RoleService(house.running.storage).give(OPERATOR, "acme", [wang.number], "system_administrator")
    async with people(house, "Li Na", "Wang") as (lina, his):
        room = await group(house, "Li Na", "Wang")
        talk = await his.direct(house.people["Li Na"].member)
        await his.send(talk, "hi")
        for status, told in ((5, False), (1, True)):
            assert isinstance(await his.ask(wish.SetStatus, status=status), Done)
            assert [await heard(house, his, where, lina) for where in (room, talk)] == [[told]] * 2


@LITE
async def test_who_comes_as_invisible_is_not_given_away_before_his_presence_is_known(house: House) -> None:
    wang = house.people["Wang"]
    await RoleService(house.running.storage).give(OPERATOR, "acme", [wang.number], "system_administrator")
    async with people(house, "Li Na", "Wang") as (lina, his):
        room = await group(house, "Li Na", "Wang")
        await his.ask(wish.SetStatus, status=5)
        await his.ask(wish.SignOut)
        async with signed_in(house, "Wang", live=False) as early:
            assert await heard(house, early, room, lina) == [False]


@CROSSED
async def test_whom_a_rule_keeps_from_writing_nobody_hears_typing(house: House, codec: str) -> None:
    """It is dropped without a word: what is known here of the rule may be of before, only the writer refuses."""
    there = await acme(house)
    rules = UnitRuleService(house.running.storage)
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        assert isinstance(await lina.send(talk, "hi"), Sent)
        assert await heard(house, lina, talk, wang) == [True]
        await rules.add(OPERATOR, "acme", Said(name="Apart", kind="nobody", bound=Parties(frozenset([there.units["Sales"]]))))
        assert await heard(house, lina, talk, wang) == [False]
        assert await heard(house, wang, talk, lina) == [True]  # it binds her alone
        await rules.change(OPERATOR, "acme", "Apart", Said(may_write=True))
        assert await heard(house, lina, talk, wang) == [True]


@LITE
async def test_whom_a_groups_administrators_muted_nobody_hears_typing(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        room = await group(house, "Li Na", "Wang")
        company, member = house.people["Wang"].who
        side = Side(member, from_wire(room), 0, True)
        await house.running.storage.transact(lambda work: silencing.silence(work, company, [side]))
        assert (await wang.send(room, "hi")).code == "conversation.muted"
        assert await heard(house, wang, room, lina) == [False]
        assert await heard(house, lina, room, wang) == [True]


@LITE
async def test_while_the_picture_is_behind_nobody_hears_typing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """He may be hidden by what this node has heard of and not read yet."""
    async with people(house, "Li Na", "Wang") as (lina, wang):
        room = await group(house, "Li Na", "Wang")
        assert await heard(house, wang, room, lina) == [True]
        monkeypatch.setattr(house.running.pictures, "is_current", lambda company: False)
        lina.events.clear()
        await wang.ask(wish.Typing, conversation=room)
        await lina.barrier()
        assert lina.all(IsTyping) == []


@LITE
async def test_typing_on_asks_the_database_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        assert await heard(house, lina, talk, wang) == [True]
        read, asked = house.running.storage.read, list[object]()

        async def counted(act: Any) -> Any:
            asked.append(act)
            return await read(act)

        monkeypatch.setattr(house.running.gateway.storage, "read", counted)
        for _ in range(5):
            assert isinstance(await lina.ask(wish.Typing, conversation=talk), Done)
        monkeypatch.undo()
        asking = [str(getattr(act, "__qualname__", "")) for act in asked]
        assert not [one for one in asking if one.startswith(("ConversationHandlers", "HandOut.participants", "Pictures"))]
