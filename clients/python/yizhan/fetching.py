"""What is written while the connection is live: a few reads, what is missing, then wishes in their order (LOG A7, F3)."""

from functools import partial

from . import trace
from ._protocol import commands, limits
from ._protocol import events as wire
from .answering import Answering
from .errors import ProtocolBroken
from .link import Reply
from .outbox import Wish
from .view import Hole

FETCHES = 4  # conversations that are filled at the same time
READS = 4
RETRY_FETCH_MS = 5_000


class Fetching(Answering):
    fetches = True  # a shell whose application cannot keep up sets it to False: nothing that was missed is fetched meanwhile

    def _pump(self) -> None:
        """Fill the connection up to what the server takes: a few reads, a few holes, then wishes in their order."""
        while self._link.under_way < limits.COMMANDS_UNDER_WAY:
            if (wish := self.outbox.next_read()) is not None and self.outbox.reads_under_way < READS:
                self._attempt(wish)
            elif self.fetches and self.conversations.fetching < FETCHES and (found := self.conversations.next_hole()) is not None:
                self._fetch(*found)
            elif (wish := self.outbox.next_write()) is not None:
                self._attempt(wish)
            else:
                return

    def _fetch(self, conversation: str, hole: Hole) -> None:
        command: commands.Command
        if hole.up_to:
            size = min(hole.up_to - hole.after, limits.PAGE)
            command = commands.History(request=0, conversation=conversation, after=hole.after, limit=size)
        else:
            command = commands.Changes(request=0, conversation=conversation, after=hole.after, hidden=hole.hidden)
        self._link.ask(command, partial(self._fetched, conversation, hole))

    def _fetched(self, conversation: str, hole: Hole, frame: Reply) -> None:
        if isinstance(frame, wire.HistoryPage):
            self._show(self.conversations.take_messages(frame))
            self.conversations.done(conversation, hole)
        elif isinstance(frame, wire.ChangesPage):
            self._show(self.conversations.take_changes(frame))
            self._show(self.conversations.take_hidden(conversation, hole.hidden, frame.hidden_up_to, frame.hidden))
            self.conversations.done(conversation, hole, more=frame.more)
        elif isinstance(frame, wire.ErrorFrame):
            self.conversations.failed(conversation)
            if frame.kind == "unknown" or frame.retry_after_ms is not None:
                self._later(frame.retry_after_ms or RETRY_FETCH_MS, partial(self.conversations.look_at, conversation))
        else:
            raise ProtocolBroken("a fetch", frame.__class__.__name__)

    def _attempt(self, wish: Wish) -> None:
        wish.is_under_way = True
        wish.attempts += 1
        command = wish.as_command(self._link.next_request(), self.codec)
        self._trace(trace.Attempted(wish.key, wish.attempts, command.request, command))
        self._link.ask(command, partial(self._answered, wish))
