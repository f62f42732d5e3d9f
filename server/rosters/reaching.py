"""How far an import or export of somebody goes: as far as his role lets him, within his information scope (SPEC B7, C2).

Beside that an import gives nobody more than the importer holds: whoever is moved, made a head, or added by it gets no further than he
does himself, and he gets no further over them (SPEC C4).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import structs

from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.finding import company_of
from server.org.organisation import Person
from server.roles import rules
from server.roles.acts import ACTS
from server.roles.asking import company_for, picture
from server.roles.errors import NotAllowed
from server.roles.giving import check_holds, check_not_drawn_in, check_not_widened, holdings
from server.roles.rules import COMPANY, Picture
from server.rosters.columns import own_key
from server.rosters.picture import Picture as RosterPicture
from server.rosters.picture import Reach
from server.rosters.plan import Addition, Change, Plan, Problem
from server.visibility.sieving import sieve
from server.visibility.terms import Where
from storage.companies import Company
from storage.engine import Storage
from storage.units import NO_HEAD, Place
from storage.work import Read

PAGE = 1000


async def reach_of(read: Read, company: str, actor: Actor) -> tuple[Company, Reach]:
    """For the act or look that ``read`` is for. Raises: CompanyNotFound, NotAllowed where he reaches nothing."""
    found = await company_for(read, company, actor)
    shown = await sieve(read, found, actor)
    if shown.is_open:
        return found, Reach()
    around = await picture(read, found.id, [actor.id])
    covered = shown.covered
    return found, Reach(
        None if covered.is_all else tuple(sorted(covered.tops)),
        tuple(sorted(covered.units)),
        member=actor.id,
        scope=importer.scope if (importer := around.org.person(actor.id or 0)) is not None else (),
        finds_all=shown.finds_everybody,
        may_hide=rules.allowed(around, actor, ACTS["member.hide"], COMPANY).allowed,
    )


async def as_seen(storage: Storage, there: RosterPicture, company: str, act: str, whose: Reach) -> RosterPicture:
    """The picture with whom and what the actor does not find, and which fields of whom he may not read.

    Raises: CompanyNotFound, NotAllowed.
    """
    if whose.member is None or whose.finds_all:
        return there
    actor = Actor("member", "", whose.member)
    wanted = [card.record.id for card in there.cards]
    seen: set[int] = set()
    hidden: set[int] = set()
    unread: dict[int, frozenset[str]] = {}
    keys = {to_wire(field.id): own_key(field.id) for field in there.fields}
    for start in range(0, len(wanted), PAGE):
        some = wanted[start : start + PAGE]

        async def look(read: Read, some: Sequence[int] = some) -> tuple[set[int], set[int], Mapping[int, frozenset[str]]]:
            shown = await sieve(read, await company_of(read, company), actor, permission=ACTS[act])
            units = {unit for unit in there.tree.below(there.tree.root) if not shown.has_unit(unit)}
            found = await shown.members(some, Where.EXPORTS)
            return found, units, await shown.unread(sorted(found), Where.EXPORTS)

        found, units, private = await storage.read(look)
        seen |= found
        hidden |= units
        unread |= {member: frozenset(keys.get(name, name) for name in names) for member, names in private.items()}
    return structs.replace(there, unseen=frozenset(wanted) - seen, unseen_units=frozenset(hidden), unread=unread)


# ---- what an import may not do beside


async def judged(storage: Storage, company: str, plan: Plan, whose: Reach, role: int | None) -> list[Problem]:
    """What of a plan its importer may not do, row by row; of who is above all roles nothing. ``role``: of newcomers."""
    if whose.member is None:
        return []
    problems = [] if whose.may_hide else _hiding(plan)
    moved = [change for change in plan.changes if change.after is not None]
    actor = Actor("member", "", whose.member)
    for start in range(0, max(len(moved), 1), PAGE):
        some = moved[start : start + PAGE]

        async def look(read: Read, some: Sequence[Change] = some) -> Picture:
            return await picture(read, (await company_of(read, company)).id, [whose.member, *(change.member for change in some)])

        around = await storage.read(look)
        for unit in plan.units:
            around.org.put(unit)
        problems += _widened(around, actor, some)
        if start == 0:
            problems += _brought(around, actor, plan.additions, role, whose.scope)
    return problems


def _hiding(plan: Plan) -> list[Problem]:
    error = NotAllowed(ACTS["member.hide"], "not_in_role")
    rows = [one.row for one in plan.additions if "is_hidden" in one.fields] + [one.row for one in plan.changes if "is_hidden" in one.fields]
    return [Problem.of(error, "members", row, "is_hidden") for row in rows]


def _widened(around: Picture, actor: Actor, moved: Sequence[Change]) -> list[Problem]:
    found, held = [], holdings(around, actor)

    def check(before: Person, after: Person) -> None:
        check_not_widened(around, actor, before, after)
        check_not_drawn_in(around.org, held, before, after)

    for change in moved:
        before = around.org.person(change.member)
        if before is not None:
            after = structs.replace(before, places=change.after or ())
            if error := _error(partial(check, before, after)):
                found.append(Problem.of(error, "members", change.row, _column(after.places)))
    return found


def _brought(around: Picture, actor: Actor, added: Sequence[Addition], role: int | None, scope: tuple[int, ...]) -> list[Problem]:
    """Of newcomers, whose first passwords the importer is told; many rows are of few kinds."""
    wrong: dict[tuple[tuple[int, str], ...], YizhanError | None] = {}
    for one in added:
        if _kind(one) not in wrong:
            made = Person(0, "active", role=role, places=one.places, scope=scope)
            wrong[_kind(one)] = _error(lambda made=made: check_holds(around, actor, made))  # type: ignore[misc]
    return [Problem.of(error, "members", one.row, _column(one.places)) for one in added if (error := wrong[_kind(one)])]


def _kind(one: Addition) -> tuple[tuple[int, str], ...]:
    return tuple((place.unit, place.head) for place in one.places)


def _error(check: Callable[[], None]) -> YizhanError | None:
    try:
        check()
    except YizhanError as error:
        return error
    return None


def _column(places: Sequence[Place]) -> str:
    return "head" if any(place.head != NO_HEAD for place in places) else "units"
