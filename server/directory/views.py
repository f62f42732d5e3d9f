"""Whom a class of viewers may find in a search index, asked once for each member and kept as one set of rows (DESIGN 8, 9).

What hidden members would match is cut away by this set before anything is ranked, counted or paged. Whoever changes what a viewer may
see says so (``refresh``) or drops the view; a new or changed entry of the index is asked for by itself.
"""

from collections.abc import Callable, Sequence


def nobody(_: int) -> bool:
    return False


def nothing(_: int, __: str) -> bool:
    return False


class View:
    """``may_find``: by any part of his name. ``may_find_whole``: whoever may not, by the whole name or number nevertheless.
    ``may_read``: the field of a member who does not show it to everybody. All three are asked about members by id.
    ``near``: the rows about which ``may_read`` is asked at all (-1: every one), for a rule that hides a field makes all members such.
    """

    def __init__(
        self,
        members: Sequence[int],
        may_find: Callable[[int], bool],
        may_find_whole: Callable[[int], bool] = nobody,
        may_read: Callable[[int, str], bool] = nothing,
    ) -> None:
        self.may_find = may_find
        self.may_find_whole = may_find_whole
        self.may_read = may_read
        self.near = -1
        self._members = members  # by row, as the index keeps them
        self._asked = 0
        self._seen = bytearray()
        self._bits: int | None = None

    def fill(self, most: int) -> bool:
        """Ask about up to ``most`` further members; True when nobody is left (a large company is filled in slices)."""
        last = min(len(self._members), self._asked + most)
        self._seen.extend(bytes((last + 7 >> 3) - len(self._seen)) if last > len(self._seen) << 3 else b"")
        for row in range(self._asked, last):
            self._ask(row)
        self._asked = max(self._asked, last)
        return self._asked == len(self._members)

    def ask_again(self, row: int) -> None:
        if row < self._asked:
            self._ask(row)

    def bits(self) -> int:
        self.fill(len(self._members))
        if self._bits is None:
            self._bits = int.from_bytes(self._seen, "little")
        return self._bits

    def _ask(self, row: int) -> None:
        self._bits = None
        member = self._members[row]
        if member and self.may_find(member):
            self._seen[row >> 3] |= 1 << (row & 7)
        else:
            self._seen[row >> 3] &= ~(1 << (row & 7))
