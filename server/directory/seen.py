"""What a member sees of the tree, for an administrator who asks: a look, with its entry (SPEC B, C2; promise V6).

The same trees as members are shown, made of a snapshot that nobody else has; of one the administrator is shown the part that he may look
at himself: what he may not see he does not see through somebody else's eyes.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from protocol.events import TreeMember, TreeUnit
from protocol.ids import from_wire
from server.audit.service import Actor, look
from server.directory.class_trees import NOWHERE, ClassTree, Looking, built, named
from server.directory.loading import whole
from server.directory.order import reading
from server.org.organisation import Organisation
from server.org.people import acted_on
from server.visibility.evaluator import Evaluator
from server.visibility.policy import Policy
from server.visibility.sieving import Sieve, sieve
from storage.engine import Storage
from storage.work import Read


class Seen(Struct, frozen=True):
    """A unit that he sees, or knows by name, with whom he sees in it. The last is none: those who are unassigned."""

    depth: int
    unit: TreeUnit | None
    members: tuple[TreeMember, ...]


class SeenService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def tree(self, actor: Actor, company: str, who: str) -> list[Seen]:
        """Every unit before those below it; nothing for a member who is not active.

        Raises: CompanyNotFound, MemberNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[Seen]:
            found, (one,), _ = await acted_on(read, company, actor, [who])
            shown = await sieve(read, found, actor)
            loaded = await whole(read, found.id)
            if loaded is None:
                return []
            org = Organisation(found.id, loaded.rows.units.values(), loaded.rows.people(reading))
            tree = _tree(org, loaded.policy, one.id)
            return _rows(org, tree if shown.is_open else await _part(org, tree, shown))

        return await look(self._storage, actor, company, "org.seen", do, asked={"member": who})


def _tree(org: Organisation, policy: Policy, viewer: int) -> ClassTree:
    evaluator = Evaluator(org, policy)
    view = evaluator.view_class(viewer)
    if view is None:
        return ClassTree()
    looking = Looking(org, evaluator.sight(view), named(policy), {})
    return [tree for tree in built(org, looking) if tree is not None][-1]


async def _part(org: Organisation, tree: ClassTree, shown: Sieve) -> ClassTree:
    """What the administrator sees of it, and the ways there. Counts are of whom he is shown."""
    units = {unit for unit in tree.units if shown.has_unit(unit)}
    ways = {above for unit in units for above in org.ancestors(unit)} - units
    seen = await shown.members([from_wire(one.member) for there in tree.members.values() for one in there])
    members = {unit: _kept(there, seen) for unit, there in tree.members.items() if unit in units or unit == NOWHERE}
    nodes = {unit: replace(node, way=node.way or unit in ways) for unit, node in tree.units.items() if unit in units | ways}
    counts = {unit: len({one.member for below in org.below(unit) for one in members.get(below, ())}) for unit in nodes}
    return ClassTree(nodes, {}, {unit: there for unit, there in members.items() if there}, counts)


def _kept(there: Iterable[TreeMember], seen: set[int]) -> tuple[TreeMember, ...]:
    return tuple(one for one in there if from_wire(one.member) in seen)


def _rows(org: Organisation, tree: ClassTree) -> list[Seen]:
    rows = [Seen(len(org.ancestors(unit)), tree.unit(unit), tree.members.get(unit, ())) for unit in tree.units]
    alone = tree.members.get(NOWHERE, ())
    return [*rows, *([Seen(0, None, alone)] if alone else [])]
