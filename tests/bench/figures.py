"""From readings to the figures of a result: medians of windows, CPU set right by how slow the server's core was.

Pure. ``BEST_NS`` is what the load generator's fixed piece of work takes on a core of the reference machine that nothing disturbs: there
the tenth percentile of many samples is 311 µs and the median 313 (``python -m tests.bench --calibrate``; single samples go down to 240
when the core is clocked up). It is set somewhat higher, to what this work takes while the older generator that the bars were measured
with takes its 287 µs (1.12 of it, measured in turns), so that figures and bars mean the same core. A core that is slow for a while, by its
neighbours or its clock, takes longer for it and for the server alike, so CPU * BEST_NS / measured is what the server would have taken.
"""

from collections.abc import Sequence
from statistics import median
from typing import Any

BEST_NS = 321_000
COUNTED = {"message": "delivered", "connection": "connections", "arrival": "arrived"}
Window = dict[str, Any]


def right(ns: float, window: Window) -> float:
    """CPU set right."""
    return ns * BEST_NS / window["work_ns"] if window["work_ns"] else ns


def _median(values: Sequence[float], digits: int = 3) -> float:
    return round(median(values), digits)


def figures(windows: Sequence[Window], end: dict[str, Any], *, per: str, database: bool) -> dict[str, Any]:
    """The fields of a result that are measured; µs for each delivered message (of presence: each state that was
    told), or each connection that came."""
    measured = [window for window in windows if window["window"] >= 0 and not (window.get("stalled") or window.get("beside"))]
    counts = [max(window[COUNTED[per]], 1) for window in measured]
    each = list(zip(measured, counts, strict=True))
    made: dict[str, Any] = {
        "cpu_us": _median([right(window["server_ns"], window) / count / 1000 for window, count in each]),
        "raw_cpu_us": _median([window["server_ns"] / count / 1000 for window, count in each]),
        "per_second": _median([count / window["seconds"] for window, count in each], 1),
        "p50_ms": _median([window["p50_us"] / 1000 for window in measured]),
        "p99_ms": _median([window["p99_us"] / 1000 for window in measured]),
        "highest_ms": _median([window["highest_us"] / 1000 for window in measured]),
        "load_cpu_us": _median([window["load_ns"] / count / 1000 for window, count in each]),
        "core_share": _median([window["server_ns"] / 1e9 / window["seconds"] for window in measured], 4),
        "slow": _median([window["work_ns"] / BEST_NS for window in measured]),
        "undelivered": end["undelivered"] + end["disordered"],
    }
    if database:
        whole = [(window["server_ns"] + window["database_ns"], window, count) for window, count in each]
        made["cpu_us_all"] = _median([right(ns, window) / count / 1000 for ns, window, count in whole])
        made["raw_cpu_us_all"] = _median([ns / count / 1000 for ns, _, count in whole])
    return made | _special(windows, measured)


def _special(windows: Sequence[Window], measured: Sequence[Window]) -> dict[str, Any]:
    """What some scenarios are about."""
    stalled = [window for window in windows if window.get("stalled")]
    if stalled:
        return _by_turns(measured, stalled) | {"stalls": stalled[-1]["stalls"]}
    if "kib_each" in measured[-1]:
        return {"kib_per_connection": _median([window["kib_each"] for window in measured]), "rss_kib": measured[-1]["rss_kib"]}
    if "changes" in measured[-1]:
        return {name: _median([window[name] for window in measured], 1) for name in ("frames_per_second", "bytes_per_second")} | {
            "changes_per_second": _median([window["changes"] / window["seconds"] for window in measured], 1)
        }
    if measured[-1].get("arrived"):
        return _storm(measured)
    if "phase" in measured[-1]:
        return {"seconds": _median([window["seconds"] for window in measured])}
    return {}


def _storm(windows: Sequence[Window]) -> dict[str, Any]:
    """The worst of its windows, for nothing may grow while it lasts. ``waiting``: who had come and was not yet in, at the end of each."""
    return {
        "p50_ms": round(max(window["p50_us"] for window in windows) / 1000, 3),
        "p99_ms": round(max(window["p99_us"] for window in windows) / 1000, 3),
        "core_share": round(max(window["server_ns"] / 1e9 / window["seconds"] for window in windows), 4),
        "waiting": [window["waiting"] for window in windows],
        "arrival_p50_ms": [round(window["arrival_p50_us"] / 1000, 1) for window in windows],
        "arrival_p99_ms": [round(window["arrival_p99_us"] / 1000, 1) for window in windows],
    }


def _by_turns(without: Sequence[Window], beside: Sequence[Window]) -> dict[str, Any]:
    """Each window with what stands beside follows one without. The ratio is the median of theirs: what is slow for a while is so for two
    neighbours, and one disturbed window of many changes no median.
    """
    ratios = [there["p99_us"] / alone["p99_us"] for alone, there in zip(without, beside, strict=True)]
    return {
        "p50_ms": _median([window["p50_us"] / 1000 for window in beside]),
        "p99_ms": _median([window["p99_us"] / 1000 for window in beside]),
        "p99_ms_without": _median([window["p99_us"] / 1000 for window in without]),
        "p99_ratio": _median(ratios),
        "p99_ratios": [round(ratio, 3) for ratio in ratios],
    }
