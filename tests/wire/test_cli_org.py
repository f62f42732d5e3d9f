"""The organisation tree by command, without a server, and what its acts are to who is connected (DESIGN 10)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from server.accounts.passwords import Passwords
from server.clock import SystemClock
from server.companies.newcomers import Newcomer
from server.org.cards import Changes
from server.org.leaving import LeavingService
from server.org.members import MemberService
from storage import heads
from tests.support.command import Command, Done
from tests.support.house import CHEAP, OPERATOR, House
from yizhan import Client, ProfileChanged, SessionEnded, SignInRefused

REACTION_SECONDS = 2.0


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str) -> Command:
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


def test_a_units_kind_code_and_description_are_changed_and_shown(acme: Command) -> None:
    """SPEC B1."""
    grow(acme)
    assert done(acme("org", "change", "Lab", "--kind", "branch", "--code", "L-1")) == "Lab: branch, code L-1\n"
    assert done(acme("org", "change", "Lab", "--description", "tries")) == "Lab: branch, code L-1, tries\n"
    lab = json.loads(done(acme("org", "tree", "--json")))[-1]
    assert (lab["name"], lab["kind"], lab["code"], lab["description"]) == ("Lab", "branch", "L-1", "tries")
    assert done(acme("org", "change", "Lab", "--code", "", "--description", "")) == "Lab: branch\n"
    top = acme("org", "change", "Acme", "--kind", "team", "--code", "A")
    assert (top.stdout, top.stderr) == ("Acme: root, code A\n", "the top of the tree has no other kind\n")
    refused = acme("org", "change", "Lab", "--kind", "kingdom", "--code", "K")
    assert (refused.returncode, "not one of branch, institution" in refused.stderr) == (2, True)
    assert json.loads(done(acme("org", "tree", "--json")))[-1]["code"] == ""
    assert acme("org", "change", "Lab").returncode == 2
    assert acme("org", "change", "Hall", "--code", "H").returncode == 1


def in_lab(acme: Command) -> list[tuple[str, str]]:
    """Names and heads in the order that a member sees."""
    rows = json.loads(done(acme("org", "tree", "--as", "10001", "--json")))
    return [(one["name"], one["head"]) for row in rows if row["name"] == "Lab" for one in row["members"]]


def test_a_unit_has_other_heads_and_an_order_of_its_members(acme: Command) -> None:
    """SPEC B2: heads first, then sort numbers, then names as they are read, which an administrator corrects."""
    grow(acme)
    done(acme("member", "add", "赵敏", "单雄信"))
    for number in ("10001", "10002", "10003", "10004"):
        done(acme("org", "place", number, "Lab"))
    assert [name for name, _ in in_lab(acme)] == ["Li Na", "单雄信", "王伟", "赵敏"], "Shan, as surnames are read"
    done(acme("member", "change", "10004", "--pinyin", "dan xiong xin"))
    assert [name for name, _ in in_lab(acme)] == ["单雄信", "Li Na", "王伟", "赵敏"]
    done(acme("org", "sort", "Lab", "10003", "5"))
    assert in_lab(acme)[0] == ("赵敏", "")
    done(acme("org", "head", "Lab", "10002"))
    assert "other heads of Lab: 10003, 10001" in done(acme("org", "other-heads", "Lab", "10003", "10001"))
    assert in_lab(acme) == [("王伟", "first"), ("赵敏", "other"), ("Li Na", "other"), ("单雄信", "")]
    done(acme("org", "sort", "Lab", "10003", "0"))
    done(acme("org", "other-heads", "Lab", "--nobody"))
    assert in_lab(acme) == [("王伟", "first"), ("单雄信", ""), ("Li Na", ""), ("赵敏", "")]


def test_heads_and_sort_numbers_that_cannot_be_are_refused(acme: Command) -> None:
    grow(acme)
    done(acme("org", "place", "10001", "Lab"))
    done(acme("org", "head", "Lab", "10001"))
    for words, code in (
        (["other-heads", "Lab", "10001"], "unit.head_stays"),
        (["other-heads", "Lab", "10002"], "member.not_in_unit"),
        (["other-heads", "Lab", "77777"], "member.not_found"),
        (["other-heads", "Hall", "10001"], "unit.not_found"),
        (["sort", "Lab", "10002", "1"], "member.not_in_unit"),
        (["sort", "Lab", "77777", "1"], "member.not_found"),
    ):
        refused = acme("org", *words)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused
    for words in (["other-heads", "Lab"], ["other-heads", "Lab", "10001", "--nobody"], ["sort", "Lab", "10001", "first"]):
        assert acme("org", *words).returncode == 2
    assert in_lab(acme) == [("Li Na", "first")]
    acts = [json.loads(line) for line in done(acme("audit", "tail", "--act", "unit.other_heads", "--json")).splitlines()]
    assert [one["outcome"] for one in acts] == ["refused"] * 4


def test_what_cannot_be_is_said_with_its_reason(acme: Command) -> None:
    grow(acme)
    done(acme("org", "add", "North", "--under", "Lab"))
    for words, reason in (
        (["delete", "Hall"], "there is no such unit"),
        (["delete", "North"], "several units are called North"),
        (["move", "Sales", "--under", "Sales/North"], "cannot be put below itself"),
        (["add", "LAB"], "there is a unit LAB in the same place already"),
        (["head", "Lab", "10001"], "Li Na is not a member of Lab"),
        (["sort", "Lab", "10001", "1"], "Li Na is not a member of Lab"),
        (["other-heads", "Lab", "10002"], "王伟 is not a member of Lab"),
    ):
        refused = acme("org", *words)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused
    assert "units deleted: 3" in done(acme("org", "delete", "Sales"))


def test_a_head_who_goes_names_a_successor(acme: Command) -> None:
    grow(acme)
    for number in ("10001", "10002"):
        done(acme("org", "place", number, "Lab"))
    done(acme("org", "head", "Lab", "10002"))
    refused = acme("member", "disable", "10002")
    assert (refused.returncode, "--successor UNIT=NUMBER" in refused.stderr) == (1, True)
    for words in (("10002", "--successor", "10001"), ("10002", "10001", "--successor", "Lab=10001")):
        assert acme("member", "disable", *words).returncode == 2
    done(acme("member", "disable", "10002", "--successor", "Lab=10001"))
    done(acme("member", "enable", "10002"))
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
    assert "told this once" in acme("member", "activate", "10003").stderr
    again = acme("member", "activate", "10003")
    assert (again.returncode, "Mei is active" in again.stderr) == (1, True)


def test_a_company_gets_further_account_numbers(acme: Command) -> None:
    done(acme("company", "add-segment", "acme", "880001", "880002"))
    assert json.loads(done(acme("company", "segments", "acme", "--json"))) == [
        {"first": 10001, "last": 11000, "next": 10003},
        {"first": 880001, "last": 880002, "next": 880001},
    ]
    done(acme("member", "add", "Mei", "--number", "880002"))
    refused = acme("member", "add", "Hua", "--number", "770001")
    assert (refused.returncode, "yizhan company segments" in refused.stderr) == (1, True)
    assert acme("company", "add-segment", "acme", "880002", "880009").returncode == 1


# ---- beside a running server


async def told(client: Client, kind: type[Any]) -> Any:
    async with asyncio.timeout(REACTION_SECONDS):
        async for event in client.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the events ended")


async def test_who_is_deleted_by_another_process_is_out_within_two_seconds_on_all_devices(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database: str
) -> None:
    command = Command(monkeypatch, capsys)
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path), "YIZHAN_DATABASE__URL": database}
    async with house.client("Wang") as phone, house.client("Wang") as laptop:
        done(await asyncio.to_thread(command, "member", "delete", house.people["Wang"].number, "--yes"))
        for device in (phone, laptop):
            assert (await told(device, SessionEnded)).reason == "disabled"
    with pytest.raises(SignInRefused):
        await house.client("Wang").__aenter__()


async def test_whose_number_is_handed_on_is_out_and_the_new_one_has_his_groups(house: House) -> None:
    server, wang = house.running, house.people["Wang"]
    group = await server.conversations.create(house.people["Li Na"].who, [wang.who], name="Board")
    passwords = Passwords(CHEAP, SystemClock())
    async with house.client("Wang") as device:
        leaving = LeavingService(server.storage, passwords)
        mei = await leaving.reassign(OPERATOR, "acme", wang.number, Newcomer(name="Mei"), password="correct horse 42")
        assert (await told(device, SessionEnded)).reason == "disabled"
    passwords.close()
    stays = await server.storage.read(lambda read: heads.every(read, wang.who[0], mei.member, -1, 10))
    assert [row["conversation"] for row in stays] == [group]


async def test_a_members_devices_are_told_when_an_administrator_changes_his_phone(house: House) -> None:
    """SPEC B8."""
    wang = house.people["Wang"]
    async with house.client("Wang") as device:
        await MemberService(house.running.storage).change(OPERATOR, "acme", wang.number, Changes(phone="13900139000"))
        assert (await told(device, ProfileChanged)).member == wang.member
