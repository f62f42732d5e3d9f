"""One timer for all connections: alarms lie in a ring of slots, and one call of the loop per tick rings those that are due.

It decides when; what an alarm means is its owner's. A tick is counted when it happens, not by a clock: after the process
stood still, everybody's time goes on where it was, and nobody is late at once.
"""

import logging
import math
from collections.abc import Callable

TICK = 0.25  # seconds
SLOTS = 256

log = logging.getLogger(__name__)


class Alarm:
    """One call at a time, set as often as one likes: a connection has one for all its life."""

    __slots__ = ("_due", "_ring", "_wheel")

    def __init__(self, wheel: "Wheel", ring: Callable[[], object]) -> None:
        self._wheel = wheel
        self._ring = ring
        self._due = 0

    def set(self, seconds: float) -> None:
        """Ring once, not before ``seconds`` from now and at most two ticks after; an earlier setting is forgotten."""
        self.stop()
        self._due = self._wheel.ticks_in(seconds) + self._wheel.ticks + 1  # the present tick may be nearly over
        self._wheel._put(self, self._due)

    def stop(self) -> None:
        if self._due:
            self._wheel._take(self, self._due)
            self._due = 0


class Wheel:
    """``call_later(seconds, call)`` is the loop's. Nothing is scheduled while no alarm is set."""

    def __init__(self, call_later: Callable[[float, Callable[[], object]], object], tick: float = TICK) -> None:
        self.ticks = 0
        self._call_later = call_later
        self.tick = tick
        self._slots: list[set[Alarm]] = [set() for _ in range(SLOTS)]
        self._alarms = 0
        self._turning = False

    def alarm(self, ring: Callable[[], object]) -> Alarm:
        return Alarm(self, ring)

    def ticks_in(self, seconds: float) -> int:
        return math.ceil(seconds / self.tick)

    def turn(self) -> None:
        """One tick: ring what is due. An alarm that raises is logged and the others ring all the same."""
        self.ticks += 1
        for alarm in [each for each in self._slots[self.ticks % SLOTS] if each._due == self.ticks]:
            if alarm._due == self.ticks:  # else another one of this tick has stopped it, or set it anew
                alarm.stop()
                try:
                    alarm._ring()
                except Exception:
                    log.exception("an alarm failed")

    def _put(self, alarm: Alarm, due: int) -> None:
        self._slots[due % SLOTS].add(alarm)
        self._alarms += 1
        if not self._turning:
            self._turning = True
            self._call_later(self.tick, self._turned)

    def _take(self, alarm: Alarm, due: int) -> None:
        self._slots[due % SLOTS].remove(alarm)
        self._alarms -= 1

    def _turned(self) -> None:
        self.turn()
        self._turning = self._alarms > 0
        if self._turning:
            self._call_later(self.tick, self._turned)
