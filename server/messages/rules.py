"""Which seqs a member may see, by his stays, and how a page is cut out of them (DESIGN 6, LOG F4, G1).

Seqs have no holes, so a page's ranges are known before a row is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Stay = tuple[int, int | None]
Range = tuple[int, int]


def may_see(stays: Sequence[Stay], seq: int) -> bool:
    """Whether ``seq`` lies within one of the stays."""
    return any(first <= seq and (last is None or seq <= last) for first, last in stays)


def visible(stays: Sequence[Stay], head: int) -> list[Range]:
    """The ranges of seqs that may be seen, ascending; stays do not overlap."""
    ranges = ((first, head if last is None else min(last, head)) for first, last in stays)
    return [(first, last) for first, last in ranges if first <= last]


def gaps(ranges: Sequence[Range], after: int, up_to: int) -> list[Range]:
    """What lies between ``after`` and ``up_to`` outside of ``ranges``."""
    found, at = [], after + 1
    for first, last in ranges:
        if first > at:
            found.append((at, min(first - 1, up_to)))
        at = max(at, last + 1)
    if at <= up_to:
        found.append((at, up_to))
    return found


@dataclass(frozen=True)
class Page:
    """The seqs ``after`` + 1 … ``up_to``: ``ranges`` may be seen, the rest is skipped."""

    after: int
    up_to: int
    ranges: tuple[Range, ...]

    @property
    def skipped(self) -> list[Range]:
        return gaps(self.ranges, self.after, self.up_to)


def page_after(stays: Sequence[Stay], head: int, after: int, limit: int) -> Page:
    """At most ``limit`` seqs above ``after``; at the end of what may be seen it closes up to there."""
    chosen: list[Range] = []
    left = limit
    for first, last in visible(stays, head):
        first = max(first, after + 1)
        if first > last or not left:
            continue
        last = min(last, first + left - 1)
        left -= last - first + 1
        chosen.append((first, last))
    return Page(after, chosen[-1][1] if chosen else after, tuple(chosen))


def page_before(stays: Sequence[Stay], head: int, before: int, limit: int) -> Page:
    """At most ``limit`` seqs below ``before``, the nearest ones; at the beginning it closes down to nought.

    It never closes what is not there yet: a run closed above the head would pass over the messages to come.
    """
    before = max(1, min(before, head + 1))
    chosen: list[Range] = []
    left = limit
    for first, last in reversed(visible(stays, head)):
        last = min(last, before - 1)
        if first > last or not left:
            continue
        cut = max(first, last - left + 1)
        left -= last - cut + 1
        chosen.append((cut, last))
    chosen.reverse()
    after = chosen[0][0] - 1 if chosen and not left else 0
    return Page(after, before - 1, tuple(chosen))


def page_around(stays: Sequence[Stay], head: int, around: int, limit: int) -> Page:
    """Half of ``limit`` up to ``around``, the other half above it."""
    around = min(around, head)
    below = page_before(stays, head, around + 1, limit - limit // 2)
    above = page_after(stays, head, around, limit // 2)
    return Page(below.after, above.up_to, below.ranges + above.ranges)


def cut(page: Page, last: int) -> Page:
    """The page up to ``last`` only, because its bytes would be too many."""
    return Page(page.after, last, tuple((a, min(b, last)) for a, b in page.ranges if a <= last))


def cut_front(page: Page, first: int) -> Page:
    """The page from ``first`` on only."""
    return Page(first - 1, page.up_to, tuple((max(a, first), b) for a, b in page.ranges if b >= first))
