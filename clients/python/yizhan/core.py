"""The SDK without I/O: frames and the time go in; commands, events and outcomes come out.

It decides everything that makes the promises (order, holes, repetition, resuming); sockets, clocks and randomness are handed in. All
times are milliseconds of one clock that only goes forward. The asyncio shell around it is ``client.py``.
"""

import heapq
from collections.abc import Callable

import msgspec

from . import entry, events, trace
from ._protocol import commands, limits
from ._protocol import events as wire
from ._protocol.codec import MESSAGEPACK, Codec
from .base import Outcome, Phase, Trace, _nobody
from .conversations import Policy
from .errors import OutcomeUnknown, SessionOver
from .fetching import Fetching
from .hearing import Hearing
from .link import Reply
from .state import Progress, State


class Step(msgspec.Struct, frozen=True):
    """What a call brought about, in the order in which it happened. ``close``: this connection is to be closed."""

    commands: tuple[commands.Command, ...]
    events: tuple[events.Event, ...]
    outcomes: tuple[Outcome, ...]
    close: bool


class Core(Hearing, Fetching):
    """One device's side of the protocol.

    ``new_id`` draws client ids (``_protocol.ids.new_client_id``), ``jitter`` numbers from 0 up to 1. ``over`` is set when the session has
    ended for good; else ``reconnect_at`` says when to connect again after a cut, and ``next_tick`` when to call ``tick``.
    """

    def __init__(
        self,
        login: entry.Login,
        *,
        new_id: Callable[[], str],
        jitter: Callable[[], float],
        codec: Codec = MESSAGEPACK,
        policy: Policy | None = None,
        state: State | None = None,
        trace: Trace | None = None,
    ) -> None:
        super().__init__(login, new_id=new_id, jitter=jitter, codec=codec, policy=policy or Policy(), trace=trace)
        self.reconnect_at: int | None = 0
        if state is not None and state.login in ("", login.label or state.login):
            self._restore(state)

    # ---- what comes in

    def connected(self, now: int) -> Step:
        """A connection stands."""
        self._now = now
        self._link.open()
        self._closing = False
        self.reconnect_at = None
        self._trace(trace.Opened())
        self._arrive()
        return self.take()

    def received(self, frame: wire.Frame, now: int) -> Step:
        """A frame of the server.

        Raises: ProtocolBroken where it answers what was not asked; the connection is to be closed then.
        """
        self._now = now
        request = getattr(frame, "request", None)
        if request is not None:
            assert isinstance(frame, Reply)
            self._link.answer(request, frame)
        else:
            self._heard(frame)
        return self.take()

    def disconnected(self, now: int, code: int = 1006, why: str = "") -> Step:
        """The connection is gone, or could not be made (``code`` 0)."""
        self._now = now
        if self._link.is_up:
            self._trace(trace.Cut(code))
        if self._live_at is not None:
            self._backoff.was_live(now - self._live_at)
        self._link.cut()
        self.presence.cut()
        self.phase, self._live_at = Phase.OFF, None
        for wish in self.outbox.cut():
            self._finish(wish, OutcomeUnknown(wish.command.__class__.__name__))
        if code == limits.CLOSE_TOO_OLD or (code in entry.OVER and self.session is not None):
            self._end(SessionOver(entry.OVER[code]), keep=code == limits.CLOSE_TOO_OLD)
        delay = None if self.over else self._backoff.delay()
        self.reconnect_at = None if delay is None else now + delay
        self._emit(events.Disconnected(code, why, delay))
        return self.take()

    def tick(self, now: int) -> Step:
        """Time has passed: due where ``next_tick`` says so."""
        self._now = now
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
        return self.take()

    @property
    def next_tick(self) -> int | None:
        return self._timers[0][0] if self._timers else None

    def take(self) -> Step:
        """What is to be done now; also after a wish was made."""
        if self.phase is Phase.LIVE and not self._closing:
            self._pump()
        step = Step(self._link.written(), tuple(self._events), tuple(self._outcomes), self._closing and self._link.is_up)
        self._events, self._outcomes = [], []
        return step

    def typing(self, conversation: str) -> None:
        """Worth nothing later, so it waits for nothing and is not repeated."""
        if self.phase is Phase.LIVE and self._link.under_way < limits.COMMANDS_UNDER_WAY:
            self._link.ask(commands.Typing(request=0, conversation=conversation), _nobody)

    # ---- what survives

    def state(self, progress: Progress | None = None) -> State:
        """What to store; ``progress`` where the application has not taken in all that was shown."""
        return State(self.login.label, self.login.device.id, self.session, progress or self.progress(), self.outbox.stored())

    def progress(self) -> Progress:
        return Progress(self._token, self.conversations.cursors())

    def _restore(self, state: State) -> None:
        self.session = state.session
        if state.session is not None:
            self.conversations.me = state.session.me.member
        self._token = state.progress.token
        self.conversations.restore(state.progress.cursors)
        self.outbox.restore(state.outbox)
