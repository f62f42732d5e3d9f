"""``yizhan org tree --as``: what a member sees of the tree, and whom; the look has its entry."""

import json
from pathlib import Path

import pytest

from tests.support.command import Command, Done


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    """Li Na in Sales / North, Wang in the Lab, and Zhao, who is hidden, in Sales."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na", "Wang", "Zhao"))
    for words in (["Sales"], ["North", "--under", "Sales"], ["Lab"]):
        done(command("org", "add", *words))
    for words in (["10001", "Sales/North"], ["10002", "Lab"], ["10003", "Sales"]):
        done(command("org", "place", *words))
    done(command("org", "hide", "--member", "10003"))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def test_a_hidden_member_is_in_his_own_tree_alone(acme: Command) -> None:
    theirs = ["Acme  2", "   Sales  1", "      North  1", "         · Li Na", "   Lab  1", "      · Wang"]
    assert done(acme("org", "tree", "--as", "10002")).splitlines() == theirs
    assert "· Zhao" in done(acme("org", "tree", "--as", "10003"))


def test_it_is_given_for_programs_too(acme: Command) -> None:
    rows = json.loads(done(acme("org", "tree", "--as", "10001", "--json")))
    assert [(row["name"], row["depth"], row["count"], [one["name"] for one in row["members"]]) for row in rows] == [
        ("Acme", 0, 2, []),
        ("Sales", 1, 1, []),
        ("North", 2, 1, ["Li Na"]),
        ("Lab", 1, 1, ["Wang"]),
    ]


def test_who_is_disabled_sees_nothing_and_who_is_unknown_is_said_to_be(acme: Command) -> None:
    done(acme("member", "disable", "10002", "--reason", "left"))
    assert done(acme("org", "tree", "--as", "10002")) == "sees nothing of the tree\n"
    assert "member.not_found" in acme("org", "tree", "--as", "99999").stderr
