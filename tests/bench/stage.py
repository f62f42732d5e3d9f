"""What a scenario is performed with: a server over a fresh database, the load generator, and how long to measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import load_program
from tests.bench.kept import Made
from tests.bench.scenarios import Scenario
from tests.bench.serving import Server

SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Wishes:
    """How long to measure, and what stands in place of ``-m server`` (a profiler). ``is_quick``: only whether all runs, scaled down."""

    seconds: float
    windows: int
    warmup: float = 2.0
    wrapper: Sequence[str] = ()
    is_quick: bool = False


@dataclass(frozen=True)
class Stage:
    """``options`` are the load generator's."""

    scenario: Scenario
    wishes: Wishes
    made: Made
    program: Path
    folder: Path
    url: str
    server: Server
    options: dict[str, object]


@dataclass(frozen=True)
class Performed:
    """Readings of windows and of the end, as the load generator prints them; ``more`` goes into the result as it is."""

    windows: list[dict[str, Any]]
    end: dict[str, Any]
    more: dict[str, Any]


Perform = Callable[[Stage], Performed]


def plainly(stage: Stage) -> Performed:
    """The load generator does it all."""
    *windows, end = load_program.run(stage.program, LOAD_CORE, **stage.options)
    return Performed(windows, end, {})
