"""Units of work: what an act may do inside its transaction.

``Read`` sees one snapshot. ``Work`` writes; in the turn it knows its ``position`` and collects what others must learn, which
becomes one feed row at its end. An act awaits only its own unit's statements and touches nothing outside it, for it may be run again
(LOG C1); that lets one async function run to its end in a thread on SQLite and on the loop on PostgreSQL.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from storage import feed
from storage.errors import ActWithoutEntry, UnitTooLarge
from storage.feed import Moved, Own, Payload, SessionGone
from storage.statements import Row, Statement

Now = Callable[[], int]
"""Gives milliseconds UTC."""

MOST_STATEMENTS = 200
MOST_ROWS = 500


class Executor(Protocol):
    """A connection inside a transaction."""

    async def all(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]: ...
    async def run(self, statement: Statement, parameters: Mapping[str, Any]) -> int: ...
    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None: ...


class Read:
    """One snapshot of the database. ``now``: milliseconds UTC, as it began."""

    def __init__(self, executor: Executor, now: int) -> None:
        self._executor = executor
        self.now = now
        self.statements = 0
        self.rows = 0
        self.act = ""  # what an administrator does, or looks at, in it
        self.is_permitted = False  # he was asked for his permission, and has it

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        self.statements += 1
        return await self._executor.all(statement, parameters)

    async def one(self, statement: Statement, /, **parameters: Any) -> Row | None:
        """The first row, or None."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def value(self, statement: Statement, /, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]


class Work(Read):
    """A unit that writes. Without the turn ``position`` is None and nothing can be told to others."""

    def __init__(self, executor: Executor, now: int, position: int | None = None) -> None:
        super().__init__(executor, now)
        self._position = position
        self.payload = Payload()
        self.entries = 0
        self.needs_entry = False
        self.wrote = False
        self.batch = os.urandom(16)

    @property
    def position(self) -> int:
        """The position that this unit's feed row will have; rows that it changes take it as their place (LOG E1)."""
        assert self._position is not None, "only a unit in the turn has a position"
        return self._position

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        """Read, or write with RETURNING."""
        rows = await super().all(statement, **parameters)
        self._count(0, len(rows) if statement.writes else 0, wrote=statement.writes)
        return rows

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        """Write; returns the number of rows that it touched."""
        count = await self._executor.run(statement, parameters)
        self._count(1, max(count, 0), wrote=True)
        return count

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._count(1, len(rows), wrote=True)
            await self._executor.many(statement, rows)

    def _count(self, statements: int, rows: int, *, wrote: bool) -> None:
        """Raises: UnitTooLarge, at once: whoever is in the turn keeps all others out of it."""
        self.statements += statements
        self.rows += rows
        self.wrote = self.wrote or wrote
        if self._position is not None and (self.statements > MOST_STATEMENTS or self.rows > MOST_ROWS):
            raise UnitTooLarge(self.statements, self.rows)

    # ---- what others must learn

    def moved(self, moved: Moved) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.conversations.append(moved)

    def own(self, member: int, what: str, conversation: int = 0, before: int = 0, after: int = 0) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.own.append(Own(member, what, conversation, before, after))

    def session_gone(self, session: int, reason: str) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.sessions.append(SessionGone(session, reason))

    def session_freed(self, session: int) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.freed.append(session)

    def member_changed(self, member: int) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.members.append(member)

    def company_changed(self, company: int) -> None:
        assert self._position is not None, "only a unit in the turn can tell"
        self.payload.companies.append(company)

    async def finish(self) -> bool:
        """Write the feed row, if anything was written in the turn. Raises: ActWithoutEntry."""
        if self._position is None or not self.wrote:
            return False
        if self.needs_entry and not self.entries:
            raise ActWithoutEntry
        row = {"position": self._position, "batch": self.batch, "at": self.now, "payload": feed.encode_payload(self.payload)}
        await self._executor.run(feed.INSERT, row)
        return True
