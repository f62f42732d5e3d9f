"""What an uploaded workbook may unpack to, looked at before anything opens it: size, ratio, cells, shared strings, XML entities (SPEC B7).

Of a zip archive only the parts that a sheet needs are taken out, under a count of bytes, and put into a new archive, so what is opened
behind here is what was looked at here, whatever the archive's directory says. Decides no more than whether, and raises.
"""

import io
import re
import zipfile
import zlib

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
_PREFIX = rb"(?:[A-Za-z0-9_]+:)?"
_PLACED = re.compile(rb"<" + _PREFIX + rb"(row|c)(?=[\s/>])([^>]*?)(/?)>(?:\s*<" + _PREFIX + rb"v>\s*(\d{1,9})\s*<)?")
_CELL_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,4})(\d{1,9})[\"']")
_ROW_PLACE = re.compile(rb"\br\s*=\s*[\"'](\d{1,9})[\"']")
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
    lengths = [end - start for start, end in zip(starts, [*starts[1:], len(part)], strict=True)]
    if lengths and max(lengths) > STRING_BYTES:
        raise FileTooLarge("bytes in a cell", STRING_BYTES)
    return lengths


def _check_sheet(part: bytes, lengths: list[int]) -> int:
    """Whether its cells lie within bounds: readers make a table up to the farthest one. Gives the bytes of shared text that they name."""
    row = column = things = text = 0
    for found in _PLACED.finditer(part):
        things += 1
        if things > MOST_CELLS:
            raise FileTooLarge("cells", MOST_CELLS)
        kind, attributes, is_empty, value = found.groups()
        if kind == b"row":
            place = _ROW_PLACE.search(attributes)
            row, column = int(place[1]) if place else row + 1, 0
            continue
        place = _CELL_PLACE.search(attributes)
        column = _column(place[1]) if place else column + 1
        if is_empty:
            continue  # whatever its style
        row = int(place[2]) if place else row
        if row > MOST_ROWS:
            raise FileTooLarge("rows", MOST_ROWS)
        if column > MOST_COLUMNS:
            raise FileTooLarge("columns", MOST_COLUMNS)
        if value and lengths and _SHARED.search(attributes):
            at = int(value)
            text += lengths[at] if at < len(lengths) else 0
    return text


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
