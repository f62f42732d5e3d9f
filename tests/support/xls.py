"""The smallest .xls that holds a table: BIFF8 records in one stream of a compound file (MS-XLS 2.4, MS-CFB 2)."""

import struct
from collections.abc import Sequence

SECTOR = 512
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def xls(name: str, rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook with one sheet."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    width = max(map(len, rows))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            where = struct.pack("<HHH", at, place, 0)
            if isinstance(cell, str):
                sheet += _record(0x0204, where + struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le"))
            else:
                sheet += _record(0x0203, where + struct.pack("<d", cell))
    sheet += _record(0x000A, b"")
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    named = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    before = len(head) + 4 + 6 + len(named) + 4
    head += _record(0x0085, struct.pack("<IBB", before, 0, 0) + named) + _record(0x000A, b"")
    return _compound((head + sheet).ljust(8 * SECTOR, b"\0"))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound(stream: bytes) -> bytes:
    """Sector 0 is the table of sectors, 1 the directory, the stream follows."""
    sectors = -(-len(stream) // SECTOR)
    assert sectors + 2 <= SECTOR // 4, "one sector of table does"
    table = [FAT, END, *range(3, sectors + 2), END]
    table += [FREE] * (SECTOR // 4 - len(table))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<109I", 0, *[FREE] * 108)
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, NONE, 2, len(stream)) + _entry("", 0, NONE, 0, 0) * 2
    return head + struct.pack(f"<{len(table)}I", *table) + directory + stream.ljust(sectors * SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    coded = name.encode("utf-16-le")
    length = len(coded) + 2 if name else 0
    said = coded.ljust(64, b"\0") + struct.pack("<HBB", length, kind, 1) + struct.pack("<III", NONE, NONE, child)
    return said + bytes(16 + 4 + 8 + 8) + struct.pack("<IQ", start, size)
