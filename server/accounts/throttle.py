"""When wrong passwords lock a login name or an address, and for how long (SPEC D1, DESIGN 13).

Pure: counts and times in, counts out. What is counted under which subject is ``names``, that it is counted once is the store's.
"""

from dataclasses import dataclass

from storage.sign_in_failures import Failures

FORGIVEN_AFTER_MS = 24 * 3600 * 1000
LONGEST_LOCK_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Throttle:
    """``failures`` within ``window_ms`` lock for ``lock_ms``, each further lock twice as long up to ``longest_ms``."""

    failures: int
    window_ms: int
    lock_ms: int
    longest_ms: int = LONGEST_LOCK_MS


def locked_seconds(count: Failures, now: int) -> int:
    """How long it is still locked, rounded up; 0: it is not."""
    return max(0, -(-(count.locked_until - now) // 1000))


def failed(count: Failures, now: int, throttle: Throttle) -> Failures:
    """The count after one more failure. During a lock nothing counts, else whoever tries on would hold it for ever."""
    if locked_seconds(count, now):
        return count
    locks = 0 if now - max(count.locked_until, count.window_from) >= FORGIVEN_AFTER_MS else count.locks
    in_window = now - count.window_from < throttle.window_ms
    failures = count.failures + 1 if in_window else 1
    window_from = count.window_from if in_window else now
    if failures < throttle.failures:
        return Failures(failures, window_from, locks, count.locked_until)
    lasts = min(throttle.lock_ms << min(locks, 30), throttle.longest_ms)
    return Failures(0, now, locks + 1, now + lasts)
