"""Tokens: how they look, what is stored of them, and how the next follows from the one before.

A session's token is ``yzs_`` and base64url of its id (8 bytes) and a secret (32 bytes); a robot's is ``yzr_`` and a secret. Stored is
the SHA-256 of the secret. The secret after a rotation is computed from the one before with the installation's key: so a client that lost
the answer, two of its tabs, and two nodes all get the *same* new token, and an older token can be told from an invented one.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass

from server.sessions.errors import TokenInvalid

SESSION_PREFIX = "yzs_"
ROBOT_PREFIX = "yzr_"
SECRET_BYTES = 32
_ID_BYTES = 8
_LENGTH = 54  # base64url of 40 bytes, without '='
_ROTATION = b"session token rotation\0"


@dataclass(frozen=True, slots=True)
class Token:
    session: int
    secret: bytes

    def __str__(self) -> str:
        plain = self.session.to_bytes(_ID_BYTES, "big") + self.secret
        return SESSION_PREFIX + base64.urlsafe_b64encode(plain).decode().rstrip("=")

    def __repr__(self) -> str:
        """Without the secret: it may get into a log by accident."""
        return f"<Token of session {self.session}>"


def parse(text: str) -> Token:
    """Raises: TokenInvalid."""
    if not text.startswith(SESSION_PREFIX) or len(text) != len(SESSION_PREFIX) + _LENGTH:
        raise TokenInvalid
    try:
        plain = base64.b64decode(text[len(SESSION_PREFIX) :].encode() + b"==", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise TokenInvalid from None
    session = int.from_bytes(plain[:_ID_BYTES], "big")
    if session >> 63:
        raise TokenInvalid  # no database could look for it
    return Token(session, plain[_ID_BYTES:])


def draw_token(session: int) -> Token:
    """The first token of a new session."""
    return Token(session, os.urandom(SECRET_BYTES))


def stored(secret: bytes) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret).digest()


def following(token: Token, key: bytes) -> Token:
    """The token that replaces ``token``; without ``key`` nobody can compute it."""
    about = _ROTATION + token.session.to_bytes(_ID_BYTES, "big") + token.secret
    return Token(token.session, hmac.digest(key, about, "sha256"))


def leads_to(token: Token, hashes: tuple[bytes | None, ...], key: bytes, *, steps: int) -> bool:
    """Whether one of ``hashes`` is that of a token which replaced ``token`` within so many steps: then ``token`` was once ours."""
    for _ in range(steps):
        token = following(token, key)
        if stored(token.secret) in hashes:
            return True
    return False


def draw_robot_token() -> str:
    return ROBOT_PREFIX + base64.urlsafe_b64encode(os.urandom(SECRET_BYTES)).decode().rstrip("=")


def stored_robot_token(text: str) -> bytes:
    """What is kept of a robot's token; anything that is typed has a hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
