"""When Python looks for garbage: what is there after the start never again, everything else when the loop has nothing to do (DESIGN 2).

Decides the moments. With 10,000 connections a full collection stands still for a tenth of a second or more.
"""

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

from server.clock import Clock, processor_seconds
from server.logs import Logger

LOG = Logger("server.garbage")
# a batch of the writer makes some ten thousand objects and lets go of them at its end: looking among those found nothing and cost 5 %
THRESHOLDS = (100_000, 20, 10)  # the last: a server that never rests collects all the same, after 20 million objects
LOOK = 5.0  # seconds
IDLE_SHARE = 0.02  # of a processor, between two looks
APART = 60.0  # seconds between two full collections
SLOW = 0.020


class Idleness:
    """Says when it is time: the loop hardly worked since the last look, and the last collection is long ago."""

    def __init__(self, now: float, cpu: float) -> None:
        self._last = (now, cpu)
        self._not_before = now + APART

    def is_time(self, now: float, cpu: float) -> bool:
        (before, used), self._last = self._last, (now, cpu)
        idle = cpu - used < IDLE_SHARE * (now - before)
        if not idle or now < self._not_before:
            return False
        self._not_before = now + APART
        return True


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Next to nothing of what is imported in the block is garbage: to look through it, then and at the end, is a fifth of a start."""
    gc.set_threshold(*THRESHOLDS)
    yield
    gc.freeze()


@contextlib.contextmanager
def tended(loop: asyncio.AbstractEventLoop, clock: Clock) -> Iterator[None]:
    """To be entered when everything has been loaded, in the loop's thread."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        with _slow_ones_logged(loop, clock), _looks(loop, clock):
            yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextlib.contextmanager
def _looks(loop: asyncio.AbstractEventLoop, clock: Clock) -> Iterator[None]:
    thread = threading.get_ident()
    idleness = Idleness(clock.monotonic(), processor_seconds(thread))
    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal timer
        if idleness.is_time(clock.monotonic(), processor_seconds(thread)):
            gc.collect()
        timer = loop.call_later(LOOK, look)

    timer = loop.call_later(LOOK, look)
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _slow_ones_logged(loop: asyncio.AbstractEventLoop, clock: Clock) -> Iterator[None]:
    """The watchdog cannot see them, for nobody else runs meanwhile. Written by the loop, for one may begin in the middle of a write."""
    began = 0.0

    def told(phase: str, about: dict[str, Any]) -> None:
        nonlocal began
        now = clock.monotonic()
        if phase == "start":
            began = now
        elif now - began >= SLOW:
            loop.call_soon_threadsafe(_write, round((now - began) * 1000), about["generation"], about["collected"])

    gc.callbacks.append(told)
    try:
        yield
    finally:
        gc.callbacks.remove(told)


def _write(milliseconds: int, generation: int, collected: int) -> None:
    LOG.warning("garbage.slow", milliseconds=milliseconds, generation=generation, collected=collected)
