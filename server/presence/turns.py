"""The turns of presence on a node: whose work is done next, how much in one turn of the loop, and when to come again.

It knows nothing of who sees what. Time is counted in ticks of the wheel, so after the process stood still nobody is late at once. While
the feed is not applied nothing is told: what was under way is forgotten, and when all is applied again everybody is told anew (LOG F5).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from server.clock import Clock
from server.delivery.online import pass_on
from server.presence.company import CompanyPresence
from server.wheel import Wheel

TURN = 0.004
"""Seconds of a turn of the loop that presence takes at most, a step more or less."""
FRAMES_A_TURN = 500
"""Each is written to its socket at the end of the turn, which costs more than to make it."""
SLICE = 250
LOOK = 1_000
"""Whether the feed is still applied is asked so often, also where nothing happens."""


class Feed(Protocol):
    """How far this node has applied what was committed."""

    @property
    def is_fresh(self) -> bool: ...

    def is_settled(self, company: int) -> bool:
        """Whether all that is known to be committed is in the company's picture."""


class Turns:
    """Of all companies of which somebody watches something. ``first`` is called at the beginning of each turn."""

    def __init__(
        self, wheel: Wheel, clock: Clock, feed: Feed, call_soon: Callable[[Callable[[], object]], object], first: Callable[[], None]
    ) -> None:
        self.companies: dict[int, CompanyPresence] = {}
        self._wheel = wheel
        self._clock = clock
        self._feed = feed
        self._call_soon = call_soon
        self._first = first
        self._awake: deque[int] = deque()
        self._held: set[int] = set()
        self.is_turning = False
        self._waits: dict[int, int] = {}
        self._beat = wheel.alarm(self._rings)
        self._look = wheel.alarm(self._looks)

    @property
    def now(self) -> int:
        return int(self._wheel.ticks * self._wheel.tick * 1000)

    def until(self, at: int) -> float:
        """What an alarm is set to so that it rings at the tick that ``at`` is: it adds one, for the present one may be nearly over."""
        return max(0.0, (at - self.now) / 1000 - self._wheel.tick)

    def start(self) -> None:
        self._look.set(LOOK / 1000)

    def stop(self) -> None:
        self._beat.stop()
        self._look.stop()

    def tidy(self) -> None:
        """Every now and then."""
        for company in self.companies.values():
            company.tidy(self.now)

    # ---- who is next

    def wake(self, company: int) -> None:
        if company not in self._awake:
            self._awake.append(company)
        self.soon()

    def soon(self) -> None:
        if not self.is_turning:
            self.is_turning = True
            self._call_soon(self._turn)

    def _rings(self) -> None:
        for company in [company for company, at in self._waits.items() if at <= self.now]:
            del self._waits[company]
            self.wake(company)
        self._set_beat()

    def _set_beat(self) -> None:
        if self._waits:
            self._beat.set(self.until(min(self._waits.values())))

    # ---- whether anything may be told

    def _looks(self) -> None:
        self._look.set(LOOK / 1000)
        if not self._feed.is_fresh:
            self._hold()
            return
        for number in [number for number in self._held if self._feed.is_settled(number)]:
            self._held.discard(number)
            self.companies[number].begin_anew()
            self.wake(number)

    def _hold(self) -> None:
        for number, company in self.companies.items():
            self._held.add(number)
            company.frames.clear()

    # ---- a turn

    def _turn(self) -> None:
        """Work for a few milliseconds, then let the others."""
        self.is_turning = False
        self._first()
        if self._awake and not self._feed.is_fresh:
            self._hold()
        clock, frames = self._clock, 0
        until = clock.monotonic() + TURN
        while self._awake and frames < FRAMES_A_TURN and clock.monotonic() < until:
            number = self._awake.popleft()
            if number in self._held:
                continue
            company = self.companies[number]
            if company.frames:
                frames += self._give(company)
            elif not company.step() and not company.frames:
                self._ask_when(number, company)
                if not company.is_busy:
                    continue
            self.wake(number)
        if self._awake:
            self.soon()

    def _ask_when(self, number: int, company: CompanyPresence) -> None:
        at = company.beat(self.now)
        if at is None:
            self._waits.pop(number, None)
        else:
            self._waits[number] = at
        self._set_beat()

    def _give(self, company: CompanyPresence) -> int:
        """A frame to some of its receivers; the rest of them come next."""
        receivers, shared = company.frames[0]
        some = receivers[-SLICE:]
        del receivers[-SLICE:]
        if not receivers:
            company.frames.popleft()
        there = company.watching.watchers
        for receiver in some:
            if receiver in there:
                pass_on(receiver, shared.wire(receiver.codec))
        return len(some)
