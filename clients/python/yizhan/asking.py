"""The coroutines of a client, one for each command: they put the wish into the core's outbox and wait for its answer.

All of them may be called while the connection is down: the wish waits for the next one. Who stops waiting (a cancelled task, a time-out)
does not take back a wish that changes something.
"""

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from ._protocol import commands
from ._protocol import events as wire
from .core import Core
from .errors import ProtocolBroken
from .messages import Conversation, Message, read_conversation, read_message
from .outbox import Wish
from .wishes import Content, Name

A = TypeVar("A", bound=wire.Answer)
Target = Message | Name | tuple[str, int]


class Asking(ABC):
    """What ``Client`` is asked by; ``Shell`` below it provides ``_core`` and ``_answer``."""

    _core: Core

    @abstractmethod
    async def _answer(self, wish: Wish) -> wire.Answer:
        """The answer to a wish of the core's, when it comes."""

    async def _expect(self, wish: Wish, kind: type[A]) -> A:
        answer = await self._answer(wish)
        if not isinstance(answer, kind):
            raise ProtocolBroken(wish.command.__class__.__name__, answer.__class__.__name__)
        return answer

    # ---- messages

    async def send(
        self,
        conversation: str,
        text: str = "",
        *,
        body: Content | None = None,
        reply_to: int | None = None,
        mentions: tuple[str, ...] = (),
        mention_all: bool = False,
        id: str = "",
        keep_draft: bool = False,
    ) -> wire.Sent:
        """Send ``text``, or a ``body`` of any kind. Done means: committed by the server.

        ``id`` is the client id (drawn if it is not given): sent again under the same one, also by a later run, it is one message.

        Raises: Refused, OutcomeUnknown; BodyInvalid, BodyTooLarge, FrameTooLarge, FrameInvalid before anything is sent, and IdConflict
        where something else still waits under that ``id``.
        """
        if body is None:
            body = _text_body(text, reply_to, mentions, mention_all)
        return await self._expect(self._core.send(conversation, body, id=id, keep_draft=keep_draft), wire.Sent)

    async def reply(self, message: Message, text: str) -> wire.Sent:
        return await self.send(message.conversation, text, reply_to=message.seq)

    async def forward(self, message: Target, to: str, *, id: str = "") -> wire.Sent:
        return await self._expect(self._core.forward(to, _name(message), id=id), wire.Sent)

    async def edit(self, message: Target, content: Content, *, version: int | None = None) -> wire.Changed:
        """``version`` is the one that is replaced: by default the one of the message that is given."""
        if version is None:
            version = message.version if isinstance(message, Message) else 1
        return await self._expect(self._core.edit(_name(message), content, version=version), wire.Changed)

    async def recall(self, message: Target) -> wire.Changed:
        return await self._expect(self._core.recall(_name(message)), wire.Changed)

    async def react(self, message: Target, emoji: str, *, on: bool = True) -> wire.Changed:
        return await self._expect(self._core.react(_name(message), emoji, on=on), wire.Changed)

    async def pin_message(self, message: Target, *, on: bool = True) -> wire.Changed:
        return await self._expect(self._core.pin_message(_name(message), on=on), wire.Changed)

    async def delete_for_me(self, message: Target) -> None:
        await self._answer(self._core.delete_for_me(_name(message)))

    async def favourite(self, message: Target, *, note: str = "", id: str = "") -> None:
        await self._answer(self._core.favourite(_name(message), note=note, id=id))

    async def unfavourite(self, id: str) -> None:
        await self._answer(self._core.unfavourite(id))

    # ---- conversations

    async def open_direct(self, *, number: str = "", member: str | None = None) -> Conversation:
        """The direct conversation with an account number or a member; with oneself: 'my other devices'."""
        opened = await self._expect(self._core.open_direct(number=number, member=member), wire.Opened)
        return read_conversation(self._core.codec, opened.conversation)

    async def mark(self, conversation: str, *, read: int = 0, delivered: int = 0) -> None:
        """How far one got; marks only go forward."""
        await self._answer(self._core.mark(conversation, read=read, delivered=delivered))

    async def set_conversation(
        self,
        conversation: str,
        *,
        pinned_to_top: bool | None = None,
        muted: bool | None = None,
        archived: bool | None = None,
        unread: bool | None = None,
    ) -> None:
        """One's own settings of it; what is left out stays."""
        await self._answer(
            self._core.set_conversation(conversation, pinned_to_top=pinned_to_top, muted=muted, archived=archived, unread=unread)
        )

    async def set_draft(self, conversation: str, text: str) -> None:
        await self._answer(self._core.set_draft(conversation, text))

    # ---- looking

    async def conversations(self) -> list[Conversation]:
        """All conversations, as the server has them now."""
        found: list[Conversation] = []
        page = ""
        while True:
            got = await self._read(commands.ListConversations(request=0, page=page), wire.ConversationList)
            found += [read_conversation(self._core.codec, state) for state in got.conversations]
            page = got.page
            if not page:
                return found

    async def history(
        self, conversation: str, *, before: int | None = None, after: int | None = None, around: int | None = None, limit: int = 50
    ) -> list[Message]:
        """Messages as they are now, ascending: exactly one of ``before``, ``after``, ``around`` a seq. At most 200."""
        command = commands.History(request=0, conversation=conversation, before=before, after=after, around=around, limit=limit)
        page = await self._read(command, wire.HistoryPage)
        return [self._message(conversation, message) for message in page.messages]

    async def marks(self, conversation: str) -> tuple[wire.Marks, ...]:
        """How far the other participants got."""
        return (await self._read(commands.GetMarks(request=0, conversation=conversation), wire.MarksPage)).marks

    async def pinned(self, conversation: str) -> list[Message]:
        page = await self._read(commands.ListPinned(request=0, conversation=conversation), wire.Pinned)
        return [self._message(conversation, message) for message in page.messages]

    async def favourites(self) -> list[wire.FavouriteInfo]:
        found: list[wire.FavouriteInfo] = []
        page = ""
        while True:
            got = await self._read(commands.ListFavourites(request=0, page=page), wire.Favourites)
            found += got.favourites
            page = got.page
            if not page:
                return found

    async def profile(self, member: str) -> wire.MemberInfo:
        return (await self._read(commands.GetProfile(request=0, member=member), wire.Profile)).profile

    async def ping(self) -> None:
        """Answered when the server has taken everything that was written before."""
        await self._answer(self._core.wish(commands.Ping(request=0)))

    # ---- sessions

    async def sessions(self) -> tuple[wire.SessionInfo, ...]:
        return (await self._read(commands.ListSessions(request=0), wire.Sessions)).sessions

    async def end_session(self, session: str) -> None:
        await self._answer(self._core.end_session(session))

    async def change_password(self, old: str, new: str) -> None:
        """Ends the member's other sessions."""
        await self._answer(self._core.change_password(old, new))

    async def send_code(self, kind: commands.AddressKind, address: str) -> wire.CodeSent:
        """A code goes to this mobile number or mail address, for ``bind``. Raises: Refused."""
        return await self._read(commands.SendCode(request=0, kind=kind, address=address), wire.CodeSent)

    async def bind(self, kind: commands.AddressKind, address: str, code: str) -> None:
        """The address is a login name from now on, and stands on one's card. Raises: Refused."""
        await self._answer(self._core.wish(commands.Bind(request=0, kind=kind, address=address, code=code)))

    async def sign_out(self) -> None:
        """The session's token is worth nothing after this; the client is over."""
        await self._answer(self._core.sign_out())

    # ---- helpers

    async def _read(self, command: commands.Command, kind: type[A]) -> A:
        return await self._expect(self._core.ask(command), kind)

    def _message(self, conversation: str, message: wire.Message) -> Message:
        return read_message(self._core.codec, conversation, message)


def _name(target: Target) -> Name:
    return Name(target.conversation, target.seq) if isinstance(target, Message) else Name(*target)


def _text_body(text: str, reply_to: int | None, mentions: tuple[str, ...], mention_all: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": "text", "text": text}
    if reply_to is not None:
        body["reply_to"] = reply_to
    if mentions:
        body["mentions"] = list(mentions)
    if mention_all:
        body["mention_all"] = True
    return body
