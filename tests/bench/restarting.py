"""The server is stopped, and later killed, under 5,500 members; 5,000 of them come back within 10 s of its new start (SPEC G6, DESIGN 9).

``seconds`` is from that start to the moment from which every connection's picture is right: who came back is there, who did not is not.
"""

import time
from typing import Any

from tests.bench import load_program
from tests.bench.stage import LOAD_CORE, Performed, Stage

WRITTEN_SECONDS = 12.0
"""Which sessions are there is written every 10 s: a crash right after somebody came forgets him, which is not what is measured here."""
HOW = ("stop", "kill")


def perform(stage: Stage) -> Performed:
    windows = []
    with load_program.steered(stage.program, LOAD_CORE, **stage.options) as load:
        for how in HOW[: int(str(stage.options["windows"]))]:
            load.line()
            time.sleep(WRITTEN_SECONDS)
            load.go()
            getattr(stage.server, how)()
            began = time.monotonic()
            stage.server.restart()
            starting = time.monotonic() - began
            load.go(str(stage.server.pid))
            windows.append(_since_start(load.line(), starting) | {"how": how})
        end = load.line()
    more: dict[str, Any] = {name: [window[name] for window in windows] for name in ("how", "start_seconds", "came_seconds", "flapped")}
    more |= {"seconds": max(window["right_seconds"] for window in windows), "undelivered": sum(window["flapped"] for window in windows)}
    return Performed(windows, end, more)


def _since_start(window: dict[str, Any], starting: float) -> dict[str, Any]:
    times = {name: round(window[name] + starting, 2) for name in ("came_seconds", "right_seconds")}
    return window | times | {"start_seconds": round(starting, 2)}
