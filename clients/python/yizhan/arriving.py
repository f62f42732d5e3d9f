"""From an open connection to a live one: hello, come in, catch up (LOG E).

What a refusal means is decided in ``entry``; here it is asked and done.
"""

from functools import partial

import msgspec

from . import entry, events, trace
from ._protocol import commands
from ._protocol import events as wire
from .base import Base, Phase
from .errors import PasswordChangeRequired, ProtocolBroken, Refused, SessionOver, SignInRefused
from .link import Reply
from .presence import Presence
from .state import Session


class Arriving(Base):
    def _arrive(self) -> None:
        self.phase = Phase.ENTERING
        self._link.ask(entry.hello(self.login), self._welcomed)

    def _welcomed(self, frame: Reply) -> None:
        if isinstance(frame, wire.ErrorFrame):
            return self._turned_away(frame)
        self._come_in()

    def _turned_away(self, frame: wire.ErrorFrame) -> None:
        """An error about the connection, or about saying hello."""
        if frame.code == "client.too_old":
            return self._end(Refused(frame), reason="too_old", keep=True)
        self._close(retry_after_ms=frame.retry_after_ms)

    def _come_in(self) -> None:
        command = entry.come_in(self.login, self.session.token if self.session else "")
        if command is None:
            return self._end(SessionOver("no_credentials"))
        self._link.ask(command, partial(self._entered, command))

    def _entered(self, asked: commands.Command, frame: Reply) -> None:
        if isinstance(frame, wire.ErrorFrame):
            return self._not_let_in(asked, frame)
        if not isinstance(frame, wire.SignedIn | wire.Resumed):
            raise ProtocolBroken(asked.__class__.__name__, frame.__class__.__name__)
        self._meet(frame.me)
        token = frame.token or (self.session.token if self.session else "")
        session = Session(token, frame.session, frame.me)
        if session != self.session:
            self.session = session
            self.saves += 1
        if frame.password_change_required:
            return self._choose_password()
        self._sync(self._token)

    def _not_let_in(self, asked: commands.Command, frame: wire.ErrorFrame) -> None:
        decision = entry.after_refusal(asked, frame)
        if decision == "later":
            self._close(retry_after_ms=frame.retry_after_ms)
        elif decision == "sign_in" and self.login.can_sign_in:
            self._forget_session()
            self._come_in()
        else:
            self._end(SignInRefused(frame), reason=frame.code)

    def _meet(self, me: wire.MemberInfo) -> None:
        """What was known belongs to a member: another one starts with nothing."""
        if self.conversations.me not in ("", me.member):
            self.conversations.drop()
            self._token = ""
            self.presence = Presence()
            for wish in (*self.outbox.writes.values(), *self.outbox.reads.values()):
                self._finish(wish, SessionOver("other_member"))
        self.conversations.me = me.member

    def _choose_password(self) -> None:
        if not self.login.new_password:
            return self._end(PasswordChangeRequired(), reason=PasswordChangeRequired.code, keep=True)
        change = commands.ChangePassword(request=0, old=self.login.password, new=self.login.new_password)
        self._link.ask(change, self._password_chosen)

    def _password_chosen(self, frame: Reply) -> None:
        if isinstance(frame, wire.ErrorFrame):
            return self._end(SignInRefused(frame), reason=frame.code, keep=True)
        self.login = msgspec.structs.replace(self.login, password=self.login.new_password)
        self._sync(self._token)

    # ---- catching up (LOG E)

    def _sync(self, token: str, page: str = "", *, dropped: bool = False) -> None:
        self.phase = Phase.SYNCING
        self._link.ask(commands.Sync(request=0, token=token, page=page), partial(self._synced, token, page, dropped))

    def _synced(self, token: str, page: str, dropped: bool, frame: Reply) -> None:
        if isinstance(frame, wire.ErrorFrame):
            return self._not_synced(frame)
        if not isinstance(frame, wire.SyncPage):
            raise ProtocolBroken("Sync", frame.__class__.__name__)
        if frame.snapshot and not dropped:
            self._token = ""
            self.conversations.drop()
            self._emit(events.SnapshotStarted())
            if page:  # another epoch began between two pages: what came before is of the old one
                return self._sync("")
        for state in frame.conversations:
            self._show(self.conversations.take_state(state, snapshot=frame.snapshot))
        if frame.page:
            return self._sync(token, frame.page, dropped=frame.snapshot)
        self._keep_token(frame.token)
        self._go_live(resumed=not frame.snapshot)

    def _not_synced(self, frame: wire.ErrorFrame) -> None:
        if frame.kind == "refused" and frame.retry_after_ms is None:
            self._token = ""  # a token that this server cannot read: next time everything comes anew
        self._turned_away(frame)

    def _keep_token(self, token: str) -> None:
        self._token = token
        self._trace(trace.TokenKept(token))

    def _go_live(self, *, resumed: bool) -> None:
        assert self.session is not None
        self.phase, self._live_at = Phase.LIVE, self._now
        self.conversations.look_everywhere()
        for conversation, (read, delivered) in self.conversations.lost_marks().items():
            self.mark(conversation, read=read, delivered=delivered)
        for command in self.presence.begin():
            self.ask(command)
        self._emit(events.Connected(self.session.me, resumed))
