"""Presence: one's own, whom one watches, and when somebody was there last (SPEC G1 to G3, G6)."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from protocol.commands import GetLastSeen, SetIdle, SetStatus, WatchPeople, WatchUnits
from protocol.errors import IdInvalid
from protocol.events import Done, LastSeen, WasThere
from protocol.ids import from_wire, to_wire
from server.gateway.connection import Connection
from server.presence.visible import Where
from server.presence.wishes import Wishes

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway


class PresenceHandlers:
    def __init__(self, gateway: "Gateway", wishes: Wishes) -> None:
        self._gateway = gateway
        self._wishes = wishes

    async def arrive(self, connection: Connection) -> None:
        """It has asked what is new for the first time."""
        if connection.signed is not None:
            await self._wishes.arrive(connection, connection.signed.device_class, self._is_there(connection))

    async def set_status(self, connection: Connection, command: SetStatus) -> None:
        await self._wishes.choose(connection, command.status, command.text)
        connection.reply(Done(request=command.request))

    def set_idle(self, connection: Connection, command: SetIdle) -> None:
        self._wishes.idle(connection, command.idle)
        connection.reply_soon(Done(request=command.request))

    async def watch_units(self, connection: Connection, command: WatchUnits) -> None:
        units = {**dict.fromkeys(_ids("counts", command.counts), False), **dict.fromkeys(_ids("units", command.units), True)}
        await self._wishes.watch_units(connection, units, _ids("no_more", command.no_more), self._is_there(connection))
        connection.reply(Done(request=command.request))

    async def watch_people(self, connection: Connection, command: WatchPeople) -> None:
        """A contact group is watched as the people in it."""
        members, no_more = _ids("members", command.members), _ids("no_more", command.no_more)
        await self._wishes.watch_people(connection, Where(command.where), members, no_more, self._is_there(connection))
        connection.reply(Done(request=command.request))

    async def last_seen(self, connection: Connection, command: GetLastSeen) -> None:
        found = await self._wishes.last_seen(connection, Where(command.where), _ids("members", command.members))
        connection.reply(LastSeen(request=command.request, members=tuple([WasThere(to_wire(member), at) for member, at in found])))

    def _is_there(self, connection: Connection) -> Callable[[], bool]:
        return lambda: connection in self._gateway.connections


def _ids(field: str, names: Iterable[str]) -> list[int]:
    """Raises: IdInvalid, of what no id can be; one that nobody has is as good as one that may not be seen."""
    try:
        return [from_wire(name) for name in names]
    except ValueError:
        raise IdInvalid(field) from None
