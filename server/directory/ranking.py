"""Rows in the order of their keys, so that the first few of any set of rows are found without sorting the set.

A small set is sorted. For a large one the order lies in blocks of about 1,000 rows; a block in which nobody of the set stands is
passed over at the cost of one cut.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice

import msgspec

from server.directory.rows import from_rows, rows_of

SIZE = 1024
SMALL = 1500
RUN = 2048
"""So many are sorted at once; the runs are merged."""


class Ranked(msgspec.Struct, frozen=True, order=True, gc=False):
    key: str
    member: int
    row: int


class _Block:
    __slots__ = ("bits", "entries")

    def __init__(self, entries: list[Ranked]) -> None:
        self.entries = entries
        self.bits = from_rows(entry.row for entry in entries)


class Ranking:
    """Ordered by key, then member."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._firsts: list[Ranked] = []  # of each block
        self._by_row: list[Ranked | None] = []

    def add(self, entry: Ranked) -> None:
        self._by_row.extend([None] * (entry.row + 1 - len(self._by_row)))
        self._by_row[entry.row] = entry
        if not self._blocks:
            self._replace(0, 0, _Block([entry]))
            return
        at = self._block_of(entry)
        block = self._blocks[at]
        insort(block.entries, entry)
        block.bits |= 1 << entry.row
        if len(block.entries) <= 2 * SIZE:
            self._firsts[at] = block.entries[0]
        else:
            self._replace(at, at + 1, _Block(block.entries[:SIZE]), _Block(block.entries[SIZE:]))

    def append(self, entries: Sequence[Ranked]) -> None:
        """Of the next rows; they stand in the order when all is ``settled``."""
        self._by_row += entries

    def settle(self) -> Iterator[None]:
        """Stops again and again, so that others have their turn."""
        runs: list[list[Ranked]] = []
        for first in range(0, len(self._by_row), RUN):
            runs.append(sorted(filter(None, self._by_row[first : first + RUN])))
            yield
        in_order = merge(*runs)
        while block := list(islice(in_order, SIZE)):
            self._blocks.append(_Block(block))
            self._firsts.append(block[0])
            yield

    def remove(self, row: int) -> None:
        """A row that is in it."""
        entry = self._by_row[row]
        assert entry is not None
        self._by_row[row] = None
        at = self._block_of(entry)
        block = self._blocks[at]
        del block.entries[bisect_left(block.entries, entry)]
        block.bits &= ~(1 << entry.row)
        if block.entries:
            self._firsts[at] = block.entries[0]
        else:
            self._replace(at, at + 1)

    def among(self, bits: int, after: tuple[str, int] | None = None) -> Iterator[Ranked]:
        """The rows of ``bits`` in order, behind ``after`` (key, member)."""
        behind = Ranked(*after, 1 << 62) if after is not None else None
        if bits.bit_count() <= SMALL:
            entries = sorted(entry for row in rows_of(bits) if (entry := self._by_row[row]) is not None)
            yield from entries if behind is None else entries[bisect_right(entries, behind) :]
            return
        there = bits.to_bytes((bits.bit_length() + 7) >> 3, "little")
        for block in self._blocks[self._block_of(behind) if behind is not None else 0 :]:
            if bits & block.bits:
                for entry in block.entries[bisect_right(block.entries, behind) if behind is not None else 0 :]:
                    if entry.row >> 3 < len(there) and there[entry.row >> 3] >> (entry.row & 7) & 1:
                        yield entry

    def _block_of(self, entry: Ranked) -> int:
        return max(0, bisect_right(self._firsts, entry) - 1)

    def _replace(self, first: int, last: int, *blocks: _Block) -> None:
        self._blocks[first:last] = blocks
        self._firsts[first:last] = [block.entries[0] for block in blocks]
