"""The directory's lists: all by initials, online now, followed, followers; each as its viewer may find them (SPEC G4, promise V4)."""

from typing import Any

from protocol import commands as wish
from protocol.events import DirectoryPage
from server.org.members import MemberService
from server.org.service import OrgService
from tests.support.directory import all_told
from tests.support.house import OPERATOR, House
from tests.support.watching import quiet
from tests.support.wire import CROSSED, Wire, people, plain, signed_in
from tests.support.ws import until

ACME = "acme"


async def listed(wire: Wire, which: str, **more: Any) -> DirectoryPage:
    answer = await wire.ask(wish.ListDirectory, which=which, **more)
    assert isinstance(answer, DirectoryPage), answer
    return answer


def names(page: DirectoryPage) -> list[str]:
    return [one.name for one in page.members]


async def follow(house: House, wire: Wire, *who: str) -> None:
    for name in who:
        await wire.ask(wish.AddContact, member=house.people[name].member)


async def hide(house: House, name: str, hidden: bool = True) -> None:
    await MemberService(house.running.storage).set_hidden(OPERATOR, ACME, [house.people[name].member], hidden)


@CROSSED
async def test_all_are_listed_by_initials_page_by_page(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        first = await listed(lina, "all", limit=2)
        assert (names(first), first.total, first.letters) == (["Li Na", "Wang"], 3, {"L": 1, "W": 1, "Z": 1})
        second = await listed(lina, "all", limit=2, page=first.page)
        assert (names(second), second.total, second.letters, second.page) == (["Zhao"], 3, {}, "")
        under = await listed(lina, "all", letter="W")
        assert (names(under), under.total, under.letters) == (["Wang"], 1, {"L": 1, "W": 1, "Z": 1})
        assert await lina.refused(wish.ListDirectory, page="nonsense") == "page.cursor_invalid"


@CROSSED
async def test_who_follows_and_is_followed(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Wang", "Zhao", codec=codec) as (lina, wang, zhao):
        await follow(house, lina, "Zhao", "Wang")
        await follow(house, wang, "Zhao")
        assert [names(await listed(one, "followed")) for one in (lina, wang, zhao)] == [["Wang", "Zhao"], ["Zhao"], []]
        assert [names(await listed(one, "followers")) for one in (lina, wang, zhao)] == [[], ["Li Na"], ["Li Na", "Wang"]]
        await lina.ask(wish.RemoveContact, member=house.people["Zhao"].member)
        assert names(await listed(zhao, "followers")) == ["Wang"]


@CROSSED
async def test_a_hidden_follower_leaves_no_trace_for_who_may_not_find_him(house: House, codec: str) -> None:
    """Also where both have each other as contacts: that he is followed by him is not among what is known of a hidden member."""
    async with people(house, "Li Na", "Wang", "Zhao", codec=codec) as (lina, wang, zhao):
        await follow(house, lina, "Wang", "Zhao")
        await follow(house, zhao, "Wang")
        before = plain(await listed(zhao, "followers"))
        await follow(house, wang, "Zhao")
        await hide(house, "Wang")
        await all_told(house, lina, wang, zhao)
        found = await listed(zhao, "followers")
        assert (names(found), found.total, found.letters) == (["Li Na"], 1, {"L": 1})
        assert {**plain(found), "request": 0} == {**before, "request": 0}, "as if he had never followed"
        assert names(await listed(zhao, "followed")) == ["Wang"], "one's own contact stays"
        assert names(await listed(zhao, "all")) == ["Li Na", "Zhao"]
        assert names(await listed(wang, "followers")) == ["Li Na", "Zhao"], "he sees who follows him"
        await hide(house, "Wang", hidden=False)
        await all_told(house, lina, wang, zhao)
        assert names(await listed(zhao, "followers")) == ["Li Na", "Wang"]


@CROSSED
async def test_whom_one_finds_among_the_followers_follows_scopes_and_states(house: House, codec: str) -> None:
    unit = await OrgService(house.running.storage).add(OPERATOR, ACME, "Lab")
    await MemberService(house.running.storage).place(OPERATOR, ACME, house.people["Wang"].member, [unit.id])
    async with people(house, "Li Na", "Wang", "Zhao", codec=codec) as (lina, wang, zhao):
        await follow(house, lina, "Zhao")
        await follow(house, wang, "Zhao")
        await OrgService(house.running.storage).set_hidden(OPERATOR, ACME, unit.id, True)
        await all_told(house, lina, wang, zhao)
        found = await listed(zhao, "followers")
        assert (names(found), found.total) == (["Li Na"], 1)
        await house.running.companies.disable(OPERATOR, ACME, house.people["Li Na"].number, "leave")
        await all_told(house, zhao)
        assert plain(await listed(zhao, "followers"))["total"] == 0


@CROSSED
async def test_who_is_online_is_listed_of_those_whom_one_finds(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina, people(house, "Wang", "Zhao", "Smith") as others:
        await quiet(house, lina, *others)
        assert names(await listed(lina, "online")) == ["Li Na", "Wang", "Zhao"]
        await hide(house, "Wang")
        await all_told(house, lina)
        found = await listed(lina, "online")
        assert (names(found), found.total, found.letters) == (["Li Na", "Zhao"], 2, {"L": 1, "Z": 1})
        await others[1].ask(wish.SignOut)
        await until(lambda: house.people["Zhao"].who[1] not in house.running.presence.node.seen)
        assert names(await listed(lina, "online")) == ["Li Na"]
