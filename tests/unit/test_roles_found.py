"""What there is for an administrator's acts is what there is for his looks, and both are what the reference model of visibility says
(DESIGN 8, promise V4): over random companies with rules between units, hidden units and members, scopes, disabled and draft members.

The model knows no roles: whom a role administers is worked out here from its grant, as SPEC C2 has it.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from server.audit.service import Actor
from server.org.organisation import Organisation
from server.roles import over, reach, rules
from server.roles.grants import Grant, Role
from server.roles.permissions import Scope
from server.roles.rules import FINDING, Picture, Target, found, member, unit
from server.visibility import policy
from server.visibility.find import Sight
from server.visibility.policy import Policy
from server.visibility.sieving import EVERYTHING, Viewer
from server.visibility.terms import Where as Place
from tests.support.visibility_beside import people_of, policy_of, units_of
from tests.support.visibility_facts import Facts, Member, What, Where
from tests.support.visibility_facts import Question as Asked
from tests.support.visibility_model import can_see, in_scope, path
from tests.support.visibility_worlds import history

WORLDS = 150
ROLE = 1
STAND_IN = 99_999


def moments(worlds: range) -> Iterator[tuple[Random, Facts, Member, Grant, Picture]]:
    """Each moment of these worlds with a viewer, the grant that he has of one of ``FINDING``, and the picture that acts load."""
    for seed in worlds:
        random = Random(seed)
        for moment in history(seed, 8):
            facts, company = moment.facts, 1
            viewer = random.choice([one for one in facts.members.values() if one.company == company])
            units = [one for one in facts.units if facts.units[one].company == company]
            chosen = tuple(random.sample(units, min(2, len(units))))
            grant = random.choice([Grant(), Grant(Scope.ALL), Grant(Scope.CHOSEN_UNITS, chosen), Grant(Scope.OWN_UNIT)])
            grants = {random.choice(FINDING): grant, "sign_in.password": Grant(Scope.ALL)}
            org = Organisation(company, units_of(facts, company), people_of(facts, company))
            for person in list(org.people):
                org.put_person(msgspec.structs.replace(person, role=ROLE if person.id == viewer.id else None))
            yield random, facts, viewer, grant, Picture(org, {ROLE: Role(ROLE, "custom", grants=grants)}, policy_of(facts, company).rules)


def administering(facts: Facts, viewer: Member, grant: Grant) -> Facts:
    """The facts with the very units that the grant lets the viewer administer; within a scope that is never everybody, only all units."""
    every = {one.id for one in facts.units.values() if one.company == viewer.company}
    below = {one.id for one in facts.units.values() if path(facts, viewer.company, one.id) & set(grant.units)}
    own = {one for one in viewer.units[:1] if not any(facts.units[above].is_disabled for above in path(facts, viewer.company, one))}
    units = {Scope.CHOSEN_UNITS: below, Scope.OWN_UNIT: own, Scope.ALL: every}.get(grant.scope, set())
    changed = replace(viewer, administers=frozenset(units), administers_all=grant.scope is Scope.ALL and not viewer.scope)
    return replace(facts, members={**facts.members, viewer.id: changed})


def meant(facts: Facts, viewer: Member, target: Target) -> bool:
    """What the model says; of a unit: that he administers it, or would see somebody who is in it alone."""
    if target.kind == "member":
        return can_see(facts, Asked(viewer.id, target.id, What.FIND, Where.ACCOUNT_CENTER)).yes
    if viewer.state != "active":
        return False
    one = facts.members[viewer.id]
    if (one.administers_all or target.id in one.administers) and in_scope(facts, one, target.id):
        return True
    if any(facts.units[above].is_disabled for above in path(facts, one.company, target.id)):
        return False
    inside = Member(STAND_IN, one.company, (target.id,))
    there = replace(facts, members={**facts.members, STAND_IN: inside})
    return can_see(there, Asked(viewer.id, STAND_IN, What.FIND, Where.TREE)).yes


def targets(facts: Facts, picture: Picture) -> list[Target]:
    return [*(member(one.id) for one in picture.org.people), *(unit(one) for one in facts.units if one in picture.org)]


def disagreements(worlds: range) -> Iterator[tuple[Facts, Member, Grant, Target]]:
    for _, plain, viewer, grant, picture in moments(worlds):
        facts = administering(plain, viewer, grant)
        there = found(picture, Actor("member", "", viewer.id), targets(facts, picture))
        for target in targets(facts, picture):
            if (target in there) != meant(facts, viewer, target):
                yield facts, viewer, grant, target


def test_an_act_finds_whom_the_model_says() -> None:
    assert next(disagreements(range(WORLDS)), None) is None


def test_an_act_finds_whom_a_look_shows() -> None:
    """The sieve of looks has the whole reach worked out beforehand; an act asks about its targets alone."""
    asked = 0
    for _, facts, viewer, _, picture in moments(range(WORLDS)):
        if viewer.state != "active":
            continue
        settled = Policy(picture.rules, administrators={viewer.id: over.over(picture, viewer.id)})
        looks = Viewer(picture, viewer.id, settled)
        there = found(picture, Actor("member", "", viewer.id), targets(facts, picture))
        for target in targets(facts, picture):
            shown = (
                looks.finds_unit(target.id, EVERYTHING)
                if target.kind == "unit"
                else looks.finds(target.id, EVERYTHING, Place.ACCOUNT_CENTER)
            )
            assert shown == (target in there), (viewer, target)
            asked += 1
    assert asked > 10_000


# ---- planted faults


def no_rules_between_units(picture: Picture, actor: Actor, wanted: Any) -> set[Target]:
    return HONEST_FOUND(msgspec.structs.replace(picture, rules=()), actor, wanted)


def covered_is_found(picture: Picture, actor: Actor, wanted: Any) -> set[Target]:
    """As it was once: whom the permission reaches, but hidden members."""
    return {one for one in wanted if rules.allowed(picture, actor, "sign_in.password", one).allowed}


def nobody_is_administered(picture: Picture, actor: Actor, wanted: Any) -> policy.Reach:
    return policy.NO_REACH


def units_have_no_rules(self: Sight, unit_id: int) -> bool:
    return self.view.company > 0


def a_head_of_the_office_is_over_what_is_below(org: Any, one: Any, unit_id: int) -> bool:
    return HONEST_HAS_UNIT(org, one, unit_id) or any(org.is_below(unit_id, top) for top in one.units if top in org)


HONEST_FOUND, HONEST_HAS_UNIT = rules.found, reach.has_unit
FAULTS: list[tuple[Any, str, Any]] = [
    (None, "found", no_rules_between_units),
    (None, "found", covered_is_found),
    (rules, "_over", nobody_is_administered),
    (Sight, "sees", units_have_no_rules),
    (reach, "has_unit", a_head_of_the_office_is_over_what_is_below),
]


@pytest.mark.parametrize(("owner", "name", "fault"), FAULTS, ids=[fault.__name__ for _, _, fault in FAULTS])
def test_a_fault_in_finding_is_noticed(owner: Any, name: str, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner or sys.modules[__name__], name, fault)
    assert next(disagreements(range(WORLDS)), None) is not None
