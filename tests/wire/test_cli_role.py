"""Roles by command, without a server and beside one that is told of it (DESIGN 10)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from server.roles.permissions import PERMISSIONS
from tests.support.command import Command, Done
from tests.support.house import House
from yizhan import ProfileChanged

REACTION_SECONDS = 2.0


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    """A company with two members, Sales over North, and Lab."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na", "王伟"))
    for words in (["Sales"], ["Lab"], ["North", "--under", "Sales"]):
        done(command("org", "add", *words))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def listed(acme: Command, *words: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(done(acme("role", "list", "--json", *words)))}


def permitted(acme: Command, role: str) -> dict[str, tuple[str, list[str]]]:
    return {row["permission"]: (row["scope"], row["units"]) for row in json.loads(done(acme("role", "show", role, "--json")))}


def test_roles_are_listed_made_changed_and_deleted(acme: Command) -> None:
    assert listed(acme)["Ordinary member"]["members"] == 2
    assert "普通成员" in listed(acme, "--chinese")
    assert "added Lab head with 2 permissions" in done(
        acme("role", "add", "Lab head", "--permit", "org.manage=Lab; Sales/North", "--permit", "attendance.view=own_unit")
    )
    assert permitted(acme, "lab head") == {
        "org.manage": ("chosen_units", ["Acme / Sales / North", "Acme / Lab"]),
        "attendance.view": ("own_unit", []),
    }
    done(acme("role", "edit", "Lab head", "--name", "实验室主管", "--permit", "org.manage=none", "--description", "of the lab"))
    assert list(permitted(acme, "实验室主管")) == ["attendance.view"]
    assert listed(acme)["实验室主管"]["description"] == "of the lab"
    assert "View attendance" in done(acme("role", "show", "实验室主管"))
    done(acme("role", "edit", "实验室主管", "--permit", "attendance.view=none"))
    assert "permits nothing" in acme("role", "show", "实验室主管").stderr
    done(acme("role", "delete", "实验室主管"))
    assert "实验室主管" not in listed(acme)
    done(acme("role", "delete", "staff"))
    done(acme("role", "add", "--preset", "staff"))
    assert "Staff" in listed(acme)


def test_a_role_is_given_and_its_members_are_listed(acme: Command) -> None:
    done(acme("role", "give", "company_administrator", "10001"))
    assert [row["number"] for row in json.loads(done(acme("role", "show", "企业管理员", "--members", "--json")))] == ["10001"]
    assert "王伟" in done(acme("role", "show", "ordinary", "--members", "--limit", "5"))
    assert "nobody has the role staff" in acme("role", "show", "staff", "--members").stderr
    refused = acme("role", "give", "ordinary", "10001")
    assert (refused.returncode, "the last company administrator stays" in refused.stderr) == (1, True)


def test_who_gives_in_the_other_order_is_told_which_argument_is_which(acme: Command) -> None:
    for words, told in (
        (["10001", "Department manager"], "the role comes first: yizhan role give 'Department manager' 10001"),
        (["staff", "10009"], "here staff is the role, and 10009 the members by their account numbers"),
        (["king", "10001"], "here king is the role, and 10001 the members by their account numbers"),
    ):
        refused = acme("role", "give", *words)
        assert (refused.returncode, told in refused.stderr.splitlines()[1]) == (1, True), refused


def invited(acme: Command) -> str:
    (row,) = json.loads(done(acme("company", "show", "acme", "--json")))
    found: str = row["invited_role"]
    return found


def test_the_role_of_the_invited_is_chosen_shown_and_not_deleted(acme: Command) -> None:
    """SPEC C1."""
    assert invited(acme) == "Default role"
    done(acme("role", "add", "Guests"))
    done(acme("company", "set", "acme", "--invited-role", "guests"))
    assert invited(acme) == "Guests"
    refused = acme("role", "delete", "Guests")
    assert (refused.returncode, "--invited-role" in refused.stderr) == (1, True)
    for role, code in (("king", "role.not_found"), ("company_administrator", "role.not_for_invited")):
        refused = acme("company", "set", "acme", "--invited-role", role)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused
    assert invited(acme) == "Guests"
    done(acme("company", "set", "acme", "--invited-role", "default"))
    assert invited(acme) == "Default role"
    done(acme("role", "delete", "Guests"))
    done(acme("role", "delete", "invited"))
    assert invited(acme) == "Ordinary member"


def test_why_somebody_may_or_may_not_is_told_with_the_rule(acme: Command) -> None:
    done(acme("role", "give", "department_manager", "10001"))
    for number, unit in (("10001", "Sales"), ("10002", "Sales/North")):
        done(acme("org", "place", number, unit))
    told = done(acme("role", "explain", "10001", "org.manage", "--member", "10002"))
    assert told.splitlines() == [
        "10001 may: org.manage on 10002",
        "  the role has the permission as far as this [role]",
        "  role: Department manager; it has org.manage: own_unit_and_below",
    ]
    (row,) = json.loads(done(acme("role", "explain", "10001", "org.manage", "--unit", "Lab", "--json", "--chinese")))
    assert (row["allowed"], row["rule"], row["role"], row["on"]) == (False, "beyond_role", "部门经理", "Lab")
    assert "角色" in row["why"]
    assert "may not: roles.manage on the company" in done(acme("role", "explain", "10002", "roles.manage"))
    assert "may: chat.calls on 10002" in done(acme("role", "explain", "10002", "chat.calls"))


def test_what_cannot_be_is_said_with_its_reason(acme: Command) -> None:
    for words, reason in (
        (["delete", "ordinary"], "system roles are not deleted"),
        (["edit", "company_administrator", "--name", "King"], "the company administrator's role stays as it is"),
        (["edit", "ordinary", "--permit", "company.image=all"], "is the company administrator's alone"),
        (["edit", "ordinary", "--permit", "org.view=Hall"], "there is no such unit"),
        (["add", "Staff"], "there is a role Staff already"),
        (["give", "king", "10001"], "there is no such role"),
        (["give", "staff", "10009"], "there is no such member"),
        (["explain", "10009", "org.view"], "there is no such member"),
    ):
        refused = acme("role", *words)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused
    for words, reason in (
        (["edit", "ordinary", "--permit", "org.view"], "--permit is written PERMISSION=SCOPE, not org.view"),
        (["edit", "ordinary", "--permit", "org.fly=all"], "there is no permission org.fly"),
        (["edit", "ordinary", "--permit", "chat.calls=all"], "goes as far as one of none, self"),
        (["edit", "ordinary"], "say what is to change: --name / --permit / --description"),
        (["explain", "10001", "org.fly"], "there is no permission org.fly"),
    ):
        refused = acme("role", *words)
        assert (refused.returncode, reason in refused.stderr) == (2, True), refused
    assert acme("role", "explain", "10001", "org.view", "--unit", "Lab", "--member", "10002").returncode == 2


def test_the_table_of_permissions_is_printed_in_two_languages(acme: Command) -> None:
    assert "| `org.manage` | Manage units and members |" in done(acme("role", "permissions", "--markdown"))
    assert "| `org.manage` | 管理组织与成员 |" in done(acme("role", "permissions", "--chinese", "--markdown"))
    for words, title, meaning in (
        ([], "Organisation and members", "Manage units and members"),
        (["--chinese"], "组织与成员", "管理组织与成员"),
    ):
        lines = done(acme("role", "permissions", *words)).splitlines()
        (row,) = [line for line in lines if line.startswith("org.manage ")]
        assert title in lines
        assert meaning in row
        assert not any(mark in line for line in lines for mark in "|`#")
    assert [row["permission"] for row in json.loads(done(acme("role", "permissions", "--json")))] == list(PERMISSIONS)


async def test_whose_role_is_changed_by_another_process_is_told_in_his_running_session(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str
) -> None:
    """SPEC C3: within two seconds, on every device."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    wang = house.people["Wang"]
    async with house.client("Wang") as phone, house.client("Wang") as laptop:
        done(await asyncio.to_thread(command, "role", "give", "system_administrator", wang.number, "--company", "acme"))
        async with asyncio.timeout(REACTION_SECONDS):
            for device in (phone, laptop):
                changed = [event.member async for event in _first(device.events())]
                assert changed == [wang.member]


async def _first(events: Any) -> Any:
    """The first change of a profile that one is told of."""
    async for event in events:
        if isinstance(event, ProfileChanged):
            yield event
            return
