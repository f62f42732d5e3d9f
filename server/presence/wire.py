"""What clients are told of presence, as frames: meant for ``protocol/events.py``.

A code is a status (0 offline, 1 online, 2 away, 3 busy, 4 do not disturb) plus the bits of the device classes (8 desktop, 16 phone,
32 web, 64 terminal): one byte. Members are listed under their code, so that one more costs the eleven bytes of his id.
"""

import msgspec

from protocol.events import Frame

Codes = tuple[tuple[int, tuple[str, ...]], ...]


class UnitPresence(msgspec.Struct, frozen=True, array_like=True):
    """``["unit…", 17, 40, [[9, ["member…", "member…"]], [0, ["member…"]]], {"member…": "back at two"}]``.

    ``online`` and ``total`` are of the unit and all below it. ``seen`` and ``texts`` are of the members directly in it, and empty for
    who watches its counts alone. A member with a text of "" has none any more.
    """

    unit: str
    online: int
    total: int
    seen: Codes = ()
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class UnitsPresence(Frame, frozen=True, tag="units_presence"):
    """Units that changed. ``whole``: who is not listed in one of them is offline; else he is as he was."""

    units: tuple[UnitPresence, ...]
    whole: bool = False


class PeoplePresence(Frame, frozen=True, tag="people_presence"):
    """People who are watched one by one, for the place that ``where`` names: ``tree``, ``contact`` or ``direct``; there only.

    ``{"type": "people_presence", "where": "contact", "seen": [[17, ["member…"]]]}``
    """

    where: str
    seen: Codes
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class OwnPresence(Frame, frozen=True, tag="own_presence"):
    """Oneself, to one's own devices alone: the truth, by device class. ``{"status": 5, "devices": {"desktop": 5}}`` is invisible."""

    status: int
    text: str = ""
    devices: dict[str, int] = msgspec.field(default_factory=dict)
