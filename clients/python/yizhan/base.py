"""What the parts of the core share: the state of one device and its connection, and the ways to tell of it.

``core.py`` puts the parts together; each of them (`arriving`, `fetching`, `answering`, `hearing`) decides one matter.
"""

import heapq
from collections.abc import Callable
from enum import Enum, auto
from itertools import count

from . import entry, events, trace
from ._protocol import events as wire
from ._protocol.codec import MESSAGEPACK, Codec
from .backoff import Backoff
from .conversations import Conversations, Policy
from .errors import Error
from .link import Link
from .messages import Message, read_body
from .outbox import Wish
from .presence import Presence
from .state import Session
from .tree import Tree
from .wishes import Wishes

Outcome = tuple[Wish, wire.Answer | Exception]
Trace = Callable[[object], None]


class Phase(Enum):
    OFF = auto()
    ENTERING = auto()
    SYNCING = auto()
    LIVE = auto()


class Base(Wishes):
    def __init__(
        self,
        login: entry.Login,
        *,
        new_id: Callable[[], str],
        jitter: Callable[[], float],
        codec: Codec,
        policy: Policy,
        trace: Trace | None,
    ) -> None:
        super().__init__(codec, new_id)
        self.login = login
        self.phase = Phase.OFF
        self.session: Session | None = None
        self.over: Error | None = None
        self.conversations = Conversations(policy, codec)
        self.tree = Tree()
        self.presence = Presence()
        self._link = Link()
        self._backoff = Backoff(jitter)
        self._trace = trace or _nobody
        self._now = 0
        self._live_at: int | None = None
        self._token = ""
        self._closing = False
        self._refused: dict[str, None] = {}  # sends that were refused, for they may be stored nevertheless (LOG A7)
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._timer_numbers = count()
        self._events: list[events.Event] = []
        self._outcomes: list[Outcome] = []

    def _show(self, shown: list[events.Event]) -> None:
        for event in shown:
            self._emit(event)

    def _emit(self, event: events.Event) -> None:
        self._events.append(event)
        self._trace(event)
        if isinstance(event, events.MessageReceived) and event.message.sender == self.conversations.me:
            self._recognise(event.message)

    def _recognise(self, message: Message) -> None:
        """One's own message, by the id of a wish: it is sent, whatever was answered or not (LOG A7).

        What looks otherwise by now, or was never the same, is left to the server's answer: it knows what was sent first.
        """
        if (wish := self.outbox.writes.get(message.id)) is not None:
            if wish.body is None or read_body(MESSAGEPACK, wish.body) == message.body:
                self._finish(wish, wire.Sent(request=0, seq=message.seq, sent_at=message.sent_at))
        elif message.id in self._refused:
            del self._refused[message.id]
            self._emit(events.SentAfterAll(message.id, message.conversation, message.seq))

    def _finish(self, wish: Wish, outcome: wire.Answer | Exception) -> None:
        self.outbox.remove(wish)
        self._outcomes.append((wish, outcome))
        self._trace(trace.Answered(wish.key, outcome))

    def _close(self, *, retry_after_ms: int | None = None) -> None:
        """This connection is of no more use; come back by another."""
        self._backoff.hint(retry_after_ms)
        self._closing = True

    def _end(self, error: Error, *, reason: str = "", keep: bool = False) -> None:
        """Don't come back; ``keep`` where the session itself is still good."""
        if self.over is not None:
            return
        self.over = error
        self._closing = True
        if not keep:
            self._forget_session()
        self._emit(events.SessionEnded(reason or getattr(error, "reason", error.code)))

    def _forget_session(self) -> None:
        self.saves += self.session is not None
        self.session = None

    def _later(self, ms: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (self._now + ms, next(self._timer_numbers), act))


def _nobody(_: object) -> None:
    pass
