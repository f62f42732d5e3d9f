"""Sets of rows, so small that tens of thousands of them fit, and as one integer where they are to be joined and cut (a bit for each row).

Of 100,000 rows the integer has 12.5 KB: joining or cutting two takes 2 µs, whatever is in them.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import TypeVar

K = TypeVar("K")
FEW = 512  # up to here four bytes for each row, above a bit for each


class RowSet:
    """Rows that are added and discarded one by one."""

    __slots__ = ("_bits", "_few", "_many", "count")

    def __init__(self) -> None:
        self.count = 0
        self._few: array[int] | None = array("I")
        self._many = bytearray()
        self._bits: int | None = None  # of the many, as long as nothing changes

    def add(self, row: int) -> None:
        """A row that is not in it."""
        self.count += 1
        few = self._few
        if few is None:
            self._bits = None
            at = row >> 3
            if at >= len(self._many):
                self._many.extend(bytes(at + 1 - len(self._many)))
            self._many[at] |= 1 << (row & 7)
        else:
            few.append(row)
            if len(few) > FEW:
                self._few, self._many = None, _bytes_of(few)

    def extend(self, rows: "array[int]") -> None:
        """Rows that are not in it, upward."""
        self.count += len(rows)
        few = self._few
        if few is not None:
            few.extend(rows)
            if len(few) > FEW:
                self._few, self._many = None, _bytes_of(few)
        elif rows:
            self._bits = None
            many = self._many
            many.extend(bytes(max(0, (rows[-1] >> 3) + 1 - len(many))))
            for row in rows:
                many[row >> 3] |= 1 << (row & 7)

    def discard(self, row: int) -> None:
        """A row that is in it."""
        self.count -= 1
        if self._few is not None:
            self._few.remove(row)
        else:
            self._bits = None
            self._many[row >> 3] &= ~(1 << (row & 7))

    def bits(self) -> int:
        if self._few is not None:
            return int.from_bytes(_bytes_of(self._few), "little")
        if self._bits is None:
            self._bits = int.from_bytes(self._many, "little")
        return self._bits

    def few(self) -> "array[int] | None":
        """The rows themselves, None where they are many."""
        return self._few


class Grouped(dict[K, "array[int]"]):
    """Rows by what they have, while many are gathered; what many rows have is then looked up once."""

    def __missing__(self, key: K) -> "array[int]":
        rows = self[key] = array("I")
        return rows

    def into(self, sets: dict[K, RowSet]) -> None:
        for key, rows in self.items():
            extend(sets, key, rows)


def extend(sets: dict[K, RowSet], key: K, rows: "array[int]") -> None:
    found = sets.get(key)
    if found is None:
        found = sets[key] = RowSet()
    found.extend(rows)


def from_rows(rows: Iterable[int]) -> int:
    return int.from_bytes(_bytes_of(array("I", rows)), "little")


def union(sets: Iterable[RowSet]) -> int:
    bits, all_few = 0, array("I")
    for one in sets:
        few = one.few()
        if few is None:
            bits |= one.bits()
        else:
            all_few.extend(few)
    return bits | int.from_bytes(_bytes_of(all_few), "little")


def rows_of(bits: int) -> Iterator[int]:
    """Upward."""
    for at, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) >> 3, "little")):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    yield at << 3 | bit


def _bytes_of(rows: "array[int]") -> bytearray:
    into = bytearray((max(rows) >> 3) + 1 if rows else 0)
    for row in rows:
        into[row >> 3] |= 1 << (row & 7)
    return into
