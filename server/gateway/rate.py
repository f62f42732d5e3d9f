"""How fast one connection may send: over the rate it is read more slowly, and no message is refused out of a row (DESIGN 1)."""


class Rate:
    """A bucket of ``burst`` messages that fills by ``per_second``."""

    __slots__ = ("_at", "_burst", "_left", "_per_second")

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = self._left = burst
        self._at = 0.0

    def take(self, now: float) -> float:
        """Count one message; gives the seconds to wait before the next one is read, or nought."""
        left = self._left + (now - self._at) * self._per_second
        self._at = now
        self._left = left = (left if left < self._burst else self._burst) - 1.0
        return 0.0 if left >= 0 else -left / self._per_second

    def wait(self, now: float) -> float:
        """Seconds until the next one may be read, counting none."""
        return -(self._left + (now - self._at) * self._per_second) / self._per_second
