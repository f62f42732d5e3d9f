"""The load generator of ``load/``: compiled where it is not there or older than its source, and run on a core of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

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
    command = ["taskset", "-c", str(on_core), str(program), *(f"{name}={value}" for name, value in options.items())]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise LoadFailed(done.stderr.strip() or f"it ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]
