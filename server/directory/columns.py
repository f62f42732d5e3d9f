"""Columns of short texts (numbers, phones, mail names) that are searched at the speed of ``bytes.replace`` and cost their bytes only.

A column is cut into chunks of 1,024 rows, each one piece of bytes with a line for each row. A chunk that changes is taken apart and put
together again at the next search. No step goes through all lines of a chunk in Python: 50,000 hits cost no more than 20,000.
Beginnings of one or two characters, which meet the most, are kept as sets of rows.
"""

from collections.abc import Sequence

from server.directory.rows import Grouped, RowSet

CHUNK = 1024
_BYTES = CHUNK // 8
_NONE, _ALL = bytes(_BYTES), b"\xff" * _BYTES
_FEW = 100  # up to here each hit is looked for by itself
_LINE, _HIT, _BEGUN = b"\n", b"\x01", b"\x02"  # a line; a hit in it; a line that begins with a hit
_NEW = _LINE[0]
_OTHERS = bytes(set(range(256)) - {10, 1, 2})
_DIGITS = bytes.maketrans(_LINE + _HIT + _BEGUN, b"011")


class Column:
    """Texts by row; nothing is the text of no row. Control characters are left out of what is put in."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._open: dict[int, list[bytes]] = {}
        self._short: dict[bytes, RowSet] = {}

    def set(self, row: int, text: str) -> None:
        self.set_all(row, [text])

    def set_all(self, first: int, texts: Sequence[str]) -> None:
        """Of rows that follow one another. A chunk is closed with its last line."""
        after, done = _all_encoded(texts), 0
        while done < len(after):
            at, place = divmod(first + done, CHUNK)
            lines, some = self._opened(at), after[done : done + CHUNK - place]
            self._end(first + done, lines[place : place + len(some)])
            lines[place : place + len(some)] = some
            done += len(some)
            if place + len(some) == CHUNK:
                self._close(at)
        self._begin(first, after)

    def _end(self, first: int, lines: Sequence[bytes]) -> None:
        """Beginnings of these are theirs no more."""
        for row, line in enumerate(lines, first):
            for begun in {line[:1], line[:2]} if line else ():
                self._short[begun].discard(row)

    def _begin(self, first: int, lines: Sequence[bytes]) -> None:
        """Beginnings of these are theirs from now on."""
        begun: Grouped[bytes] = Grouped()
        for row, line in enumerate(lines, first):
            if line:
                begun[line[:1]].append(row)
                if len(line) > 1:
                    begun[line[:2]].append(row)
        begun.into(self._short)

    def equal(self, text: str) -> int:
        needle = _LINE + _encoded(text) + _LINE
        return _joined([_each(chunk, needle, 1)[1] for chunk in self._closed()])

    def starting(self, text: str) -> int:
        needle = _LINE + _encoded(text)
        if len(needle) <= 3:
            short = self._short.get(needle[1:])
            return 0 if short is None else short.bits()
        return _joined([_lines(chunk, needle, 1) for chunk in self._closed()])

    def ending(self, text: str) -> int:
        needle = _encoded(text) + _LINE
        return _joined([_lines(chunk, needle, 0) for chunk in self._closed()])

    def parts(self, text: str) -> tuple[int, int]:
        """Whose text begins with ``text``, and whose has it anywhere."""
        needle = _encoded(text)
        found = [_parts(chunk, needle) for chunk in self._closed()]
        return _joined([begun for begun, _ in found]), _joined([anywhere for _, anywhere in found])

    def _opened(self, at: int) -> list[bytes]:
        while len(self._chunks) <= at:
            self._chunks.append(_LINE * (CHUNK + 1))
        lines = self._open.get(at)
        if lines is None:
            lines = self._open[at] = self._chunks[at][1:-1].split(_LINE)
        return lines

    def _close(self, at: int) -> None:
        self._chunks[at] = _LINE + _LINE.join(self._open.pop(at)) + _LINE

    def _closed(self) -> list[bytes]:
        for at in list(self._open):
            self._close(at)
        return self._chunks


def _lines(chunk: bytes, needle: bytes, skip: int) -> bytes:
    """The lines with a needle that has a line's end in it, so that none has two. ``skip``: 1 where the needle begins with that."""
    hits = chunk.count(needle)
    if hits == CHUNK:
        return _ALL
    if hits <= _FEW:
        return _each(chunk, needle, skip)[1] if hits else _NONE
    marked = chunk.replace(needle, _HIT).translate(_DIGITS, _OTHERS)
    return _bits(marked[:-1] if skip else marked[1:])


def _parts(chunk: bytes, text: bytes) -> tuple[bytes, bytes]:
    hits = chunk.count(text)
    if hits <= _FEW:
        return _each(chunk, text, 0) if hits else (_NONE, _NONE)
    marked = chunk.replace(_LINE + text, _BEGUN).replace(text, _HIT).translate(None, _OTHERS)[:-1]
    begun = marked.replace(_HIT, b"")
    anywhere = marked.replace(_LINE + _HIT, _BEGUN).replace(_HIT, b"")
    return _bits(begun.translate(_DIGITS)), _bits(anywhere.translate(_DIGITS))


def _each(chunk: bytes, needle: bytes, skip: int) -> tuple[bytes, bytes]:
    """Hit by hit: the lines that begin with one, and all. ``skip``: how many bytes of the needle stand before the line that is meant."""
    begun = anywhere = counted = 0
    line = -1
    place = chunk.find(needle)
    while place >= 0:
        line += chunk.count(_LINE, counted, place + skip)
        counted = place + skip
        anywhere |= 1 << line
        if chunk[place - 1] == _NEW:
            begun |= 1 << line
        place = chunk.find(needle, place + 1)
    return begun.to_bytes(_BYTES, "little"), anywhere.to_bytes(_BYTES, "little")


def _bits(digits: bytes) -> bytes:
    """A digit for each line, the first line first."""
    return int(digits[::-1], 2).to_bytes(_BYTES, "little")


def _encoded(text: str) -> bytes:
    """Half a surrogate pair, which a client may send, is no reason to fail: it meets nobody."""
    return text.encode("utf-8", "surrogatepass")


def _all_encoded(texts: Sequence[str]) -> list[bytes]:
    if not "".join(texts).isprintable():
        texts = ["".join(filter(str.isprintable, text)) for text in texts]
    return _encoded("\n".join(texts)).split(_LINE) if texts else []


def _joined(chunks: list[bytes]) -> int:
    return int.from_bytes(b"".join(chunks), "little")
