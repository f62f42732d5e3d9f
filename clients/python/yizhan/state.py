"""What survives the program: an application stores it and hands it back to the next run.

Three parts that change at different times: the session, how far one got (``Progress``), and the wishes without an answer. What waits
above a hole is not kept, only the hole: it is fetched again.
"""

import msgspec

from ._protocol.events import ConversationState, MemberInfo


class Session(msgspec.Struct, frozen=True):
    """``token`` is as good as a password for 30 days: keep it where one keeps those."""

    token: str
    session: str
    me: MemberInfo


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A view (``view.py``) without its rows."""

    conversation: str
    run: int
    changes: int
    told: int = 0
    told_change: int = 0
    hidden: int = 0
    told_hidden: int = 0
    ended: bool = False
    closing: bool = False
    state: ConversationState | None = None


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """``token`` is the newest sync token: with the cursors it says what this device was told of (LOG E3, E5)."""

    token: str = ""
    cursors: tuple[Cursor, ...] = ()


class StoredWish(msgspec.Struct, frozen=True):
    """``frame`` is the command as JSON, with request 0; ``key`` is its client id where it has one."""

    key: str
    frame: str


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """``login`` says whose it is: the state of another login is not used. ``device`` is drawn once by the installation."""

    login: str = ""
    device: str = ""
    session: Session | None = None
    progress: Progress = Progress()
    outbox: tuple[StoredWish, ...] = ()


def to_bytes(state: State) -> bytes:
    return msgspec.json.encode(state)


def from_bytes(data: bytes) -> State:
    """Raises: msgspec.MsgspecError where this is not a state of ours."""
    return msgspec.json.decode(data, type=State)
