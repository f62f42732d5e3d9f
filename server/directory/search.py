"""Search among the members of one company: by name and pinyin, number, phone tail, mail, employee number (SPEC B8).

It decides what a query meets and in which order; whom a viewer may find is asked through his ``View``, and nothing of anybody else
comes out: neither names nor totals, gaps in pages, or a match in a field that is not shown to him. Cards are loaded elsewhere.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from weakref import WeakSet

from server.directory.columns import Column
from server.directory.names import NameIndex
from server.directory.order import sort_key
from server.directory.pinyin import Token, fold, read, split
from server.directory.ranking import Ranked, Ranking
from server.directory.rows import RowSet, from_rows, rows_of, union
from server.directory.views import View, nobody, nothing

QUERY_CHARACTERS = 64
PHONE_TAIL = 4  # fewer digits would only count other people's phones
WHOLE_PHONE = 7
INSIDE = 3  # characters that a part of a mail name or employee number has at least
EXACT, PREFIX, WORD, PART = range(4)
_IN_NUMBERS = re.compile(r"[\s()+.\-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is searched of one member. ``pinyin``: as an administrator corrected it. ``private``: which of number, phone, mail,
    employee_no not everybody may read who finds him.
    """

    member: int
    name: str
    pinyin: str = ""
    number: str = ""
    phone: str = ""
    mail: str = ""
    employee_no: str = ""
    private: frozenset[str] = frozenset()


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
        self._tokens: list[tuple[Token, ...]] = []
        self._domain_of: list[str] = []
        self._private_of: list[frozenset[str]] = []
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._names = NameIndex()
        self._ranking = Ranking()
        self._columns = {field: Column() for field in ("number", "phone", "mail", "employee_no")}
        self._domains: dict[str, RowSet] = {}
        self._private = {field: RowSet() for field in self._columns}
        self._views: WeakSet[View] = WeakSet()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, entry: Entry) -> None:
        """Add a member, or put what is new of him in the place of what was."""
        row = self._rows.get(entry.member)
        if row is None:
            row = self._new_row(entry.member)
        else:
            self._take_out(row)
        local, _, domain = fold(entry.mail).partition("@")
        tokens = self._tokens[row] = read(entry.name, entry.pinyin)
        self._names.put(row, tokens)
        self._ranking.add(Ranked(sort_key(tokens), entry.member, row))
        domain = self._domain_of[row] = sys.intern(domain)
        self._domains.setdefault(domain, RowSet()).add(row)
        self._private_of[row] = entry.private
        for field in entry.private:
            self._private[field].add(row)
        texts = {"number": _digits(entry.number), "phone": _digits(entry.phone), "mail": local, "employee_no": entry.employee_no}
        for field, text in texts.items():
            self._columns[field].set(row, "".join(fold(text).split()))
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
        for column in self._columns.values():
            column.set(row, "")
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
        tiers = self._tiers(fold(query)[:QUERY_CHARACTERS], view)
        page = list(islice(self._in_order(tiers, after), limit + 1))
        shown = page[:limit]
        last = Cursor(shown[-1][0], shown[-1][1].key, shown[-1][1].member) if len(page) > limit > 0 else None
        return Hits(tuple(entry.member for _, entry in shown), sum(tier.bit_count() for tier in tiers), last)

    def _in_order(self, tiers: list[int], after: Cursor | None) -> Iterator[tuple[int, Ranked]]:
        for tier in range(after.tier if after is not None else 0, len(tiers)):
            behind = (after.key, after.member) if after is not None and after.tier == tier else None
            for entry in self._ranking.among(tiers[tier], behind):
                yield tier, entry

    def _tiers(self, text: str, view: View) -> list[int]:
        """Rows by how well they match, in none twice, cut to whom ``view`` may find."""
        seen = view.bits()
        tiers = [0, 0, 0, 0]
        runs = split(text)
        if runs:
            names = self._names.match(runs)
            numbers = self._columns["number"].equal(_digits(text)) if _digits(text) else 0
            lifted = (names.written | numbers & ~self._private["number"].bits()) & ~seen
            tiers = [names.exact | names.written, names.prefix, names.later, names.inside]
            for tier, field, rows in self._by_fields(text):
                tiers[tier] |= self._readable(rows & seen, field, view)
            if lifted:
                lifted = from_rows(row for row in rows_of(lifted) if self._members[row] and view.may_find_whole(self._members[row]))
                tiers[EXACT] = tiers[EXACT] & seen | lifted
        left = seen
        for tier in range(len(tiers)):
            tiers[tier] &= left | (lifted if runs and tier == EXACT else 0)
            left &= ~tiers[tier]
        return tiers

    def _by_fields(self, text: str) -> Iterator[tuple[int, str, int]]:
        digits, compact = _digits(text), "".join(text.split())
        if digits:
            yield EXACT, "number", self._columns["number"].equal(digits)
            yield PREFIX, "number", self._columns["number"].starting(digits)
            if len(digits) >= PHONE_TAIL:
                yield EXACT if len(digits) >= WHOLE_PHONE else PART, "phone", self._columns["phone"].ending(digits)
        begun, anywhere = self._parts("employee_no", compact)
        yield EXACT, "employee_no", self._columns["employee_no"].equal(compact) if begun else 0
        yield PREFIX, "employee_no", begun
        yield PART, "employee_no", anywhere
        local, at, domain = compact.partition("@")
        if at:
            domains = union(rows for name, rows in self._domains.items() if name.startswith(domain))
            yield EXACT, "mail", self._columns["mail"].equal(local) & domains
        else:
            begun, anywhere = self._parts("mail", compact)
            yield WORD, "mail", begun
            yield PART, "mail", anywhere

    def _parts(self, field: str, text: str) -> tuple[int, int]:
        """Who begins with ``text``, and who has it anywhere, if it is long enough to look for."""
        return self._columns[field].parts(text) if len(text) >= INSIDE else (self._columns[field].starting(text), 0)

    def _readable(self, rows: int, field: str, view: View) -> int:
        """Without those who do not show the field to this viewer: that he matches would tell what stands in it."""
        private = rows & self._private[field].bits()
        if not private:
            return rows
        return rows & ~private | from_rows(row for row in rows_of(private) if view.may_read(self._members[row], field))

    def _new_row(self, member: int) -> int:
        if self._free:
            row = self._free.pop()
            self._members[row] = member
        else:
            row = len(self._members)
            self._members.append(member)
            self._tokens.append(())
            self._domain_of.append("")
            self._private_of.append(frozenset())
        self._rows[member] = row
        return row

    def _take_out(self, row: int) -> None:
        self._names.remove(row, self._tokens[row])
        self._ranking.remove(row)
        self._domains[self._domain_of[row]].discard(row)
        for field in self._private_of[row]:
            self._private[field].discard(row)


def _digits(text: str) -> str:
    """Of a number or phone as it is typed or stored; nothing where it is none."""
    found = _IN_NUMBERS.sub("", text)
    return found if found.isascii() and found.isdigit() else ""
