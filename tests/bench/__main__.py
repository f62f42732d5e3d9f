"""``python -m tests.bench``: runs the scenarios, writes ``build/bench/*.json``, prints a table. See README.md."""

import argparse
import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator

from tests.bench import load_program, report
from tests.bench.importing import ImportFailed
from tests.bench.kept import TOWN, folder_of, prepared
from tests.bench.machine import BUILD, described, say
from tests.bench.postgres import Cluster
from tests.bench.running import LoadFailed, MessagesMissing, NotAlike, run
from tests.bench.scenarios import BY_NAME, SCENARIOS, Scenario
from tests.bench.searching import NotForHim
from tests.bench.serving import RAISED
from tests.bench.stage import SERVER_CORE, Wishes

CALIBRATION_SAMPLES = 1000


def main() -> int:
    wished = _arguments()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("The benchmark needs two cores: one for the server, one for the load.")
    if wished.calibrate:
        print(json.dumps(load_program.run(load_program.compiled(BUILD), SERVER_CORE, mode="calibrate", core=0, sample=CALIBRATION_SAMPLES)))
        return 0
    chosen = [BY_NAME[name] for name in wished.only.split(",")] if wished.only else list(SCENARIOS)
    BUILD.mkdir(parents=True, exist_ok=True)
    with _alone():
        load_program.compiled(BUILD)
        for place in dict.fromkeys(scenario.place for scenario in chosen):
            prepared(place)
        results, failed = _run_all(chosen, _wishes(wished))
    print("\n".join(f"{name}: {value}" for name, value in described().items()))
    print(f"settings: archive on, limits on, rates raised ({RAISED}); no TLS unless named so; CPU set right, raw beside it")
    print(report.table(results))
    print(report.besides(results))
    return 1 if failed or any(result["undelivered"] for result in results) else 0


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two at once would share the folder that they run in. Raises: SystemExit."""
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("a benchmark runs in this checkout already") from None
        yield


def _wishes(wished: argparse.Namespace) -> Wishes:
    wrapper = tuple(wished.wrapper.split())
    if wished.quick:
        return Wishes(wished.seconds or 2, wished.windows or 1, 1 if wished.warmup is None else wished.warmup, wrapper, is_quick=True)
    return Wishes(wished.seconds or 8, wished.windows or 3, 3 if wished.warmup is None else wished.warmup, wrapper)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, epilog="Scenarios: " + ", ".join(BY_NAME))
    parser.add_argument("--only", default="", help="names of scenarios, separated by commas")
    parser.add_argument("--quick", action="store_true", help="one short window each, large scenarios scaled down: whether all runs")
    parser.add_argument("--seconds", type=float, help="of each measured window; by default 8, quick 2")
    parser.add_argument("--windows", type=int, help="of each run; the figures are their medians; by default 3, quick 1")
    parser.add_argument("--warmup", type=float, help="seconds before the first window; by default 3, quick 1")
    parser.add_argument("--calibrate", action="store_true", help="tell how long the fixed piece of work takes here (20 s)")
    parser.add_argument("--wrapper", default="", help="python arguments in place of '-m server', for profiling")
    wished = parser.parse_args()
    unknown = [name for name in wished.only.split(",") if name and name not in BY_NAME]
    if unknown:
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    return wished


def _run_all(chosen: list[Scenario], wishes: Wishes) -> tuple[list[dict[str, object]], list[str]]:
    results, failed = [], []
    with contextlib.ExitStack() as parts:
        cluster = None
        if any(scenario.database != "sqlite" for scenario in chosen):
            cluster = parts.enter_context(Cluster(folder_of(TOWN) / "postgres", SERVER_CORE))
        for scenario in chosen:
            try:
                results.append(run(scenario, wishes, cluster))
                say(report.table(results[-1:]).splitlines()[-1])
            except (LoadFailed, MessagesMissing, NotAlike, ImportFailed, NotForHim, RuntimeError) as error:
                failed.append(scenario.name)
                say(f"{scenario.name} failed: {error}")
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
