"""The answers about the tree: its top, a unit, the whole in pages, and who is found by a search (SPEC B1, B2, B8, G4; DESIGN 8).

Everything is as the viewer's class sees it. What is unknown and what may not be found are the same answer.
"""

import base64
from collections.abc import Callable

import msgspec

from protocol import limits
from protocol.commands import SearchMembers, TreeHave
from protocol.errors import CursorInvalid
from protocol.events import FoundMember, MembersFound, TreePage, TreeTop, TreeUnit, UnitCount, UnitMembers, UnitPage
from protocol.ids import from_wire, to_wire
from server.companies.errors import UnitNotFound
from server.delivery.online import Receiver
from server.directory.class_trees import NOWHERE, ClassTree
from server.directory.digests import Lacking, lacking
from server.directory.picture import Picture
from server.directory.pictures import Pictures
from server.directory.search import Cursor, Hits
from server.visibility.classes import ViewClass

NOTHING = ClassTree()
ROW_BYTES = 32  # of a member in a page, about
Connected = Callable[[], bool]
_cursor = msgspec.msgpack.Decoder(tuple[int, str, int]).decode


class DirectoryService:
    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    # ---- the tree

    async def top(self, viewer: Receiver, request: int, is_there: Connected) -> TreeTop:
        """One's own units and all above them; the viewer hears of changes from now on."""
        kept = await self._pictures.kept(viewer.company)
        if kept is None:
            return TreeTop(request=request, units=())
        async with kept.lock:
            found = await self._pictures.tree(kept, viewer.member)
            if found is None or kept.picture is None:
                return TreeTop(request=request, units=())
            view, tree = found
            self._pictures.watch(kept, viewer, tree, is_there)
            own = _own(kept.picture, view, viewer.member, tree)
            wanted = {unit for one in own for unit in (one, *kept.picture.org.ancestors(one))} or {
                kept.picture.org.root
            } & tree.units.keys()
            units = tuple([tree.unit(unit) for unit in tree.units if unit in wanted])
            return TreeTop(request=request, units=units, own=tuple(map(to_wire, own)))

    async def page(self, viewer: Receiver, request: int, page: str, is_there: Connected, have: TreeHave | None = None) -> TreePage:
        """The whole tree, or what differs from what the viewer says that he has.

        Pages are of units whose order was settled by the first one; each shows its units as they are now.
        Raises: CursorInvalid, also for a page of another connection, and where everything changed since.
        """
        kept = await self._pictures.kept(viewer.company)
        if kept is None:
            if page:
                raise CursorInvalid
            return TreePage(request=request)
        async with kept.lock:
            if page:
                watch = kept.watches.get(viewer)
                if watch is None or not page.isdecimal() or not 0 < int(page) < len(watch.order):
                    raise CursorInvalid
                return _page(watch.tree, watch.order, int(page), request, ())
            found = await self._pictures.tree(kept, viewer.member)
            if found is None:
                return TreePage(request=request)
            tree = found[1]
            if not tree.units:
                have = None  # no units would say that none changed
            lacks = Lacking(units=True, counts=False, order=(*tree.units, NOWHERE)) if have is None else await lacking(tree, have)
            watch = self._pictures.watch(kept, viewer, tree, is_there)
            watch.tree, watch.order = tree, lacks.order
            counts = tuple([UnitCount(to_wire(unit), count) for unit, count in tree.counts.items()]) if lacks.counts else ()
            has_units = lacks.units or (lacks.counts and not counts)  # no counts would say that none changed
            made = _page(tree, watch.order, 0, request, _units(tree) if has_units else ())
            return made if have is None else msgspec.structs.replace(made, rest=True, counts=() if has_units else counts)

    async def unit(self, viewer: Receiver, request: int, name: str, page: str, limit: int) -> UnitPage:
        """Raises: UnitNotFound, CursorInvalid."""
        tree = await self._tree(viewer)
        unit = _unit(name)
        if unit not in tree.units:
            raise UnitNotFound
        there = tree.members.get(unit, ())
        first = 0
        if page:
            first = next((at for at, one in enumerate(there, 1) if one.member == page), 0)
            if not first:
                raise CursorInvalid
        shown = there[first : first + limit]
        return UnitPage(
            request=request,
            unit=tree.unit(unit),
            units=() if page else tuple([tree.unit(one) for one in tree.children.get(unit, ())]),
            members=shown,
            page=shown[-1].member if first + limit < len(there) else "",
        )

    async def _tree(self, viewer: Receiver) -> ClassTree:
        kept = await self._pictures.kept(viewer.company)
        if kept is None:
            return NOTHING
        async with kept.lock:
            found = await self._pictures.tree(kept, viewer.member)
            return NOTHING if found is None else found[1]

    # ---- search

    async def search(self, viewer: Receiver, command: SearchMembers) -> MembersFound:
        """Raises: CursorInvalid."""
        after = behind(command.page)
        looked = await self._pictures.looked(viewer.company, viewer.member)
        if looked is None:
            return MembersFound(request=command.request, members=(), total=0)
        picture, view, index, seen = looked.picture, looked.view, looked.index, looked.seen
        seen.may_read = lambda member, name: picture.evaluator.reads(viewer.member, member, name)
        seen.near = index.rows(picture.evaluator.near(viewer.member))
        if command.query:
            hits = index.search(command.query, seen, command.limit, after)
        else:
            hits = index.listed(seen.bits(), command.letter, command.limit, after)
        return MembersFound(request=command.request, members=shown(picture, view, hits), total=hits.total, page=cursor_of(hits.next))


def _own(picture: Picture, view: ViewClass, viewer: int, tree: ClassTree) -> list[int]:
    """His own units that he sees: a rule, or his scope, may leave him without."""
    return [unit for unit in picture.org.units_of(viewer) if unit in tree.units]


def _units(tree: ClassTree) -> tuple[TreeUnit, ...]:
    return tuple([tree.unit(unit) for unit in tree.units])


def _page(tree: ClassTree, order: tuple[int, ...], first: int, request: int, units: tuple[TreeUnit, ...]) -> TreePage:
    room = limits.TREE_PAGE_BYTES - len(units) * ROW_BYTES
    members: list[UnitMembers] = []
    at = first
    while at < len(order) and (room > 0 or at == first):
        unit = order[at]
        if unit in tree.units or unit == NOWHERE:
            there = tree.members.get(unit, ())
            members.append(UnitMembers(to_wire(unit) if unit != NOWHERE else "", there))
            room -= (len(there) + 1) * ROW_BYTES
        at += 1
    return TreePage(request=request, units=units, members=tuple(members), page=str(at) if at < len(order) else "")


def _unit(name: str) -> int:
    try:
        return from_wire(name) or -1
    except ValueError:
        raise UnitNotFound from None


def shown(picture: Picture, view: ViewClass, hits: Hits) -> tuple[FoundMember, ...]:
    """As the class sees them, each in the units in which it finds him."""
    sight = picture.evaluator.sight(view)
    people = [person for member in hits.members if (person := picture.org.person(member)) is not None]
    return tuple([FoundMember(to_wire(one.id), one.name, tuple(map(to_wire, sight.shown_in(one))), one.kind == "robot") for one in people])


def cursor_of(cursor: Cursor | None) -> str:
    """It tells of nobody but the last of the page."""
    return "" if cursor is None else base64.urlsafe_b64encode(msgspec.msgpack.encode(tuple(cursor))).decode()


def behind(page: str) -> Cursor | None:
    """Raises: CursorInvalid."""
    if not page:
        return None
    try:
        found = Cursor(*_cursor(base64.urlsafe_b64decode(page)))
    except (ValueError, msgspec.MsgspecError):
        raise CursorInvalid from None
    if found.tier < 0:
        raise CursorInvalid
    return found
