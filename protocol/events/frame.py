"""What all frames of a server share, and the two answers that every command may get."""

from typing import Any, Literal

import msgspec


class Frame(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
    """What all frames of a server share."""


class Answer(Frame, frozen=True):
    request: int


class Choice(msgspec.Struct, frozen=True):
    """One of the members that an account may sign in as."""

    member: str
    company: str
    name: str


class Done(Answer, frozen=True, tag="done"):
    """The command was carried out and has nothing more to say."""


class ErrorFrame(Frame, frozen=True, tag="error"):
    """``{"type": "error", "request": 8, "code": "conversation.not_found", "kind": "refused", "text": "…", "trace": "…"}``

    ``kind``: `refused`, this attempt is not stored and none before it was; `unknown`, send the same id again. ``trace`` finds it in the
    server's logs. Without ``request`` it answers a frame in which none could be read.
    """

    code: str
    kind: Literal["refused", "unknown"]
    text: str
    request: int | None = None
    trace: str = ""
    retry_after_ms: int | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
