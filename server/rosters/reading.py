"""A workbook as rows, whatever it was: .xlsx, .xls or CSV; columns in any order under heads in Chinese or English (SPEC B7).

It finds the heads and says which cell belongs to which column; what the cells mean is ``cells`` and ``plan``. A formula is never looked
at, only the value that the program beside it kept.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from server.rosters import bounds
from server.rosters.cells import Value
from server.rosters.columns import KNOWN, MEMBERS, UNITS, Column, dialect, folded
from server.rosters.errors import ColumnTwice, FileTooLarge, FileUnreadable, HeaderMissing

HEADER_WITHIN = 30  # rows: other programs write how to fill in above the heads
ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGED = "it is damaged, encrypted, or of another kind than .xlsx, .xls and CSV"
_PAGE = ("<!doctype", "<html", "<head", "<body", "<table", "<meta", "<?xml")
_BROKEN = (ValueError, KeyError, IndexError, OverflowError, OSError)


class Grid(msgspec.Struct, frozen=True):
    """A sheet as it is: ``rows`` of cells from the first row on. ``at``: the row of the heads, from 0. ``columns``: key to place."""

    name: str
    rows: list[list[Any]]
    at: int
    columns: dict[str, int]

    def cell(self, row: int, key: str) -> Value:
        """Of a row from 0 on; None where there is none."""
        place = self.columns.get(key)
        cells = self.rows[row]
        value: Value = cells[place] if place is not None and place < len(cells) else None
        return value

    def filled(self) -> list[int]:
        """The rows below the heads that have anything in a known column."""
        places = list(self.columns.values())
        return [row for row in range(self.at + 1, len(self.rows)) if any(_is_filled(self.rows[row], place) for place in places)]


class _Sheet(NamedTuple):
    """``merged``: (column, first row, last row) of cells that are one over several rows."""

    name: str
    rows: list[list[Any]]
    merged: list[tuple[int, int, int]]


class Book(msgspec.Struct, frozen=True):
    """``dialect``: whose export it is. ``units`` is None where no sheet has any."""

    members: Grid | None
    units: Grid | None
    dialect: str = ""


def read(data: bytes) -> Book:
    """Raises: FileTooLarge, FileUnreadable, HeaderMissing, ColumnTwice."""
    bounds.check_size(data)
    sheets = _csv(data) if not data.startswith((_ZIP, _OLE)) else _excel(data)
    members = units = None
    whose = ""
    for sheet in sheets:
        if members is None and (found := _grid(sheet.name, sheet.rows, "members", MEMBERS)):
            _spread(found, sheet.merged)
            members, whose = found, dialect(sheet.rows[found.at])
            if whose == "wecom":
                members = _without_account_names(members)
        elif units is None and (found := _grid(sheet.name, sheet.rows, "units", UNITS)):
            units = found
    if members is None and units is None:
        raise HeaderMissing(HEADER_WITHIN)
    return Book(members, units, whose)


def _excel(data: bytes) -> list[_Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum  # only who reads one pays for it

    opened = bounds.repacked(data) if data.startswith(_ZIP) else data
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(opened)) as book:
            names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet][:20]
            return [_sheet(name, book.get_sheet_by_name(name)) for name in names]
    except (CalamineError, *_BROKEN) as error:
        raise FileUnreadable(_DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what Rust's failed assertions come as, which no module exports
            raise
        raise FileUnreadable(_DAMAGED) from None


def _sheet(name: str, sheet: Any) -> _Sheet:
    rows = _cells(sheet)
    ranges = {(begin[1], begin[0], end[0]) for begin, end in sheet.merged_cell_ranges or () if end[0] > begin[0]}
    return _Sheet(name, rows, sorted(ranges))


def _spread(grid: Grid, merged: Sequence[tuple[int, int, int]]) -> None:
    """One cell over several rows names the unit of each. Of other columns it does not: a name would be added once a row."""
    place = grid.columns.get("units")
    below = grid.at + 1
    for column, first, last in merged:
        if column == place and first >= below:
            for row in grid.rows[first + 1 : last + 1]:
                row[place] = grid.rows[first][place]
            below = max(below, last + 1)  # ranges that lie over each other cost nothing


def _cells(sheet: Any) -> list[list[Any]]:
    if sheet.total_height > bounds.MOST_ROWS:
        raise FileTooLarge("rows", bounds.MOST_ROWS)
    if sheet.total_width > bounds.MOST_COLUMNS:
        raise FileTooLarge("columns", bounds.MOST_COLUMNS)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    return rows


def _csv(data: bytes) -> list[_Sheet]:
    """In UTF-8 with or without a BOM, UTF-16 with one, or GB 18030, as Chinese Excel writes it."""
    text = _decoded(data)
    begin = text[:4096].lstrip("\ufeff\r\n\t ").casefold()
    if not text.strip("\ufeff\r\n\t "):
        raise FileUnreadable("it is empty")
    if begin.startswith(_PAGE):  # what many web sites give out under the name of a workbook
        raise FileUnreadable("it is a web page or other XML; open it in a spreadsheet program and save it as .xlsx")
    head = text[:4096].split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) >= bounds.MOST_ROWS:
                raise FileTooLarge("rows", bounds.MOST_ROWS)
            if len(row) > bounds.MOST_COLUMNS:
                raise FileTooLarge("columns", bounds.MOST_COLUMNS)
            rows.append([cell[1:] if ESCAPED.match(cell) else cell for cell in row])
    except csv.Error as error:
        raise FileUnreadable("a field is too long, or the file is no text") from error
    return [_Sheet("", rows, [])]


def _decoded(data: bytes) -> str:
    utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if utf_16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileUnreadable("it is no workbook, and no text in UTF-8, UTF-16 or GB 18030")


def _grid(name: str, rows: list[list[Any]], kind: str, columns: Sequence[Column]) -> Grid | None:
    """The sheet, where one of its first rows has heads of this kind: the required one that tells it, and another."""
    needed = "name" if kind == "members" else "path"
    best: tuple[int, int] | None = None
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        found = [KNOWN[kind][folded(head)].key for head in row if folded(head) in KNOWN[kind]]
        if needed in found and (best is None or len(found) > best[0]):
            best = len(found), at
    if best is None:
        return None
    places: dict[str, int] = {}
    for place, head in enumerate(rows[best[1]]):
        column = KNOWN[kind].get(folded(head))
        if column is None or (column.kind == "told" and column.key in places):
            continue
        if column.key in places and not _is_better(column, head, rows[best[1]][places[column.key]]):
            continue
        places[column.key] = place
    return Grid(name, rows, best[1], places)


def _is_better(column: Column, head: object, before: object) -> bool:
    """Of two heads for one column our own name is meant, and of two others the first. Raises: ColumnTwice for the same head twice."""
    if folded(head) == folded(before):
        raise ColumnTwice(column.zh)
    return folded(head) in (folded(column.zh), folded(column.en))


def with_fields(book: Book, columns: Sequence[Column]) -> Book:
    """With the columns of the company's own fields, whose heads stand where none of ours does. Raises: ColumnTwice."""
    grid = book.members
    if grid is None or not columns:
        return book
    by_head = {folded(head): column for column in columns for head in (column.zh, column.en)}
    places, taken = dict(grid.columns), set(grid.columns.values())
    for place, head in enumerate(grid.rows[grid.at]):
        column = by_head.get(folded(head))
        if column is not None and place not in taken:
            if column.key in places:
                raise ColumnTwice(column.zh)
            places[column.key] = place
    return msgspec.structs.replace(book, members=Grid(grid.name, grid.rows, grid.at, places))


def _without_account_names(grid: Grid) -> Grid:
    """What WeCom calls an account is a name of its own, as people chose it: mostly the employee number."""
    columns = dict(grid.columns)
    place = columns.pop("number", None)
    if place is not None and "employee_no" not in columns:
        columns["employee_no"] = place
    return Grid(grid.name, grid.rows, grid.at, columns)


def _is_filled(cells: Sequence[Any], place: int) -> bool:
    if place >= len(cells):
        return False
    value = cells[place]
    return bool(value.strip()) if isinstance(value, str) else value is not None
