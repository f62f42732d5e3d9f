"""What a wish may end with instead of an answer. ``code`` is stable; the server's codes are listed in ``_protocol/README.md``."""

from typing import Any

from ._protocol.events import Choice, ErrorFrame


class Error(Exception):
    """The root of what this SDK raises."""

    code = "sdk.error"


class Refused(Error):
    """The server said no, and nothing of it is stored: ``code``, and where it helps ``retry_after_ms`` and ``data``."""

    def __init__(self, frame: ErrorFrame) -> None:
        super().__init__(f"{frame.text} ({frame.code})")
        self.code = frame.code
        self.text = frame.text
        self.trace = frame.trace
        self.retry_after_ms = frame.retry_after_ms
        self.data: dict[str, Any] = frame.data


class SignInRefused(Refused):
    """``choices`` are the members to choose from where an account has several (code `sign_in.choose_member`)."""

    def __init__(self, frame: ErrorFrame) -> None:
        super().__init__(frame)
        self.choices: tuple[Choice, ...] = frame.choices


class OutcomeUnknown(Error):
    """Nobody can say whether it is done: the connection was cut under a command that is not repeated, or the server failed on it again
    and again. A send may be tried again under the same ``id``.
    """

    code = "sdk.outcome_unknown"

    def __init__(self, what: str, *, id: str = "") -> None:
        super().__init__(f"the outcome of {what} is unknown")
        self.id = id


class PasswordChangeRequired(Error):
    """The session may do nothing but choose a new password: give ``new_password``."""

    code = "session.password_change_required"

    def __init__(self) -> None:
        super().__init__("a new password has to be chosen first")


class SessionOver(Error):
    """The session is over: ``reason`` is that of the event ``SessionEnded``."""

    code = "sdk.session_over"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the session is over: {reason}")
        self.reason = reason


class ClientClosed(Error):
    """The client was closed while somebody waited."""

    code = "sdk.closed"

    def __init__(self) -> None:
        super().__init__("the client is closed")


class FrameTooLarge(Error):
    """The server would close the connection over it."""

    code = "frame.too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"the frame would have {size} bytes, {limit} are allowed")
        self.size = size
        self.limit = limit


class ProtocolBroken(Error):
    """The server answered what was not asked: the connection is closed and made anew."""

    code = "sdk.protocol_broken"

    def __init__(self, asked: str, answered: str) -> None:
        super().__init__(f"{asked} was answered by {answered}")
