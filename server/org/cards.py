"""What an administrator, and the member himself, may change of a card, and what it then is (SPEC B3, B8, B10).

Pure: the record as it is goes in, the record as it is to be comes out.
"""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from server.accounts.names import fold
from server.companies import rules
from server.org import card_values, days
from server.org.errors import DayPast, PhoneOrMailNeeded, TagsInvalid
from storage.people import Record

MOST_TAGS, TAG_CHARACTERS = 20, 20
CHECKED = frozenset(
    ("name", "nickname", "gender", "job_title", "phone", "mail", "employee_no", "star_sign", "office_phone", "signature", "description")
)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is not set stays. ``last_day``: 2026-09-30, empty for none. ``successor``: a member's id, None for none.

    ``pinyin``: syllables apart, where the name is read otherwise than usual; empty for the usual reading.
    """

    name: str | UnsetType = UNSET
    nickname: str | UnsetType = UNSET
    gender: str | UnsetType = UNSET
    job_title: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    mail: str | UnsetType = UNSET
    employee_no: str | UnsetType = UNSET
    star_sign: str | UnsetType = UNSET
    office_phone: str | UnsetType = UNSET
    pinyin: str | UnsetType = UNSET
    signature: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    is_hidden: bool | UnsetType = UNSET
    last_day: str | UnsetType = UNSET
    successor: int | UnsetType | None = UNSET


class OwnChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a member changes of himself; what is not set stays. The name is his to change, too (SPEC B10: own profile: name, nickname …),
    without a pinyin that was corrected for the one before. ``is_phone_private``: he shows his phone to nobody (SPEC B9, B10).

    ``last_seen_shown``: to whom he shows when he was there last: shown, own_unit, hidden (SPEC G6).
    """

    name: str | UnsetType = UNSET
    nickname: str | UnsetType = UNSET
    gender: str | UnsetType = UNSET
    star_sign: str | UnsetType = UNSET
    office_phone: str | UnsetType = UNSET
    signature: str | UnsetType = UNSET
    is_phone_private: bool | UnsetType = UNSET
    last_seen_shown: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET


def own_changed(record: Record, changes: OwnChanges) -> Record:
    """Without the tags, see ``tags``. Raises: NameInvalid, WordsInvalid, GenderUnknown."""
    wanted = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET and name != "tags"}
    made = msgspec.structs.replace(record, **{name: _checked(record, name, value) for name, value in wanted.items()})
    return msgspec.structs.replace(made, pinyin=card_values.pinyin_after(record.name, made.name, record.pinyin))


def tags(given: Sequence[str]) -> tuple[str, ...]:
    """Each once. Raises: TagsInvalid, NameInvalid."""
    found = tuple(dict.fromkeys(rules.name("tag", one) for one in given))
    if len(found) > MOST_TAGS or any(len(one) > TAG_CHARACTERS for one in found):
        raise TagsInvalid(MOST_TAGS, TAG_CHARACTERS)
    return found


def changed(record: Record, changes: Changes, *, now: int, time_zone: str, needs_phone_or_mail: bool) -> Record:
    """Raises: as ``card_values.checked``, PinyinInvalid, PhoneOrMailNeeded, DayInvalid, DayPast."""
    wanted = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
    made = msgspec.structs.replace(record, **{name: _checked(record, name, value) for name, value in wanted.items()})
    made = msgspec.structs.replace(made, pinyin=_pinyin(record, made.name, changes.pinyin))
    if made.last_day != record.last_day:
        if days.is_over(made.last_day, now, time_zone):
            raise DayPast(made.last_day)
        made = msgspec.structs.replace(made, is_last_day_told=False)
    if (made.phone, made.mail) != (record.phone, record.mail):
        check_reachable(needs_phone_or_mail, made.phone, made.mail)
    return made


def _checked(record: Record, name: str, value: object) -> object:
    """What stays as it is stays, though it is older than the rules."""
    if name not in CHECKED or value == getattr(record, name):
        return value
    return card_values.checked(name, str(value))


def _pinyin(record: Record, name: str, wanted: str | UnsetType) -> str:
    if wanted is UNSET:
        return card_values.pinyin_after(record.name, name, record.pinyin)
    return wanted if (name, wanted) == (record.name, record.pinyin) else card_values.pinyin(name, wanted)


def check_reachable(needed: bool, phone: str, mail: str) -> None:
    """Raises: PhoneOrMailNeeded, where the company settled that every member has one of them (SPEC B3)."""
    if needed and not (card_values.plain(phone) or card_values.plain(mail)):
        raise PhoneOrMailNeeded


def unbound(before: Record, after: Record) -> list[tuple[str, str]]:
    """The names (kind, folded) that were on the card and are not any more: if he had bound them, they are no login names now (SPEC B8)."""
    pairs = (("phone", before.phone, after.phone), ("mail", before.mail, after.mail))
    return [(kind, fold(old)) for kind, old, new in pairs if old and fold(old) != fold(new)]
