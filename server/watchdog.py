"""Watches the loop: which turn was over 20 ms, and what it was doing (DESIGN 2).

A thread looks at the loop's thread now and then. Where that is at work it is sent a beat; while the beat stays without an answer, the
stack says why. Waking up costs 15 to 130 µs of CPU, by machine, so the thread looks seldom while the loop rests (4 times a second, under
0.06 %): a turn is found for certain if it is longer than the distance of two looks, 40 ms under load and 250 ms at rest, else often.
``Watch`` decides and reads no clock; ``Watchdog`` is the thread. What is done about it is left to who reads the log.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Literal

from server.clock import Clock, processor_seconds
from server.logs import Logger

LOG = Logger("server.watchdog")
LIMIT = 0.020
PAUSE = 1.0
CLOSE, BUSY, REST = 0.010, 0.040, 0.250  # seconds until the next look
BUSY_SHARE = 0.05  # of a processor
DEEPEST = 12  # frames that are told, the innermost first
QUIET = 1.0  # seconds between two lines; what comes between is counted

Stack = Sequence[str]


@dataclass(frozen=True)
class Late:
    """``turn``: callbacks ran for so long. ``held``: one call into C did, and let no other thread run. ``paused``: the whole process
    stood still. The time is the least that it can have been."""

    why: Literal["turn", "held", "paused"]
    seconds: float
    stack: Stack


@dataclass(frozen=True)
class Look:
    """What is seen: does the loop rest, how much CPU has its thread used in all, when did it answer the beat (None: not yet)."""

    now: float
    rests: bool
    cpu: float
    stack: Callable[[], Stack]
    answered: float | None = None


@dataclass(frozen=True)
class Next:
    wait: float
    beat: bool = False
    late: Late | None = None


class Watch:
    def __init__(self) -> None:
        self._last: Look | None = None
        self._due = 0.0
        self._sent: float | None = None
        self._stack: Stack = ()

    def look(self, look: Look) -> Next:
        step = Next(REST) if self._last is None else self._step(look, self._last)
        self._last, self._due = look, look.now + step.wait
        return step

    def _step(self, look: Look, last: Look) -> Next:
        if self._sent is None:
            return self._unasked(look, last)
        if look.answered is not None:
            return self._answered(look.answered - self._sent)
        if not self._stack or look.now - self._sent < LIMIT + CLOSE:  # by then it is the long one among several callbacks
            self._stack = look.stack()
        return Next(CLOSE)

    def _unasked(self, look: Look, last: Look) -> Next:
        late = self._kept_away(look, last)
        if not look.rests:
            self._sent, self._stack = look.now, ()
            return Next(CLOSE, beat=True, late=late)
        busy = look.cpu - last.cpu >= BUSY_SHARE * (look.now - last.now)
        return Next(BUSY if busy else REST, late=late)

    def _answered(self, seconds: float) -> Next:
        self._sent = None
        return Next(BUSY, late=Late("turn", seconds, self._stack) if seconds >= LIMIT else None)

    def _kept_away(self, look: Look, last: Look) -> Late | None:
        """The watchdog woke too late. Without CPU of the loop's thread that was the machine's doing, and only told if it was long."""
        seconds = look.now - self._due
        if seconds >= LIMIT and not look.rests and look.cpu - last.cpu >= LIMIT:
            return Late("held", seconds, look.stack())
        return Late("paused", seconds, ()) if seconds >= PAUSE else None


class Reports:
    """Writes what was late, one line a second at most: a loop that is always late must not fill the disk too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = clock.monotonic()
        self._unwritten = 0

    def write(self, late: Late) -> None:
        now = self._clock.monotonic()
        if now < self._next:
            self._unwritten += 1
            return
        LOG.warning("loop.late", why=late.why, milliseconds=round(late.seconds * 1000), stack=late.stack, unwritten=self._unwritten)
        self._next, self._unwritten = now + QUIET, 0


class Watchdog:
    """The thread that watches the loop of the thread that made it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, report: Callable[[Late], object]) -> None:
        self._loop, self._clock, self._report = loop, clock, report
        self._watched = threading.get_ident()
        self._resting: FrameType | None = None  # where the loop's thread stands while the loop waits
        self._answer: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._loop.call_soon(self._remember_rest)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._resting = None

    def _remember_rest(self) -> None:
        """uvloop is no Python: the frame below a callback is the one that runs the loop."""
        self._resting = sys._getframe().f_back

    def _run(self) -> None:
        watch, wait = Watch(), REST
        while not self._stop.wait(wait):
            step = watch.look(self._look())
            if step.beat:
                self._answer = None
                self._loop.call_soon_threadsafe(self._beat)
            if step.late:
                self._report(step.late)
            wait = step.wait

    def _beat(self) -> None:
        self._answer = self._clock.monotonic()

    def _look(self) -> Look:
        frame = sys._current_frames().get(self._watched)
        cpu = processor_seconds(self._watched)
        return Look(self._clock.monotonic(), frame is self._resting, cpu, lambda: self._told(frame), self._answer)

    def _told(self, frame: FrameType | None) -> Stack:
        told: list[str] = []
        while frame is not None and frame is not self._resting and len(told) < DEEPEST:
            told.append(f"{_short(frame.f_code.co_filename)}:{frame.f_lineno} {frame.f_code.co_qualname}")
            frame = frame.f_back
        return told


def _short(path: str) -> str:
    return "/".join(path.rpartition("site-packages/")[2].split("/")[-3:])


@contextlib.contextmanager
def watching(loop: asyncio.AbstractEventLoop, clock: Clock, report: Callable[[Late], object] | None = None) -> Iterator[None]:
    """As long as the block lasts; to be entered in the loop's thread."""
    watchdog = Watchdog(loop, clock, report or Reports(clock).write)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.stop()
