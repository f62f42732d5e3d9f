"""How far a permission goes, by its scope, by headship and within an information scope (SPEC B2, B3, B6)."""

import pytest
from msgspec.structs import replace

from protocol.errors import MemberNotFound
from server.audit.service import Actor, operator
from server.companies.errors import UnitNotFound
from server.org.organisation import Person
from server.roles import reach, rules
from server.roles.errors import NotAllowed, PermissionUnknown
from server.roles.grants import Grant
from server.roles.permissions import PERMISSIONS, Scope
from server.roles.rules import COMPANY, RULES, Target, allowed, check, finds, member, unit
from storage.units import Place
from tests.support.roles import (
    ADMINISTRATOR,
    CUSTOM,
    EMMA,
    HALL,
    LAB,
    LINA,
    MEI,
    NOBODY,
    NORTH,
    ROOT,
    SALES,
    VIEW,
    WANG,
    ZHAO,
    as_member,
    company,
    person,
    ruled,
)

# ---- allowed


@pytest.mark.parametrize(
    ("grant", "reached"),
    [
        (Grant(), set()),
        (Grant(Scope.SELF), {LINA}),
        (Grant(Scope.OWN_UNIT), {LINA, WANG, SALES}),
        (Grant(Scope.OWN_UNIT_AND_BELOW), {LINA, WANG, ZHAO, SALES, NORTH}),
        (Grant(Scope.CHOSEN_UNITS, (LAB,)), {LINA, MEI, LAB}),
        (Grant(Scope.CHOSEN_UNITS, (NORTH, LAB)), {LINA, ZHAO, MEI, NORTH, LAB}),
        (Grant(Scope.CHOSEN_UNITS, (HALL,)), {LINA, EMMA, HALL}),  # else nobody could tidy it up
        (Grant(Scope.CHOSEN_UNITS, (99,)), {LINA}),
        (Grant(Scope.ALL), {LINA, WANG, ZHAO, MEI, EMMA, NOBODY, ROOT, SALES, NORTH, LAB, HALL, 0}),
    ],
)
def test_a_permission_reaches_as_far_as_its_scope(grant: Grant, reached: set[int]) -> None:
    """Emma is in no unit but a disabled one, and one member in none at all; 0 is the company as one."""
    people = (*(person(LINA, SALES, LAB), person(WANG, SALES), person(ZHAO, NORTH), person(MEI, LAB)), person(EMMA, HALL), person(NOBODY))
    picture = company(*people, customers__change=grant)
    targets = {one.id: member(one.id) for one in people} | {one: unit(one) for one in (ROOT, SALES, NORTH, LAB, HALL)} | {0: COMPANY}
    assert {id for id, target in targets.items() if allowed(picture, as_member(LINA), "customers.change", target).allowed} == reached


def test_a_refusal_names_what_decided() -> None:
    people = (person(LINA, SALES, scope=(SALES,)), person(WANG, LAB), person(ZHAO, NORTH))
    assert ruled(company(*people), member(WANG)) == "no: not_in_role"
    assert ruled(company(*people, attendance__view=Grant(Scope.OWN_UNIT)), member(ZHAO)) == "no: beyond_role"
    assert ruled(company(*people, attendance__view=Grant(Scope.ALL)), member(WANG)) == "no: beyond_information_scope"
    assert ruled(company(*people, attendance__view=Grant(Scope.ALL)), COMPANY) == "no: beyond_information_scope"
    assert ruled(company(*people, attendance__view=Grant(Scope.ALL)), member(ZHAO)) == "role"
    assert ruled(company(*people), member(99)) == "no: unknown"
    assert ruled(company(*people), unit(99)) == "no: unknown"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_told_in_two_languages(rule: str) -> None:
    decision = rules.Decision(False, rule)
    assert decision.text()
    assert not decision.text("zh-CN").isascii()


@pytest.mark.parametrize(
    ("actor", "rule"),
    [
        (person(LINA, SALES, role=None), "no: no_role"),
        (person(LINA, SALES, role=ADMINISTRATOR, kind="robot"), "no: no_role"),
        (person(LINA, SALES, role=ADMINISTRATOR, state="disabled"), "no: not_active"),
        (person(LINA, SALES, role=ADMINISTRATOR, state="draft"), "no: not_active"),
        (person(LINA, SALES, role=ADMINISTRATOR), "company_administrator"),
        (person(LINA, SALES, role=ADMINISTRATOR, scope=(LAB,)), "no: beyond_information_scope"),
    ],
)
def test_only_active_members_with_a_role_may_anything(actor: Person, rule: str) -> None:
    assert ruled(company(actor, person(WANG, SALES)), member(WANG)) == rule


@pytest.mark.parametrize(
    ("actor", "rule"),
    [(operator("ops"), "operator"), (Actor("system", "yizhan"), "operator"), (Actor("super", "acme"), "super_administrator")],
)
def test_who_is_no_member_is_above_roles(actor: Actor, rule: str) -> None:
    picture = company(person(WANG, SALES, is_hidden=True))
    for target in (member(WANG), unit(HALL), COMPANY):
        assert allowed(picture, actor, "archive.read", target).rule == rule
        assert finds(picture, actor, target)
        check(picture, actor, "archive.read", target)
    assert not allowed(picture, actor, "archive.read", member(99)).allowed
    assert rules.reaches(picture, actor, VIEW).is_all


def test_a_stranger_may_nothing_and_finds_nobody() -> None:
    """A member of another company is not in the picture."""
    picture = company(person(WANG, SALES))
    assert ruled(picture, member(WANG)) == "no: not_active"
    assert not finds(picture, as_member(LINA), member(WANG))
    assert rules.reaches(picture, as_member(LINA), VIEW) == reach.NOTHING
    assert allowed(picture, Actor("visitor", ""), VIEW, member(WANG)).rule == "not_active"


def test_a_permission_that_does_not_exist_is_no_question() -> None:
    with pytest.raises(PermissionUnknown):
        allowed(company(person(LINA, SALES)), operator("ops"), "org.fly", COMPANY)


def test_what_one_does_oneself_is_on_oneself() -> None:
    """SPEC G3."""
    picture = company(person(LINA, SALES), person(WANG, SALES), chat__invisible=Grant(Scope.SELF))
    assert ruled(picture, member(LINA), "chat.invisible") == "role"
    assert ruled(picture, member(WANG), "chat.invisible") == "no: beyond_role"


# ---- headship (SPEC B2)


def heads() -> tuple[Person, ...]:
    """Li Na is the first head of Sales, Wang another one, Zhao and Mei are plain there; Emma is in North below."""
    first, other = (Person(id, "active", role=CUSTOM, places=(Place(SALES, head),)) for id, head in ((LINA, "first"), (WANG, "other")))
    return first, other, person(ZHAO, SALES), person(MEI, SALES), person(EMMA, NORTH)


@pytest.mark.parametrize(
    ("actor", "reached"),
    [(LINA, {LINA, WANG, ZHAO, MEI, EMMA}), (WANG, {WANG, ZHAO, MEI, EMMA}), (ZHAO, {ZHAO}), (EMMA, {EMMA})],
)
def test_headship_reaches_what_the_manual_says(actor: int, reached: set[int]) -> None:
    picture = company(*heads())
    rules_by_member = {one.id: ruled(picture, member(one.id), actor=actor) for one in picture.org.people}
    assert {id for id, rule in rules_by_member.items() if rule in ("headship", "own")} == reached
    assert rules_by_member[actor] == "own"


def test_headship_gives_nothing_over_message_logs_or_the_organisation() -> None:
    picture = company(*heads())
    assert {name for name, one in PERMISSIONS.items() if one.by_headship} == {
        *("attendance.view", "attendance.field", "work.logs", "customers.read"),
    }
    for name in ("archive.read", "org.manage"):
        assert ruled(picture, member(ZHAO), name) == "no: not_in_role"


def test_headship_ends_at_the_information_scope_and_in_a_disabled_unit() -> None:
    first, *others = heads()
    assert ruled(company(replace(first, scope=(LAB,)), *others), member(ZHAO)) == "no: beyond_information_scope"
    head = replace(first, places=(Place(HALL, "first"),))
    assert ruled(company(head, person(WANG, HALL)), member(WANG)) == "no: not_in_role"


# ---- who finds whom in the account center (SPEC B3, B6)


def test_what_lies_outside_the_information_scope_is_refused_as_if_it_were_not_there() -> None:
    picture = company(person(LINA, SALES, scope=(SALES,)), person(WANG, LAB), person(EMMA), org__manage=Grant(Scope.ALL))
    for target, error in ((member(WANG), MemberNotFound), (member(EMMA), MemberNotFound), (unit(LAB), UnitNotFound)):
        unknown = Target(target.kind, 99)
        texts = []
        for one in (target, unknown):
            with pytest.raises(error) as refused:
                check(picture, as_member(LINA), "org.manage", one)
            texts.append((refused.value.text(), refused.value.data))
        assert texts[0] == texts[1]
    with pytest.raises(NotAllowed):
        check(picture, as_member(LINA), "org.manage", COMPANY)


def test_a_hidden_member_is_found_by_who_manages_him_or_reads_his_logs_and_by_other_hidden_ones() -> None:
    hidden = person(WANG, SALES, is_hidden=True)
    viewer = person(LINA, SALES)
    for grants, found in (
        ({"roles__give": Grant(Scope.ALL)}, False),
        ({"org__manage": Grant(Scope.OWN_UNIT)}, True),
        ({"org__manage": Grant(Scope.CHOSEN_UNITS, (LAB,))}, False),
        ({"archive__read": Grant(Scope.ALL)}, True),
    ):
        assert finds(company(viewer, hidden, **grants), as_member(LINA), member(WANG)) is found
    assert finds(company(replace(viewer, is_hidden=True), hidden), as_member(LINA), member(WANG))
    assert finds(company(hidden), as_member(WANG), member(WANG))
    with pytest.raises(MemberNotFound):
        check(company(viewer, hidden), as_member(LINA), "roles.give", member(WANG))
    with pytest.raises(NotAllowed):
        check(company(viewer, replace(hidden, is_hidden=False)), as_member(LINA), "roles.give", member(WANG))
