"""All views of a device: which frame goes to which view, where a view starts, and which hole comes next.

It turns frames into events and holes; requests, connections and wishes are the core's.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from . import events
from ._protocol import events as wire
from ._protocol.codec import Codec
from ._protocol.limits import PAGE
from .counts import after_mark, after_message, with_late_state, with_own_marks
from .messages import Conversation, Message, read_conversation, read_message
from .settings import OwnSettings
from .state import Cursor
from .view import Hole, View


class Policy(msgspec.Struct, frozen=True):
    """How much of a conversation is fetched that is new to this device, and how many shown messages are kept for comparison.

    ``all``: from the first message that one may see. ``recent``: the last ``recent`` of it. What is said later always comes.
    """

    fetch: Literal["all", "recent"] = "recent"
    recent: int = 50
    keep: int = 200


class Conversations:
    def __init__(self, policy: Policy, codec: Codec) -> None:
        self.policy = policy
        self.codec = codec
        self.me = ""
        self.views: dict[str, View] = {}
        self.known: dict[str, Conversation] = {}
        self._news: dict[str, None] = {}  # views that may have a hole, in the order in which they were told of
        self._busy: set[str] = set()
        self._marked: dict[str, tuple[int, int]] = {}  # read, delivered: set by this device, and not said by the server yet
        self._own: dict[str, OwnSettings] = {}

    def drop(self) -> None:
        """Forget everything (LOG E4)."""
        self.views, self.known, self._news = {}, {}, {}
        self._busy = set()
        self._marked = {}
        self._own = {}

    # ---- frames

    def take_page(self, states: Iterable[wire.ConversationState], *, snapshot: bool) -> list[events.Event]:
        """A page of sync: it was read on this connection, so nothing that was acknowledged on the one before is missing in it."""
        shown: list[events.Event] = []
        for state in states:
            self._own.pop(state.conversation, None)
            shown += self.take_state(state, snapshot=snapshot)
        return shown

    def take_state(self, state: wire.ConversationState, *, snapshot: bool = False) -> list[events.Event]:
        """A conversation as the server has it: on a page of sync, by an event, or in the answer to opening one."""
        name = state.conversation
        view = self.views.get(name)
        was_out = view is None or view.ended
        if view is None:
            view = self._start(name, self._before(state, snapshot), change=state.change, hidden=state.hidden)
            view.tell(seq=state.seq)
            if state.ended:
                view.leave(state.seq)
        elif state.ended:
            view.leave(state.seq)
        else:
            view.come_back()
            view.tell(seq=state.seq, change=state.change)
        view.tell(hidden=state.hidden)
        conversation = read_conversation(self.codec, state)
        if (before := self.known.get(name)) is not None and state.seq < before.seq:
            conversation = with_late_state(before, conversation, self._above(name, state.seq), self.me)
        if (own := self._own.get(name)) is not None:
            conversation = own.keep(conversation)
        self.known[name] = conversation
        self._confirmed(name, state.read, state.delivered)
        if (mine := self._marked.get(name)) is not None:  # taken by the server, and written within a second (LOG H3)
            self.raise_mark(name, read=mine[0], delivered=mine[1])
            conversation = self.known[name]
        self._news[name] = None
        if state.ended and not was_out:
            return [events.ConversationUpdated(conversation), events.LeftConversation(name, state.seq)]
        joined = was_out and not state.ended and not snapshot
        return [events.JoinedConversation(conversation) if joined else events.ConversationUpdated(conversation)]

    def _before(self, state: wire.ConversationState, snapshot: bool) -> int:
        """The seq up to which nothing is wanted of a conversation that is new to this device."""
        if self.policy.fetch == "all":
            return state.first - 1
        # what appears later than the first sign-in is news, however little of the past is wanted
        recent = self.policy.recent if snapshot else max(self.policy.recent, PAGE)
        return max(state.first - 1, state.seq - recent)

    def _start(self, name: str, before: int, *, change: int = 0, hidden: int = 0) -> View:
        view = self.views[name] = View(name, keep=self.policy.keep)
        view.start(before, change=change, hidden=hidden)
        return view

    def _view(self, name: str, after: int) -> View:
        """The view that an event is about; a conversation of which nothing was told begins right before the event."""
        view = self.views.get(name)
        if view is None:
            view = self._start(name, 0 if self.policy.fetch == "all" else max(0, after - self.policy.recent))
        self._news[name] = None
        return view

    def take_messages(self, frame: wire.Messages | wire.HistoryPage) -> list[events.Event]:
        view = self._view(frame.conversation, frame.after)
        rows = tuple([read_message(self.codec, frame.conversation, message) for message in frame.messages])
        return self._counted(view.take_messages(frame.after, frame.up_to, rows))

    def take_changes(self, frame: wire.MessagesChanged | wire.ChangesPage) -> list[events.Event]:
        view = self._view(frame.conversation, 0)
        rows = tuple([read_message(self.codec, frame.conversation, message) for message in frame.messages])
        return view.take_changes(frame.after, frame.up_to, rows)

    def take_hidden(self, conversation: str, after: int, up_to: int, seqs: tuple[int, ...]) -> list[events.Event]:
        return self._counted(self._view(conversation, 0).take_hidden(after, up_to, seqs))

    def take_state_of(self, member: str, state: wire.MemberState) -> list[events.Event]:
        """He was disabled, enabled or deleted: a direct conversation with him says so."""
        for name, known in self.known.items():
            if known.peer == member and known.peer_state != state:
                self.known[name] = known = msgspec.structs.replace(known, peer_state=state)
                return [events.ConversationUpdated(known)]
        return []

    def take_left(self, frame: wire.Left) -> list[events.Event]:
        view = self._view(frame.conversation, frame.seq)
        view.leave(frame.seq)
        if (state := self.known.get(frame.conversation)) is not None:
            self.known[frame.conversation] = msgspec.structs.replace(state, ended=True)
        return [events.LeftConversation(frame.conversation, frame.seq)]

    def take_own_marks(self, frame: wire.OwnMarks) -> list[events.Event]:
        """The server's counts are those up to the frame's seq; what is known above it is counted here."""
        if (state := self.known.get(frame.conversation)) is None:
            return []
        self._confirmed(frame.conversation, frame.read, frame.delivered)
        above = self._above(frame.conversation, frame.seq)
        self.known[frame.conversation] = state = with_own_marks(state, frame, above, self.me)
        if (own := self._own.get(frame.conversation)) is not None:
            self.known[frame.conversation] = state = own.over(state)
        return [events.ConversationUpdated(state)]

    def _above(self, conversation: str, seq: int) -> list[Message]:
        """The messages above ``seq`` that are counted here."""
        return [row for row in self.views[conversation].rows.values() if seq < row.seq <= self.known[conversation].seq]

    def mark(self, conversation: str, *, read: int, delivered: int = 0) -> None:
        """One's own marks, set by this device; the server cuts them to what there is."""
        if (state := self.known.get(conversation)) is not None:
            end = max(state.seq, self.views[conversation].told)
            read, delivered = min(read, end), min(delivered, end)
            self.raise_mark(conversation, read=read, delivered=delivered)
            if read > state.read or delivered > state.delivered:
                before = self._marked.get(conversation, (0, 0))
                self._marked[conversation] = max(read, before[0]), max(delivered, before[1])

    def raise_mark(self, conversation: str, *, read: int, delivered: int = 0) -> None:
        """The server has raised them."""
        if (state := self.known.get(conversation)) is not None:
            rows = self.views[conversation].rows.values()
            self.known[conversation] = after_mark(state, rows, self.me, read=read, delivered=delivered)
            if read > state.read:
                self.changed_otherwise(conversation, "marked_unread")

    def _confirmed(self, conversation: str, read: int, delivered: int) -> None:
        mine = self._marked.get(conversation)
        if mine is not None and mine[0] <= read and mine[1] <= delivered:
            del self._marked[conversation]

    def lost_marks(self) -> dict[str, tuple[int, int]]:
        """On a new connection: what the server may have lost by a crash, (read, delivered); it is to be set again (LOG H3).

        It stays among them until the server says it: a second crash may take it again.
        """
        return dict(self._marked)

    def take_own(self, message: wire.Message, conversation: str) -> list[events.Event]:
        view = self._view(conversation, message.seq - 1)
        return self._counted(view.take_own(read_message(self.codec, conversation, message)))

    def set(self, conversation: str, **settings: Any) -> list[events.Event]:
        """One's own settings of it, set by this device."""
        if (state := self.known.get(conversation)) is None:
            return []
        own = self._own[conversation] = OwnSettings(self._own.get(conversation))  # what was said before waits no longer
        for name, value in settings.items():
            if getattr(state, name) != value:
                own.set(name, value)
        self.known[conversation] = state = msgspec.structs.replace(state, **settings)
        return [events.ConversationUpdated(state)]

    def changed_otherwise(self, conversation: str, *settings: str) -> None:
        """By something else than setting them: sending takes the draft away, and a look the flag 'unread'."""
        if own := self._own.get(conversation):
            own.forget(*settings)

    def waiting(self, conversation: str) -> OwnSettings | None:
        """Own settings of which the server said otherwise; once, for each that begins to wait."""
        own = self._own.get(conversation)
        if own is None or not own.is_waiting:
            return None
        own.is_waiting = False
        return own

    def believe(self, conversation: str, own: OwnSettings) -> list[events.Event]:
        """Nothing that agrees with them has come: the server's last word counts."""
        if self._own.get(conversation) is not own:
            return []
        before, self.known[conversation] = self.known[conversation], own.believe(self.known[conversation])
        return [] if self.known[conversation] == before else [events.ConversationUpdated(self.known[conversation])]

    def hide(self, conversation: str, seq: int) -> list[events.Event]:
        return self._counted(self._view(conversation, seq).hide(seq))

    def want(self, conversation: str, *, seq: int = 0, change: int = 0) -> None:
        """An answer told of this message or change, and no event need bring it."""
        self._view(conversation, seq).tell(seq=seq, change=change)

    def _counted(self, shown: list[events.Event]) -> list[events.Event]:
        for event in shown:
            if isinstance(event, events.MessageReceived) and (state := self.known.get(event.message.conversation)) is not None:
                self.known[state.conversation] = after_message(state, event.message, self.me)
        return shown

    # ---- holes

    def look_everywhere(self) -> None:
        """A new connection: whatever was asked for on the one before will not be answered."""
        self._busy.clear()
        self._news.update(dict.fromkeys(self.views))

    @property
    def fetching(self) -> int:
        return len(self._busy)

    def next_hole(self) -> tuple[str, Hole] | None:
        """The next thing to ask for, one request per conversation under way; ``done`` or ``failed`` ends it."""
        while (name := next((name for name in self._news if name not in self._busy), None)) is not None:
            del self._news[name]
            if (hole := self.views[name].hole()) is not None:
                self._busy.add(name)
                return name, hole
        return None

    def done(self, conversation: str, hole: Hole, *, more: bool = False) -> None:
        """The answer for ``hole`` was taken. One that brought nothing is not asked for again before there is news."""
        view = self.views[conversation]
        if not more:
            view.close(hole.ending)
        if hole.is_like(view.hole()):
            self.failed(conversation)
        else:
            self._busy.discard(conversation)
            self._news[conversation] = None

    def failed(self, conversation: str) -> None:
        """Not asked for again before there is news of it, or ``look_at``."""
        self._busy.discard(conversation)
        self._news.pop(conversation, None)

    def look_at(self, conversation: str) -> None:
        if conversation in self.views:
            self._news[conversation] = None

    # ---- what survives

    def cursors(self) -> tuple[Cursor, ...]:
        return tuple([self._cursor(view) for view in self.views.values()])

    def _cursor(self, view: View) -> Cursor:
        known = self.known.get(view.conversation)
        state = None
        if known is not None:
            state = wire.ConversationState(**{name: getattr(known, name) for name in wire.ConversationState.__struct_fields__[:-1]})
        return Cursor(
            conversation=view.conversation,
            run=view.run.run,
            changes=view.changes.run,
            # what waits above a hole is not kept, and a sync token may cover it: one's own acknowledged message is told of by nothing else
            told=max(view.told, view.run.last),
            told_change=max(view.told_change, view.changes.last),
            hidden=view.hidden,
            told_hidden=view.told_hidden,
            ended=view.ended,
            closing=view.closing,
            state=state,
        )

    def restore(self, cursors: tuple[Cursor, ...]) -> None:
        for cursor in cursors:
            view = self._start(cursor.conversation, cursor.run, change=cursor.changes, hidden=cursor.hidden)
            view.tell(seq=cursor.told, change=cursor.told_change, hidden=cursor.told_hidden)
            if cursor.ended:
                view.leave(cursor.told)
                view.closing = cursor.closing
            if cursor.state is not None:
                self.known[cursor.conversation] = read_conversation(self.codec, cursor.state)
