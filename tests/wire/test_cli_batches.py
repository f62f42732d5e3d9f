"""Many members by command: where one is refused nothing is done, and a first password that was shown holds, come what may (SPEC A4, B5)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.accounts import codes
from storage import accounts
from storage.engine import connect
from storage.work import Read
from tests.conftest import LOOP
from tests.support.command import ROOT, Command, Done


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    """A company with three members, 10001 to 10003."""
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    done(command("company", "add", "acme", "--name", "Acme Ltd"))
    done(command("member", "add", "Li Na", "王伟", "赵敏"))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def states(acme: Command) -> dict[str, str]:
    return {row["number"]: row["state"] for row in json.loads(done(acme("member", "list", "--company", "acme", "--json")))}


def outcomes(result: Done) -> list[tuple[str, str, str]]:
    return [(row["number"], row["outcome"], row["error"]) for row in json.loads(result.stdout)]


@pytest.mark.parametrize("command", ["disable", "enable", "reset-password", "activate"])
def test_who_is_refused_is_named_and_nothing_is_done(acme: Command, command: str) -> None:
    done(acme("member", "add", "Draft", "--draft"))
    fit, unfit = ("10004", "10002") if command == "activate" else ("10002", "10004")
    before = states(acme)
    whos = [fit, "77777", "88888"] if command == "reset-password" else [fit, unfit, "77777"]
    text, told = acme("member", command, *whos), acme("member", command, *whos, "--json")
    assert (text.returncode, text.stdout, told.returncode) == (1, "", 1)
    assert "77777: there is no such member [member.not_found]\n" in text.stderr
    assert (fit, "left", "member.not_found") in outcomes(told)
    assert ("77777", "refused", "member.not_found") in outcomes(told)
    if command != "reset-password":
        wrong = acme("member", command, fit, unfit, "--json")
        assert outcomes(wrong) == [(unfit, "refused", "member.state_unfit"), (fit, "left", "member.state_unfit")]
        assert f"  {unfit}: " in acme("member", command, fit, unfit).stderr
    assert states(acme) == before


def test_more_drafts_than_seats_stay_drafts_and_it_says_why(acme: Command) -> None:
    done(acme("member", "add", "Qian", "Sun", "--draft"))
    done(acme("company", "set", "acme", "--seats", "4"))
    refused = acme("member", "activate", "10004", "10005", "--json")
    code = "company.seats_exhausted"
    assert (refused.returncode, outcomes(refused)) == (1, [("10004", "left", code), ("10005", "left", code)])
    assert code in refused.stderr
    assert [states(acme)[number] for number in ("10004", "10005")] == ["draft"] * 2


def test_as_json_each_member_has_what_came_of_him(acme: Command) -> None:
    assert outcomes(acme("member", "disable", "10001", "10003", "--json")) == [("10001", "done", ""), ("10003", "done", "")]
    assert outcomes(acme("member", "enable", "10001", "10003", "--json")) == [("10001", "done", ""), ("10003", "done", "")]
    (row,) = json.loads(done(acme("member", "reset-password", "10001", "--json")))
    assert (row["number"], row["outcome"], row["error"], len(row["first_password"])) == ("10001", "done", "", 12)


def test_what_refuses_the_members_of_one_company_leaves_those_of_the_next(acme: Command) -> None:
    done(acme("company", "add", "bolt", "--name", "Bolt", "--first-number", "20001"))
    done(acme("company", "add", "crag", "--name", "Crag", "--first-number", "30001"))
    done(acme("member", "add", "Smith", "--company", "bolt", "--draft"))
    done(acme("member", "add", "Jones", "--company", "crag"))
    refused = acme("member", "disable", "10001", "20001", "30001", "--json")
    code = "member.state_unfit"
    assert (refused.returncode, outcomes(refused)) == (1, [("10001", "done", ""), ("20001", "refused", code), ("30001", "left", code)])
    assert "1 of 3 members were done" in refused.stderr
    assert states(acme)["10001"] == "disabled"
    text = acme("member", "enable", "10001", "20001", "30001")
    assert (text.returncode, text.stdout) == (1, "may sign in again: 10001\n")
    assert "left as they were: 30001\n" in text.stderr


# ---- killed in the middle


KILLED = """
import os, signal
from server.cli import frame
from server.cli.main import run
from server.companies import adding, sign_ins

def counted(of, name, at):
    real, calls = getattr(of, name), []
    def call(*words, **more):
        calls.append(1)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*words, **more)
    setattr(of, name, call)

PLANTED
run(WORDS)
"""
BEFORE_THE_SECOND_PIECE = "counted(adding, 'activate', 2); counted(sign_ins, 'reset', 6)"
BEFORE_IT_IS_SHOWN = "counted(frame, 'say', 52)"  # the head of the table, fifty rows, and the first of the second piece


def killed(acme: Command, planted: str, words: list[str]) -> dict[str, str]:
    """What was shown when it died: numbers and first passwords."""
    program = KILLED.replace("PLANTED", planted).replace("WORDS", repr(words))
    died = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | dict(acme.environment), capture_output=True, text=True, check=False
    )
    assert died.returncode == -signal.SIGKILL, died
    rows = [line.split() for line in died.stdout.splitlines()[1:]]
    return {number: code for number, code in rows}


def stored(database: str, number: str) -> str:
    """His password's stored form."""

    async def look() -> Any:
        storage = await connect(database, now=lambda: 0)

        async def find(read: Read) -> Any:
            return await accounts.login(read, number)

        try:
            return await storage.read(find)
        finally:
            await storage.close()

    return str(LOOP.run_until_complete(look()).password_hash)


@pytest.mark.parametrize(("planted", "active"), [(BEFORE_THE_SECOND_PIECE, 50), (BEFORE_IT_IS_SHOWN, 60)])
def test_first_passwords_that_were_shown_hold_though_it_is_killed(acme: Command, database: str, planted: str, active: int) -> None:
    done(acme("member", "add", *(f"Person {nth}" for nth in range(60)), "--draft"))
    drafts = [str(10004 + nth) for nth in range(60)]
    shown = killed(acme, planted, ["member", "activate", *drafts])
    assert list(shown) == drafts[:50]
    now = states(acme)
    assert [now[number] for number in drafts] == ["active"] * active + ["draft"] * (60 - active)
    assert all(codes.matches(stored(database, number), shown[number]) for number in (drafts[0], drafts[49]))
    # of the others nobody ever saw one: it is drawn anew
    rest = drafts[50:]
    again = json.loads(done(acme("member", "activate" if active == 50 else "reset-password", *rest, "--json")))
    assert [row["number"] for row in again] == rest
    assert codes.matches(stored(database, rest[0]), again[0]["first_password"])


def test_a_reset_of_many_that_is_killed_has_shown_what_holds(acme: Command, database: str) -> None:
    added = json.loads(done(acme("member", "add", *(f"Person {nth}" for nth in range(60)), "--json")))
    first = {row["number"]: row["first_password"] for row in added}
    shown = killed(acme, BEFORE_THE_SECOND_PIECE, ["member", "reset-password", *first])
    assert list(shown) == list(first)[:50]
    for number in (list(first)[49], list(first)[50]):
        assert codes.matches(stored(database, number), shown.get(number, first[number]))
