"""What an answer to a wish means beyond itself, and what the two kinds of no mean (DESIGN 1, LOG A7, F2)."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from ._protocol import commands
from ._protocol import events as wire
from .base import EVENT_WITHIN_MS, Base
from .errors import OutcomeUnknown, ProtocolBroken, Refused, SessionOver
from .link import Reply
from .outbox import FAULTS, Wish
from .tree import Tree

REFUSED_KEPT = 1_000


class Answering(Base):
    def _answered(self, wish: Wish, frame: Reply) -> None:
        if wish.is_done:
            return  # its message was seen before its answer came
        if isinstance(frame, wire.ErrorFrame):
            return self._said_no(wish, frame)
        self._finish(wish, frame)
        if (effect := self._EFFECTS.get(wish.command.__class__)) is not None:
            effect(self, wish, frame)

    def _said_no(self, wish: Wish, frame: wire.ErrorFrame) -> None:
        if frame.kind == "refused":
            if isinstance(wish.command, commands.Send):
                self._refused[wish.key] = None
                if len(self._refused) > REFUSED_KEPT:
                    del self._refused[next(iter(self._refused))]
            return self._finish(wish, Refused(frame))
        is_fault = frame.code == "server.internal"
        wish.faults += is_fault
        if is_fault and (wish.is_read or wish.faults >= FAULTS):
            self._finish(wish, OutcomeUnknown(wish.command.__class__.__name__, id=wish.key))
        if not (is_fault and wish.is_read):  # the server closes, too: what was sent after it is dropped, else it would be stored before it
            self._close(retry_after_ms=frame.retry_after_ms)

    def _sent(self, wish: Wish, frame: wire.Answer) -> None:
        """It moves no cursor (LOG F2), and no event need follow it to this connection.

        The message of a first attempt is known as it was sent; any other (and a forward) may look different by now: it is fetched.
        """
        if not isinstance(frame, wire.Sent) or not isinstance(wish.command, commands.Send):
            raise ProtocolBroken("Send", frame.__class__.__name__)
        conversation = wish.command.conversation
        if not wish.command.keep_draft:
            self.conversations.changed_otherwise(conversation, "draft")
        if wish.attempts == 1 and wish.is_fresh and wish.body is not None:
            body = self.codec.raw_body(wish.body)
            message = wire.Message(seq=frame.seq, sender=self.conversations.me, sent_at=frame.sent_at, body=body, id=wish.key)
            self._show(self.conversations.take_own(message, conversation))
        else:
            self.conversations.want(conversation, seq=frame.seq)
        self.conversations.raise_mark(conversation, read=frame.read)

    def _changed(self, wish: Wish, frame: wire.Answer) -> None:
        """If no event brings it, it is fetched."""
        if isinstance(frame, wire.Changed):
            conversation: str = wish.command.conversation  # type: ignore[attr-defined]  # edit, recall, react, pin
            self._later(EVENT_WITHIN_MS, partial(self.conversations.want, conversation, change=frame.change))

    def _opened(self, wish: Wish, frame: wire.Answer) -> None:
        if not isinstance(frame, wire.Opened):
            raise ProtocolBroken("OpenDirect", frame.__class__.__name__)
        self._show_state(frame.conversation)

    def _marked(self, wish: Wish, frame: wire.Answer) -> None:
        assert isinstance(wish.command, commands.Mark)
        self.conversations.mark(wish.command.conversation, read=wish.command.read, delivered=wish.command.delivered)

    def _hidden(self, wish: Wish, frame: wire.Answer) -> None:
        assert isinstance(wish.command, commands.DeleteForMe)
        self._show(self.conversations.hide(wish.command.conversation, wish.command.seq))

    def _tree_page(self, wish: Wish, frame: wire.Answer) -> None:
        """Here and not where somebody waits for it: what changes is told right behind it."""
        assert isinstance(wish.command, commands.GetTree)
        if not isinstance(frame, wire.TreePage):
            raise ProtocolBroken("GetTree", frame.__class__.__name__)
        if not wish.command.page and not frame.rest:
            self.tree = Tree()
        self.tree.take_page(frame)

    def _contacts_page(self, wish: Wish, frame: wire.Answer) -> None:
        assert isinstance(wish.command, commands.GetContacts)
        if not isinstance(frame, wire.ContactsPage):
            raise ProtocolBroken("GetContacts", frame.__class__.__name__)
        self.contacts.take_page(frame, is_first=not wish.command.page)

    def _signed_out(self, wish: Wish, frame: wire.Answer) -> None:
        self._end(SessionOver("signed_out"))

    def _set(self, wish: Wish, frame: wire.Answer) -> None:
        command: Any = wish.command
        if isinstance(command, commands.SetDraft):
            settings = {"draft": command.text}
        else:
            names = {"pinned_to_top": "pinned_to_top", "muted": "muted", "archived": "archived", "unread": "marked_unread"}
            settings = {name: value for key, name in names.items() if (value := getattr(command, key)) is not None}
        self._show(self.conversations.set(command.conversation, **settings))

    _EFFECTS: ClassVar[dict[type[commands.Command], Callable[[Any, Wish, wire.Answer], None]]] = {
        commands.Send: _sent,
        commands.Edit: _changed,
        commands.Recall: _changed,
        commands.React: _changed,
        commands.PinMessage: _changed,
        commands.OpenDirect: _opened,
        commands.Mark: _marked,
        commands.DeleteForMe: _hidden,
        commands.SetConversation: _set,
        commands.SetDraft: _set,
        commands.GetTree: _tree_page,
        commands.GetContacts: _contacts_page,
        commands.SignOut: _signed_out,
    }
