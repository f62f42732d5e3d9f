"""The tree, the search and one's own card over the wire: each sees what he may, and nothing tells of the rest (SPEC B; DESIGN 8)."""

import base64
from typing import Any

import msgspec
import pytest

from protocol import commands as wish
from protocol.events import Done, MembersFound, OwnPresence, TreePage, TreeTop, UnitPage
from tests.support.directory import ACME, acme, all_told, apply, drawn, snapshot
from tests.support.house import OPERATOR, House
from tests.support.wire import CROSSED, LITE, NOBODY, people, same_but_for_its_number, signed_in


def names(shown: Any) -> list[str]:
    return [one.name for one in shown]


@CROSSED
async def test_the_first_screen_is_ones_own_units_and_those_above(house: House, codec: str) -> None:
    there = await acme(house)
    async with signed_in(house, "Li Na", codec) as lina:
        top = await lina.ask(wish.GetTreeTop)
        assert isinstance(top, TreeTop)
        assert [(unit.name, unit.count) for unit in top.units] == [(ACME, 2), ("Sales", 1), ("North", 1)]
        assert top.own == (there.wire("North"),)
        page = await lina.ask(wish.ListUnit, unit=top.units[0].unit)
        assert isinstance(page, UnitPage)
        assert names(page.units) == ["Sales", "Lab"]
        assert not page.members


@CROSSED
async def test_a_whole_tree_has_every_unit_and_whoever_is_in_none(house: House, codec: str) -> None:
    await acme(house)
    async with signed_in(house, "Wang", codec) as wang:
        tree = await snapshot(wang)
        assert [(depth, unit.name, unit.count, names(tree.members(unit.unit))) for depth, unit in tree.walk()] == [
            (0, ACME, 2, []),
            (1, "Sales", 1, []),
            (2, "North", 1, ["Li Na"]),
            (1, "Lab", 1, ["Wang"]),
        ]
        assert names(tree.members("")) == ["Zhao"]


@CROSSED
async def test_who_is_moved_is_moved_on_the_screens_of_all_who_look(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Zhao", codec=codec) as watching:
        trees = [await snapshot(wire) for wire in watching]
        await there.place("Li Na", "Lab")
        await all_told(house, *watching)
        for wire, tree in zip(watching, trees, strict=True):
            (told,) = apply(tree, wire)
            assert len(wire.codec.encode(told)) < 1024
            assert names(tree.members(there.wire("Lab"))) == ["Li Na", "Wang"]
            assert drawn(tree) == drawn(await snapshot(wire))


@CROSSED
async def test_who_is_hidden_is_gone_and_nothing_tells_of_him(house: House, codec: str) -> None:
    there = await acme(house)
    lina = house.people["Li Na"]
    async with signed_in(house, "Wang", codec) as wang:
        tree = await snapshot(wang)
        await there.hide("Li Na")
        await all_told(house, wang)
        (told,) = apply(tree, wang)
        assert drawn(tree) == drawn(await snapshot(wang))
        assert tree.units[there.wire("Sales")].count == 0
        assert [(one.unit, one.member) for one in told.left] == [(there.wire("North"), lina.member)]
        assert not told.put
        wang.payloads.clear()
        await there.members.change(OPERATOR, ACME, lina.member, _renamed("Li Nana"))
        await there.place("Li Na", "Lab", "North")
        await all_told(house, wang)
        assert not [one for one in wang.events if not isinstance(one, OwnPresence)]
        for query in ("Li", "li na", lina.number):
            assert (await wang.ask(wish.SearchMembers, query=query)).total == 0
        assert (await wang.ask(wish.ListUnit, unit=there.wire("North"))).unit.count == 0
        assert not any(lina.member.encode() in payload for payload in wang.payloads)
        await there.hide("Li Na", hidden=False)
        await all_told(house, wang)
        apply(tree, wang)
        assert drawn(tree) == drawn(await snapshot(wang))
        assert names(tree.members(there.wire("Lab"))) == ["Li Nana", "Wang"]


def _renamed(name: str) -> Any:
    from server.org.cards import Changes

    return Changes(name=name)


@CROSSED
async def test_who_gets_a_narrower_scope_sees_the_rest_go(house: House, codec: str) -> None:
    there = await acme(house)
    async with signed_in(house, "Wang", codec) as wang:
        tree = await snapshot(wang)
        await there.members.set_scope(OPERATOR, ACME, house.people["Wang"].member, [there.units["Sales"]])
        await all_told(house, wang)
        apply(tree, wang)
        assert drawn(tree) == drawn(await snapshot(wang))
        assert [unit.name for _, unit in tree.walk()] == [ACME, "Sales", "North"]
        assert tree.units[tree.root].way
        assert await wang.refused(wish.ListUnit, unit=there.wire("Lab")) == "unit.not_found"


@CROSSED
async def test_a_hidden_unit_goes_with_all_that_is_in_it(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Wang", "Li Na", codec=codec) as (wang, lina):
        trees = {wire: await snapshot(wire) for wire in (wang, lina)}
        await there.org.set_hidden(OPERATOR, ACME, there.units["Sales"], True)
        await all_told(house, wang, lina)
        for wire, tree in trees.items():
            apply(tree, wire)
            assert drawn(tree) == drawn(await snapshot(wire))
        assert there.wire("Sales") not in trees[wang].units
        assert there.wire("North") in trees[lina].units


# ---- what one may not see


@CROSSED
async def test_an_unknown_unit_and_one_of_others_are_the_same_answer(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Smith", "Li Na", codec=codec) as (smith, lina):
        unknown = await smith.ask(wish.ListUnit, unit=NOBODY)
        assert unknown.code == "unit.not_found"
        for other in (*map(there.wire, there.units), house.people["Li Na"].member, "A" * 10):
            assert same_but_for_its_number(unknown, await smith.ask(wish.ListUnit, unit=other))
        assert names((await smith.ask(wish.SearchMembers)).members) == ["Jones", "Smith"]
        assert [unit.name for _, unit in (await snapshot(smith)).walk()] == ["globex"]
        await there.place("Li Na", "Lab")
        await all_told(house, smith, lina)
        assert not [one for one in smith.events if not isinstance(one, OwnPresence)], (
            "what happens in one company is told to nobody of another"
        )


@CROSSED
async def test_search_finds_by_pinyin_and_pages_with_a_total(house: House, codec: str) -> None:
    await acme(house)
    async with signed_in(house, "Wang", codec) as wang:
        first = await wang.ask(wish.SearchMembers, limit=2)
        assert isinstance(first, MembersFound)
        assert (names(first.members), first.total) == (["Li Na", "Wang"], 3)
        rest = await wang.ask(wish.SearchMembers, limit=2, page=first.page)
        assert (names(rest.members), rest.page) == (["Zhao"], "")
        assert names((await wang.ask(wish.SearchMembers, letter="Z")).members) == ["Zhao"]
        assert names((await wang.ask(wish.SearchMembers, query="lina")).members) == ["Li Na"]
        for nonsense in ("nonsense", "AAAA", "kwCh", "x" * 400):
            assert await wang.refused(wish.SearchMembers, page=nonsense) == "page.cursor_invalid"


@CROSSED
async def test_who_changes_his_card_is_found_by_it_at_once(house: House, codec: str) -> None:
    there = await acme(house)
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        assert (await wang.ask(wish.SearchMembers, query="nana")).total == 0
        assert isinstance(await lina.ask(wish.ChangeProfile, nickname="Nana", tags=("climbing",), phone_private=True), Done)
        assert (await wang.ask(wish.GetProfile, member=house.people["Li Na"].member)).profile.nickname == "Nana"
        assert await lina.refused(wish.ChangeProfile, nickname="x\ny") == "name.invalid"
        for empty in ("", "  ", "x\ny"):
            assert await lina.refused(wish.ChangeProfile, name=empty) == "name.invalid"
        assert isinstance(await lina.ask(wish.ChangeProfile, name="吕布"), Done)
        await all_told(house, wang)
        assert names((await wang.ask(wish.SearchMembers, query="吕")).members) == ["吕布"]
        assert (await wang.ask(wish.SearchMembers, query="lina")).total == 0
        await there.members.change(OPERATOR, ACME, house.people["Li Na"].member, _renamed("李娜娜"))
        await all_told(house, wang)
        assert names((await wang.ask(wish.SearchMembers, query="linana")).members) == ["李娜娜"]


@LITE
@pytest.mark.parametrize("page", ["1", "-1", "0", "999", "x", "²"])
async def test_a_page_of_the_tree_that_was_not_given_is_refused(house: House, page: str) -> None:
    async with signed_in(house, "Wang") as wang:
        assert await wang.refused(wish.GetTree, page=page) == "page.cursor_invalid"
        assert isinstance(await wang.ask(wish.GetTree), TreePage)
        assert await wang.refused(wish.GetTree, page=page if page != "1" else "2") == "page.cursor_invalid"


@LITE
@pytest.mark.parametrize("place", [(-1, "w", 1), (-5, "", 0), (-(2**63), "x", 1)])
async def test_a_page_of_a_list_that_nobody_was_given_is_refused(house: House, place: tuple[int, str, int]) -> None:
    """A client makes its own: it is no fault of the server."""
    page = base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()
    async with signed_in(house, "Li Na") as lina:
        assert await lina.refused(wish.SearchMembers, query="w", page=page) == "page.cursor_invalid"
        assert await lina.refused(wish.ListDirectory, page=page) == "page.cursor_invalid"
