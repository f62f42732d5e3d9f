"""Who heads units next when their first heads leave, move, or are disabled (SPEC B2, B4, B5), within a unit in the turn.

Who may be it is ``placing``; that nobody gets further by it than whoever acts is ``server.roles.giving``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.finding import member_of
from server.org import placing
from server.org.organisation import Tree
from server.org.people import names, units_found
from server.org.service import check_free, load_tree
from server.roles import giving
from server.roles.asking import around_of, check_found
from server.roles.rules import member as on_member
from storage import jobs, people, units
from storage.companies import Company
from storage.people import Record
from storage.units import FIRST
from storage.work import Read, Work


async def chosen_ahead(read: Read, leaving: Record, headless: Sequence[int]) -> dict[int, int]:
    """Of the units that he headed those in which his successor is, who was chosen ahead and can head them: unit to member."""
    if leaving.successor is None or not headless:
        return {}
    found = (await people.records(read, leaving.company, [leaving.successor])).get(leaving.successor)
    if found is None or found.state != "active":
        return {}
    inside = {place.unit for place in (await units.places_of(read, leaving.company, [found.id])).get(found.id, ())}
    return {unit: found.id for unit in headless if unit in inside}


async def check_successors(read: Read, found: Company, actor: Actor, chosen: Mapping[int, int]) -> None:
    """These may become the first heads (unit to member). Raises: MoreThanHeld."""
    around = await around_of(read, found, actor, chosen.values()) if chosen else None
    if around is not None:
        for member in sorted(set(chosen.values())):
            heads = {unit: FIRST for unit, next_one in chosen.items() if next_one == member}
            if (person := around.org.person(member)) is not None:  # else he was deleted meanwhile, and heads nothing
                giving.check_heading(around, actor, person, heads)


async def name_successors(
    work: Work, found: Company, actor: Actor, tree: Tree, leaving: int, headless: Sequence[int], chosen: Mapping[int, int]
) -> Mapping[int, int]:
    """Make those who were chosen the first heads of the units that ``leaving`` headed; gives unit to member. Nobody is asked for where
    no active person is left.

    Raises: SuccessorNeeded, SuccessorUnfit, MoreThanHeld.
    """
    if not headless:
        return {}
    there = await units.placed_in(work, found.id, headless)
    inside = {unit: {member: place.head for member, place in there.get(unit, ())} for unit in headless}
    listed = await people.listed(work, found.id, sorted({member for members in inside.values() for member in members}))
    fit = {one.id for one in listed if placing.may_head(one.kind, one.state)}
    others = {unit: fit.intersection(members) for unit, members in inside.items()}
    named = placing.successors(leaving, others, chosen, {unit: tree[unit].name for unit in headless})
    await check_successors(work, found, actor, named)
    for unit, member in named.items():
        await units.set_heads(work, found.id, unit, placing.first_head(inside[unit], member))
    return named


class HandedOn(NamedTuple):
    """``heads``: who was made a first head. ``left``: the units that he goes on heading though he is disabled, as far as the actor finds
    them."""

    heads: Sequence[int] = ()
    left: Sequence[int] = ()


async def hand_on(
    work: Work,
    found: Company,
    actor: Actor,
    disabled: Record,
    chosen: Mapping[int, int],
    entry: dict[str, str | list[str]],
    *,
    asks: bool,
    is_free: bool = True,
) -> HandedOn:
    """Who is disabled is a plain member of the units that he headed; where nobody follows, and nobody is asked, he goes on heading.

    ``chosen``: unit to member, by default the one chosen ahead. Disabling is urgent: who may name nobody, since he holds less than those
    heads do, is not asked, nor of a unit that he does not find, nor anybody while others have the tree (not ``is_free``). The entry says
    who heads which units now, and which ones he goes on heading.
    Raises: as ``name_successors``.
    """
    places = (await units.places_of(work, found.id, [disabled.id])).get(disabled.id, ())
    headless = placing.headless(places, ())
    if not headless:
        return HandedOn()
    tree = await load_tree(work, found.id)
    around = await around_of(work, found, actor, [disabled.id])
    person = around.org.person(disabled.id) if around is not None else None
    may_name = is_free and (around is None or (person is not None and giving.holds_headship(around, actor, person)))
    following = {**(await chosen_ahead(work, disabled, headless) if may_name else {}), **chosen}
    known = units_found(around, actor, headless)
    wanted = [unit for unit in headless if unit in following or (asks and may_name and unit in known)]
    heads = await name_successors(work, found, actor, tree, disabled.id, wanted, following)
    entry |= {f"head of {tree[unit].name}": to_wire(member) for unit, member in heads.items()}
    left = [place for place in places if place.unit in headless and place.unit not in heads]
    if left:
        entry["without_successor"] = [*entry.get("without_successor", ()), *names(tree, left)]
    return HandedOn(sorted(set(heads.values())), [place.unit for place in left if place.unit in known])


async def hand_on_all(
    work: Work,
    found: Company,
    actor: Actor,
    disabled: Sequence[Record],
    chosen: Mapping[int, str],
    entry: dict[str, str | list[str]],
    *,
    asks: bool,
) -> dict[int, HandedOn]:
    """Of each member. While others have the tree nobody is asked: disabling never waits, and he goes on heading.

    Raises: as ``name_successors``, CompanyBusy.
    """
    following = {unit: (await member_of(work, found.number, next_one)).id for unit, next_one in chosen.items()}
    if following:
        await check_free(work, found.id)
        await check_found(work, found, actor, *map(on_member, following.values()))
    is_free = bool(following) or await jobs.exclusive(work, found.id) is None
    return {one.id: await hand_on(work, found, actor, one, following, entry, asks=asks, is_free=is_free) for one in disabled}
