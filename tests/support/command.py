"""``yizhan`` called as a user calls it, in this process, for a process of its own takes half a second."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.cli.language import VARIABLES as LANGUAGES
from server.cli.main import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


class Command:
    """``yizhan`` with these words. ``environment`` is all that it sees of variables that begin with YIZHAN_ and of locales."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.environment: Mapping[str, str] = {}

    def __call__(self, *words: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Done:
        with self._monkeypatch.context() as patch:
            patch.chdir(folder)
            for name in [name for name in os.environ if name.startswith("YIZHAN_") or name in LANGUAGES]:
                patch.delenv(name)
            for name, value in (environment or self.environment).items():
                patch.setenv(name, value)
            code = run(words)
        return Done(code, *self._capsys.readouterr())


@contextlib.contextmanager
def serving(folder: Path, *options: str, quiet: bool = False) -> "Iterator[subprocess.Popen[str]]":
    """A server process on a free port with its data in ``folder``; gone when the block ends, also when the test fails."""
    line = [sys.executable, "-W", "error", "-m", "server", "serve", *(options or ["--port=0"])]
    level = {"YIZHAN_LOG__LEVEL": "warning"} if quiet else {}
    environment = os.environ | level | {"YIZHAN_SERVER__DATA": str(folder)}
    process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(process: "subprocess.Popen[str]") -> str:
    """Waits until the server says where it listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"wss?://\S+/ws", line):
            return found[0]
    raise AssertionError(process.communicate())


class Tail:
    """``yizhan tail`` as a process of its own: what it prints is waited for line by line."""

    words: tuple[str, ...] = ("tail",)

    def __init__(self, url: str, number: str, *options: str, environment: Mapping[str, str]) -> None:
        line = [sys.executable, "-m", "server", *self.words, "--as", number, "--url", url, *options]
        everything = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")} | dict(environment)
        self.process = subprocess.Popen(line, cwd=ROOT, env=everything, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.errors = ""

    def until(self, *texts: str) -> None:
        """Read on until a line had each of ``texts``, in whatever order they come."""
        assert self.process.stdout is not None
        missing = set(texts)
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            missing = {text for text in missing if text not in line}
            if not missing:
                return
        raise AssertionError(f"{missing} never came: {self.lines}, {self.process.communicate()}")

    def end(self) -> int:
        """Ctrl-C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        out, self.errors = self.process.communicate(timeout=20)
        self.lines += out.splitlines()
        return self.process.returncode

    def __enter__(self) -> "Tail":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
