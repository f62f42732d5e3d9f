"""A company with a tree, and what a viewer has of it: by a fresh snapshot, and by a snapshot with what was told since."""

from typing import Any, cast

from protocol import commands as wish
from protocol.events import TreeChanged, TreePage, TreeReload
from protocol.ids import to_wire
from server.org.members import MemberService
from server.org.service import OrgService
from tests.support.house import OPERATOR, House
from tests.support.wire import Wire, everything_told
from tests.support.ws import until
from yizhan.tree import UNASSIGNED, Tree

ACME = "acme"


class Acme:
    """Acme Ltd: Sales with North below it, and a Lab. Li Na is in North, Wang in the Lab, Zhao in none."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.org, self.members = OrgService(house.running.storage), MemberService(house.running.storage)
        self.units: dict[str, int] = {}

    async def grow(self) -> None:
        for name, parent in (("Sales", None), ("North", "Sales"), ("Lab", None)):
            made = await self.org.add(OPERATOR, ACME, name, parent=self.units[parent] if parent else None)
            self.units[name] = made.id
        await self.place("Li Na", "North")
        await self.place("Wang", "Lab")

    async def place(self, name: str, *units: str) -> None:
        await self.members.place(OPERATOR, ACME, self.house.people[name].member, [self.units[unit] for unit in units])

    async def hide(self, name: str, hidden: bool = True) -> None:
        await self.members.set_hidden(OPERATOR, ACME, [self.house.people[name].member], hidden)

    def wire(self, unit: str) -> str:
        return to_wire(self.units[unit])


async def acme(house: House) -> Acme:
    made = Acme(house)
    await made.grow()
    return made


async def snapshot(wire: Wire) -> Tree:
    """The whole tree, page by page; what is told between two pages counts."""
    tree, page = Tree(), ""
    while True:
        since = len(wire.events)
        answer = await wire.ask(wish.GetTree, page=page)
        assert isinstance(answer, TreePage), answer
        assert not [one for one in wire.events[since:] if isinstance(one, TreeChanged)], "nobody changes anything meanwhile"
        tree.take_page(cast(Any, answer))
        page = answer.page
        if not page:
            return tree


def drawn(tree: Tree) -> list[Any]:
    """All that is shown of it."""
    return [
        [(depth, unit, tree.members(unit.unit)) for depth, unit in tree.walk()],
        tree.members(UNASSIGNED),
        sorted(tree.units),
    ]


async def all_told(house: House, *wires: Wire) -> None:
    """Pictures are as of what is committed now, and everybody was told."""
    await everything_told(house, *wires)
    pictures = house.running.pictures
    await until(lambda: pictures.is_settled)
    for wire in wires:
        await wire.barrier()


def apply(tree: Tree, wire: Wire) -> list[TreeChanged]:
    """What this connection was told since the last time; it must not have been told to begin anew."""
    assert not wire.all(TreeReload)
    told = wire.all(TreeChanged)
    for change in told:
        tree.apply(cast(Any, change))
    wire.events.clear()
    return told
