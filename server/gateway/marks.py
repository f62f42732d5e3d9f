"""Marks gathered for a second: of each participant and conversation the newest goes before the writer (LOG H3)."""

from collections.abc import Callable

from storage.writer.entries import Entry, MarkEntry


class PendingMarks:
    """A crash may lose what is in here: the last second of marks, never a message."""

    def __init__(self, put: Callable[[Entry], None]) -> None:
        self._put = put
        self._pending: dict[tuple[int, int], MarkEntry] = {}

    def add(self, company: int, member: int, conversation: int, read: int, delivered: int) -> None:
        """Only forward: what is behind an earlier one is passed over."""
        there = self._pending.get((conversation, member))
        if there is None:
            self._pending[conversation, member] = MarkEntry(None, 0, company, member, conversation, read, delivered)
        else:
            there.read = max(there.read, read)
            there.delivered = max(there.delivered, delivered)

    def before_sending(self, conversation: int, member: int) -> None:
        """What he marked before he writes is stored before what he writes: else his own message would count as unread (LOG H2)."""
        if self._pending and (entry := self._pending.pop((conversation, member), None)) is not None:
            self._put(entry)

    def flush(self) -> None:
        """All go into the writer's next batch."""
        pending, self._pending = self._pending, {}
        for entry in pending.values():
            self._put(entry)
