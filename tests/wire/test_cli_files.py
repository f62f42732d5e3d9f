"""What a command says of a data folder that it cannot use, and files that it writes: whole, or not at all."""

import os
import resource
import stat
import subprocess
from pathlib import Path

import pytest

from server.cli import files
from server.data_folder import DataFolderUnusable, make
from tests.support.command import Command, serving


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def refusal(process: "subprocess.Popen[str]") -> list[str]:
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    return err.splitlines()


# ---- the data folder


@pytest.mark.parametrize("place", ["file", "file/data"])
def test_a_data_folder_that_is_a_file_is_named_by_every_command(command: Command, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    for words in (["migrate"], ["demo"]):
        done = command(*words, environment={"YIZHAN_SERVER__DATA": str(tmp_path / place)})
        assert (done.returncode, "[server.data_unusable]" in done.stderr) == (1, True), done
    assert command("check", environment={"YIZHAN_SERVER__DATA": str(tmp_path / place)}).stdout.startswith("ERROR    data folder")
    with serving(tmp_path / place, "--port=0", quiet=True) as server:
        said, to_do = refusal(server)
    assert (str(tmp_path / "file") in said, "YIZHAN_SERVER__DATA" in to_do) == (True, True)


def test_a_server_that_cannot_lock_its_database_does_not_blame_the_port(tmp_path: Path) -> None:
    (tmp_path / "yizhan.sqlite.lock").mkdir()
    with serving(tmp_path, "--port=0", quiet=True) as server:
        said, to_do = refusal(server)
    assert said.endswith("yizhan.sqlite.lock: this is a folder [server.data_unusable]")
    assert "port" not in to_do


def test_a_data_folder_in_which_this_user_may_not_write_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "data")
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may write anywhere
    with pytest.raises(DataFolderUnusable, match="may not use it"):
        make(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


# ---- files that are written


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    """A full disk, here as a limit on the size of files."""
    place = tmp_path / "staff.xlsx"
    files.write(place, b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(files.FileNotWritten, match=r"staff\.xlsx cannot be written: File too large"):
            files.write(place, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("staff.xlsx", b"before")]


def test_it_is_for_its_owners_eyes_alone_whatever_stood_there(tmp_path: Path) -> None:
    place = tmp_path / "staff.xlsx"
    place.write_bytes(b"old")
    place.chmod(0o644)
    (tmp_path / "link.xlsx").symlink_to(place)
    files.write(tmp_path / "link.xlsx", b"new")
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"new", 0o600)
    assert (tmp_path / "link.xlsx").is_symlink()


def test_a_device_stays_a_device() -> None:
    files.write(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_what_is_reserved_is_given_up_only_while_it_is_empty(tmp_path: Path) -> None:
    place = tmp_path / "passwords.csv"
    files.reserve(place)
    with pytest.raises(files.FileNotWritten):
        files.reserve(place)
    files.give_up(place)
    assert not place.exists()
    files.write(place, b"10001,Li Na,secret")
    files.give_up(place)
    assert place.exists()
