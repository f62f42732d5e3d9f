"""The two codecs: the same structs as MessagePack in binary frames or as JSON in text frames.

A codec turns bytes into a checked command and frames into bytes. Bodies are stored as canonical MessagePack, so for JSON they are
translated; a ``msgspec.Raw`` of one codec must never get into the other's frame (it makes invalid JSON without a word), which is why
every ``Raw`` that goes out is made by ``Codec.raw_body``.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from . import limits
from .bodies import KINDS, Body, Checked, Tag, check_body, check_unknown
from .commands import AnyCommand, Command
from .errors import BodyInvalid, BodyTooLarge, CommandUnknown, FrameInvalid
from .events import AnyFrame, Frame

# deep nesting and bad UTF-8 are neither of them msgspec errors
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


class Peek(msgspec.Struct):
    """Of a frame that could not be read as a command: what it claims to be, for the error."""

    type: str = ""
    request: int | None = None


class Codec:
    """One of ``MESSAGEPACK`` and ``JSON`` below."""

    def __init__(self, name: str, subprotocol: str, *, binary: bool, module: Any, frame_limit: int) -> None:
        self.name = name
        self.subprotocol = subprotocol
        self.binary = binary
        self.frame_limit = frame_limit
        # counted again when it is canonical; MessagePack needs no more than that, and keys other than strings, which can be chosen so
        # that they collide, are counted in before they are seen. JSON's escapes make six bytes of one.
        self._unknown_limit = limits.UNKNOWN_BODY_BYTES * (1 if binary else 6)
        self._command: Callable[[bytes], Command] = module.Decoder(AnyCommand).decode
        self._frame: Callable[[bytes], AnyFrame] = module.Decoder(AnyFrame).decode
        self._peek: Callable[[bytes], Peek] = module.Decoder(Peek).decode
        self._tag: Callable[[bytes], Tag] = module.Decoder(Tag).decode
        self._plain: Callable[[bytes], Any] = module.Decoder().decode
        self._kinds: dict[str, Callable[[bytes], Body]] = {kind: module.Decoder(cls).decode for kind, cls in KINDS.items()}
        self.encode: Callable[[Frame | Command | Body | dict[str, Any]], bytes] = module.Encoder().encode

    # ---- the server's side

    def decode_command(self, payload: bytes) -> Command:
        """Raises: FrameInvalid, CommandUnknown, each with the ``request`` that it belongs to where it can be told."""
        try:
            return self._command(payload)
        except UNREADABLE as error:
            raise self._unreadable(payload, error) from None

    def _unreadable(self, payload: bytes, error: Exception) -> FrameInvalid | CommandUnknown:
        refused: FrameInvalid | CommandUnknown = FrameInvalid(_why(error))
        request = None
        try:
            peek = self._peek(payload)
            request = peek.request
            if peek.type and peek.type not in COMMANDS:
                refused = CommandUnknown(peek.type[:40])
        except UNREADABLE:
            pass  # not even that much could be read: the first error says it
        refused.request = request if isinstance(request, int) and 0 <= request <= limits.LARGEST_NUMBER else None
        return refused

    def check_body(self, raw: bytes | msgspec.Raw) -> Checked:
        """The body of a command, validated by its kind.

        Raises: BodyInvalid, BodyTooLarge.
        """
        try:
            tag = self._tag(raw)
            decode = self._kinds.get(tag.kind)
            if decode is None:
                if len(raw) > self._unknown_limit:
                    raise BodyTooLarge(len(raw), limits.UNKNOWN_BODY_BYTES)
                return check_unknown(self._plain(raw), tag)
            return check_body(decode(raw))
        except UNREADABLE as error:
            raise BodyInvalid(_why(error)) from None

    def raw_body(self, canonical: bytes) -> msgspec.Raw:
        """A stored body as it goes into a frame of this codec."""
        if self.binary:
            return msgspec.Raw(canonical)
        return msgspec.Raw(msgspec.json.encode(msgspec.msgpack.decode(canonical)))

    # ---- a client's side

    def decode_frame(self, payload: bytes) -> AnyFrame | None:
        """What the server says; None for a frame of a kind that this client does not know yet.

        Raises: FrameInvalid.
        """
        try:
            return self._frame(payload)
        except UNREADABLE as error:
            try:
                name = self._peek(payload).type
                if name and name not in FRAMES:
                    return None
            except UNREADABLE:
                pass  # the first error says it
            raise FrameInvalid(_why(error)) from None

    def plain(self, raw: bytes | msgspec.Raw) -> Any:
        """A raw body as maps, lists and strings."""
        return self._plain(raw)

    def raw(self, body: Body | dict[str, Any]) -> msgspec.Raw:
        """A body that a client sends."""
        return msgspec.Raw(self.encode(body))


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


COMMANDS = {str(cls.__struct_config__.tag) for cls in AnyCommand.__args__}
FRAMES = {str(cls.__struct_config__.tag) for cls in AnyFrame.__args__}

MESSAGEPACK = Codec("msgpack", limits.MESSAGEPACK, binary=True, module=msgspec.msgpack, frame_limit=limits.FRAME_MESSAGEPACK)
JSON = Codec("json", limits.JSON, binary=False, module=msgspec.json, frame_limit=limits.FRAME_JSON)
CODECS = {codec.subprotocol: codec for codec in (MESSAGEPACK, JSON)}
