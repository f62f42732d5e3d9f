"""Frequent contacts and their groups, recent contacts, and the directory's lists."""

from protocol import commands as wish
from protocol.commands import Command
from protocol.events import ContactGroupMade, ContactsPage, Done, RecentContacts
from protocol.ids import from_wire, to_wire
from server.contacts.errors import ContactGroupNotFound
from server.contacts.pages import ContactPages
from server.contacts.service import ContactService
from server.conversations.errors import NobodyNamed
from server.directory.lists import ListsService
from server.gateway.connection import Connection
from server.gateway.handlers.conversations import member_id
from server.gateway.handlers.messages import made_id
from server.visibility.service import Viewer


def group_id(name: str) -> int:
    """Raises: ContactGroupNotFound, as for one that nobody has."""
    try:
        return from_wire(name)
    except ValueError:
        raise ContactGroupNotFound from None


class ContactHandlers:
    def __init__(self, contacts: ContactService, pages: ContactPages, lists: ListsService) -> None:
        self._contacts = contacts
        self._pages = pages
        self._lists = lists

    async def directory(self, connection: Connection, command: wish.ListDirectory) -> None:
        connection.reply(await self._lists.page(connection, command))

    async def recent(self, connection: Connection, command: wish.ListRecentContacts) -> None:
        contacts, page = await self._pages.recent(_viewer(connection), command.page, command.limit)
        connection.reply(RecentContacts(request=command.request, contacts=contacts, page=page))

    async def since(self, connection: Connection, command: wish.GetContacts) -> None:
        got = await self._pages.since(_viewer(connection), command.token, command.page)
        made = {name: getattr(got, name) for name in ("contacts", "groups", "page", "token", "snapshot")}
        connection.reply(ContactsPage(request=command.request, **made))

    async def add(self, connection: Connection, command: wish.AddContact) -> None:
        if (command.member is None) == (not command.number):
            raise NobodyNamed
        member = None if command.member is None else member_id(command.member)
        await self._contacts.add(_viewer(connection), member, command.number, command.remark)
        _done(connection, command)

    async def remove(self, connection: Connection, command: wish.RemoveContact) -> None:
        await self._contacts.remove(_viewer(connection), member_id(command.member))
        _done(connection, command)

    async def move(self, connection: Connection, command: wish.MoveContact) -> None:
        before = None if command.before is None else member_id(command.before)
        await self._contacts.move(_viewer(connection), member_id(command.member), before)
        _done(connection, command)

    async def make_group(self, connection: Connection, command: wish.MakeContactGroup) -> None:
        made = await self._contacts.make_group(_viewer(connection), made_id(command.id), command.name)
        connection.reply(ContactGroupMade(request=command.request, group=to_wire(made)))

    async def rename_group(self, connection: Connection, command: wish.RenameContactGroup) -> None:
        await self._contacts.rename_group(_viewer(connection), group_id(command.group), command.name)
        _done(connection, command)

    async def move_group(self, connection: Connection, command: wish.MoveContactGroup) -> None:
        before = None if command.before is None else group_id(command.before)
        await self._contacts.move_group(_viewer(connection), group_id(command.group), before)
        _done(connection, command)

    async def delete_group(self, connection: Connection, command: wish.DeleteContactGroup) -> None:
        await self._contacts.delete_group(_viewer(connection), group_id(command.group))
        _done(connection, command)

    async def put_in_group(self, connection: Connection, command: wish.PutInContactGroup) -> None:
        before = None if command.before is None else member_id(command.before)
        await self._contacts.put_in(_viewer(connection), group_id(command.group), member_id(command.member), before)
        _done(connection, command)

    async def take_out_of_group(self, connection: Connection, command: wish.TakeOutOfContactGroup) -> None:
        await self._contacts.take_out(_viewer(connection), group_id(command.group), member_id(command.member))
        _done(connection, command)


def _viewer(connection: Connection) -> Viewer:
    return Viewer(connection.company, connection.member)


def _done(connection: Connection, command: Command) -> None:
    connection.reply(Done(request=command.request))
