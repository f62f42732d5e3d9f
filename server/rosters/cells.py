"""Cells as people and other programs write them, and what is meant: digits that became numbers, full width, stray spaces, +86 (SPEC B7).

Pure. ``written`` is the text of a cell before anything is decided; ``read`` is the value as it is stored, or why it is none.
"""

import re
from datetime import date, datetime, time, timedelta

from server.org import card_values, days
from server.rosters.columns import Column
from server.rosters.errors import CellInvalid, ChoiceUnknown, DigitsLost
from storage.units import FIRST, NO_HEAD, OTHER

Value = str | int | float | bool | date | datetime | time | timedelta | None
EXACT = 10**15  # a spreadsheet keeps fifteen digits
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u2060\ufeff]")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LETTERS = {full: half for full, half in _HALF_WIDTH.items() if chr(half).isalnum()}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TRUE = frozenset(("true", "yes", "y", "1", "是", "√", "✓", "隐藏", "hidden"))
_FALSE = frozenset(("false", "no", "n", "0", "否", "\u00d7", "不隐藏"))
_HEADS = {
    **dict.fromkeys(("", "否", "no", "n", "0", "不是", "false"), NO_HEAD),
    **dict.fromkeys(("第一负责人", "first head", "first", "主负责人"), FIRST),
    **dict.fromkeys(("负责人", "head", "other", "other head", "其他负责人", "是", "yes", "y", "1", "true", "主管"), OTHER),
}


def written(value: Value) -> str:
    """The cell's text; a whole number is its digits, a day 2026-09-30. Raises: DigitsLost where a number had more than is kept."""
    if value is None or isinstance(value, str):
        return tidy(value or "")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        if abs(value) >= EXACT:
            raise DigitsLost(str(value))
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def tidy(text: str) -> str:
    """Without white space around it, and with no spaces or marks that nobody sees."""
    return _INVISIBLE.sub("", _SPACES.sub(" ", text)).strip()


def half(text: str) -> str:
    """Full-width letters, digits and signs as the usual ones."""
    return text.translate(_HALF_WIDTH)


def read(column: Column, text: str, language: str = "zh") -> str:
    """What a tidy text means in this column, as it is stored; nothing of an empty one.

    Raises: DigitsLost, CellInvalid, ChoiceUnknown, DayInvalid, PhoneInvalid, MailInvalid. How long a text may be, ``card_values`` decides.
    """
    if not text:
        return ""
    match column.kind:
        case "digits" | "code":
            return _code(column, half(text), language)
        case "phone":
            return _phone(half(text))
        case "mail":
            return card_values.mail(half(text).lstrip("'"))
        case "day":
            return _day(half(text))
        case "number":
            return half(text).replace(" ", "")
        case "choice":
            return _choice(column, text, language)
        case "name":
            return " ".join(text.translate(_LETTERS).split())
        case _:
            return text


def sorts(text: str) -> list[int] | None:
    """Order numbers that semicolons divide; None where they are none."""
    parts = [part.strip() for part in half(text).split(";")]
    if not all(re.fullmatch(r"\d{0,9}", part) for part in parts):
        return None
    return [int(part or 0) for part in parts]


def heads(text: str) -> list[str] | None:
    """What he heads in each unit, as semicolons divide them: first, other, or nothing; None where a word is none of these."""
    found = [_HEADS.get(part.strip().casefold()) for part in half(text).split(";")]
    return None if None in found else [one for one in found if one is not None]


def _code(column: Column, text: str, language: str) -> str:
    plain = text.lstrip("'").replace(" ", "") if column.kind == "digits" else text.lstrip("'").strip()
    if _SCIENTIFIC.fullmatch(plain):
        raise DigitsLost(text)
    if column.kind == "digits" and not (plain.isascii() and plain.isdigit()):
        raise CellInvalid(column.head(language), text)
    return plain


def _phone(text: str) -> str:
    plain = text.lstrip("'").strip()
    if _SCIENTIFIC.fullmatch(plain):
        raise DigitsLost(text)
    return card_values.phone(plain)


def _day(text: str) -> str:
    found = _DAY.fullmatch(text.split(" 00:00")[0])
    day = "-".join((found[1], found[2].zfill(2), found[3].zfill(2))) if found else text
    days.parse(day)
    return day


def _choice(column: Column, text: str, language: str) -> str:
    word = half(text).casefold()
    for stored, *words in column.choices:
        if word in (stored, *(one.casefold() for one in words)):
            return stored
    if column.key == "is_hidden" and word in _TRUE | _FALSE:
        return "1" if word in _TRUE else ""
    if column.key == "gender" and word in card_values.GENDERS:
        return card_values.GENDERS[word]
    raise ChoiceUnknown(text, ", ".join(column.shown(stored, language) for stored, *_ in column.choices))
