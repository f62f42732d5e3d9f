"""Outside contacts, requests to become one, reports."""

from protocol import commands as wish
from protocol.commands import Command
from protocol.events import Done, OutsideContacts, OutsideRequests
from protocol.ids import from_wire
from server.gateway.connection import Connection
from server.gateway.handlers.conversations import member_id
from server.gateway.handlers.messages import made_id
from server.outside.asking import OutsideRequestService, Wanted
from server.outside.contacts import OutsideContactService
from server.outside.errors import OutsideRequestNotFound
from server.outside.pages import OutsidePages
from server.outside.reporting import OutsideReportService
from server.visibility.service import Viewer


def asked_id(name: str) -> int:
    """Raises: OutsideRequestNotFound, as for one that nobody made."""
    try:
        return from_wire(name)
    except ValueError:
        raise OutsideRequestNotFound from None


class OutsideHandlers:
    def __init__(
        self, requests: OutsideRequestService, contacts: OutsideContactService, reports: OutsideReportService, pages: OutsidePages
    ) -> None:
        self._requests = requests
        self._contacts = contacts
        self._reports = reports
        self._pages = pages

    async def ask(self, connection: Connection, command: wish.RequestOutside) -> None:
        member = None if command.member is None else member_id(command.member)
        wanted = Wanted(made_id(command.id), member, command.address, command.words, command.remark)
        await self._requests.ask(_viewer(connection), wanted)
        _done(connection, command)

    async def bring(self, connection: Connection, command: wish.BringOutside) -> None:
        several = [Wanted(made_id(one.id), address=one.address, remark=one.remark) for one in command.people]
        await self._requests.bring(_viewer(connection), several)
        _done(connection, command)

    async def withdraw(self, connection: Connection, command: wish.WithdrawOutside) -> None:
        await self._requests.withdraw(_viewer(connection), asked_id(command.asked))
        _done(connection, command)

    async def accept(self, connection: Connection, command: wish.AcceptOutside) -> None:
        await self._requests.accept(_viewer(connection), asked_id(command.asked), command.remark)
        _done(connection, command)

    async def refuse(self, connection: Connection, command: wish.RefuseOutside) -> None:
        await self._requests.refuse(_viewer(connection), asked_id(command.asked), block=command.block)
        _done(connection, command)

    async def contacts(self, connection: Connection, command: wish.ListOutside) -> None:
        found, page = await self._pages.contacts(_viewer(connection), command.page, command.limit)
        connection.reply(OutsideContacts(request=command.request, contacts=found, page=page))

    async def requests(self, connection: Connection, command: wish.ListOutsideRequests) -> None:
        ask = self._pages.to_me if command.which == "to_me" else self._pages.mine
        found, page = await ask(_viewer(connection), command.page, command.limit)
        connection.reply(OutsideRequests(request=command.request, requests=found, page=page))

    async def remark(self, connection: Connection, command: wish.RemarkOutside) -> None:
        await self._contacts.set_remark(_viewer(connection), member_id(command.member), command.remark)
        _done(connection, command)

    async def remove(self, connection: Connection, command: wish.RemoveOutside) -> None:
        await self._contacts.remove(_viewer(connection), member_id(command.member))
        _done(connection, command)

    async def block(self, connection: Connection, command: wish.BlockOutside) -> None:
        await self._contacts.block(_viewer(connection), member_id(command.member), on=command.on)
        _done(connection, command)

    async def report(self, connection: Connection, command: wish.ReportOutside) -> None:
        client_id = made_id(command.id)
        await self._reports.report(_viewer(connection), client_id, member_id(command.member), command.reason, command.words)
        _done(connection, command)


def _viewer(connection: Connection) -> Viewer:
    return Viewer(connection.company, connection.member)


def _done(connection: Connection, command: Command) -> None:
    connection.reply(Done(request=command.request))
