"""Which permission each administrative act and look asks for, and who has it at the start: written from SPEC, not from ``acts.ACTS``.

The acts themselves are held against ``ACTS`` (``tests/service/test_every_act_asks_for_permission.py``), so a wrong line of that table is
found here alone. Where SPEC names nobody (C5: 'all other entries are ours') the entry follows the row that the act delivers.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest

from server.roles.acts import ACTS, OPERATOR
from server.roles.grants import starting
from server.roles.permissions import PERMISSIONS
from server.roles.permissions import Scope as As

COMPANY, SYSTEM, INFORMATION, ORDINARY = "company_administrator", "system_administrator", "information_administrator", "ordinary"
DEPARTMENT, GENERAL, STAFF, INVITED = "department_manager", "general_manager", "staff", "invited"
EVERYBODY = (COMPANY, SYSTEM, INFORMATION, ORDINARY, DEPARTMENT, GENERAL, STAFF, INVITED)


class Line(NamedTuple):
    """``starts``: who has the permission at the start, and how far."""

    permission: str
    starts: Mapping[str, As]
    acts: tuple[str, ...]


def far(*roles: str, below: str = "") -> dict[str, As]:
    """As far as there is; ``below``: who has it over the own unit and what is below."""
    return dict.fromkeys(roles, As.ALL) | ({below: As.OWN_UNIT_AND_BELOW} if below else {})


TABLE = (
    # A1: companies, seats, expiry and suspension are the operator's; number segments are handed out by him (B3)
    Line(OPERATOR, {}, ("company.create", "company.list", "company.seats", "company.expiry", "company.suspend", "segment.add")),
    # A1, C1: the company's profile and what it settles for itself
    Line("company.profile", far(COMPANY, SYSTEM), ("company.profile",)),
    Line(
        "company.settings",
        far(COMPANY, SYSTEM),
        ("company.show", "company.limits", "company.needs_phone_or_mail", "company.time_zone", "company.outside"),
    ),
    # C5: 'passwords of A2 and A4: company administrator at first'
    Line("company.first_password", far(COMPANY), ("company.first_password",)),
    Line("chat.outside_view", far(COMPANY, SYSTEM), ("outside.reports",)),  # H1, H2: what members have to do with outsiders
    # S4: whatever signs in by a token
    Line("company.programs", far(COMPANY), ("robot.add",)),
    # D2, D5
    Line("sign_in.rules", far(COMPANY, SYSTEM), ("company.device_policy",)),
    Line("sign_in.password", far(COMPANY, SYSTEM), ("member.reset_password",)),  # B8
    Line("sign_in.sessions", far(COMPANY, SYSTEM), ("session.list", "session.end")),  # D2: 'the administrator ends any'
    # B1, B8: looking at the tree
    Line(
        "org.view",
        far(COMPANY, SYSTEM, INFORMATION, GENERAL, below=DEPARTMENT),
        ("unit.list", "member.list", "field.list", "field.list_values", "org.seen"),
    ),
    # B1, B2, B3, B5, B8, B9: units, members, heads, drafts; numbers are offered to who adds members
    Line(
        "org.manage",
        far(COMPANY, SYSTEM, GENERAL, below=DEPARTMENT),
        (
            *(
                "unit.add",
                "unit.rename",
                "unit.describe",
                "unit.move",
                "unit.disable",
                "unit.enable",
                "unit.first_head",
                "unit.other_heads",
            ),
            *("member.add", "member.activate", "member.change", "member.disable", "member.enable", "member.welcome", "member.notice"),
            *("member.place", "member.move", "member.add_to_unit", "member.sort", "number.offer", "segment.list"),
        ),
    ),
    # B1, B4: what does not come back
    Line("org.delete", far(COMPANY, SYSTEM), ("unit.delete", "member.delete", "number.reassign")),
    # B3: it bounds what permissions reach, so whoever sets it says how far others get
    Line("org.scope", far(COMPANY, SYSTEM), ("member.scope", "member.list_scope")),
    # B6, B9: who sees whom and what of him; a company's own fields are shown or hidden, too
    Line(
        "org.visibility",
        far(COMPANY, SYSTEM),
        (
            *("member.hide", "member.show", "unit.hide", "unit.show"),
            *("unit_rule.list", "unit_rule.add", "unit_rule.change", "unit_rule.delete"),
            *("field.add", "field.change", "field.delete", "field.list_privacy", "field.privacy"),
        ),
    ),
    # B7
    Line(
        "org.import",
        far(COMPANY, SYSTEM),
        ("roster.template", "roster.check", "roster.import", "roster.workbook", "roster.workbooks"),
    ),
    Line("org.export", far(COMPANY, SYSTEM), ("roster.export",)),
    # C1: 'custom roles, made by company and system administrators'; C3, C5: 'role changes: company, system administrator'
    Line("roles.manage", far(COMPANY, SYSTEM), ("role.add", "role.edit", "role.delete", "company.invited_role")),
    Line("roles.give", far(COMPANY, SYSTEM), ("role.give",)),
    Line("roles.view", far(COMPANY, SYSTEM), ("role.list", "role.members", "role.explain")),
    # L8
    Line("archive.audit", far(COMPANY), ("audit.read",)),
)

# C5 and what belongs to it, whether there is an act for it yet or not
SAID_BY_C5: Mapping[str, tuple[str, ...]] = {
    "attendance.set": (COMPANY, SYSTEM),
    "client_policy.set": (COMPANY,),
    "client_policy.view": (COMPANY,),
    "company.image": (COMPANY,),
    "company.domain": (COMPANY,),
    "chat.group_quota": (COMPANY,),
    "company.mailbox": (COMPANY,),
    "sms.account": (COMPANY,),
    "company.super_password": (COMPANY,),
    "company.first_password": (COMPANY,),
}


def wrong_lines(acts: Mapping[str, str]) -> Iterator[str]:
    """The acts that ask for another permission than here, that are missing, or that are not here."""
    meant = {act: line.permission for line in TABLE for act in line.acts}
    return (act for act in sorted(acts.keys() | meant.keys()) if acts.get(act) != meant.get(act))


def test_each_act_stands_here_once() -> None:
    there = [act for line in TABLE for act in line.acts]
    assert len(there) == len(set(there))


def test_every_act_asks_for_the_permission_that_spec_says() -> None:
    assert list(wrong_lines(ACTS)) == []


def has(role: str, permission: str) -> As:
    grant = starting(role).get(permission)
    return As.NONE if grant is None else grant.scope


@pytest.mark.parametrize("line", [line for line in TABLE if line.permission != OPERATOR], ids=lambda line: line.permission)
def test_what_an_act_asks_for_is_held_at_the_start_by_whom_spec_says(line: Line) -> None:
    assert {role: has(role, line.permission) for role in EVERYBODY if has(role, line.permission) is not As.NONE} == line.starts


@pytest.mark.parametrize("permission", SAID_BY_C5)
def test_the_starting_permissions_of_c5(permission: str) -> None:
    assert {role for role in EVERYBODY if has(role, permission) is not As.NONE} == set(SAID_BY_C5[permission])


def test_attendance_is_viewed_by_three_administrators_and_by_heads_and_oneself() -> None:
    """C5 and B2: everybody sees his own, a head what he heads."""
    assert {role for role in EVERYBODY if has(role, "attendance.view") is As.ALL} >= {COMPANY, SYSTEM, INFORMATION}
    assert [has(role, "attendance.view") for role in (ORDINARY, STAFF, INVITED)] == [As.SELF] * 3
    assert PERMISSIONS["attendance.view"].by_headship


def test_who_alone_gives_and_what_nobody_gives() -> None:
    """C5: client policy is put into roles by company administrators alone; image and domain are in nobody else's role, ever."""
    assert {name for name, one in PERMISSIONS.items() if one.is_given_from_above} == {"client_policy.view", "client_policy.set"}
    assert {name for name, one in PERMISSIONS.items() if one.is_reserved} == {"company.image", "company.domain"}


# ---- planted faults


@pytest.mark.parametrize("act", ACTS)
def test_a_line_that_asks_for_anything_else_is_found(act: str) -> None:
    """Any other permission, the operator's instead of one, one instead of the operator's, and a line that is gone."""
    for other in {*PERMISSIONS, OPERATOR} - {ACTS[act]}:
        assert list(wrong_lines({**ACTS, act: other})) == [act], other
    assert list(wrong_lines({name: permission for name, permission in ACTS.items() if name != act})) == [act]


def test_a_line_that_is_added_without_being_thought_about_is_found() -> None:
    assert list(wrong_lines({**ACTS, "tea.boil": "org.view"})) == ["tea.boil"]


@pytest.mark.parametrize(("act", "lesser"), [("member.delete", "org.manage"), ("role.give", "roles.view"), ("audit.read", "org.view")])
def test_a_lesser_permission_in_the_table_is_found(act: str, lesser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTS, act, lesser)
    with pytest.raises(AssertionError):
        test_every_act_asks_for_the_permission_that_spec_says()
