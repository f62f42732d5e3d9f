"""Frames of presence: a unit's part is encoded once for each codec, a frame once for all who are told the same (DESIGN 9)."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec

from protocol.codec import Codec
from protocol.events import SeenAs, UnitPresence, UnitsPresence
from protocol.ids import to_wire
from server.delivery.wire import Shared
from server.presence.statuses import Seen

FRAME_MEMBERS = 2_000
"""A snapshot of many units is cut into frames of about so many members, 24 KiB."""


class Piece:
    """A unit's part of a frame, encoded once for each codec."""

    __slots__ = ("_raw", "presence")

    def __init__(self, presence: UnitPresence) -> None:
        self.presence = presence
        self._raw: dict[Codec, msgspec.Raw] = {}

    def raw(self, codec: Codec) -> msgspec.Raw:
        raw = self._raw.get(codec)
        if raw is None:
            encode = cast("Callable[[Any], bytes]", codec.encode)
            raw = self._raw[codec] = msgspec.Raw(encode(self.presence))
        return raw


def frame_of(pieces: Iterable[Piece], *, whole: bool = False) -> Shared:
    """For all who are told the same."""
    parts = tuple(pieces)
    return Shared(lambda codec: UnitsPresence(units=cast("tuple[UnitPresence, ...]", tuple(one.raw(codec) for one in parts)), whole=whole))


def coded(seen: Iterable[tuple[int, Seen]]) -> tuple[tuple[SeenAs, ...], dict[str, str]]:
    """Members under their codes, and the texts of those who have one."""
    by_code: dict[int, list[str]] = {}
    texts: dict[str, str] = {}
    for member, (code, text) in seen:
        name = to_wire(member)
        there = by_code.get(code)
        if there is None:
            by_code[code] = [name]
        else:
            there.append(name)
        if text:
            texts[name] = text
    return tuple(SeenAs(code, tuple(names)) for code, names in by_code.items()), texts
