"""Instants for people: in the time zone of this machine, or in one that is named."""

from datetime import datetime
from zoneinfo import ZoneInfo


def day(instant: int | None) -> str | None:
    return None if instant is None else _local(instant).strftime("%Y-%m-%d")


def minute(instant: int, zone: str = "") -> str:
    return _local(instant, zone).strftime("%Y-%m-%d %H:%M")


def second(instant: int, zone: str = "") -> str:
    """With how far that is from UTC: ``2026-09-30 18:00:00 +0800``."""
    return _local(instant, zone).strftime("%Y-%m-%d %H:%M:%S %z")


def short(instant: int) -> str:
    return _local(instant).strftime("%m-%d %H:%M")


def _local(instant: int, zone: str = "") -> datetime:
    """Milliseconds UTC. ``zone``: such as Asia/Shanghai."""
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)) if zone else datetime.fromtimestamp(instant / 1000).astimezone()
