"""The SDK's tree: loaded once, then kept by what the server tells, also over a new connection (SPEC B1)."""

import asyncio

from server.org.members import MemberService
from server.org.service import OrgService
from tests.support.house import OPERATOR, House
from tests.support.wire import CODECS_TOO
from yizhan import Disconnected, TreeChanged
from yizhan._protocol.events import TreePage
from yizhan.trace import Answered


@CODECS_TOO
async def test_a_loaded_tree_follows_what_administrators_do(house: House, codec: str) -> None:
    sales = await OrgService(house.running.storage).add(OPERATOR, "acme", "Sales")
    async with house.client("Li Na", codec=codec) as lina:
        tree = await lina.load_tree()
        assert [unit.name for _, unit in tree.walk()] == ["acme", "Sales"]
        assert [one.name for one in tree.members("")] == ["Li Na", "Wang", "Zhao"]
        events = lina.events()
        await MemberService(house.running.storage).place(OPERATOR, "acme", house.people["Wang"].member, [sales.id])
        async with asyncio.timeout(5):
            async for event in events:
                if isinstance(event, TreeChanged):
                    break
        (unit,) = lina.tree.children(lina.tree.root)
        assert (unit.name, unit.count, [one.name for one in lina.tree.members(unit.unit)]) == ("Sales", 1, ["Wang"])
        shown = await lina.unit(unit.unit)
        assert [one.name for one in shown.members] == ["Wang"]
        assert [one.name for one in (await lina.search_members("wang")).members] == ["Wang"]
        assert (await lina.tree_top()).own == ()
        await lina.change_profile(nickname="Nana")
        await lina.change_profile(name="Li Nana")
        mine = await lina.profile(lina.me.member)
        assert (mine.name, mine.nickname) == ("Li Nana", "Nana")


@CODECS_TOO
async def test_over_a_new_connection_only_what_differs_is_fetched(house: House, codec: str) -> None:
    org, members = OrgService(house.running.storage), MemberService(house.running.storage)
    sales, lab = [(await org.add(OPERATOR, "acme", name)).id for name in ("Sales", "Lab")]
    await members.place(OPERATOR, "acme", house.people["Wang"].member, [sales])
    notes: list[object] = []
    async with house.client("Li Na", codec=codec, trace=notes.append) as lina:
        await lina.load_tree()
        for connection in list(house.running.gateway.connections):
            connection.close(1001, "come back")
        async with asyncio.timeout(5):
            async for event in lina.events():
                if isinstance(event, Disconnected):
                    break
        await members.place(OPERATOR, "acme", house.people["Zhao"].member, [lab])
        tree = await lina.load_tree()
        shown = {unit.name: [one.name for one in tree.members(unit.unit)] for _, unit in tree.walk()}
        assert shown == {"acme": [], "Sales": ["Wang"], "Lab": ["Zhao"]}
        assert [one.name for one in tree.members("")] == ["Li Na"]
        pages = [note.outcome for note in notes if isinstance(note, Answered) and isinstance(note.outcome, TreePage)]
        assert [(page.rest, len(page.members)) for page in pages] == [(False, 4), (True, 2)]
