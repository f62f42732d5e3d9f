"""The five steps of a batch over an adapter's statements: one algorithm for both databases (LOG A3).

The transaction and the turn are the caller's: (a) has happened before ``run`` and (e) comes after it.
"""

from collections.abc import Callable, Container, Sequence
from typing import Protocol

from storage.feed import FeedRow, encode_payload
from storage.writer.decide import Decision, Policy, decide
from storage.writer.entries import ChangeEntry, EditEntry, Entry, MarkEntry, PinEntry, ReactEntry, SendEntry
from storage.writer.loaded import Loaded


class LogStatements(Protocol):
    """What an adapter can do inside its transaction; each call is one statement for the whole batch where the database allows."""

    async def first(
        self, known: int, keys: Sequence[tuple[bytes, int, int]], pairs: Sequence[tuple[int, int]], loaded: Loaded
    ) -> list[FeedRow]:
        """What every batch begins with: the newest position, what has one of these (client id, member, conversation) already, and these
        (conversation, member). Returns: the feed's rows after ``known``, at most 1,000; none where the node is further behind.
        """

    async def stays(self, conversations: Sequence[int], loaded: Loaded) -> None: ...
    async def targets(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None: ...
    async def held(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None:
        """Which of these (conversation, member, seq) lie in an ended stay of the member."""

    async def versions(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None: ...
    async def reactions(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None: ...
    async def pinned(self, conversations: Sequence[int], loaded: Loaded) -> None: ...
    async def numbers(self, keys: Sequence[tuple[int, int]], loaded: Loaded) -> None: ...
    async def sources(self, keys: Sequence[tuple[int, int, int]], loaded: Loaded) -> None: ...
    async def mentioned(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> None: ...
    async def store(self, decision: Decision, batch: bytes, payload: bytes) -> None: ...
    async def wait_for_standby(self) -> None:
        """Make this COMMIT wait as if it had written, for its answers rest on what it found (LOG A5)."""


class Done:
    """A batch that was decided and stored, not yet committed."""

    __slots__ = ("batch", "decision", "earlier", "entries", "stays")

    def __init__(
        self, entries: Sequence[Entry], decision: Decision, batch: bytes, earlier: list[FeedRow], stays: dict[int, dict[int, int]]
    ) -> None:
        self.entries = entries
        self.decision = decision
        self.batch = batch
        self.earlier = earlier
        self.stays = stays


async def run(
    statements: LogStatements,
    entries: Sequence[Entry],
    *,
    known: int,
    cached: Container[int],
    batch: bytes,
    now: Callable[[], int],
    policy: Policy,
) -> Done:
    """Look up, decide, store.

    ``known``: the node's last known position. ``cached``: the conversations whose stays it has in memory; those of others are read too, as
    of the position before this batch's (LOG F1). ``batch``: 16 random bytes that name it in the feed (LOG B1).
    """
    loaded = Loaded(known)
    earlier = await _look_up(statements, entries, loaded, known, cached)
    decision = decide(entries, loaded, now(), policy)
    if decision.writes:
        await statements.store(decision, batch, encode_payload(decision.payload))
    elif decision.found:
        await statements.wait_for_standby()
    return Done(entries, decision, batch, earlier, loaded.stays)


async def _look_up(
    statements: LogStatements, entries: Sequence[Entry], loaded: Loaded, known: int, cached: Container[int]
) -> list[FeedRow]:
    keys: list[tuple[bytes, int, int]] = []
    pairs: dict[tuple[int, int], None] = {}
    sources: list[tuple[int, int, int]] = []
    mentions: dict[tuple[int, int], None] = {}
    others: list[Entry] = []
    for entry in entries:
        pairs[entry.conversation, entry.member] = None
        if entry.__class__ is SendEntry:
            assert isinstance(entry, SendEntry)
            keys.append((entry.client_id, entry.member, entry.conversation))
            if entry.source is not None:
                sources.append((entry.member, *entry.source))
            for member in entry.mentions:
                mentions[entry.conversation, member] = None
        else:
            others.append(entry)
    loaded.repeats = len(set(keys)) < len(keys)
    loaded.has_marks = any(isinstance(entry, MarkEntry) for entry in others)
    earlier = await statements.first(known, keys, list(pairs), loaded)
    if others:
        await _look_up_others(statements, others, loaded)
    if sources:
        await statements.sources(sources, loaded)
    if mentions:
        await statements.mentioned(list(mentions), loaded)
    cold = [conversation for conversation in loaded.conversations if conversation not in cached]
    if cold:
        await statements.stays(cold, loaded)
    return earlier


async def _look_up_others(statements: LogStatements, entries: Sequence[Entry], loaded: Loaded) -> None:
    changes = [entry for entry in entries if isinstance(entry, ChangeEntry)]
    if changes:
        await statements.targets(list({(entry.conversation, entry.seq): None for entry in changes}), loaded)
        apart = {(entry.conversation, entry.member, entry.seq): None for entry in changes if not loaded.in_open_stay(entry)}
        if apart:
            await statements.held(list(apart), loaded)
        edits = [(entry.conversation, entry.seq, entry.version + 1) for entry in changes if isinstance(entry, EditEntry)]
        if edits:
            await statements.versions(edits, loaded)
        reacted = {(entry.conversation, entry.seq): None for entry in changes if isinstance(entry, ReactEntry)}
        if reacted:
            await statements.reactions(list(reacted), loaded)
        pinned = {entry.conversation: None for entry in changes if isinstance(entry, PinEntry)}
        if pinned:
            await statements.pinned(list(pinned), loaded)
    marks = {(entry.conversation, entry.read): None for entry in entries if isinstance(entry, MarkEntry) and entry.read}
    if marks:
        await statements.numbers(list(marks), loaded)
