"""When to come back: exponential with full jitter, capped, never before the time that the server asked for."""

from collections.abc import Callable

FIRST_MS = 500
LONGEST_MS = 30_000
STABLE_MS = 2_000


class Backoff:
    """``jitter`` gives numbers from 0 up to 1."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0
        self._hint = 0

    def was_live(self, ms: int) -> None:
        """The connection that ended was live for so long: a good one starts the series anew."""
        if ms >= STABLE_MS:
            self._failures = 0

    def hint(self, ms: int | None) -> None:
        """The server asked for this much time."""
        self._hint = max(self._hint, ms or 0)

    def delay(self) -> int:
        """Milliseconds until the next attempt; each call counts as a failure. All who were told the same time still spread."""
        spread = min(LONGEST_MS, FIRST_MS << min(self._failures, 10))
        self._failures += 1
        hint, self._hint = self._hint, 0
        return hint + int(self._jitter() * spread)
