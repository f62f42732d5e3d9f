"""Workbooks of strangers: bounded before they are opened, and read as people write them (SPEC B7)."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from protocol.errors import YizhanError
from server.org.errors import DayInvalid, MailInvalid, PhoneInvalid
from server.rosters import bounds, cells, reading
from server.rosters.columns import BY_KEY
from server.rosters.errors import CellInvalid, ChoiceUnknown, ColumnTwice, DigitsLost, FileTooLarge, FileUnreadable, HeaderMissing
from tests.support.xls import xls

COLUMNS = BY_KEY["members"]
SHEET = "xl/worksheets/sheet1.xml"
XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(*rows: Sequence[Any]) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("Members")
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(at, place, cell)
    book.close()
    return made.getvalue()


def with_parts(data: bytes, parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The same workbook with other parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w", method) as after:
        for entry in before.infolist():
            after.writestr(entry.filename, parts.get(entry.filename, before.read(entry)))
        for name in parts.keys() - set(before.namelist()):
            after.writestr(name, parts[name])
    return made.getvalue()


def sheet(inside: str) -> bytes:
    return f'<?xml version="1.0"?><worksheet {XMLNS}><sheetData>{inside}</sheetData></worksheet>'.encode()


GOOD = workbook(("Name", "Phone"), ("Li Na", "13800138000"))


# ---- hostile ones


def test_a_file_of_many_megabytes_is_not_looked_at() -> None:
    with pytest.raises(FileTooLarge):
        reading.read(b"PK\x03\x04" + bytes(bounds.FILE_BYTES))


def test_a_zip_bomb_is_refused_by_its_ratio() -> None:
    bomb = with_parts(GOOD, {SHEET: sheet(" " * 300_000_000)})
    assert len(bomb) < 1_000_000
    with pytest.raises(FileTooLarge):
        reading.read(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(with_parts(GOOD, {SHEET: sheet(" " * 50_000_000)}))
    real = struct.pack("<I", len(sheet(" " * 50_000_000)))
    assert bomb.count(real)
    with pytest.raises((FileUnreadable, FileTooLarge)):
        reading.read(bytes(bomb).replace(real, struct.pack("<I", 1000)))


def test_many_parts_of_fair_ratio_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "UNPACKED_BYTES", 100_000)
    parts = {f"xl/worksheets/sheet{nth}.xml": sheet("<row/>" * 3_000) for nth in range(2, 12)}
    with pytest.raises(FileTooLarge):
        reading.read(with_parts(GOOD, parts))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_xml_entities_are_refused_in_every_part(part: str) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
    with pytest.raises(FileUnreadable, match="entities"):
        reading.read(with_parts(GOOD, {part: laughs}))


def test_another_encoding_does_not_hide_entities() -> None:
    hidden = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE l [<!ENTITY a "ha">]><l/>'.encode("utf-16")
    with pytest.raises(FileUnreadable, match="UTF-8"):
        reading.read(with_parts(GOOD, {SHEET: hidden}))


@pytest.mark.parametrize("place", ["XFD1", "A1048576", "ZZZ9999999"])
def test_a_cell_far_away_makes_no_huge_table(place: str) -> None:
    far = sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="{place}"><v>1</v></c></row>')
    with pytest.raises(FileTooLarge):
        reading.read(with_parts(GOOD, {SHEET: far}))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A199999999999999999999"><v>1</v></c>',
        '<c r="ABCDEFGH1"><v>1</v></c>',
        '<c s=">" r="XFD1"><v>1</v></c>',
        "<!-- <c ' --><c r=\"XFD1\"><v>1</v></c><c s=''><v>1</v></c>",
        "<?x <c ' ?><c r=\"XFD1\"><v>1</v></c><c s=''><v>1</v></c>",
        '<x-y:c xmlns:x-y="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD1"><v>1</v></x-y:c>',
        '<c r="&#88;FD1"><v>1</v></c>',
        '<c r="A2" r="XFD1"><v>1</v></c>',
        '<c r="XFD1"<v>1</v></c>',
    ],
)
def test_no_spelling_hides_a_cell_that_is_far_away(cell: str) -> None:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
    with pytest.raises((FileTooLarge, FileUnreadable)):
        reading.read(with_parts(GOOD, {SHEET: sheet(f'{head}<row r="2">{cell}</row>')}))


def test_a_workbook_without_shared_strings_is_read() -> None:
    parts = {"xl/sharedStrings.xml": f"<sst {XMLNS}/>".encode(), SHEET: sheet('<row><c t="inlineStr"><is><t>Name</t></is></c></row>')}
    found = reading.read(with_parts(GOOD, parts)).members
    assert found is not None
    assert found.columns == {"name": 0}


def test_rows_without_places_count_too() -> None:
    with pytest.raises(FileTooLarge):
        reading.read(with_parts(GOOD, {SHEET: sheet("<row><c><v>1</v></c></row>" * (bounds.MOST_ROWS + 1))}))


def test_cells_beyond_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_CELLS", 1000)
    with pytest.raises(FileTooLarge):
        reading.read(with_parts(GOOD, {SHEET: sheet("<row>" + "<c/>" * 1001 + "</row>")}))


def test_empty_cells_that_are_merely_coloured_do_not_count_as_rows() -> None:
    rows = "".join(f'<row r="{at}"><c r="A{at}" s="0"/></row>' for at in range(3, 40_000))
    head = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>Li</t></is></c></row>'
    )
    book = reading.read(with_parts(GOOD, {SHEET: sheet(head + rows)}))
    assert book.members is not None
    assert book.members.filled() == [1]


def test_one_long_string_named_by_every_cell_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TEXT_BYTES", 10_000_000)
    strings = f"<sst {XMLNS}><si><t>{'x' * 30_000}</t></si></sst>".encode()
    many = sheet("".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 1000)))
    with pytest.raises(FileTooLarge, match="text"):
        reading.read(with_parts(GOOD, {SHEET: many, "xl/sharedStrings.xml": strings}))


def test_a_string_longer_than_any_cell_holds_is_refused() -> None:
    strings = f"<sst {XMLNS}><si><t>{'x' * 200_000}</t></si></sst>".encode()
    with pytest.raises(FileTooLarge, match="cell"):
        reading.read(with_parts(GOOD, {"xl/sharedStrings.xml": strings}))


def test_two_parts_of_one_name_are_refused() -> None:
    made = io.BytesIO(GOOD)
    with zipfile.ZipFile(made, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, sheet(""))
    with pytest.raises(FileUnreadable, match="same name"):
        reading.read(made.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0", b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), GOOD[: len(GOOD) // 2], zlib.compress(GOOD)],
    ids=["nothing", "zeros", "half a zip", "an empty .xls", "cut off", "compressed"],
)
def test_what_is_no_workbook_is_refused_by_name(data: bytes) -> None:
    with pytest.raises((FileUnreadable, HeaderMissing)):
        reading.read(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf \r\n", "it is empty"),
        ("<html><table><tr><td>姓名</td><td>组织</td></tr></table></html>".encode(), "it is a web page"),
        ("\ufeff\n<!DOCTYPE html>\n<table>姓名,组织".encode(), "it is a web page"),
        ('<?xml version="1.0"?><Workbook>姓名,组织</Workbook>'.encode(), "it is a web page"),
    ],
)
def test_what_web_sites_give_out_as_excel_is_called_what_it_is(data: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable, match=why):
        reading.read(data)


def test_a_compression_that_is_not_known_is_refused_by_name() -> None:
    """Deflate64, as some archivers write it: zipfile says NotImplementedError."""
    made = bytearray(GOOD)
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = made.find(mark)
        while place >= 0:
            made[place + at : place + at + 2] = struct.pack("<H", 9)
            place = made.find(mark, place + 4)
    with pytest.raises(NotImplementedError), zipfile.ZipFile(io.BytesIO(made)) as archive:
        archive.open(SHEET)
    with pytest.raises(FileUnreadable, match="damaged"):
        reading.read(bytes(made))


def test_nothing_else_of_the_archive_is_opened() -> None:
    archive = zipfile.ZipFile(io.BytesIO(bounds.repacked(with_parts(GOOD, {"xl/vbaProject.bin": b"x", "xl/externalLinks/a.xml": b"<x/>"}))))
    assert "xl/vbaProject.bin" not in archive.namelist()
    assert not [name for name in archive.namelist() if "external" in name]


def test_a_formula_is_only_the_value_beside_it() -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["Name", "Phone"])
    page.write_formula(1, 0, '=HYPERLINK("http://example.com","x")', None, "Li Na")
    page.write_string(1, 1, "1")
    book.close()
    found = reading.read(made.getvalue()).members
    assert found is not None
    assert found.cell(1, "name") == "Li Na"


# ---- as people write them


def heads(*row: str) -> dict[str, int]:
    found = reading.read(workbook(row, ("x",) * len(row))).members
    assert found is not None
    return found.columns


def test_columns_stand_in_any_order_under_heads_of_either_language() -> None:
    assert heads("手机号码", "*姓名\uff08必填\uff09", "Job  Title", "Units") == {"phone": 0, "name": 1, "job_title": 2, "units": 3}
    assert heads("姓名", "什么", "EMAIL") == {"name": 0, "mail": 2}


def test_heads_are_found_below_instructions() -> None:
    book = reading.read(workbook(("填写须知:姓名必填",), ("1. …",), ("姓名", "手机"), ("张三", 13800138000)))
    assert book.members is not None
    assert (book.members.at, book.members.filled()) == (2, [3])


def merged(*ranges: tuple[int, int, int, int]) -> bytes:
    """Three people under a title, with these cells (first row, column, last row, column) made one."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("Members")
    rows = [("Staff", "", ""), ("Units", "Name", "Employee no."), ("Sales", "Li Na", "1"), ("", "Wang", "2"), ("North", "", "3")]
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(at, place, cell)
    for first, left, last, right in ranges:
        sheet.merge_range(first, left, last, right, rows[first][left])
    book.close()
    return made.getvalue()


def test_a_unit_that_stands_once_for_several_rows_is_that_of_each() -> None:
    """As rosters are written that people read: one cell for all of a department."""
    grid = reading.read(merged((2, 0, 3, 0))).members
    assert grid is not None
    assert [grid.cell(row, "units") for row in grid.filled()] == ["Sales", "Sales", "North"]


def test_a_name_that_stands_once_for_several_rows_is_nobody_elses() -> None:
    """Else whoever has two lines would be added twice; a title over all columns and a head over two rows name nobody either."""
    grid = reading.read(merged((0, 0, 0, 2), (3, 1, 4, 1))).members
    assert grid is not None
    assert [grid.cell(row, "name") for row in grid.filled()] == ["Li Na", "Wang", ""]
    assert [grid.cell(row, "units") for row in grid.filled()] == ["Sales", "", "North"]


def test_merged_cells_without_end_cost_no_more_than_the_rows_that_are_there() -> None:
    """Ranges over all rows of a sheet, a hundred thousand of them."""
    endless = "".join(f'<mergeCell ref="A3:A{1_048_576 - nth}"/>' for nth in range(100_000))
    data = merged((2, 0, 3, 0))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inside = archive.read(SHEET).decode()
    part = inside.replace("<mergeCells", f"<mergeCells>{endless}</mergeCells><mergeCells", 1).encode()
    grid = reading.read(with_parts(data, {SHEET: part}, zipfile.ZIP_STORED)).members
    assert grid is not None
    assert len(grid.rows) == 5


def test_a_column_that_is_there_twice_is_refused_and_of_others_heads_ours_is_meant() -> None:
    with pytest.raises(ColumnTwice):
        heads("姓名", "手机", "手机")
    assert heads("姓名", "个人邮箱", "邮箱") == {"name": 0, "mail": 2}


def test_a_sheet_without_names_is_refused() -> None:
    with pytest.raises(HeaderMissing):
        reading.read(workbook(("手机", "部门"), ("1", "2")))


def test_what_wecom_calls_an_account_is_no_account_number() -> None:
    book = reading.read(workbook(("姓名", "账号", "别名", "部门", "激活状态"), ("张三", "ZhangSan", "", "腾讯/销售", "已激活")))
    assert book.dialect == "wecom"
    assert book.members is not None
    assert book.members.columns == {"name": 0, "employee_no": 1, "nickname": 2, "units": 3, "state": 4}


def test_heads_of_other_programs_exports_are_known_by_their_names() -> None:
    """As far as their names are known to us: WeCom's directory and DingTalk's roster; nothing else of either is relied on."""
    wecom = ("姓名", "账号", "别名", "职务", "部门", "性别", "手机", "座机", "个人邮箱", "部门负责人", "激活状态", "禁用状态", "微信插件")
    found = reading.read(workbook(wecom, ("张三", *[""] * 12))).members
    assert found is not None
    assert set(found.columns) == {
        *("name", "employee_no", "nickname", "job_title", "units", "gender", "phone", "office_phone", "mail", "head", "state"),
    }
    dingtalk = ("员工UserID", "姓名", "手机号", "部门", "职位", "工号", "是否此部门主管(是/否)", "邮箱", "分机号", "备注")
    found = reading.read(workbook(dingtalk, ("u1", "张三", *[""] * 8))).members
    assert found is not None
    assert set(found.columns) == {
        *("name", "phone", "units", "job_title", "employee_no", "head", "mail", "office_phone", "description"),
    }


def test_dingtalks_export_is_known_by_its_heads() -> None:
    book = reading.read(
        workbook(
            ("员工UserID", "姓名", "手机号", "部门", "职位", "工号", "分机号"), ("u1", "张三", "+86-13800138000", "钉钉-销售", "", "", "")
        )
    )
    assert book.dialect == "dingtalk"
    assert book.members is not None
    assert "number" not in book.members.columns


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str, delimiter: str) -> None:
    data = "\r\n".join(delimiter.join(row) for row in (("姓名", "手机"), ("张三", "'+8613800138000"), ("", ""))).encode(encoding)
    found = reading.read(data).members
    assert found is not None
    assert [found.cell(row, "phone") for row in found.filled()] == ["+8613800138000"]


def value(key: str, cell: cells.Value) -> str:
    return cells.read(COLUMNS[key], cells.written(cell))


@pytest.mark.parametrize(
    ("key", "cell", "expected"),
    [
        ("phone", 13800138000.0, "13800138000"),
        ("phone", 13800138000, "13800138000"),
        ("phone", "+86 138 0013 8000", "13800138000"),
        ("phone", "+86-138-0013-8000", "13800138000"),
        ("phone", "8613800138000", "13800138000"),
        ("phone", "\u200b13800138000\u3000", "13800138000"),
        ("phone", "\uff0b\uff18\uff16 \uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10", "13800138000"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "010-62770000", "010-62770000"),
        ("employee_no", "00017", "00017"),
        ("employee_no", 17.0, "17"),
        ("employee_no", "A017", "A017"),
        ("number", 10007.0, "10007"),
        ("number", " 10 007 ", "10007"),
        ("name", "\u3000张三 ", "张三"),
        ("name", "\uff3a\uff48\uff41\uff4e\uff47\u3000\uff33an", "Zhang San"),
        ("job_title", "主任\uff08兼\uff09", "主任\uff08兼\uff09"),
        ("mail", " a@example.com ", "a@example.com"),
        ("gender", "男", "male"),
        ("gender", "F", "female"),
        ("is_hidden", True, "1"),
        ("is_hidden", "否", ""),
        ("last_day", date(2026, 9, 30), "2026-09-30"),
        ("last_day", "2026/9/3", "2026-09-03"),
        ("last_day", "2026年9月3日", "2026-09-03"),
    ],
)
def test_a_cell_is_what_was_meant(key: str, cell: cells.Value, expected: str) -> None:
    assert value(key, cell) == expected


@pytest.mark.parametrize(
    ("key", "cell", "error"),
    [
        ("phone", "1.38E+10", DigitsLost),
        ("phone", "1.38e10", DigitsLost),
        ("employee_no", "1.2E+15", DigitsLost),
        ("number", 1.0e15, DigitsLost),
        ("phone", "call me", PhoneInvalid),
        ("number", "ZhangSan", CellInvalid),
        ("mail", "nobody", MailInvalid),
        ("gender", "maybe", ChoiceUnknown),
        ("last_day", "soon", DayInvalid),
        ("last_day", "2026-02-30", DayInvalid),
    ],
)
def test_what_cannot_be_meant_is_an_error(key: str, cell: cells.Value, error: type[YizhanError]) -> None:
    with pytest.raises(error):
        value(key, cell)


def test_order_numbers_are_divided_by_semicolons_of_either_width() -> None:
    assert cells.sorts("3; ;5") == [3, 0, 5]
    assert cells.sorts("first") is None


def test_an_xls_of_old_is_read_too() -> None:
    found = reading.read(xls("成员", [("姓名", "手机", "工号"), ("张三", 13800138000.0, "007")])).members
    assert found is not None
    assert [value(key, found.cell(1, key)) for key in ("name", "phone", "employee_no")] == ["张三", "13800138000", "007"]


def test_an_xls_whose_sheet_lies_beyond_its_end_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(xls("x", [("姓名",), ("张三",)]))
    at = data.index(struct.pack("<HH", 0x0085, 10)) + 4
    data[at : at + 4] = struct.pack("<I", 0xFF000000)
    with pytest.raises(FileUnreadable, match="damaged"):
        reading.read(bytes(data))
    capfd.readouterr()
