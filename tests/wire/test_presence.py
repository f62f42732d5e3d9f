"""Presence over the wire: everybody sees who is there of those whom he may find, and nothing tells of the rest (SPEC G; DESIGN 9)."""

from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Done, LastSeen, OwnPresence, UnitsPresence, WasThere
from protocol.ids import from_wire
from server.app import running
from server.clock import ManualClock, SystemClock
from server.roles.service import RoleService
from storage import company_log, sessions
from storage.engine import Storage, connect
from storage.schema.contacts import contacts
from storage.schema.visibility import unit_rule_parties, unit_rules
from storage.statements import insert_into
from storage.work import Work
from tests.support.directory import ACME, acme, all_told
from tests.support.house import OPERATOR, House, open_house, settings
from tests.support.watching import Screen, pass_time, quiet, settled
from tests.support.wire import CODECS_TOO, CROSSED, LITE, NOBODY, Wire, everything_told, greeted, people, signed_in

ONLINE, AWAY, BUSY, QUIET, INVISIBLE = 1, 2, 3, 4, 5
DESKTOP, PHONE = 8, 16
INSERT_CONTACT = insert_into(contacts, "company", "member", "contact", "added_at", "removed", "place")
INSERT_RULE = insert_into(unit_rules, "company", "id", "kind", "name", "is_off", "may_search", "may_write", "sort", "created_at")
INSERT_PARTY = insert_into(unit_rule_parties, "company", "rule", "part", "kind", "party")


async def root(house: House, wire: Wire) -> str:
    """The id of Acme's own unit."""
    found: str = (await wire.ask(wish.GetTreeTop)).units[0].unit
    return found


async def watching(house: House, wire: Wire, *units: str, counts: tuple[str, ...] = ()) -> Screen:
    """With its first picture."""
    screen = Screen(wire)
    assert isinstance(await screen.watch(*units, counts=counts), Done)
    await quiet(house, wire)
    screen.look()
    return screen


async def add_contact(house: House, who: str, contact: str) -> None:
    company, member = house.people[who].who

    async def act(work: Work) -> None:
        row = {"company": company, "member": member, "contact": house.people[contact].who[1], "added_at": work.now, "removed": False}
        await work.run(INSERT_CONTACT, **row, place=work.position)
        work.own(member, "contacts")

    await house.running.storage.transact(act)


async def forbid(storage: Storage, company: int, bound: int) -> None:
    """Who is in ``bound`` sees nobody elsewhere."""

    async def act(work: Work) -> None:
        row = {"id": 77, "kind": "other_units", "name": "alone", "is_off": False, "may_search": False, "may_write": False, "sort": 0}
        await work.run(INSERT_RULE, company=company, created_at=work.now, **row)
        await work.run(INSERT_PARTY, company=company, rule=77, part="bound", kind="unit", party=bound)
        await company_log.tell(work, company, subjects=["unit_rules"])

    await storage.transact(act)


# ---- one's own


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
        lina.say(wish.Sync)
        await lina.answer(lina.say(wish.SetIdle, idle=True))
        await quiet(house, lina)
        assert lina.all(OwnPresence)[-1] == OwnPresence(status=AWAY, devices={"desktop": AWAY})


# ---- invisible


async def give(house: House, name: str, role: str) -> None:
    await RoleService(house.running.storage).give(OPERATOR, ACME, [house.people[name].number], role)


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


# ---- units


@CROSSED
async def test_counts_include_the_units_below_and_members_are_those_directly_inside(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, _):
        top, sales, north = await root(house, wang), there.wire("Sales"), there.wire("North")
        screen = await watching(house, wang, north, sales, counts=(top,))
        assert screen.counts == {top: (2, 2), sales: (1, 1), north: (1, 1)}
        assert screen.units == {north: {house.people["Li Na"].member: (ONLINE | DESKTOP, "")}, sales: {}, top: {}}
        async with signed_in(house, "Zhao"):
            await quiet(house, wang)
        assert screen.look() == [], "who is in no unit is in no count"


@CROSSED
async def test_changes_of_a_second_are_one_frame_and_what_flips_back_is_none(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        screen = await watching(house, wang, there.wire("North"), there.wire("Sales"))
        for status in (BUSY, AWAY, ONLINE):
            await lina.ask(wish.SetStatus, status=status)
        await quiet(house, wang)
        assert screen.look() == []
        await lina.ask(wish.SetStatus, status=QUIET, text="shh")
        await lina.ask(wish.SignOut)
        await quiet(house, wang)
        (frame,) = screen.look()
        assert isinstance(frame, UnitsPresence)
        assert {one.unit: (one.online, one.total) for one in frame.units} == {there.wire("North"): (0, 1), there.wire("Sales"): (0, 1)}
        assert not frame.whole


@CROSSED
async def test_who_is_hidden_goes_at_once_with_the_counts_and_nothing_follows(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        north, sales = there.wire("North"), there.wire("Sales")
        screen = await watching(house, wang, north, counts=(sales,))
        await screen.watch_people("tree", house.people["Li Na"].member)
        await quiet(house, wang)
        screen.look()
        await lina.ask(wish.SetStatus, status=BUSY)  # waits for the merge
        await there.hide("Li Na")
        await all_told(house, wang)
        await settled(house)  # no time has passed
        await wang.barrier()
        screen.look()
        assert (screen.counts, screen.units[north], screen.people["tree"]) == ({north: (0, 0), sales: (0, 0)}, {}, {})
        wang.payloads.clear()
        await lina.ask(wish.SetStatus, status=AWAY, text="secret")
        await there.place("Li Na", "Lab", "North")
        await quiet(house, wang, seconds=4)
        await lina.ask(wish.SignOut)
        await quiet(house, wang, seconds=4)
        assert not any(house.people["Li Na"].member.encode() in payload or b"secret" in payload for payload in wang.payloads)
        assert screen.look() == []


@CROSSED
async def test_who_is_moved_disabled_or_shown_again_is_on_the_screens(house: House, codec: str) -> None:
    there = await acme(house)
    lina = house.people["Li Na"].member
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, _):
        north, lab = there.wire("North"), there.wire("Lab")
        screen = await watching(house, wang, north, lab)
        await there.place("Li Na", "Lab")
        await quiet(house, wang)
        screen.look()
        assert (screen.counts, lina in screen.units[lab], screen.units[north]) == ({north: (0, 0), lab: (2, 2)}, True, {})
        await there.hide("Li Na")
        await there.hide("Li Na", hidden=False)
        await there.org.set_disabled(OPERATOR, ACME, there.units["Lab"], True)
        await quiet(house, wang)
        screen.look()
        assert (screen.counts[lab], screen.units[lab]) == ((0, 0), {})
        await there.org.set_disabled(OPERATOR, ACME, there.units["Lab"], False)
        await quiet(house, wang)
        screen.look()
        assert (screen.counts[lab], lina in screen.units[lab]) == ((2, 2), True)


@CROSSED
async def test_a_narrower_scope_and_a_rule_between_units_take_the_rest_from_the_screen(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        north, lab = there.wire("North"), there.wire("Lab")
        of_wang, of_lina = await watching(house, wang, north, lab), await watching(house, lina, north, lab)
        assert of_wang.counts == of_lina.counts == {north: (1, 1), lab: (1, 1)}
        await there.members.set_scope(OPERATOR, ACME, house.people["Wang"].member, [there.units["Lab"]])
        await quiet(house, wang, lina)
        of_wang.look()
        assert (of_wang.counts, of_wang.units[north]) == ({north: (0, 0), lab: (1, 1)}, {})
        assert of_lina.look() == []
        await forbid(house.running.storage, house.people["Li Na"].company, there.units["Sales"])
        await quiet(house, wang, lina)
        of_lina.look()
        assert (of_lina.counts, of_lina.units[lab]) == ({north: (1, 1), lab: (0, 0)}, {})


@CODECS_TOO
async def test_after_watching_ended_nothing_is_told(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        screen = await watching(house, wang, there.wire("North"))
        await screen.watch_people("tree", house.people["Li Na"].member)
        await screen.watch(no_more=(there.wire("North"),))
        await screen.watch_people("tree", no_more=(house.people["Li Na"].member,))
        await quiet(house, wang)
        screen.look()
        await lina.ask(wish.SetStatus, status=BUSY)
        await quiet(house, wang)
        assert screen.look() == []


# ---- coming and going


@CROSSED
async def test_a_lost_connection_counts_for_15_seconds_and_who_signs_out_is_gone_at_once(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", codec=codec) as (wang,):
        north = there.wire("North")
        async with signed_in(house, "Li Na", codec):
            screen = await watching(house, wang, north)
            assert screen.counts[north] == (1, 1)
        await house_has(house, 1)
        await pass_time(house, 14)
        assert screen.look() == []
        await pass_time(house, 3)
        await wang.barrier()
        screen.look()
        assert screen.counts[north] == (0, 1)
        async with signed_in(house, "Li Na", codec) as lina:
            await quiet(house, wang)
            await lina.ask(wish.SignOut)
            await quiet(house, wang)
            screen.look()
            assert screen.counts[north] == (0, 1)


async def house_has(house: House, connections: int) -> None:
    from tests.support.ws import until

    await until(lambda: len(house.running.gateway.connections) == connections)


@CROSSED
async def test_a_restart_shows_nobody_offline_who_comes_back_in_time(database: str, tmp_path: Path, codec: str) -> None:
    async with open_house(database, tmp_path) as house:
        there = await acme(house)
        await give(house, "Wang", "system_administrator")
        async with people(house, "Li Na", "Zhao", "Wang", codec=codec) as (lina, zhao, wang):
            await there.place("Zhao", "North")
            await lina.ask(wish.SetStatus, status=BUSY, text="deep in it")
            await wang.ask(wish.SetStatus, status=INVISIBLE)
            await quiet(house, lina, zhao)
            tokens = {"Li Na": lina.token, "Zhao": zhao.token}
    async with running(settings(database, tmp_path)) as server:
        house = House(server, house.people)
        north = there.wire("North")
        async with signed_in(house, "Wang", codec) as watcher:
            await watcher.event(OwnPresence, status=INVISIBLE)
            screen = await watching(house, watcher, north)
            lina_there = (BUSY | DESKTOP, "deep in it")
            both = {house.people["Li Na"].member: lina_there, house.people["Zhao"].member: (ONLINE | DESKTOP, "")}
            assert (screen.counts[north], screen.units[north]) == ((2, 2), both)
            await pass_time(house, 20)
            async with greeted(house, codec) as back:
                await back.resume(tokens["Li Na"])
                await back.sync()
                await quiet(house, watcher, back)
                assert screen.look() == [], "no flapping"
                await pass_time(house, 12)
                await watcher.barrier()
                screen.look()
                assert screen.units[north] == {house.people["Li Na"].member: lina_there}, "who did not come back is offline"


@LITE
async def test_who_was_signed_out_while_the_server_was_down_is_not_taken_over(database: str, tmp_path: Path) -> None:
    async with open_house(database, tmp_path) as house, people(house, "Li Na", "Zhao") as (lina, zhao):
        await quiet(house, lina, zhao)
    storage = await connect(database, now=SystemClock().now)
    await storage.transact(lambda work: sessions.end(work, {from_wire(lina.session): "ended"}))
    await storage.close()
    async with running(settings(database, tmp_path)) as server:
        assert list(server.presence.node.seen) == [house.people["Zhao"].who[1]]


@LITE
async def test_nothing_is_told_while_the_feed_is_not_applied_and_all_is_right_after_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG F5: what is committed elsewhere meanwhile may be that somebody is hidden."""
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        there = await acme(house)
        async with people(house, "Wang", "Li Na") as (wang, lina):
            north = there.wire("North")
            screen = await watching(house, wang, north)
            hand_out = house.running.gateway.hand_out
            sweep = hand_out.sweep

            async def away() -> None:
                """The database does not answer this node."""

            monkeypatch.setattr(hand_out, "sweep", away)
            clock.advance(6_000)
            assert not hand_out.is_fresh
            await lina.ask(wish.SetStatus, status=BUSY)
            await pass_time(house, 3)
            await wang.barrier()
            assert screen.look() == []
            monkeypatch.setattr(hand_out, "sweep", sweep)
            await there.hide("Li Na")
            await all_told(house, wang)
            await pass_time(house, 3)
            await quiet(house, wang)
            told = screen.look()
            assert (screen.counts[north], screen.units[north]) == ((0, 0), {})
            assert all(not part.seen for frame in told if isinstance(frame, UnitsPresence) for part in frame.units)


# ---- people


@CROSSED
async def test_a_hidden_frequent_contact_has_a_presence_there_and_nowhere_else(house: House, codec: str) -> None:
    there = await acme(house)
    lina = house.people["Li Na"].member
    await there.hide("Li Na")
    await add_contact(house, "Wang", "Li Na")
    async with people(house, "Wang", "Zhao", "Li Na", codec=codec) as (wang, zhao, _):
        screens = [await watching(house, wire, there.wire("North")) for wire in (wang, zhao)]
        for screen in screens:
            for where in ("contact", "direct", "tree"):
                await screen.watch_people(where, lina)
        await quiet(house, wang, zhao)
        for screen in screens:
            screen.look()
        assert screens[0].people == {"contact": {lina: (ONLINE | DESKTOP, "")}, "direct": {}, "tree": {}}
        assert screens[1].people == {"contact": {}, "direct": {}, "tree": {}}
        assert screens[0].counts == screens[1].counts == {there.wire("North"): (0, 0)}
        await add_contact(house, "Zhao", "Li Na")
        await quiet(house, zhao)
        screens[1].look()
        assert screens[1].people == {"contact": {lina: (ONLINE | DESKTOP, "")}, "direct": {}, "tree": {}}


@CROSSED
async def test_in_a_direct_conversation_the_other_has_a_presence_from_the_first_message_on(house: House, codec: str) -> None:
    there = await acme(house)
    await there.hide("Li Na")
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        screen = Screen(wang)
        await screen.watch_people("direct", house.people["Li Na"].member)
        await quiet(house, wang)
        screen.look()
        assert screen.people == {"direct": {}}
        talk = await lina.direct(house.people["Wang"].member)
        await quiet(house, wang)
        assert screen.look() == [], "nobody has written yet"
        await lina.send(talk, "hello")
        await quiet(house, wang)
        screen.look()
        assert screen.people == {"direct": {house.people["Li Na"].member: (ONLINE | DESKTOP, "")}}


# ---- last seen


@CROSSED
async def test_last_seen_is_told_to_whom_it_is_shown(database: str, tmp_path: Path, codec: str) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        there = await acme(house)
        lina, wang = house.people["Li Na"].member, house.people["Wang"].member
        async with people(house, "Wang", "Zhao", codec=codec) as (of_wang, of_zhao):
            async with signed_in(house, "Li Na", codec) as wire:
                assert await ask(of_wang, lina, NOBODY, house.people["Smith"].member) == {lina: 0}
                await wire.ask(wish.SignOut)
            gone_at = clock.now()
            await everything_told(house, of_wang)
            clock.advance(60_000)
            assert await ask(of_wang, lina, wang) == {lina: gone_at, wang: 0}
            await house.running.presence.keeping.flush()
            assert not house.running.presence.node.last_seen
            assert await ask(of_wang, lina) == {lina: gone_at}
            async with signed_in(house, "Li Na", codec) as wire:
                for shown, others in (("own_unit", {}), ("hidden", {}), ("shown", {lina: 0})):
                    assert isinstance(await wire.ask(wish.ChangeProfile, last_seen=shown), Done)
                    await all_told(house, of_wang)
                    assert await ask(of_wang, lina) == others
                assert isinstance(await wire.ask(wish.ChangeProfile, last_seen="own_unit"), Done)
                await there.place("Zhao", "North")
                await all_told(house, of_zhao)
                assert await ask(of_zhao, lina) == {lina: 0}, "of the same unit"
                await there.hide("Li Na")
                await all_told(house, of_zhao)
                assert await ask(of_zhao, lina) == {}


async def ask(wire: Wire, *members: str, where: Any = "tree") -> dict[str, int]:
    answer = await wire.ask(wish.GetLastSeen, where=where, members=members)
    assert isinstance(answer, LastSeen), answer
    assert all(isinstance(one, WasThere) for one in answer.members)
    return {one.member: one.at for one in answer.members}


@LITE
async def test_who_is_invisible_was_last_seen_when_he_became_so(database: str, tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        await acme(house)
        await give(house, "Li Na", "system_administrator")
        lina = house.people["Li Na"].member
        async with people(house, "Wang", "Li Na") as (wang, wire):
            await wire.ask(wish.SetStatus, status=INVISIBLE)
            hid_at = clock.now()
            clock.advance(60_000)
            await wire.ask(wish.SetStatus, status=INVISIBLE, text="working")
            assert await ask(wang, lina) == {lina: hid_at}
            await wire.ask(wish.SignOut)
            await everything_told(house, wang)
            assert await ask(wang, lina) == {lina: hid_at}
