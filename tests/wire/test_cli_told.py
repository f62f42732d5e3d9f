"""What the commands print of what is there: JSON in one shape, an audit trail for people, what a change was from and to."""

import io
import json
import re
from pathlib import Path

import pytest

from tests.support.command import Command, Done
from tests.support.commands import leaves, options_of

AN_ID = re.compile(r"\b(?=\w*[A-Z])(?=\w*[a-z])\w{10}\b", re.ASCII)
STREAMS = {("tail",), ("audit", "tail"), ("presence", "watch")}
"""They may go on: an object a line."""
BY_THE_SDK = {("say",), ("contact",)}
CALLS = {
    ("check",): (),
    ("config", "show"): (),
    ("config", "doc"): (),
    ("company", "add"): ("bolt", "--name", "Bolt"),
    ("company", "list"): (),
    ("company", "show"): ("acme",),
    ("company", "segments"): ("acme",),
    ("company", "free-numbers"): ("acme",),
    ("company", "profile"): ("acme",),
    ("company", "reports"): ("acme",),
    ("member", "add"): ("Emma", "--company", "acme"),
    ("member", "add-robot"): ("Build", "--company", "acme"),
    ("member", "list"): ("--company", "acme"),
    ("member", "reset-password"): ("10002",),
    ("member", "activate"): ("10003",),
    ("member", "disable"): ("10002",),
    ("member", "enable"): ("10002",),
    ("member", "move"): ("10001", "--to", "Sales"),
    ("member", "scope"): ("10001",),
    ("member", "fields"): ("--company", "acme"),
    ("member", "notify"): ("10001", "--text", "Hi"),
    ("org", "tree"): ("--company", "acme"),
    ("org", "import"): ("staff.csv", "--dry-run", "--company", "acme"),
    ("org", "workbooks"): ("--company", "acme"),
    ("visibility", "rules"): ("--company", "acme"),
    ("visibility", "fields"): ("--company", "acme"),
    ("role", "list"): ("--company", "acme"),
    ("role", "show"): ("staff", "--company", "acme"),
    ("role", "permissions"): (),
    ("role", "explain"): ("10001", "chat.calls"),
    ("sessions", "list"): ("10001",),
    ("demo",): (),
}


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_GATEWAY__PORT": "0"}
    (tmp_path / "staff.csv").write_text("Name,Units,Phone\nZhao,Acme,13800138000\n", encoding="utf-8")
    for words in (
        ["migrate"],
        ["company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"],
        ["member", "add", "Li Na", "王伟"],
        ["member", "add", "Mei", "--draft"],
        ["org", "add", "Sales"],
        ["org", "place", "10001", "Sales"],
    ):
        done(command(*words))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def test_json_is_one_list_with_an_object_a_line_whatever_the_command(acme: Command, tmp_path: Path) -> None:
    """Those that talk to a server are printed by the same two functions, and read so by their own tests."""
    with_json = {words for words, found in leaves().items() if "--json" in options_of(found)}
    assert {words for words in with_json - STREAMS if words[:1] not in BY_THE_SDK} == set(CALLS)
    for words, rest in CALLS.items():
        apart = {"YIZHAN_SERVER__DATA": str(tmp_path / "demo")} if words == ("demo",) else None  # its numbers would be acme's
        result = acme(*words, *rest, "--json", folder=tmp_path, environment=apart)
        assert result.stdout, (words, result)
        told, rows = result.stdout, json.loads(result.stdout)
        assert isinstance(rows, list), words
        assert all(isinstance(row, dict) for row in rows), words
        lines = told.splitlines()
        assert lines == (["[]"] if not rows else [*lines[: len(rows)], "]"]), words
        assert [json.loads(line[1:]) for line in lines[: len(rows)]] == rows, words


# ---- the audit trail


def test_the_trail_names_whom_and_what_and_ids_are_for_programs(acme: Command) -> None:
    done(acme("org", "head", "Sales", "10001"))
    done(acme("member", "add-to-unit", "10001", "10002", "--unit", "Sales"))
    done(acme("role", "give", "staff", "10001", "10002"))
    done(acme("member", "activate", "10003"))
    told = done(acme("audit", "tail", "--limit", "100"))
    assert "Li Na (10001): '' → first" in told
    assert "members: Li Na (10001), 王伟 (10002)  role: Staff" in told, "two are no change"
    assert "unit: Acme / Sales" in told
    assert not AN_ID.search(told), told
    assert AN_ID.search(done(acme("audit", "tail", "--limit", "100", "--json")))


def test_a_refused_attempt_on_a_number_tells_whose_it_is(acme: Command) -> None:
    assert acme("org", "head", "Sales", "10002").returncode == 1
    (line,) = done(acme("audit", "tail", "--act", "unit.first_head")).splitlines()
    assert "unit.first_head refused  unit: Acme / Sales  member: 王伟 (10002)  error: member.not_in_unit" in line


def test_the_trail_has_the_time_of_the_company_with_its_zone(acme: Command) -> None:
    for zone, offset in (("Asia/Kolkata", "+0530"), ("Asia/Tokyo", "+0900")):
        done(acme("company", "set", "acme", "--time-zone", zone))
        *_, line = done(acme("audit", "tail")).splitlines()
        assert re.match(rf"\d+  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {re.escape(offset)}  ", line), line


# ---- others


def test_what_is_settled_is_told_from_and_to(acme: Command) -> None:
    settled = done(acme("company", "set", "acme", "--seats", "500", "--expires", "2090-06-30", "--no-outside"))
    assert settled.splitlines() == ["seats: 100 -> 500", "expires: none -> 2090-07-01 00:00", "outside contacts: yes -> no"]
    assert done(acme("company", "set", "acme", "--seats", "500")) == "it is so already: nothing changed\n"


def test_a_first_password_comes_from_standard_input_and_is_never_asked_for_where_nobody_is(
    acme: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("blue horizon 77\n"))
    assert "one for all" in done(acme("company", "set", "acme", "--first-password-file", "-"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    refused = acme("company", "set", "acme", "--first-password")
    assert (refused.returncode, "--first-password-file" in refused.stderr, "Warning" in refused.stderr) == (2, True, False)


def test_an_explanation_in_chinese_is_chinese_from_end_to_end(acme: Command) -> None:
    for words in (["10001", "org.manage", "--member", "10002"], ["10001", "roles.manage"], ["10001", "chat.calls"]):
        for line in done(acme("role", "explain", *words, "--chinese")).splitlines():
            plain = re.sub(r"\([a-z_.]+\)|\[[a-z_]+\]|10001|10002", "", line)
            assert not re.search("[A-Za-z]", plain), line


def test_a_members_tree_needs_no_company_where_there_are_several(acme: Command) -> None:
    done(acme("company", "add", "bolt", "--name", "Bolt"))
    assert "· Li Na" in done(acme("org", "tree", "--as", "10001"))
    assert acme("org", "tree", "--as", "10001", "--company", "bolt").returncode == 1


def test_a_file_is_written_as_its_name_says_or_not_at_all(acme: Command, tmp_path: Path) -> None:
    for words, begins in (
        (("org", "export", "all.xlsx"), b"PK"),
        (("org", "export", "ALL.CSV"), b"\xef\xbb\xbf"),
        (("org", "template", "empty.xlsx"), b"PK"),
    ):
        done(acme(*words, folder=tmp_path))
        assert (tmp_path / words[-1]).read_bytes().startswith(begins), words
    for wrong in (
        ("org", "export", "all.txt"),
        ("org", "export", "all"),
        ("org", "template", "empty.csv"),
        ("org", "workbook", "x", "w.csv"),
    ):
        assert acme(*wrong, folder=tmp_path).returncode == 2
        assert not (tmp_path / wrong[-1]).exists()
