"""A workbook of 30,000 members is imported by ``yizhan org import`` while people write to each other.

The import runs on the load generator's core, which comes first there: what the chat feels is the database and the server, not that core.
(The import is not put behind: it would be kept waiting while it holds the database's lock.)
"""

import subprocess
import sys
import time
from pathlib import Path

import xlsxwriter

from tests.bench import load_program, staff
from tests.bench.machine import ROOT
from tests.bench.organisation import Organisations
from tests.bench.serving import environment
from tests.bench.stage import LOAD_CORE, Performed, Stage

QUICK = 3_000


class ImportFailed(Exception):
    """What the command said."""


def perform(stage: Stage) -> Performed:
    """One window without the import, one with it."""
    assert isinstance(stage.made, Organisations)
    rows = _rows(stage)
    company = stage.made.newcomers.number
    workbook = _workbook(stage.folder / "staff.xlsx", rows, company)
    with load_program.steered(stage.program, LOAD_CORE, **(stage.options | {"windows": 2})) as load:
        load.come_first()
        load.line()
        time.sleep(float(str(stage.options["seconds"])))
        load.go()
        without = load.line()
        load.line()
        seconds, progress = _imported(stage, workbook, company)
        load.go()
        beside, end = load.line(), load.line()
    more = {
        "seconds": round(seconds, 2),
        "p50_ms": round(beside["p50_us"] / 1000, 3),
        "p99_ms": round(beside["p99_us"] / 1000, 3),
        "highest_ms": round(beside["highest_us"] / 1000, 3),
        "p50_ms_without": round(without["p50_us"] / 1000, 3),
        "p99_ms_without": round(without["p99_us"] / 1000, 3),
        "core_share": round(beside["server_ns"] / 1e9 / beside["seconds"], 4),
        "core_share_without": round(without["server_ns"] / 1e9 / without["seconds"], 4),
        "rows": rows,
        "progress": progress,
    }
    return Performed([without, beside | {"beside": True}], end, more | ({"scaled": f"{rows:,} rows"} if rows != staff.IMPORTED else {}))


def _workbook(path: Path, rows: int, root: str) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("成员")
        for nth, row in enumerate(staff.roster(rows, root)):
            sheet.write_row(nth, 0, row)
    return path


def _imported(stage: Stage, workbook: Path, company: str) -> tuple[float, list[str]]:
    """Seconds, from the start of the command to its end, and what it told of its progress, and when. Raises: ImportFailed."""
    passwords = workbook.with_name("passwords.csv")
    line = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-m", "server", "org", "import", str(workbook)]
    line += ["--company", company, "--make-units", "--passwords", str(passwords)]
    began = time.monotonic()
    with subprocess.Popen(
        line, cwd=ROOT, env=environment(stage.folder, stage.url), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        progress = [f"{time.monotonic() - began:.1f} s: {told.rstrip()}" for told in process.stderr]
    seconds = time.monotonic() - began
    if process.returncode:
        raise ImportFailed("\n".join(progress[-20:]))
    added = len(passwords.read_text(encoding="utf-8-sig").splitlines()) - 1
    if added != _rows(stage):
        raise ImportFailed(f"{added} were added")
    return seconds, progress


def _rows(stage: Stage) -> int:
    return QUICK if stage.wishes.is_quick else staff.IMPORTED
