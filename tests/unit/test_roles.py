"""The permissions and roles that there are, how they begin, and how a role is named (SPEC C1 to C3)."""

import pytest

from server.roles import guide, naming
from server.roles.errors import PresetUnknown, RoleAmbiguous, RoleNameTaken, RoleNotFound, RolesLimit
from server.roles.grants import NAMES, Grant, Role, role_of, starting, to_store
from server.roles.permissions import NONE, PERMISSIONS, SCOPES, SUBJECTS, Permission, Scope
from storage.roles import COMPANY_ADMINISTRATOR, PRESETS, SYSTEM, Stored
from tests.support.roles import CUSTOM, INFORMATION, LAB, ORDINARY, system_roles

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


def test_the_invited_get_the_chosen_role_else_the_preset_for_them_else_an_ordinary_members() -> None:
    """SPEC C1."""
    roles = system_roles()
    assert naming.of_the_invited(roles, None).id == ORDINARY
    roles[CUSTOM] = role_of(Stored(CUSTOM, "custom", "invited", "Guests", "", {}))
    assert [naming.of_the_invited(roles, chosen).id for chosen in (None, 999, INFORMATION)] == [CUSTOM, CUSTOM, INFORMATION]
