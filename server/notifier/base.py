"""The interface of notifiers, and what can go wrong with one. When to tell whom is its callers' business."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from protocol.errors import YizhanError


class Notice(msgspec.Struct, frozen=True):
    """``to`` is a mail address, or of who sends to phones a number as +8613…. The text may hold a code: it is written nowhere but where
    it goes."""

    to: str
    subject: str
    text: str

    def __repr__(self) -> str:
        return "<Notice>"


class NotSent(YizhanError):
    """The mail server did not take it; ``why`` is for the operator, and names no code."""

    code = "notice.not_sent"
    en = "the message could not be sent: {why}"
    zh = "消息未能发出:{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


Ways = Mapping[str, "Notifier"]
"""What sends to whom: ``mail``, ``phone``; what is not there cannot be sent. SMS is one more of these."""


class Notifier(Protocol):
    async def send(self, notice: Notice) -> None:
        """Hand over one notice; nothing is tried again by itself. Raises: NotSent."""
