"""Address books that people bring along: vCard (2.1 to 4.0) and CSV, read into names and addresses (SPEC H1). It does no I/O.

Of each person one address is taken: the mobile number, else another phone, else the mail.
"""

import csv
import io
import quopri
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

ENCODINGS = ("utf-8-sig", "gb18030")  # the second: what Excel writes in China
NAMES = frozenset({"name", "full name", "display name", "姓名", "名称", "联系人"})
ADDRESSES = (
    frozenset({"number", "account", "account number", "帐号", "账号"}),
    frozenset({"mobile", "mobile phone", "phone", "cell", "手机", "手机号", "手机号码", "电话", "联系电话"}),
    frozenset({"mail", "email", "e-mail", "e-mail address", "邮箱", "邮件", "电子邮件"}),
)
"""Headings of CSV, those of the address that is taken first in front."""
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{2,30}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Person(NamedTuple):
    """``address``: a number, a phone or a mail address."""

    name: str
    address: str


def read(content: bytes) -> list[Person]:
    """A vCard file or a CSV one, whichever it is; who has no address is left out, and of equal addresses the later one.

    Raises: UnicodeDecodeError where it is no text.
    """
    text = _decoded(content)
    found = _cards(text) if text.lstrip().upper().startswith("BEGIN:VCARD") else _rows(text)
    return list({_key(one.address): one for one in reversed(list(found))}.values())[::-1]


def _decoded(content: bytes) -> str:
    for encoding in ENCODINGS[:-1]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(ENCODINGS[-1])


def _key(address: str) -> str:
    return re.sub(r"[\s().-]", "", address).casefold() if _PHONE.fullmatch(address) else address.casefold()


# ---- CSV


def _rows(text: str) -> Iterator[Person]:
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), _dialect(text)) if any(row)]
    if not rows:
        return
    head = [cell.casefold() for cell in rows[0]]
    columns = [[at for at, cell in enumerate(head) if cell in wanted] for wanted in ADDRESSES]
    if any(columns):
        names = [at for at, cell in enumerate(head) if cell in NAMES]
        for row in rows[1:]:
            found = [row[at] for wanted in columns for at in wanted if at < len(row) and row[at]]
            if found:
                yield Person(next((row[at] for at in names if at < len(row)), ""), found[0])
        return
    for row in rows:
        address = next((cell for cell in row if _PHONE.fullmatch(cell) or _MAIL.fullmatch(cell)), "")
        if address:
            yield Person(next((cell for cell in row if cell and cell != address), ""), address)


def _dialect(text: str) -> type[csv.Dialect]:
    first = text.split("\n", 1)[0]
    found = max(",;\t", key=first.count)

    class Found(csv.excel):
        delimiter = found

    return Found


# ---- vCard


def _cards(text: str) -> Iterator[Person]:
    """RFC 6350; of vCard 2.1 also quoted-printable, in which phones write Chinese."""
    name, phones, mobiles, mails = "", [], [], []  # type: ignore[var-annotated]
    for what, parameters, value in _lines(text):
        if what == "BEGIN":
            name, phones, mobiles, mails = "", [], [], []
        elif what == "FN" or (what == "N" and not name):
            name = _name(what, value)
        elif what == "TEL" and value:
            (mobiles if "CELL" in parameters else phones).append(value.removeprefix("tel:"))
        elif what == "EMAIL" and value:
            mails.append(value)
        elif what == "END" and (addresses := [*mobiles, *phones, *mails]):
            yield Person(name, addresses[0])


def _name(what: str, value: str) -> str:
    if what == "FN":
        return _plain(value)
    family, given, *_ = [*(_plain(part) for part in value.split(";")), "", ""]
    between = "" if not f"{family}{given}".isascii() else " "
    return f"{family}{given}" if not between else f"{given} {family}".strip()


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: " " if found[1] in "nN" else found[1], value).strip()


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Properties: name, parameters in upper case, value."""
    for line in _unfolded(text.splitlines()):
        head, colon, value = line.partition(":")
        what, _, parameters = head.partition(";")
        if colon:
            quoted = "QUOTED-PRINTABLE" in parameters.upper()
            yield what.rpartition(".")[2].upper(), parameters.upper(), _unquoted(value) if quoted else value.strip()


def _unquoted(value: str) -> str:
    return _decoded(quopri.decodestring(value.encode())).strip()


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """A line that begins with a space goes on with the one before; so does a quoted-printable one that ends with =."""
    whole = ""
    for line in lines:
        if line[:1] in (" ", "\t"):
            whole += line[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.partition(":")[0].upper():
            whole = whole[:-1] + line
        else:
            if whole:
                yield whole
            whole = line
    if whole:
        yield whole
