"""What the database holds, by SQL from the database itself; the server and its storage have no part in it but the feed's encoding."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

from protocol.ids import to_wire
from storage.engine import postgres_dsn, sqlite_path
from storage.feed import decode_payload
from tests.faults import names
from tests.faults.history import RECALLED, Conversation, Database, FeedRow, Mark, Message, Stay, Step

Rows = Sequence[Sequence[Any]]
UNREAD = """SELECT k.conversation, k.member, k.read, k.delivered,
 coalesce(k.end_countable, c.countable) - k.read_countable FROM marks k JOIN conversations c ON c.id = k.conversation"""


class Truth:
    """Reads the feed along while a run goes on, and everything else at its end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._feed: list[FeedRow] = []

    async def ask(self, *statements: str) -> list[Rows]:
        """The answers of one snapshot."""
        if self.url.startswith("sqlite"):
            return await asyncio.to_thread(self._ask_sqlite, statements)
        connection = await asyncpg.connect(postgres_dsn(self.url))
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return [await connection.fetch(statement) for statement in statements]
        finally:
            await connection.close()

    def _ask_sqlite(self, statements: Sequence[str]) -> list[Rows]:
        connection = sqlite3.connect(sqlite_path(self.url), isolation_level=None, timeout=60)
        try:
            connection.execute("BEGIN")
            return [connection.execute(statement).fetchall() for statement in statements]
        finally:
            connection.close()

    async def read_feed(self) -> int:
        """Take over what is new in the feed; gives the newest position."""
        last = self._feed[-1].position if self._feed else 0
        (rows,) = await self.ask(f"SELECT position, batch, payload FROM feed WHERE position > {last} ORDER BY position")
        for position, batch, payload in rows:
            moved = decode_payload(payload).conversations
            steps = (Step(to_wire(m.conversation), m.seq_before, m.seq, m.change_before, m.change) for m in moved)
            self._feed.append(FeedRow(position, tuple(steps), bytes(batch).hex()))
        return self._feed[-1].position if self._feed else 0

    async def heads(self) -> dict[tuple[str, str], tuple[int, int | None]]:
        """(member, conversation) -> (last seq that he may see, last change or None for who has left)."""
        (rows,) = await self.ask(
            """SELECT k.member, k.conversation, k.end_seq, c.head, c.change
             FROM marks k JOIN conversations c ON c.id = k.conversation"""
        )
        return {(to_wire(m), to_wire(c)): (head, change) if end is None else (end, None) for m, c, end, head, change in rows}

    async def database(self, companies: dict[str, str], allowed: dict[str, tuple[str, ...]]) -> Database:
        """``companies``: member to company. ``allowed``: conversation to the companies that may take part."""
        await self.read_feed()
        heads, messages, versions, reactions, stays, marks, hidden = await self.ask(
            "SELECT id, home, head, change FROM conversations",
            "SELECT conversation, seq, member, client_id, kind, body, change, recalled FROM messages ORDER BY conversation, seq",
            "SELECT conversation, seq, version, body FROM versions ORDER BY conversation, seq, version",
            "SELECT conversation, seq, member, emoji FROM reactions",
            "SELECT conversation, member, from_seq, to_seq FROM stays",
            UNREAD,
            "SELECT conversation, member, seq FROM hidden_messages",
        )
        later, reacted = _grouped(versions, 2), _grouped(reactions, 2)
        said: dict[int, list[Message]] = defaultdict(list)
        for row in messages:
            said[row[0]].append(_message(row, later[row[0], row[1]], reacted[row[0], row[1]]))
        stays_of, marks_of, hidden_of = _grouped(stays, 1), _grouped(marks, 1), _grouped(hidden, 1)
        everyone = tuple(sorted(set(companies.values())))
        found = [
            Conversation(
                conversation=to_wire(id),
                companies=allowed.get(to_wire(id), everyone),
                head=head,
                change=change,
                messages=tuple(said[id]),
                stays=tuple(Stay(to_wire(member), first, last) for member, first, last in stays_of[id,]),
                marks=tuple(Mark(to_wire(member), read, unread, delivered) for member, read, delivered, unread in marks_of[id,]),
                hidden=tuple((to_wire(member), seq) for member, seq in hidden_of[id,]),
            )
            for id, _, head, change in heads
        ]
        return Database(companies, tuple(found), tuple(self._feed))


def _grouped(rows: Rows, width: int) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """By their first ``width`` columns; what follows them."""
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[tuple(row)[:width]].append(tuple(row)[width:])
    return found


def _message(row: Sequence[Any], versions: list[tuple[Any, ...]], reactions: list[tuple[Any, ...]]) -> Message:
    _, seq, member, client_id, kind, body, change, recalled = row
    first = names.of_stored(body)
    later = (RECALLED if stored is None else names.of_stored(stored) for _, stored in versions)
    is_note = kind == "note"
    return Message(
        seq=seq,
        member=to_wire(member),
        client_id=first if is_note else bytes(client_id).hex(),  # a note says who did it, and who does an act is drawn for it
        bodies=(first, *later),
        change=change,
        recalled=bool(recalled),
        kind="system" if is_note else "message",
        counts=not is_note,
        reactions=tuple(sorted((to_wire(member), emoji) for member, emoji in reactions)),
    )
