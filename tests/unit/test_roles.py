"""Who may do what, and who may give what (SPEC B2, B3, C1 to C5): decisions from a picture of a company."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol.errors import MemberNotFound, YizhanError
from server.audit.service import Actor, operator
from server.companies.errors import UnitNotFound
from server.org.organisation import Organisation, Person
from server.roles import guide, naming, reach, rules
from server.roles.errors import (
    CompanyAdministratorsOnly,
    MoreThanHeld,
    NotAllowed,
    PermissionReserved,
    PermissionUnknown,
    PresetUnknown,
    RobotHasNoRole,
    RoleAmbiguous,
    RoleFixed,
    RoleNameTaken,
    RoleNotFound,
    RolesLimit,
    ScopeUnfit,
    TooManyUnits,
)
from server.roles.giving import CHOSEN_UNITS, check_give, check_not_widened, check_put
from server.roles.grants import NAMES, Grant, Role, role_of, starting, to_store
from server.roles.permissions import FOR_ONESELF, NONE, PERMISSIONS, SCOPES, SUBJECTS, WHOLE, Permission, Scope
from server.roles.rules import (
    COMPANY,
    RULES,
    Picture,
    Target,
    allowed,
    check,
    finds,
    member,
    unit,
)
from storage.roles import COMPANY_ADMINISTRATOR, PRESETS, SYSTEM, Stored
from storage.units import Place, Unit

ROOT, SALES, NORTH, LAB, HALL = range(1, 6)  # North below Sales; Hall is disabled
UNITS = (Unit(ROOT, None, "Acme"), Unit(SALES, ROOT, "Sales"), Unit(NORTH, SALES, "North"), Unit(LAB, ROOT, "Lab"))
DISABLED = Unit(HALL, ROOT, "Hall", is_disabled=True)
LINA, WANG, ZHAO, MEI, EMMA, NOBODY = range(11, 17)
ADMINISTRATOR, SYSTEM_ADMINISTRATOR, INFORMATION, ORDINARY = range(101, 105)
CUSTOM = 200
VIEW = "attendance.view"  # goes from oneself to everybody, and by headship


def system_roles() -> dict[int, Role]:
    return {100 + at: role_of(Stored(100 + at, kind, "", "", "", {})) for at, kind in enumerate(SYSTEM, 1)}


def person(id: int, *units: int, role: int | None = CUSTOM, scope: tuple[int, ...] = (), **more: Any) -> Person:
    return Person(id, more.pop("state", "active"), role=role, scope=scope, places=tuple(map(Place, units)), **more)


def company(*people: Person, **grants: Grant) -> Picture:
    """The custom role has these permissions: ``attendance__view`` for attendance.view."""
    custom = Role(CUSTOM, "custom", name="Custom", grants={name.replace("__", "."): grant for name, grant in grants.items()})
    return Picture(Organisation(1, (*UNITS, DISABLED), people), {**system_roles(), CUSTOM: custom})


def as_member(id: int) -> Actor:
    return Actor("member", "", id)


def ruled(picture: Picture, target: Target, permission: str = VIEW, actor: int = LINA) -> str:
    decision = allowed(picture, as_member(actor), permission, target)
    return decision.rule if decision.allowed else f"no: {decision.rule}"


# ---- the table


@pytest.mark.parametrize("one", PERMISSIONS.values(), ids=PERMISSIONS)
def test_every_permission_has_two_names_a_subject_and_starts_as_it_can_go(one: Permission) -> None:
    assert one.en
    assert not one.zh.isascii()
    assert one.subject in SUBJECTS
    assert one.scopes[0] is NONE
    assert list(one.scopes) == sorted(one.scopes, key=list(Scope).index)
    assert set(one.starts.values()) <= set(one.scopes)
    assert set(one.starts) <= {*SYSTEM, *PRESETS}
    assert one.rows
    if one.is_reserved or one.is_given_from_above:
        assert not one.starts


def test_every_subject_has_permissions_and_every_scope_two_names() -> None:
    assert {one.subject for one in PERMISSIONS.values()} == SUBJECTS.keys()
    assert SCOPES.keys() == set(Scope)


def holders(permission: str) -> set[str]:
    return {key for key in SYSTEM if PERMISSIONS[permission].start(key) is PERMISSIONS[permission].widest}


def test_roles_start_as_the_manual_says() -> None:
    """SPEC C5."""
    first, second, third, _ = SYSTEM
    assert holders("attendance.set") == {first, second}
    assert holders("attendance.view") == {first, second, third}
    assert holders("roles.manage") == holders("roles.give") == {first, second}
    for name in ("client_policy.set", "client_policy.view", "company.image", "company.domain", "chat.group_quota", "company.mailbox"):
        assert holders(name) == {first}
    for name in ("sms.account", "company.super_password", "company.first_password", "archive.read", "archive.export"):
        assert holders(name) == {first}


def test_the_company_administrator_has_everything() -> None:
    assert starting(COMPANY_ADMINISTRATOR) == {name: Grant(one.widest) for name, one in PERMISSIONS.items()}
    assert starting("custom") == {}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_guide_has_a_line_for_every_permission_and_a_column_for_every_role(language: str) -> None:
    zh = language.startswith("zh")
    lines = guide.markdown(language).splitlines()
    for name, one in PERMISSIONS.items():
        (line,) = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert (one.zh if zh else one.en) in line
        assert line.count("|") == 3 + len(SYSTEM) + len(PRESETS) + 2
    for key in (*SYSTEM, *PRESETS):
        assert sum(f"| {NAMES[key][zh]} |" in line for line in lines) == len(SUBJECTS)
    notes = ("仅企业管理员可授予", "不可授予") if zh else ("put into roles by company administrators alone", "never in another role")
    for name, note in zip(("client_policy.set", "company.image"), notes, strict=True):
        assert note in next(line for line in lines if line.startswith(f"| `{name}` |"))


# ---- what roles have


def test_only_what_differs_from_the_start_is_stored() -> None:
    ordinary = system_roles()[ORDINARY]
    wanted = {"chat.calls": Grant(), "chat.create_groups": Grant(Scope.SELF), "org.view": Grant(Scope.CHOSEN_UNITS, (LAB,))}
    kept = to_store(ordinary, wanted)
    assert kept == {"chat.calls": ("none", ()), "chat.create_groups": None, "org.view": ("chosen_units", (LAB,))}
    again = role_of(Stored(ORDINARY, "ordinary", "", "", "", {name: row for name, row in kept.items() if row is not None}))
    assert [again.grant(name) for name in wanted] == list(wanted.values())
    assert "chat.calls" not in again.grants


def test_stored_permissions_that_this_version_does_not_know_are_nothing() -> None:
    role = role_of(Stored(1, "custom", "", "X", "", {"fly.high": ("all", ()), "chat.calls": ("all", ()), "org.view": ("all", ())}))
    assert role.grants == {"org.view": Grant(Scope.ALL)}


def test_the_company_administrators_role_has_everything_whatever_is_stored() -> None:
    role = role_of(Stored(1, COMPANY_ADMINISTRATOR, "", "", "", {"org.view": ("none", ())}))
    assert role.grants == starting(COMPANY_ADMINISTRATOR)


def test_a_role_is_found_by_id_kind_and_name_in_either_language() -> None:
    roles = {**system_roles(), CUSTOM: Role(CUSTOM, "custom", name="Lab Head"), 201: Role(201, "custom", preset="staff", name="Clerks")}
    for words, id in (("普通成员", ORDINARY), ("ordinary MEMBER", ORDINARY), ("ordinary", ORDINARY), ("lab head", CUSTOM), ("clerks", 201)):
        assert naming.find(roles, words).id == id
    for words in ("staff", "custom", "nobody", "", "2"):
        with pytest.raises(RoleNotFound):
            naming.find(roles, words)
    with pytest.raises(RoleAmbiguous):
        naming.find({**roles, 202: Role(202, "custom", name="Clerks")}, "Clerks")


def test_roles_have_names_of_their_own_and_there_are_not_too_many() -> None:
    roles = system_roles()
    for name in ("Ordinary member", "企业管理员", "system_administrator"):
        with pytest.raises(RoleNameTaken):
            naming.check_name(roles, naming.new_role(name, "", "", {}))
    naming.check_name(roles, naming.new_role("", "staff", "", {}))
    with pytest.raises(PresetUnknown):
        naming.new_role("X", "king", "", {})
    with pytest.raises(RolesLimit):
        naming.check_room({id: Role(id, "custom") for id in range(naming.ROLES)})


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


# ---- nobody gives more than he holds (SPEC C1, C4, C5)


def put(picture: Picture, role: int, actor: int = LINA, **grants: Grant) -> type[YizhanError] | None:
    """What comes of putting these permissions into a role."""
    wanted = {name.replace("__", "."): grant for name, grant in grants.items()}
    try:
        check_put(picture, as_member(actor), picture.roles[role], wanted)
    except YizhanError as refused:
        return type(refused)
    return None


def give(picture: Picture, target: int, role: int, actor: int = LINA) -> type[YizhanError] | None:
    there = picture.org.person(target)
    assert there is not None
    try:
        check_give(picture, as_member(actor), there, picture.roles[role])
    except YizhanError as refused:
        return type(refused)
    return None


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


def test_the_invited_get_the_chosen_role_else_the_preset_for_them_else_an_ordinary_members() -> None:
    """SPEC C1."""
    roles = system_roles()
    assert naming.of_the_invited(roles, None).id == ORDINARY
    roles[CUSTOM] = role_of(Stored(CUSTOM, "custom", "invited", "Guests", "", {}))
    assert [naming.of_the_invited(roles, chosen).id for chosen in (None, 999, INFORMATION)] == [CUSTOM, CUSTOM, INFORMATION]


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


# ---- laws, over random companies

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
