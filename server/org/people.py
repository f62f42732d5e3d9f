"""What acts on members have in common: finding them in the turn, whether the actor may, and who stays an administrator (SPEC C4)."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from protocol.errors import MemberNotFound
from protocol.ids import from_wire, to_wire
from server.audit.service import Actor, Details
from server.companies.finding import company_of
from server.org import days, placing, rules
from server.org.errors import LastAdministrator
from server.org.organisation import Person, Tree
from server.org.rules import Limits
from server.org.service import limits_of
from server.roles import giving
from server.roles.acts import ACTS
from server.roles.asking import company_for, permit, permit_in
from server.roles.errors import NotAllowed
from server.roles.reach import Reach
from server.roles.rules import Picture, allowed
from server.roles.rules import found as found_of
from server.roles.rules import member as on_member
from server.roles.rules import unit as on_unit
from storage import companies, people, units
from storage.companies import Company
from storage.people import Record
from storage.units import Place
from storage.work import Read, Work


async def records_of(read: Read, company: str, whos: Sequence[str]) -> tuple[Company, list[Record]]:
    """The members that account numbers or ids on the wire name, each once, in few statements. Raises: CompanyNotFound, MemberNotFound."""
    found = await company_of(read, company, personal=True)
    holders = await people.holders(read, whos)
    wanted = dict.fromkeys(holders[who] if who in holders else _id(who) for who in whos)
    there = await people.records(read, found.id, list(wanted))
    if any(member not in there or there[member].state == "deleted" for member in wanted):
        raise MemberNotFound
    return found, [there[member] for member in wanted]


async def acted_on(work: Read, company: str, actor: Actor, whos: Sequence[str]) -> tuple[Company, list[Record], Picture | None]:
    """As ``records_of``, of whom the actor may do to all what ``work`` is for; with the picture around them, as ``asking.around_of``.

    Raises: CompanyNotFound, MemberNotFound, NotAllowed.
    """
    await company_for(work, company, actor, personal=True)
    found, there = await records_of(work, company, whos)
    return found, there, await permit(work, found, actor, *(on_member(one.id) for one in there))


def check_over(around: Picture | None, actor: Actor, records: Sequence[Record]) -> None:
    """Raises: CompanyAdministratorsOnly, see ``giving.check_over``."""
    if around is not None:
        giving.check_over(around, actor, *(_person(around, one.id) for one in records))


def check_holds(around: Picture | None, actor: Actor, record: Record) -> None:
    """Raises: CompanyAdministratorsOnly, MoreThanHeld, SeesMore, see ``giving.check_holds``."""
    if around is not None:
        giving.check_holds(around, actor, _person(around, record.id))


def scope_of_newcomer(around: Picture | None, actor: Actor, wanted: Sequence[int] = ()) -> tuple[int, ...]:
    """As ``giving.scope_given``."""
    return tuple(wanted) if around is None else giving.scope_given(around, actor, wanted)


def check_newcomer(around: Picture | None, actor: Actor, one: Person) -> None:
    """He comes with a role, places and a scope, and his first password is told to the actor. Raises: as ``check_holds``."""
    if around is not None:
        giving.check_holds(around, actor, one)


def holdings(around: Picture | None, actor: Actor) -> Mapping[Reach, str]:
    """For ``check_placing``; see ``giving.holdings``."""
    return {} if around is None else giving.holdings(around, actor)


def check_placing(read: Read, around: Picture | None, actor: Actor, held: Mapping[Reach, str], member: int, after: Sequence[Place]) -> None:
    """The units that he comes into and leaves are the actor's to manage, and nobody gets further by it than the actor does, nor the
    actor himself, who has ``held``, over him (SPEC C4).

    Raises: UnitNotFound, NotAllowed, MoreThanHeld.
    """
    if around is None:
        return
    before = _person(around, member)
    joined = placing.joining(before.places, after)
    if joined:
        permit_in(read, around, actor, *map(on_unit, joined))
    for unit in placing.joining(after, before.places):
        left = allowed(around, actor, ACTS[read.act], on_unit(unit))
        if not left.allowed:
            raise NotAllowed(ACTS[read.act], left.rule)
    placed = replace(before, places=tuple(after))
    giving.check_not_widened(around, actor, before, placed)
    giving.check_not_drawn_in(around.org, held, before, placed)


def check_scope(read: Read, around: Picture | None, actor: Actor, member: int, after: Sequence[int]) -> None:
    """Its units, or for none the whole company, are the actor's to give. Raises: UnitNotFound, NotAllowed, MoreThanHeld."""
    if around is not None:
        before = _person(around, member)
        permit_in(read, around, actor, *map(on_unit, after))
        giving.check_not_widened(around, actor, before, replace(before, scope=tuple(after)))


def units_found(around: Picture | None, actor: Actor, wanted: Sequence[int]) -> list[int]:
    """Those of these units that there are for the actor."""
    there = {on_unit(one) for one in wanted} if around is None else found_of(around, actor, list(map(on_unit, wanted)))
    return [one for one in wanted if on_unit(one) in there]


def _person(around: Picture, member: int) -> Person:
    person = around.org.person(member)
    assert person is not None, "records and picture are of one snapshot"
    return person


def _id(who: str) -> int:
    try:
        return from_wire(who)
    except ValueError:
        raise MemberNotFound from None


async def forget_past_days(work: Work, found: Company, enabled: Sequence[Record]) -> None:
    """Else the next sweep would disable again whoever comes back, or comes, after his last day."""
    zone = (await companies.settings(work, found.id)).time_zone
    for one in enabled:
        if days.is_over(one.last_day, work.now, zone):
            await people.save(work, replace(one, last_day="", is_last_day_told=False))


async def check_administrator_stays(read: Read, company: int, going: Collection[int]) -> None:
    """Raises: LastAdministrator where no active company administrator would be left; also of two who go at the same moment,
    since each act is alone in its turn."""
    there = await people.administrators(read, company)
    if there and not there - set(going):
        raise LastAdministrator


async def check_room(read: Read, company: int, tree: Tree, joining: Mapping[int, int], limits: Limits) -> None:
    """``limits``: the server's. Raises: UnitNotFound, UnitDisabled, UnitMembersLimit."""
    if joining:
        inside = await units.counts(read, company, sorted(joining))
        rules.check_members(tree, joining, inside, await limits_of(read, company, limits))


def names(tree: Tree, places: Sequence[Place]) -> list[str]:
    """The units' names, for an entry."""
    return [tree[place.unit].name for place in places]


def named(records: Sequence[Record]) -> Details:
    """Whom an entry is about."""
    ids = [to_wire(record.id) for record in records]
    return {"member": ids[0]} if len(ids) == 1 else {"members": ids}
