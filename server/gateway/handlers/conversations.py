"""Catching up, and conversations as their viewer has them."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from protocol import limits
from protocol.commands import ListConversations, Mark, OpenDirect, SetConversation, SetDraft, Sync, Typing
from protocol.errors import ConversationNotFound, CursorInvalid, MemberNotFound
from protocol.events import ConversationList, Done, IsTyping, Opened, SyncPage
from protocol.ids import from_wire, to_wire
from server.conversations.errors import NobodyNamed
from server.conversations.service import ConversationService
from server.conversations.states import on_wire
from server.delivery.wire import Shared
from server.gateway.connection import Connection, Stage, Typed
from server.presence.typing import TypingNow
from server.sync.service import SyncService
from server.sync.tokens import Cursor, Seal
from server.visibility.service import Viewer, Writing, access_addressable, access_to_write
from server.visibility.terms import Where
from storage import members
from storage.conversations import Talking, talking
from storage.members import Card
from storage.work import Read
from storage.writer.entries import DraftEntry, SettingsEntry

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway

NOBODY = -1
MOST_ARRIVALS = 1_000
"""Conversations of which a connection's delivered marks wait until its presence is known: they come once more with what comes there."""
LOOK_AGAIN_SECONDS = 10.0
"""So long who may write somewhere is kept, for typing: several frames, not one, ask the database."""
Arrived = Callable[[Connection], Awaitable[None]]
"""Told of a connection that has asked what is new, and hears from now on what happens."""


def conversation_id(name: str) -> int:
    """Raises: ConversationNotFound, as for one that nobody has."""
    try:
        return from_wire(name)
    except ValueError:
        raise ConversationNotFound from None


def member_id(name: str) -> int:
    """Raises: MemberNotFound, as for one that nobody has."""
    try:
        return from_wire(name)
    except ValueError:
        raise MemberNotFound from None


class ConversationHandlers:
    def __init__(
        self,
        gateway: "Gateway",
        conversations: ConversationService,
        sync: SyncService,
        seal: Seal,
        arrived: Arrived,
        typing: TypingNow,
    ) -> None:
        self._gateway = gateway
        self._arrived = arrived
        self._typing = typing
        self._conversations = conversations
        self._sync = sync
        self._seal = seal

    async def sync(self, connection: Connection, command: Sync) -> None:
        """It joins the hand-out before its heads are read (LOG F2).

        A further page belongs to a first one of this very connection: behind another's it would miss what came between.
        """
        if connection.stage is not Stage.SIGNED_IN:
            return  # it was closed before its turn came
        if not command.page:
            connection.catches_up()
            self._gateway.online.follow(connection)
        elif not connection.is_catching_up:
            raise CursorInvalid
        answer = await self._sync.page(connection.company, connection.member, command.token, command.page)
        states = tuple(on_wire(state, connection.codec) for state in answer.states)
        connection.reply(
            SyncPage(request=command.request, conversations=states, page=answer.page, token=answer.token, snapshot=answer.snapshot)
        )
        if not answer.page:
            connection.go_live()
            await self._arrived(connection)
            self._mark_arrivals(connection)

    async def every(self, connection: Connection, command: ListConversations) -> None:
        behind = self._seal.opened(command.page, connection.member).behind if command.page else -1
        states = await self._conversations.every((connection.company, connection.member), behind, command.limit)
        page = ""
        if len(states) == command.limit:
            page = self._seal.cursor(Cursor(connection.member, states[-1].row["conversation"]))
        made = tuple(on_wire(state, connection.codec) for state in states)
        connection.reply(ConversationList(request=command.request, conversations=made, page=page))

    async def open_direct(self, connection: Connection, command: OpenDirect) -> None:
        if (command.member is None) == (not command.number):
            raise NobodyNamed
        viewer = Viewer(connection.company, connection.member)

        async def act(read: Read) -> Card:
            if command.member is not None:
                return await access_addressable(read, viewer, member_id(command.member))
            found = await members.find_by_number(read, command.number)
            return await access_addressable(read, viewer, NOBODY if found is None else found.id, Where.NUMBER)

        async def permitted(read: Read) -> Writing:
            return await access_to_write(read, viewer, other.id)

        other = await self._gateway.storage.read(act)
        state = await self._conversations.open_direct((viewer.company, viewer.member), (other.company, other.id), permitted=permitted)
        connection.reply(Opened(request=command.request, conversation=on_wire(state, connection.codec)))

    def set_conversation(self, connection: Connection, command: SetConversation) -> None:
        self._gateway.put(
            SettingsEntry(
                connection,
                command.request,
                connection.company,
                connection.member,
                conversation_id(command.conversation),
                pinned_to_top=command.pinned_to_top,
                muted=command.muted,
                archived=command.archived,
                marked_unread=command.unread,
            )
        )

    def set_draft(self, connection: Connection, command: SetDraft) -> None:
        conversation = conversation_id(command.conversation)
        self._gateway.put(DraftEntry(connection, command.request, connection.company, connection.member, conversation, command.text))

    def mark(self, connection: Connection, command: Mark) -> None:
        """Taken at once, written within a second; whether he may is decided there (LOG H3)."""
        conversation = conversation_id(command.conversation)
        delivered = self._shown(connection, conversation, command.delivered) if command.delivered > command.read else 0
        self._gateway.marks.add(connection.company, connection.member, conversation, command.read, delivered)
        connection.reply_soon(Done(request=command.request))

    def _shown(self, connection: Connection, conversation: int, delivered: int) -> int:
        """What others may hear of it now: of who is invisible nothing (SPEC G3); before that is known it waits."""
        shows = self._gateway.shows_arrivals(connection)
        if shows is None:
            early = connection.arrivals or {}
            if conversation in early or len(early) < MOST_ARRIVALS:
                connection.arrivals = {**early, conversation: max(delivered, early.get(conversation, 0))}
        return delivered if shows else 0

    def _mark_arrivals(self, connection: Connection) -> None:
        """What waited for it."""
        early, connection.arrivals = connection.arrivals or {}, None
        for conversation, delivered in early.items() if self._gateway.shows_arrivals(connection) else ():
            self._gateway.marks.add(connection.company, connection.member, conversation, 0, delivered)

    async def typing(self, connection: Connection, command: Typing) -> None:
        """At most one in 3 s, to at most 50 people, never stored (LOG H4).

        Where he may not write it is dropped without a word: what says so here is of a moment ago, and only the writer refuses (LOG A4).
        """
        conversation = conversation_id(command.conversation)
        now = self._gateway.clock.monotonic()
        lately = connection.typing or {}
        before = lately.get(conversation)
        if before is None or now - before.at >= limits.TYPING_EVERY_SECONDS:
            there = await self._gateway.hand_out.participants(conversation)
            if connection.member not in there:
                raise ConversationNotFound
            typed = before if before is not None and now - before.looked_at < LOOK_AGAIN_SECONDS else None
            found = typed.talking if typed is not None else await self._talking(connection, conversation)
            if found.has_begun:  # else the other one has not heard of it, nor of who opened it
                kept = Typed(now, now if typed is None else typed.looked_at, found)
                connection.typing = {**(lately if len(lately) < limits.TYPING_UP_TO else {}), conversation: kept}
            if found.has_begun and found.may_write:
                await self._tell_typing(connection, conversation, there, is_direct=found.is_direct)
        connection.reply(Done(request=command.request))

    async def _talking(self, connection: Connection, conversation: int) -> Talking:
        who, now = (connection.company, connection.member), self._gateway.clock.now()
        return await self._gateway.storage.read(lambda read: talking(read, conversation, *who, now))

    async def _tell_typing(self, connection: Connection, conversation: int, there: dict[int, int], *, is_direct: bool) -> None:
        if len(there) > limits.TYPING_UP_TO:
            return
        online = self._gateway.online
        shared = Shared.of(IsTyping(conversation=to_wire(conversation), member=to_wire(connection.member)))
        for member in await self._typing.heard_by(connection, online.here(there), online.members, is_direct=is_direct):
            for receiver in online.members.get(member, ()):
                receiver.give(shared.wire(receiver.codec))
