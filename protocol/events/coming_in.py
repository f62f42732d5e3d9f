"""Coming in, and one's sessions."""

import msgspec

from .. import limits
from .frame import Answer, Frame
from .members import MemberInfo


class SessionInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the member's sessions; times in milliseconds UTC."""

    session: str
    device_class: str
    device_name: str = ""
    address: str = ""
    since: int = 0
    last_seen_at: int = 0
    here: bool = False


class Welcome(Answer, frozen=True, tag="welcome", omit_defaults=False):
    """The answer to hello: what the server speaks and its limits."""

    version: int
    server: str
    time: int
    text_characters: int = limits.TEXT_CHARACTERS
    recall_seconds: int = limits.RECALL_SECONDS
    edit_seconds: int = limits.EDIT_SECONDS
    ping_seconds: int = limits.PING_SECONDS
    page: int = limits.PAGE


class SignedIn(Answer, frozen=True, tag="signed_in"):
    """The session's token is to be kept; a later `resume` may bring a new one, which replaces it."""

    session: str
    token: str
    me: MemberInfo
    password_change_required: bool = False


class Resumed(Answer, frozen=True, tag="resumed"):
    """``token`` is empty unless it was rotated; the old one stays valid until the new one has been used once."""

    session: str
    me: MemberInfo
    token: str = ""
    password_change_required: bool = False


class CodeSent(Answer, frozen=True, tag="code_sent"):
    """How long the code can be typed, and after how long another one may be asked for."""

    valid_seconds: int
    again_seconds: int


class Sessions(Answer, frozen=True, tag="sessions"):
    sessions: tuple[SessionInfo, ...]


class SessionEnded(Frame, frozen=True, tag="session_ended"):
    """This session is over, and why: signed_out, ended, replaced, disabled, expired, password_changed, token_stolen. Don't resume."""

    reason: str
