"""Coming in: hello, then resume with the session's token or sign in, and what a refusal or a close code means.

Pure decisions over values; the core asks and is told what to do next.
"""

from hashlib import sha256
from typing import Literal

import msgspec

from ._protocol import commands, limits
from ._protocol import events as wire

CLIENT = "yizhan-sdk/0.1"

# close codes after which coming back would be wrong, and the reason that the application hears; all others mean: resume
OVER = {
    limits.CLOSE_REPLACED: "replaced",
    limits.CLOSE_SESSION_ENDED: "ended",
    limits.CLOSE_TOO_OLD: "too_old",
}


class Login(msgspec.Struct, frozen=True):
    """Who signs in: a login name and password, or a robot's ``token``, or nothing where a stored session is resumed."""

    device: commands.Device
    name: str = ""
    password: str = ""
    token: str = ""
    member: str = ""
    new_password: str = ""
    language: str = "en"

    @property
    def label(self) -> str:
        """Whose state is whose: the name, or what cannot be turned back into the token."""
        return self.name or (sha256(self.token.encode()).hexdigest()[:16] if self.token else "")

    @property
    def can_sign_in(self) -> bool:
        return bool(self.token or (self.name and self.password))


def hello(login: Login) -> commands.Hello:
    return commands.Hello(request=0, version=limits.PROTOCOL_VERSION, client=CLIENT, language=login.language)


def come_in(login: Login, session_token: str) -> commands.Command | None:
    """Resume, which never hashes a password, or sign in; None if there is nothing to do it with."""
    if session_token:
        return commands.Resume(request=0, token=session_token)
    if login.token:
        return commands.SignInWithToken(request=0, token=login.token, device=login.device)
    if login.can_sign_in:
        return commands.SignIn(request=0, name=login.name, password=login.password, device=login.device, member=login.member)
    return None


def after_refusal(asked: commands.Command, error: wire.ErrorFrame) -> Literal["later", "sign_in", "over"]:
    """What a refused attempt to come in means: try later, sign in anew, or give up."""
    if error.kind == "unknown" or error.code == "server.busy":
        return "later"
    return "sign_in" if isinstance(asked, commands.Resume) and error.code.startswith("session.") else "over"


def signs_in_anew(login: Login, reason: str) -> bool:
    """A session that only grew old is made anew by a program that can; whatever somebody did to end it is respected."""
    return reason == "expired" and login.can_sign_in
