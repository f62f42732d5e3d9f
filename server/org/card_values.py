"""What each field of a card may be, and how it is kept (SPEC B3, B8, B10): the one place for whoever changes a member, adds or imports
one, or changes himself.

Pure. What is stored already may be older than these rules: nobody is asked about a value that he does not change.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from server.accounts import names
from server.companies import rules
from server.directory.pinyin import correct, fold, is_character
from server.org.errors import GenderUnknown, MailInvalid, PhoneInvalid

LONG_CHARACTERS = 500
GENDERS: Mapping[str, str] = {
    **dict.fromkeys(("male", "m", "man", "男", "男性", "先生"), "male"),
    **dict.fromkeys(("female", "f", "woman", "女", "女性", "女士"), "female"),
}
"""Words by which people and other programs say it: what is stored."""
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u2060\ufeff]")
_PHONE_LIKE = re.compile(r"[+(]?[0-9][0-9 ()./-]{2,29}")  # landlines, extensions, service numbers
_LOCAL_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@localhost")


def checked(field: str, given: str, label: str = "") -> str:
    """A value of ``field`` as it is kept; nothing stays nothing, but of the name. ``label``: what a text for people calls the field.

    The pinyin is ``pinyin``'s, for it hangs on the name.
    Raises: NameInvalid, WordsInvalid, PhoneInvalid, MailInvalid, GenderUnknown.
    """
    known = label or field.replace("_", " ")
    if field in ("signature", "description"):
        return rules.words(known, given, LONG_CHARACTERS)
    if field in _KEPT:
        most = names.MAIL_CHARACTERS if field == "mail" else rules.NAME_CHARACTERS
        return _KEPT[field](rules.name(known, plain(given), may_be_empty=True, most=most))
    return rules.name(known, given, may_be_empty=field != "name")


def plain(text: str) -> str:
    """In half width, without marks that nobody sees, with single spaces and none around it."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())


def phone(given: str) -> str:
    """A Chinese mobile number as its eleven digits, one from abroad as + and digits, a landline as it was typed. Raises: PhoneInvalid."""
    typed = plain(given)
    if known := names.phone(typed):
        return names.shown_phone(known)
    if typed and not _PHONE_LIKE.fullmatch(typed):
        raise PhoneInvalid(given)
    return typed


def mail(given: str) -> str:
    """Without spaces. Raises: MailInvalid."""
    typed = plain(given).replace(" ", "")
    if typed and not (names.mail(typed) or _LOCAL_MAIL.fullmatch(typed)):
        raise MailInvalid(given)
    return typed


def gender(given: str) -> str:
    """male, female, or nothing. Raises: GenderUnknown."""
    word = plain(given).casefold()
    if word and word not in GENDERS:
        raise GenderUnknown(given)
    return GENDERS.get(word, "")


_KEPT: Mapping[str, Callable[[str], str]] = {"phone": phone, "mail": mail, "gender": gender, "employee_no": plain, "office_phone": plain}


def pinyin(name: str, given: str) -> str:
    """How an administrator says that ``name`` is read. Raises: NameInvalid of what is too long, PinyinInvalid."""
    return correct(name, rules.name("pinyin", given, may_be_empty=True))


def pinyin_after(before: str, name: str, stored: str) -> str:
    """What stays of a correction when the name changes: all, while the same characters are read."""
    return stored if _characters(before) == _characters(name) else ""


def _characters(name: str) -> str:
    return "".join(filter(is_character, fold(name)))
