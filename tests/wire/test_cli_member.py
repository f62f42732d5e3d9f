"""Members by command: many at once, cards, last days and successors, and what is settled of a company (SPEC A1, A4, B1, B3, B5, B8)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from server.cli.times import minute
from server.clock import SystemClock
from tests.support.command import Command, Done
from tests.support.house import House


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    return made


@pytest.fixture
def acme(command: Command) -> Command:
    """A company with three members, 10001 to 10003."""
    done(command("company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"))
    done(command("member", "add", "Li Na", "王伟", "赵敏"))
    return command


def done(result: Done) -> str:
    assert result.returncode == 0, result
    return result.stdout


def states(acme: Command) -> dict[str, str]:
    return {row["number"]: row["state"] for row in json.loads(done(acme("member", "list", "--json")))}


def shown(acme: Command) -> Any:
    (row,) = json.loads(done(acme("company", "show", "acme", "--json")))
    return row


def test_members_are_disabled_and_enabled_together_or_not_at_all(acme: Command) -> None:
    refused = acme("member", "disable", "10001", "77777")
    assert refused.returncode == 1
    assert "member.not_found" in refused.stderr
    assert set(states(acme).values()) == {"active"}
    done(acme("member", "disable", "10001", "10003", "--reason", "project ended"))
    assert states(acme) == {"10001": "disabled", "10002": "active", "10003": "disabled"}
    done(acme("member", "enable", "10003", "10001"))
    assert set(states(acme).values()) == {"active"}


def test_who_was_disabled_already_is_told_apart_and_what_he_headed_is_told(acme: Command) -> None:
    for unit in ("Sales", "Lab"):
        done(acme("org", "add", unit))
    done(acme("member", "move", "10001", "10002", "--to", "Sales"))
    done(acme("org", "head", "Sales", "10001"))
    first = acme("member", "disable", "10001", "10002")
    assert (first.returncode, first.stdout) == (0, "disabled: 10001, 10002; open connections end within two seconds\n")
    assert "their first head is disabled: Acme / Sales" in first.stderr
    assert done(acme("member", "disable", "10002")) == "disabled already: 10002\n"
    again = done(acme("member", "disable", "10002", "10003"))
    assert again == "disabled: 10003; open connections end within two seconds\ndisabled already: 10002\n"
    rows = json.loads(done(acme("member", "disable", "10001", "--json")))
    assert rows == [{"number": "10001", "outcome": "already", "error": "", "heads_on": []}]
    assert done(acme("member", "enable", "10003")) == "may sign in again: 10003\n"
    assert done(acme("member", "enable", "10003")) == "active already: 10003\n"
    gone = acme("member", "delete", "10001", "--yes")
    assert (gone.returncode, gone.stdout, "without a first head now: Acme / Sales" in gone.stderr) == (0, "deleted: 10001\n", True)


def test_a_day_that_is_over_ends_sending_only_if_it_is_meant(acme: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """SPEC A1: sign-in, reading and export go on."""
    asked: list[str] = []

    def no(text: str, **_: object) -> None:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr("typer.confirm", no)
    refused = acme("company", "set", "acme", "--seats", "7", "--expires", "2001-06-30")
    assert (refused.returncode, shown(acme)["expires"], shown(acme)["seats"]) == (1, None, 100)
    assert "nobody of acme can send any more; sign-in, reading and export go on" in asked[0]
    done(acme("company", "set", "acme", "--expires", "2090-06-30"))
    assert len(asked) == 1
    done(acme("company", "set", "acme", "--expires", "2001-06-30", "--yes"))
    assert shown(acme)["expires"].startswith("2001-")


async def test_the_list_has_roles_and_last_logins(house: House, command: Command) -> None:
    """SPEC B8; in this machine's time zone, as all lists."""
    lina, wang = (house.people[name].number for name in ("Li Na", "Wang"))
    before = minute(SystemClock().now())
    async with house.client("Li Na"):
        done(await asyncio.to_thread(command, "role", "give", "system_administrator", wang, "--company", "acme"))
        rows = json.loads(done(await asyncio.to_thread(command, "member", "list", "--company", "acme", "--json")))
        text = done(await asyncio.to_thread(command, "member", "list", "--company", "acme", "--limit", "1"))
    by = {row["number"]: (row["role"], row["last_login"]) for row in rows}
    assert by[wang] == ("System administrator", None)
    assert by[lina][0] == "Ordinary member"
    assert before <= by[lina][1] <= minute(SystemClock().now())
    assert "ROLE             LAST LOGIN" in text
    assert by[lina][1] in text


def test_many_get_new_first_passwords_each_a_code_of_twelve(acme: Command) -> None:
    rows = json.loads(done(acme("member", "reset-password", "10001", "10002", "--json")))
    assert [row["number"] for row in rows] == ["10001", "10002"]
    assert [len(row["first_password"]) for row in rows] == [12, 12]


def test_drafts_are_activated_together_and_told_no_password_where_the_company_has_one(acme: Command, tmp_path: Path) -> None:
    done(acme("member", "add", "Qian", "Sun", "--draft"))
    (tmp_path / "first.txt").write_text("blue horizon 77\n")
    assert "first password: drawn for each -> one for all" in done(
        acme("company", "set", "acme", "--first-password-file", str(tmp_path / "first.txt"))
    )
    assert shown(acme)["first_password"] == "one for all"
    rows = json.loads(done(acme("member", "activate", "10004", "10005", "--json")))
    assert [row["first_password"] for row in rows] == ["", ""]
    done(acme("company", "set", "acme", "--drawn-passwords"))
    assert shown(acme)["first_password"] == "drawn for each"


def test_mails_need_a_mail_server_and_who_has_no_address_is_named(acme: Command) -> None:
    done(acme("member", "add", "Qian", "--draft"))
    refused = acme("member", "activate", "10004", "--mail")
    assert (refused.returncode, "smtp.host" in refused.stderr) == (2, True)
    assert states(acme)["10004"] == "draft"
    acme.environment = {**acme.environment, "YIZHAN_SMTP__HOST": "localhost", "YIZHAN_SMTP__SENDER": "im@example.com"}
    result = acme("member", "activate", "10004", "--mail")
    assert (result.returncode, "not mailed" in result.stderr, "10004" in result.stderr) == (0, True, True)


def test_a_card_a_last_day_and_a_successor_are_set_and_taken_away(acme: Command) -> None:
    done(acme("member", "change", "10001", "--name", "李娜", "--title", "Pilot", "--last-day", "2090-09-30", "--successor", "10002"))
    assert [row["title"] for row in json.loads(done(acme("member", "list", "--limit", "1", "--json")))] == ["Pilot"]
    done(acme("member", "change", "10001", "--last-day", "", "--successor", ""))
    for words, code in (
        (("--last-day", "2001-01-01"), "member.last_day_past"),
        (("--last-day", "soon"), "day.invalid"),
        (("--successor", "10001"), "member.successor_unfit"),
        (("--successor", "77777"), "member.not_found"),
        (("--field", "Locker=1"), "field.not_found"),
    ):
        refused = acme("member", "change", "10001", *words)
        assert refused.returncode == (2 if code == "day.invalid" else 1)
        assert code in refused.stderr
    assert acme("member", "change", "10001").returncode == 2
    assert acme("member", "change", "10001", "--field", "Locker").returncode == 2


def test_an_information_scope_is_shown_set_and_taken_away(acme: Command) -> None:
    """SPEC B3."""
    for unit in ("Sales", "Lab", "Hall", "Board"):
        done(acme("org", "add", unit))
    assert done(acme("member", "scope", "10001")) == "10001: the whole company\n"
    assert "Acme / Lab" in done(acme("member", "scope", "10001", "Lab", "Sales"))
    rows = json.loads(done(acme("member", "scope", "10001", "--json")))
    assert [row["path"] for row in rows] == ["Acme / Sales", "Acme / Lab"]
    assert "Sales" in done(acme("org", "tree", "--as", "10001"))
    assert "Hall" not in done(acme("org", "tree", "--as", "10001"))
    for words, code in (
        (("10001", "Sales", "Lab", "Hall", "Board"), "member.scope_too_wide"),
        (("10001", "Cellar"), "unit.not_found"),
        (("77777", "Lab"), "member.not_found"),
        (("77777",), "member.not_found"),
    ):
        refused = acme("member", "scope", *words)
        assert (refused.returncode, code in refused.stderr) == (2 if code == "member.scope_too_wide" else 1, True), refused
    for wrong in (("10001", "Lab", "--whole"), ("10001", "")):
        assert acme("member", "scope", *wrong).returncode == 2
    assert json.loads(done(acme("member", "scope", "10001", "--json"))) == rows
    assert done(acme("member", "scope", "10001", "--whole")) == "10001: the whole company\n"
    assert json.loads(done(acme("member", "scope", "10001", "--json"))) == []


def test_a_company_is_settled_by_command(acme: Command) -> None:
    before = shown(acme)
    assert (before["root_units"], before["unit_members"], before["expires"], before["suspended"]) == (200, 160, None, False)
    done(acme("company", "set", "acme", "--seats", "3", "--root-units", "1", "--unit-members", "2", "--time-zone", "Europe/Berlin"))
    done(acme("company", "set", "acme", "--expires", "2090-06-30", "--devices", "any", "--phone-or-mail-needed", "--suspend"))
    now = shown(acme)
    assert (now["seats"], now["root_units"], now["unit_members"], now["time_zone"]) == (3, 1, 2, "Europe/Berlin")
    assert (now["devices"], now["phone_or_mail_needed"], now["suspended"]) == ("any", True, True)
    assert now["expires"].startswith("2090-")
    assert "company.seats_exhausted" in acme("member", "add", "Qian").stderr
    done(acme("org", "add", "Sales"))
    assert "unit.root_limit" in acme("org", "add", "Lab").stderr
    done(acme("company", "set", "acme", "--root-units", "default", "--expires", "never", "--resume", "--neither-needed"))
    now = shown(acme)
    assert (now["root_units"], now["unit_members"], now["expires"], now["suspended"]) == (200, 2, None, False)
    done(acme("org", "add", "Lab"))


def test_the_servers_own_limits_hold_for_who_settled_none(acme: Command) -> None:
    acme.environment = {**acme.environment, "YIZHAN_ORGANISATION__ROOT_UNITS": "1", "YIZHAN_ORGANISATION__UNIT_MEMBERS": "2"}
    assert (shown(acme)["root_units"], shown(acme)["unit_members"]) == (1, 2)
    done(acme("org", "add", "Sales"))
    assert "unit.root_limit" in acme("org", "add", "Lab").stderr
    for number in ("10001", "10002"):
        done(acme("org", "place", number, "Sales"))
    assert "unit.members_limit" in acme("org", "place", "10003", "Sales").stderr
    done(acme("company", "set", "acme", "--unit-members", "3"))
    done(acme("org", "place", "10003", "Sales"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--seats", "0"), "cli.not_a_number"),
        (("--expires", "someday"), "day.invalid"),
        (("--time-zone", "Moon/Crater"), "company.time_zone_unknown"),
        (("--root-units", "0"), "cli.written_so"),
        (("--expires", "9999-12-31"), "day.invalid"),
        (("--root-units", "many"), "cli.written_so"),
        ((), "cli.nothing_to_change"),
    ],
)
def test_what_cannot_be_settled_is_refused(acme: Command, words: tuple[str, ...], code: str) -> None:
    before = shown(acme)
    refused = acme("company", "set", "acme", *words)
    assert (refused.returncode, code in refused.stderr) == (2, True), refused
    assert shown(acme) == before


def listed(acme: Command, *words: str) -> list[str]:
    return [row["number"] for row in json.loads(done(acme("member", "list", *words, "--json")))]


def test_members_are_searched_and_listed_by_unit_letter_and_state(acme: Command) -> None:
    """SPEC B8, B9."""
    done(acme("org", "add", "Sales"))
    done(acme("org", "add", "North", "--under", "Sales"))
    done(acme("member", "change", "10003", "--phone", "13800138000", "--employee-no", "E-77"))
    done(acme("org", "place", "10002", "North"))
    done(acme("member", "disable", "10001"))
    for words, numbers in (
        (("zm",), ["10003"]),
        (("8000",), ["10003"]),
        (("wangwei",), ["10002"]),
        (("--unit", "Sales"), ["10002"]),
        (("--unit", "Sales", "--directly"), []),
        (("--unassigned",), ["10001", "10003"]),
        (("--unassigned", "--state", "active"), ["10003"]),
        (("--letter", "w"), ["10002"]),
        (("--letter", "L", "--state", "disabled", "--state", "draft"), ["10001"]),
    ):
        assert listed(acme, *words) == numbers, words
    (row,) = json.loads(done(acme("member", "list", "zhao", "--json")))
    assert (row["phone"], row["employee_no"]) == ("13800138000", "E-77")
    assert "nobody is found" in acme("member", "list", "nowhere").stderr
    for words in (("--directly",), ("--unit", "Sales", "--unassigned"), ("--letter", "zh"), ("--state", "deleted")):
        assert acme("member", "list", *words).returncode == 2, words
    refused = acme("member", "list", "--unit", "Cellar")
    assert (refused.returncode, "unit.not_found" in refused.stderr) == (1, True)


def units_of(acme: Command) -> dict[str, list[str]]:
    return {row["number"]: row["units"] for row in json.loads(done(acme("member", "list", "--json")))}


def test_a_newcomer_comes_with_units_phone_mail_and_employee_number(acme: Command) -> None:
    """SPEC B3; units are for many at once, too."""
    for unit in ("Sales", "Lab"):
        done(acme("org", "add", unit))
    own = ("--phone", "13800138000", "--mail", "emma@example.com", "--employee-no", "E-77", "--title", "Pilot")
    done(acme("member", "add", "Emma", "--unit", "Lab", "--unit", "Sales", *own))
    (row,) = json.loads(done(acme("member", "list", "Emma", "--json")))
    assert (row["phone"], row["mail"], row["employee_no"], row["title"]) == ("13800138000", "emma@example.com", "E-77", "Pilot")
    assert row["units"] == ["Lab", "Sales"]
    done(acme("member", "add", "Qian", "Sun", "--unit", "Lab"))
    assert units_of(acme)["10006"] == ["Lab"]
    assert acme("member", "add", "Zhou", "Wu", "--mail", "zhou@example.com").returncode == 2
    refused = acme("member", "add", "Zhou", "--unit", "Cellar")
    assert (refused.returncode, "unit.not_found" in refused.stderr) == (1, True)
    assert len(units_of(acme)) == 6


def test_many_are_moved_and_added_and_units_without_a_head_are_told(acme: Command) -> None:
    """SPEC B8, B9."""
    for unit in ("Sales", "Lab"):
        done(acme("org", "add", unit))
    done(acme("member", "move", "10001", "10002", "--to", "Sales"))
    done(acme("org", "head", "Sales", "10001"))
    done(acme("member", "add-to-unit", "10001", "10003", "--unit", "Lab"))
    assert units_of(acme) == {"10001": ["Sales", "Lab"], "10002": ["Sales"], "10003": ["Lab"]}
    moved = acme("member", "move", "10001", "10003", "--to", "Acme", "--out-of", "Sales")
    assert (moved.returncode, "Acme / Sales" in moved.stderr) == (0, True)
    assert units_of(acme) == {"10001": ["Acme", "Lab"], "10002": ["Sales"], "10003": ["Lab"]}
    done(acme("org", "head", "Sales", "10002"))
    done(acme("org", "head", "Lab", "10003"))
    assert json.loads(done(acme("member", "move", "10003", "--to", "Sales", "--json"))) == [{"unit": "Acme / Lab"}]
    refused = acme("member", "move", "10001", "77777", "--to", "Lab")
    assert (refused.returncode, "member.not_found" in refused.stderr) == (1, True)
    assert units_of(acme)["10001"] == ["Acme", "Lab"]
    gone = acme("member", "delete", "10002", "10001", "--yes")
    assert (gone.returncode, gone.stdout, "Acme / Sales" in gone.stderr) == (0, "deleted: 10002, 10001\n", True)
    assert units_of(acme) == {"10003": ["Sales"]}
    assert acme("member", "delete", "10003", "10001", "--successor", "Sales=10003", "--yes").returncode == 2


def test_members_of_two_companies_are_moved_nowhere(acme: Command) -> None:
    done(acme("company", "add", "bolt", "--name", "Bolt", "--first-number", "20001"))
    done(acme("member", "add", "Smith", "--company", "bolt"))
    refused = acme("member", "move", "10001", "20001", "--to", "Acme")
    assert (refused.returncode, "several companies: acme, bolt" in refused.stderr) == (1, True)
    assert json.loads(done(acme("member", "list", "--company", "acme", "--unassigned", "--limit", "1", "--json"))) != []


def test_a_robot_is_added_and_its_token_told_once(acme: Command) -> None:
    (row,) = json.loads(done(acme("member", "add-robot", "Build", "--json")))
    assert row["token"].startswith("yzr_")
    (shown,) = [one for one in json.loads(done(acme("member", "list", "--json"))) if one["kind"] == "robot"]
    assert (shown["member"], shown["name"], shown["number"]) == (row["member"], "Build", "")
    assert row["token"] not in done(acme("audit", "tail", "--json"))


def test_free_numbers_are_offered_and_what_a_company_says_of_itself_is_changed(acme: Command) -> None:
    """SPEC A1, B3."""
    free = [row["number"] for row in json.loads(done(acme("company", "free-numbers", "acme", "--limit", "3", "--json")))]
    assert free == ["10004", "10005", "10006"]
    done(acme("member", "add", "Emma", "--number", "10005"))
    assert done(acme("company", "free-numbers", "acme", "--limit", "2")).split() == ["NUMBER", "10004", "10006"]
    refused = acme("company", "free-numbers", "nowhere")
    assert (refused.returncode, "company.not_found" in refused.stderr) == (1, True)
    (said,) = json.loads(done(acme("company", "profile", "acme", "--short-name", "Ac", "--phone", "010 8888 0000", "--json")))
    assert (said["name"], said["short_name"], said["phone"], said["website"]) == ("Acme Ltd", "Ac", "010 8888 0000", "")
    assert done(acme("org", "tree")).startswith("Ac")
    assert "010 8888 0000" in done(acme("company", "profile", "acme"))
    refused = acme("company", "profile", "acme", "--name", "")
    assert (refused.returncode, "name.invalid" in refused.stderr) == (2, True), refused


def test_members_are_told_something_and_who_was_not_reached_is_named(acme: Command) -> None:
    done(acme("member", "disable", "10003"))
    result = acme("member", "notify", "10001", "10003", "--text", "Lunch at noon")
    assert (result.returncode, result.stdout, "10003" in result.stderr) == (0, "told: 1 of 2\n", True)
    rows = json.loads(done(acme("member", "notify", "10001", "10003", "--text", "Lunch", "--json")))
    assert rows == [{"number": "10001", "reached": True}, {"number": "10003", "reached": False}]
    refused = acme("member", "notify", "10001", "--text", " ")
    assert (refused.returncode, "notice.empty" in refused.stderr) == (2, True)
    assert acme("member", "notify", "10001", "--text", "Lunch", "--by", "mail").returncode == 2
