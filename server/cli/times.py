"""Instants for people: in the time zone of this machine."""

from datetime import datetime


def day(instant: int | None) -> str | None:
    return None if instant is None else _local(instant).strftime("%Y-%m-%d")


def minute(instant: int) -> str:
    return _local(instant).strftime("%Y-%m-%d %H:%M")


def second(instant: int) -> str:
    return _local(instant).strftime("%Y-%m-%d %H:%M:%S")


def short(instant: int) -> str:
    return _local(instant).strftime("%m-%d %H:%M")


def _local(instant: int) -> datetime:
    """Milliseconds UTC."""
    return datetime.fromtimestamp(instant / 1000)
