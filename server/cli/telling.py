"""How `tail` prints what happens: a line an event, for people or as JSON. Knows names, decides nothing."""

from typing import Any, Protocol

import msgspec

from server.cli import frame
from server.cli.state_words import ACTIVE, named, said
from server.cli.times import short
from yizhan import (
    Client,
    Connected,
    Disconnected,
    Event,
    JoinedConversation,
    LeftConversation,
    Message,
    MessageEdited,
    MessageHidden,
    MessagePinned,
    MessageRecalled,
    MessageReceived,
    ProfileChanged,
    ReactionsChanged,
    Refused,
    SessionEnded,
    SnapshotStarted,
    bodies,
)

ALWAYS = "conversation_updated", "marks_moved", "typing", "favourites_changed", "contacts_changed", "sent_after_all"
NOTES = {"opened": "opened the conversation", "joined": "added", "left": "left", "removed": "removed"}
NAMED = 3
SERVER = "Yizhan"
"""Who says what nobody sent, and where."""


class Teller(Protocol):
    async def tell(self, event: Event) -> None: ...


class Names:
    """Who somebody is, and what he is, and how a conversation is called; asked for once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cards: dict[str, tuple[str, str]] = {}

    async def member(self, id: str) -> str:
        return (await self.card(id))[0] if id else SERVER

    async def card(self, id: str) -> tuple[str, str]:
        """(name, state)"""
        if id not in self._cards:
            self._cards[id] = await self._asked(id)
        return self._cards[id]

    async def _asked(self, id: str) -> tuple[str, str]:
        try:
            found = await self._client.profile(id)
        except Refused:
            return id, "active"
        return found.name, found.state

    def forget(self, id: str) -> None:
        """He may be another now."""
        self._cards.pop(id, None)

    async def conversation(self, id: str) -> str:
        known = self._client.known.get(id)
        if known is None:
            return id
        if known.kind == "system":
            return SERVER
        if known.name or not known.peer:
            return known.name or id
        return "my other devices" if known.peer == self._client.me.member else await self.member(known.peer)


class JsonTeller:
    """One object a line: ``{"event": "message_received", "conversation": …, "seq": 7, "sender_name": …, "text": …}``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = Names(client)

    async def tell(self, event: Event) -> None:
        name = _event_name(event)
        if isinstance(event, ProfileChanged):
            self._names.forget(event.member)
            if event.member == self._client.me.member:
                return
        if name in ALWAYS:
            return
        plain: dict[str, Any] = {"event": name}
        message = getattr(event, "message", None)
        if isinstance(message, Message):
            plain |= msgspec.to_builtins(message)
            plain["conversation_name"] = await self._names.conversation(message.conversation)
            plain["sender_name"] = await self._names.member(message.sender)
            plain["text"] = message.text
        else:
            plain |= msgspec.to_builtins(event)
        frame.say(msgspec.json.encode(plain).decode())


def _event_name(event: Event) -> str:
    """MessageReceived: message_received."""
    name = type(event).__name__
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class TextTeller:
    """``11-23 09:31  [Berlin] #8  Emma Clarke: See you at noon``; about the connection on standard error."""

    def __init__(self, client: Client, chinese: bool = False) -> None:
        self._client = client
        self._chinese = chinese
        self._names = Names(client)
        self._is_up = True

    async def tell(self, event: Event) -> None:
        if isinstance(event, Connected | Disconnected | SnapshotStarted | SessionEnded):
            self._tell_connection(event)
        elif (line := await self._line(event)) is not None:
            frame.say(line)

    def _tell_connection(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._is_up = True
            frame.tell(
                f"-- {'connected again' if event.resumed else 'connected'} as {event.me.name} ({event.me.number or event.me.member})"
            )
        elif isinstance(event, Disconnected) and self._is_up and event.retry_in_ms is not None:
            self._is_up = False
            frame.tell("-- the server is away; waiting for it")

    async def _line(self, event: Event) -> str | None:
        match event:
            case MessageReceived(message=message):
                return await self._message(message, await self._said(message))
            case MessageEdited(message=message):
                return await self._message(message, f"(edited) {message.text}")
            case MessageRecalled(message=message):
                return await self._message(message, "(recalled)")
            case ReactionsChanged(message=message):
                return await self._message(message, await self._reactions(message))
            case MessagePinned(message=message):
                return await self._message(message, "(pinned)" if message.pinned else "(no longer pinned)")
            case MessageHidden():
                return await self._note(event.conversation, f"#{event.seq} hidden for oneself")
            case JoinedConversation(conversation=conversation):
                return await self._note(conversation.conversation, "is in the list now")
            case ProfileChanged(member=member) if member != self._client.me.member:
                self._names.forget(member)
                name, state = await self._names.card(member)
                return frame.dim(f"{'':11}  {name}: {said(state, self._chinese) or ACTIVE[self._chinese]}")
            case LeftConversation():
                return await self._note(event.conversation, f"left, the last message is #{event.seq}")
            case _:
                return None

    async def _message(self, message: Message, what: str) -> str:
        where = await self._where(message.conversation)
        who = await self._member(message.sender)
        when = frame.dim(short(message.sent_at))
        return f"{when}  [{where}] {frame.dim(f'#{message.seq}')}  {who}: {what}"

    async def _member(self, id: str) -> str:
        """With what he is, where he is not simply active."""
        name, state = await self._names.card(id)
        return named(frame.bold(name), state, self._chinese)

    async def _where(self, conversation: str) -> str:
        known = self._client.known.get(conversation)
        return named(await self._names.conversation(conversation), known.peer_state if known else "active", self._chinese)

    async def _note(self, conversation: str, what: str) -> str:
        return frame.dim(f"{'':11}  [{await self._names.conversation(conversation)}] {what}")

    async def _said(self, message: Message) -> str:
        if message.recalled or message.body is None:
            return "(recalled)"
        if isinstance(message.body, bodies.NoteBody):
            return await self._system_note(message.body)
        kind = type(message.body).__struct_config__.tag
        words = message.text if kind in ("text", "rich") else f"[{kind or getattr(message.body, 'kind', '')}] {message.text}"
        reply = getattr(message.body, "reply_to", None)
        tail = f"  {await self._reactions(message)}" if message.reactions else ""
        return (f"(to #{reply}) " if reply else "") + words + tail

    async def _system_note(self, body: bodies.NoteBody) -> str:
        names = [await self._names.member(member) for member in body.members[:NAMED]]
        more = f" and {len(body.members) - NAMED} more" if len(body.members) > NAMED else ""
        return f"({NOTES.get(body.what, body.text or body.what)}: {', '.join(names)}{more})"

    async def _reactions(self, message: Message) -> str:
        given = [f"{emoji} {', '.join([await self._names.member(who) for who in people])}" for emoji, people in message.reactions.items()]
        return f"({'; '.join(given)})" if given else "(no reactions any more)"
