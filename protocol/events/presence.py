"""Presence: of units, of people one by one, and one's own."""

import msgspec

from .frame import Answer, Frame


class SeenAs(msgspec.Struct, frozen=True, array_like=True):
    """Members who are seen alike: ``[17, ["member…", "member…"]]``, so that one more costs the eleven bytes of his id.

    ``code``: 0 is offline; else 1 online, 2 away, 3 busy, 4 do not disturb, plus the classes of the devices that he is there with: 8
    desktop, 16 phone, 32 web, 64 terminal.
    """

    code: int
    members: tuple[str, ...]


class UnitPresence(msgspec.Struct, frozen=True, array_like=True):
    """``["unit…", 17, 40, [[9, ["member…", "member…"]], [0, ["member…"]]], {"member…": "back at two"}]``.

    ``online`` and ``total`` are of the unit and all below it. ``seen`` and ``texts`` are of the members directly in it, and empty for
    who watches its counts alone. A member with a text of "" has none any more.
    """

    unit: str
    online: int
    total: int
    seen: tuple[SeenAs, ...] = ()
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class WasThere(msgspec.Struct, frozen=True, array_like=True):
    """``[member, at]``: when others saw him there last, in milliseconds UTC; 0 while they see him there."""

    member: str
    at: int


class LastSeen(Answer, frozen=True, tag="last_seen"):
    """Who is not among ``members`` does not show it, was never there, or is nobody."""

    members: tuple[WasThere, ...] = ()


class UnitsPresence(Frame, frozen=True, tag="units_presence"):
    """Units that changed. ``whole``: who is not listed in one of them is offline; else he is as he was."""

    units: tuple[UnitPresence, ...]
    whole: bool = False


class PeoplePresence(Frame, frozen=True, tag="people_presence"):
    """People who are watched one by one, for the place that ``where`` names: `tree`, `contact` or `direct`; there only.

    ``{"type": "people_presence", "where": "contact", "seen": [[17, ["member…"]]]}``
    """

    where: str
    seen: tuple[SeenAs, ...]
    texts: dict[str, str] = msgspec.field(default_factory=dict)


class OwnPresence(Frame, frozen=True, tag="own_presence"):
    """Oneself, to one's own devices alone: the truth, by device class. ``{"status": 5, "devices": {"desktop": 5}}`` is invisible."""

    status: int
    text: str = ""
    devices: dict[str, int] = msgspec.field(default_factory=dict)
