"""Acts on the units of a company's tree (SPEC B1, B2), each one unit in the turn with its entry: what was before, and what is now.

What may be done is ``rules`` and ``placing``; acts on members are ``members.py``. Whether the actor may is asked of ``server.roles``.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from protocol.ids import to_wire
from server.audit.service import Actor, Details, administer, look, record
from server.companies.finding import member_of
from server.org import deleting, placing, rules
from server.org.errors import CompanyBusy, NotInUnit
from server.org.organisation import Tree
from server.org.paths import written
from server.org.rules import SERVERS, Limits
from server.roles import giving
from server.roles.asking import around_of, company_for, permit, permit_in
from server.roles.rules import Picture
from server.roles.rules import member as on_member
from server.roles.rules import unit as on_unit
from server.visibility.sieving import Sieve, sieve
from storage import companies, company_log, jobs, units
from storage.companies import Company
from storage.draw import draw_id
from storage.engine import Storage
from storage.jobs import Job
from storage.units import NO_HEAD, Unit
from storage.work import Read, Work

PATHS = 100  # of units that go, as an entry names them


class Listed(msgspec.Struct, frozen=True):
    """A unit with its path. ``members`` are directly in it; ``below`` are in it or below it, each counted once."""

    unit: Unit
    path: str
    members: int
    below: int


class OrgService:
    """``limits``: of companies that settled none of their own."""

    def __init__(self, storage: Storage, limits: Limits = SERVERS) -> None:
        self._storage = storage
        self._limits = limits

    # ---- the tree

    async def list_units(self, actor: Actor, company: str) -> list[Listed]:
        """Every unit before those below it, as far as the actor sees units, and those above them, without counts; a look.

        Raises: CompanyNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[Listed]:
            found = await company_for(read, company, actor)
            shown = await sieve(read, found, actor)
            tree = await load_tree(read, found.id)
            order = [unit for unit in tree.below(tree.root) if shown.has_unit(unit)]
            inside = await _inside(read, found.id, order, shown)
            below = {unit: set(inside.get(unit, ())) for unit in order}
            for unit in reversed(order):
                parent = tree[unit].parent
                if parent in below:
                    below[parent] |= below[unit]
            ways = {above for unit in order for above in tree.ancestors(unit)}
            return [
                Listed(tree[unit], written(tree, tree[unit]), len(inside.get(unit, ())), len(below.get(unit, ())))
                for unit in tree.below(tree.root)
                if unit in below or unit in ways
            ]

        return await look(self._storage, actor, company, "unit.list", do, asked={})

    async def add(self, actor: Actor, company: str, name: str = "", *, parent: int | None = None, kind: str = "department") -> Unit:
        """A unit that comes last under ``parent``, by default the root, with a stand-in name where none is given.

        Raises: CompanyNotFound, and as ``rules.add``.
        """
        id = draw_id()

        async def act(work: Work) -> Unit:
            found, tree, _ = await _loaded(work, company, actor, parent)
            limits = await limits_of(work, found.id, self._limits)
            unit = rules.add(tree, id, tree.root if parent is None else parent, name=name, kind=kind, limits=limits)
            await units.insert(work, found.id, unit)
            await company_log.tell(work, found.id, units=[unit.id])
            await record(work, found.id, actor, "unit.add", {"unit": to_wire(unit.id), "path": written(tree, unit)})
            return unit

        return await administer(self._storage, actor, company, "unit.add", act, asked={"name": name})

    async def rename(self, actor: Actor, company: str, unit: int, name: str) -> Unit:
        """Raises: CompanyNotFound, and as ``rules.rename``."""
        return await self._change(actor, company, unit, "unit.rename", lambda tree: rules.rename(tree, unit, name), asked={"name": name})

    async def describe(
        self,
        actor: Actor,
        company: str,
        unit: int,
        *,
        kind: str | None = None,
        code: str | None = None,
        description: str | None = None,
    ) -> Unit:
        """What is None stays. Raises: CompanyNotFound, and as ``rules.describe``."""

        def decide(tree: Tree) -> Unit:
            return rules.describe(tree, unit, kind=kind, code=code, description=description)

        return await self._change(actor, company, unit, "unit.describe", decide, asked={})

    async def set_disabled(self, actor: Actor, company: str, unit: int, disabled: bool) -> Unit:
        """Its members are unassigned meanwhile, as are those of the units below. Raises: CompanyNotFound, UnitNotFound, RootStays."""
        act = "unit.disable" if disabled else "unit.enable"
        return await self._change(actor, company, unit, act, lambda tree: rules.set_disabled(tree, unit, disabled), asked={})

    async def set_hidden(self, actor: Actor, company: str, unit: int, hidden: bool) -> Unit:
        """Raises: CompanyNotFound, UnitNotFound, RootStays."""
        act = "unit.hide" if hidden else "unit.show"
        return await self._change(actor, company, unit, act, lambda tree: rules.set_hidden(tree, unit, hidden), asked={})

    async def _change(self, actor: Actor, company: str, unit: int, name: str, decide: Callable[[Tree], Unit], *, asked: Details) -> Unit:
        """One unit's own row; nothing is written where it is so already."""

        async def act(work: Work) -> Unit:
            found, tree, _ = await _loaded(work, company, actor, unit)
            changed = decide(tree)
            before = tree[unit]
            if changed != before:
                await units.save(work, found.id, [changed])
                await company_log.tell(work, found.id, units=[unit])
                entry: Details = {"unit": to_wire(unit), "path": written(tree, before), **differences(before, changed)}
                await record(work, found.id, actor, name, entry)
            return changed

        return await administer(self._storage, actor, company, name, act, asked={"unit": to_wire(unit), **asked})

    async def move(self, actor: Actor, company: str, unit: int, parent: int, *, before: int | None = None) -> Unit:
        """With all below it under ``parent``, before the unit ``before`` or last; the same parent is a new order.

        Raises: CompanyNotFound, and as ``rules.move``.
        """

        async def act(work: Work) -> Unit:
            found, tree, around = await _loaded(work, company, actor, unit, parent)
            limits = await limits_of(work, found.id, self._limits)
            changed = rules.move(tree, unit, parent, before=before, limits=limits)
            if around is not None:
                giving.check_moved(around, actor, changed[0])
            was = tree[unit]
            path, at = written(tree, was), tree.siblings(unit).index(unit)
            await units.save(work, found.id, changed)
            await company_log.tell(work, found.id, units=[one.id for one in changed])
            for one in changed:
                tree.put(one)
            entry: Details = {
                "unit": to_wire(unit),
                "path": [path, written(tree, changed[0])],
                "place": [str(at + 1), str(tree.siblings(unit).index(unit) + 1)],
            }
            await record(work, found.id, actor, "unit.move", entry)
            return changed[0]

        asked: Details = {"unit": to_wire(unit), "parent": to_wire(parent)}
        return await administer(self._storage, actor, company, "unit.move", act, asked=asked)

    async def delete(self, actor: Actor, company: str, unit: int) -> int:
        """The unit and the empty ones below it; gives how many. Whose information scope it was part of has the rest of it.

        Hundreds are deleted in pieces, in which nobody else acts on the tree (LOG C3).
        Raises: CompanyNotFound, UnitNotFound, RootStays, UnitNotEmpty; ScopeWouldOpen where it is the last one of somebody's scope.
        """

        async def act(work: Work) -> tuple[int, tuple[Job, int] | None]:
            found, tree, _ = await _loaded(work, company, actor, unit)
            below = list(tree.below(rules.find(tree, unit).id))
            gone = rules.delete(tree, unit, await units.counts(work, found.id, below))
            scopes = await units.scopes_on(work, found.id, gone)
            placing.check_scopes_stay(scopes, gone)
            entry: Details = {"unit": to_wire(unit), "units": len(gone), "paths": [written(tree, tree[one]) for one in gone[:PATHS]]}
            await record(work, found.id, actor, "unit.delete", entry)
            if not await deleting.fits(work, found.id, gone, scopes):
                return len(gone), await deleting.begin(work, actor, found, gone, scopes)
            narrowed = await units.delete(work, found.id, gone)
            await company_log.tell(work, found.id, units=gone, members=narrowed, subjects=["roles", "unit_rules"])
            return len(gone), None

        count, begun = await administer(self._storage, actor, company, "unit.delete", act, asked={"unit": to_wire(unit)})
        if begun is not None:
            await deleting.finish(self._storage, *begun)
        return count

    # ---- heads and order (SPEC B2)

    async def set_first_head(self, actor: Actor, company: str, unit: int, who: str) -> None:
        """``who``, a member of the unit, is its first head; the one before is a plain member.

        Raises: CompanyNotFound, UnitNotFound, MemberNotFound, NotInUnit, HeadUnfit, MoreThanHeld.
        """

        async def act(work: Work) -> None:
            found, name, heads = await self._headed(work, company, actor, unit)
            card = await member_of(work, company, who)
            around = await permit(work, found, actor, on_member(card.id))
            placing.check_inside(name, heads, [card])
            changed = placing.first_head(heads, card.id)
            if changed:
                placing.check_head(name, card)
            _check_heading(around, actor, unit, changed)
            await self._save_heads(work, actor, found, unit, heads, changed, "unit.first_head")

        await administer(self._storage, actor, company, "unit.first_head", act, asked={"unit": to_wire(unit), "member": who})

    async def set_other_heads(self, actor: Actor, company: str, unit: int, whos: Sequence[str]) -> None:
        """These members of the unit are its other heads, and nobody else is.

        Raises: CompanyNotFound, UnitNotFound, MemberNotFound, NotInUnit, HeadUnfit, MoreThanHeld, HeadStays of the first head.
        """

        async def act(work: Work) -> None:
            found, name, heads = await self._headed(work, company, actor, unit)
            cards = [await member_of(work, company, who) for who in whos]
            wanted = [card.id for card in cards]
            around = await permit(work, found, actor, on_unit(unit), *map(on_member, wanted))
            placing.check_inside(name, heads, cards)
            changed = placing.other_heads(name, heads, wanted)
            for card in cards:
                if changed.get(card.id):
                    placing.check_head(name, card)
            _check_heading(around, actor, unit, changed)
            await self._save_heads(work, actor, found, unit, heads, changed, "unit.other_heads")

        await administer(self._storage, actor, company, "unit.other_heads", act, asked={"unit": to_wire(unit), "members": list(whos)})

    async def set_sort(self, actor: Actor, company: str, unit: int, who: str, sort: int) -> None:
        """Smaller comes first among the plain members and among the other heads; 0 takes the number away.

        Raises: CompanyNotFound, UnitNotFound, MemberNotFound, NotInUnit, SortInvalid.
        """

        async def act(work: Work) -> None:
            found, tree, _ = await _loaded(work, company, actor, unit)
            name = rules.find(tree, unit).name
            card = await member_of(work, company, who)
            await permit(work, found, actor, on_member(card.id))
            there = await units.places_of(work, found.id, [card.id])
            before = next((place.sort for place in there.get(card.id, ()) if place.unit == unit), None)
            if before is None:
                raise NotInUnit(card.name, name)
            rules.check_sort(sort)
            if before != sort:
                await units.set_sort(work, found.id, unit, card.id, sort)
                await company_log.tell(work, found.id, members=[card.id])
                entry: Details = {"unit": to_wire(unit), "member": to_wire(card.id), "sort": [str(before), str(sort)]}
                await record(work, found.id, actor, "member.sort", entry)

        await administer(self._storage, actor, company, "member.sort", act, asked={"unit": to_wire(unit), "member": who})

    async def _headed(self, work: Work, company: str, actor: Actor, unit: int) -> tuple[Company, str, dict[int, str]]:
        found, tree, _ = await _loaded(work, company, actor, unit)
        name = rules.find(tree, unit).name
        there = await units.placed_in(work, found.id, [unit])
        return found, name, {member: place.head for member, place in there.get(unit, ())}

    async def _save_heads(
        self, work: Work, actor: Actor, found: Company, unit: int, before: dict[int, str], changed: dict[int, str], name: str
    ) -> None:
        if not changed:
            return
        await units.set_heads(work, found.id, unit, changed)
        await company_log.tell(work, found.id, members=sorted(changed))
        entry: Details = {"unit": to_wire(unit), **{to_wire(member): [before[member], head] for member, head in changed.items()}}
        await record(work, found.id, actor, name, entry)

    # ---- what a company settles for itself

    async def set_limits(self, actor: Actor, company: str, *, root_units: int | None, unit_members: int | None) -> None:
        """Units directly under the root, members directly in one unit; None is the default. What is there already stays.

        Raises: CompanyNotFound, LimitInvalid.
        """

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            for limit in (root_units, unit_members):
                rules.check_limit(limit)
            before, now = await limits_of(work, found.id, self._limits), self._limits.settled(root_units, unit_members)
            await companies.set_limits(work, found.id, root_units, unit_members)
            entry: Details = {
                "root_units": [str(before.root_units), str(now.root_units)],
                "unit_members": [str(before.unit_members), str(now.unit_members)],
            }
            await record(work, found.id, actor, "company.limits", entry)

        await administer(self._storage, actor, company, "company.limits", act, asked={})


def _check_heading(around: Picture | None, actor: Actor, unit: int, changed: Mapping[int, str]) -> None:
    """``around`` has all who come to head it. Raises: MoreThanHeld."""
    if around is None:
        return
    for member in (one for one, head in changed.items() if head != NO_HEAD):
        target = around.org.person(member)
        assert target is not None, "it was permitted to act on him"
        giving.check_heading(around, actor, target, {unit: changed[member]})


async def load_tree(read: Read, company: int) -> Tree:
    return Tree(await units.of_company(read, company))


async def limits_of(read: Read, company: int, servers: Limits) -> Limits:
    """The company's own, or the server's."""
    found = await companies.settings(read, company)
    return servers.settled(found.root_units_limit, found.unit_members_limit)


def differences(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, list[str]]:
    """The fields that changed, each as it was and as it is: for an entry."""
    old, new = msgspec.structs.asdict(before), msgspec.structs.asdict(after)
    return {name: [_word(old[name]), _word(new[name])] for name in old if old[name] != new[name]}


def _word(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


async def check_free(read: Read, company: int) -> None:
    """Raises: CompanyBusy, while long work has the company's tree for itself. Members can be disabled meanwhile: that never waits."""
    busy = await jobs.exclusive(read, company)
    if busy is not None:
        raise CompanyBusy(busy.actor_name, busy.started_at)


async def _loaded(work: Work, company: str, actor: Actor, *wanted: int | None) -> tuple[Company, Tree, Picture | None]:
    """For an act on these units; None is the root. Raises: CompanyNotFound, UnitNotFound, NotAllowed, CompanyBusy."""
    found = await company_for(work, company, actor)
    around = await around_of(work, found, actor)
    tree = await load_tree(work, found.id) if around is None else around.org
    permit_in(work, around, actor, *(on_unit(tree.root if unit is None else unit) for unit in wanted))
    await check_free(work, found.id)
    return found, tree, around


async def _inside(read: Read, company: int, wanted: Sequence[int], shown: Sieve) -> dict[int, list[int]]:
    """Who is directly in each of these units; not those whom the actor may not find, nor may he count them."""
    inside = {unit: [member for member, _ in there] for unit, there in (await units.placed_in(read, company, wanted)).items()}
    if shown.finds_everybody:
        return inside
    seen = await shown.members(sorted({member for there in inside.values() for member in there}))
    return {unit: [member for member in there if member in seen] for unit, there in inside.items()}
