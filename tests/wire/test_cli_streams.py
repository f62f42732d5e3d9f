"""The command line on terminals that are not in UTF-8: what they cannot show, and what was typed there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT, Command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "data")}
    return made


def told(encoding: str, *words: str) -> str:
    """By a process of its own, whose standard output has this encoding."""
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    line = [sys.executable, "-m", "server", *words]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_a_terminal_cannot_show_is_written_as_in_json_and_ends_no_command(encoding: str) -> None:
    """A newcomer's first password stands behind the name, and is told once."""
    here = told("utf-8", "role", "permissions", "--chinese", "--json")
    there = told(encoding, "role", "permissions", "--chinese", "--json")
    assert not here.isascii()
    assert "\\u" in there
    assert json.loads(there) == json.loads(here)


def test_what_it_can_show_stays_as_it_is() -> None:
    assert told("gbk", "role", "permissions", "--chinese") == told("utf-8", "role", "permissions", "--chinese")


def test_a_name_typed_in_another_encoding_is_refused_and_nothing_is_stored(command: Command) -> None:
    """A terminal in GBK on a machine in UTF-8."""
    name = "王伟".encode("gbk").decode("utf-8", "surrogateescape")
    assert command("migrate").returncode == 0
    assert command("company", "add", "acme", "--name", "Acme").returncode == 0
    refused = command("member", "add", name)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "[cli.word_unreadable]" in refused.stderr
    assert "LANG=C.UTF-8" in refused.stderr
    assert json.loads(command("member", "list", "--json").stdout) == []


def test_the_name_of_a_file_may_be_any_bytes(command: Command, tmp_path: Path) -> None:
    place = tmp_path / "王伟.toml".encode("gbk").decode("utf-8", "surrogateescape")
    place.write_text("[gateway]\nport = 9000\n")
    done = command("--config", str(place), "config", "show")
    assert (done.returncode, "gateway.port" in done.stdout, " 9000 " in done.stdout) == (0, True, True)
