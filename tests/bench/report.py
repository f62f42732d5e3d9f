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

BESIDE = (
    *("p99_ratio", "p50_ms_without", "p99_ms_without", "core_share_without", "rows", "first_seconds", "checked"),
    *("changes_per_second", "frames_per_second", "bytes_per_second", "waiting", "arrival_p50_ms", "arrival_p99_ms"),
    *("how", "start_seconds", "came_seconds", "flapped"),
)
"""What some scenarios tell besides."""


def table(results: Sequence[dict[str, Any]]) -> str:
    lines = [" ".join(title.rjust(width) if nth else title.ljust(width) for nth, (_, title, width) in enumerate(COLUMNS))]
    for result in results:
        lines.append(" ".join(_cell(result.get(name), width) for name, _, width in COLUMNS))
    return "\n".join(lines)


def besides(results: Sequence[dict[str, Any]]) -> str:
    """A line for each scenario that tells more than the table has columns for, and for each that was scaled down."""
    lines = []
    for result in results:
        told = [f"{name} {result[name]}" for name in BESIDE if name in result]
        if "scaled" in result:
            told.append(f"scaled down to a quick run's {result['scaled']}: no figure to compare")
        if told:
            lines.append(f"{result['scenario']}: {', '.join(told)}")
    return "\n".join(lines)


def _cell(value: object, width: int) -> str:
    if isinstance(value, str):
        return value.ljust(width)
    if value is None:
        return " " * width
    assert isinstance(value, (int, float))
    return (f"{value:.4g}" if isinstance(value, float) and value < 1000 else f"{value:.0f}").rjust(width)
