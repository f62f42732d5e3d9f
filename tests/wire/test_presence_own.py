"""One's own presence over the wire: what one chooses, where one is, and being invisible (SPEC G; DESIGN 9)."""

import asyncio
from pathlib import Path

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Done, MarksMoved, OwnPresence
from server.clock import ManualClock
from tests.support.directory import acme
from tests.support.house import House, open_house
from tests.support.watching import AWAY, BUSY, DESKTOP, INVISIBLE, ONLINE, PHONE, give, quiet, watching
from tests.support.wire import CROSSED, LITE, NOBODY, everything_told, greeted, people, signed_in
from tests.support.ws import until


@CROSSED
async def test_own_devices_hear_the_truth_by_device_class(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as desk:
        assert await desk.event(OwnPresence) == OwnPresence(status=ONLINE, devices={"desktop": ONLINE})
        async with signed_in(house, "Li Na", kind="phone") as phone:
            both = OwnPresence(status=ONLINE, devices={"desktop": ONLINE, "phone": ONLINE})
            assert [await desk.event(OwnPresence), await phone.event(OwnPresence)] == [both, both]
            assert isinstance(await phone.ask(wish.SetStatus, status=BUSY, text="  back at two "), Done)
            assert await desk.event(OwnPresence) == OwnPresence(status=BUSY, text="back at two", devices={"desktop": BUSY, "phone": BUSY})
    async with signed_in(house, "Li Na", codec) as again:
        assert (await again.event(OwnPresence)).text == "back at two", "a choice is kept"


@LITE
async def test_who_comes_back_hears_his_own_presence_though_nothing_changed(house: House) -> None:
    async with signed_in(house, "Li Na") as desk:
        await desk.event(OwnPresence)
        await desk.close()
        async with greeted(house) as again:
            await again.resume(desk.token)
            await again.sync()
            assert await again.event(OwnPresence) == OwnPresence(status=ONLINE, devices={"desktop": ONLINE})


@LITE
async def test_wrong_wishes_are_refused_and_change_nothing(house: House) -> None:
    async with signed_in(house, "Li Na") as lina:
        await lina.event(OwnPresence)
        assert await lina.refused(wish.SetStatus, status=BUSY, text="a\nb") == "name.invalid"
        assert await lina.refused(wish.SetStatus, status=INVISIBLE) == "presence.invisible_not_allowed"
        for fields in ({"status": 0}, {"status": 6}, {"status": BUSY, "text": "x" * (limits.STATUS_CHARACTERS + 1)}):
            assert (await lina.ask_plain(type="set_status", **fields)).code == "frame.invalid"
        assert await lina.refused(wish.WatchUnits, units=("A" * 10, "!" * 10)) == "id.invalid"
        assert await lina.refused(wish.WatchPeople, where="tree", no_more=("!" * 10,)) == "id.invalid"
        assert await lina.refused(wish.GetLastSeen, where="tree", members=("!" * 10,)) == "id.invalid"
        await quiet(house, lina)
        assert not [one for one in lina.events if not isinstance(one, OwnPresence)]
        assert len(lina.all(OwnPresence)) == 1


@LITE
async def test_what_one_connection_watches_is_bounded(house: House) -> None:
    from protocol.ids import to_wire

    async with signed_in(house, "Li Na") as lina:
        many = tuple(to_wire(1 << 40 | number) for number in range(limits.WATCHED_UNITS))
        assert isinstance(await lina.ask(wish.WatchUnits, counts=many), Done)
        assert await lina.refused(wish.WatchUnits, units=(NOBODY,)) == "presence.too_many_watched"
        assert isinstance(await lina.ask(wish.WatchUnits, units=(NOBODY,), no_more=many[:1]), Done)
        assert isinstance(await lina.ask(wish.WatchPeople, where="contact", members=many), Done)
        assert await lina.refused(wish.WatchPeople, where="tree", members=(NOBODY,)) == "presence.too_many_watched"
        assert isinstance(await lina.ask(wish.WatchPeople, where="contact", members=many), Done), "the same ones are no more"
        ties = house.running.presence.wishes._ties
        for first in range(3):
            others = tuple(to_wire(1 << 41 | first << 20 | number) for number in range(limits.WATCHED_PEOPLE))
            assert await lina.refused(wish.WatchPeople, where="direct", members=others) == "presence.too_many_watched"
        assert {where.value: len(kept) for where, kept in ties._wanted[house.people["Li Na"].who[1]].items()} == {"contact": len(many)}


@LITE
async def test_nothing_is_kept_of_who_watches_and_goes_in_one_breath(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """His wish is answered when he has gone: what tied him to those whom he wished to watch is not kept till he comes again."""
    wishes = house.running.presence.wishes
    kept, asked, go_on = wishes._pictures.kept, asyncio.Event(), asyncio.Event()

    async def slowly(company: int) -> object:
        asked.set()
        await go_on.wait()
        return await kept(company)

    async with people(house, "Li Na", "Wang") as (lina, wang):
        monkeypatch.setattr(wishes._pictures, "kept", slowly)
        lina.say(wish.WatchPeople, where="contact", members=(house.people["Wang"].member,))
        await asked.wait()
        await lina.close()
        await until(lambda: house.people["Li Na"].who[1] not in house.running.presence.node._online.members)
        go_on.set()
        await wang.ask(wish.WatchPeople, where="contact", members=(house.people["Zhao"].member,))
        assert set(wishes._ties._wanted) == set(wishes._ties._tied) == {house.people["Wang"].who[1]}


@CROSSED
async def test_who_is_idle_wherever_he_is_there_is_away(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, desk), signed_in(house, "Li Na", kind="phone") as phone:
        screen = await watching(house, wang, there.wire("North"))
        lina = house.people["Li Na"].member
        await desk.ask(wish.SetIdle, idle=True)
        await quiet(house, wang)
        screen.look()
        assert screen.units[there.wire("North")] == {lina: (ONLINE | DESKTOP | PHONE, "")}
        await phone.ask(wish.SetIdle, idle=True)
        await quiet(house, wang)
        screen.look()
        assert screen.units[there.wire("North")] == {lina: (AWAY | DESKTOP | PHONE, "")}
        assert (await desk.event(OwnPresence, status=AWAY)).devices == {"desktop": AWAY, "phone": AWAY}
        await phone.ask(wish.SetIdle, idle=False)
        await quiet(house, wang)
        screen.look()
        assert screen.units[there.wire("North")] == {lina: (ONLINE | DESKTOP | PHONE, "")}


@LITE
async def test_who_says_in_one_breath_what_is_new_and_that_he_is_idle_is_away(house: House) -> None:
    async with signed_in(house, "Li Na", live=False) as lina:
        synced = lina.say(wish.Sync)
        await lina.answer(lina.say(wish.SetIdle, idle=True))
        await lina.answer(synced)
        await quiet(house, lina)
        assert lina.all(OwnPresence)[-1] == OwnPresence(status=AWAY, devices={"desktop": AWAY})


@LITE
async def test_the_last_choice_holds_though_the_clock_was_set_back(database: str, tmp_path: Path) -> None:
    """Else it would be answered by Done and never be seen, until the clock has come as far again."""
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        async with signed_in(house, "Li Na") as desk:
            await desk.ask(wish.SetStatus, status=BUSY, text="in a call")
            clock.set(clock.now() - 3_600_000)
            assert isinstance(await desk.ask(wish.SetStatus, status=AWAY), Done)
            assert (await desk.event(OwnPresence, status=AWAY)).text == ""
            await desk.ask(wish.SignOut)
        async with signed_in(house, "Li Na") as again:
            assert (await again.event(OwnPresence)).status == AWAY, "as it is kept"
            await again.ask(wish.SetStatus, status=ONLINE)
            assert (await again.event(OwnPresence, status=ONLINE)).devices == {"desktop": ONLINE}


# ---- invisible


@CROSSED
async def test_invisible_needs_the_permission_and_ends_with_it(house: House, codec: str) -> None:
    there = await acme(house)
    await give(house, "Li Na", "system_administrator")
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        screen = await watching(house, wang, there.wire("North"))
        assert isinstance(await lina.ask(wish.SetStatus, status=INVISIBLE), Done)
        assert (await lina.event(OwnPresence, status=INVISIBLE)).devices == {"desktop": INVISIBLE}
        await quiet(house, wang)
        screen.look()
        assert (screen.units[there.wire("North")], screen.counts[there.wire("North")]) == ({}, (0, 1))
        async with signed_in(house, "Li Na", kind="phone") as phone:
            assert (await phone.event(OwnPresence)).status == INVISIBLE, "also where he comes in by another device"
            await quiet(house, wang)
            assert screen.look() == []
            await give(house, "Li Na", "ordinary")
            await phone.event(OwnPresence, status=ONLINE)
            await quiet(house, wang)
            screen.look()
            assert screen.units[there.wire("North")] == {house.people["Li Na"].member: (ONLINE | DESKTOP | PHONE, "")}


@LITE
async def test_who_lost_the_permission_while_he_was_away_comes_back_visible(house: House) -> None:
    there = await acme(house)
    await give(house, "Li Na", "system_administrator")
    async with signed_in(house, "Li Na") as lina:
        await lina.ask(wish.SetStatus, status=INVISIBLE)
        await lina.ask(wish.SignOut)
    await give(house, "Li Na", "ordinary")
    async with people(house, "Wang", "Li Na") as (wang, lina):
        assert (await lina.event(OwnPresence)).status == ONLINE
        screen = await watching(house, wang, there.wire("North"))
        assert screen.counts[there.wire("North")] == (1, 1)


@CROSSED
async def test_what_arrives_at_who_is_invisible_is_not_told_until_he_reads_it(house: House, codec: str) -> None:
    """A delivered mark shows that a device is there, which others are not to know (SPEC E3, G3)."""
    await give(house, "Wang", "system_administrator")
    wang = house.people["Wang"].member
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, his):
        talk = await lina.direct(wang)
        for status, read, delivered, told in ((INVISIBLE, 0, 1, []), (INVISIBLE, 1, 2, [(1, 1)]), (ONLINE, 1, 3, [(3, 1)])):
            await lina.send(talk, "hi")
            await his.ask(wish.SetStatus, status=status)
            lina.events.clear()
            assert isinstance(await his.ask(wish.Mark, conversation=talk, read=read, delivered=delivered), Done)
            await everything_told(house, his, lina)
            assert [(one.delivered, one.read) for frame in lina.all(MarksMoved) for one in frame.marks] == told
            marks = (await lina.ask(wish.GetMarks, conversation=talk)).marks
            assert [(one.delivered, one.read) for one in marks] == (told or [(0, 0)])


@LITE
@pytest.mark.parametrize(("status", "delivered"), [(INVISIBLE, 0), (ONLINE, 1)])
async def test_what_arrived_is_told_when_it_is_known_that_he_is_visible(house: House, status: int, delivered: int) -> None:
    """A client says it in one breath with asking what is new, when his choice is not read yet."""
    await give(house, "Wang", "system_administrator")
    async with signed_in(house, "Li Na") as lina:
        talk = await lina.direct(house.people["Wang"].member)
        async with signed_in(house, "Wang") as his:
            await his.ask(wish.SetStatus, status=status)
            await his.ask(wish.SignOut)
        await lina.send(talk, "hi")
        async with signed_in(house, "Wang", live=False) as his:
            synced = his.say(wish.Sync)
            assert isinstance(await his.answer(his.say(wish.Mark, conversation=talk, delivered=1)), Done)
            await his.answer(synced)
            await his.event(OwnPresence)
            await everything_told(house, his, lina)
            assert [one.delivered for one in (await lina.ask(wish.GetMarks, conversation=talk)).marks] == [delivered]
