"""Coming in and going: hello, sign-in, resume, one's sessions, one's password, cards of members."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING

from protocol import limits
from protocol.commands import (
    Bind,
    ChangePassword,
    Command,
    EndSession,
    GetProfile,
    Hello,
    ListSessions,
    Ping,
    Resume,
    SendCode,
    SignIn,
    SignInWithToken,
    SignOut,
)
from protocol.errors import ClientTooOld, YizhanError
from protocol.events import CodeSent, Done, Profile, Resumed, Sessions, SignedIn, Welcome
from protocol.ids import to_wire
from server import VERSION
from server.accounts.binding import BindingService
from server.accounts.errors import ChooseMember
from server.accounts.service import AccountService
from server.gateway.connection import Connection, Stage
from server.gateway.handlers.conversations import member_id
from server.sessions.service import Admitted, SessionService
from server.visibility.profiles import profile
from server.visibility.service import Viewer

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway


class AccountHandlers:
    def __init__(self, gateway: "Gateway", accounts: AccountService, sessions: SessionService, binding: BindingService) -> None:
        self._gateway = gateway
        self._accounts = accounts
        self._binding = binding
        self._sessions = sessions

    def hello(self, connection: Connection, command: Hello) -> None:
        settings, policy = self._gateway.settings, self._gateway.storage.batches.node.policy
        connection.language = command.language  # also for being told that it is too old
        if command.version < settings.oldest_client:
            connection.fail(command.request, ClientTooOld(settings.oldest_client))
            connection.close(limits.CLOSE_TOO_OLD, "please update")
            return
        connection.greet(command)
        connection.reply(
            Welcome(
                request=command.request,
                version=min(command.version, limits.PROTOCOL_VERSION),
                server=f"yizhan/{VERSION}",
                time=self._gateway.clock.now(),
                recall_seconds=policy.recall_ms // 1000,
                ping_seconds=round(settings.ping_seconds),
                edit_seconds=policy.edit_ms // 1000,
            )
        )

    def ping(self, connection: Connection, command: Ping) -> None:
        connection.reply(Done(request=command.request))

    # ---- coming in

    def sign_in(self, connection: Connection, command: SignIn) -> Awaitable[None]:
        attempt = self._accounts.sign_in(
            command.name,
            command.password,
            device=command.device,
            member=command.member,
            client=connection.client,
            address=connection.address,
        )
        return self._enter(connection, command, attempt)

    def sign_in_with_token(self, connection: Connection, command: SignInWithToken) -> Awaitable[None]:
        attempt = self._accounts.sign_in_with_token(
            command.token, device=command.device, client=connection.client, address=connection.address
        )
        return self._enter(connection, command, attempt)

    def resume(self, connection: Connection, command: Resume) -> Awaitable[None]:
        return self._enter(connection, command, self._sessions.resume(command.token, connection.address))

    def _enter(self, connection: Connection, command: Command, attempt: Awaitable[Admitted]) -> Awaitable[None]:
        connection.signing_in()  # now, before anything else of the same read is looked at
        return self._entered(connection, command, attempt)

    async def _entered(self, connection: Connection, command: Command, attempt: Awaitable[Admitted]) -> None:
        try:
            with self._gateway.online.entering() as freed:
                who = await attempt
                if who.session in freed:
                    who = replace(who, must_change_password=False)
                self._let_in(connection, command, who)
        except ChooseMember as error:
            connection.fail(command.request, error, choices=error.choices)
        finally:
            connection.signing_in_ended()

    def _let_in(self, connection: Connection, command: Command, who: Admitted) -> None:
        if connection.stage is not Stage.GREETED:  # gone meanwhile
            return
        self._make_room(who.session)
        connection.enter(who)
        self._gateway.online.enter(connection)
        over = self._gateway.online.gone.get(who.session)
        if over is not None:  # the end passed by in the feed between the reading of the session and now
            connection.end(over)
            return
        if isinstance(command, Resume):
            connection.reply(
                Resumed(
                    request=command.request,
                    session=to_wire(who.session),
                    token=who.token,
                    me=who.me,
                    password_change_required=who.must_change_password,
                )
            )
        else:
            connection.reply(
                SignedIn(
                    request=command.request,
                    session=to_wire(who.session),
                    token=who.token,
                    me=who.me,
                    password_change_required=who.must_change_password,
                )
            )

    def _make_room(self, session: int) -> None:
        """The oldest of too many connections goes for good: told to come back, nine tabs would push each other out for ever."""
        online, there = self._gateway.online, self._gateway.online.of_session(session)
        for oldest in there[: max(0, len(there) + 1 - self._gateway.session_connections)]:
            oldest.give_way(limits.CLOSE_REPLACED, "too many connections of this session")
            online.leave(oldest)

    # ---- one's own

    async def change_password(self, connection: Connection, command: ChangePassword) -> None:
        await self._accounts.change_password(_who(connection), command.old, command.new, address=connection.address)
        self._gateway.online.session_freed(connection.session)  # other nodes hear of it by the feed
        connection.reply(Done(request=command.request))

    async def send_code(self, connection: Connection, command: SendCode) -> None:
        who, binding = _who(connection), self._binding
        await binding.send_code(who, command.kind, command.address, address=connection.address, language=connection.language)
        settings = binding.settings
        connection.reply(CodeSent(request=command.request, valid_seconds=settings.valid_seconds, again_seconds=settings.again_seconds))

    async def bind(self, connection: Connection, command: Bind) -> None:
        await self._binding.bind(_who(connection), command.kind, command.address, command.code)
        connection.reply(Done(request=command.request))

    async def sign_out(self, connection: Connection, command: SignOut | EndSession) -> None:
        """The end that comes back by the feed answers it."""
        connection.last_wish(command.request)
        try:
            await self._sessions.sign_out(_who(connection))
        except YizhanError:
            connection.last_wish(None)
            raise

    async def sessions(self, connection: Connection, command: ListSessions) -> None:
        connection.reply(Sessions(request=command.request, sessions=await self._sessions.list_own(_who(connection))))

    async def end_session(self, connection: Connection, command: EndSession) -> None:
        if command.session == to_wire(connection.session):
            await self.sign_out(connection, command)
            return
        await self._sessions.end_own(_who(connection), command.session)
        connection.reply(Done(request=command.request))

    async def profile(self, connection: Connection, command: GetProfile) -> None:
        viewer = Viewer(connection.company, connection.member)
        target = member_id(command.member)
        found = await self._gateway.storage.read(lambda read: profile(read, viewer, target))
        connection.reply(Profile(request=command.request, profile=found))


def _who(connection: Connection) -> Admitted:
    assert connection.signed is not None, "only signed-in connections come here"
    return connection.signed
