"""What the server says by itself: every event, and errors that are about the connection."""

from collections.abc import Callable
from typing import Any, ClassVar

from . import entry, events
from ._protocol import events as wire
from .arriving import Arriving
from .errors import SessionOver


class Hearing(Arriving):
    def _heard(self, frame: wire.Frame) -> None:
        self._HEARD[frame.__class__](self, frame)

    def _messages(self, frame: wire.Messages) -> None:
        self._show(self.conversations.take_messages(frame))

    def _messages_changed(self, frame: wire.MessagesChanged) -> None:
        self._show(self.conversations.take_changes(frame))

    def _messages_hidden(self, frame: wire.MessagesHidden) -> None:
        self._show(self.conversations.take_hidden(frame.conversation, frame.after, frame.up_to, frame.seqs))

    def _conversation_changed(self, frame: wire.ConversationChanged) -> None:
        self._show_state(frame.state)

    def _left(self, frame: wire.Left) -> None:
        self._show(self.conversations.take_left(frame))

    def _marks_moved(self, frame: wire.MarksMoved) -> None:
        self._emit(events.MarksMoved(frame.conversation, frame.marks))

    def _own_marks(self, frame: wire.OwnMarks) -> None:
        self._show(self.conversations.take_own_marks(frame))

    def _is_typing(self, frame: wire.IsTyping) -> None:
        self._emit(events.Typing(frame.conversation, frame.member))

    def _favourites_changed(self, frame: wire.FavouritesChanged) -> None:
        self._emit(events.FavouritesChanged())

    def _contacts_changed(self, frame: wire.ContactsChanged) -> None:
        self._emit(events.ContactsChanged())

    def _outside_changed(self, frame: wire.OutsideChanged) -> None:
        self._emit(events.OutsideChanged())

    def _profile_changed(self, frame: wire.ProfileChanged) -> None:
        self._show(self.conversations.take_state_of(frame.member, frame.state))
        self._emit(events.ProfileChanged(frame.member, frame.state))

    def _tree_changed(self, frame: wire.TreeChanged) -> None:
        self.tree.apply(frame)
        self._emit(events.TreeChanged(frame))

    def _tree_reload(self, frame: wire.TreeReload) -> None:
        self._emit(events.TreeOutdated())

    def _units_presence(self, frame: wire.UnitsPresence) -> None:
        if (changed := self.presence.take_units(frame)) is not None:
            self._emit(changed)

    def _people_presence(self, frame: wire.PeoplePresence) -> None:
        if (changed := self.presence.take_people(frame)) is not None:
            self._emit(changed)

    def _own_presence(self, frame: wire.OwnPresence) -> None:
        self._emit(self.presence.take_own(frame))

    def _sync_token(self, frame: wire.SyncToken) -> None:
        self._keep_token(frame.token)

    def _session_ended(self, frame: wire.SessionEnded) -> None:
        if entry.signs_in_anew(self.login, frame.reason):
            self._forget_session()
            self._close()
        else:
            self._end(SessionOver(frame.reason))

    _HEARD: ClassVar[dict[type[wire.Frame], Callable[[Any, Any], None]]] = {
        wire.Messages: _messages,
        wire.MessagesChanged: _messages_changed,
        wire.MessagesHidden: _messages_hidden,
        wire.ConversationChanged: _conversation_changed,
        wire.Left: _left,
        wire.MarksMoved: _marks_moved,
        wire.OwnMarks: _own_marks,
        wire.IsTyping: _is_typing,
        wire.FavouritesChanged: _favourites_changed,
        wire.ContactsChanged: _contacts_changed,
        wire.OutsideChanged: _outside_changed,
        wire.ProfileChanged: _profile_changed,
        wire.TreeChanged: _tree_changed,
        wire.TreeReload: _tree_reload,
        wire.UnitsPresence: _units_presence,
        wire.PeoplePresence: _people_presence,
        wire.OwnPresence: _own_presence,
        wire.SyncToken: _sync_token,
        wire.SessionEnded: _session_ended,
        wire.ErrorFrame: Arriving._turned_away,
    }
