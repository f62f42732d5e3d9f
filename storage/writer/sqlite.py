"""The batch's statements on SQLite, on the writer's thread: prepared once, each for many rows (LOG A3).

Python's driver lets go of the interpreter at each step of a statement, and beside a busy loop every such step costs a change of threads:
with a statement a row 500 pairs that each wait for their message cost 20 µs a message more. So lists go in as many parameters, and what is
looked up comes back as one JSON text. A lonely message takes the plain statements.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import msgspec

from storage.feed import FeedRow, decode_payload
from storage.writer import rows
from storage.writer.decide import Decision, NewMessage
from storage.writer.loaded import Conversation, Loaded, Participant, Source
from storage.writer.remembered import Remembered

OTHERS_COMMITS = "PRAGMA data_version"
FEED_HEAD = "SELECT position FROM feed ORDER BY position DESC LIMIT 1"
FEED_LOWEST = "SELECT min(position) FROM feed"
FEED_AFTER = "SELECT position, batch, at, payload FROM feed WHERE position > ? ORDER BY position"
FOUND = f"SELECT {rows.FOUND} FROM messages WHERE client_id = ? AND member = ? AND conversation = ?"
PARTICIPANT = f"""SELECT {rows.CONVERSATION}, {rows.PARTICIPANT} FROM conversations c
 JOIN members m ON m.id = ?2 JOIN companies o ON o.id = m.company
 JOIN marks k ON k.company = m.company AND k.member = m.id AND k.conversation = c.id
 LEFT JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = m.id AND s.to_seq IS NULL
 LEFT JOIN drafts d ON d.company = m.company AND d.member = m.id AND d.conversation = c.id AND d.text <> ''
 WHERE c.id = ?1"""
# the same for a list of (conversation, member), as one JSON text of rows
PARTICIPANTS_OF = f"""SELECT json_group_array(json_array(json_array({rows.CONVERSATION}), json_array({rows.PARTICIPANT})))
 FROM w CROSS JOIN conversations c ON c.id = w.conversation
 CROSS JOIN members m ON m.id = w.member CROSS JOIN companies o ON o.id = m.company
 CROSS JOIN marks k ON k.company = m.company AND k.member = m.id AND k.conversation = c.id
 LEFT JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = m.id AND s.to_seq IS NULL
 LEFT JOIN drafts d ON d.company = m.company AND d.member = m.id AND d.conversation = c.id AND d.text <> ''"""
STAYS = "SELECT member, from_seq FROM stays WHERE home = ? AND conversation = ? AND to_seq IS NULL"
TARGET = f"SELECT {rows.TARGET} FROM messages m WHERE m.home = ? AND m.conversation = ? AND m.seq = ?"
HELD = """SELECT 1 FROM conversations c JOIN stays s ON s.home = c.home AND s.conversation = c.id
 WHERE c.id = ?1 AND s.member = ?2 AND s.from_seq <= ?3 AND s.to_seq >= ?3"""
VERSION = "SELECT member, what, body FROM versions WHERE home = ? AND conversation = ? AND seq = ? AND version = ?"
REACTIONS = "SELECT member, emoji FROM reactions WHERE conversation = ? AND seq = ?"
PINNED = "SELECT count(*) FROM messages WHERE conversation = ? AND pinned_at IS NOT NULL"
NUMBERS = "SELECT countable, mention_all FROM messages WHERE home = ? AND conversation = ? AND seq = ?"
# the same for a list of (home, conversation, seq), as one JSON text of rows
NUMBERS_OF = """SELECT json_group_array(json_array(m.conversation, m.seq, m.countable, m.mention_all))
 FROM w CROSS JOIN messages m ON m.home = w.home AND m.conversation = w.conversation AND m.seq = w.seq"""
SOURCE = """SELECT coalesce(v.body, m.body), m.member, m.sent_at FROM conversations c
 JOIN messages m ON m.home = c.home AND m.conversation = c.id AND m.seq = ?3
 LEFT JOIN versions v ON v.home = m.home AND v.conversation = m.conversation AND v.seq = m.seq AND v.version = m.version
 WHERE c.id = ?2 AND m.recalled = 0 AND m.kind <> 'note' AND EXISTS (SELECT 1 FROM stays s WHERE s.home = c.home
  AND s.conversation = c.id AND s.member = ?1 AND s.from_seq <= m.seq AND (s.to_seq IS NULL OR s.to_seq >= m.seq))
 AND NOT EXISTS (SELECT 1 FROM hidden_messages h WHERE h.member = ?1 AND h.conversation = c.id AND h.seq = m.seq)"""
MENTIONED = """SELECT 1 FROM conversations c JOIN stays s ON s.home = c.home AND s.conversation = c.id
 WHERE c.id = ? AND s.member = ? AND s.to_seq IS NULL"""

INSERT_MESSAGE = """INSERT INTO messages (home, conversation, seq, member, client_id, kind, body, salt, sent_at, countable, mention_all,
 reply_to, source_conversation, source_seq) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"""
MESSAGE_ROW = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
MESSAGE_WIDTH = MESSAGE_ROW.count("?")
INSERT_VERSION = (
    "INSERT INTO versions (home, conversation, seq, version, what, member, body, salt, reply_to, at) VALUES (?,?,?,?,?,?,?,?,?,?)"
)
UPDATE_TARGET = """UPDATE messages SET change = ?, version = ?, recalled = ?, reacted = ?, pinned_at = ?
 WHERE home = ? AND conversation = ? AND seq = ?"""
UPDATE_HEAD = "UPDATE conversations SET head = ?, change = ?, countable = ?, mention_all = ?, last_at = ?, place = ? WHERE id = ?"
UPDATE_HEADS = """UPDATE conversations AS c SET head = w.head, change = w.change, countable = w.countable,
 mention_all = w.mention_all, last_at = w.last_at, place = w.place FROM w WHERE c.id = w.id"""
UPDATE_MARKS = """UPDATE marks SET read = ?, read_countable = ?, read_mention_all = ?, delivered = ?, marked_unread = ?,
 pinned_to_top = ?, muted = ?, archived = ?, place = ? WHERE company = ? AND member = ? AND conversation = ?"""
UPDATE_MARKS_OF = """UPDATE marks AS k SET read = w.read, read_countable = w.read_countable, read_mention_all = w.read_mention_all,
 delivered = w.delivered, marked_unread = w.marked_unread, pinned_to_top = w.pinned_to_top, muted = w.muted, archived = w.archived,
 place = w.place FROM w WHERE k.company = w.company AND k.member = w.member AND k.conversation = w.conversation"""
PUT_DRAFT = """INSERT INTO drafts (company, member, conversation, text, place) VALUES (?,?,?,?,?)
 ON CONFLICT (company, member, conversation) DO UPDATE SET text = excluded.text, place = excluded.place"""
ADD_REACTION = "INSERT INTO reactions (conversation, seq, member, emoji, at) VALUES (?,?,?,?,?)"
DROP_REACTION = "DELETE FROM reactions WHERE conversation = ? AND seq = ? AND member = ? AND emoji = ?"
ADD_MENTION = "INSERT INTO mentions (member, conversation, seq) VALUES (?,?,?)"
INSERT_FEED = "INSERT INTO feed (position, batch, at, payload) VALUES (?,?,?,?)"
SIZES = (128, 32, 8)  # of the statements for many rows: few texts, so that each stays prepared
FOUND_ANY = {size: f"SELECT {rows.FOUND} FROM messages WHERE client_id IN ({','.join('?' * size)})" for size in SIZES}
INSERT_MESSAGES = {size: INSERT_MESSAGE.replace(MESSAGE_ROW, ",".join([MESSAGE_ROW] * size)) for size in SIZES}

FEW = 3
MOST = 256
NO_SOURCE = (None, None)
_rows = msgspec.json.Decoder(list[tuple[Any, ...]]).decode
# not strict: SQLite's booleans are 0 and 1
_participants = msgspec.json.Decoder(list[tuple[Conversation, Participant]], strict=False).decode
_participant = partial(msgspec.convert, type=tuple[Conversation, Participant], strict=False)


class _Over:
    """A statement over a list ``w`` of rows with these columns, so that a list takes one step for each ``MOST`` rows.

    It has a text for each power of two, and rows of NULL, which match nothing, make up what is missing. The list as JSON costs
    twice as much.
    """

    def __init__(self, columns: str, statement: str) -> None:
        self._width = columns.count(",") + 1
        row = f"({','.join('?' * self._width)})"
        self._texts = [f"WITH w ({columns}) AS (VALUES {','.join([row] * (1 << power))}) {statement}" for power in range(MOST.bit_length())]

    def __call__(self, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
        """Texts with their parameters."""
        for at in range(0, len(rows), MOST):
            piece = rows[at : at + MOST]
            power = (len(piece) - 1).bit_length()
            parameters = list(chain.from_iterable(piece))
            parameters += [None] * (((1 << power) - len(piece)) * self._width)
            yield self._texts[power], parameters


_participants_of = _Over("conversation, member", PARTICIPANTS_OF)
_numbers_of = _Over("home, conversation, seq", NUMBERS_OF)
_update_heads = _Over("head, change, countable, mention_all, last_at, place, id", UPDATE_HEADS)
_update_marks = _Over(
    "read, read_countable, read_mention_all, delivered, marked_unread, pinned_to_top, muted, archived, place, "
    "company, member, conversation",
    UPDATE_MARKS_OF,
)
Pieces = Iterator[tuple[int, Sequence[Any]]]


def in_pieces(many: Sequence[Any]) -> Pieces:
    """Cut into pieces of the sizes above, as (size, piece); the rest, shorter than the smallest, has size 0."""
    at = 0
    for size in SIZES:
        while len(many) - at >= size:
            yield size, many[at : at + size]
            at += size
    if at < len(many):
        yield 0, many[at:]


class SqliteLog:
    """``LogStatements`` on a connection of sqlite3; nothing in here ever waits for the loop."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._many = connection.executemany
        self._remembered = Remembered()
        self._loaded: Loaded | None = None  # of the batch that is not yet committed

    async def first(
        self, known: int, keys: Sequence[tuple[bytes, int, int]], pairs: Sequence[tuple[int, int]], loaded: Loaded
    ) -> list[FeedRow]:
        loaded.position, earlier = await self.feed_after(known)
        if keys:
            await self.found(keys, loaded)
        self._remembered.check(self._execute(OTHERS_COMMITS).fetchone()[0])
        unknown = self._remembered.recall(pairs, loaded)
        if unknown:
            await self.participants(unknown, loaded)
        self._loaded = loaded
        return earlier

    def committed(self) -> None:
        """The batch was: what it left need not be looked up again."""
        if self._loaded is not None:
            self._remembered.keep(self._loaded)
            self._loaded = None

    def failed(self) -> None:
        """What a transaction on this connection left is not certain."""
        self._loaded = None
        self._remembered.forget()

    def written(self, tables: Iterable[str]) -> None:
        """A unit of work on this connection wrote to these tables."""
        self._remembered.written(tables)

    async def feed_after(self, position: int) -> tuple[int, list[FeedRow]]:
        head = self._execute(FEED_HEAD).fetchone()[0]
        if head <= position or head - position > 1000 or position < self._execute(FEED_LOWEST).fetchone()[0]:
            return head, []
        found = [FeedRow(row[0], row[1], row[2], decode_payload(row[3])) for row in self._execute(FEED_AFTER, (position,))]
        return head, found

    async def found(self, keys: Sequence[tuple[bytes, int, int]], loaded: Loaded) -> None:
        for size, piece in in_pieces(keys):
            if size:
                wanted = set(piece)
                for row in self._execute(FOUND_ANY[size], [key[0] for key in piece]):
                    if row[:3] in wanted:  # another member's message may have the same id
                        rows.add_found(row, loaded)
            else:
                for key in piece:
                    for row in self._execute(FOUND, key):
                        rows.add_found(row, loaded)

    async def participants(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        if len(pairs) < FEW:
            for pair in pairs:
                for row in self._execute(PARTICIPANT, pair):
                    place, who = _participant((row[: rows.WIDTH], row[rows.WIDTH :]))
                    rows.add_participant(place, who, loaded)
        else:
            for text, wanted in _participants_of(pairs):
                for place, who in _participants(self._execute(text, wanted).fetchone()[0]):
                    rows.add_participant(place, who, loaded)

    async def stays(self, conversations: Sequence[int], loaded: Loaded) -> None:
        for conversation in conversations:
            home = loaded.conversations[conversation].home
            loaded.stays[conversation] = dict(self._execute(STAYS, (home, conversation)).fetchall())

    async def targets(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for conversation, seq in keys:
            place = loaded.conversations.get(conversation)
            if place is not None:
                for row in self._execute(TARGET, (place.home, conversation, seq)):
                    rows.add_target(row, loaded)

    async def held(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for key in keys:
            if self._execute(HELD, key).fetchone():
                loaded.held.add(key)

    async def versions(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for conversation, seq, version in keys:
            place = loaded.conversations.get(conversation)
            if place is not None:
                for row in self._execute(VERSION, (place.home, conversation, seq, version)):
                    loaded.versions[conversation, seq, version] = row

    async def reactions(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for key in keys:
            loaded.reactions[key] = set(self._execute(REACTIONS, key).fetchall())

    async def pinned(self, conversations: Sequence[int], loaded: Loaded) -> None:
        for conversation in conversations:
            loaded.pinned[conversation] = self._execute(PINNED, (conversation,)).fetchone()[0]

    async def numbers(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        places = loaded.conversations
        below = [(places[key[0]].home, *key) for key in keys if key[0] in places and key[1] < places[key[0]].head]
        if len(below) < FEW:
            for one in below:
                for row in self._execute(NUMBERS, one):
                    loaded.numbers[one[1], one[2]] = row
        else:
            for text, wanted in _numbers_of(below):
                for conversation, seq, countable, mention_all in _rows(self._execute(text, wanted).fetchone()[0]):
                    loaded.numbers[conversation, seq] = (countable, mention_all)

    async def sources(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for key in keys:
            for row in self._execute(SOURCE, key):
                if row[0] is not None:
                    loaded.sources[key] = Source(*row)

    async def mentioned(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for pair in pairs:
            if self._execute(MENTIONED, pair).fetchone():
                loaded.mentioned.add(pair)

    async def wait_for_standby(self) -> None:
        """SQLite has none."""

    async def store(self, decision: Decision, batch: bytes, payload: bytes) -> None:
        place = decision.position
        if decision.messages:
            self._store_messages(decision.messages)
        if decision.targets or decision.versions:
            self._store_changes(decision)
        heads = [(c.head, c.change, c.countable, c.mention_all, c.last_at, place, c.id) for c in decision.conversations]
        if len(heads) < FEW:
            self._many(UPDATE_HEAD, heads)
        else:
            for text, values in _update_heads(heads):
                self._execute(text, values)
        if decision.marks:
            self._store_marks(decision)
        if decision.drafts:
            self._many(PUT_DRAFT, [(*draft, place) for draft in decision.drafts])
        if decision.mentions:
            self._many(ADD_MENTION, decision.mentions)
        self._execute(INSERT_FEED, (place, batch, decision.now, payload))

    def _store_messages(self, messages: Sequence[NewMessage]) -> None:
        salts = os.urandom(16 * len(messages))
        made: list[Any] = []  # the rows' values one after the other, as the statements for many take them
        for i, m in enumerate(messages):
            source_conversation, source_seq = m.source or NO_SOURCE
            made += (
                m.home, m.conversation, m.seq, m.member, m.client_id, m.kind, m.body, salts[16 * i : 16 * i + 16], m.sent_at,
                m.countable, m.mention_all, m.reply_to, source_conversation, source_seq,
            )  # fmt: skip
        at, end = 0, len(made)
        for size in SIZES:
            length = size * MESSAGE_WIDTH
            while end - at >= length:
                self._execute(INSERT_MESSAGES[size], made[at : at + length])
                at += length
        self._many(INSERT_MESSAGE, [made[one : one + MESSAGE_WIDTH] for one in range(at, end, MESSAGE_WIDTH)])

    def _store_marks(self, decision: Decision) -> None:
        made = [
            (
                k.read, k.read_countable, k.read_mention_all, k.delivered, k.marked_unread, k.pinned_to_top, k.muted, k.archived,
                decision.position, k.company, k.member, k.conversation,
            )
            for k in decision.marks
        ]  # fmt: skip
        if len(made) < FEW:
            self._many(UPDATE_MARKS, made)
        else:
            for text, values in _update_marks(made):
                self._execute(text, values)

    def _store_changes(self, decision: Decision) -> None:
        self._many(
            INSERT_VERSION,
            [
                (v.home, v.conversation, v.seq, v.version, v.what, v.member, v.body, os.urandom(16), v.reply_to, v.at)
                for v in decision.versions
            ],
        )
        self._many(
            UPDATE_TARGET,
            [(t.change, t.version, t.recalled, t.reacted, t.pinned_at, c.home, c.id, t.seq) for c, t in decision.targets.values()],
        )
        self._many(DROP_REACTION, decision.reactions_off)
        self._many(ADD_REACTION, [(*row, decision.now) for row in decision.reactions_on])
