"""What the figures were made on: checkout, machine, versions, commit."""

import platform
import sqlite3
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
PACKAGES = ("twisted", "autobahn", "uvloop", "msgspec", "sqlalchemy", "asyncpg")


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit() -> str:
    """With a + where the checkout is not exactly that."""
    changed = _said("git", "status", "--porcelain", "--untracked-files=no", "--", "protocol", "storage", "server")
    return _said("git", "rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def described() -> dict[str, str]:
    information = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in information.splitlines() if line.startswith("model name")), "?")
    cores = information.count("\nprocessor") + information.startswith("processor")
    return {
        "machine": f"{model}, {cores} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "compiler": _said("cc", "--version").split("\n")[0],
    }
