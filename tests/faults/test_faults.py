"""Fault runs, short: forty devices of two companies while servers die at named points and anywhere; `make faults` runs them long."""

import random
from pathlib import Path

import pytest

from tests.faults.__main__ import once

KILLS = {"sqlite": 7, "postgres": 7, "two-gateways": 6}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database", list(KILLS))
def test_nothing_is_lost_doubled_reordered_or_leaked(database: str, tmp_path: Path) -> None:
    """Each run has a seed of its own; a failing one is named by it and leaves its history in ``tmp_path``."""
    report = once(database, tmp_path, seed=random.SystemRandom().randrange(1_000_000), kills=KILLS[database])
    print(report)
    assert report.is_clean, f"{report}\nkept in {tmp_path}\n{report.anomalies}"
    assert report.acknowledged > 20 * KILLS[database], f"too little happened: {report}"
    assert report.freezes == (database == "two-gateways")
