"""Fields of the company's own by command: made, listed, filled in for a member, changed, deleted (SPEC B3)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command, Done


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    """A company with one member, 10001."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na"))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def listed(acme: Command, *words: str) -> list[Any]:
    found: list[Any] = json.loads(done(acme("member", "fields", *words, "--json")))
    return found


def values(acme: Command) -> dict[str, str]:
    return {row["name"]: row["value"] for row in listed(acme, "10001")}


def test_fields_are_made_listed_changed_and_deleted(acme: Command) -> None:
    assert "no fields of its own" in acme("member", "fields").stderr
    assert "yizhan member change NUMBER --field 'Locker=...'" in done(acme("member", "add-field", "Locker", "--kind", "number"))
    done(acme("member", "add-field", "T-shirt", "--choice", "S", "--choice", "M", "--required"))
    first, second = listed(acme)
    assert (first["name"], first["kind"], first["choices"], first["required"], first["sort"]) == ("Locker", "number", [], False, 1)
    assert (second["kind"], second["choices"], second["required"], second["sort"]) == ("choice", ["S", "M"], True, 2)
    done(acme("member", "change-field", "t-shirt", "--name", "Size", "--choice", "L", "--optional", "--sort", "1"))
    done(acme("member", "change-field", "Locker", "--sort", "2"))
    assert [(row["name"], row["choices"], row["required"]) for row in listed(acme)] == [("Size", ["L"], False), ("Locker", [], False)]
    assert "Size    choice  L" in done(acme("member", "fields"))
    done(acme("member", "delete-field", "Locker", "--yes"))
    assert [row["name"] for row in listed(acme)] == ["Size"]


def test_a_members_values_are_set_shown_and_taken_away(acme: Command) -> None:
    for name, kind in (("Locker", "number"), ("Since", "date")):
        done(acme("member", "add-field", name, "--kind", kind))
    assert values(acme) == {"Locker": "", "Since": ""}
    done(acme("member", "change", "10001", "--field", "locker=12", "--field", "Since=2024-05-01"))
    assert values(acme) == {"Locker": "12", "Since": "2024-05-01"}
    done(acme("member", "change", "10001", "--field", "Locker="))
    assert values(acme) == {"Locker": "", "Since": "2024-05-01"}


@pytest.mark.parametrize(
    ("value", "code"), [("Locker=twelve", "field.value_invalid"), ("Since=soon", "day.invalid"), ("Hat=1", "field.not_found")]
)
def test_of_a_change_with_a_wrong_value_nothing_is_done(acme: Command, value: str, code: str) -> None:
    for name, kind in (("Locker", "number"), ("Since", "date")):
        done(acme("member", "add-field", name, "--kind", kind))
    refused = acme("member", "change", "10001", "--title", "Pilot", "--field", value)
    assert (refused.returncode, code in refused.stderr) == (1, True), refused
    assert [row["title"] for row in json.loads(done(acme("member", "list", "--json")))] == [""]
    assert values(acme) == {"Locker": "", "Since": ""}
    acts = [json.loads(line) for line in done(acme("audit", "tail", "--act", "member.change", "--json")).splitlines()]
    assert [(one["outcome"], one["details"]["error"]) for one in acts] == [("refused", code)]


def test_fields_that_cannot_be_are_refused(acme: Command) -> None:
    done(acme("member", "add-field", "Locker"))
    for words, code in (
        (["add-field", "LOCKER"], "field.name_taken"),
        (["change-field", "Hat", "--sort", "1"], "field.not_found"),
        (["delete-field", "Hat", "--yes"], "field.not_found"),
        (["fields", "77777"], "member.not_found"),
        (["fields", "--company", "bolt"], "company.not_found"),
        (["change-field", "Locker", "--choice", "S"], "field.nothing_to_choose"),
    ):
        refused = acme("member", *words)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused
    for words in (
        ["add-field", "Size", "--kind", "choice"],
        ["add-field", "Size", "--kind", "text", "--choice", "S"],
        ["add-field", "Size", "--kind", "colour"],
        ["change-field", "Locker"],
        ["change-field", "Locker", "--name", " "],
    ):
        assert acme("member", *words).returncode == 2
    assert [row["name"] for row in listed(acme)] == ["Locker"]
