"""Faults that are planted in the evaluator of visibility, each of which a comparison with the reference model finds (promise V4).

Three of them forget nothing where they should: these are found because rules, tree and members change between two looks.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from server.org.organisation import Person
from server.visibility import classes, fields, find, know
from server.visibility.evaluator import Evaluator
from server.visibility.find import Sight
from server.visibility.ground import Ground, Spot
from server.visibility.policy import Policy
from server.visibility.terms import By, Ties, Verdict, What, Where
from tests.support.visibility_beside import asked

WORLDS = 400


def hidden_members_are_found(self: Sight, person: Person) -> Verdict:
    return self.seen_at(person) if person.state == "active" else find.NOT_ACTIVE


def the_disabled_are_found(self: Sight, person: Person) -> Verdict:
    return find.HIDDEN if person.is_hidden and not self.view.sees_hidden else self.seen_at(person)


def own_units_are_in_the_scope(ground: Ground, viewer: Person) -> frozenset[int]:
    return ground.topmost({*viewer.scope, *ground.units(viewer)}) if viewer.scope else frozenset()


def nothing_is_forgotten_of_the_tree(self: Evaluator, *, members: Iterable[int] = (), tree: bool = False, policy: Any = None) -> None:
    HONEST_CHANGED(self, members=members, policy=policy)


def nothing_is_forgotten_of_a_viewer(self: Evaluator, *, members: Iterable[int] = (), tree: bool = False, policy: Any = None) -> None:
    HONEST_CHANGED(self, tree=tree, policy=policy)


def nothing_is_forgotten_of_a_rule(self: Evaluator, *, members: Iterable[int] = (), tree: bool = False, policy: Any = None) -> None:
    HONEST_CHANGED(self, members=members, tree=tree)
    self._policy = policy or self._policy  # the classes and sights of before stay


def groups_show_presence(where: Where, ties: Ties) -> Verdict:
    return know.SHARED if ties.is_here else HONEST_FOLLOWED(where, ties)


def a_group_counts_anywhere(where: Where, ties: Ties) -> Verdict:
    return know.SHARED if ties.has_shared else HONEST_KNOWN(where, ties)


def the_laxer_wins(policy: Policy, ground: Ground, viewer: Person, target: Person, name: str) -> Verdict:
    near = fields.shares_own_unit(ground, viewer, target)
    levels = policy.fields.get(name, "shown"), policy.narrowed.get(target.id, {}).get(name, "shown")
    return Verdict(any(fields.is_shown(level, own_unit=near) for level in levels), By.OWN_FIELD)


def presence_is_left_by_rules(self: Evaluator, viewer: Person, target: Person, where: Where) -> Verdict:
    seen = HONEST_SEE(self, viewer, target, where)
    if seen.by is not By.RULE or where not in classes.LIFTED:
        return seen
    return self.sight(classes.lifted(self._view(viewer), self._policy.rules, where)).verdict(target)


def every_rule_is_lifted(rule: Any, where: Where) -> bool:
    return True


def the_exempted_stay_hidden(ground: Ground, rule: Any, left: Any, member: int, spot: Spot) -> bool:
    if left is not None and rule.kind == "hide":
        return not ground.includes(rule.bound, member, *spot.through)
    return HONEST_PASSES(ground, rule, left, member, spot)


def white_lists_open_nothing(ground: Ground, rule: Any, left: Any, member: int, spot: Spot) -> bool:
    if left is not None and rule.kind != "hide":
        return ground.is_within(spot.seat, left)
    return HONEST_PASSES(ground, rule, left, member, spot)


def the_unassigned_are_seen_in_disabled_units(self: Ground, person: Person) -> list[Spot]:
    return [Spot(unit, (unit,)) for unit in self.units(person)]


def disabling_shows_whom_a_unit_hid(self: Ground, person: Person) -> list[Spot]:
    return [Spot(spot.seat, (spot.seat,)) for spot in HONEST_SPOTS(self, person)]


def only_the_nearest_hidden_unit_counts(self: Ground, *units: int) -> frozenset[int]:
    return frozenset(next((one for one in (unit, *self.org.ancestors(unit)) if self.org[one].is_hidden), 0) for unit in units) - {0}


def administrators_know_no_scope(self: Evaluator, viewer: Person, target: Person) -> bool:
    return HONEST_ADMINISTERS(self, Person(viewer.id, viewer.state), target)


def old_conversations_are_free(self: Evaluator, viewer: Person, target: Person, where: Where, ties: Ties) -> Verdict:
    return self._know(viewer, target, where, ties)


def rules_bind_towards_outsiders(self: Evaluator, target: Any, what: Any, where: Where, ties: Ties, field: str) -> Verdict:
    """Whoever any rule leaves nothing but a white list writes to nobody outside either."""
    bound = any(rule.kind == "nobody" and not rule.may_write for rule in self._policy.rules)
    if what is What.WRITE and bound:
        return Verdict(False, By.RULE)
    return HONEST_OUTSIDE(self, target, what, where, ties, field)


def any_unit_is_the_own_one(ground: Ground, person: Person) -> set[int]:
    return set(ground.seats(person))


def who_is_bound_by_name_sees_all(ground: Ground, rule: Any, viewer: Person, units: Any) -> Any:
    return None if viewer.id in rule.bound.members else HONEST_LEFT(ground, rule, viewer, units)


HONEST_OUTSIDE = Evaluator._outside
HONEST_CHANGED, HONEST_SEE, HONEST_ADMINISTERS = Evaluator.changed, Evaluator._see, Evaluator.administers
HONEST_FOLLOWED, HONEST_KNOWN, HONEST_PASSES, HONEST_SPOTS, HONEST_LEFT = (
    know.followed,
    know.known,
    find.passes,
    Ground.spots,
    classes._left,
)

FAULTS: list[tuple[Any, str, Callable[..., Any]]] = [
    (Sight, "verdict", hidden_members_are_found),
    (Sight, "verdict", the_disabled_are_found),
    (classes, "_scope", own_units_are_in_the_scope),
    (Evaluator, "changed", nothing_is_forgotten_of_the_tree),
    (Evaluator, "changed", nothing_is_forgotten_of_a_viewer),
    (Evaluator, "changed", nothing_is_forgotten_of_a_rule),
    (know, "followed", groups_show_presence),
    (know, "known", a_group_counts_anywhere),
    (fields, "field", the_laxer_wins),
    (Evaluator, "_see", presence_is_left_by_rules),
    (classes, "_leaves", every_rule_is_lifted),
    (find, "passes", the_exempted_stay_hidden),
    (find, "passes", white_lists_open_nothing),
    (Ground, "spots", the_unassigned_are_seen_in_disabled_units),
    (Ground, "spots", disabling_shows_whom_a_unit_hid),
    (Ground, "hidden", only_the_nearest_hidden_unit_counts),
    (Evaluator, "administers", administrators_know_no_scope),
    (Evaluator, "_write", old_conversations_are_free),
    (Evaluator, "_outside", rules_bind_towards_outsiders),
    (fields, "_own_units", any_unit_is_the_own_one),
    (classes, "_left", who_is_bound_by_name_sees_all),
]


@pytest.mark.parametrize(("owner", "name", "fault"), FAULTS, ids=[fault.__name__ for _, _, fault in FAULTS])
def test_a_fault_in_the_evaluator_is_found_by_the_comparison(
    owner: Any, name: str, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert any(said.is_yes != meant.yes for _, meant, said in asked(range(WORLDS)))
