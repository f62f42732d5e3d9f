"""Last days (leavers, interns): days as a company's calendar has them, and what is due when (B3's members who go on a day known ahead).

Pure: an instant and a time zone go in. A day is over when the next one begins in the company's time zone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.org.errors import DayInvalid, TimeZoneUnknown

TOLD_DAYS_BEFORE = 7
WIDEST_ZONE = timedelta(hours=14)  # where a day begins first


def zone(name: str) -> ZoneInfo:
    """Raises: TimeZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(name) from None


def today(now: int, time_zone: str) -> date:
    """The day on which ``now`` (milliseconds UTC) is there."""
    return datetime.fromtimestamp(now / 1000, zone(time_zone)).date()


def parse(day: str) -> date | None:
    """Of 2026-09-30; nothing of an empty text. Raises: DayInvalid."""
    if not day:
        return None
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise DayInvalid(day) from None
    if found.isoformat() != day:  # Python takes other spellings, which would not sort as texts
        raise DayInvalid(day)
    return found


def end_of(day: str, time_zone: str) -> int:
    """When the day is over there, in milliseconds UTC. Raises: DayInvalid, also of the empty text, and of the calendar's last day."""
    found = parse(day)
    if found is None or found == date.max:
        raise DayInvalid(day)
    return round(datetime.combine(found + timedelta(days=1), time(), zone(time_zone)).timestamp() * 1000)


def is_over(day: str, now: int, time_zone: str) -> bool:
    found = parse(day)
    return found is not None and today(now, time_zone) > found


def is_near(day: str, now: int, time_zone: str) -> bool:
    """Whether administrators are to know: in seven days or less."""
    found = parse(day)
    return found is not None and found - today(now, time_zone) <= timedelta(days=TOLD_DAYS_BEFORE)


def horizon(now: int) -> str:
    """The last day that is over or near anywhere."""
    latest = (datetime.fromtimestamp(now / 1000, UTC) + WIDEST_ZONE).date()
    return (latest + timedelta(days=TOLD_DAYS_BEFORE)).isoformat()
