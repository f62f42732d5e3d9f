"""Search among the members of one company, and the list of them by letter (SPEC B8, G4).

It decides who is met and in which order; whom a viewer may find is asked through his ``View``, and nothing of anybody else comes out:
neither names nor totals, gaps in pages, or a match in a field that is not shown to him. Cards are loaded elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from weakref import WeakSet

from server.directory.fields import EXACT, Entry, FieldIndex
from server.directory.names import NameIndex
from server.directory.order import LETTERS, initial, sort_key
from server.directory.pinyin import fold, read, spellings, split
from server.directory.ranking import Ranked, Ranking
from server.directory.rows import Grouped, RowSet, from_rows, rows_of
from server.directory.views import View, nobody, nothing

QUERY_CHARACTERS = 64  # what is typed beyond them is passed over


class Cursor(NamedTuple):
    """Behind whom the next page begins. It tells of nobody but the last of the page before."""

    tier: int
    key: str
    member: int


@dataclass(frozen=True, slots=True)
class Hits:
    """``total``: how many the viewer finds in all; ``next``: None where this was the last page."""

    members: tuple[int, ...]
    total: int
    next: Cursor | None


class SearchIndex:
    """All members of a company that anybody may find. Member ids are not 0."""

    def __init__(self) -> None:
        self._members: list[int] = []  # by row; 0: free
        self._spelled: list[str] = []  # as they are kept, names are nothing that garbage is looked for in
        self._pinyin: list[str] = []
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._names = NameIndex()
        self._fields = FieldIndex()
        self._ranking = Ranking()
        self._letters = {letter: RowSet() for letter in LETTERS}
        self._views: WeakSet[View] = WeakSet()

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, entries: Sequence[Entry]) -> None:
        """Further members of an index that is being made; they are found when it is ``settled``."""
        first = len(self._members)
        names = [read(entry.name, entry.pinyin) for entry in entries]
        letters: Grouped[str] = Grouped()
        for row, (entry, tokens) in enumerate(zip(entries, names, strict=True), first):
            self._rows[entry.member] = row
            letters[initial(tokens)].append(row)
        letters.into(self._letters)
        self._members += [entry.member for entry in entries]
        self._spelled += [entry.name for entry in entries]
        self._pinyin += [entry.pinyin for entry in entries]
        self._names.append(first, names)
        self._fields.put_all(first, entries)
        keyed = zip(map(sort_key, names), entries, strict=True)
        self._ranking.append([Ranked(key, entry.member, row) for row, (key, entry) in enumerate(keyed, first)])

    def settle(self) -> Iterator[None]:
        """Stops again and again, so that others have their turn."""
        yield from self._names.settle()
        yield from self._ranking.settle()

    def put(self, entry: Entry) -> None:
        """Add a member, or put what is new of him in the place of what was."""
        row = self._rows.get(entry.member)
        if row is None:
            row = self._new_row(entry.member)
        else:
            self._take_out(row)
        self._spelled[row], self._pinyin[row] = entry.name, entry.pinyin
        tokens = read(entry.name, entry.pinyin)
        self._names.put(row, tokens)
        self._fields.put_all(row, [entry])
        self._ranking.add(Ranked(sort_key(tokens), entry.member, row))
        self._letters[initial(tokens)].add(row)
        for view in self._views:
            view.ask_again(row)

    def remove(self, member: int) -> None:
        """Take a member out; who is not in it stays so."""
        row = self._rows.pop(member, None)
        if row is None:
            return
        self._take_out(row)
        self._members[row] = 0
        self._free.append(row)
        for view in self._views:
            view.ask_again(row)

    def view(
        self,
        may_find: Callable[[int], bool],
        may_find_whole: Callable[[int], bool] = nobody,
        may_read: Callable[[int, str], bool] = nothing,
    ) -> View:
        """A view that is kept in step with the index as long as somebody holds it."""
        view = View(self._members, may_find, may_find_whole, may_read)
        self._views.add(view)
        return view

    def refresh(self, view: View, member: int) -> None:
        """Ask again whether ``view`` may find ``member``."""
        row = self._rows.get(member)
        if row is not None:
            view.ask_again(row)

    def search(self, query: str, view: View, limit: int = 20, after: Cursor | None = None) -> Hits:
        """The first ``limit`` whom ``query`` meets behind ``after``: whole matches, then beginnings, then beginnings of later parts,
        then other parts; each of these in the order of pinyin.
        """
        return self._page(self._tiers(fold(query[:QUERY_CHARACTERS])[:QUERY_CHARACTERS], view), limit, after)

    def rows(self, members: Iterable[int]) -> int:
        """As a set of rows; who is not in the index is left out."""
        return from_rows(row for member in members if (row := self._rows.get(member)) is not None)

    def members(self, rows: int) -> Iterator[int]:
        return (self._members[row] for row in rows_of(rows))

    def listed(self, rows: int, letter: str = "", limit: int = 100, after: Cursor | None = None) -> Hits:
        """Those of ``rows`` in the order of pinyin; only those under ``letter`` (A to Z, #) where it is given.

        ``View.bits`` are all whom a viewer finds.
        """
        return self._page([rows & self._letters[letter].bits() if letter else rows], limit, after)

    def letters(self, rows: int) -> dict[str, int]:
        """How many of ``rows`` stand under each letter that has any."""
        counted = {letter: (under.bits() & rows).bit_count() for letter, under in self._letters.items()}
        return {letter: count for letter, count in counted.items() if count}

    def _page(self, tiers: Sequence[int], limit: int, after: Cursor | None) -> Hits:
        page = list(islice(self._in_order(tiers, after), limit + 1))
        shown = page[:limit]
        last = Cursor(shown[-1][0], shown[-1][1].key, shown[-1][1].member) if len(page) > limit > 0 else None
        return Hits(tuple(entry.member for _, entry in shown), sum(tier.bit_count() for tier in tiers), last)

    def _in_order(self, tiers: Sequence[int], after: Cursor | None) -> Iterator[tuple[int, Ranked]]:
        for tier in range(after.tier if after is not None else 0, len(tiers)):
            behind = (after.key, after.member) if after is not None and after.tier == tier else None
            for entry in self._ranking.among(tiers[tier], behind):
                yield tier, entry

    def _tiers(self, text: str, view: View) -> list[int]:
        """Rows by how well they match, in none twice, cut to whom ``view`` may find."""
        if not split(text):
            return []
        seen = view.bits()
        names = self._names.match_any([split(spelling) for spelling in spellings(text)])
        tiers = [names.exact & seen, names.prefix & seen, names.later & seen, names.inside & seen]
        for tier, rows in self._fields.match(text, seen, lambda row, field: view.may_read(self._members[row], field), view.near):
            tiers[tier] |= rows
        lifted = (names.written | self._fields.whole_number(text)) & ~seen
        tiers[EXACT] |= from_rows(row for row in rows_of(lifted) if view.may_find_whole(self._members[row])) if lifted else 0
        left = -1
        for tier, rows in enumerate(tiers):
            tiers[tier] = rows & left
            left &= ~rows
        return tiers

    def _new_row(self, member: int) -> int:
        if self._free:
            row = self._free.pop()
            self._members[row] = member
        else:
            row = len(self._members)
            self._members.append(member)
            self._spelled.append("")
            self._pinyin.append("")
        self._rows[member] = row
        return row

    def _take_out(self, row: int) -> None:
        tokens = read(self._spelled[row], self._pinyin[row])
        self._names.remove(row, tokens)
        self._fields.remove(row)
        self._ranking.remove(row)
        self._letters[initial(tokens)].discard(row)
