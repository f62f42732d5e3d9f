"""``python -m tests.bench``: runs the scenarios, writes ``build/bench/*.json``, prints a table. See README.md."""

import argparse
import contextlib
import json
import os
import sys

from tests.bench import load_program, report
from tests.bench.database import BUILD, fingerprint, prepared, say
from tests.bench.machine import described
from tests.bench.postgres import Cluster
from tests.bench.running import SERVER_CORE, LoadFailed, MessagesMissing, NotAlike, Wishes, run
from tests.bench.scenarios import BY_NAME, SCENARIOS, Scenario
from tests.bench.serving import RAISED

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
    load_program.compiled(BUILD)
    prepared()
    results, failed = _run_all(chosen, Wishes(wished.seconds, wished.windows, wished.warmup, tuple(wished.wrapper.split())))
    print("\n".join(f"{name}: {value}" for name, value in described().items()))
    print(f"settings: archive on, limits on, rates raised ({RAISED}); no TLS unless named so; CPU set right, raw beside it")
    print(report.table(results))
    return 1 if failed or any(result["undelivered"] for result in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, epilog="Scenarios: " + ", ".join(BY_NAME))
    parser.add_argument("--only", default="", help="names of scenarios, separated by commas")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measured window")
    parser.add_argument("--windows", type=int, default=3, help="of each run; the figures are their medians")
    parser.add_argument("--warmup", type=float, default=3.0, help="seconds before the first window")
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
            cluster = parts.enter_context(Cluster(BUILD / "cache" / fingerprint() / "postgres", SERVER_CORE))
        for scenario in chosen:
            try:
                results.append(run(scenario, wishes, cluster))
                say(report.table(results[-1:]).splitlines()[-1])
            except (LoadFailed, MessagesMissing, NotAlike, RuntimeError) as error:
                failed.append(scenario.name)
                say(f"{scenario.name} failed: {error}")
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
