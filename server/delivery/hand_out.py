"""The order of positions on this node: each is applied whole before the next, whoever committed it (LOG D3, D4, F1).

A batch of this node whose conversations are in memory is told at once, in the turn of the loop in which its commit is heard of; for
everything else the rows are read first, in one snapshot, while later positions wait.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from protocol.errors import YizhanError
from protocol.events import SyncToken
from server.clock import Clock
from server.conversations.states import complete
from server.delivery.items import Item, MarksNow, Read, States, item_of
from server.delivery.online import Online
from server.delivery.stays import Entry, Stays
from server.delivery.telling import HINTED, Telling, lowest_reply
from server.delivery.wire import Shared
from server.logs import Logger
from server.sync.tokens import Seal
from storage import feed, heads, messages
from storage.conversations import find, open_stays
from storage.engine import Storage
from storage.feed import FeedRow, Moved, Own, Payload, decode_payload
from storage.work import Read as Snapshot
from storage.writer.batch import Finished
from storage.writer.decide import NewMessage

SWEEP_SECONDS = 1.0
SWEEP_ROWS = 1000
STALE_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
AGAIN_SECONDS = 0.2
log = Logger("delivery")


class HandOut:
    """Applies positions in order. ``known`` is the newest one whose feed row is in hand, ``applied`` the newest one told."""

    def __init__(self, storage: Storage, online: Online, seal: Seal, clock: Clock) -> None:
        self._storage = storage
        self._online = online
        self._seal = seal
        self._clock = clock
        self.stays = Stays()
        self._telling = Telling(online, self.stays)
        self.applied = 0
        self.known = 0
        self._early: dict[int, Item] = {}  # heard of before their predecessor
        self._queue: deque[Item] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_slicing = False  # a position is told in slices, and not to its end
        self._owes_tokens = False  # they were to be told meanwhile
        self._looked_at = clock.monotonic()
        self.on_companies: Callable[[Iterable[int]], None] = lambda companies: None
        """Of which companies a position that was applied changed tree, roles, rules, names or cards (LOG E1)."""
        self.on_applied: Callable[[Payload], None] = lambda payload: None
        """A position was applied, and told."""
        self.on_members: Callable[[Iterable[int], int], None] = lambda members, position: None
        """Whose state, name or card this position, which was applied, changed."""
        self.is_told: Callable[[], bool] = lambda: True
        """Whether those who follow it by reading have told what they read."""
        self.on_anew: Callable[[], None] = lambda: None
        """Positions were passed over."""

    async def start(self) -> None:
        """Begin at the newest position: whoever connects reads what came before it from the tables."""
        self.applied = self.known = await self._storage.read(lambda read: read.value(feed.HEAD))

    async def stop(self) -> None:
        """What is queued is left: clients fetch it on the next node."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def is_fresh(self) -> bool:
        """Whether the feed was applied within the last five seconds (LOG F5)."""
        return self._clock.monotonic() - self._looked_at < STALE_SECONDS

    async def participants(self, conversation: int) -> dict[int, int]:
        """Who is in a conversation now: from memory, or else read and not kept (it would not be exact for the position applied)."""
        entry = self.stays.get(conversation)
        if entry is not None:
            return entry.open

        async def act(read: Snapshot) -> dict[int, int]:
            place = await find(read, conversation)
            return {} if place is None else await open_stays(read, place)

        return await self._storage.read(act)

    # ---- what comes in

    def finished(self, finished: Finished) -> None:
        """A batch of this node was committed; rows of others that its look-up saw come before it (LOG A3b)."""
        self.rows(finished.earlier)
        if finished.decision is not None and finished.decision.writes:
            self._arrived(item_of(finished))
            self._go()

    def rows(self, rows: Iterable[FeedRow]) -> None:
        """Rows of the feed: read after a doorbell, by the sweep, or of an act of this node."""
        for row in rows:
            self._arrived(Item(row.position, row.payload))
        self._go()

    def _arrived(self, item: Item) -> None:
        position = item.position
        if position <= self.known:
            return
        if position > self.known + 1:
            there = self._early.get(position)
            if there is None or there.rows is None:
                self._early[position] = item
            return
        self._queue.append(item)
        self.known = position
        while self._early and (following := self._early.pop(self.known + 1, None)) is not None:
            self._queue.append(following)
            self.known += 1

    async def sweep(self) -> None:
        """Read the feed from the last known position on (LOG D4). Called every second."""
        while await self._swept() == SWEEP_ROWS:
            pass  # this node was away for a while

    async def _swept(self) -> int:
        known = self.known

        async def act(read: Snapshot) -> tuple[int, int, list[FeedRow]]:
            head: int = await read.value(feed.HEAD)
            lowest: int = await read.value(feed.LOWEST)
            found = await read.all(feed.AFTER, position=known, limit=SWEEP_ROWS)
            return head, lowest, [FeedRow(row[0], row[1], row[2], decode_payload(row[3])) for row in found]

        head, lowest, found = await self._storage.read(act)
        self._looked_at = self._clock.monotonic()
        if lowest > known + 1 and self.known == known:
            log.warning("delivery.behind", known=known, lowest=lowest)
            self._start_anew(head)
            return 0
        self.rows(found)
        return len(found)

    def _start_anew(self, position: int) -> None:
        """Rows are gone, or could not be told: connections come back and read the tables (LOG D3).

        Those that have not asked what is new yet, too: the end of their session may be among what was passed over.
        """
        for receiver in self._online.signed_in():
            receiver.resync()
        for item in (*self._queue, *self._early.values()):
            for gone in item.payload.sessions:
                self._online.session_gone(gone.session, gone.reason)
        self.stays.clear()
        self._early.clear()
        self._queue.clear()
        self.applied = self.known = position
        self.on_anew()

    # ---- what goes out

    def _go(self) -> None:
        if self._task is not None:
            return
        queue = self._queue
        while queue:
            if self._needs(queue[0]) or self._telling.is_large(queue[0]):
                self._task = asyncio.create_task(self._drain(), name="hand-out")
                return
            try:
                self._apply(queue[0], NOTHING)
            except Exception as error:
                self._failed(error)
                return
            queue.popleft()

    async def _drain(self) -> None:
        """In order, reading what each needs; the batch of a node that lags is read in the same way, one position at a time."""
        try:
            while self._queue:
                item = self._queue[0]
                read, loaded = await self._patiently(item) if self._needs(item) else (NOTHING, {})
                if not self._queue or self._queue[0] is not item:
                    continue  # it has started anew meanwhile: what was read is of another time
                for conversation, entry in loaded.items():
                    self.stays.keep(conversation, entry)
                if not self._telling.is_large(item):
                    self._apply(item, read)
                elif not await self._applied_in_slices(item, read):
                    continue
                self._queue.popleft()
        except Exception as error:
            self._task = None
            self._failed(error)
            return
        self._task = None
        self._go()

    def _failed(self, error: Exception) -> None:
        """Without this position nothing later may be told."""
        log.exception("delivery.failed", error, position=self._queue[0].position if self._queue else self.known)
        self._start_anew(self.known)

    async def _patiently(self, item: Item) -> tuple[Read, dict[int, Entry]]:
        """While the database is away positions wait."""
        until = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._read(item)
            except YizhanError as error:
                if error.kind != "unknown" or self._clock.monotonic() > until:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)

    def _apply(self, item: Item, read: Read) -> None:
        self._cool(item)
        self._telling.tell(item, read)
        self._finish(item)

    async def _applied_in_slices(self, item: Item, read: Read) -> bool:
        """As ``_apply`` with other work between; False where all has started anew meanwhile."""
        self._cool(item)
        self._is_slicing = True
        try:
            for _ in self._telling.slices(item, read):
                await asyncio.sleep(0)
                if not self._queue or self._queue[0] is not item:
                    self._owes_tokens = False  # the connections were closed
                    return False
        finally:
            self._is_slicing = False
        self._finish(item)
        if self._owes_tokens:
            self._owes_tokens = False
            self.tell_tokens()
        return True

    def _finish(self, item: Item) -> None:
        self.applied = item.position
        self.stays.trim()
        if item.payload.companies:
            self.on_companies(item.payload.companies)
        self.on_applied(item.payload)
        if item.payload.members:
            self.on_members(item.payload.members, item.position)

    def _cool(self, item: Item) -> None:
        """Take over the stays that the batch's look-up read, as of the position before it."""
        for conversation, open in item.stays.items():
            if conversation not in self.stays:
                self.stays.keep(conversation, Entry(item.position - 1, open))

    def tell_tokens(self) -> None:
        """A sync token to every connection that was told something (LOG E3); it stands behind all that was handed out up to it.

        A position that is told in slices holds it back to its end; so does one whose followers read what they tell.
        """
        if self._is_slicing:
            self._owes_tokens = True
            return
        if not self.is_told():
            return
        shared: Shared | None = None
        for receiver in self._online:
            if receiver.told:
                receiver.told = False
                if shared is None:
                    shared = Shared.of(SyncToken(token=self._seal.token(self.applied)))
                receiver.give(shared.wire(receiver.codec))
                receiver.told = False

    # ---- what has to be read first

    def _needs(self, item: Item) -> bool:
        payload = item.payload
        if payload.own and any(one.member in self._online.members and one.what not in HINTED for one in payload.own):
            return True
        return any(self._needs_rows(item, moved) for moved in payload.conversations)

    def _needs_rows(self, item: Item, moved: Moved) -> bool:
        online = self._online.members
        entry = self.stays.get(moved.conversation)
        there = item.stays.get(moved.conversation) if entry is None else entry.open
        if there is None:
            return bool(online)
        ended = entry.ended if entry is not None else ()
        here = not online.keys().isdisjoint(there.keys()) or any(member in online for member, _ in moved.joined)
        if not here and not ended:  # but who has left long ago may be, and moves his marks
            return not online.keys().isdisjoint(moved.marks) and self._lacks_marks(item, moved)
        if moved.change > moved.change_before or moved.joined or moved.left or ended:
            return True
        if moved.seq > moved.seq_before:
            rows = item.rows.get(moved.conversation) if item.rows is not None else None
            if rows is None or moved.seq_before == 0 or (item.replies and self._hides_a_reply(rows, there)):
                return True
        return self._lacks_marks(item, moved)

    def _lacks_marks(self, item: Item, moved: Moved) -> bool:
        return bool([member for member in moved.marks if self._marks_missing(item, moved, member)])  # one mark mostly: no generator

    @staticmethod
    def _hides_a_reply(rows: Iterable[NewMessage], there: dict[int, int]) -> bool:
        lowest = lowest_reply(rows)
        return bool(lowest) and any(from_seq > lowest for from_seq in there.values())

    def _marks_missing(self, item: Item, moved: Moved, member: int) -> bool:
        """The counts are for his own devices only."""
        now = item.marks.get((moved.conversation, member))
        return now is None or (now.unread is None and member in self._online.members)

    async def _read(self, item: Item) -> tuple[Read, dict[int, Entry]]:
        """Everything in one snapshot; a conversation that is not in memory is loaded with the position that it saw (LOG F1)."""

        async def read_all(snapshot: Snapshot) -> tuple[Read, dict[int, Entry]]:
            seen: int = await snapshot.value(feed.HEAD)
            read, loaded = Read(seen), dict[int, Entry]()
            for moved in item.payload.conversations:
                await self._read_conversation(snapshot, item, moved, read, loaded, seen)
            for own in item.payload.own:
                if own.member in self._online.members and own.what not in HINTED:
                    await self._read_state(snapshot, read.own, own.conversation, own.member, own if own.what == "hidden" else None)
            return read, loaded

        return await self._storage.read(read_all)

    async def _read_conversation(
        self, snapshot: Snapshot, item: Item, moved: Moved, read: Read, loaded: dict[int, Entry], seen: int
    ) -> None:
        conversation, home = moved.conversation, moved.home
        entry = self.stays.get(conversation)
        if entry is None and conversation not in item.stays:
            first = moved.seq_before + 1 if moved.seq > moved.seq_before else moved.seq
            found = await snapshot.all(messages.STAYS_FROM, home=home, conversation=conversation, first=first)
            open = {row[0]: row[1] for row in found if row[2] is None}
            loaded[conversation] = Entry(seen, open, [(row[0], row[1], row[2]) for row in found if row[2] is not None])
        if moved.seq > moved.seq_before and (item.rows is None or conversation not in item.rows):
            read.rows[conversation] = await messages.between(snapshot, home, conversation, moved.seq_before + 1, moved.seq)
        if moved.change > moved.change_before:
            read.changed[conversation] = await messages.changed_up_to(snapshot, conversation, moved.change_before, moved.change)
        ended = await snapshot.all(messages.ENDED_STAYS, home=home, conversation=conversation, first=1)
        read.ended[conversation] = [(row[0], row[1], row[2]) for row in ended]
        for member, _ in moved.joined:
            if member in self._online.members:
                await self._read_state(snapshot, read.states, conversation, member)
        if moved.seq_before == 0 and moved.seq and not moved.joined:  # the first words: who did not open it has not heard of it
            for row in await snapshot.all(messages.STAYS_FROM, home=home, conversation=conversation, first=1):
                if row[0] in self._online.members:
                    await self._read_state(snapshot, read.states, conversation, row[0])
        await self._read_marks(snapshot, item, moved, read)

    async def _read_state(self, snapshot: Snapshot, into: States, conversation: int, member: int, hiding: Own | None = None) -> None:
        company = self._online.members[member][0].company if member in self._online.members else None
        if company is None:
            return
        row = await heads.one(snapshot, company, member, conversation)
        if row is None:
            return
        state = (await complete(snapshot, member, [row]))[0]
        if hiding is not None:
            asked = {"member": member, "conversation": conversation, "number": hiding.before, "limit": hiding.after - hiding.before}
            state = state._replace(hidden_seqs=tuple([row[0] for row in await snapshot.all(messages.HIDDEN_AFTER, **asked)]))
        into[conversation, member] = state

    async def _read_marks(self, snapshot: Snapshot, item: Item, moved: Moved, read: Read) -> None:
        missing = [member for member in moved.marks if self._marks_missing(item, moved, member)]
        if not missing:
            return
        rows = await snapshot.all(messages.MARKS_OF, conversation=moved.conversation, members=missing)
        for member, delivered, mark in rows:
            seq = unread = mentions = 0
            marked = False
            receivers = self._online.members.get(member)
            if receivers:
                row = await heads.one(snapshot, receivers[0].company, member, moved.conversation)
                if row is not None:
                    seq, unread, mentions, marked = (
                        row["seq"],
                        row["unread"],
                        row["mention_all"] + row["mentions"],
                        bool(row["marked_unread"]),
                    )
            read.marks[moved.conversation, member] = MarksNow(delivered, mark, seq, unread, mentions, marked)


NOTHING = Read()
