"""Who is there, of the units and people that an application watches, and oneself (SPEC G1, G2): made of what the server tells.

It does no I/O. What is watched is remembered, for a new connection watches nothing; until it has told all anew what was known is shown on,
with ``is_live`` off. Frames are applied exactly as ``protocol/README.md`` 17 says.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum

import msgspec

from . import events
from ._protocol import commands
from ._protocol import events as wire
from ._protocol.commands import Where

STATUS_BITS = 7
DEVICES: Mapping[str, int] = {"desktop": 8, "phone": 16, "web": 32, "terminal": 64}


class Status(IntEnum):
    OFFLINE = 0
    ONLINE = 1
    AWAY = 2
    BUSY = 3
    DO_NOT_DISTURB = 4
    INVISIBLE = 5
    """One's own alone: to others it is offline."""


class Seen(msgspec.Struct, frozen=True):
    """Somebody who is there: ``devices`` are the classes of those that he is there with."""

    status: Status
    devices: tuple[str, ...] = ()
    text: str = ""


class UnitSeen(msgspec.Struct):
    """``online`` and ``total`` with all units below; ``members``: those directly in it who are not offline."""

    online: int = 0
    total: int = 0
    members: dict[str, Seen] = msgspec.field(default_factory=dict)


class Presence:
    def __init__(self) -> None:
        self.own: wire.OwnPresence | None = None
        self.units: dict[str, UnitSeen] = {}
        self.people: dict[str, dict[str, Seen]] = {}
        self.is_live = False
        self._units: dict[str, bool] = {}
        self._people: dict[Where, dict[str, None]] = {}
        self._is_idle = False

    # ---- looking

    def of(self, member: str, where: Where) -> Seen | None:
        """Of who is watched one by one; None is offline."""
        return self.people.get(where, {}).get(member)

    # ---- what is wished

    def watch_units(self, units: Iterable[str], counts: Iterable[str], no_more: Iterable[str]) -> commands.WatchUnits:
        with_members, bare, ended = tuple(units), tuple(counts), tuple(no_more)
        for unit in ended:
            self._units.pop(unit, None)
            self.units.pop(unit, None)
        self._units.update({**dict.fromkeys(bare, False), **dict.fromkeys(with_members, True)})
        return commands.WatchUnits(request=0, units=with_members, counts=bare, no_more=ended)

    def watch_people(self, where: Where, members: Iterable[str], no_more: Iterable[str]) -> commands.WatchPeople:
        wanted, ended = tuple(members), tuple(no_more)
        there = self._people.setdefault(where, {})
        for member in ended:
            there.pop(member, None)
            self.people.get(where, {}).pop(member, None)
        there.update(dict.fromkeys(wanted))
        return commands.WatchPeople(request=0, where=where, members=wanted, no_more=ended)

    def set_idle(self, is_idle: bool) -> commands.SetIdle:
        self._is_idle = is_idle
        return commands.SetIdle(request=0, idle=is_idle)

    def not_watched(self, command: commands.WatchUnits | commands.WatchPeople) -> None:
        """The server refused it, whole."""
        if isinstance(command, commands.WatchUnits):
            refused = {*command.units, *command.counts} - self.units.keys()
            self._units = {unit: full for unit, full in self._units.items() if unit not in refused}
        else:
            refused = {*command.members} - self.people.get(command.where, {}).keys()
            self._people[command.where] = {one: None for one in self._people[command.where] if one not in refused}

    def begin(self) -> list[commands.Command]:
        """What a new connection has to be told, so that it watches what the one before did."""
        self.is_live = True
        made: list[commands.Command] = []
        if self._units:
            units, counts = (tuple(unit for unit, full in self._units.items() if full is wanted) for wanted in (True, False))
            made.append(commands.WatchUnits(request=0, units=units, counts=counts))
        made += [commands.WatchPeople(request=0, where=where, members=tuple(there)) for where, there in self._people.items() if there]
        if self._is_idle:
            made.append(commands.SetIdle(request=0, idle=True))
        return made

    # ---- what the server tells

    def take_units(self, frame: wire.UnitsPresence) -> events.UnitsPresenceChanged | None:
        """Of units that are not watched any more nothing is taken."""
        changed: list[str] = []
        members: dict[str, None] = {}
        for one in frame.units:
            if one.unit not in self._units:
                continue
            unit = self.units.setdefault(one.unit, UnitSeen())
            unit.online, unit.total = one.online, one.total
            before = set(unit.members) if frame.whole else set()
            if frame.whole:
                unit.members = {}
            changed.append(one.unit)
            members.update(dict.fromkeys((*_apply(unit.members, one.seen, one.texts), *before)))
        return events.UnitsPresenceChanged(tuple(changed), tuple(members)) if changed else None

    def take_people(self, frame: wire.PeoplePresence) -> events.PeoplePresenceChanged | None:
        wanted = self._people.get(frame.where, {})  # type: ignore[call-overload]  # a place that this client does not know
        seen = [wire.SeenAs(one.code, tuple(member for member in one.members if member in wanted)) for one in frame.seen]
        changed = _apply(self.people.setdefault(frame.where, {}), seen, frame.texts)
        return events.PeoplePresenceChanged(frame.where, tuple(changed)) if changed else None

    def take_own(self, frame: wire.OwnPresence) -> events.OwnPresenceChanged:
        self.own = frame
        return events.OwnPresenceChanged(Status(frame.status), frame.text, {name: Status(one) for name, one in frame.devices.items()})

    def cut(self) -> None:
        """The connection is gone: what was known may be old."""
        self.is_live = False


def _apply(shown: dict[str, Seen], seen: Iterable[wire.SeenAs], texts: Mapping[str, str]) -> list[str]:
    """Gives those who are named."""
    named = []
    for one in seen:
        devices = tuple(name for name, bit in DEVICES.items() if one.code & bit)
        for member in one.members:
            named.append(member)
            if one.code:
                before = shown.get(member)
                text = texts.get(member, before.text if before is not None else "")
                shown[member] = Seen(Status(one.code & STATUS_BITS), devices, text)
            else:
                shown.pop(member, None)
    return named
