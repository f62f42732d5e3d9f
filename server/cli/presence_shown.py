"""How ``presence watch`` shows who is there: drawn anew in a terminal, printed as it changes elsewhere, or as JSON. Decides nothing."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from server.cli import frame
from server.cli.advice import about
from server.companies.errors import UnitNotFound
from yizhan import Client, Connected, Disconnected, Event, OwnPresenceChanged, Seen, Status, Tree, UnitsPresenceChanged

if TYPE_CHECKING:
    from rich.live import Live

    from yizhan._protocol.events import TreeUnit

SIGNS = {Status.ONLINE: ("●", "32"), Status.AWAY: ("◐", "33"), Status.BUSY: ("●", "31"), Status.DO_NOT_DISTURB: ("⊖", "31")}


def chosen(tree: Tree, named: str) -> str:
    """The unit that is meant, empty for all. Raises: UnitNotFound."""
    if not named:
        return ""
    found = next((unit.unit for _, unit in tree.walk() if named in (unit.unit, unit.name)), None)
    if found is None:
        raise about(UnitNotFound(), named)
    return found


class Shown(ABC):
    """``watched``: the units that the server was asked for, in their order."""

    def __init__(self, client: Client, top: str) -> None:
        self._client = client
        self._top = top
        self.watched: dict[str, None] = {}

    @abstractmethod
    def take(self, event: Event) -> None:
        """What just happened; the client has it already."""

    def units(self) -> list[tuple[int, "TreeUnit"]]:
        """Each behind its parent, with its depth below the top."""
        found: list[tuple[int, TreeUnit]] = []
        begin: int | None = None
        for depth, unit in self._client.tree.walk():
            if unit.unit == self._top or not self._top:
                begin = depth if begin is None else begin
            elif begin is not None and depth <= begin:
                break
            if begin is not None:
                found.append((depth - begin, unit))
        return found

    def drawn(self) -> list[str]:
        """The tree with counts, and in each unit who is there."""
        lines = []
        for depth, unit in self.units():
            seen = self._client.presence.units.get(unit.unit)
            count = f"{seen.online}/{seen.total}" if seen is not None else "…"
            lines.append(f"{'   ' * depth}{unit.name}  {frame.bold(count)}")
            if seen is not None:
                there = (one for one in self._client.tree.members(unit.unit) if one.member in seen.members)
                lines += [f"{'   ' * depth}   {described(one.name, seen.members[one.member])}" for one in there]
        return lines or ["sees nothing of the tree"]

    def name_of(self, unit: str, member: str) -> str:
        return next((one.name for one in self._client.tree.members(unit) if one.member == member), member)

    def unit_name(self, unit: str) -> str:
        there = self._client.tree.units.get(unit)
        return there.name if there is not None else unit


def described(name: str, seen: Seen | None) -> str:
    """``● Li Na  busy, desktop  back at two``"""
    if seen is None:
        return f"{frame.dim('○')} {name}  {frame.dim('offline')}"
    sign, colour = SIGNS.get(seen.status, ("●", "0"))
    if frame.coloured():
        sign = f"\x1b[{colour}m{sign}\x1b[0m"
    words = ", ".join((word(seen.status), *seen.devices))
    return f"{sign} {name}  {frame.dim(words)}" + (f"  {seen.text}" if seen.text else "")


def word(status: int) -> str:
    """``do not disturb``"""
    return Status(status).name.lower().replace("_", " ")


@contextlib.contextmanager
def shown(client: Client, top: str, *, json: bool) -> Iterator[Shown]:
    if json:
        yield JsonShown(client, top)
    elif frame.coloured():
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(highlight=False, markup=False), auto_refresh=False, vertical_overflow="ellipsis") as live:
            yield LiveShown(client, top, live)
    else:
        yield PlainShown(client, top)


class LiveShown(Shown):
    """Drawn anew when something changed."""

    def __init__(self, client: Client, top: str, live: "Live") -> None:
        super().__init__(client, top)
        self._live = live

    def take(self, event: Event) -> None:
        from rich.text import Text

        lines = self.drawn()
        if not self._client.presence.is_live:
            lines.append("-- the server is away; waiting for it")
        self._live.update(Text.from_ansi("\n".join(lines)), refresh=True)


class PlainShown(Shown):
    """The whole tree once, then a line for each change; about the connection on standard error."""

    is_begun = False
    is_up = True

    def take(self, event: Event) -> None:
        if isinstance(event, Disconnected) and self.is_up and event.retry_in_ms is not None:
            self.is_up = False
            frame.tell("-- the server is away; waiting for it")
        elif isinstance(event, Connected):
            self.is_up = True
        elif isinstance(event, UnitsPresenceChanged):
            self._changed(event)

    def _changed(self, event: UnitsPresenceChanged) -> None:
        units = self._client.presence.units
        if not self.is_begun:
            if all(unit in units for unit in self.watched):
                self.is_begun = True
                for line in self.drawn():
                    frame.say(line)
            return
        for unit in event.units:
            if unit in units:
                frame.say(f"{self.unit_name(unit)}  {units[unit].online}/{units[unit].total}")
                there = {one.member for one in self._client.tree.members(unit)}
                for member in event.members:
                    if member in there:
                        frame.say(f"   {described(self.name_of(unit, member), units[unit].members.get(member))}")


class JsonShown(Shown):
    """One object a line: ``{"event": "unit", "unit": …, "name": "Sales", "online": 3, "total": 12}`` and, for each who changed there,
    ``{"event": "member", "unit": …, "member": …, "name": "Li Na", "status": "busy", "devices": ["desktop"], "text": "back at two"}``.
    """

    def take(self, event: Event) -> None:
        if isinstance(event, UnitsPresenceChanged):
            for unit in event.units:
                self._unit(unit, event.members)
        elif isinstance(event, OwnPresenceChanged):
            devices = {name: word(status) for name, status in event.devices.items()}
            self._say({"event": "own", "status": word(event.status), "text": event.text, "devices": devices})
        elif isinstance(event, Connected | Disconnected):
            self._say({"event": "connected" if isinstance(event, Connected) else "disconnected"})

    def _unit(self, unit: str, members: tuple[str, ...]) -> None:
        seen = self._client.presence.units.get(unit)
        if seen is None:
            return
        self._say({"event": "unit", "unit": unit, "name": self.unit_name(unit), "online": seen.online, "total": seen.total})
        there = {one.member: one.name for one in self._client.tree.members(unit)}
        for member in members:
            one = seen.members.get(member)
            if one is None and member not in there:
                continue  # of another unit, or moved from here: the tree tells
            status, devices, text = (word(one.status), list(one.devices), one.text) if one is not None else ("offline", [], "")
            about = {"unit": unit, "member": member, "name": there.get(member, member)}
            self._say({"event": "member", **about, "status": status, "devices": devices, "text": text})

    def _say(self, row: dict[str, Any]) -> None:
        import msgspec

        frame.say(msgspec.json.encode(row).decode())
