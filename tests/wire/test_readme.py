"""The README, followed to the letter: every command in it does what it says, in its order, against the demo and a company of one's own."""

import re
import shlex
from pathlib import Path

import pytest

from tests.support.command import ROOT, Command, address_of, serving

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LIVE = (["serve"], ["tail"], ["presence", "watch"])
OWN = "YIZHAN_SERVER__DATA=~/yizhan"


def commands() -> tuple[list[list[str]], list[list[str]]]:
    """With the demo, and behind the words that choose another data folder. Those that run until Ctrl-C have tests of their own."""
    found: tuple[list[list[str]], list[list[str]]] = ([], [])
    part = 0
    for block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            part = 1 if OWN in words else part
            if words[:1] == ["./yizhan"] and not any(words[1 : 1 + len(live)] == live for live in LIVE):
                found[part].append(words[1:])
    return found


def test_every_command_of_the_readme_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_demo, own = commands()
    assert (len(with_demo), len(own)) > (20, 12)
    command = Command(monkeypatch, capsys)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(tmp_path / "data", "--demo", "--port=0", quiet=True) as server:
        port = address_of(server).split(":")[2].removesuffix("/ws")
        demo = {"YIZHAN_SERVER__DATA": str(tmp_path / "data"), "YIZHAN_GATEWAY__PORT": port}
        for words in with_demo:
            done = command(*words, environment=demo, folder=tmp_path)
            assert done.returncode == 0, (words, done)
    told = {}
    for words in own:
        done = command(*words, environment={"YIZHAN_SERVER__DATA": str(tmp_path / "own")}, folder=tmp_path)
        assert done.returncode == 0, (words, done)
        told[" ".join(words)] = done.stdout
    assert "王伟" not in told["org tree --as 10001"]
    assert told["role explain 10001 org.manage --member 10002"].startswith("10001 may:")
