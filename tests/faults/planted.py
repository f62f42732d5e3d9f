"""Planted bugs, applied in a server by name: each breaks one rule of LOG, and the checker must find it (``test_planted_bugs.py``).

Some names are no bugs but circumstances (``slow_…``, ``stuck_…``) under which a bug shows every time; with them alone nothing may be found.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from server.delivery.hand_out import HandOut
from server.delivery.items import Item, Read
from server.delivery.stays import Entry
from server.delivery.telling import Telling
from server.gateway.connection import Connection
from server.gateway.handlers.conversations import ConversationHandlers
from server.messages import service as messages_service
from server.messages.service import ChangedRows, MessageService
from server.sync.service import SyncService
from storage import postgres, sqlite
from storage.sqlite import SqliteStorage
from storage.writer import decide, rows
from storage.writer import sqlite as sqlite_log
from storage.writer.batch import Batches, finished
from storage.writer.loaded import Found, Loaded
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import SqliteLog
from tests.faults.points import FLUSH_SECONDS, die

LITTLE = 0.15  # seconds in which another does what he should not be able to do
STUCK = "this one gets stuck"


def _replace(owner: Any, name: str, by: Any) -> Any:
    """Put ``by`` in the place of ``owner.name``; gives what was there."""
    original = getattr(owner, name)
    setattr(owner, name, by)
    return original


# ---- V1


def acknowledge_before_commit() -> None:
    """And the power fails between the two, at the third message."""
    count = 0

    def decided(self: SqliteStorage, entries: Any) -> Any:
        nonlocal count
        done = original(self, entries)
        tell(self, finished(done))
        count += 1
        if count == 3:
            time.sleep(FLUSH_SECONDS * 5)
            die()
        return done

    original = _replace(SqliteStorage, "_decided", decided)
    tell = _replace(SqliteStorage, "_tell", lambda self, ended: None)


def head_from_memory() -> None:
    """The head is counted on in memory, and written down at every fourth batch only: after a crash seqs come again (A3)."""
    heads: dict[int, int] = {}
    batches = 0

    async def participants(self: SqliteLog, pairs: Any, loaded: Loaded) -> None:
        await look_up(self, pairs, loaded)
        for place in loaded.conversations.values():
            place.head = place.seq_before = heads.setdefault(place.id, place.head)

    async def store(self: SqliteLog, decision: Any, batch: bytes, payload: bytes) -> None:
        nonlocal batches
        batches += 1
        heads.update((place.id, place.head) for place in decision.conversations)
        if batches % 4:
            decision.conversations = []
        await write(self, decision, batch, payload)

    look_up = _replace(SqliteLog, "participants", participants)
    write = _replace(SqliteLog, "store", store)


# ---- V2


def forget_idempotency_key() -> None:
    _replace(rows, "add_found", lambda row, loaded: None)


def look_up_before_turn() -> None:
    """The ids are looked up while the batch still waits for its turn (A1, A5)."""
    seen: dict[tuple[bytes, int, int], Found] = {}

    async def take_turn(self: postgres.PostgresStorage, connection: Any) -> Any:
        keys = [(entry.client_id, entry.member, entry.conversation) for entry in self.batches._inbox if hasattr(entry, "client_id")]
        loaded = Loaded(0)
        if keys:
            await PostgresLog(connection).found(keys, loaded)
        seen.clear()
        seen.update(loaded.found)
        return await turn(self, connection)

    async def first(self: PostgresLog, known: int, keys: Any, pairs: Any, loaded: Loaded) -> Any:
        earlier = await look_up(self, known, keys, pairs, loaded)
        loaded.found = dict(seen)
        return earlier

    turn = _replace(postgres.PostgresStorage, "_take_turn", take_turn)
    look_up = _replace(PostgresLog, "first", first)


# ---- V3


def no_turn() -> None:
    """PostgreSQL's batches look up and write without the lock (A1), and between the two another does the same."""
    _replace(postgres, "BEGIN_IN_TURN", "BEGIN ISOLATION LEVEL READ COMMITTED")
    slow_store()


def slow_store() -> None:
    async def store(self: PostgresLog, decision: Any, batch: bytes, payload: bytes) -> None:
        await asyncio.sleep(LITTLE)
        await original(self, decision, batch, payload)

    original = _replace(PostgresLog, "store", store)


def stuck_commit() -> None:
    """No bug: a message that the database does not take for longer than the writer has patience."""
    stuck_since = 0.0

    def decided(self: SqliteStorage, entries: Any) -> Any:
        nonlocal stuck_since
        done = original(self, entries)
        if any(STUCK.encode() in entry.body.canonical for entry in entries if getattr(entry, "body", None)):
            stuck_since = stuck_since or time.monotonic()
            if time.monotonic() < stuck_since + 2 * LITTLE:
                busy = sqlite3.OperationalError("database is locked")
                busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise busy
        return done

    original = _replace(SqliteStorage, "_decided", decided)
    _replace(sqlite, "PATIENCE_SECONDS", LITTLE)


def keep_after_unknown() -> None:
    """What the connection sent after the message that ended as unknown is stored nevertheless (A7)."""
    _replace(Batches, "close", lambda self, origins: None)


def later_before_earlier() -> None:
    """Seq 6 is handed out before 5, as what follows 4 (F1, F2)."""
    held: list[tuple[Item, Read]] = []

    def tell(self: Telling, item: Item, read: Read) -> None:
        moved = item.payload.conversations[0] if item.payload.conversations else None
        if moved is None or moved.seq == moved.seq_before or moved.joined or moved.left:
            original(self, item, read)
        elif not held:
            held.append((item, read))
        else:
            earlier, theirs = held.pop()
            moved.seq_before = earlier.payload.conversations[0].seq_before
            original(self, item, read)
            original(self, earlier, theirs)

    original = _replace(Telling, "tell", tell)


# ---- V4


def skip_membership_check() -> None:
    """Whoever was in it once may write (A3)."""

    def may_act(who: Any, place: Any, now: int) -> None:
        if who.from_seq is not None:
            original(who, place, now)

    original = _replace(decide, "_may_act", may_act)


def more_for_who_left() -> None:
    """A stay that ended stays open in memory (F4)."""

    def apply(self: Entry, position: int, joined: Any, left: Any) -> None:
        original(self, position, joined, [])

    original = _replace(Entry, "apply", apply)


# ---- hand-out, resume, tokens


def loading_swallows() -> None:
    """A conversation is loaded with its newest stays, and what came up to the position that they were read at is dropped (F1)."""
    loaded: dict[int, int] = {}

    async def read(self: HandOut, item: Item) -> tuple[Read, dict[int, Entry]]:
        value, entries = await reading(self, item)
        loaded.update((conversation, entry.at) for conversation, entry in entries.items())
        return value, entries

    def tell(self: Telling, item: Item, read: Read) -> None:
        moved = item.payload.conversations
        item.payload.conversations = [one for one in moved if item.position > loaded.get(one.conversation, 0)]
        telling(self, item, read)

    reading = _replace(HandOut, "_read", read)
    telling = _replace(Telling, "tell", tell)


def slow_reading() -> None:
    """No bug: what has to be read before it is handed out takes longer than it is to the next token."""

    async def read(self: HandOut, item: Item) -> Any:
        await asyncio.sleep(2 * LITTLE)
        return await original(self, item)

    original = _replace(HandOut, "_read", read)


def token_ahead() -> None:
    """The token says the newest position that is known, not the one that was handed out (E3)."""

    def tell_tokens(self: HandOut) -> None:
        applied, self.applied = self.applied, self.known
        original(self)
        self.applied = applied

    original = _replace(HandOut, "tell_tokens", tell_tokens)


def start_anew_without_closing() -> None:
    """A node that is behind the oldest row goes on with the newest, and its connections are not told to come back (D3)."""
    _replace(Connection, "resync", lambda self: None)


def slow_heads() -> None:
    """No bug: between the heads of a resume and their answer there is time for a message."""

    async def page(self: Any, *arguments: Any) -> Any:
        answer = await original(self, *arguments)
        await asyncio.sleep(4 * LITTLE)
        return answer

    original = _replace(SyncService, "page", page)


def join_after_heads() -> None:
    """A connection joins the hand-out when its heads have been read (F2)."""

    async def sync(self: ConversationHandlers, connection: Any, command: Any) -> None:
        online = self._gateway.online
        follow = online.follow
        online.follow = lambda receiver: None  # type: ignore[method-assign]
        try:
            await original(self, connection, command)
        finally:
            online.follow = follow  # type: ignore[method-assign]
        follow(connection)

    original = _replace(ConversationHandlers, "sync", sync)


def place_not_raised() -> None:
    """A conversation's row keeps the place of an earlier change (E1)."""
    _replace(sqlite_log, "UPDATE_HEAD", sqlite_log.UPDATE_HEAD.replace("place = ?", "place = place + 0 * ?"))


def changes_cut_for_who_left() -> None:
    """Who has left gets the changes up to the number at which he left, not his rows as they are now (E5)."""

    async def changes(self: MessageService, *arguments: Any, **named: Any) -> ChangedRows:
        found: ChangedRows = await original(self, *arguments, **named)
        if not found.who.ended:
            return found
        rows = [row for row in found.rows if row.change <= found.who.change]
        return messages_service.ChangedRows(rows, found.up_to, found.more, found.who, found.hidden, found.hidden_up_to)

    original = _replace(MessageService, "changes", changes)


BUGS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        acknowledge_before_commit,
        head_from_memory,
        forget_idempotency_key,
        look_up_before_turn,
        no_turn,
        slow_store,
        stuck_commit,
        keep_after_unknown,
        later_before_earlier,
        skip_membership_check,
        more_for_who_left,
        loading_swallows,
        slow_reading,
        token_ahead,
        start_anew_without_closing,
        slow_heads,
        join_after_heads,
        place_not_raised,
        changes_cut_for_who_left,
    )
}
