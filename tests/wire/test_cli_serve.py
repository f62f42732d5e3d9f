"""The first run (DESIGN 13): `serve --demo` as `make run` calls it, and which names the door answers to."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.app import running
from tests.support.command import Command, serving
from tests.support.house import settings as settings_for

LOGIN = re.compile(r"^ +(1000[1-4]) +(\S.*\S) +([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})(?: +(\S.*))?$", re.MULTILINE)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "data")}
    return made


def greeting(process: "subprocess.Popen[str]") -> str:
    """What it prints until the last of the table."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "yizhan check" in line:
            return "".join(lines)
    raise AssertionError(process.communicate())


def test_the_first_run_tells_address_logins_data_and_what_to_try_and_the_second_the_same(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with serving(tmp_path / "data", "--demo", "--port=0") as process:
            said = greeting(process)
        url = re.search(r"ws://127\.0\.0\.1:\d+/ws", said)
        assert url is not None
        assert str(tmp_path / "data") in said
        assert f"./yizhan tail --as 10001 --url {url[0]}" in said
        assert f'./yizhan say --as 10002 --to 10001 "你好" --url {url[0]}' in said
        seen.append(LOGIN.findall(said))
    assert [(name, role) for _, name, _, role in seen[0]] == [
        *(("李娜", ""), ("王伟", ""), ("Emma Clarke", "")),
        ("谢梅", "company administrator"),
    ]
    assert seen[0] == seen[1]


def test_with_the_demo_it_does_not_listen_for_others(command: Command) -> None:
    done = command("serve", "--demo", "--host", "0.0.0.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "demo.company (command line): is refused while gateway.host is 0.0.0.0" in done.stderr


def test_the_demo_is_made_beside_a_running_server_and_shown_again(command: Command, tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--port=0") as process:
        assert process.stdout is not None
        process.stdout.readline()
        first = json.loads(command("demo", "--json").stdout)
    again = command("demo")
    assert len(first) == 40
    assert LOGIN.findall(again.stdout) == [
        (one["number"], one["name"], one["password"], one["role"].replace("_", " ")) for one in first[:4]
    ]
    assert [one["role"] for one in first if one["role"]] == ["company_administrator"]


@pytest.mark.parametrize(
    ("name", "is_answered"), [("127.0.0.1", True), ("localhost", True), ("im.example.com", True), ("evil.example.com", False)]
)
async def test_on_loopback_the_door_answers_to_its_own_names_and_the_public_one(tmp_path: Path, name: str, is_answered: bool) -> None:
    settings = settings_for(f"sqlite:///{tmp_path}/yizhan.sqlite", tmp_path)
    settings = replace(settings, server=replace(settings.server, public_url="https://im.example.com"))
    async with running(settings) as server:
        asked = connect(f"ws://{name}/ws", host="127.0.0.1", port=server.gateway_port, subprotocols=["yizhan.v1.json"], proxy=None)  # type: ignore[list-item]
        if is_answered:
            async with asked as socket:
                assert socket.subprotocol == "yizhan.v1.json"
        else:
            with pytest.raises(InvalidStatus):
                await asked
