"""``python -m tests.bench.compare --base COMMIT``: another commit and this checkout by turns, in one run; ends with 1 where this is worse.

The base lies in a git worktree under ``build/compare`` while it runs, and is measured by its own benchmark, which knows its schema; what
it kept stays for the next time. CPU is made here of the readings of both, so that it means the same.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench import verdicts
from tests.bench.figures import figures
from tests.bench.machine import BUILD, ROOT, described, say
from tests.bench.scenarios import BY_NAME, SCENARIOS, Scenario
from tests.bench.verdicts import CPU, WITH_DATABASE, Row

FOLDER = ROOT / "build" / "compare"
TREE, KEPT = FOLDER / "base", FOLDER / "kept"
REQUIREMENTS = ("run.txt", "dev.txt")
SLOW = ("idle_10000", "import_30000", "import_30000_pg", "sign_in_storm", "restart_5000")  # minutes each: named by --only alone


class Checkout:
    """One of the two sides. ``python`` has what it requires installed."""

    def __init__(self, name: str, root: Path, python: Path) -> None:
        self.name = name
        self.root = root
        self.python = python

    def measured(self, scenario: Scenario, options: Sequence[str]) -> dict[str, Any] | None:
        """One run's result; None where there is no such scenario, or it failed, which its own words tell."""
        result = self.root / "build" / "bench" / f"{scenario.name}.json"
        result.unlink(missing_ok=True)
        line = [str(self.python), "-m", "tests.bench", "--only", scenario.name, *options]
        done = subprocess.run(line, cwd=self.root, capture_output=True, text=True, env=_environment())
        if not result.exists():
            say(f"{self.name}: {scenario.name}: {(done.stderr.strip().splitlines() or ['nothing was said'])[-1]}")
            return None
        made: dict[str, Any] = json.loads(result.read_text())
        again = figures(made["windows"], made["end"], per=scenario.per, database=scenario.database != "sqlite")
        return made | {name: again[name] for name in (CPU, WITH_DATABASE) if name in again}


def main() -> int:
    wished = _arguments()
    chosen = [BY_NAME[name] for name in wished.only.split(",")] if wished.only else [one for one in SCENARIOS if one.name not in SLOW]
    commit = _commit(wished.base)
    options = ["--windows", "1", "--seconds", str(wished.seconds), "--warmup", str(wished.warmup)]
    say(f"base {commit[:12]} and this checkout by turns, {wished.turns} each, windows of {wished.seconds:g} s")
    with _base(commit) as base:
        this = Checkout("this", ROOT, Path(sys.executable))
        every = [row for scenario in chosen for row in _compared(scenario, base, this, wished.turns, options)]
    print("\n".join(f"{name}: {value}" for name, value in described().items()))
    print(f"base: {commit[:12]} {_git('log', '-1', '--format=%s', commit)}")
    print(verdicts.table(every))
    word = verdicts.verdict(every)
    print(word or f"nothing is over {(verdicts.TOLERATED - 1) * 100:.0f} % worse")
    (BUILD / "compare").mkdir(parents=True, exist_ok=True)
    (BUILD / "compare" / "rows.json").write_text(json.dumps({"base": commit, "rows": [row._asdict() for row in every]}, indent=1) + "\n")
    return 1 if word or not every else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-compare", description=__doc__, epilog="Scenarios: " + ", ".join(BY_NAME))
    parser.add_argument("--base", default="", help="a commit or tag; by default the last tag, else the commit that set the version")
    parser.add_argument("--only", default="", help="names of scenarios, separated by commas; by default all but " + ", ".join(SLOW))
    parser.add_argument("--turns", type=int, default=5, help="of each side")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn's window")
    parser.add_argument("--warmup", type=float, default=2.0, help="seconds before it")
    wished = parser.parse_args()
    unknown = [name for name in wished.only.split(",") if name and name not in BY_NAME]
    if unknown:
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    if wished.turns < 1:
        parser.error("at least one turn")
    return wished


def _compared(scenario: Scenario, base: Checkout, this: Checkout, turns: int, options: Sequence[str]) -> list[Row]:
    """A side that has no such scenario, or fails in it, is asked no more."""
    results: dict[str, list[dict[str, Any]]] = {"base": [], "this": []}
    out: set[str] = set()
    for side in verdicts.order(turns):
        if side in out:
            continue
        result = {"base": base, "this": this}[side].measured(scenario, options)
        if result is None:
            out.add(side)
        else:
            results[side].append(result)
    made = verdicts.rows(scenario, results["base"], results["this"])
    say(verdicts.table(made).partition("\n")[2])
    return made


# ---- the base's checkout


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _commit(wished: str) -> str:
    """Raises: SystemExit where there is none."""
    head = _git("rev-parse", "HEAD")
    if not wished:
        tags = [tag for tag in _git("tag", "--merged", "HEAD", "--sort=-creatordate").splitlines() if _git("rev-list", "-1", tag) != head]
        wished = verdicts.base_of(tags, _git("log", "--format=%H", "-G^version = ", "--", "pyproject.toml").splitlines(), head) or ""
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{wished}^{{commit}}")
    except subprocess.CalledProcessError:
        raise SystemExit(f"there is no commit {wished!r} to compare with; name one: make bench-compare BASE=…") from None


@contextlib.contextmanager
def _base(commit: str) -> Iterator[Checkout]:
    """Made now, and removed at the end; only what it keeps between runs stays."""
    _remove()
    FOLDER.mkdir(parents=True, exist_ok=True)
    _git("worktree", "add", "--force", "--detach", str(TREE), commit)
    try:
        if not (TREE / "tests" / "bench" / "__main__.py").exists():
            raise SystemExit(f"{commit[:12]} has no benchmark yet; name a later commit: make bench-compare BASE=…")
        KEPT.mkdir(exist_ok=True)
        (TREE / "build").symlink_to(KEPT, target_is_directory=True)
        yield Checkout("base", TREE, _python())
    finally:
        _remove()


def _remove() -> None:
    """Also what a run that was killed left."""
    if TREE.exists():
        (TREE / "build").unlink(missing_ok=True)
        with contextlib.suppress(subprocess.CalledProcessError):
            _git("worktree", "remove", "--force", str(TREE))
        shutil.rmtree(TREE, ignore_errors=True)


def _python() -> Path:
    """This checkout's, where both require the same; else one of its own, made by its own tool."""
    lists = [{name: (root / "requirements" / name).read_text() for name in REQUIREMENTS} for root in (ROOT, TREE)]
    if verdicts.same_requirements(*lists):
        return Path(sys.executable)
    say("the base requires other packages: an environment of its own is made")
    subprocess.run([sys._base_executable, "tools/prepare.py", "dev", ".venv/dev-compare"], cwd=TREE, check=True)  # type: ignore[attr-defined]
    return TREE / ".venv" / "bin" / "python"


def _environment() -> dict[str, str]:
    """Each side imports from its own checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


if __name__ == "__main__":
    sys.exit(main())
