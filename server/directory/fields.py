"""What is searched of a member beside his name: number, phone tail, mail, employee number (SPEC B8); what a query meets there.

A field that its owner does not show to everybody is met only for who may read it: a hit would tell what stands in it (SPEC B9).
"""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from server.accounts.names import phone, shown_phone
from server.directory.columns import Column
from server.directory.pinyin import fold
from server.directory.rows import Grouped, RowSet, from_rows, rows_of, union

PHONE_TAIL = 4  # fewer digits would only count other people's phones
WHOLE_PHONE = 7
MOBILE = 11  # digits of a Chinese mobile number
CHINA = "+86"
INSIDE = 3  # characters that a part of a mail name or employee number has at least
EXACT, PREFIX, WORD, PART = range(4)  # how well a query meets, the best first
_IN_NUMBERS = re.compile(r"[\s()+.\-]+")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What is searched of one member. ``pinyin``: as an administrator corrected it. ``private``: which of number, phone, mail,
    employee_no not everybody may read who finds him.
    """

    member: int
    name: str
    pinyin: str = ""
    number: str = ""
    phone: str = ""
    mail: str = ""
    employee_no: str = ""
    private: frozenset[str] = frozenset()


class FieldIndex:
    """Rows by the fields of their members. A mail is searched by the part before the @, and by what is after it only behind that."""

    def __init__(self) -> None:
        self._columns = {field: Column() for field in ("number", "phone", "mail", "employee_no")}
        self._domains: dict[str, RowSet] = {}
        self._private = {field: RowSet() for field in self._columns}
        self._kinds: dict[tuple[str, frozenset[str]], tuple[str, frozenset[str]]] = {}
        self._kind_of: list[tuple[str, frozenset[str]]] = []  # by row: domain and private fields, of which many rows have the same

    def put_all(self, first: int, entries: Sequence[Entry]) -> None:
        """Into rows that are not in it, from ``first`` on."""
        mails = [fold(entry.mail).partition("@") for entry in entries]
        self._columns["number"].set_all(first, [digits_of(entry.number) for entry in entries])
        self._columns["phone"].set_all(first, [phone_digits_of(entry.phone) for entry in entries])
        self._columns["mail"].set_all(first, ["".join(local.split()) for local, _, _ in mails])
        self._columns["employee_no"].set_all(first, ["".join(fold(entry.employee_no).split()) for entry in entries])
        domains: Grouped[str] = Grouped()
        private: Grouped[str] = Grouped()
        for row, (entry, (_, _, domain)) in enumerate(zip(entries, mails, strict=True), first):
            if domain:
                domains[domain].append(row)
            for field in entry.private:
                private[field].append(row)
        domains.into(self._domains)
        private.into(self._private)
        kinds = [(domain, entry.private) for entry, (_, _, domain) in zip(entries, mails, strict=True)]
        self._kind_of[first : first + len(kinds)] = [self._kinds.setdefault(kind, kind) for kind in kinds]

    def remove(self, row: int) -> None:
        for column in self._columns.values():
            column.set(row, "")
        domain, private = self._kind_of[row]
        for field in private:
            self._private[field].discard(row)
        if domain:
            self._domains[domain].discard(row)

    def whole_number(self, text: str) -> int:
        """Who has this very number and shows it to everybody."""
        digits = digits_of(text)
        return self._columns["number"].equal(digits) & ~self._private["number"].bits() if digits else 0

    def match(self, text: str, seen: int, may_read: Callable[[int, str], bool], near: int = -1) -> Iterator[tuple[int, int]]:
        """(how well, rows) among ``seen`` for the folded query; ``may_read`` is asked with a row of ``near`` about private fields."""
        for tier, field, rows in self._match(text):
            private = rows & seen & self._private[field].bits()
            asked = private & near
            yield tier, rows & seen & ~private | (from_rows(row for row in rows_of(asked) if may_read(row, field)) if asked else 0)

    def _match(self, text: str) -> Iterator[tuple[int, str, int]]:
        digits, compact = digits_of(text), "".join(text.split())
        if digits:
            begun = self._columns["number"].starting(digits)
            yield EXACT, "number", self._columns["number"].equal(digits) if begun else 0
            yield PREFIX, "number", begun
        tail = phone_digits_of(text)
        if len(tail) >= PHONE_TAIL:
            yield EXACT if len(tail) >= WHOLE_PHONE else PART, "phone", self._columns["phone"].ending(tail)
        begun, anywhere = self._parts("employee_no", compact)
        yield EXACT, "employee_no", self._columns["employee_no"].equal(compact) if begun else 0
        yield PREFIX, "employee_no", begun
        yield PART, "employee_no", anywhere
        local, at, domain = compact.partition("@")
        if at:
            domains = union(rows for name, rows in self._domains.items() if name.startswith(domain))
            yield EXACT, "mail", self._columns["mail"].equal(local) & domains
        else:
            begun, anywhere = self._parts("mail", compact)
            yield WORD, "mail", begun
            yield PART, "mail", anywhere

    def _parts(self, field: str, text: str) -> tuple[int, int]:
        """Who begins with ``text``, and who has it anywhere, if it is long enough to look for."""
        return self._columns[field].parts(text) if len(text) >= INSIDE else (self._columns[field].starting(text), 0)


def phone_digits_of(text: str) -> str:
    """Of a phone as it is typed or stored, alike in all its spellings: of a Chinese number without its country, a landline with its 0."""
    if len(text) == MOBILE and text[0] == "1" and text.isascii() and text.isdigit():
        return text  # as nearly all are stored
    digits = digits_of(text)
    known = shown_phone(phone(f"+{digits[2:]}" if digits.startswith("00") else text)) if len(digits) >= WHOLE_PHONE else ""
    return f"0{known[3:]}" if known.startswith(CHINA) else known.removeprefix("+") or digits


def digits_of(text: str) -> str:
    """Of a number or phone as it is typed or stored; nothing where it is none."""
    found = text if text.isdigit() else _IN_NUMBERS.sub("", text)
    return found if found.isascii() and found.isdigit() else ""
