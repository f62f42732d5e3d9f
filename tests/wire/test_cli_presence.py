"""``presence`` against a real server: a tree with counts, a line for each change, what is said where something is missing; a status."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from server.cli.presence_shown import LiveShown, PlainShown, chosen, described
from server.companies.errors import UnitNotFound
from tests.support.command import Command, Done, Tail, address_of, serving
from tests.support.house import PASSWORD, House
from tests.support.ws import until
from yizhan import Presence, Seen, Status, Tree, UnitsPresenceChanged
from yizhan._protocol.events import SeenAs, TreeMember, TreePage, TreeUnit, UnitMembers, UnitPresence, UnitsPresence

ROOT, SALES, LAB, TOM, LINA = "uR0otUn1tA", "uS4lesUn1D", "uL4bUn1tXX", "mB3x9LwRtE", "mQ7f0ZkPzA"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "data")}
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return made


class Watch(Tail):
    """``yizhan presence watch`` as a process of its own."""

    words = ("presence", "watch")


def test_who_comes_and_goes_is_told_as_it_happens(command: Command, tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo", "--port=0") as server:
        url = address_of(server)
        options: dict[str, Any] = {"environment": command.environment}
        with Watch(url, "10001", "--json", **options) as rows, Watch(url, "10003", **options) as lines:
            rows.until('"event":"own"')
            rows.until('"name":"李娜"')
            lines.until("terminal")  # one of the two, or both
            with Tail(url, "10002", "--json", **options) as tail:
                tail.until("connected")
                rows.until('"name":"王伟"', '"online":3')
                lines.until("王伟")
            assert (rows.end(), lines.end()) == (0, 0)
    about = [json.loads(line) for line in rows.lines]
    assert {row["event"] for row in about} >= {"own", "unit", "member"}
    (came,) = [row for row in about if row["event"] == "member" and row["name"] == "王伟" and row["status"] == "online"][-1:]
    assert came["devices"] == ["terminal"]
    top = [row for row in about if row["event"] == "unit" and row["online"] == 3]
    assert top, "the two who watch, and who came"
    assert any("王伟  online, terminal" in line for line in lines.lines)


def test_a_unit_that_is_not_there_is_named_as_such(command: Command, tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo", "--port=0") as server:
        done = command("presence", "watch", "--as", "10001", "--unit", "Nowhere", "--url", address_of(server))
    assert done.returncode == 1
    assert "[unit.not_found]" in done.stderr


def test_its_help_has_examples(command: Command) -> None:
    done = command("presence", "watch", "--help")
    assert done.returncode == 0
    assert "yizhan presence watch --as 10001 --json" in done.stdout


# ---- what one is to others

Talk = Callable[..., Awaitable[Done]]


@pytest.fixture
def choose(house: House, command: Command, tmp_path: Path, database: str) -> Talk:
    """``presence set`` as Wang, in a thread."""
    command.environment = {**command.environment, "YIZHAN_DATABASE__URL": database}
    (tmp_path / "password").write_text(PASSWORD + "\n")

    async def call(*words: str) -> Done:
        options = ("--as", house.people["Wang"].number, "--url", house.url, "--password-file", str(tmp_path / "password"))
        return await asyncio.to_thread(command, "presence", "set", *words, *options)

    return call


async def test_a_status_is_chosen_for_all_devices_and_stays(house: House, choose: Talk) -> None:
    """SPEC G1."""
    async with house.client("Wang") as laptop:
        presence = laptop.presence
        done = await choose("busy", "back at two")
        assert (done.returncode, done.stdout) == (0, f"{house.people['Wang'].number} is busy: back at two\n")
        await until(lambda: presence.own is not None and (presence.own.status, presence.own.text) == (Status.BUSY, "back at two"))
        done = await choose("do-not-disturb")
        assert done.stdout == f"{house.people['Wang'].number} is do not disturb\n"
        await until(lambda: presence.own is not None and (presence.own.status, presence.own.text) == (Status.DO_NOT_DISTURB, ""))
    async with house.client("Wang") as later:
        await until(lambda: later.presence.own is not None and later.presence.own.status == Status.DO_NOT_DISTURB)


async def test_invisible_needs_the_permission_and_the_refusal_says_how_to_get_it(house: House, choose: Talk, command: Command) -> None:
    """SPEC G3."""
    refused = await choose("invisible")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "presence.invisible_not_allowed" in refused.stderr
    assert "--permit chat.invisible=self" in refused.stderr
    await asyncio.to_thread(command, "role", "edit", "ordinary", "--permit", "chat.invisible=self", "--company", "acme")
    assert (await choose("invisible")).returncode == 0


async def test_a_status_that_there_is_not_and_a_text_that_is_too_long_are_refused_at_once(choose: Talk) -> None:
    assert "do-not-disturb" in (await choose("asleep")).stderr
    assert [(await choose(*words)).returncode for words in (("asleep",), ("offline",), ("busy", "x" * 101), ())] == [2, 2, 2, 2]


# ---- how it is drawn


class Known:
    """What the screens ask of a client."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.tree.take_page(
            TreePage(
                request=0,
                units=(TreeUnit(ROOT, "", "Northwind", 3), TreeUnit(SALES, ROOT, "Sales", 2), TreeUnit(LAB, ROOT, "Lab", 1)),
                members=(
                    UnitMembers(SALES, (TreeMember(TOM, "Tom"), TreeMember(LINA, "李娜"))),
                    UnitMembers(LAB, (TreeMember(TOM, "Tom"),)),
                ),
            )
        )
        self.presence = Presence()
        self.presence.watch_units([ROOT, SALES, LAB], [], [])
        self.presence.begin()

    def told(self, *units: UnitPresence, whole: bool = False) -> UnitsPresenceChanged:
        changed = self.presence.take_units(UnitsPresence(units=units, whole=whole))
        assert changed is not None
        return changed


@pytest.fixture
def known() -> Any:
    return Known()


def test_a_tree_is_drawn_with_counts_and_who_is_there(known: Any) -> None:
    sales = UnitPresence(SALES, 1, 2, (SeenAs(9, (TOM,)),), {TOM: "in the yard"})
    known.told(UnitPresence(ROOT, 1, 3), sales, whole=True)
    screen = PlainShown(known, "")
    assert screen.drawn() == ["Northwind  1/3", "   Sales  1/2", "      ● Tom  online, desktop  in the yard", "   Lab  …"]
    assert PlainShown(known, chosen(known.tree, "Sales")).drawn() == ["Sales  1/2", "   ● Tom  online, desktop  in the yard"]
    with pytest.raises(UnitNotFound):
        chosen(known.tree, "Nowhere")


def test_elsewhere_than_in_a_terminal_a_change_is_a_line(known: Any, capsys: pytest.CaptureFixture[str]) -> None:
    screen = PlainShown(known, "")
    screen.watched = dict.fromkeys((ROOT, SALES, LAB))
    screen.take(known.told(UnitPresence(ROOT, 1, 3), UnitPresence(SALES, 1, 2, (SeenAs(9, (TOM,)),)), whole=True))
    assert capsys.readouterr().out == "", "not all of it is there"
    screen.take(known.told(UnitPresence(LAB, 1, 1, (SeenAs(9, (TOM,)),)), whole=True))
    assert len(capsys.readouterr().out.splitlines()) == 5
    screen.take(known.told(UnitPresence(SALES, 1, 2, (SeenAs(19, (LINA,)), SeenAs(0, (TOM,))), {LINA: "back at two"})))
    assert capsys.readouterr().out.splitlines() == ["Sales  1/2", "   ● 李娜  busy, phone  back at two", "   ○ Tom  offline"]


def test_in_a_terminal_it_is_drawn_anew(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    class Pane:
        def update(self, text: Any, *, refresh: bool) -> None:
            drawn.append(text.plain)

    pane: Any = Pane()
    screen = LiveShown(known, "", pane)
    screen.take(known.told(UnitPresence(ROOT, 0, 3), whole=True))
    known.presence.cut()
    screen.take(known.told(UnitPresence(ROOT, 1, 3)))
    assert drawn[0].splitlines()[0] == "Northwind  0/3"
    assert drawn[1].splitlines()[-1] == "-- the server is away; waiting for it"


def test_each_status_has_its_words() -> None:
    assert described("Tom", None) == "○ Tom  offline"
    assert described("Tom", Seen(Status.DO_NOT_DISTURB, ("phone",))) == "⊖ Tom  do not disturb, phone"
