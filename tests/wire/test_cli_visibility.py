"""Rules between units, privacy of fields and the audit trail by command (DESIGN 10)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ROOT, Command, Done


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    """Li Na in Sales, Wang in the Lab."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na", "Wang"))
    for number, unit in (("10001", "Sales"), ("10002", "Lab")):
        done(command("org", "add", unit))
        done(command("org", "place", number, unit))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def rules(acme: Command) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(done(acme("visibility", "rules", "--json")))}


def test_a_rule_between_units_is_made_changed_and_deleted(acme: Command) -> None:
    assert "there is no rule" in acme("visibility", "rules").stderr
    assert "Apart is in force" in done(acme("visibility", "add-rule", "Apart", "--bound", "Sales", "--exempted", "10002", "--may-search"))
    made = rules(acme)["Apart"]
    assert (made["kind"], made["bound"], made["exempted"], made["may_search"]) == ("other_units", ["Acme / Sales"], ["10002"], True)
    assert "Wang" not in done(acme("org", "tree", "--as", "10001"))
    done(acme("visibility", "change-rule", "apart", "--exempted", "-", "--white-list", "Lab", "--no-search"))
    assert (rules(acme)["Apart"]["white_list"], rules(acme)["Apart"]["exempted"]) == (["Acme / Lab"], [])
    assert "Wang" in done(acme("org", "tree", "--as", "10001"))
    assert "Apart is off" in done(acme("visibility", "change-rule", "Apart", "--off"))
    assert "Apart" in done(acme("visibility", "rules"))
    done(acme("visibility", "delete-rule", "Apart"))
    assert rules(acme) == {}


def test_what_cannot_be_is_said_with_its_reason(acme: Command) -> None:
    for words, reason in (
        (["add-rule", "Apart", "--bound", "Hall"], "there is no such unit"),
        (["add-rule", "Apart", "--bound", "99999"], "there is no such member"),
        (["delete-rule", "Apart"], "there is no such rule"),
        (["field", "shoe", "hidden"], "there is no such field"),
    ):
        refused = acme("visibility", *words)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused
    for words, reason in (
        (["add-rule", "Apart"], "--bound is missing"),
        (["add-rule", "Apart", "--kind", "some", "--bound", "Sales"], "some is not one of other_units, nobody, hide"),
        (["add-rule", "Apart", "--kind", "hide", "--bound", "Sales", "--may-write"], "--kind hide / --may-write"),
        (["change-rule", "Apart"], "say what is to change: --name"),
        (["field", "phone", "sometimes"], "sometimes is not one of shown, own_unit, hidden"),
    ):
        refused = acme("visibility", *words)
        assert (refused.returncode, reason in refused.stderr) == (2, True), refused


def test_who_is_shown_a_field_is_said_and_listed(acme: Command) -> None:
    assert "phone and mail are shown to nobody" in acme("visibility", "fields").stderr
    done(acme("visibility", "field", "phone", "own_unit"))
    assert json.loads(done(acme("visibility", "fields", "--json"))) == [{"field": "phone", "shown": "own_unit"}]


# ---- the audit trail


def trail(acme: Command, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(acme("audit", "tail", "--json", *words)).splitlines()]


def test_the_trail_is_shown_filtered_and_page_by_page(acme: Command) -> None:
    acme("org", "delete", "Hall")
    *_, last = trail(acme)
    assert (last["act"], last["outcome"], last["details"]["error"]) == ("unit.delete", "refused", "unit.not_found")
    added = trail(acme, "--act", "unit.add")
    assert [one["details"]["path"] for one in added] == ["Acme / Sales", "Acme / Lab"]
    assert [one["act"] for one in trail(acme, "--before", str(added[0]["id"]), "--limit", "1")] == ["member.add"]
    assert "there is no such entry" in acme("audit", "tail", "--actor", "Nobody").stderr
    shown = done(acme("audit", "tail", "--act", "unit.delete"))
    assert "(operator)  unit.delete refused" in shown
    assert "from: command line" in shown
    assert acme("audit", "tail", "--follow", "--before", "7").returncode == 2


def test_the_trail_is_followed_as_it_grows(acme: Command) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")} | dict(acme.environment)
    line = [sys.executable, "-m", "server", "audit", "tail", "--follow", "--json", "--limit", "1", "--act", "unit."]
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        try:
            assert json.loads(following.stdout.readline())["details"]["path"] == "Acme / Lab"
            done(acme("org", "add", "Hall"))
            assert json.loads(following.stdout.readline())["details"]["path"] == "Acme / Hall"
        finally:
            following.send_signal(signal.SIGINT)
    assert following.returncode == 130
