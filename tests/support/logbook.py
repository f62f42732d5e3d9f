"""What stands in the log and the feed, read straight from the tables, and the laws that must hold of it (LOG A, D, G, H).

``Book.check`` judges everything that a test has written, from scratch, by nothing but the rows; it knows no code of the writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Self

import sqlalchemy as sa

from storage import heads
from storage.engine import Storage
from storage.feed import Moved, decode_payload
from storage.schema.conversations import conversations, marks, mentions, stays
from storage.schema.log import feed, messages, versions
from storage.statements import column, statement
from storage.work import Read, Work

_m, _v, _c, _s, _k = messages.c, versions.c, conversations.c, stays.c, marks.c
_MESSAGE = ("conversation", "seq", "member", "client_id", "kind", "sent_at", "countable", "mention_all", "change", "version")
_CONVERSATION = ("id", "home", "kind", "head", "change", "countable", "mention_all", "last_at", "place")
_MARKS = (
    *("company", "member", "conversation", "read", "read_countable", "read_mention_all"),
    *("end_seq", "end_countable", "end_mention_all", "place"),
)
MESSAGES = statement(sa.select(*(messages.c[name] for name in _MESSAGE)).order_by(_m.conversation, _m.seq))
VERSIONS = statement(sa.select(_v.conversation, _v.seq, _v.version, _v.at).order_by(_v.conversation, _v.seq, _v.version))
CONVERSATIONS = statement(sa.select(*(conversations.c[name] for name in _CONVERSATION)))
STAYS = statement(sa.select(_s.conversation, _s.member, _s.from_seq, _s.to_seq).order_by(_s.conversation, _s.member, _s.from_seq))
MARKS = statement(sa.select(*(marks.c[name] for name in _MARKS)))
MENTIONS = statement(sa.select(mentions.c.member, mentions.c.conversation, mentions.c.seq))
SEQS = statement(sa.select(_m.seq).where(_m.conversation == column("conversation")).order_by(_m.seq))
FEED = statement(sa.select(feed.c.position, feed.c.batch, feed.c.at, feed.c.payload).order_by(feed.c.position))


class Broken(AssertionError):
    """A law of the log does not hold; the message begins with the rule."""


def law(rule: str, holds: object, what: object) -> None:
    if not holds:
        raise Broken(f"{rule}: {what}")


async def tell(work: Work) -> int:
    """The smallest act: tell the feed of a member; gives its position."""
    work.wrote = True
    work.member_changed(1)
    return work.position


async def seqs_of(storage: Storage, conversation: int) -> list[int]:
    return [row[0] for row in await storage.read(lambda read: read.all(SEQS, conversation=conversation))]


@dataclass(frozen=True)
class Told:
    """A feed row."""

    position: int
    batch: bytes
    at: int
    moved: Sequence[Moved]


@dataclass
class Book:
    """All rows of the log."""

    messages: list[Any]
    versions: list[Any]
    conversations: dict[int, Any]
    stays: dict[tuple[int, int], list[tuple[int, int | None]]]
    marks: list[Any]
    mentions: set[tuple[int, int, int]]
    feed: list[Told]
    states: dict[tuple[int, int], Any]

    @classmethod
    async def read(cls, storage: Storage) -> Self:
        async def act(read: Read) -> Self:
            held: dict[tuple[int, int], list[tuple[int, int | None]]] = {}
            for conversation, member, from_seq, to_seq in await read.all(STAYS):
                held.setdefault((conversation, member), []).append((from_seq, to_seq))
            own = await read.all(MARKS)
            states = {}
            for row in own:
                states[row["conversation"], row["member"]] = await heads.one(read, row["company"], row["member"], row["conversation"])
            return cls(
                messages=await read.all(MESSAGES),
                versions=await read.all(VERSIONS),
                conversations={row["id"]: row for row in await read.all(CONVERSATIONS)},
                stays=held,
                marks=own,
                mentions={tuple(row) for row in await read.all(MENTIONS)},
                feed=[Told(row[0], row[1], row[2], decode_payload(row[3]).conversations) for row in await read.all(FEED)],
                states=states,
            )

        return await storage.read(act)

    def check(self) -> None:
        """Raises: Broken."""
        self._check_messages()
        self._check_versions()
        self._check_heads()
        self._check_feed()
        self._check_stays()
        self._check_counts()

    def of(self, conversation: int) -> list[Any]:
        return [row for row in self.messages if row["conversation"] == conversation]

    def _check_messages(self) -> None:
        for conversation, rows in groupby(self.messages, lambda row: row["conversation"]):
            found = list(rows)
            law("A3 no holes", [row["seq"] for row in found] == list(range(1, len(found) + 1)), [row["seq"] for row in found])
            times = [row["sent_at"] for row in found]
            law("A3 times never go back", times == sorted(times), times)
            countable = 0
            for row in found:
                countable += row["kind"] != "note"
                law("H1 running number", row["countable"] == countable, (conversation, row["seq"]))
            ids = [(row["client_id"], row["member"]) for row in found if row["client_id"] is not None]
            law("A5 one wish, one message", len(ids) == len(set(ids)), conversation)

    def _check_versions(self) -> None:
        sent = {(row["conversation"], row["seq"]): row for row in self.messages}
        for key, rows in groupby(self.versions, lambda row: (row["conversation"], row["seq"])):
            found = list(rows)
            law("A5 versions in a row", [row["version"] for row in found] == list(range(2, len(found) + 2)), key)
            law("A5 the newest version", sent[key]["version"] == len(found) + 1, key)
            times = [sent[key]["sent_at"], *(row["at"] for row in found)]
            law("A3 times of versions never go back", times == sorted(times), times)

    def _check_heads(self) -> None:
        for conversation, place in self.conversations.items():
            rows = self.of(conversation)
            law("A3 head", place["head"] == len(rows), conversation)
            law("H1 head's number", place["countable"] == sum(row["kind"] != "note" for row in rows), conversation)
            law("H1 head's number of @all", place["mention_all"] == (rows[-1]["mention_all"] if rows else 0), conversation)
            changes = [row["change"] for row in rows if row["change"]]
            law("A3 changes", len(set(changes)) == len(changes) and place["change"] == max(changes, default=0), conversation)

    def _check_feed(self) -> None:
        positions = [told.position for told in self.feed]
        law("D1 positions without holes", all(b == a + 1 for a, b in pairwise(positions)), positions)
        law("B1 a batch has one position", len({told.batch for told in self.feed}) == len(self.feed), "a batch twice")
        at = {id: (0, 0) for id in self.conversations}
        whole = positions[0] == 0
        for told in self.feed:
            for moved in told.moved:
                before = (moved.seq_before, moved.change_before)
                law("A1 predecessors", not whole or at[moved.conversation] == before, (told.position, at[moved.conversation], before))
                at[moved.conversation] = (moved.seq, moved.change)
                law("E1 place", self.conversations[moved.conversation]["place"] >= told.position or moved.seq == moved.seq_before, told)
        for id, place in self.conversations.items():
            law("D1 everything is told", not whole or at[id] == (place["head"], place["change"]), id)

    def _check_stays(self) -> None:
        for key, held in self.stays.items():
            law("G1 stays one after the other", all(a[1] is not None and a[1] < b[0] for a, b in pairwise(held)), (key, held))
        for row in self.messages:
            if row["kind"] != "note":
                held = self.stays.get((row["conversation"], row["member"]), [])
                inside = any(a <= row["seq"] and (b is None or row["seq"] <= b) for a, b in held)
                law("A5 nobody writes outside his stays", inside, (row["conversation"], row["seq"], held))

    def _check_counts(self) -> None:
        """Unread and mentions counted from scratch: H1."""
        for row in self.marks:
            conversation, member = row["conversation"], row["member"]
            held = self.stays[conversation, member]
            begin, end = held[-1]
            law("G1 an ended stay has its end in the marks", (end is None) == (row["end_seq"] is None) and row["end_seq"] == end, held)
            last = self.conversations[conversation]["head"] if end is None else end
            law("H2 a mark is cut", begin - 1 <= row["read"] <= last, (row["read"], begin, last))
            state = self.states[conversation, member]
            above = [one for one in self.of(conversation) if row["read"] < one["seq"] <= last]
            unread = sum(one["kind"] != "note" for one in above)
            law("H1 unread", state["unread"] == unread, (conversation, member, state["unread"], unread))
            of_all = self._all_of(conversation)
            named = {seq for who, where, seq in self.mentions if (who, where) == (member, conversation)}
            wanted = sum(one["seq"] in of_all or one["seq"] in named for one in above)
            law("H1 mentions", state["mentions"] + state["mention_all"] == wanted, (conversation, member, wanted))

    def _all_of(self, conversation: int) -> set[int]:
        """The seqs that mention everybody."""
        numbers = [(0, 0), *((row["seq"], row["mention_all"]) for row in self.of(conversation))]
        return {b[0] for a, b in pairwise(numbers) if b[1] > a[1]}


async def check(storage: Storage) -> Book:
    """All laws over all that was written. Raises: Broken."""
    book = await Book.read(storage)
    book.check()
    return book
