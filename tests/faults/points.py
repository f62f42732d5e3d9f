"""Named points around a commit at which a server dies or stands still: its functions are wrapped at start, the product knows nothing.

``arm("committed:17")`` kills the process with SIGKILL at the 17th passage of the point; ``arm("stored:5:freeze")`` stops it (SIGSTOP)
there, until somebody wakes it. Decides where the points lie; when to use them is for the harness.
"""

import asyncio
import functools
import os
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from server.delivery.hand_out import HandOut
from server.gateway.gateway import Gateway
from server.gateway.outbox import Outbox
from server.sync.service import SyncService
from storage.postgres import PostgresStorage
from storage.sqlite import SqliteStorage
from storage.work import Work
from storage.writer import algorithm

FLUSH_SECONDS = 0.01  # in which what was written before is taken by the socket
COMMIT_SECONDS = 0.003  # about as long as a COMMIT takes
Passage = Callable[[], bool]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def freeze() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


class Armed:
    """Counts passages, from any thread; true at the one that was asked for."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


def before(owner: Any, name: str, passes: Passage, act: Callable[[], None], when: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Do ``act`` on the way into ``owner.name``."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if when(*arguments, **named) and passes():
            act()
        return original(*arguments, **named)

    setattr(owner, name, wrapped)


def after(owner: Any, name: str, passes: Passage, act: Callable[[], None], when: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Do ``act`` when the coroutine ``owner.name`` has come to its end; ``when`` is asked about what it was given and gave."""
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @functools.wraps(original)
    async def wrapped(*arguments: Any, **named: Any) -> Any:
        value = await original(*arguments, **named)
        if when(value, *arguments) and passes():
            act()
        return value

    setattr(owner, name, wrapped)


def _before_turn(passes: Passage, act: Callable[[], None]) -> None:
    before(SqliteStorage, "_batch", passes, act)
    before(PostgresStorage, "_batch", passes, act)


def _looked_up(passes: Passage, act: Callable[[], None]) -> None:
    before(algorithm, "decide", passes, act)


def _stored(passes: Passage, act: Callable[[], None]) -> None:
    after(algorithm, "run", passes, act)


def _in_commit(passes: Passage, act: Callable[[], None]) -> None:
    """Some instant of the COMMIT, or right before or after it."""

    def soon() -> None:
        time.sleep(random.random() * COMMIT_SECONDS)
        act()

    after(algorithm, "run", passes, lambda: threading.Thread(target=soon, daemon=True).start())


def _committed(passes: Passage, act: Callable[[], None]) -> None:
    """Nobody has been told."""

    def stored(_: Any, finished: Any) -> bool:
        return finished.decision is not None

    before(SqliteStorage, "_tell", passes, act, stored)
    before(PostgresStorage, "_tell", passes, act, stored)


def _acknowledged(passes: Passage, act: Callable[[], None]) -> None:
    """The sender has his answer, and nobody gets the message."""
    original = HandOut.finished
    is_over = False

    def finished(self: HandOut, batch: Any) -> None:
        nonlocal is_over
        if passes():
            is_over = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, act)
        if not is_over:
            original(self, batch)

    setattr(HandOut, "finished", finished)  # noqa: B010


def _half_handed_out(passes: Passage, act: Callable[[], None]) -> None:
    """What a turn of the loop brought was written to some connections."""
    before(Outbox, "flush", passes, act)


def _before_hand_out(passes: Passage, act: Callable[[], None]) -> None:
    before(HandOut, "_apply", passes, act)


def _token_given(passes: Passage, act: Callable[[], None]) -> None:
    original = HandOut.tell_tokens

    def told(self: HandOut) -> None:
        original(self)
        if passes():
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, act)

    setattr(HandOut, "tell_tokens", told)  # noqa: B010


def _heads_read(passes: Passage, act: Callable[[], None]) -> None:
    """The answer to a resume is ready and not given."""
    after(SyncService, "page", passes, act)


def _act_stored(passes: Passage, act: Callable[[], None]) -> None:
    """An act is before its COMMIT."""
    after(Work, "finish", passes, act, lambda told, _: told)


def _act_committed(passes: Passage, act: Callable[[], None]) -> None:
    before(Gateway, "_position", passes, act)


POINTS: dict[str, tuple[Callable[[Passage, Callable[[], None]], None], int]] = {
    "before_turn": (_before_turn, 40),
    "looked_up": (_looked_up, 40),
    "stored": (_stored, 40),
    "in_commit": (_in_commit, 40),
    "committed": (_committed, 40),
    "acknowledged": (_acknowledged, 40),
    "half_handed_out": (_half_handed_out, 400),
    "before_hand_out": (_before_hand_out, 40),
    "token_given": (_token_given, 2),
    "heads_read": (_heads_read, 30),
    "act_stored": (_act_stored, 3),
    "act_committed": (_act_committed, 3),
}
"""With how many passages there are in about a second of a run."""
IN_TURN = ("looked_up", "stored", "in_commit")


def arm(order: str) -> None:
    """``name:nth`` or ``name:nth:freeze``."""
    name, nth, *what = order.split(":")
    POINTS[name][0](Armed(int(nth)), freeze if what else die)
