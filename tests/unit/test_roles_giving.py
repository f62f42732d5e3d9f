"""Nobody gives more than he holds (SPEC C1, C4, C5)."""

import pytest
from msgspec.structs import replace

from protocol.errors import YizhanError
from server.audit.service import operator
from server.companies.errors import UnitNotFound
from server.org.organisation import Organisation
from server.roles.errors import (
    CompanyAdministratorsOnly,
    MoreThanHeld,
    PermissionReserved,
    PermissionUnknown,
    RobotHasNoRole,
    RoleFixed,
    ScopeUnfit,
    TooManyUnits,
)
from server.roles.giving import CHOSEN_UNITS, check_give, check_put
from server.roles.grants import Grant, Role, role_of
from server.roles.permissions import PERMISSIONS, Scope
from storage.roles import PRESETS, Stored
from storage.units import Unit
from tests.support.roles import (
    ADMINISTRATOR,
    CUSTOM,
    HALL,
    LAB,
    LINA,
    NORTH,
    ORDINARY,
    ROOT,
    SALES,
    SYSTEM_ADMINISTRATOR,
    UNITS,
    VIEW,
    WANG,
    ZHAO,
    as_member,
    company,
    give,
    person,
    put,
)

ALL, BELOW, OWN, SELF = (Grant(scope) for scope in (Scope.ALL, Scope.OWN_UNIT_AND_BELOW, Scope.OWN_UNIT, Scope.SELF))
SOME = Grant(Scope.CHOSEN_UNITS, (SALES,))
LESS = Grant(Scope.CHOSEN_UNITS, (NORTH,))


@pytest.mark.parametrize(
    ("held", "before", "wanted", "refused"),
    [
        (ALL, Grant(), ALL, None),
        (ALL, Grant(), OWN, None),
        (BELOW, Grant(), OWN, MoreThanHeld),  # the holder's own unit may be any
        (BELOW, Grant(), LESS, None),
        (BELOW, Grant(), Grant(Scope.CHOSEN_UNITS, (LAB,)), MoreThanHeld),
        (OWN, Grant(), SOME, MoreThanHeld),  # what is below Sales is not the actor's
        (OWN, Grant(), SELF, None),
        (Grant(), Grant(), SELF, MoreThanHeld),
        (SOME, Grant(), LESS, None),
        (LESS, Grant(), SOME, MoreThanHeld),
        (Grant(), ALL, Grant(), None),  # to take something out one need not hold it
        (Grant(), ALL, LESS, None),
        (Grant(), BELOW, OWN, None),
        (Grant(), OWN, BELOW, MoreThanHeld),
        (Grant(), SOME, LESS, None),
        (Grant(), LESS, SOME, MoreThanHeld),
        (Grant(), SOME, SELF, None),
        (Grant(), SOME, SOME, None),
    ],
)
def test_what_goes_into_a_role_its_giver_holds(held: Grant, before: Grant, wanted: Grant, refused: type[YizhanError] | None) -> None:
    picture = company(person(LINA, SALES), attendance__view=held)
    other = Role(201, "custom", name="Other", grants={VIEW: before} if before != Grant() else {})
    picture = replace(picture, roles={**picture.roles, 201: other})
    assert put(picture, 201, attendance__view=wanted) is refused


def test_an_information_scope_bounds_what_is_given() -> None:
    picture = company(person(LINA, SALES, scope=(SALES,)), person(WANG, LAB), person(ZHAO, NORTH), attendance__view=ALL)
    assert put(picture, CUSTOM, org__view=ALL) is MoreThanHeld
    assert put(replace(picture, roles={**picture.roles, 201: Role(201, "custom")}), 201, attendance__view=ALL) is MoreThanHeld
    assert put(replace(picture, roles={**picture.roles, 201: Role(201, "custom")}), 201, attendance__view=LESS) is None
    assert give(picture, WANG, CUSTOM) is MoreThanHeld
    bounded = company(person(LINA, SALES, scope=(SALES,)), person(ZHAO, NORTH, scope=(NORTH,)), attendance__view=ALL)
    assert give(bounded, ZHAO, CUSTOM) is None


def test_what_sleeps_in_a_disabled_unit_is_given_by_who_holds_it() -> None:
    """Enabling the unit asks nobody."""
    picture = company(person(LINA, SALES, role=SYSTEM_ADMINISTRATOR), person(WANG, HALL), archive__read=OWN)
    assert give(picture, WANG, CUSTOM) is MoreThanHeld
    assert give(company(person(LINA, SALES, role=SYSTEM_ADMINISTRATOR), person(WANG, HALL), org__view=OWN), WANG, CUSTOM) is None


def test_the_company_administrators_role_is_neither_edited_nor_given_by_others() -> None:
    people = (person(LINA, SALES, role=SYSTEM_ADMINISTRATOR), person(WANG, SALES, role=ADMINISTRATOR), person(ZHAO, LAB, role=ORDINARY))
    picture = company(*people)
    assert put(picture, ADMINISTRATOR, actor=WANG, chat__calls=Grant()) is RoleFixed
    assert give(picture, ZHAO, ADMINISTRATOR) is CompanyAdministratorsOnly
    assert give(picture, WANG, ORDINARY) is CompanyAdministratorsOnly
    assert give(picture, ZHAO, ADMINISTRATOR, actor=WANG) is None
    assert give(picture, WANG, ORDINARY, actor=WANG) is None
    check_give(picture, operator("ops"), people[1], picture.roles[ORDINARY])
    narrow = company(replace(people[1], scope=(SALES,)), people[2])
    assert give(narrow, ZHAO, ADMINISTRATOR, actor=WANG) is MoreThanHeld


def test_some_permissions_only_the_company_administrator_gives_and_some_nobody() -> None:
    picture = company(person(LINA, SALES, role=SYSTEM_ADMINISTRATOR), person(WANG, SALES, role=ADMINISTRATOR))
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=LINA, client_policy__set=ALL) is CompanyAdministratorsOnly
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=WANG, client_policy__set=ALL) is None
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=WANG, org__fly=ALL) is PermissionUnknown
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=WANG, company__image=ALL) is PermissionReserved
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=LINA, archive__read=ALL) is MoreThanHeld
    assert put(picture, SYSTEM_ADMINISTRATOR, actor=WANG, archive__read=ALL) is None


@pytest.mark.parametrize(
    ("name", "grant"),
    [
        ("chat__calls", ALL),
        ("roles__manage", OWN),
        ("attendance__view", Grant(Scope.CHOSEN_UNITS)),
        ("attendance__view", Grant(Scope.ALL, (LAB,))),
        ("attendance__view", Grant(Scope.CHOSEN_UNITS, tuple(range(1, 60)))),
    ],
)
def test_a_permission_goes_only_as_far_as_the_table_says(name: str, grant: Grant) -> None:
    assert put(company(person(LINA, SALES, role=ADMINISTRATOR)), CUSTOM, LINA, **{name: grant}) is ScopeUnfit


def test_a_role_has_not_more_chosen_units_than_one_act_can_write() -> None:
    names = [name for name, one in PERMISSIONS.items() if Scope.CHOSEN_UNITS in one.scopes][:4]
    more = [Unit(1000 + at, ROOT, str(at)) for at in range(CHOSEN_UNITS)]
    picture = company(person(LINA, SALES, role=ADMINISTRATOR))
    picture = replace(picture, org=Organisation(1, (*UNITS, *more), picture.org.people))
    grant = Grant(Scope.CHOSEN_UNITS, tuple(one.id for one in more))
    full = Role(CUSTOM, "custom", grants=dict.fromkeys(names[:3], grant))
    check_put(picture, as_member(LINA), Role(CUSTOM, "custom"), full.grants)
    with pytest.raises(TooManyUnits):
        check_put(picture, as_member(LINA), full, {names[3]: LESS})
    check_put(picture, as_member(LINA), full, {names[3]: LESS, names[0]: Grant()})


def test_chosen_units_are_there() -> None:
    picture = company(person(LINA, SALES, role=ADMINISTRATOR))
    assert put(picture, CUSTOM, attendance__view=Grant(Scope.CHOSEN_UNITS, (99,))) is UnitNotFound


def test_a_system_administrator_can_give_whatever_the_company_begins_with_but_the_first() -> None:
    """Else SPEC C3 would be idle until the company administrator had granted more."""
    presets = {300 + at: role_of(Stored(300 + at, "custom", preset, "", "", {})) for at, preset in enumerate(PRESETS)}
    picture = company(person(LINA, SALES, role=SYSTEM_ADMINISTRATOR), person(WANG, LAB, role=ORDINARY))
    picture = replace(picture, roles={**picture.roles, **presets})
    for role in picture.roles:
        assert give(picture, WANG, role) is (CompanyAdministratorsOnly if role == ADMINISTRATOR else None)


def test_robots_have_no_role() -> None:
    picture = company(person(LINA, SALES, role=ADMINISTRATOR), person(WANG, SALES, role=None, kind="robot"))
    assert give(picture, WANG, ORDINARY) is RobotHasNoRole
