"""What an uploaded workbook may unpack to, looked at before anything opens it: size, ratio, cells, shared strings, XML entities (SPEC B7).

Of a zip archive only the parts that a sheet needs are taken out, under a count of bytes, and put into a new archive, so what is opened
behind here is what was looked at here, whatever the archive's directory says. Decides no more than whether, and raises.
"""

import io
import re
import zipfile
import zlib
from itertools import pairwise

from server.rosters.errors import FileTooLarge, FileUnreadable

MIB = 1024 * 1024
FILE_BYTES = 20 * MIB
UNPACKED_BYTES = 160 * MIB  # 30,000 rows of twenty columns are some 40
RATIO = 200  # of one part; sheets of equal cells come to some 60
RATIO_FROM = MIB  # what is smaller may be as regular as it likes
PARTS = 1000
MOST_ROWS = 31_000  # the 30,000 of SPEC B7, a head, and what stands above it
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
STRINGS = 1_000_000
STRING_BYTES = 128 * 1024  # 32,767 characters, which no spreadsheet goes beyond
TEXT_BYTES = 128 * MIB  # when every cell has its copy of the string that it names
CHUNK = 256 * 1024

_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/styles\.xml|xl/sharedStrings\.xml"
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_PREFIX = rb"(?:[^\s<>/:\"'=]+:)?"
_ATTRIBUTES = rb"((?:[^<>\"'/]|\"[^\"<]*\"|'[^'<]*')*)"  # a > in quotes ends no tag
_PLACED = re.compile(rb"<" + _PREFIX + rb"(row|c)(?=[\s/>])" + _ATTRIBUTES + rb"(/?)>(?:\s*<" + _PREFIX + rb"v>\s*(\d{1,9})\s*<)?")
_OPENED = re.compile(rb"<" + _PREFIX + rb"(?:row|c)(?=[\s/>])")
_PLACE = re.compile(rb"(?<![^\s\"'])r\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CELL_PLACE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")
_ROW_PLACE = re.compile(rb"[0-9]{1,7}")
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
_ITEM = re.compile(rb"<" + _PREFIX + rb"si(?=[\s/>])")
_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def check_size(data: bytes) -> None:
    """Raises: FileTooLarge."""
    if len(data) > FILE_BYTES:
        raise FileTooLarge("bytes", FILE_BYTES)


def repacked(data: bytes) -> bytes:
    """An .xlsx of the same sheets with nothing else in it, not compressed. Raises: FileTooLarge, FileUnreadable."""
    check_size(data)
    parts = _parts(data)
    if "xl/workbook.xml" not in parts:
        raise FileUnreadable("it is no Excel workbook")
    for name, part in parts.items():
        _check_xml(name, part)
    lengths = _string_lengths(parts.get("xl/sharedStrings.xml", b""))
    text = 0
    for name, part in parts.items():
        if _SHEET.fullmatch(name):
            text += _check_sheet(part, lengths)
    if text > TEXT_BYTES:
        raise FileTooLarge("bytes of text", TEXT_BYTES)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


def _parts(data: bytes) -> dict[str, bytes]:
    """The parts that a reader of cells needs, by name."""
    found: dict[str, bytes] = {}
    left = UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > PARTS:
                raise FileTooLarge("parts", PARTS)
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names):
                raise FileUnreadable("two parts have the same name")
            for entry in entries:
                if not (_NEEDED.fullmatch(entry.filename) or _SHEET.fullmatch(entry.filename)):
                    continue
                if entry.flag_bits & 0x1:
                    raise FileUnreadable("it is encrypted")
                part = _unpacked(archive, entry, left)
                left -= len(part)
                found[entry.filename] = part
    # zipfile says NotImplementedError of a compression that it does not know and of patched data, RuntimeError of an encrypted part
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise FileUnreadable("the archive is damaged") from error
    return found


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """Counted while it is unpacked: what the directory says of its size may be a lie."""
    most = min(left, max(RATIO_FROM, RATIO * max(entry.compress_size, 1)))
    made = bytearray()
    with archive.open(entry) as part:
        while chunk := part.read(CHUNK):
            made += chunk
            if len(made) > most:
                raise FileTooLarge("unpacked bytes", most)
    return bytes(made)


def _check_xml(name: str, part: bytes) -> None:
    """Entities are what a few hundred bytes become gigabytes by, or another file's content; no spreadsheet program writes any.

    Other encodings than UTF-8 are refused, for they would hide them.
    """
    if b"\0" in part[:CHUNK] or part[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileUnreadable(f"{name} is not UTF-8")
    if _DECLARED.search(part):
        raise FileUnreadable(f"{name} declares a document type or entities")


def _string_lengths(part: bytes) -> list[int]:
    """The bytes of each shared string, its tags with it."""
    starts = [found.start() for found in _ITEM.finditer(part)]
    if len(starts) > STRINGS:
        raise FileTooLarge("shared strings", STRINGS)
    lengths = [end - start for start, end in pairwise([*starts, len(part)])]
    if lengths and max(lengths) > STRING_BYTES:
        raise FileTooLarge("bytes in a cell", STRING_BYTES)
    return lengths


def _check_sheet(part: bytes, lengths: list[int]) -> int:
    """Whether its cells lie within bounds: readers make a table up to the farthest one. Gives the bytes of shared text that they name."""
    _check_plain(part)
    row = column = things = text = 0
    longest = max(lengths, default=0)
    for found in _PLACED.finditer(part):
        things += 1
        if things > MOST_CELLS:
            raise FileTooLarge("cells", MOST_CELLS)
        kind, attributes, is_empty, value = found.groups()
        place = _place(attributes)
        if kind == b"row":
            row, column = _row(place, row), 0
            continue
        column, row = _cell(place, column, row)
        if is_empty:
            continue  # whatever its style
        if row > MOST_ROWS:
            raise FileTooLarge("rows", MOST_ROWS)
        if column > MOST_COLUMNS:
            raise FileTooLarge("columns", MOST_COLUMNS)
        if lengths and _SHARED.search(attributes):
            at = int(value) if value else -1
            text += lengths[at] if 0 <= at < len(lengths) else longest
    if things != sum(1 for _ in _OPENED.finditer(part)):
        raise FileUnreadable("a cell of it cannot be read")
    return text


def _check_plain(part: bytes) -> None:
    """Comments, CDATA and instructions could hide a cell from a search that does not know them; no spreadsheet program writes any here."""
    if b"<!" in part or part.count(b"<?") > 1:
        raise FileUnreadable("a sheet has comments or instructions in it")


def _place(attributes: bytes) -> bytes | None:
    """What `r` says. Raises: FileUnreadable where that may be read in two ways."""
    if b"&" in attributes:
        raise FileUnreadable("a cell's place is escaped")
    found = _PLACE.findall(attributes)
    if len(found) > 1:
        raise FileUnreadable("a cell has two places")
    return (found[0][0] or found[0][1]) if found else None


def _row(place: bytes | None, before: int) -> int:
    if place is None:
        return before + 1
    if not _ROW_PLACE.fullmatch(place):
        raise FileUnreadable("a row has no number")
    return int(place)


def _cell(place: bytes | None, column: int, row: int) -> tuple[int, int]:
    if place is None:
        return column + 1, row
    found = _CELL_PLACE.fullmatch(place)
    if found is None:
        raise FileUnreadable("a cell's place is none")
    return _column(found[1]), int(found[2])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
