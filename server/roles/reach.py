"""How far a permission of a member goes in his company's tree: whom and which units it covers (SPEC B2, B3, C2).

Pure sums over the picture. A disabled unit is covered like others, else nobody could tidy it up, but it is nobody's own unit, and heading
it gives nothing; ``asleep`` is what there would be if it were enabled. Who is in no unit at all only what covers the whole company covers.
"""

from collections.abc import Iterable, Sequence

import msgspec

from server.org.organisation import Organisation, Person
from server.roles.grants import Grant
from server.roles.permissions import Scope
from storage.units import FIRST, NO_HEAD, Place

NOWHERE: frozenset[int] = frozenset()


class Reach(msgspec.Struct, frozen=True):
    """``units`` alone; ``tops`` each with all below; ``plain``: of these units those who head nothing there.

    ``is_all``: everybody, whoever is in no unit too, and the company itself.
    """

    is_all: bool = False
    oneself: int | None = None
    units: frozenset[int] = NOWHERE
    tops: frozenset[int] = NOWHERE
    plain: frozenset[int] = NOWHERE


NOTHING = Reach()


def of_grant(org: Organisation, person: Person, grant: Grant, *, asleep: bool = False) -> Reach:
    """Before the information scope."""
    if grant.scope is Scope.NONE:
        return NOTHING
    own = own_unit(org, person, asleep=asleep) if grant.scope in (Scope.OWN_UNIT, Scope.OWN_UNIT_AND_BELOW) else NOWHERE
    return Reach(
        is_all=grant.scope is Scope.ALL,
        oneself=person.id,
        units=own if grant.scope is Scope.OWN_UNIT else NOWHERE,
        tops=own if grant.scope is Scope.OWN_UNIT_AND_BELOW else frozenset(unit for unit in grant.units if unit in org),
    )


def own_unit(org: Organisation, person: Person, *, asleep: bool = False) -> frozenset[int]:
    """The primary one; while it is disabled he has none."""
    return frozenset(place.unit for place in person.places[:1] if asleep or not org.is_disabled(place.unit))


def of_headship(org: Organisation, person: Person, *, asleep: bool = False) -> Reach:
    """First head: everybody in the unit and below; other head: who heads nothing there, and all below; else oneself (SPEC B2)."""
    headed = [place for place in person.places if place.head != NO_HEAD and (asleep or not org.is_disabled(place.unit))]
    first = {place.unit for place in headed if place.head == FIRST}
    other = {place.unit for place in headed} - first
    below = {child for unit in other for child in org.children(unit)}
    return Reach(oneself=person.id, tops=frozenset(first | below), plain=frozenset(other))


def together(one: Reach, other: Reach) -> Reach:
    return Reach(
        is_all=one.is_all or other.is_all,
        oneself=other.oneself if one.oneself is None else one.oneself,
        units=one.units | other.units,
        tops=one.tops | other.tops,
        plain=one.plain | other.plain,
    )


def within(org: Organisation, reach: Reach, scope: Sequence[int]) -> Reach:
    """What of it lies in an information scope; none set is the whole company. Oneself is always in it."""
    if not scope:
        return reach
    inside = frozenset(unit for unit in scope if unit in org)
    if reach.is_all:
        return Reach(oneself=reach.oneself, tops=inside)
    return Reach(
        oneself=reach.oneself,
        units=_in(org, reach.units, inside),
        tops=_in(org, reach.tops, inside) | _in(org, inside, reach.tops),
        plain=_in(org, reach.plain, inside),
    )


def _in(org: Organisation, units: Iterable[int], tops: frozenset[int]) -> frozenset[int]:
    """Those of ``units`` that are one of ``tops`` or below."""
    return frozenset(unit for unit in units if any(org.is_below(unit, top) for top in tops))


def has_unit(org: Organisation, reach: Reach, unit: int) -> bool:
    return reach.is_all or unit in reach.units or bool(_in(org, (unit,), reach.tops))


def units_below(org: Organisation, reach: Reach, top: int) -> set[int]:
    """Those of ``top`` and all below it that are covered, as ``has_unit`` says of one; each is looked at once."""
    everything = list(org.below(top))  # each before those below it
    if reach.is_all or not reach.tops.isdisjoint(org.ancestors(top)):
        return set(everything)
    deep: set[int] = set()
    for unit in everything:
        if unit in reach.tops or org[unit].parent in deep:
            deep.add(unit)
    return deep | reach.units.intersection(everything)


def has_member(org: Organisation, reach: Reach, person: Person) -> bool:
    if reach.is_all or person.id == reach.oneself:
        return True
    return any(_has_place(org, reach, place) for place in person.places)


def _has_place(org: Organisation, reach: Reach, place: Place) -> bool:
    return has_unit(org, reach, place.unit) or (place.head == NO_HEAD and place.unit in reach.plain)


def contains(org: Organisation, wide: Reach, narrow: Reach) -> bool:
    """Whether ``wide`` covers all of ``narrow``, whoever comes into its units later; what concerns oneself alone anybody holds who
    holds anything."""
    if wide.is_all or narrow == NOTHING:
        return True
    if narrow.is_all or wide == NOTHING:
        return False
    tops = _in(org, narrow.tops, wide.tops) == narrow.tops
    units = all(has_unit(org, wide, unit) for unit in narrow.units)
    return tops and units and all(has_unit(org, wide, unit) or unit in wide.plain for unit in narrow.plain)
