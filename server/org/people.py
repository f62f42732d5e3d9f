"""What acts on members have in common: finding them in the turn, and who stays an administrator (SPEC C4)."""

from collections.abc import Collection, Mapping, Sequence

from protocol.errors import MemberNotFound
from protocol.ids import from_wire, to_wire
from server.audit.service import Details
from server.companies.finding import company_of
from server.org import placing, rules
from server.org.errors import LastAdministrator
from server.org.organisation import Tree
from server.org.rules import Limits
from server.org.service import limits_of
from storage import people, units
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


def _id(who: str) -> int:
    try:
        return from_wire(who)
    except ValueError:
        raise MemberNotFound from None


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


async def chosen_ahead(read: Read, leaving: Record, headless: Sequence[int]) -> dict[int, int]:
    """Of the units that he headed those in which his successor is, who was chosen ahead and can head them: unit to member."""
    if leaving.successor is None or not headless:
        return {}
    found = (await people.records(read, leaving.company, [leaving.successor])).get(leaving.successor)
    if found is None or found.state != "active":
        return {}
    inside = {place.unit for place in (await units.places_of(read, leaving.company, [found.id])).get(found.id, ())}
    return {unit: found.id for unit in headless if unit in inside}


async def name_successors(
    work: Work, company: int, tree: Tree, leaving: int, headless: Sequence[int], chosen: Mapping[int, int]
) -> Mapping[int, int]:
    """Make those who were chosen the first heads of the units that ``leaving`` headed; gives unit to member.

    Raises: SuccessorNeeded, SuccessorUnfit.
    """
    if not headless:
        return {}
    there = await units.placed_in(work, company, headless)
    inside = {unit: {member: place.head for member, place in there.get(unit, ())} for unit in headless}
    named = placing.successors(leaving, inside, chosen, {unit: tree[unit].name for unit in headless})
    for unit, member in named.items():
        await units.set_heads(work, company, unit, placing.first_head(tree[unit].name, inside[unit], member))
    return named


def names(tree: Tree, places: Sequence[Place]) -> list[str]:
    """The units' names, for an entry."""
    return [tree[place.unit].name for place in places]


def named(records: Sequence[Record]) -> Details:
    """Whom an entry is about."""
    ids = [to_wire(record.id) for record in records]
    return {"member": ids[0]} if len(ids) == 1 else {"members": ids}
