"""When what changed in a company is told: gathered for a second, of units with many watchers for three, some of it at once (DESIGN 9)."""

from collections.abc import Callable, Mapping

BEAT = 1_000
"""Changes are merged for up to so long."""
SLOW_BEAT = 3_000
MANY_WATCHERS = 1_000
"""A unit with more watchers is told every ``SLOW_BEAT``."""
AT_ONCE_EVERY = 250
"""Hiding, moving and rule changes are told at once; those that come within this of the last one are told together."""


class Beats:
    """``units``: those of which something has to be told at once; ``is_urgent``: something has."""

    def __init__(self) -> None:
        self.units: set[int] = set()
        self.is_urgent = False
        self.next_at: int | None = None
        self._at_once_from = 0
        self._slow_next: dict[int, int] = {}

    def is_due(self, now: int) -> bool:
        """Whether to flush; what is urgent counts as done with it."""
        urgent, due = self.is_urgent and now >= self._at_once_from, self.next_at is not None and now >= self.next_at
        if urgent:
            self.is_urgent = False
            self._at_once_from = now + AT_ONCE_EVERY
        if due:
            self.next_at = None
        return urgent or due

    def again(self, now: int, *, is_dirty: bool) -> int | None:
        """When to come next; None while nothing waits."""
        if not is_dirty:
            self.next_at = None
        elif self.next_at is None:  # a unit that had to wait for three seconds does not wait for a fourth
            self.next_at = min([now + BEAT, *(at for at in self._slow_next.values() if at > now)])
        waits = [at for at in (self.next_at, self._at_once_from if self.is_urgent else None) if at is not None]
        return min(waits, default=None)

    # ---- units with many watchers

    def told(self, unit: int, watchers: int, now: int) -> None:
        if watchers > MANY_WATCHERS:
            self._slow_next[unit] = now + SLOW_BEAT

    def slow(self, watchers: Mapping[int, int], now: int) -> Callable[[int], bool]:
        """Of which units a flush that begins now tells nothing yet; what is urgent counts as done with it."""
        urgent, self.units = self.units, set()
        slow_next = dict(self._slow_next)
        return lambda unit: watchers[unit] > MANY_WATCHERS and unit not in urgent and now < slow_next.get(unit, 0)

    def tidy(self, now: int) -> None:
        self._slow_next = {unit: at for unit, at in self._slow_next.items() if at > now}
