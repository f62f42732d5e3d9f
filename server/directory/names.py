"""Which names a query meets, by characters, full pinyin, initials or a mixture: 张三, zhangsan, zs, zhangs, 张s, z三 (SPEC B8).

Rules of a match: the query is divided into pieces that meet consecutive tokens of the name. A character meets itself. Of a run of
letters or digits the last piece may be any beginning of a reading, the others a whole one, its first letter, or zh, ch, sh. Whatever
else stands in a query (a space, a hyphen) ends a run.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple, TypeVar

from server.directory.pinyin import TOKENS, Token, is_character
from server.directory.rows import Grouped, RowSet, extend, union

K = TypeVar("K")
DIGRAPHS = frozenset(("zh", "ch", "sh"))
EVERYBODY = -1  # as bits
TOKENS_AT_ONCE = 100


class NameMatches(NamedTuple):
    """As bits, not disjoint. ``written``: the name as it stands; ``exact``: that or its whole pinyin; ``prefix``: from the name's
    beginning; ``later``: from a later token; ``inside``: within a Latin word.
    """

    written: int
    exact: int
    prefix: int
    later: int
    inside: int


class _Position:
    """Who has which reading or character as the token at this position."""

    def __init__(self) -> None:
        self.readings: dict[str, RowSet] = {}  # characters too
        self.words: dict[str, RowSet] = {}
        self._initials: dict[str, RowSet] = {}
        self._sorted: list[str] = []

    def put(self, row: int, token: Token) -> None:
        for reading in token.readings:
            if reading not in self.readings:
                insort(self._sorted, reading)
            _add(self.readings, reading, row)
        for initial in _initials(token):
            _add(self._initials, initial, row)
        _add(self.readings if token.is_character else self.words, token.text, row)

    def put_all(self, rows: "array[int]", token: Token) -> None:
        for reading in token.readings:
            if reading not in self.readings:
                insort(self._sorted, reading)
            extend(self.readings, reading, rows)
        for initial in _initials(token):
            extend(self._initials, initial, rows)
        extend(self.readings if token.is_character else self.words, token.text, rows)

    def remove(self, row: int, token: Token) -> None:
        for reading in token.readings:
            _discard(self.readings, reading, row)
            if reading not in self.readings:
                del self._sorted[bisect_left(self._sorted, reading)]
        for initial in _initials(token):
            _discard(self._initials, initial, row)
        _discard(self.readings if token.is_character else self.words, token.text, row)

    def whole(self, text: str) -> int:
        return _bits(self.readings, text)

    def written(self, text: str) -> int:
        return _bits(self.readings if is_character(text) else self.words, text)

    def shortened(self, text: str) -> int:
        """Whole, or an initial."""
        if len(text) == 1:
            return _bits(self._initials, text)
        return _bits(self.readings, text) | (_bits(self._initials, text) if text in DIGRAPHS else 0)

    def beginning(self, text: str) -> int:
        if len(text) == 1 or text in DIGRAPHS:
            return _bits(self._initials, text)
        first = bisect_left(self._sorted, text)
        last = bisect_left(self._sorted, text + "\U0010ffff", first)
        return union(self.readings[reading] for reading in self._sorted[first:last])


class NameIndex:
    """Rows by the tokens of their names."""

    def __init__(self) -> None:
        self._positions = [_Position() for _ in range(TOKENS)]
        self._lengths: dict[int, RowSet] = {}
        self._words: dict[str, RowSet] = {}
        self._gathered: list[Grouped[Token]] = [Grouped() for _ in range(TOKENS)]

    def put(self, row: int, tokens: Sequence[Token]) -> None:
        for position, token in zip(self._positions, tokens, strict=False):
            position.put(row, token)
        _add(self._lengths, len(tokens), row)
        for word in {token.text for token in tokens if not token.is_character}:
            _add(self._words, word, row)

    def append(self, first: int, names: Sequence[Sequence[Token]]) -> None:
        """Names of further rows, which are found when all is ``settled``: a token of many names is then put in once."""
        lengths: Grouped[int] = Grouped()
        words: Grouped[str] = Grouped()
        for row, tokens in enumerate(names, first):
            lengths[len(tokens)].append(row)
            for gathered, token in zip(self._gathered, tokens, strict=False):
                gathered[token].append(row)
            for word in {token.text for token in tokens if not token.is_character}:
                words[word].append(row)
        lengths.into(self._lengths)
        words.into(self._words)

    def settle(self) -> Iterator[None]:
        """Stops again and again, so that others have their turn."""
        for position, gathered in zip(self._positions, self._gathered, strict=True):
            for count, (token, rows) in enumerate(gathered.items()):
                position.put_all(rows, token)
                if count % TOKENS_AT_ONCE == 0 or len(rows) > TOKENS_AT_ONCE:
                    yield
            gathered.clear()

    def remove(self, row: int, tokens: Sequence[Token]) -> None:
        for position, token in zip(self._positions, tokens, strict=False):
            position.remove(row, token)
        _discard(self._lengths, len(tokens), row)
        for word in {token.text for token in tokens if not token.is_character}:
            _discard(self._words, word, row)

    def match_any(self, spelled: Sequence[Sequence[str]]) -> NameMatches:
        """What any of these spellings of one query meets; nearly always there is one."""
        found = [self.match(runs) for runs in spelled]
        return found[0] if len(found) == 1 else NameMatches(*(reduce(or_, rows) for rows in zip(*found, strict=True)))

    def match(self, runs: Sequence[str]) -> NameMatches:
        """``runs``: the query as ``pinyin.split`` divides it."""
        query = "".join(runs)
        ends = [end for run, end in zip(runs, _ends(runs), strict=True) for _ in run]
        prefix, later = self._walk(query, ends)
        inside = union(rows for word, rows in self._words.items() if query in word) if len(runs) == 1 and len(query) > 1 else 0
        return NameMatches(self._written(runs), self._whole(query, ends), prefix, later, inside)

    def _walk(self, query: str, ends: list[int]) -> tuple[int, int]:
        """What matches from the first token, and from a later one: position by position, the rows for each part of the query done."""
        from_first: dict[int, int] = {0: EVERYBODY}
        from_later: dict[int, int] = {}
        prefix = later = 0
        for at, position in enumerate(self._positions):
            if not position.readings:
                break
            if at:
                from_later[0] = EVERYBODY
            next_first: dict[int, int] = {}
            next_later: dict[int, int] = {}
            for done in from_first.keys() | from_later.keys():
                for end, rows in _pieces(position, query, done, ends[done]):
                    for state, following in ((from_first, next_first), (from_later, next_later)):
                        both = state.get(done, 0) & rows
                        if both:
                            following[end] = following.get(end, 0) | both
            prefix |= next_first.pop(len(query), 0)
            later |= next_later.pop(len(query), 0)
            from_first, from_later = next_first, next_later
        return prefix, later

    def _whole(self, query: str, ends: list[int]) -> int:
        """All of the name, each token by a whole reading or as a character."""
        state: dict[int, int] = {0: EVERYBODY}
        found = 0
        for at, position in enumerate(self._positions):
            following: dict[int, int] = {}
            for done, rows in state.items():
                for end in range(done + 1, ends[done] + 1):
                    both = rows & position.whole(query[done:end])
                    if both:
                        following[end] = following.get(end, 0) | both
            found |= following.pop(len(query), 0) & _bits(self._lengths, at + 1)
            state = following
        return found

    def _written(self, runs: Sequence[str]) -> int:
        rows = _bits(self._lengths, len(runs))
        for position, run in zip(self._positions, runs, strict=False):
            rows &= position.written(run)
        return rows


def _pieces(position: _Position, query: str, done: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a piece that begins at ``done`` may end, with the rows that it meets here."""
    if is_character(query[done]):
        yield end, position.whole(query[done])
        return
    yield end, position.beginning(query[done:end])
    for middle in range(done + 1, end):
        rows = position.shortened(query[done:middle])
        if rows:
            yield middle, rows


def _ends(runs: Sequence[str]) -> Iterator[int]:
    end = 0
    for run in runs:
        end += len(run)
        yield end


def _initials(token: Token) -> set[str]:
    return {reading[:1] for reading in token.readings} | {reading[:2] for reading in token.readings if reading[:2] in DIGRAPHS}


def _add(sets: dict[K, RowSet], key: K, row: int) -> None:
    found = sets.get(key)
    if found is None:
        found = sets[key] = RowSet()
    found.add(row)


def _discard(sets: dict[K, RowSet], key: K, row: int) -> None:
    found = sets[key]
    found.discard(row)
    if not found.count:
        del sets[key]


def _bits(sets: dict[K, RowSet], key: K) -> int:
    found = sets.get(key)
    return 0 if found is None else found.bits()
