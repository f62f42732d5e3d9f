"""View classes: all that makes one viewer see another tree than the next, as a value (DESIGN 9). Equal values see the same of it.

A class is made from where its viewer sits, from his scope and from the rules that bind him; who he is is not part of it.
"""

from collections.abc import Sequence

import msgspec

from server.org.organisation import Person
from server.visibility.ground import Ground
from server.visibility.policy import HIDE, OTHER_UNITS, Rule
from server.visibility.terms import Where

Bond = frozenset[int] | None
LIFTED = frozenset({Where.WHOLE, Where.NUMBER, Where.PROFILE})
"""Where a rule between units may leave what it forbids elsewhere."""


class ViewClass(msgspec.Struct, frozen=True):
    """``scope``: the tops of what is within the information scope; none is the whole company. ``inside``: the hidden units that let in.

    ``bonds``: for each rule, in its order, None where it does not hold the viewer back; else the tops of what it leaves to him
    beside its white list.
    """

    company: int
    sees_hidden: bool
    scope: frozenset[int]
    inside: frozenset[int]
    bonds: tuple[Bond, ...]


def view_class(ground: Ground, rules: Sequence[Rule], viewer: Person) -> ViewClass:
    through = [unit for spot in ground.spots(viewer) for unit in spot.through]
    return ViewClass(
        company=ground.org.company,
        sees_hidden=viewer.is_hidden,
        scope=_scope(ground, viewer),
        inside=ground.hidden(*through),
        bonds=tuple(_bond(ground, rule, viewer) for rule in rules),
    )


def lifted(view: ViewClass, rules: Sequence[Rule], where: Where) -> ViewClass:
    """The class without the rules that leave it to their viewers to search, or to write, in this place; ``hide`` leaves nothing."""
    bonds = [None if rule.binds_viewers and _leaves(rule, where) else bond for rule, bond in zip(rules, view.bonds, strict=True)]
    return msgspec.structs.replace(view, bonds=tuple(bonds))


def _leaves(rule: Rule, where: Where) -> bool:
    """A card is opened of who was come upon by either way, and so is a conversation by a whole number."""
    return rule.may_search or (rule.may_write and where is not Where.WHOLE)


def _scope(ground: Ground, viewer: Person) -> frozenset[int]:
    """One's own unit is not added to it (SPEC B3)."""
    return frozenset() if ground.org.root in viewer.scope else ground.topmost(viewer.scope)


def _bond(ground: Ground, rule: Rule, viewer: Person) -> Bond:
    units = ground.units(viewer)
    is_bound = ground.includes(rule.bound, viewer.id, *units)
    if rule.kind == HIDE:
        return None if is_bound or ground.includes(rule.white_list, viewer.id, *units) else frozenset()
    if not is_bound or ground.includes(rule.exempted, viewer.id, *units):
        return None
    return _left(ground, rule, viewer, units) if rule.kind == OTHER_UNITS else frozenset()


def _left(ground: Ground, rule: Rule, viewer: Person, units: Sequence[int]) -> Bond:
    """The bound units that he is in; of who is bound by name his own, and where he is in none, none."""
    tops = set(ground.above(*units) & rule.bound.units)
    if viewer.id in rule.bound.members:
        tops.update(place.unit for place in viewer.places)
    return None if ground.org.root in tops else ground.topmost(tops)
