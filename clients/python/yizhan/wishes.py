"""What an application may wish, as methods that put a command into the outbox and give the wish (SPEC E1, E3, E4).

Here the commands are made and checked as far as a client can; whether, when and how often they are sent is the core's matter.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from ._protocol import commands, limits
from ._protocol.bodies import Known
from ._protocol.codec import MESSAGEPACK, Codec
from ._protocol.commands import Command
from ._protocol.errors import IdConflict
from .address_book import Person
from .errors import FrameTooLarge
from .outbox import EMPTY, Outbox, Wish

Content = str | Known | dict[str, Any]
"""What a message may be made of: a text, a body (``_protocol/bodies.py``), or plain data with a ``fallback`` for a kind of one's own."""


Reason = Literal["spam", "fraud", "harassment", "other"]
"""Why somebody outside is reported."""


class Name(NamedTuple):
    """A message is named by its conversation and seq."""

    conversation: str
    seq: int


class Wishes:
    def __init__(self, codec: Codec, new_id: Callable[[], str]) -> None:
        self.codec = codec
        self.outbox = Outbox()
        self.saves = 0  # rises whenever what must survive a crash has changed
        self._new_id = new_id
        self._keys = 0

    def wish(self, command: Command, *, key: str = "", body: bytes | None = None, is_read: bool = False, is_fresh: bool = False) -> Wish:
        """Put any command into the outbox. A wish with the same ``key`` that still waits is that wish.

        Raises: IdConflict where that one wants something else; FrameTooLarge; FrameInvalid (an id that is not one, a text too long).
        """
        if (waiting := self.outbox.writes.get(key)) is not None:
            if not waiting.wants(command, body):
                raise IdConflict
            return waiting
        if not key:
            self._keys += 1
            key = f"{self._keys}/{self._new_id()}"
        wish = Wish(key, command, body, is_read=is_read, is_fresh=is_fresh)
        frame = self.codec.encode(wish.as_command(1, self.codec))
        if len(frame) > self.codec.frame_limit:
            raise FrameTooLarge(len(frame), self.codec.frame_limit)
        self.codec.decode_command(frame)  # what the server could not read would stop the whole outbox
        self.saves += not is_read
        return self.outbox.add(wish)

    def ask(self, command: Command) -> Wish:
        """A read: asked anew after a cut, not kept over a restart."""
        return self.wish(command, is_read=True)

    # ---- messages

    def send(self, conversation: str, content: Content, *, id: str = "", keep_draft: bool = False) -> Wish:
        """``id`` is the client id: give one of your own (32 hexadecimal digits) where a send must be repeatable over restarts.

        Raises: BodyInvalid, BodyTooLarge, FrameTooLarge, IdConflict.
        """
        key = id or self._new_id()
        command = commands.Send(request=0, id=key, conversation=conversation, body=EMPTY, keep_draft=keep_draft)
        return self.wish(command, key=key, body=to_body(content), is_fresh=not id)

    def forward(self, conversation: str, message: Name, *, id: str = "") -> Wish:
        key = id or self._new_id()
        of = commands.ForwardOf(message.conversation, message.seq)
        return self.wish(commands.Send(request=0, id=key, conversation=conversation, forward=of), key=key)

    def edit(self, message: Name, content: Content, *, version: int) -> Wish:
        """``version`` is the one that is replaced: another one meanwhile is a conflict.

        Raises: BodyInvalid, BodyTooLarge, FrameTooLarge.
        """
        command = commands.Edit(request=0, conversation=message.conversation, seq=message.seq, version=version, body=EMPTY)
        return self.wish(command, body=to_body(content))

    def recall(self, message: Name) -> Wish:
        return self.wish(commands.Recall(request=0, conversation=message.conversation, seq=message.seq))

    def react(self, message: Name, emoji: str, *, on: bool = True) -> Wish:
        return self.wish(commands.React(request=0, conversation=message.conversation, seq=message.seq, emoji=emoji, on=on))

    def pin_message(self, message: Name, *, on: bool = True) -> Wish:
        return self.wish(commands.PinMessage(request=0, conversation=message.conversation, seq=message.seq, on=on))

    def delete_for_me(self, message: Name) -> Wish:
        return self.wish(commands.DeleteForMe(request=0, conversation=message.conversation, seq=message.seq))

    # ---- conversations

    def open_direct(self, *, number: str = "", member: str | None = None) -> Wish:
        return self.wish(commands.OpenDirect(request=0, number=number, member=member))

    def mark(self, conversation: str, *, read: int = 0, delivered: int = 0) -> Wish:
        """How far one got. Marks that still wait are joined: only the furthest is sent."""
        return self.wish(commands.Mark(request=0, conversation=conversation, read=read, delivered=delivered))

    def set_conversation(
        self,
        conversation: str,
        *,
        pinned_to_top: bool | None = None,
        muted: bool | None = None,
        archived: bool | None = None,
        unread: bool | None = None,
    ) -> Wish:
        """What is left out stays."""
        command = commands.SetConversation(
            request=0, conversation=conversation, pinned_to_top=pinned_to_top, muted=muted, archived=archived, unread=unread
        )
        return self.wish(command)

    def set_draft(self, conversation: str, text: str) -> Wish:
        return self.wish(commands.SetDraft(request=0, conversation=conversation, text=text))

    # ---- favourites, contacts, sessions

    def favourite(self, message: Name, *, note: str = "", id: str = "") -> Wish:
        key = id or self._new_id()
        command = commands.Favourite(request=0, id=key, conversation=message.conversation, seq=message.seq, note=note)
        return self.wish(command, key=key)

    def unfavourite(self, id: str) -> Wish:
        return self.wish(commands.Unfavourite(request=0, id=id))

    def make_contact_group(self, name: str, *, id: str = "") -> Wish:
        key = id or self._new_id()
        return self.wish(commands.MakeContactGroup(request=0, id=key, name=name), key=key)

    def request_outside(self, *, member: str | None, address: str, words: str, remark: str, id: str = "") -> Wish:
        key = id or self._new_id()
        command = commands.RequestOutside(request=0, id=key, member=member, address=address, words=words, remark=remark)
        return self.wish(command, key=key)

    def bring_outside(self, people: Sequence[Person]) -> Wish:
        brought = tuple(commands.Brought(self._new_id(), one.address, one.name[: limits.CONTACT_REMARK_CHARACTERS]) for one in people)
        return self.wish(commands.BringOutside(request=0, people=brought))

    def report_outside(self, member: str, reason: Reason, words: str, *, id: str = "") -> Wish:
        key = id or self._new_id()
        return self.wish(commands.ReportOutside(request=0, id=key, member=member, reason=reason, words=words), key=key)

    def end_session(self, session: str) -> Wish:
        return self.wish(commands.EndSession(request=0, session=session))

    def change_password(self, old: str, new: str) -> Wish:
        return self.wish(commands.ChangePassword(request=0, old=old, new=new))

    def sign_out(self) -> Wish:
        return self.wish(commands.SignOut(request=0))


def to_body(content: Content) -> bytes:
    """The canonical bytes of a body, checked as the server will check them.

    Raises: BodyInvalid, BodyTooLarge.
    """
    body = {"kind": "text", "text": content} if isinstance(content, str) else content
    return MESSAGEPACK.check_body(MESSAGEPACK.raw(body)).canonical
