"""Long fault runs: ``python -m tests.faults --kills 300 --database sqlite|postgres|two-gateways [--seed N]``."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.faults.harness import Plan, Report, run
from tests.support.postgres import Postgres
from tests.support.servers import private_folder

SHARE_OF_FREEZES = 10  # one for so many kills, with two gateways


def main() -> int:
    """Exit code 1 where anything was found; the history stays then, and is named."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="yizhan-faults-"))
    report = once(asked.database, folder, seed=asked.seed, kills=asked.kills, planted=asked.planted)
    print(f"{asked.database}: {report}")
    for name, evidence in report.anomalies.items():
        print(f"\n{name} ({len(evidence)})", *evidence[:5], sep="\n  ")
    if report.is_clean:
        shutil.rmtree(folder)
        return 0
    print(f"\nkept in {folder}")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres", "two-gateways"), default="sqlite")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--planted", default="", help="a bug of tests/faults/planted.py, to see it found")
    return parser.parse_args()


def once(database: str, folder: Path, *, seed: int, kills: int, planted: str = "") -> Report:
    """One run on a fresh database of its own; ``folder`` keeps what is worth keeping."""
    if database == "sqlite":
        return _run(Plan(f"sqlite:///{folder}/yizhan.sqlite", folder, seed, kills, planted=planted))
    with private_folder("faults", on_disk=True) as place, Postgres(place, durable=True) as postgres:
        postgres.sql("CREATE DATABASE faults")
        gateways = 2 if database == "two-gateways" else 1
        freezes = -(-kills // SHARE_OF_FREEZES) if gateways > 1 else 0
        return _run(Plan(postgres.url("faults"), folder, seed, kills, gateways, freezes, planted=planted))


def _run(plan: Plan) -> Report:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(plan))


if __name__ == "__main__":
    sys.exit(main())
