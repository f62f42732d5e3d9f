"""Two commits side by side: medians of their turns, ratios, and what of it is worse. Pure.

CPU and memory are worse from a median over ``TOLERATED`` times the base's on. A tail of latencies wanders by more than that between two
runs of the same commit; so of times each reading of this one must also lie above the base's median, which five do by chance once in 32.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from tests.bench.scenarios import Scenario

TOLERATED = 1.10
CPU, WITH_DATABASE = "cpu_us", "cpu_us_all"
TIMES = frozenset(("p50_ms", "p99_ms", "p99_ratio", "seconds"))
COLUMNS = (("scenario", 20), ("field", 18), ("base", 10), ("this", 10), ("ratio", 7))
Result = Mapping[str, object]


class Row(NamedTuple):
    """A figure of a scenario: medians of both commits. ``word`` is empty where all is well; WORSE fails."""

    scenario: str
    field: str
    base: float | None
    this: float | None
    word: str

    @property
    def ratio(self) -> float | None:
        return self.this / self.base if self.base and self.this is not None else None


WORSE, NEW, GONE, LOST = "WORSE", "new", "gone", "LOST MESSAGES"


def judged_fields(scenario: Scenario) -> Sequence[str]:
    """What a scenario is there for."""
    if scenario.mode == "idle":
        return ("kib_per_connection",)
    if scenario.performed == "import":
        return ("seconds", "p99_ms")
    if scenario.performed == "restart":
        return ("seconds",)
    if "flood" in scenario.options:
        return (CPU, "p99_ratio")
    fields = [CPU, *([WITH_DATABASE] if scenario.database != "sqlite" else [])]
    if scenario.mode == "storm":
        fields.append("seconds")
    elif "rate" in scenario.options or scenario.mode == "search":
        fields += ["p50_ms", "p99_ms"]
    return fields


def rows(scenario: Scenario, base: Sequence[Result], this: Sequence[Result]) -> list[Row]:
    """``base`` and ``this``: results of the turns; none where a commit has no such scenario."""
    made = [_row(scenario.name, field, _values(base, field), _values(this, field)) for field in judged_fields(scenario)]
    lost = sum(int(str(result.get("undelivered", 0))) for result in this)
    return made + ([Row(scenario.name, "undelivered", None, lost, LOST)] if lost else [])


def _values(results: Sequence[Result], field: str) -> list[float]:
    return [float(value) for result in results if isinstance(value := result.get(field), int | float)]


def _row(scenario: str, field: str, base: Sequence[float], this: Sequence[float]) -> Row:
    if not base or not this:
        word = NEW if this else GONE
        return Row(scenario, field, median(base) if base else None, median(this) if this else None, word)
    row = Row(scenario, field, median(base), median(this), "")
    is_over = row.ratio is not None and row.ratio > TOLERATED
    if is_over and (field not in TIMES or min(this) > median(base)):
        return row._replace(word=WORSE)
    return row


def table(every: Sequence[Row]) -> str:
    lines = [" ".join(title.rjust(width) if nth > 1 else title.ljust(width) for nth, (title, width) in enumerate(COLUMNS))]
    for row in every:
        cells = (row.scenario, row.field, _shown(row.base), _shown(row.this), _shown(row.ratio))
        line = " ".join(
            cell.rjust(width) if nth > 1 else cell.ljust(width) for nth, (cell, (_, width)) in enumerate(zip(cells, COLUMNS, strict=True))
        )
        lines.append(f"{line}  {row.word}".rstrip())
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 100 else f"{value:.0f}"


def verdict(every: Sequence[Row]) -> str:
    """The word that the comparison fails with; nothing where nothing is worse."""
    worse = [f"{row.scenario}.{row.field} {_by(row)}" for row in every if row.word in (WORSE, LOST)]
    return f"worse: {'; '.join(worse)}" if worse else ""


def _by(row: Row) -> str:
    return f"by {(row.ratio - 1) * 100:.0f} %" if row.ratio is not None else f"({_shown(row.this)})"


def order(turns: int) -> list[str]:
    """ABAB…, the base first."""
    return ["base", "this"] * turns


# ---- which commit is the base


def base_of(tags: Sequence[str], version_commits: Sequence[str], head: str) -> str | None:
    """The last tag; without one the commit that set the version last, other than ``head`` itself; None where there is neither.

    Newest first, both.
    """
    return next(iter(tags), None) or next((commit for commit in version_commits if commit != head), None)


def same_requirements(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two checkouts' lists of packages name the same ones; comments and empty lines aside."""
    return {name: _packages(text) for name, text in one.items()} == {name: _packages(text) for name, text in other.items()}


def _packages(text: str) -> list[str]:
    return sorted(line for raw in text.splitlines() if (line := raw.partition("#")[0].strip()))
