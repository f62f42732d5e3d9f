"""Keeps notices instead of sending them: for tests, and for a server that has no way to send."""

from server.notifier.base import Notice


class MemoryNotifier:
    def __init__(self) -> None:
        self.sent: list[Notice] = []

    async def send(self, notice: Notice) -> None:
        self.sent.append(notice)
