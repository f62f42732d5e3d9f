"""The organisation tree by command: on a database of either kind, without a server (DESIGN 10)."""

import json
from typing import Any

import pytest

from tests.support.command import Command, Done


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any, database: str) -> Command:
    """A company with two members."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na", "王伟"))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def drawn(acme: Command) -> list[str]:
    return done(acme("org", "tree")).splitlines()


def grow(acme: Command) -> None:
    for words in (["Sales"], ["Lab"], ["North", "--under", "Sales", "--kind", "team"], ["South", "--under", "Acme/Sales"]):
        done(acme("org", "add", *words))


def test_a_tree_is_grown_moved_and_drawn(acme: Command) -> None:
    grow(acme)
    done(acme("org", "place", "10001", "Sales/North", "Lab"))
    assert drawn(acme) == ["Acme  0 of 1", "├─ Sales  0 of 1", "│  ├─ North  1", "│  └─ South  0", "└─ Lab  1"]
    done(acme("org", "move", "Lab", "--before", "Sales"))
    done(acme("org", "move", "South", "--under", "/"))
    done(acme("org", "rename", "South", "客服"))
    done(acme("org", "move", "Sales", "--under", "Lab"))
    assert drawn(acme) == ["Acme  0 of 1", "├─ Lab  1", "│  └─ Sales  0 of 1", "│     └─ North  1", "└─ 客服  0"]
    assert [row["path"] for row in json.loads(done(acme("org", "tree", "--json")))] == [
        *("Acme", "Acme / Lab", "Acme / Lab / Sales", "Acme / Lab / Sales / North", "Acme / 客服"),
    ]


def test_units_and_members_are_hidden_and_units_disabled(acme: Command) -> None:
    grow(acme)
    done(acme("org", "hide", "Lab"))
    done(acme("org", "disable", "Sales"))
    assert "Lab  0  hidden" in drawn(acme)[-1]
    assert "Sales  0  disabled" in drawn(acme)[1]
    assert acme("org", "place", "10001", "North").returncode == 1
    done(acme("org", "enable", "Sales"))
    done(acme("org", "show", "Lab"))
    assert drawn(acme)[-1] == "└─ Lab  0"
    assert "10001 is hidden" in done(acme("org", "hide", "--member", "10001"))
    assert acme("org", "hide").returncode == 2
    assert acme("org", "hide", "Lab", "--member", "10001").returncode == 2


def test_what_cannot_be_is_said_with_its_reason(acme: Command) -> None:
    grow(acme)
    done(acme("org", "add", "North", "--under", "Lab"))
    for words, reason in (
        (["delete", "Hall"], "there is no such unit"),
        (["delete", "North"], "several units are called North"),
        (["move", "Sales", "--under", "Sales/North"], "cannot be put below itself"),
        (["add", "LAB"], "there is a unit LAB in the same place already"),
        (["head", "Lab", "10001"], "is not a member of Lab"),
    ):
        refused = acme("org", *words)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused
    assert "units deleted: 3" in done(acme("org", "delete", "Sales"))


def test_a_head_who_goes_names_a_successor(acme: Command) -> None:
    grow(acme)
    for number in ("10001", "10002"):
        done(acme("org", "place", number, "Lab"))
    done(acme("org", "head", "Lab", "10001"))
    refused = acme("member", "delete", "10001", "--yes")
    assert (refused.returncode, "name the next first head of Lab" in refused.stderr) == (1, True)
    assert acme("member", "delete", "10001", "--yes", "--successor", "10002").returncode == 2
    done(acme("member", "delete", "10001", "--yes", "--successor", "Lab=10002", "--reason", "left"))
    assert [row["name"] for row in json.loads(done(acme("member", "list", "--json")))] == ["王伟"]
    assert "told this once" in done(acme("member", "reassign", "10001", "Emma"))
    assert [row["name"] for row in json.loads(done(acme("member", "list", "--json")))] == ["Emma", "王伟"]


def test_a_draft_is_added_and_activated(acme: Command) -> None:
    (added,) = json.loads(done(acme("member", "add", "Mei", "--draft", "--json")))
    assert added == {"number": "10003", "name": "Mei", "first_password": ""}
    assert "told this once" in done(acme("member", "activate", "10003"))
    again = acme("member", "activate", "10003")
    assert (again.returncode, "Mei is active" in again.stderr) == (1, True)
