"""Companies, members and sessions by command: without a server, and beside a running one (DESIGN 10)."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from server.checks.machine import user_name
from storage import audit, companies
from storage.audit import Entry
from storage.engine import Storage
from storage.revision import newest
from storage.work import Read
from tests.support.command import Command, Done, address_of, serving
from tests.support.house import PASSWORD, House
from yizhan import Client, PasswordChangeRequired, SessionEnded, SignInRefused

REACTION_SECONDS = 2.0


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path)}
    return made


def rows(done: Done) -> list[dict[str, Any]]:
    assert done.returncode == 0, done
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def acme(command: Command, database: str) -> Command:
    """Commands on a database of either kind, with a company that has two members."""
    command.environment = {**command.environment, "YIZHAN_DATABASE__URL": database}
    assert command("company", "add", "acme", "--name", "Acme Ltd", "--seats", "500").returncode == 0
    assert command("member", "add", "Li Na", "王伟").returncode == 0
    return command


# ---- without a server


def test_a_company_gets_numbers_of_its_own_and_says_how_to_add_members(acme: Command) -> None:
    done = acme("company", "add", "yuanhang", "--name", "远航物流")
    assert "its account numbers begin at 20001" in done.stdout
    assert "yizhan member add --company yuanhang" in done.stdout
    assert [(row["number"], row["next_number"]) for row in rows(acme("company", "list", "--json"))] == [
        ("acme", 10003),
        ("yuanhang", 20001),
    ]


def test_members_get_numbers_and_first_passwords_that_are_shown_once(acme: Command, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("# from Berlin\nEmma Clarke\n\nJonas Weber\n", encoding="utf-8")
    added = rows(acme("member", "add", "--names-from", str(names), "--json"))
    assert [(row["number"], row["name"]) for row in added] == [("10003", "Emma Clarke"), ("10004", "Jonas Weber")]
    assert len({row["first_password"] for row in added}) == 2
    listed = acme("member", "list")
    assert added[0]["first_password"] not in listed.stdout
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["NUMBER", "10001", "10002", "10003", "10004"]


def test_a_column_after_chinese_names_is_straight(acme: Command) -> None:
    head, lina, wang = acme("member", "list").stdout.splitlines()
    assert head.index("STATE") == lina.index("active") == wang.index("active") + len("王伟")


def test_a_long_list_comes_page_by_page_and_can_be_cut(acme: Command, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"Person {number}" for number in range(420)), encoding="utf-8")
    assert len(rows(acme("member", "add", "--names-from", str(names), "--json"))) == 420
    numbers = [row["number"] for row in rows(acme("member", "list", "--json"))]
    assert numbers == [str(number) for number in range(10001, 10423)]
    assert [row["number"] for row in rows(acme("member", "list", "--json", "--limit", "205"))] == numbers[:205]


def test_nobody_is_added_where_the_seats_do_not_suffice_for_all(acme: Command, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"Person {number}" for number in range(499)), encoding="utf-8")
    done = acme("member", "add", "--names-from", str(names))
    assert (done.returncode, done.stdout) == (1, "")
    assert "company.seats_exhausted" in done.stderr
    assert len(rows(acme("member", "list", "--json"))) == 2


async def trail(storage: Storage, company: str) -> list[Entry]:
    async def act(read: Read) -> list[Entry]:
        found = await companies.find(read, company)
        assert found is not None
        return await audit.page(read, found.id, 0, 100)

    return await storage.read(act)


async def test_what_the_operator_does_is_in_the_audit_trail_with_the_system_user(acme: Command, storage: Storage) -> None:
    await asyncio.to_thread(acme, "member", "disable", "10002", "--reason", "left")
    found = await trail(storage, "acme")
    assert [entry.act for entry in found] == ["company.create", "member.add", "member.disable"]
    assert {(entry.actor_kind, entry.actor_name) for entry in found} == {("operator", user_name(os.geteuid()))}


async def test_what_was_refused_is_in_the_audit_trail_too(acme: Command, storage: Storage, tmp_path: Path) -> None:
    """Promise V6: of the company where there is one, else of the operator."""
    (tmp_path / "names.txt").write_text("\n".join(f"Person {number}" for number in range(499)), encoding="utf-8")
    too_many = ("member", "add", "--names-from", str(tmp_path / "names.txt"))
    for words in (too_many, ("member", "disable", "77777"), ("sessions", "end", "none"), ("member", "add", "Li", "--company", "globex")):
        assert (await asyncio.to_thread(acme, *words)).returncode == 1
    assert [entry.act for entry in await trail(storage, "acme") if entry.outcome == "refused"] == ["member.add"]
    assert [entry.act for entry in await trail(storage, "operator") if entry.outcome == "refused"] == [
        "member.disable",
        "session.end",
        "member.add",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("member", "disable", "77777"), 1, "yizhan member list"),
        (("sessions", "list", "77777"), 1, "yizhan member list"),
        (("sessions", "end", "AAAAAAAAAA"), 1, "yizhan sessions list"),
        (("member", "list", "--company", "globex"), 1, "yizhan company list"),
        (("company", "add", "acme", "--name", "Again"), 1, "choose another number"),
        (("member", "add"), 2, "name one of NAMES / --names-from"),
        (("member", "add", "A", "B", "--number", "10050"), 2, "single one"),
        (("member", "list", "--limit", "0"), 2, "--limit"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(acme: Command, words: tuple[str, ...], code: int, said: str) -> None:
    done = acme(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_with_several_companies_one_has_to_be_named(acme: Command) -> None:
    acme("company", "add", "globex", "--name", "Globex")
    done = acme("member", "list")
    assert done.returncode == 1
    assert "--company" in done.stderr
    assert len(rows(acme("member", "list", "--company", "acme", "--json"))) == 2


# ---- the database's file


def test_migrate_makes_the_database_closed_to_others_and_does_nothing_the_second_time(command: Command, tmp_path: Path) -> None:
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "new")}
    assert command("migrate").stdout == f"done: schema (none) -> {newest()}\n"
    assert command("migrate").stdout == f"nothing to do: the database has schema {newest()}\n"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_before_there_is_a_database_a_command_says_how_it_is_made(command: Command) -> None:
    done = command("company", "list")
    assert done.returncode == 1
    assert "yizhan migrate" in done.stderr.splitlines()[1]


def test_another_user_than_the_files_owner_is_sent_to_the_owner(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else files would be left beside it that the server cannot read."""
    command("migrate")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4711)
    for words in (("member", "list"), ("migrate",), ("demo",)):
        done = command(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "cli.not_owner" in done.stderr
        assert "sudo -u" in done.stderr


# ---- check


def test_check_of_a_sound_installation_says_so_and_ends_with_0(command: Command, tmp_path: Path) -> None:
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "new"), "YIZHAN_GATEWAY__PORT": "0"}
    command("migrate")
    done = command("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"schema {newest()}" in done.stdout
    assert "ERROR" not in done.stdout


def test_check_ends_with_1_where_something_is_wrong_and_says_what_to_do(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command.environment = {**command.environment, "YIZHAN_GATEWAY__PORT": str(taken.getsockname()[1])}
        done, listed = command("check"), command("check", "--json")
    assert (done.returncode, listed.returncode) == (1, 1)
    assert f"(process {os.getpid()})" in done.stdout
    found = [row for row in json.loads(listed.stdout) if row["level"] == "error"]
    assert [(row["check"].split()[0], row["do"]) for row in found] == [("port", "end that one, or choose another: gateway.port")]
    assert "1 error" in done.stdout.splitlines()[-1]


# ---- beside a running server


Beside = Callable[..., Awaitable[Done]]


@pytest.fixture
def beside(house: House, command: Command, database: str) -> Beside:
    """Commands in a thread, on the database of the house whose server runs on the loop."""
    command.environment = {**command.environment, "YIZHAN_DATABASE__URL": database}
    return lambda *words: asyncio.to_thread(command, *words)


async def told(client: Any, kind: type[Any]) -> Any:
    async with asyncio.timeout(REACTION_SECONDS + 5):
        async for event in client.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the events ended")


async def test_a_disabled_member_is_out_within_two_seconds_and_can_be_let_in_again(house: House, beside: Beside) -> None:
    loop = asyncio.get_running_loop()
    async with house.client("Wang") as wang:
        assert (await beside("member", "disable", house.people["Wang"].number)).returncode == 0
        done_at = loop.time()
        assert (await told(wang, SessionEnded)).reason == "disabled"
        assert loop.time() - done_at < REACTION_SECONDS
    with pytest.raises(SignInRefused, match="disabled"):
        await house.client("Wang").__aenter__()
    await beside("member", "enable", house.people["Wang"].number)
    async with house.client("Wang"):
        pass


async def test_ending_a_session_closes_its_connection_within_two_seconds(house: House, beside: Beside) -> None:
    loop = asyncio.get_running_loop()
    async with house.client("Zhao") as zhao:
        listed = rows(await beside("sessions", "list", house.people["Zhao"].number, "--json"))
        assert [row["device"] for row in listed] == ["desktop"]
        await beside("sessions", "end", "--", listed[0]["session"])
        done_at = loop.time()
        assert (await told(zhao, SessionEnded)).reason == "ended"
        assert loop.time() - done_at < REACTION_SECONDS
    assert "is signed in nowhere" in (await beside("sessions", "list", house.people["Zhao"].number)).stderr


async def test_a_reset_password_ends_the_sessions_and_has_to_be_changed(house: House, beside: Beside) -> None:
    number = house.people["Li Na"].number
    async with house.client("Li Na") as lina:
        first = (await beside("member", "reset-password", number)).stdout.split()[-1]
        assert (await told(lina, SessionEnded)).reason == "password_changed"
    with pytest.raises(SignInRefused):
        await house.client("Li Na", password=PASSWORD).__aenter__()
    with pytest.raises(PasswordChangeRequired):
        await house.client("Li Na", password=first).__aenter__()
    async with house.client("Li Na", password=first, new_password="a new one of hers"):
        pass


async def test_who_was_added_beside_the_running_server_signs_in_at_once(house: House, beside: Beside) -> None:
    added = rows(await beside("member", "add", "Qian", "--company", "acme", "--json"))[0]
    async with Client(house.url, name=added["number"], password=added["first_password"], new_password="a fine new password") as qian:
        assert qian.me.name == "Qian"


def test_a_database_that_is_served_is_not_migrated(command: Command, tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        address_of(process)
        done = command("migrate")
    assert done.returncode == 1
    assert "cli.server_runs" in done.stderr
