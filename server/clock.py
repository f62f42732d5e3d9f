"""The one place that reads a clock; everybody else is given the time or a ``Clock`` (STYLE 8).

Decides nothing. That a conversation's times never go back is the writer's care, for ``now`` may: people set clocks.
"""

import time
from typing import Protocol

Instant = int
"""Milliseconds since 1970, UTC."""


class Clock(Protocol):
    def now(self) -> Instant:
        """Milliseconds since 1970, UTC. For what is stored, shown or compared between machines."""

    def monotonic(self) -> float:
        """Seconds since any moment; never goes back. For measuring and for time-outs within this process."""


class SystemClock:
    def now(self) -> Instant:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """Stands still until it is told how much time has passed: for tests, and for trying out what happens at a date."""

    def __init__(self, now: Instant = 1_767_225_600_000) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> Instant:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, milliseconds: int) -> None:
        """Raises: ValueError where time would go back; a clock that was set back is ``set``."""
        if milliseconds < 0:
            raise ValueError(f"time does not go back by {-milliseconds} ms")
        self._now += milliseconds
        self._monotonic += milliseconds / 1000

    def set(self, now: Instant) -> None:
        """Somebody sets the machine's clock, back too; ``monotonic`` does not notice."""
        self._now = now


def processor_seconds(thread: int) -> float:
    """CPU that the thread with this ``threading.get_ident()`` has used; where the system cannot tell, that of the whole process."""
    if hasattr(time, "pthread_getcpuclockid"):
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    return time.process_time()
