"""Members' cards and last days from values alone (SPEC B3, B8)."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from protocol.errors import YizhanError
from server.companies.errors import NameInvalid, WordsInvalid
from server.companies.newcomers import Newcomer, new_member
from server.directory.pinyin import PinyinInvalid
from server.org import card_values, days
from server.org.cards import Changes, OwnChanges, changed, own_changed, unbound
from server.org.errors import DayInvalid, DayPast, GenderUnknown, MailInvalid, PhoneInvalid, PhoneOrMailNeeded, TimeZoneUnknown
from server.rosters import cells
from server.rosters.columns import BY_KEY
from storage.people import Record

SHANGHAI = "Asia/Shanghai"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOON = at("2026-09-30T04:00:00")  # in Shanghai
LINA = Record(
    *(11, 1, 21, "person", "active", "", "1001", 5, "Li Na", "", "", "", "138 0013 8000", "Li@example.com"),
    *("", "", "", "", "", "", False, False, "", False, None),
)


def change(record: Record = LINA, *, needed: bool = False, **wanted: object) -> Record:
    return changed(record, Changes(**wanted), now=NOON, time_zone=SHANGHAI, needs_phone_or_mail=needed)  # type: ignore[arg-type]


def test_what_is_not_named_stays() -> None:
    assert change() == LINA
    made = change(name=" Li Nana ", job_title="Pilot", is_hidden=True, description="one\ntwo", successor=12)
    assert (made.name, made.job_title, made.is_hidden, made.description, made.successor, made.phone) == (
        *("Li Nana", "Pilot", True, "one\ntwo", 12),
        LINA.phone,
    )


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"name": " "}, NameInvalid),
        ({"job_title": "x" * 101}, NameInvalid),
        ({"signature": "x" * 501}, WordsInvalid),
        ({"nickname": "a\x00"}, NameInvalid),
        ({"mail": f"{'x' * 60}@{'y' * 200}.example"}, NameInvalid),
        ({"phone": "1" * 101}, NameInvalid),
        ({"phone": "call me"}, PhoneInvalid),
        ({"phone": "138001380001380013800013800138000"}, PhoneInvalid),
        ({"mail": "nobody"}, MailInvalid),
        ({"mail": "a@b@example.com"}, MailInvalid),
        ({"mail": "a,victim@example.com"}, MailInvalid),
        ({"mail": "x<victim@example.com>"}, MailInvalid),
        ({"gender": "blah"}, GenderUnknown),
        ({"pinyin": "nonsense here"}, PinyinInvalid),
        ({"name": "单雄信", "pinyin": "shan xiong"}, PinyinInvalid),
        ({"last_day": "30.9.2026"}, DayInvalid),
        ({"last_day": "20260930"}, DayInvalid),
        ({"last_day": "2026-09-29"}, DayPast),
    ],
)
def test_what_a_card_cannot_be_is_refused(wanted: dict[str, object], refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        changed(LINA, Changes(**wanted), now=NOON, time_zone=SHANGHAI, needs_phone_or_mail=False)  # type: ignore[arg-type]


SPELLED = [
    ("phone", "+86 138-0013-8000 ", "13800138000"),
    ("phone", "".join(chr(ord(digit) + 0xFEE0) for digit in "13800138000"), "13800138000"),
    ("phone", "+49 (151) 1234-5678", "+4915112345678"),
    ("phone", " 010-6277 0000", "010-6277 0000"),
    ("phone", "\u200b", ""),
    ("mail", " Li Na\uff20example.com ", "LiNa@example.com"),
    ("mail", "li@localhost", "li@localhost"),
    ("gender", "\uff26", "female"),
    ("gender", "男", "male"),
    ("employee_no", "\uff10\uff10 17\u3000", "00 17"),
    ("office_phone", "8001\u200b", "8001"),
]


@pytest.mark.parametrize(("field", "typed", "kept"), SPELLED)
def test_whoever_types_it_a_value_is_kept_in_one_spelling(field: str, typed: str, kept: str) -> None:
    wanted: dict[str, object] = {field: typed}
    assert getattr(changed(LINA, Changes(**wanted), now=NOON, time_zone=SHANGHAI, needs_phone_or_mail=False), field) == kept  # type: ignore[arg-type]
    if field in Newcomer.__struct_fields__:
        new = Newcomer(name="Li Na", **{field: typed})  # type: ignore[arg-type]
        assert getattr(new_member(new, 1, "1001", None, False, None), field) == kept
    if field in OwnChanges.__struct_fields__:
        assert getattr(own_changed(LINA, OwnChanges(**{field: typed})), field) == kept  # type: ignore[arg-type]
    if field in BY_KEY["members"] and typed.strip("\u200b"):
        found = (cell := cells.read(BY_KEY["members"][field], cells.written(typed))) and card_values.checked(field, cell)
        assert found == kept


def test_a_newcomer_is_checked_as_a_card_is() -> None:
    for wrong, refusal in (
        ({"phone": "call me"}, PhoneInvalid),
        ({"mail": "nobody"}, MailInvalid),
        ({"gender": "blah"}, GenderUnknown),
        ({"nickname": "x" * 5000}, NameInvalid),
        ({"pinyin": "nonsense here"}, PinyinInvalid),
    ):
        with pytest.raises(refusal):
            new_member(Newcomer(name="单雄信", **wrong), 1, "1001", None, False, None)  # type: ignore[arg-type]
    assert new_member(Newcomer(name="单雄信", pinyin="Shanxiongxin"), 1, "1001", None, False, None).pinyin == "shan xiong xin"


def test_what_was_stored_before_these_rules_stays_while_nobody_changes_it() -> None:
    old = replace(LINA, phone="ask at the desk", mail="none", gender="?", employee_no="x" * 200, pinyin="nonsense here")
    same = {name: getattr(old, name) for name in ("phone", "mail", "gender", "employee_no", "pinyin")}
    assert change(old, job_title="Pilot", **same) == replace(old, job_title="Pilot")
    assert own_changed(old, OwnChanges(gender="?", signature="hi")) == replace(old, signature="hi")


def test_a_correction_of_the_pinyin_goes_with_the_characters_that_it_is_of() -> None:
    shan = change(name="单雄信", pinyin="shanxiongxin")
    assert shan.pinyin == "shan xiong xin"
    assert change(shan, name="单雄信 (Lab)").pinyin == "shan xiong xin"
    assert change(shan, name="王小明").pinyin == ""
    assert change(shan, name="仇英", pinyin="qiu ying").pinyin == "qiu ying"


def test_where_one_is_needed_phone_or_mail_stays() -> None:
    assert change(phone="", needed=True).mail
    with pytest.raises(PhoneOrMailNeeded):
        change(phone="", mail=" ", needed=True)
    assert change(phone="", mail="").mail == ""


def test_a_new_last_day_is_told_anew() -> None:
    told = change(last_day="2026-10-01")
    assert not told.is_last_day_told
    assert not changed(
        Record(**{**{name: getattr(told, name) for name in Record.__struct_fields__}, "is_last_day_told": True}),
        Changes(last_day=""),
        now=NOON,
        time_zone=SHANGHAI,
        needs_phone_or_mail=False,
    ).is_last_day_told


def test_only_another_phone_or_mail_is_unbound() -> None:
    assert unbound(LINA, change(phone="+86 13800138000", mail="li@EXAMPLE.com")) == []  # the same, written otherwise
    assert unbound(LINA, change(phone="13900139000", mail="")) == [("phone", "+8613800138000"), ("mail", "li@example.com")]


# ---- days


def test_a_last_day_ends_when_the_next_begins_where_the_company_is() -> None:
    last = at("2026-09-30T15:59:59")  # a second before midnight in Shanghai
    assert not days.is_over("2026-09-30", last, SHANGHAI)
    assert days.is_over("2026-09-30", last + 1000, SHANGHAI)
    assert not days.is_over("2026-09-30", last + 1000, "America/New_York")
    assert days.today(last, SHANGHAI) == date(2026, 9, 30)
    assert not days.is_over("", last, SHANGHAI)


def test_administrators_are_to_know_seven_days_before() -> None:
    assert not days.is_near("2026-10-08", NOON, SHANGHAI)
    assert days.is_near("2026-10-07", NOON, SHANGHAI)
    assert days.is_near("2026-09-01", NOON, SHANGHAI)
    assert not days.is_near("", NOON, SHANGHAI)
    assert days.is_near("0001-01-01", NOON, SHANGHAI)


@pytest.mark.parametrize("zone", [SHANGHAI, "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_whatever_is_near_somewhere_is_looked_at(zone: str) -> None:
    """Kiritimati is where a day begins first."""
    for hour in range(24):
        now = NOON + hour * 3_600_000
        near = [day for day in (f"2026-10-{nth:02}" for nth in range(1, 20)) if days.is_near(day, now, zone)]
        assert max(near) <= days.horizon(now)


def test_a_time_zone_is_one_that_there_is() -> None:
    for name in ("Asia/Nowhere", "../etc/passwd", ""):
        with pytest.raises(TimeZoneUnknown):
            days.zone(name)


@pytest.mark.parametrize("zone", [SHANGHAI, "Etc/GMT+12", "Pacific/Kiritimati"])
def test_a_day_without_an_end_is_none(zone: str) -> None:
    """The calendar's last day has no next one."""
    with pytest.raises(DayInvalid):
        days.end_of("9999-12-31", zone)
    assert days.end_of("9999-12-30", zone) > days.end_of("9999-12-29", zone) > days.end_of("0001-01-01", zone)
