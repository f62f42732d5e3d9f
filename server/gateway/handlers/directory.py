"""Looking at the organisation as one may see it, searching in it, and changing one's own card."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import UNSET

from protocol.commands import ChangeProfile, GetTree, GetTreeTop, ListUnit, SearchMembers
from protocol.events import Done
from server.directory.service import DirectoryService
from server.gateway.connection import Connection
from server.org.cards import OwnChanges
from server.org.own import OwnProfileService

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway


class DirectoryHandlers:
    def __init__(self, gateway: "Gateway", directory: DirectoryService, own: OwnProfileService) -> None:
        self._gateway = gateway
        self._directory = directory
        self._own = own

    async def top(self, connection: Connection, command: GetTreeTop) -> None:
        connection.reply(await self._directory.top(connection, command.request, self._is_there(connection)))

    async def page(self, connection: Connection, command: GetTree) -> None:
        """Sent before anything that is told of the tree as it then was: nothing comes between the answer and the watch."""
        connection.reply(await self._directory.page(connection, command.request, command.page, self._is_there(connection), command.have))

    async def unit(self, connection: Connection, command: ListUnit) -> None:
        connection.reply(await self._directory.unit(connection, command.request, command.unit, command.page, command.limit))

    async def search(self, connection: Connection, command: SearchMembers) -> None:
        connection.reply(await self._directory.search(connection, command))

    async def change_profile(self, connection: Connection, command: ChangeProfile) -> None:
        names = ("name", "nickname", "gender", "star_sign", "office_phone", "signature", "tags")
        wanted = {name: value for name in names if (value := getattr(command, name)) is not None}
        private = UNSET if command.phone_private is None else command.phone_private
        last_seen = UNSET if command.last_seen is None else command.last_seen
        changes = OwnChanges(is_phone_private=private, last_seen_shown=last_seen, **wanted)
        await self._own.change(connection.company, connection.member, changes)
        connection.reply(Done(request=command.request))

    def _is_there(self, connection: Connection) -> Callable[[], bool]:
        return lambda: connection in self._gateway.connections
