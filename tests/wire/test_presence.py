"""Presence over the wire: everybody sees who is there of those whom he may find, and nothing tells of the rest (SPEC G; DESIGN 9)."""

from protocol import commands as wish
from protocol.events import Done, UnitsPresence
from tests.support.directory import ACME, acme, all_told
from tests.support.house import OPERATOR, House
from tests.support.watching import AWAY, BUSY, DESKTOP, ONLINE, QUIET, Screen, add_contact, forbid, quiet, root, settled, watching
from tests.support.wire import CODECS_TOO, CROSSED, people, signed_in


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


@CODECS_TOO
async def test_a_unit_that_is_named_twice_is_left_once(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", codec=codec) as (wang,):
        north = there.wire("North")
        await watching(house, wang, north)
        assert isinstance(await wang.ask(wish.WatchUnits, no_more=(north, north)), Done)
