"""Address books as people export them: vCard of several versions, CSV of several programs (SPEC H1)."""

import pytest

from yizhan import address_book
from yizhan.address_book import Person

VCARD_3 = """BEGIN:VCARD
VERSION:3.0
N:Smith;John;;;
FN:John Smith
item1.EMAIL;TYPE=INTERNET:smith@globex.example
TEL;TYPE=WORK:010 8888
 0000
TEL;TYPE=CELL:+86 138 0013 8000
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Nobody
END:VCARD
BEGIN:VCARD
VERSION:4.0
N:Doe;Jane;;;
EMAIL:jane@globex.example
END:VCARD
"""
VCARD_21 = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E;=E5=\r\n=A8=9C;;;\r\n"
    "TEL;CELL:13900000000\r\nEND:VCARD\r\n"
)
CSV = "姓名,公司,手机,邮箱\n李娜,Acme,13800138000,li.na@acme.example\n王伟,Acme,,wang@acme.example\n,,,\n无名,,,\n"


@pytest.mark.parametrize(
    ("content", "people"),
    [
        (VCARD_3.encode(), [Person("John Smith", "+86 138 0013 8000"), Person("Jane Doe", "jane@globex.example")]),
        (VCARD_21.encode(), [Person("李娜", "13900000000")]),
        (CSV.encode("utf-8-sig"), [Person("李娜", "13800138000"), Person("王伟", "wang@acme.example")]),
        (CSV.encode("gb18030"), [Person("李娜", "13800138000"), Person("王伟", "wang@acme.example")]),
        (b"Name;E-mail\nTom;tom@globex.example\n", [Person("Tom", "tom@globex.example")]),
        (b"Tom,tom@globex.example\n20001\n,just words\n", [Person("Tom", "tom@globex.example"), Person("", "20001")]),
        (b"", []),
    ],
    ids=["vcard 3 and 4", "vcard 2.1", "csv", "csv of Excel in China", "semicolons", "no heading", "nothing"],
)
def test_each_person_comes_with_one_address(content: bytes, people: list[Person]) -> None:
    assert address_book.read(content) == people


def test_of_equal_addresses_the_first_one_is_taken() -> None:
    content = b"name,phone\nTom,138 0013 8000\nTommy,13800138000\n"
    assert address_book.read(content) == [Person("Tom", "138 0013 8000")]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        address_book.read(b"\xff\xff\xff")
