"""The load generator of ``load/``: compiled where it is not there or older than its source, and run on a core of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

SOURCE = Path(__file__).parent / "load"
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-sign-compare"]


class LoadFailed(Exception):
    """The load generator gave up; its last words are the message."""


def compiled(folder: Path) -> Path:
    """The program. Raises: SystemExit where there is no C compiler."""
    program = folder / "load"
    sources = sorted(SOURCE.glob("*.[ch]"))
    if program.exists() and program.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return program
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SystemExit("The benchmark's load generator is written in C, and no C compiler was found (cc, gcc, clang; or name one in CC).")
    folder.mkdir(parents=True, exist_ok=True)
    command = [compiler, *FLAGS, "-o", str(program), *(str(path) for path in sources if path.suffix == ".c"), "-pthread", "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return program


def run(program: Path, on_core: int, /, **options: object) -> list[dict[str, Any]]:
    """What it printed: a map for each window, and one at the end. Raises: LoadFailed."""
    done = subprocess.run(_command(program, on_core, options), capture_output=True, text=True)
    if done.returncode:
        raise LoadFailed(done.stderr.strip() or f"it ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Steered:
    """A running one that says where it is, line by line, and goes on when it is told."""

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._process = process
        self._errors = errors

    def come_first(self) -> None:
        """Before others on its core, where the benchmark may say so; its calibration on the server's core stays as it is."""
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, -10)

    def go(self, word: str = "") -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: its next line tells why
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()

    def line(self) -> dict[str, Any]:
        """The next one. Raises: LoadFailed where it ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            made: dict[str, Any] = json.loads(line)
            return made
        code = self._process.wait()
        self._errors.seek(0)
        raise LoadFailed(self._errors.read().strip() or f"it ended with {code}")


@contextlib.contextmanager
def steered(program: Path, on_core: int, /, **options: object) -> Iterator[Steered]:
    """Ended at the end, whatever happened."""
    with tempfile.TemporaryFile("w+") as errors:
        command = _command(program, on_core, {**options, "steered": 1})
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            try:
                yield Steered(process, errors)
            finally:
                process.kill()


def _command(program: Path, on_core: int, options: dict[str, object]) -> list[str]:
    return ["taskset", "-c", str(on_core), str(program), *(f"{name}={value}" for name, value in options.items())]
