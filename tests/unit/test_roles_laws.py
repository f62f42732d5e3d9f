"""Laws of permissions, over random companies: who reaches what, and that nobody gets further by an act."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol.errors import YizhanError
from server.org.organisation import Organisation, Person
from server.roles.errors import MoreThanHeld
from server.roles.giving import check_not_widened, check_put
from server.roles.grants import Grant, Role
from server.roles.permissions import FOR_ONESELF, PERMISSIONS, WHOLE, Scope
from server.roles.rules import COMPANY, Picture, allowed, member, unit
from storage.units import Place
from tests.support.roles import (
    ADMINISTRATOR,
    CUSTOM,
    DISABLED,
    HALL,
    LAB,
    LINA,
    MEI,
    NORTH,
    ROOT,
    SALES,
    SYSTEM_ADMINISTRATOR,
    UNITS,
    WANG,
    ZHAO,
    as_member,
    company,
    give,
    person,
    system_roles,
)

PEOPLE = (LINA, WANG, ZHAO, MEI)
NAMES_OF_PERMISSIONS = ("attendance.view", "org.manage", "chat.invisible", "roles.manage")
units_of = st.lists(st.sampled_from((ROOT, SALES, NORTH, LAB, HALL)), max_size=2, unique=True).map(tuple)


@st.composite
def grants(draw: st.DrawFn, permission: str) -> Grant:
    scope = draw(st.sampled_from(PERMISSIONS[permission].scopes))
    chosen = st.lists(st.sampled_from((SALES, NORTH, LAB, HALL)), min_size=1, max_size=2, unique=True).map(lambda x: tuple(sorted(x)))
    return Grant(scope, draw(chosen) if scope is Scope.CHOSEN_UNITS else ())


@st.composite
def some_role(draw: st.DrawFn, id: int) -> Role:
    drawn = {name: draw(grants(name)) for name in NAMES_OF_PERMISSIONS}
    return Role(id, "custom", name=str(id), grants={name: grant for name, grant in drawn.items() if grant != Grant()})


@st.composite
def companies(draw: st.DrawFn) -> Picture:
    people = []
    for id in PEOPLE:
        places = tuple(Place(one, draw(st.sampled_from(("", "first", "other")))) for one in draw(units_of))
        role = draw(st.sampled_from((CUSTOM, 201, 202, ADMINISTRATOR)))
        people.append(Person(id, "active", role=role, places=places, scope=draw(units_of), is_hidden=draw(st.booleans())))
    made = {id: draw(some_role(id)) for id in (CUSTOM, 201, 202)}
    return Picture(Organisation(1, (*UNITS, DISABLED), people), {**system_roles(), **made})


def reached(picture: Picture, actor: int, permission: str) -> set[tuple[str, int]]:
    """All that he may act on, asked one by one."""
    targets = [COMPANY, *map(member, PEOPLE), *map(unit, (ROOT, SALES, NORTH, LAB, HALL))]
    return {(one.kind, one.id) for one in targets if allowed(picture, as_member(actor), permission, one).allowed}


def naively(picture: Picture, actor: int, permission: str) -> set[tuple[str, int]]:
    """The same, written down from SPEC without sums over units."""
    org = picture.org
    me = org.person(actor)
    assert me is not None
    assert me.role is not None
    grant = picture.roles[me.role].grant(permission)

    def live(place: Place) -> bool:
        return not any(org[one].is_disabled for one in org.path(place.unit))

    def in_role(one: int) -> bool:
        own = me.places[0].unit if me.places and live(me.places[0]) else None
        return {
            Scope.ALL: True,
            Scope.OWN_UNIT: one == own,
            Scope.OWN_UNIT_AND_BELOW: own in org.path(one),
            Scope.CHOSEN_UNITS: bool(set(grant.units) & set(org.path(one))),
        }.get(grant.scope, False)

    def by_headship(place: Place, *, is_unit: bool) -> bool:
        if not PERMISSIONS[permission].by_headship:
            return False
        for mine in me.places:
            if not mine.head or not live(mine) or mine.unit not in org.path(place.unit):
                continue
            if mine.head == "first" or place.unit != mine.unit or (not is_unit and not place.head):
                return True
        return False

    def in_scope(one: int) -> bool:
        return not me.scope or bool(set(me.scope) & set(org.path(one)))

    found: set[tuple[str, int]] = set()
    for one in (ROOT, SALES, NORTH, LAB, HALL):
        if in_scope(one) and (in_role(one) or by_headship(Place(one), is_unit=True)):
            found.add(("unit", one))
    for id in PEOPLE:
        there = org.person(id)
        assert there is not None
        places = [place for place in there.places if in_scope(place.unit)]
        everybody = grant.scope is Scope.ALL and not me.scope
        oneself = id == actor and (grant.scope is not Scope.NONE or PERMISSIONS[permission].by_headship)
        if everybody or oneself or any(in_role(place.unit) or by_headship(place, is_unit=False) for place in places):
            found.add(("member", id))
    return found | ({("company", 0)} if grant.scope is Scope.ALL and not me.scope else set())


@settings(max_examples=120, deadline=None)
@given(companies(), st.sampled_from(PEOPLE), st.sampled_from(NAMES_OF_PERMISSIONS))
def test_what_is_reached_is_what_a_naive_reading_reaches(picture: Picture, actor: int, permission: str) -> None:
    assert reached(picture, actor, permission) == naively(picture, actor, permission)


@settings(max_examples=120, deadline=None)
@given(companies(), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.sampled_from((CUSTOM, 201, 202, ADMINISTRATOR)))
def test_who_is_given_a_role_gets_nothing_that_the_giver_does_not_hold(picture: Picture, giver: int, target: int, role: int) -> None:
    """But what concerns himself; and headship, which no role gives."""
    if give(picture, target, role, actor=giver) is not None:
        return
    there = picture.org.person(target)
    assert there is not None
    for name in ("org.manage", "chat.invisible", "roles.manage", "archive.read"):
        held = reached(picture, giver, name)
        org = Organisation(1, (*UNITS, DISABLED), (replace(one, role=role) if one.id == target else one for one in picture.org.people))
        assert reached(replace(picture, org=org), target, name) <= held | {("member", target)}
        if reached(replace(picture, org=org), target, name):
            assert held


@settings(max_examples=120, deadline=None)
@given(companies(), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), units_of, units_of)
def test_who_is_put_elsewhere_or_gets_another_scope_reaches_nothing_that_the_actor_does_not_hold(
    picture: Picture, actor: int, target: int, places: tuple[int, ...], scope: tuple[int, ...]
) -> None:
    before = picture.org.person(target)
    assert before is not None
    after = replace(before, places=tuple(map(Place, places)), scope=scope)
    try:
        check_not_widened(picture, as_member(actor), before, after)
    except MoreThanHeld:
        return
    org = Organisation(1, (*UNITS, DISABLED), (after if one.id == target else one for one in picture.org.people))
    for name in ("org.manage", "roles.manage", "archive.read"):
        mine = reached(picture, actor, name) | reached(picture, target, name) | {("member", target)}
        assert reached(replace(picture, org=org), target, name) <= mine | members_of(org, mine)


def members_of(org: Organisation, targets: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Whoever is in these units, as they are after the act: to reach a unit is to reach who comes into it."""
    return {("member", one.id) for one in org.people for place in one.places if ("unit", place.unit) in targets}


def test_nobody_widens_his_own_information_scope() -> None:
    lina = person(LINA, SALES, role=SYSTEM_ADMINISTRATOR, scope=(SALES,))
    picture = company(lina, person(WANG, SALES, role=ADMINISTRATOR))
    for scope in ((), (SALES, LAB), (LAB,)):
        with pytest.raises(MoreThanHeld):
            check_not_widened(picture, as_member(LINA), lina, replace(lina, scope=scope))
        check_not_widened(picture, as_member(WANG), lina, replace(lina, scope=scope))
    check_not_widened(picture, as_member(LINA), lina, replace(lina, scope=(NORTH,)))


@settings(max_examples=120, deadline=None)
@given(companies(), st.sampled_from(PEOPLE), st.data(), st.sampled_from(("org.manage", "chat.invisible", "roles.manage")))
def test_whoever_has_a_role_that_was_edited_got_nothing_that_the_editor_does_not_hold(
    picture: Picture, editor: int, data: st.DataObject, name: str
) -> None:
    wanted = data.draw(grants(name))
    role = picture.roles[CUSTOM]
    try:
        check_put(picture, as_member(editor), role, {name: wanted})
    except YizhanError:
        return
    held = reached(picture, editor, name)
    edited = replace(picture, roles={**picture.roles, CUSTOM: replace(role, grants={**role.grants, name: wanted})})
    for id in PEOPLE:
        assert reached(edited, id, name) <= reached(picture, id, name) | held | {("member", id)}


def test_the_scopes_of_what_one_does_and_of_the_company_are_two() -> None:
    """So that a permission to do something oneself is never asked over others."""
    assert {one.scopes for one in PERMISSIONS.values() if len(one.scopes) == 2} == {FOR_ONESELF, WHOLE}
