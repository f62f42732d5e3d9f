"""``yizhan contact`` against a real server: what a member keeps of others, as he would in a client."""

import json
from pathlib import Path

import pytest

from tests.support.command import Command, Done, address_of, serving


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def test_contacts_and_groups_are_kept_from_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "data")}
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(tmp_path / "data", "--demo", "--port=0") as server:
        who = ("--as", "10001", "--url", address_of(server))

        def run(*words: str) -> str:
            return done(command("contact", *words, *who))

        def rows(*words: str) -> list[dict[str, object]]:
            found: list[dict[str, object]] = json.loads(run(*words, "--json"))
            return found

        assert rows("list") == []
        run("add", "10002", "--remark", "老王")
        run("add", "10003")
        names = [str(row["name"]) for row in rows("list")]
        run("move", names[1], "--before", "老王")
        run("group", "make", "午饭")
        run("group", "make", "Golf")
        run("group", "rename", "Golf", "Chess")
        run("group", "move", "Chess", "--before", "午饭")
        for name in names:
            run("group", "put", "午饭", name)
        run("group", "put", "午饭", names[1], "--before", names[0])
        groups = [(row["name"], row["contacts"]) for row in rows("group", "list")]
        assert groups == [("Chess", []), ("午饭", [names[1], names[0]])]
        assert [(row["name"], row["groups"]) for row in rows("list")] == [(names[1], ["午饭"]), (names[0], ["午饭"])]
        run("group", "take-out", "午饭", names[1])
        run("group", "delete", "Chess")
        run("remove", names[1])
        assert [row["name"] for row in rows("group", "list")] == ["午饭"]
        assert "老王" in run("list")
        done(command("member", "disable", "10002", "--reason", "leave"))
        assert "已停用" in run("list", "--chinese")
        assert "disabled" in run("list")
        assert [row["state"] for row in rows("list")].count("disabled") == 1
        everybody = [row["name"] for row in rows("directory")]
        assert names[1] in everybody
        assert names[0] not in everybody, "who is disabled is in no list"
        assert names[1] not in [row["name"] for row in rows("directory", "--which", "online")]
        assert rows("directory", "--which", "followers", "--letter", "q") == []
        assert rows("recent", "--limit", "3") is not None
        unknown = command("contact", "add", "99999", *who)
        assert (unknown.returncode, "member.not_found" in unknown.stderr) == (1, True)
        assert "contact_group.not_found" in command("contact", "group", "delete", "nobody's", *who).stderr
