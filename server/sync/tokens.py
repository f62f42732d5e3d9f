"""The sync token: a position and the epoch, sealed, so that a client cannot count other people's acts (LOG E3).

Page cursors are sealed by the same key: they hold positions too.
"""

import base64
import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import CursorInvalid

NONCE = 12


class Token(msgspec.Struct, array_like=True, frozen=True):
    """What a client has been told of: everything up to ``position`` of this ``epoch``."""

    epoch: bytes
    position: int


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ends: ``behind`` is the last conversation on it; ``since`` and ``seen`` are those of the whole answer."""

    member: int
    behind: int
    since: int = 0
    seen: int = 0
    snapshot: bool = False


_token = msgspec.msgpack.Decoder(Token).decode
_cursor = msgspec.msgpack.Decoder(Cursor).decode
_encode = msgspec.msgpack.Encoder().encode


class Seal:
    """Seals and opens tokens with the cluster's key."""

    def __init__(self, key: bytes, epoch: bytes) -> None:
        self._cipher = AESGCM(key)
        self.epoch = epoch
        self._newest = (-1, "")

    def token(self, position: int) -> str:
        """The same position gives the same token for a while: sealing is not done once for each connection."""
        if self._newest[0] != position:
            self._newest = (position, self._seal(_encode(Token(self.epoch, position)), b"token"))
        return self._newest[1]

    def position(self, token: str) -> int | None:
        """The position in ``token``; None for one that is empty, not ours, or of another epoch (LOG E4)."""
        if not token:
            return None
        try:
            opened = _token(self._open(token, b"token"))
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            return None
        return opened.position if opened.epoch == self.epoch else None

    def cursor(self, cursor: Cursor) -> str:
        return self._seal(_encode(cursor), b"page")

    def opened(self, cursor: str, member: int) -> Cursor:
        """Raises: CursorInvalid, also for another member's."""
        try:
            opened = _cursor(self._open(cursor, b"page"))
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            raise CursorInvalid from None
        if opened.member != member:
            raise CursorInvalid
        return opened

    def _seal(self, data: bytes, what: bytes) -> str:
        nonce = os.urandom(NONCE)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, data, what)).rstrip(b"=").decode()

    def _open(self, text: str, what: bytes) -> bytes:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return self._cipher.decrypt(raw[:NONCE], raw[NONCE:], what)
