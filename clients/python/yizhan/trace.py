"""What a core reports through ``trace``, for tests that judge a history and for finding faults.

Called with every public event (``events.py``) as it is emitted, and with the facts below. It is called in the middle of things: it
must only take notes.
"""

import msgspec

from ._protocol.commands import Command
from ._protocol.events import Answer


class Attempted(msgspec.Struct, frozen=True):
    """A wish was handed to the connection: the ``attempt``-th time, under its client id (or a key of its own) ``key``."""

    key: str
    attempt: int
    request: int
    command: Command


class Answered(msgspec.Struct, frozen=True):
    """A wish has come to its end. A send that was found in a message instead has ``request`` 0 in its answer."""

    key: str
    outcome: Answer | Exception


class TokenKept(msgspec.Struct, frozen=True):
    """A sync token came: it says that one was told of everything up to here."""

    token: str


class Opened(msgspec.Struct, frozen=True):
    """A connection stands."""


class Cut(msgspec.Struct, frozen=True):
    """The connection is gone; answers that were on their way will not come."""

    code: int
