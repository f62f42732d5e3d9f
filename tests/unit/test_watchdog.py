import asyncio
import gc
import io
import threading
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from server import garbage
from server.clock import ManualClock, SystemClock
from server.config.model import Log
from server.garbage import APART, LOOK, Idleness
from server.logs import configure
from server.watchdog import BUSY, CLOSE, REST, Late, Look, Next, Reports, Watch, watching

STACK = ("export.py:7 make_workbook",)
PATIENCE = 20


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure(Log(), ManualClock(), stream)
    yield stream
    structlog.reset_defaults()


class Loop:
    """What the watchdog sees of a loop, told look by look."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.now = 0.0
        self.cpu = 0.0
        self.step = self.see()

    def see(self, *, after: float = 0.0, rests: bool = True, cpu: float = 0.0, answered: float | None = None) -> Next:
        """The next look, ``after`` seconds, in which the loop used ``cpu`` seconds; ``answered`` seconds before it, a beat was."""
        self.now += after
        self.cpu += cpu
        at = None if answered is None else self.now - answered
        self.step = self.watch.look(Look(self.now, rests, self.cpu, lambda: STACK, at))
        return self.step

    def on_time(self, *, rests: bool = True, cpu: float = 0.0, answered: float | None = None) -> Next:
        return self.see(after=self.step.wait, rests=rests, cpu=cpu, answered=answered)


def test_a_loop_that_rests_is_looked_at_seldom_and_one_that_works_often() -> None:
    loop = Loop()
    assert loop.on_time() == Next(REST)
    assert loop.on_time(cpu=0.1) == Next(BUSY)
    assert loop.on_time() == Next(REST)


def test_a_loop_at_work_is_sent_one_beat_and_nothing_is_said_if_it_answers_in_time() -> None:
    loop = Loop()
    assert loop.on_time(rests=False) == Next(CLOSE, beat=True)
    assert loop.on_time(rests=False) == Next(CLOSE)
    assert loop.on_time(answered=0.001) == Next(BUSY)
    assert loop.on_time() == Next(REST)


def test_a_turn_of_50_ms_is_told_with_its_time_and_what_it_did() -> None:
    loop = Loop()
    loop.on_time(rests=False)
    for _ in range(5):
        assert loop.on_time(rests=False).late is None
    late = loop.on_time(answered=0.010).late
    assert late is not None
    assert (late.why, late.stack) == ("turn", STACK)
    assert late.seconds == pytest.approx(0.050)


def test_a_call_that_lets_no_other_thread_run_is_told_by_the_watchdogs_own_delay() -> None:
    loop = Loop()
    late = loop.see(after=REST + 0.080, rests=False, cpu=0.080).late
    assert late is not None
    assert (late.why, late.stack) == ("held", STACK)
    assert late.seconds == pytest.approx(0.080)


def test_a_busy_machine_that_only_delays_the_watchdog_is_not_the_loops_fault() -> None:
    loop = Loop()
    assert loop.see(after=REST + 0.080, rests=False, cpu=0.001).late is None


def test_a_process_that_stood_still_is_told_as_such() -> None:
    loop = Loop()
    late = loop.see(after=REST + 30, cpu=0.001).late
    assert late is not None
    assert late.why == "paused"
    assert late.seconds == pytest.approx(30)


def test_one_line_a_second_is_written_and_the_rest_is_counted(log: io.StringIO) -> None:
    clock = ManualClock()
    reports = Reports(clock)
    for _ in range(3):
        reports.write(Late("turn", 0.05, STACK))
    clock.advance(1000)
    reports.write(Late("turn", 0.0612, STACK))
    first, second = (msgspec.json.decode(line) for line in log.getvalue().splitlines())
    assert (first["event"], first["level"], first["unwritten"]) == ("loop.late", "warning", 0)
    assert (second["milliseconds"], second["stack"], second["unwritten"]) == (61, list(STACK), 2)


async def test_the_thread_tells_which_function_holds_the_loop() -> None:
    """The callback holds it until the watchdog has looked; how fast this machine is does not matter."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Late] = asyncio.Queue()
    seen = threading.Event()
    clock = Stopwatch(seen)

    def make_workbook() -> None:
        assert seen.wait(PATIENCE)

    with watching(loop, clock, lambda late: loop.call_soon_threadsafe(told.put_nowait, late)):
        loop.call_soon(make_workbook)
        while (late := await told.get()).why != "turn":  # a machine that stood still is told too
            pass
    assert any("make_workbook" in frame for frame in late.stack)
    assert late.seconds >= 0.020


class Stopwatch(SystemClock):
    """Sets ``seen`` when the watchdog has read it often enough to have taken the stack of a long turn."""

    def __init__(self, seen: threading.Event) -> None:
        self._seen = seen
        self._reads = 0

    def monotonic(self) -> float:
        if threading.current_thread().name == "watchdog":
            self._reads += 1
            if self._reads == 6:
                self._seen.set()
        return super().monotonic()


def test_garbage_is_collected_when_the_loop_rests_and_not_again_at_once() -> None:
    idleness = Idleness(now=0, cpu=0)
    assert not idleness.is_time(now=LOOK, cpu=0)  # the start was a collection
    assert not idleness.is_time(now=APART, cpu=30)
    assert idleness.is_time(now=APART + LOOK, cpu=30.01)
    assert not idleness.is_time(now=APART + 2 * LOOK, cpu=30.02)
    assert idleness.is_time(now=2 * APART + LOOK, cpu=30.03)


async def test_what_was_loaded_at_the_start_is_frozen_and_freed_at_the_end() -> None:
    before = gc.get_threshold()
    with garbage.tended(asyncio.get_running_loop(), SystemClock()):
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() == garbage.THRESHOLDS
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before)


async def test_a_slow_collection_is_told(log: io.StringIO) -> None:
    class Slow(ManualClock):
        def monotonic(self) -> float:
            self.advance(30)
            return super().monotonic()

    with garbage.tended(asyncio.get_running_loop(), Slow()):
        gc.collect()
        await asyncio.sleep(0)
    line = msgspec.json.decode(log.getvalue().splitlines()[0])
    assert (line["event"], line["generation"]) == ("garbage.slow", 2)
    assert line["milliseconds"] >= 20
