"""``yizhan contact outside`` and what companies settle of it, against a real server (SPEC H1)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command, Done
from tests.support.house import PASSWORD, House
from tests.support.wire import LITE

VCARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Ming\nTEL;TYPE=CELL:13800138000\nEND:VCARD\n"


class Shell:
    """Commands in a thread, as the people of the house or on its database."""

    def __init__(self, command: Command, house: House, folder: Path, database: str) -> None:
        self._command, self._house = command, house
        self._password = folder / "password"
        self._password.write_text(PASSWORD + "\n")
        command.environment = {"YIZHAN_SERVER__DATA": str(folder), "YIZHAN_DATABASE__URL": database}

    async def tried(self, name: str, *words: str) -> Done:
        who = ("--as", self._house.people[name].number, "--url", self._house.url, "--password-file", str(self._password))
        return await asyncio.to_thread(self._command, "contact", "outside", *words, *who)

    async def as_(self, name: str, *words: str) -> str:
        return done(await self.tried(name, *words))

    async def rows(self, name: str, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(await self.as_(name, *words, "--json"))
        return found

    async def company(self, *words: str) -> Done:
        return await asyncio.to_thread(self._command, "company", *words)


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], house: House, tmp_path: Path, database: str) -> Shell:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Shell(Command(monkeypatch, capsys), house, tmp_path, database)


@LITE
async def test_outside_contacts_are_asked_accepted_and_kept_from_the_shell(shell: Shell, house: House, tmp_path: Path) -> None:
    smith = house.people["Smith"].number
    (tmp_path / "contacts.vcf").write_text(VCARD)
    assert "has no outside contacts" in (await shell.tried("Li Na", "list")).stderr
    await shell.as_("Li Na", "ask", smith, "--words", "hello", "--remark", "Smithy")
    await shell.as_("Li Na", "bring", str(tmp_path / "contacts.vcf"))
    mine = await shell.rows("Li Na", "requests", "--mine")
    assert {(row["address"], row["state"], row["remark"]) for row in mine} == {
        (smith, "waiting", "Smithy"),
        ("13800138000", "waiting", "Ming"),
    }
    (asked,) = await shell.rows("Smith", "requests")
    assert (asked["name"], asked["company"], asked["words"]) == ("Li Na", "acme", "hello")
    await shell.as_("Smith", "accept", "Li Na", "--remark", "Nana")
    assert "Smithy" in await shell.as_("Li Na", "list")
    await shell.as_("Li Na", "remark", "Smithy", "Smith of Globex")
    assert [row["remark"] for row in await shell.rows("Li Na", "list")] == ["Smith of Globex"]
    await shell.as_("Li Na", "withdraw", "13800138000")
    await shell.as_("Li Na", "remove", "Smith of Globex")
    assert await shell.rows("Smith", "list") == []
    await shell.as_("Li Na", "ask", smith)
    await shell.as_("Smith", "refuse", "Li Na", "--block")
    assert [(row["name"], row["blocked"], row["ended"]) for row in await shell.rows("Smith", "list")] == [("Li Na", True, True)]
    unknown = await shell.tried("Li Na", "accept", "nobody")
    assert (unknown.returncode, "outside.request_not_found" in unknown.stderr) == (1, True)
    unknown = await shell.tried("Li Na", "block", "nobody")
    assert (unknown.returncode, "member.not_found" in unknown.stderr) == (1, True)


@LITE
async def test_who_is_blocked_or_reported_and_what_a_company_settles(shell: Shell, house: House) -> None:
    await shell.as_("Li Na", "ask", house.people["Smith"].number)
    await shell.as_("Smith", "accept", "Li Na", "--remark", "Nana")
    await shell.as_("Smith", "block", "Nana")
    assert (await shell.rows("Smith", "list"))[0]["blocked"] is True
    await shell.as_("Smith", "unblock", "Nana")
    await shell.as_("Smith", "report", "Nana", "--reason", "spam", "--words", "advertisements")
    reports = json.loads(done(await shell.company("reports", "globex", "--json")))
    assert [(row["by"], row["name"], row["company"], row["reason"], row["words"]) for row in reports] == [
        ("Smith", "Li Na", "acme", "spam", "advertisements")
    ]
    assert "nobody was reported" in (await shell.company("reports", "acme")).stderr
    done(await shell.company("set", "globex", "--no-outside"))
    (settled,) = json.loads(done(await shell.company("show", "globex", "--json")))
    assert settled["outside_contacts"] is False
    refused = await shell.tried("Smith", "ask", "10002")
    assert (refused.returncode, "outside.off" in refused.stderr) == (1, True)
