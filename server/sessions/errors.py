"""Why a session cannot be resumed. None of its own things are ended by somebody else's: see ``SessionNotFound`` of the protocol."""

from protocol.errors import YizhanError


class SessionOver(YizhanError):
    """The session has ended; ``reason`` is one of those of `session_ended`. Sign in again."""

    code = "session.ended"
    en = "this session has ended ({reason}); sign in again"
    zh = "登录已失效({reason}),请重新登录"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class TokenInvalid(YizhanError):
    """No token of ours: nothing is known of a session, and nothing happens to one."""

    code = "session.token_invalid"
    en = "this session token is not valid; sign in again"
    zh = "登录令牌无效,请重新登录"
