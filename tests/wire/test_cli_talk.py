"""``say`` and ``tail`` against a real server: a first conversation, through a kill, and what is said where something is missing."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import yizhan
from server.org.notices import NoticeService
from tests.support.command import Command, Done, Tail, address_of, serving
from tests.support.house import OPERATOR, PASSWORD, House


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "data")}
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return made


def seq_of(done: Done) -> int:
    assert done.returncode == 0, done
    return int(done.stdout.split()[0].removeprefix("#"))


def test_a_first_conversation_goes_on_after_the_server_was_killed(command: Command, tmp_path: Path) -> None:
    """As the README tells it: tail in one shell, say in another, then kill -9 and again. The demo's passwords are known."""
    options = {"environment": command.environment}
    with serving(tmp_path / "data", "--demo", "--port=0") as server:
        url = address_of(server)
        with Tail(url, "10001", "--json", **options) as tail:
            tail.until('"event":"connected"')
            first = seq_of(command("say", "--as", "10002", "--to", "10001", "--url", url, "你好"))
            tail.until("你好")
            server.send_signal(signal.SIGKILL)
            server.wait()
            assert command("say", "--as", "10002", "--to", "10001", "--url", url, "is anybody there").returncode == 1
            with serving(tmp_path / "data", "--demo", f"--port={url.split(':')[2].removesuffix('/ws')}") as again:
                address_of(again)
                second = seq_of(command("say", "--as", "10002", "--to", "10001", "--url", url, "still there"))
                tail.until("still there")
                assert tail.end() == 0
                third = seq_of(command("say", "--as", "10002", "--to", "10001", "--url", url, "while you were away"))
                with Tail(url, "10001", "--json", **options) as later:
                    later.until("while you were away")
                    assert later.end() == 0
    assert (second, third) == (first + 1, first + 2)
    assert said(tail.lines + later.lines, by="王伟")[-3:] == [(first, "你好"), (second, "still there"), (third, "while you were away")]
    assert every_message_once(tail.lines + later.lines)


def said(lines: list[str], *, by: str) -> list[tuple[int, str]]:
    """Of the direct conversation with ``by``."""
    events = [json.loads(line) for line in lines]
    return [
        (event["seq"], event["text"])
        for event in events
        if event["event"] == "message_received" and event["conversation_name"] == by and event["sender_name"] == by
    ]


def every_message_once(lines: list[str]) -> bool:
    events = [json.loads(line) for line in lines]
    keys = [(event["conversation"], event["seq"]) for event in events if event["event"] == "message_received"]
    return len(keys) == len(set(keys)) > 0


# ---- in a house whose server runs on the loop

Talk = Callable[..., Awaitable[Done]]


@pytest.fixture
def talk(house: House, command: Command, tmp_path: Path) -> Talk:
    """Commands in a thread, with the password that all people of the house have, unless they say another."""
    (tmp_path / "password").write_text(PASSWORD + "\n")

    async def call(*words: str, password: Path | None = tmp_path / "password") -> Done:
        given = ("--password-file", str(password)) if password else ()
        return await asyncio.to_thread(command, *words, "--url", house.url, *given)

    return call


async def heard(client: Any, text: str) -> Any:
    async with asyncio.timeout(10):
        async for event in client.events():
            if getattr(getattr(event, "message", None), "text", None) == text:
                return event.message
    raise AssertionError("the events ended")


async def test_what_is_said_from_the_shell_is_heard_by_the_other(house: House, talk: Talk) -> None:
    async with house.client("Li Na") as lina:
        seq = seq_of(await talk("say", "--as", house.people["Wang"].number, "--to", house.people["Li Na"].number, "Lunch? 午饭?"))
        message = await heard(lina, "Lunch? 午饭?")
    assert (message.seq, message.sender) == (seq, house.people["Wang"].member)


async def test_a_group_is_named_by_its_id_or_its_name(house: House, talk: Talk) -> None:
    people = [house.people[name].who for name in ("Li Na", "Wang")]
    await house.running.conversations.create(people[0], people[1:], name="午饭 Lunch")
    number = house.people["Wang"].number
    first = json.loads((await talk("say", "--as", number, "--to", "午饭 Lunch", "noodles", "--json")).stdout)[0]
    assert seq_of(await talk("say", "--as", number, "--to", first["conversation"], "or dumplings")) == first["seq"] + 1


async def test_saying_again_uses_the_session_that_is_kept_and_no_password(house: House, talk: Talk) -> None:
    words = ("say", "--as", house.people["Wang"].number, "--to", house.people["Li Na"].number)
    assert (await talk(*words, "one")).returncode == 0
    assert (await talk(*words, "two", password=None)).returncode == 0
    sessions = await house.running.companies.list_sessions(OPERATOR, "acme", house.people["Wang"].number)
    assert [one.device_class for one in sessions] == ["terminal"]


async def test_somebody_who_says_nothing_of_a_password_is_told_how_to_give_one(house: House, talk: Talk) -> None:
    done = await talk("say", "--as", house.people["Wang"].number, "--to", "10001", "hello", password=None)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--password-file" in done.stderr


@pytest.mark.parametrize(
    ("to", "said"), [("99999", "member.not_found"), ("Nowhere at all", "conversation.not_found"), ("AAAAAAAAAA", "conversation.not_found")]
)
async def test_who_cannot_be_found_is_named_with_what_to_do(house: House, talk: Talk, to: str, said: str) -> None:
    done = await talk("say", "--as", house.people["Wang"].number, "--to", to, "hello")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


async def test_a_wrong_password_is_told_with_what_to_do(house: House, talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("certainly not")
    done = await talk("say", "--as", house.people["Wang"].number, "--to", "10001", "hello", password=tmp_path / "wrong")
    assert done.returncode == 1
    assert "sign_in.wrong" in done.stderr
    assert "reset-password" in done.stderr


async def test_a_first_password_is_changed_on_the_way(house: House, talk: Talk, tmp_path: Path) -> None:
    number = house.people["Wang"].number
    (tmp_path / "first").write_text(await house.running.companies.reset_password(OPERATOR, "acme", number))
    (tmp_path / "new").write_text("a fine new password")
    words = ("say", "--as", number, "--to", house.people["Li Na"].number, "hello")
    refused = await talk(*words, password=tmp_path / "first")
    assert (refused.returncode, "--new-password-file" in refused.stderr) == (1, True)
    assert (await talk(*words, "--new-password-file", str(tmp_path / "new"), password=tmp_path / "first")).returncode == 0
    async with house.client("Wang", password="a fine new password"):
        pass


def test_without_a_server_say_and_tail_say_so_at_once(command: Command) -> None:
    for words in (("say", "--to", "10001", "hello"), ("tail",)):
        done = command(*words, "--as", "10002", "--url", "ws://127.0.0.1:9/ws")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: no server answers at ws://127.0.0.1:9/ws: nobody listens there")
        assert "--url" in done.stderr.splitlines()[1]


def test_what_is_no_address_is_refused(command: Command) -> None:
    done = command("tail", "--as", "10002", "--url", "http://127.0.0.1:8800")
    assert (done.returncode, "cli.address_invalid" in done.stderr) == (2, True)


def test_a_state_that_cannot_be_read_names_its_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "state" / "yizhan").mkdir(parents=True)
    file = tmp_path / "state" / "yizhan" / "127.0.0.1_9-10002.json"
    file.write_text("{")
    done = command("tail", "--as", "10002", "--url", "ws://127.0.0.1:9/ws")
    assert done.returncode == 1
    assert f"rm '{file}'" in done.stderr


# ---- tail, as a process


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "YIZHAN_PASSWORD": PASSWORD}


@pytest.mark.parametrize(("language", "words"), [((), ("disabled", "active again")), (("--chinese",), ("已停用", "已启用"))])
async def test_tail_says_who_is_disabled_and_who_is_back(
    house: House, environment: dict[str, str], language: tuple[str, ...], words: tuple[str, str]
) -> None:
    """SPEC B5: what he wrote is shown with it, and that it changed."""
    lina, wang = house.people["Li Na"], house.people["Wang"]
    async with house.client("Li Na") as client:
        conversation = (await client.open_direct(number=wang.number)).conversation
        await client.send(conversation, "noon?")
    with Tail(house.url, wang.number, *language, environment=environment) as tail:
        await asyncio.to_thread(tail.until, "Li Na: noon?")
        await house.running.companies.disable(OPERATOR, "acme", lina.number, "leave")
        await asyncio.to_thread(tail.until, f"Li Na: {words[0]}")
        await house.running.companies.enable(OPERATOR, "acme", lina.number)
        await asyncio.to_thread(tail.until, f"Li Na: {words[1]}")
        await house.running.companies.disable(OPERATOR, "acme", lina.number, "leave")
        await asyncio.to_thread(tail.until, f"Li Na: {words[0]}")
        assert await asyncio.to_thread(tail.end) == 0
    async with house.client("Wang") as client:
        await client.send(conversation, "when you are back")  # it waits for her
    with Tail(house.url, wang.number, *language, environment=environment) as tail:
        await asyncio.to_thread(tail.until, f"[Li Na ({words[0]})] #2")
        assert await asyncio.to_thread(tail.end) == 0


async def test_tail_prints_edits_recalls_and_reactions_for_people(house: House, environment: dict[str, str]) -> None:
    async with house.client("Li Na") as lina:
        with Tail(house.url, house.people["Wang"].number, environment=environment) as tail:
            conversation = (await lina.open_direct(number=house.people["Wang"].number)).conversation
            one = await lina.send(conversation, "noon?")
            await asyncio.to_thread(tail.until, "Li Na: noon?")
            await lina.edit((conversation, one.seq), yizhan.bodies.TextBody(text="one o'clock?"))
            await asyncio.to_thread(tail.until, "Li Na: (edited) one o'clock?")
            await lina.react((conversation, one.seq), "👍")
            await asyncio.to_thread(tail.until, "(👍 Li Na)")
            await lina.recall((conversation, one.seq))
            await asyncio.to_thread(tail.until, "Li Na: (recalled)")
            assert await asyncio.to_thread(tail.end) == 0
    assert tail.errors == f"-- connected as Wang ({house.people['Wang'].number})\n"


@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_tail_goes_on_behind_what_the_server_itself_says(house: House, environment: dict[str, str], form: tuple[str, ...]) -> None:
    """Nobody sent it: there is no card to ask for."""
    notices = NoticeService(house.running.storage, {})
    with Tail(house.url, house.people["Wang"].number, *form, environment=environment) as tail:
        for text in ("Lunch at noon", "Tea at four"):
            await notices.send(OPERATOR, "acme", [house.people["Wang"].number], text)
        await asyncio.to_thread(tail.until, "Tea at four")
        assert await asyncio.to_thread(tail.end) == 0
    named = '"sender_name":"Yizhan"' if form else "[Yizhan] "
    assert len([line for line in tail.lines if named in line]) == 2


async def test_tail_of_one_conversation_leaves_out_the_others(house: House, environment: dict[str, str]) -> None:
    number = house.people["Wang"].number
    async with house.client("Li Na") as lina, house.client("Zhao") as zhao:
        with Tail(house.url, number, "--conversation", house.people["Zhao"].number, environment=environment) as tail:
            await lina.send((await lina.open_direct(number=number)).conversation, "of Li Na")
            await zhao.send((await zhao.open_direct(number=number)).conversation, "of Zhao")
            await asyncio.to_thread(tail.until, "of Zhao")
            await asyncio.to_thread(tail.end)
    assert not [line for line in tail.lines if "of Li Na" in line]


async def test_a_session_that_an_administrator_ends_ends_tail(house: House, environment: dict[str, str]) -> None:
    number = house.people["Wang"].number
    with Tail(house.url, number, "--json", environment=environment) as tail:
        await asyncio.to_thread(tail.until, '"connected"')
        await house.running.companies.disable(OPERATOR, "acme", number, "left")
        await asyncio.to_thread(tail.until, '"session_ended"')
        _, err = await asyncio.to_thread(tail.process.communicate)
    assert tail.process.returncode == 1
    assert "disabled" in err


async def test_a_second_tail_of_the_same_member_is_refused(house: House, environment: dict[str, str]) -> None:
    number = house.people["Wang"].number
    with Tail(house.url, number, "--json", environment=environment) as tail:
        await asyncio.to_thread(tail.until, '"connected"')
        with Tail(house.url, number, environment=environment) as second:
            _, err = await asyncio.to_thread(second.process.communicate)
        await asyncio.to_thread(tail.end)
    assert second.process.returncode == 1
    assert "cli.already_tailed" in err
