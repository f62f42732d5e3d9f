"""The results as a table, with the machine, the versions and the settings that they stand for."""

from collections.abc import Sequence
from typing import Any

COLUMNS = (
    ("scenario", "scenario", 20),
    ("cpu_us", "cpu µs", 9),
    ("raw_cpu_us", "raw", 9),
    ("cpu_us_all", "with db", 9),
    ("per_second", "/s", 9),
    ("p50_ms", "p50 ms", 9),
    ("p99_ms", "p99 ms", 9),
    ("highest_ms", "most ms", 9),
    ("core_share", "core", 7),
    ("kib_per_connection", "KiB", 7),
    ("seconds", "s", 7),
    ("load_cpu_us", "load µs", 8),
    ("slow", "slow", 6),
    ("undelivered", "lost", 5),
)


def table(results: Sequence[dict[str, Any]]) -> str:
    lines = [" ".join(title.rjust(width) if nth else title.ljust(width) for nth, (_, title, width) in enumerate(COLUMNS))]
    for result in results:
        lines.append(" ".join(_cell(result.get(name), width) for name, _, width in COLUMNS))
    return "\n".join(lines)


def _cell(value: object, width: int) -> str:
    if isinstance(value, str):
        return value.ljust(width)
    if value is None:
        return " " * width
    assert isinstance(value, (int, float))
    return (f"{value:.4g}" if isinstance(value, float) and value < 1000 else f"{value:.0f}").rjust(width)
