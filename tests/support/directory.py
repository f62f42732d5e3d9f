"""What a viewer has of the tree: by a fresh snapshot, and by a snapshot with what was told since."""

from typing import Any, cast

from protocol import commands as wish
from protocol.events import TreeChanged, TreePage, TreeReload
from tests.support.house import House
from tests.support.wire import Wire, everything_told
from tests.support.ws import until
from yizhan.tree import UNASSIGNED, Tree


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
