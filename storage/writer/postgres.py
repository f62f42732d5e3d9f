"""The batch's statements on PostgreSQL: each one statement for the whole batch, by arrays (LOG A3).

``asyncpg`` prepares them once a connection; ``plan_cache_mode=force_generic_plan`` keeps a lonely message from being planned anew.
"""

import os
from collections.abc import Sequence
from typing import Any

from storage.feed import FeedRow, decode_payload
from storage.writer import rows
from storage.writer.decide import Decision
from storage.writer.loaded import Conversation, Loaded, Participant, Source

FEED_HEAD_AND_AFTER = "SELECT position, batch, at, payload FROM feed WHERE position >= $1 ORDER BY position LIMIT 1002"
FEED_HEAD = "SELECT position FROM feed ORDER BY position DESC LIMIT 1"
FOUND = f"""SELECT {", ".join("m." + name for name in rows.FOUND.split(", "))}
 FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS w(client_id, member, conversation)
 JOIN messages m ON m.client_id = w.client_id AND m.member = w.member AND m.conversation = w.conversation"""
PARTICIPANT = f"""SELECT {rows.CONVERSATION}, {rows.PARTICIPANT}
 FROM unnest($1::bigint[], $2::bigint[]) AS w(conversation, member)
 JOIN conversations c ON c.id = w.conversation
 JOIN members m ON m.id = w.member JOIN companies o ON o.id = m.company
 JOIN marks k ON k.company = m.company AND k.member = m.id AND k.conversation = c.id
 LEFT JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = m.id AND s.to_seq IS NULL
 LEFT JOIN drafts d ON d.company = m.company AND d.member = m.id AND d.conversation = c.id AND d.text <> ''"""
# the newest position, participants and what has their message's id already, where each wrote one: all that a lonely message asks
FIRST = f"""SELECT h.position, {", ".join("f." + name for name in rows.FOUND.split(", "))}, {rows.CONVERSATION}, {rows.PARTICIPANT}
 FROM (SELECT position FROM feed ORDER BY position DESC LIMIT 1) h
 LEFT JOIN unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS w(conversation, member, client_id) ON true
 LEFT JOIN messages f ON f.client_id = w.client_id AND f.member = w.member AND f.conversation = w.conversation
 LEFT JOIN conversations c ON c.id = w.conversation
 LEFT JOIN members m ON m.id = w.member LEFT JOIN companies o ON o.id = m.company
 LEFT JOIN marks k ON k.company = m.company AND k.member = m.id AND k.conversation = c.id
 LEFT JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = m.id AND s.to_seq IS NULL
 LEFT JOIN drafts d ON d.company = m.company AND d.member = m.id AND d.conversation = c.id AND d.text <> ''"""
STAYS = """SELECT s.conversation, s.member, s.from_seq FROM unnest($1::bigint[], $2::bigint[]) AS w(home, conversation)
 JOIN stays s ON s.home = w.home AND s.conversation = w.conversation AND s.to_seq IS NULL"""
TARGET = f"""SELECT {rows.TARGET} FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(home, conversation, seq)
 JOIN messages m ON m.home = w.home AND m.conversation = w.conversation AND m.seq = w.seq"""
HELD = """SELECT DISTINCT w.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(conversation, member, seq)
 JOIN conversations c ON c.id = w.conversation
 JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = w.member AND s.from_seq <= w.seq AND s.to_seq >= w.seq"""
VERSION = """SELECT v.conversation, v.seq, v.version, v.member, v.what, v.body
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS w(home, conversation, seq, version)
 JOIN versions v ON v.home = w.home AND v.conversation = w.conversation AND v.seq = w.seq AND v.version = w.version"""
REACTIONS = """SELECT r.conversation, r.seq, r.member, r.emoji FROM unnest($1::bigint[], $2::bigint[]) AS w(conversation, seq)
 JOIN reactions r ON r.conversation = w.conversation AND r.seq = w.seq"""
PINNED = "SELECT conversation, count(*) FROM messages WHERE conversation = ANY($1::bigint[]) AND pinned_at IS NOT NULL GROUP BY 1"
NUMBERS = """SELECT m.conversation, m.seq, m.countable, m.mention_all
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(home, conversation, seq)
 JOIN messages m ON m.home = w.home AND m.conversation = w.conversation AND m.seq = w.seq"""
SOURCE = """SELECT w.member, w.conversation, w.seq, coalesce(v.body, m.body), m.member, m.sent_at
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(member, conversation, seq)
 JOIN conversations c ON c.id = w.conversation
 JOIN messages m ON m.home = c.home AND m.conversation = c.id AND m.seq = w.seq
 LEFT JOIN versions v ON v.home = m.home AND v.conversation = m.conversation AND v.seq = m.seq AND v.version = m.version
 WHERE NOT m.recalled AND m.kind <> 'note' AND EXISTS (SELECT 1 FROM stays s WHERE s.home = c.home AND s.conversation = c.id
  AND s.member = w.member AND s.from_seq <= m.seq AND (s.to_seq IS NULL OR s.to_seq >= m.seq))
 AND NOT EXISTS (SELECT 1 FROM hidden_messages h WHERE h.member = w.member AND h.conversation = c.id AND h.seq = m.seq)"""
MENTIONED = """SELECT w.conversation, w.member FROM unnest($1::bigint[], $2::bigint[]) AS w(conversation, member)
 JOIN conversations c ON c.id = w.conversation
 JOIN stays s ON s.home = c.home AND s.conversation = c.id AND s.member = w.member AND s.to_seq IS NULL"""

# messages, heads and the feed row in one statement: this is all that most batches write
STORE = """WITH inserted AS (
 INSERT INTO messages (home, conversation, seq, member, client_id, kind, body, salt, sent_at, countable, mention_all, reply_to,
  source_conversation, source_seq)
 SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[],
  $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])),
 raised AS (
 UPDATE conversations c SET head = w.head, change = w.change, countable = w.countable, mention_all = w.mention_all,
  last_at = w.last_at, place = $21
 FROM unnest($15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[])
  AS w(id, head, change, countable, mention_all, last_at) WHERE c.id = w.id)
 INSERT INTO feed (position, batch, at, payload) VALUES ($21::bigint, $22, $23, $24)"""
UPDATE_MARKS = """UPDATE marks k SET read = w.read, read_countable = w.read_countable, read_mention_all = w.read_mention_all,
 delivered = w.delivered, marked_unread = w.marked_unread, pinned_to_top = w.pinned_to_top, muted = w.muted, archived = w.archived,
 place = $12
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::boolean[],
  $9::boolean[], $10::boolean[], $11::boolean[])
  AS w(company, member, conversation, read, read_countable, read_mention_all, delivered, marked_unread, pinned_to_top, muted, archived)
 WHERE k.company = w.company AND k.member = w.member AND k.conversation = w.conversation"""
PUT_DRAFT = """INSERT INTO drafts (company, member, conversation, text, place)
 SELECT DISTINCT ON (company, member, conversation) company, member, conversation, text, $5::bigint
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY AS w(company, member, conversation, text, nth)
 ORDER BY company, member, conversation, nth DESC
 ON CONFLICT (company, member, conversation) DO UPDATE SET text = excluded.text, place = excluded.place"""
ADD_MENTIONS = "INSERT INTO mentions (member, conversation, seq) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
ADD_VERSIONS = """INSERT INTO versions (home, conversation, seq, version, what, member, body, salt, reply_to, at)
 SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::bigint[], $7::bytea[], $8::bytea[],
  $9::bigint[], $10::bigint[])"""
UPDATE_TARGETS = """UPDATE messages m SET change = w.change, version = w.version, recalled = w.recalled, reacted = w.reacted,
 pinned_at = w.pinned_at
 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::boolean[], $7::boolean[], $8::bigint[])
  AS w(home, conversation, seq, change, version, recalled, reacted, pinned_at)
 WHERE m.home = w.home AND m.conversation = w.conversation AND m.seq = w.seq"""
DROP_REACTIONS = """DELETE FROM reactions r
 USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS w(conversation, seq, member, emoji)
 WHERE r.conversation = w.conversation AND r.seq = w.seq AND r.member = w.member AND r.emoji = w.emoji"""
ADD_REACTIONS = """INSERT INTO reactions (conversation, seq, member, emoji, at)
 SELECT w.*, $5::bigint FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS w(conversation, seq, member, emoji)"""
# in FIRST, after the position
FOUND_END = 1 + len(rows.FOUND.split(","))
PLACE_END = FOUND_END + rows.WIDTH


def columns(table: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into the arrays that ``unnest`` takes."""
    return [list(column) for column in zip(*table, strict=True)] if table else [[] for _ in range(width)]


class PostgresLog:
    """``LogStatements`` on a connection of asyncpg that holds the turn."""

    def __init__(self, connection: Any) -> None:
        self._fetch = connection.fetch
        self._execute = connection.fetchval  # prepared and cached, unlike `execute`
        self._simple = connection.execute

    async def first(
        self, known: int, keys: Sequence[tuple[bytes, int, int]], pairs: Sequence[tuple[int, int]], loaded: Loaded
    ) -> list[FeedRow]:
        """One statement, and another where the node has not heard of all that was written; three where somebody wrote twice."""
        ids = {(conversation, member): client_id for client_id, member, conversation in keys}
        if len(ids) < len(keys):
            loaded.position, earlier = await self.feed_after(known)
            await self.found(keys, loaded)
            await self.participants(pairs, loaded)
            return earlier
        for row in await self._fetch(FIRST, *columns([(*pair, ids.get(pair)) for pair in pairs], 3)):
            loaded.position = row[0]
            if row[1] is not None:
                rows.add_found(row[1:FOUND_END], loaded)
            place, who = row[FOUND_END:PLACE_END], row[PLACE_END:]
            if who[0] is not None:  # of marks, which only a conversation and its member have
                rows.add_participant(Conversation(*place), Participant(*who), loaded)
        return (await self.feed_after(known))[1] if loaded.position > known else []

    async def feed_after(self, position: int) -> tuple[int, list[FeedRow]]:
        found = await self._fetch(FEED_HEAD_AND_AFTER, position)
        if not found or len(found) > 1001 or found[0][0] > position:  # the row itself is gone: further behind than the feed reaches
            return (await self._fetch(FEED_HEAD))[0][0], []
        return found[-1][0], [FeedRow(row[0], row[1], row[2], decode_payload(row[3])) for row in found[1:]]

    async def found(self, keys: Sequence[tuple[bytes, int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(FOUND, *columns(keys, 3)):
            rows.add_found(row, loaded)

    async def participants(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(PARTICIPANT, *columns(pairs, 2)):
            rows.add_participant(Conversation(*row[: rows.WIDTH]), Participant(*row[rows.WIDTH :]), loaded)

    async def stays(self, conversations: Sequence[int], loaded: Loaded) -> None:
        for conversation in conversations:
            loaded.stays[conversation] = {}
        homes = [loaded.conversations[conversation].home for conversation in conversations]
        for conversation, member, from_seq in await self._fetch(STAYS, homes, list(conversations)):
            loaded.stays[conversation][member] = from_seq

    def _at_home(self, keys: Sequence[tuple[int, ...]], loaded: Loaded) -> list[tuple[int, ...]]:
        return [(loaded.conversations[key[0]].home, *key) for key in keys if key[0] in loaded.conversations]

    async def targets(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(TARGET, *columns(self._at_home(keys, loaded), 3)):
            rows.add_target(row, loaded)

    async def held(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(HELD, *columns(keys, 3)):
            loaded.held.add((row[0], row[1], row[2]))

    async def versions(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for conversation, seq, version, member, what, body in await self._fetch(VERSION, *columns(self._at_home(keys, loaded), 4)):
            loaded.versions[conversation, seq, version] = (member, what, body)

    async def reactions(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for conversation, seq, member, emoji in await self._fetch(REACTIONS, *columns(keys, 2)):
            loaded.reactions.setdefault((conversation, seq), set()).add((member, emoji))

    async def pinned(self, conversations: Sequence[int], loaded: Loaded) -> None:
        for conversation, count in await self._fetch(PINNED, list(conversations)):
            loaded.pinned[conversation] = count

    async def numbers(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        below = [key for key in self._at_home(keys, loaded) if key[2] < loaded.conversations[key[1]].head]
        if below:
            for conversation, seq, countable, mention_all in await self._fetch(NUMBERS, *columns(below, 3)):
                loaded.numbers[conversation, seq] = (countable, mention_all)

    async def sources(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(SOURCE, *columns(keys, 3)):
            if row[3] is not None:
                loaded.sources[row[0], row[1], row[2]] = Source(row[3], row[4], row[5])

    async def mentioned(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> None:
        for row in await self._fetch(MENTIONED, *columns(pairs, 2)):
            loaded.mentioned.add((row[0], row[1]))

    async def wait_for_standby(self) -> None:
        await self._simple("SELECT pg_logical_emit_message(true, '', '')")

    async def store(self, decision: Decision, batch: bytes, payload: bytes) -> None:
        place, now = decision.position, decision.now
        if decision.targets or decision.versions:
            await self._store_changes(decision)
        if decision.marks:
            marks = [
                (
                    k.company, k.member, k.conversation, k.read, k.read_countable, k.read_mention_all, k.delivered, k.marked_unread,
                    k.pinned_to_top, k.muted, k.archived,
                )
                for k in decision.marks
            ]  # fmt: skip
            await self._execute(UPDATE_MARKS, *columns(marks, 11), place)
        if decision.drafts:
            await self._execute(PUT_DRAFT, *columns(decision.drafts, 4), place)
        if decision.mentions:
            await self._execute(ADD_MENTIONS, *columns(decision.mentions, 3))
        salts = os.urandom(16 * len(decision.messages))
        messages = [
            (
                m.home, m.conversation, m.seq, m.member, m.client_id, m.kind, m.body, salts[16 * i : 16 * i + 16], m.sent_at, m.countable,
                m.mention_all, m.reply_to, *(m.source or (None, None)),
            )
            for i, m in enumerate(decision.messages)
        ]  # fmt: skip
        heads = [(c.id, c.head, c.change, c.countable, c.mention_all, c.last_at) for c in decision.conversations]
        await self._execute(STORE, *columns(messages, 14), *columns(heads, 6), place, batch, now, payload)

    async def _store_changes(self, decision: Decision) -> None:
        versions = [
            (v.home, v.conversation, v.seq, v.version, v.what, v.member, v.body, os.urandom(16), v.reply_to, v.at)
            for v in decision.versions
        ]
        if versions:
            await self._execute(ADD_VERSIONS, *columns(versions, 10))
        targets = [(c.home, c.id, t.seq, t.change, t.version, t.recalled, t.reacted, t.pinned_at) for c, t in decision.targets.values()]
        await self._execute(UPDATE_TARGETS, *columns(targets, 8))
        if decision.reactions_off:
            await self._execute(DROP_REACTIONS, *columns(decision.reactions_off, 4))
        if decision.reactions_on:
            await self._execute(ADD_REACTIONS, *columns(decision.reactions_on, 4), decision.now)
