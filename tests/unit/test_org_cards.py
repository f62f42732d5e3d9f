"""Members' cards and last days from values alone (SPEC B3, B8)."""

from datetime import UTC, date, datetime

import pytest

from protocol.errors import YizhanError
from server.companies.errors import NameInvalid, WordsInvalid
from server.org import days
from server.org.cards import Changes, changed, unbound
from server.org.errors import DayInvalid, DayPast, PhoneOrMailNeeded, TimeZoneUnknown
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
    made = change(name=" Li Nana ", job_title="Pilot", pinyin="shan xiu", is_hidden=True, description="one\ntwo", successor=12)
    assert (made.name, made.job_title, made.pinyin, made.is_hidden, made.description, made.successor, made.phone) == (
        *("Li Nana", "Pilot", "shan xiu", True, "one\ntwo", 12),
        LINA.phone,
    )


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"name": " "}, NameInvalid),
        ({"job_title": "x" * 101}, NameInvalid),
        ({"signature": "x" * 501}, WordsInvalid),
        ({"last_day": "30.9.2026"}, DayInvalid),
        ({"last_day": "20260930"}, DayInvalid),
        ({"last_day": "2026-09-29"}, DayPast),
    ],
)
def test_what_a_card_cannot_be_is_refused(wanted: dict[str, object], refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        changed(LINA, Changes(**wanted), now=NOON, time_zone=SHANGHAI, needs_phone_or_mail=False)  # type: ignore[arg-type]


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
