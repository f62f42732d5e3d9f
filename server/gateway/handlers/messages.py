"""Reading messages and changing them; sending has a path of its own (``connection``)."""

from typing import TYPE_CHECKING

from protocol.commands import (
    Changes,
    DeleteForMe,
    Edit,
    Favourite,
    GetMarks,
    History,
    ListFavourites,
    ListPinned,
    PinMessage,
    React,
    Recall,
    Unfavourite,
)
from protocol.errors import CursorInvalid, FrameInvalid, IdInvalid
from protocol.events import ChangesPage, Done, FavouriteInfo, Favourites, HistoryPage, Marks, MarksPage, Pinned, Skipped
from protocol.ids import client_id_bytes, to_wire
from server.gateway.connection import Connection
from server.gateway.handlers.conversations import conversation_id
from server.messages.service import MessageService
from server.messages.wire import all_as_now, as_now
from storage.writer.entries import EditEntry, PinEntry, ReactEntry, RecallEntry

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway

NEWEST_CLIENT_ID = b"\xff" * 16


def made_id(name: str) -> bytes:
    """Raises: IdInvalid."""
    try:
        return client_id_bytes(name)
    except ValueError:
        raise IdInvalid("id") from None


class MessageHandlers:
    def __init__(self, gateway: "Gateway", messages: MessageService) -> None:
        self._gateway = gateway
        self._messages = messages

    async def history(self, connection: Connection, command: History) -> None:
        if sum(side is not None for side in (command.after, command.before, command.around)) != 1:
            raise FrameInvalid("give one of after, before, around")
        found = await self._messages.history(
            connection.company,
            connection.member,
            conversation_id(command.conversation),
            after=command.after,
            before=command.before,
            around=command.around,
            limit=command.limit,
        )
        connection.reply(
            HistoryPage(
                request=command.request,
                conversation=command.conversation,
                after=found.page.after,
                up_to=found.page.up_to,
                messages=all_as_now(found.rows, connection.codec, found.who.may_see),
                skipped=tuple(Skipped(first, last) for first, last in found.skipped),
            )
        )

    async def changes(self, connection: Connection, command: Changes) -> None:
        conversation = conversation_id(command.conversation)
        found = await self._messages.changes(
            connection.company, connection.member, conversation, after=command.after, hidden=command.hidden, limit=command.limit
        )
        connection.reply(
            ChangesPage(
                request=command.request,
                conversation=command.conversation,
                after=command.after,
                up_to=found.up_to,
                messages=all_as_now(found.rows, connection.codec, found.who.may_see),
                hidden=tuple(found.hidden),
                hidden_up_to=found.hidden_up_to,
                more=found.more,
            )
        )

    async def marks(self, connection: Connection, command: GetMarks) -> None:
        found = await self._messages.marks(connection.company, connection.member, conversation_id(command.conversation))
        marks = tuple(Marks(to_wire(member), delivered, read) for member, delivered, read in found)
        connection.reply(MarksPage(request=command.request, conversation=command.conversation, marks=marks))

    async def pinned(self, connection: Connection, command: ListPinned) -> None:
        rows, who = await self._messages.pinned(connection.company, connection.member, conversation_id(command.conversation))
        made = all_as_now(rows, connection.codec, who.may_see)
        connection.reply(Pinned(request=command.request, conversation=command.conversation, messages=made))

    # ---- changes, before the writer

    def edit(self, connection: Connection, command: Edit) -> None:
        body = connection.codec.check_body(command.body)
        where = (connection.company, connection.member, conversation_id(command.conversation), command.seq)
        self._gateway.put(EditEntry(connection, command.request, *where, command.version, body))

    def recall(self, connection: Connection, command: Recall) -> None:
        where = (connection.company, connection.member, conversation_id(command.conversation), command.seq)
        self._gateway.put(RecallEntry(connection, command.request, *where))

    def react(self, connection: Connection, command: React) -> None:
        where = (connection.company, connection.member, conversation_id(command.conversation), command.seq)
        self._gateway.put(ReactEntry(connection, command.request, *where, command.emoji, command.on))

    def pin(self, connection: Connection, command: PinMessage) -> None:
        where = (connection.company, connection.member, conversation_id(command.conversation), command.seq)
        self._gateway.put(PinEntry(connection, command.request, *where, command.on))

    # ---- one's own

    async def delete_for_me(self, connection: Connection, command: DeleteForMe) -> None:
        await self._messages.hide(connection.company, connection.member, conversation_id(command.conversation), command.seq)
        connection.reply(Done(request=command.request))

    async def favourite(self, connection: Connection, command: Favourite) -> None:
        conversation = conversation_id(command.conversation)
        made = made_id(command.id)
        await self._messages.favourite(connection.company, connection.member, made, conversation, command.seq, command.note)
        connection.reply(Done(request=command.request))

    async def unfavourite(self, connection: Connection, command: Unfavourite) -> None:
        await self._messages.unfavourite(connection.company, connection.member, made_id(command.id))
        connection.reply(Done(request=command.request))

    async def favourites(self, connection: Connection, command: ListFavourites) -> None:
        try:
            before = client_id_bytes(command.page) if command.page else NEWEST_CLIENT_ID
        except ValueError:
            raise CursorInvalid from None
        found = await self._messages.favourites(connection.company, connection.member, before, command.limit)
        made = tuple(
            FavouriteInfo(
                id=kept.client_id.hex(),
                conversation=to_wire(kept.who.conversation),
                seq=kept.seq,
                at=kept.at,
                note=kept.note,
                message=None if kept.row is None else as_now(kept.row, connection.codec, kept.who.may_see),
            )
            for kept in found
        )
        page = made[-1].id if len(made) == command.limit else ""
        connection.reply(Favourites(request=command.request, favourites=made, page=page))
