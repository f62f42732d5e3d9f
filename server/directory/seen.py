"""What a member sees of the tree, for an administrator who asks: a look, with its entry (SPEC B, C2; promise V6).

The same trees as members are shown, made of a snapshot that nobody else has.
"""

from msgspec import Struct

from protocol.events import TreeMember, TreeUnit
from server.audit.service import Actor, look
from server.directory.class_trees import NOWHERE, ClassTree, Looking, built, named
from server.directory.loading import whole
from server.directory.order import reading
from server.org.organisation import Organisation
from server.org.people import records_of
from server.visibility.evaluator import Evaluator
from server.visibility.policy import Policy
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
        """Every unit before those below it; nothing for a member who is not active. Raises: CompanyNotFound, MemberNotFound."""

        async def do(read: Read) -> list[Seen]:
            found, (one,) = await records_of(read, company, [who])
            loaded = await whole(read, found.id)
            if loaded is None:
                return []
            org = Organisation(found.id, loaded.rows.units.values(), loaded.rows.people(reading))
            return _rows(org, _tree(org, loaded.policy, one.id))

        return await look(self._storage, actor, company, "org.seen", do, asked={"member": who})


def _tree(org: Organisation, policy: Policy, viewer: int) -> ClassTree:
    evaluator = Evaluator(org, policy)
    view = evaluator.view_class(viewer)
    if view is None:
        return ClassTree()
    looking = Looking(org, evaluator.sight(view), named(policy), {})
    return [tree for tree in built(org, looking) if tree is not None][-1]


def _rows(org: Organisation, tree: ClassTree) -> list[Seen]:
    rows = [Seen(len(org.ancestors(unit)), tree.unit(unit), tree.members.get(unit, ())) for unit in tree.units]
    alone = tree.members.get(NOWHERE, ())
    return [*rows, *([Seen(0, None, alone)] if alone else [])]
