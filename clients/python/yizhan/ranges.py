"""Sets of numbers as a few ranges: which seqs and which changes of a conversation a device has (LOG F3).

A set knows its run (what it holds from 1 on without a hole) and its first hole; what the numbers mean is the view's business.
"""

from bisect import bisect_right
from collections.abc import Iterable


class Ranges:
    """Whole numbers from 1 on. ``Ranges([(1, 7), (9, 9)])`` holds 1 … 7 and 9; ``run`` is 7, ``hole(12)`` is (8, 8)."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._pairs: list[tuple[int, int]] = []
        for first, last in pairs:
            self.add(first, last)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._pairs, (number, _FAR)) - 1
        return at >= 0 and number <= self._pairs[at][1]

    def __repr__(self) -> str:
        return f"Ranges({self._pairs})"

    def add(self, first: int, last: int) -> None:
        """Add ``first`` … ``last``; nothing if that is empty."""
        first = max(first, 1)
        if last < first:
            return
        kept = []
        for pair in self._pairs:
            if pair[1] < first - 1 or last + 1 < pair[0]:
                kept.append(pair)
            else:
                first, last = min(first, pair[0]), max(last, pair[1])
        kept.append((first, last))
        kept.sort()
        self._pairs = kept

    def remove(self, number: int) -> None:
        """Take one number out."""
        pairs = self._pairs
        self._pairs = []
        for first, last in pairs:
            if first <= number <= last:
                self._pairs += [pair for pair in ((first, number - 1), (number + 1, last)) if pair[0] <= pair[1]]
            else:
                self._pairs.append((first, last))

    @property
    def run(self) -> int:
        """The last number of the run that begins with 1; 0 if there is none."""
        return self._pairs[0][1] if self._pairs and self._pairs[0][0] == 1 else 0

    @property
    def last(self) -> int:
        """The highest number that it holds; 0 if it is empty."""
        return self._pairs[-1][1] if self._pairs else 0

    def hole(self, up_to: int) -> tuple[int, int] | None:
        """The first numbers that are missing of 1 … ``up_to``, as (first, last)."""
        first = self.run + 1
        if first > up_to:
            return None
        later = next((pair[0] for pair in self._pairs if pair[0] > first), up_to + 1)
        return first, min(up_to, later - 1)


_FAR = 1 << 62
