"""Workbooks and CSV as they are given out: exports, templates, and a failed import with its cells marked (SPEC B7).

What a cell says is given. Texts are written as texts, so no formula is ever alive in a workbook; in CSV, where nothing tells a text
from a formula, an apostrophe stands before what would be one. Comments and colours are of the kind that WPS shows, too.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from server.rosters.columns import EXAMPLE_NAME, MEMBERS, NOT_SHOWN, NOT_SHOWN_HELP, SHEETS, UNITS, Column, own
from server.rosters.picture import Picture, Reach, Seen
from server.rosters.plan import HEADER, Problem
from server.rosters.reading import Book, Grid
from server.rosters.shown import Paths, heads, order, shown, unit_cells

RED, ORANGE, GREY, GREEN = "#FF9999", "#FFC000", "#D9D9D9", "#E2EFDA"
ALIVE = re.compile(r"'*[=+\-@\t\r]")
DROP_DOWN_ROWS = 30_000
_AUTHOR = "Yizhan"
_MOST_COMMENT = 1000
MOST_LIST = 255  # characters of a drop-down's own list, divided by commas


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """With a BOM, without which Excel takes it for the system's own encoding."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    for row in rows:
        writer.writerow(["'" + cell if ALIVE.match(cell) else cell for cell in row])
    return made.getvalue().encode("utf-8-sig")


# ---- exports


def member_columns(picture: Picture) -> list[Column]:
    """Ours, then those of the company's own fields."""
    return [*MEMBERS, *own(picture.fields)]


def member_cells(picture: Picture, reach: Reach, language: str) -> list[list[str]]:
    """A row for each member within reach, by account number. Of what is not shown to the actor no more is said, be there any or none."""
    seen, paths, columns = Seen(picture, reach), Paths(picture.tree), member_columns(picture)
    rows = []
    for card in sorted(seen.cards, key=lambda one: (len(seen.number(one)), seen.number(one), one.record.id)):
        places = seen.places(card)
        told = {"units": paths.several(places), "sort": order(places), "head": heads(places, language)}
        for key in picture.unread.get(card.record.id, ()):
            told[key] = NOT_SHOWN[language]
        rows.append([told[column.key] if column.key in told else shown(card, column.key, language) for column in columns])
    return rows


def unit_rows(picture: Picture, reach: Reach, language: str) -> list[list[str]]:
    """A row for each unit within reach, each before those below it."""
    seen, paths, tree = Seen(picture, reach), Paths(picture.tree), picture.tree
    return [unit_cells(tree[unit], paths[unit], language) for unit in tree.below(tree.root) if seen.has_unit(unit)]


def exported(picture: Picture, reach: Reach, *, language: str, kind: str) -> bytes:
    """``kind``: xlsx, or csv, which has the members alone."""
    people = member_cells(picture, reach, language)
    if kind == "csv":
        return csv_of([[column.head(language) for column in member_columns(picture)], *people])
    return _book(picture, people, unit_rows(picture, reach, language), language)


def template(picture: Picture, reach: Reach, *, language: str) -> bytes:
    """The heads with their explanations, drop-downs, an example that an import passes over, and the units that are there."""
    example = [_example(column, picture, language) for column in member_columns(picture)]
    return _book(picture, [example], unit_rows(picture, reach, language), language)


def _example(column: Column, picture: Picture, language: str) -> str:
    if column.key == "units":
        return Paths(picture.tree)[picture.tree.root]
    return EXAMPLE_NAME if column.key == "name" else column.shown(column.example, language) if column.example else ""


def _book(picture: Picture, people: Sequence[Sequence[str]], units: Sequence[Sequence[str]], language: str) -> bytes:
    made = io.BytesIO()
    book = _open(made)
    formats = _Formats(book)
    sheets = [book.add_worksheet(name) for name in SHEETS[language]]
    for sheet, columns, rows in zip(sheets, (member_columns(picture), UNITS), (people, units), strict=True):
        _heads(sheet, columns, formats, language, {key for keys in picture.unread.values() for key in keys} if columns is not UNITS else ())
        for at, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(at, place, cell, formats.text)
        _drop_downs(sheet, columns, len(units), language)
    book.close()
    return made.getvalue()


def _heads(sheet: Any, columns: Sequence[Column], formats: "_Formats", language: str, private: Collection[str]) -> None:
    sheet.freeze_panes(1, 0)
    _printed(sheet, 0)
    sheet.set_comments_author(_AUTHOR)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, formats.text)
        sheet.write_string(0, place, column.head(language), formats.required if column.required else formats.head)
        help = (column.help(language) + (NOT_SHOWN_HELP[language] if column.key in private else ""))[:_MOST_COMMENT]
        sheet.write_comment(0, place, help, _comment(help))


def _printed(sheet: Any, head: int) -> None:
    """All columns on one page, the heads on each."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)


def _drop_downs(sheet: Any, columns: Sequence[Column], units: int, language: str) -> None:
    """Of choices their words; of a member's units those that are there, beside which several may be typed."""
    for place, column in enumerate(columns):
        if column.choices and column.kind in ("choice", "heads"):
            source: Any = [column.shown(stored, language) for stored, *_ in column.choices if stored != "root"]
            if len(",".join(source)) > MOST_LIST or any("," in word for word in source):
                continue  # no program takes such a list; the comment names the words
        elif column.key == "units" and units:
            source = f"='{SHEETS[language][1]}'!$A$2:$A${units + 1}"
        else:
            continue
        rules = {"validate": "list", "source": source, "ignore_blank": True, "show_error": column.kind == "choice"}
        sheet.data_validation(1, place, DROP_DOWN_ROWS, place, rules)


# ---- the failed import


def marked(book: Book, problems: Sequence[Problem], warnings: Sequence[Problem], *, language: str) -> bytes:
    """The book as it was given, wrong cells red, required ones that are empty orange, the reasons in comments."""
    made = io.BytesIO()
    written = _open(made)
    formats = _Formats(written)
    for grid, sheet in ((book.members, "members"), (book.units, "units")):
        if grid is not None:
            mine = [problem for problem in problems if problem.sheet == sheet]
            _marked_sheet(written, formats, grid, mine, [one for one in warnings if one.sheet == sheet], language)
    written.close()
    return made.getvalue()


def _marked_sheet(
    book: Any, formats: "_Formats", grid: Grid, problems: Sequence[Problem], warnings: Sequence[Problem], language: str
) -> None:
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", grid.name)[:31].strip() or None)
    sheet.set_comments_author(_AUTHOR)
    texts: dict[tuple[int, int], list[str]] = {}
    missing: dict[tuple[int, int], bool] = {}
    for problem in problems:
        cell = _place(grid, problem)
        texts.setdefault(cell, []).append(problem.text(language))
        missing[cell] = missing.get(cell, True) and problem.missing
    for warning in warnings:
        texts.setdefault(_place(grid, warning), []).append(warning.text(language))
    for at, row in enumerate(grid.rows):
        for place, value in enumerate(row):
            if (at, place) not in missing:
                _write(sheet, at, place, value, formats, formats.head if at == grid.at else None)
    for (at, place), is_missing in missing.items():
        cells = grid.rows[at]
        _write(sheet, at, place, cells[place] if place < len(cells) else None, formats, formats.missing if is_missing else formats.wrong)
    for (at, place), reasons in texts.items():
        text = "\n".join(reasons)[:_MOST_COMMENT]
        sheet.write_comment(at, place, text, _comment(text))
    for place, column in ((place, key) for key, place in grid.columns.items()):
        known = next((one for one in (*MEMBERS, *UNITS) if one.key == column), None)
        sheet.set_column(place, place, known.width if known else None)
    sheet.freeze_panes(grid.at + 1, 0)
    _printed(sheet, grid.at)


def _place(grid: Grid, problem: Problem) -> tuple[int, int]:
    """Where a reason stands: in its cell, else in the row's name, else in the first column."""
    row = grid.at if problem.row == HEADER else problem.row
    for key in (problem.column, "name", "path"):
        if key in grid.columns:
            return row, grid.columns[key]
    return row, 0


def _write(sheet: Any, row: int, place: int, value: Any, formats: "_Formats", format: Any) -> None:
    """As it was: a number stays one, a text is never anything else."""
    match value:
        case None | "":
            if format is not None:
                sheet.write_blank(row, place, None, format)
        case bool():
            sheet.write_boolean(row, place, value, format)
        case int() | float():
            sheet.write_number(row, place, value, format)
        case datetime() | date():
            sheet.write_datetime(row, place, value, format or formats.day)
        case time() | timedelta():
            sheet.write_string(row, place, str(value), format)
        case _:
            sheet.write_string(row, place, str(value)[:32_767], format)


class _Formats:
    def __init__(self, book: Any) -> None:
        self.text = book.add_format({"num_format": "@"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.head = book.add_format({"bold": True, "bg_color": GREY, "border": 1})
        self.required = book.add_format({"bold": True, "bg_color": GREEN, "border": 1})
        self.wrong = book.add_format({"bg_color": RED})
        self.missing = book.add_format({"bg_color": ORANGE})


def _open(made: io.BytesIO) -> Any:
    import xlsxwriter  # only who writes one pays for it

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(made, options)


def _comment(text: str) -> Mapping[str, Any]:
    """Large enough for its text: in WPS and Excel a comment's box does not grow by itself."""
    lines = sum(1 + len(line.encode("gb18030", "replace")) // 34 for line in text.split("\n"))
    return {"width": 260, "height": max(40, 18 * lines + 10), "author": _AUTHOR}
