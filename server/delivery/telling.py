"""Who is told what of one position: pure of I/O, everything needed is at hand or was read before (LOG F1, F3, F4).

A viewer is told the part of a range that his stays hold; who sees all of it shares one encoded frame with all others who do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from protocol import limits
from protocol.codec import Codec
from protocol.events import (
    ContactsChanged,
    ConversationChanged,
    FavouritesChanged,
    Frame,
    Left,
    Marks,
    MarksMoved,
    Message,
    Messages,
    MessagesChanged,
    MessagesHidden,
    OutsideChanged,
    OwnMarks,
    ProfileChanged,
)
from protocol.ids import to_wire
from server.conversations.states import State, on_wire
from server.delivery.items import Item, MarksNow, Read
from server.delivery.online import Online, Receiver
from server.delivery.stays import Entry, Stays, Viewer
from server.delivery.wire import Shared
from server.messages.rules import may_see
from server.messages.wire import as_now, fresh
from storage.feed import Moved, Own
from storage.messages import Row
from storage.writer.decide import NewMessage

Rows = Sequence[NewMessage | Row]
HINTED: Mapping[str, Frame] = {"favourites": FavouritesChanged(), "contacts": ContactsChanged(), "outside": OutsideChanged()}
"""One's own rows of which devices are told only that they changed: each fetches them when they are shown."""
SLICE = 250
"""Connections that are told in one turn of the loop, where very many are (DESIGN 5.4)."""


class Telling:
    """Tells the connections of this node what a position brought."""

    def __init__(self, online: Online, stays: Stays) -> None:
        self._online = online
        self._stays = stays
        self._later: list[tuple[Receiver, Shared]] | None = None  # in slices: who is to be told what, in this order

    def tell(self, item: Item, read: Read) -> None:
        self._tell_rows(item, read)
        self._tell_people(item)

    def is_large(self, item: Item) -> bool:
        """Whether so many may hear of it that other work comes between."""
        if len(self._online.members) <= SLICE:
            return False
        if self._stays.widest <= SLICE and not any(len(there) > SLICE for there in item.stays.values()):
            return False
        for moved in item.payload.conversations:
            if moved.seq > moved.seq_before or moved.change > moved.change_before:  # marks are told to few
                entry = self._stays.get(moved.conversation)
                if len(item.stays.get(moved.conversation, ()) if entry is None else entry.open) > SLICE:
                    return True
        return False

    def slices(self, item: Item, read: Read) -> Iterator[None]:
        """As ``tell``; between two slices anything may happen but another position."""
        later: list[tuple[Receiver, Shared]] = []
        self._later = later
        try:
            self._tell_rows(item, read)
        finally:
            self._later = None
        for first in range(0, len(later), SLICE):
            if first:
                yield
            for receiver, shared in later[first : first + SLICE]:
                receiver.give(shared.wire(receiver.codec))
        self._tell_people(item)

    def _tell_rows(self, item: Item, read: Read) -> None:
        for moved in item.payload.conversations:
            entry = self._stays.get(moved.conversation)
            if entry is not None:  # else nobody here is in it
                entry.apply(item.position, moved.joined, moved.left)
                if moved.joined:
                    self._stays.widen(entry)
                self._conversation(item, moved, entry, read)
                entry.settle(item.position)
        for own in item.payload.own:
            self._own(own, read)

    def _tell_people(self, item: Item) -> None:
        for gone in item.payload.sessions:
            self._online.session_gone(gone.session, gone.reason)
        for session in item.payload.freed:
            self._online.session_freed(session)
        for member in item.payload.members:
            changed = Shared.of(ProfileChanged(member=to_wire(member)))
            self._give(self._online.members.get(member, ()), changed)

    def _give(self, receivers: Iterable[Receiver], shared: Shared) -> None:
        if self._later is not None:
            self._later += [(receiver, shared) for receiver in receivers]
            return
        for receiver in receivers:
            receiver.give(shared.wire(receiver.codec))

    # ---- one conversation

    def _conversation(self, item: Item, moved: Moved, entry: Entry, read: Read) -> None:
        for (conversation, member), state in read.states.items():
            if conversation == moved.conversation and (state.row["seq"] or state.row["is_open"]):
                self._give(self._online.members.get(member, ()), _state_changed(state))
        if moved.seq > moved.seq_before:
            self._messages(item, moved, entry, read)
        if moved.change > moved.change_before:
            self._changes(moved, entry, read)
        for member, seq in moved.left:
            left = Left(conversation=to_wire(moved.conversation), seq=seq, change=moved.change)
            self._give(self._online.members.get(member, ()), Shared.of(left))
        if moved.marks:
            self._marks(item, moved, entry, read)

    def _viewers(self, entry: Entry, first: int, last: int) -> list[Viewer]:
        """Who is connected here and has a stay that holds part of ``first`` … ``last``."""
        online, there = self._online.members, entry.open
        if len(there) < len(online):
            found = [Viewer(member, from_seq, None) for member, from_seq in there.items() if from_seq <= last and member in online]
        else:
            found = [Viewer(member, there[member], None) for member in online if member in there and there[member] <= last]
        if entry.ended:
            found += [Viewer(*stay) for stay in entry.ended if stay[0] in online and stay[1] <= last and stay[2] >= first]
        return found

    def _messages(self, item: Item, moved: Moved, entry: Entry, read: Read) -> None:
        conversation, first, last = moved.conversation, moved.seq_before + 1, moved.seq
        viewers = self._viewers(entry, first, last)
        if not viewers:
            return
        at_hand = item.rows.get(conversation) if item.rows is not None else None
        rows: Rows = at_hand if at_hand is not None else read.rows.get(conversation, ())
        lowest = (item.replies and lowest_reply(rows)) or first
        all_of_it = Shared(lambda codec: _messages_event(moved, rows, moved.seq, codec))
        origin = item.origins.get(conversation)
        later = self._later
        for viewer in viewers:
            if viewer.to_seq is None and viewer.from_seq <= first and viewer.from_seq <= lowest:
                shared = all_of_it
            else:
                shared = self._part(moved, rows, viewer, read)
            for receiver in self._online.members[viewer.member]:
                if receiver is origin:
                    receiver.told = True
                elif later is None:
                    receiver.give(shared.wire(receiver.codec))
                else:
                    later.append((receiver, shared))

    def _part(self, moved: Moved, rows: Rows, viewer: Viewer, read: Read) -> Shared:
        """What one viewer may see of the range, where that is not all of it."""
        last = moved.seq if viewer.to_seq is None else min(viewer.to_seq, moved.seq)
        mine = [row for row in rows if viewer.from_seq <= row.seq <= last]
        stays = [(viewer.from_seq, viewer.to_seq), *_ended(read, moved.conversation, viewer.member)]
        return Shared(lambda codec: _messages_event(moved, mine, last, codec, stays))

    def _changes(self, moved: Moved, entry: Entry, read: Read) -> None:
        """To who is in it at this position; the ended stays decide, too, which of the rows he sees (LOG F1)."""
        rows = read.changed.get(moved.conversation, [])
        everything: dict[tuple[int, ...], Shared] = {}
        for viewer in self._present(entry, moved):
            stays = [(viewer.from_seq, viewer.to_seq), *_ended(read, moved.conversation, viewer.member)]
            mine = [row for row in rows if may_see(stays, row.seq)]
            key = (*(row.seq for row in mine), -1, *(row.seq for row in mine if row.reply_to and not may_see(stays, row.reply_to)))
            shared = everything.get(key)
            if shared is None:
                shared = everything[key] = _changes_event(moved, mine, stays)
            self._give(self._online.members[viewer.member], shared)

    def _present(self, entry: Entry, moved: Moved) -> list[Viewer]:
        """Who is in it at this position, and not leaving with it."""
        viewers = self._viewers(entry, moved.seq, moved.seq)
        return [viewer for viewer in viewers if viewer.to_seq is None or viewer.to_seq > moved.seq]

    def _marks(self, item: Item, moved: Moved, entry: Entry, read: Read) -> None:
        others: list[tuple[int, MarksNow]] = []
        for member in moved.marks:
            key = (moved.conversation, member)
            now = item.marks.get(key)
            raised = key in item.raised  # by his own sending: the message says as much, and to his device the answer
            if (now is None or now.unread is None) and (later := read.marks.get(key)) is not None:
                now = later
                if not raised:
                    entry.marked[member] = read.seen
            elif now is None or entry.marked.get(member, 0) >= item.position:
                continue  # what was told already is newer: a mark never goes back
            origin = item.origins.get(moved.conversation) if raised else None
            mine = [one for one in self._online.members.get(member, ()) if one is not origin]
            if mine and now.unread is not None:  # else he came while this was read: the page of heads that he gets is newer
                self._give(mine, Shared.of(_own_marks(moved.conversation, now)))
            if not raised:
                others.append((member, now))
        if others and len(entry.open) <= limits.DELIVERED_UP_TO:
            self._others_marks(moved, entry, others)

    def _others_marks(self, moved: Moved, entry: Entry, others: list[tuple[int, MarksNow]]) -> None:
        for viewer in self._present(entry, moved):
            marks = tuple(Marks(to_wire(member), now.delivered, now.read) for member, now in others if member != viewer.member)
            if marks:
                told = MarksMoved(conversation=to_wire(moved.conversation), marks=marks)
                self._give(self._online.members[viewer.member], Shared.of(told))

    # ---- one's own rows

    def _own(self, own: Own, read: Read) -> None:
        receivers = self._online.members.get(own.member, ())
        if not receivers:
            return
        if own.what in HINTED:
            self._give(receivers, Shared.of(HINTED[own.what]))
            return
        state = read.own.get((own.conversation, own.member))
        if state is None:
            return
        if own.what == "hidden":
            conversation = to_wire(own.conversation)
            hidden = MessagesHidden(conversation=conversation, after=own.before, up_to=own.after, seqs=state.hidden_seqs)
            self._give(receivers, Shared.of(hidden))
        else:
            self._give(receivers, _state_changed(state))


def lowest_reply(rows: Iterable[NewMessage | Row]) -> int:
    """The lowest seq that one of ``rows`` replies to, or nought."""
    lowest = 0
    for row in rows:
        if row.reply_to and (not lowest or row.reply_to < lowest):
            lowest = row.reply_to
    return lowest


def _state_changed(state: State) -> Shared:
    return Shared(lambda codec: ConversationChanged(state=on_wire(state, codec)))


def _changes_event(moved: Moved, rows: Sequence[Row], stays: Sequence[tuple[int, int | None]]) -> Shared:
    def event(codec: Codec) -> MessagesChanged:
        return MessagesChanged(
            conversation=to_wire(moved.conversation),
            after=moved.change_before,
            up_to=moved.change,
            messages=tuple(as_now(row, codec, lambda seq: may_see(stays, seq)) for row in rows),
        )

    return Shared(event)


def _ended(read: Read, conversation: int, member: int) -> list[tuple[int, int | None]]:
    return [(stay[1], stay[2]) for stay in read.ended.get(conversation, ()) if stay[0] == member]


def _messages_event(moved: Moved, rows: Rows, last: int, codec: Codec, stays: Sequence[tuple[int, int | None]] | None = None) -> Messages:
    sees = None if stays is None else (lambda seq: may_see(stays, seq))
    made: list[Message] = []
    for row in rows:
        if isinstance(row, NewMessage):
            made.append(fresh(row, codec, sees))
        else:
            made.append(as_now(row, codec, sees))
    return Messages(conversation=to_wire(moved.conversation), after=moved.seq_before, up_to=last, messages=tuple(made))


def _own_marks(conversation: int, now: MarksNow) -> OwnMarks:
    return OwnMarks(
        conversation=to_wire(conversation),
        seq=now.seq,
        read=now.read,
        delivered=now.delivered,
        unread=max(now.unread or 0, 0),
        unread_mentions=now.unread_mentions,
        marked_unread=now.marked_unread,
    )
