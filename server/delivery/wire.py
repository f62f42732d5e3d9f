"""An event for many: encoded and framed once for each codec, not once for each receiver (DESIGN 5.4)."""

from collections.abc import Callable

from protocol.codec import Codec
from protocol.events import Frame
from server.gateway.framing import frame


def wire(event: Frame, codec: Codec) -> bytes:
    """A whole WebSocket frame."""
    return frame(codec.encode(event), binary=codec.binary)


class Shared:
    """``build`` makes the event for a codec, because raw bodies differ."""

    __slots__ = ("_binary", "_build", "_text")

    def __init__(self, build: Callable[[Codec], Frame]) -> None:
        self._build = build
        self._binary: bytes | None = None
        self._text: bytes | None = None

    @classmethod
    def of(cls, event: Frame) -> "Shared":
        """An event that is the same in both codecs."""
        return cls(lambda codec: event)

    def wire(self, codec: Codec) -> bytes:
        made = self._binary if codec.binary else self._text
        if made is None:
            made = wire(self._build(codec), codec)
            if codec.binary:
                self._binary = made
            else:
                self._text = made
        return made
