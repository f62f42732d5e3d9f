"""What is given out: nothing in it is alive, columns explain themselves, and a failed import says where and why (SPEC B7)."""

import csv
import io
import re
import zipfile
from typing import Any

import msgspec

from server.org.organisation import Tree
from server.rosters import planning, reading, writing
from server.rosters.columns import EXAMPLE_NAME, MEMBERS, own, own_key
from server.rosters.picture import Card, Picture, Reach
from server.rosters.plan import Plan, Wish
from server.rosters.reading import Book, Grid
from storage.fields import Field
from storage.people import Record
from storage.units import Place, Unit

BLANK = Record(
    *(1, 1, 2, "person", "active", "", "10001", None, "A", "", "", "", "", "", "", "", "", "", "", "", False, False, "", False, None),
)
FORMULA = '=HYPERLINK("http://evil.example","x")'
NASTY = msgspec.structs.replace(BLANK, name=FORMULA, phone="+8613800138000", job_title="@SUM(A1)", employee_no="00017", mail="-1+1")
COMPANY = Picture(1, Tree([Unit(1, None, "Acme", "root"), Unit(2, 1, "R/D; A")]), [Card(NASTY, (Place(2, sort=3),))])


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def comments(data: bytes, nth: int = 1) -> dict[str, str]:
    """By place."""
    found = re.findall(r'<comment ref="([A-Z]+\d+)".*?</comment>', (xml := parts(data)[f"xl/comments{nth}.xml"]))
    texts = re.findall(r"<comment .*?</comment>", xml, re.DOTALL)
    return dict(zip(found, ("".join(re.findall(r"<t(?: [^>]*)?>(.*?)</t>", text, re.DOTALL)) for text in texts), strict=True))


def colour(data: bytes, place: str, sheet: int = 1) -> str:
    """The fill of a cell, or nothing."""
    made = parts(data)
    cell = re.search(rf'<c r="{place}"(?: s="(\d+)")?', made[f"xl/worksheets/sheet{sheet}.xml"])
    if cell is None or cell[1] is None:
        return ""
    formats = re.findall(r"<xf [^>]*>", made["xl/styles.xml"].split("<cellXfs")[1])
    fill = re.search(r'fillId="(\d+)"', formats[int(cell[1])])
    assert fill is not None
    fills = re.findall(r"<fill>.*?</fill>", made["xl/styles.xml"])
    found = re.search(r'fgColor rgb="FF([0-9A-F]{6})"', fills[int(fill[1])])
    return f"#{found[1]}" if found else ""


def test_no_formula_is_alive_in_a_workbook_and_texts_are_unchanged() -> None:
    data = writing.exported(COMPANY, Reach(), language="en", kind="xlsx")
    assert "<f>" not in "".join(parts(data).values())
    assert not [name for name in parts(data) if "hyperlink" in name.lower()]
    book = reading.read(data)
    assert book.members is not None
    told = {key: book.members.cell(1, key) for key in ("name", "phone", "job_title", "employee_no", "mail", "units", "sort")}
    assert told == {
        **{"name": FORMULA, "phone": "+8613800138000", "job_title": "@SUM(A1)", "employee_no": "00017", "mail": "-1+1"},
        **{"units": r"Acme / R\/D\; A", "sort": "3"},
    }


def test_csv_begins_with_a_bom_and_an_apostrophe_stands_before_what_would_be_a_formula() -> None:
    data = writing.exported(COMPANY, Reach(), language="zh", kind="csv")
    assert data.startswith(b"\xef\xbb\xbf")
    row = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1]
    told = dict(zip((column.key for column in MEMBERS), row, strict=True))
    assert (told["name"], told["phone"], told["job_title"], told["mail"]) == ("'" + FORMULA, "'+8613800138000", "'@SUM(A1)", "'-1+1")
    assert (told["employee_no"], told["number"]) == ("00017", "10001")


def test_a_template_explains_each_column_and_offers_choices_units_and_an_example() -> None:
    for language, sheets in (("zh", ("成员", "组织")), ("en", ("Members", "Units"))):
        data = writing.template(COMPANY, Reach(), language=language)
        assert list(comments(data).values()) == [column.help(language) for column in MEMBERS]
        sheet = parts(data)["xl/worksheets/sheet1.xml"]
        units = f"<formula1>'{sheets[1]}'!$A$2:$A$3</formula1>"
        assert units in sheet
        assert '<formula1>"男,女"</formula1>' in sheet or '<formula1>"male,female"</formula1>' in sheet
        assert "vmlDrawing" in "".join(parts(data))  # what WPS shows comments by
        book = reading.read(data)
        assert book.members is not None
        assert book.members.cell(1, "name") == EXAMPLE_NAME
        assert book.units is not None
        assert [book.units.cell(row, "path") for row in (1, 2)] == ["Acme", r"Acme / R\/D\; A"]


def test_fields_of_the_companys_own_have_columns_with_their_words() -> None:
    many = tuple(f"choice {nth}" for nth in range(60))
    fields = (Field(9, "Locker", is_required=True), Field(10, "Size", "choice", ("S", "M")), Field(11, "Town", "choice", many))
    card = msgspec.structs.replace(COMPANY.cards[0], own={9: "=12", 10: "M"})
    picture = msgspec.structs.replace(COMPANY, cards=[card], fields=(*fields, Field(12, "Odd", "choice", ("a,b", "c"))))
    data = writing.template(picture, Reach(), language="en")
    texts = list(comments(data).values())
    assert texts[-4:-2] == ["Required. At most 200 characters.", "One of: S, M."]
    assert "choice 59" in texts[-2]
    sheet = parts(data)["xl/worksheets/sheet1.xml"]
    assert "S,M" in sheet  # of lists that no program takes the comment alone tells
    assert "choice 1" not in sheet
    assert "a,b" not in sheet
    found = reading.with_fields(reading.read(writing.exported(picture, Reach(), language="en", kind="xlsx")), own(picture.fields)).members
    assert found is not None
    assert [found.cell(1, own_key(field)) for field in (9, 10, 11)] == ["=12", "M", ""]


def test_what_somebody_heads_stands_in_the_order_of_his_units() -> None:
    card = msgspec.structs.replace(COMPANY.cards[0], places=(Place(1), Place(2, "first")))
    picture = msgspec.structs.replace(COMPANY, cards=[card])
    for language, word in (("zh", "; 第一负责人"), ("en", "; first head")):
        (row,) = writing.member_cells(picture, Reach(), language)
        assert row[[column.key for column in MEMBERS].index("head")] == word


def test_a_template_as_it_is_imports_nothing() -> None:
    book = reading.read(writing.template(COMPANY, Reach(), language="zh"))
    assert planning.make(book, COMPANY, Wish(mode="update"), Reach(), now=0, draw=lambda: 9).is_empty


def failed(*rows: list[Any], heads: tuple[str, ...] = ("姓名", "组织", "手机", "备忘")) -> tuple[Book, Plan, bytes]:
    book = reading.read(_book([list(heads), *rows]))
    plan = planning.make(book, COMPANY, Wish(), Reach(), now=0, draw=lambda: 9)
    return book, plan, writing.marked(book, plan.problems, plan.warnings, language="zh")


def _book(rows: list[list[Any]]) -> bytes:
    return writing.marked(Book(Grid("花名册", rows, 0, {}), None), [], [], language="zh")


def test_wrong_cells_are_red_and_missing_ones_orange_with_reasons_and_all_else_is_as_it_was() -> None:
    rows = [["张三", "Acme", 13900139000.0, FORMULA], ["", "Nowhere", "1.38E+10", 2.5], ["李四", "Acme", "", True]]
    book, plan, data = failed(*rows)
    assert len(plan.problems) == 3
    assert [colour(data, place) for place in ("A3", "B3", "C3")] == [writing.ORANGE, writing.RED, writing.RED]
    assert [colour(data, place) for place in ("A2", "C2", "D3", "A4")] == ["", "", "", ""]
    assert set(comments(data)) == {"A3", "B3", "C3"}
    assert "必填" in comments(data)["A3"]
    assert "Nowhere" in comments(data)["B3"]
    again = reading.read(data)
    assert again.members is not None
    assert book.members is not None
    assert again.members.name == "花名册"
    assert again.members.rows == book.members.rows
    assert "<f>" not in "".join(parts(data).values())


def test_warnings_are_comments_without_a_colour() -> None:
    full = msgspec.structs.replace(COMPANY, cards=[Card(msgspec.structs.replace(BLANK, name="张三"), (Place(1),))])
    book = reading.read(_book([["姓名", "组织"], ["张三", "Acme"], ["", "Acme"]]))
    plan = planning.make(book, full, Wish(), Reach(), now=0, draw=lambda: 9)
    data = writing.marked(book, plan.problems, plan.warnings, language="en")
    assert comments(data)["A2"] == "there is a 张三 in Acme already"
    assert colour(data, "A2") == ""


def test_what_is_wrong_with_the_whole_stands_at_the_heads() -> None:
    book = reading.read(_book([["姓名", "组织"], ["张三", "Acme"]]))
    plan = planning.make(book, msgspec.structs.replace(COMPANY, seats=0), Wish(), Reach(), now=0, draw=lambda: 9)
    data = writing.marked(book, plan.problems, plan.warnings, language="zh")
    assert "席位" in comments(data)["A1"]
    assert colour(data, "A1") == writing.RED
