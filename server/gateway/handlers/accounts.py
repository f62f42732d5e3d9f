"""Coming in and going: hello, sign-in, resume, one's sessions, one's password, cards of members."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from protocol import limits
from protocol.commands import (
    ChangePassword,
    Command,
    EndSession,
    GetProfile,
    Hello,
    ListSessions,
    Ping,
    Resume,
    SignIn,
    SignInWithToken,
    SignOut,
)
from protocol.errors import ClientTooOld, YizhanError
from protocol.events import Done, Profile, Resumed, Sessions, SignedIn, Welcome
from protocol.ids import to_wire
from server import VERSION
from server.accounts.errors import ChooseMember
from server.accounts.service import AccountService
from server.gateway.connection import Connection, Stage
from server.gateway.handlers.conversations import member_id
from server.gateway.resumes import Resumes
from server.sessions.service import Admitted, SessionService
from server.visibility.profiles import profile
from server.visibility.service import Viewer

if TYPE_CHECKING:
    from server.gateway.gateway import Gateway


class AccountHandlers:
    def __init__(self, gateway: "Gateway", accounts: AccountService, sessions: SessionService) -> None:
        self._gateway = gateway
        self._accounts = accounts
        self._sessions = sessions
        self._resumes = Resumes(sessions)

    def hello(self, connection: Connection, command: Hello) -> None:
        settings, policy = self._gateway.settings, self._gateway.storage.batches.node.policy
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
                edit_seconds=policy.edit_ms // 1000,
            )
        )

    def ping(self, connection: Connection, command: Ping) -> None:
        connection.reply(Done(request=command.request))

    # ---- coming in

    async def sign_in(self, connection: Connection, command: SignIn) -> None:
        attempt = self._accounts.sign_in(
            command.name,
            command.password,
            device=command.device,
            member=command.member,
            client=connection.client,
            address=connection.address,
        )
        await self._enter(connection, command, attempt)

    async def sign_in_with_token(self, connection: Connection, command: SignInWithToken) -> None:
        attempt = self._accounts.sign_in_with_token(
            command.token, device=command.device, client=connection.client, address=connection.address
        )
        await self._enter(connection, command, attempt)

    async def resume(self, connection: Connection, command: Resume) -> None:
        await self._enter(connection, command, self._resumes.resume(command.token, connection.address))

    async def _enter(self, connection: Connection, command: Command, attempt: Awaitable[Admitted]) -> None:
        connection.signing_in()
        try:
            who = await attempt
        except ChooseMember as error:
            connection.not_signed_in()
            connection.fail(command.request, error, choices=error.choices)
            return
        except YizhanError:
            connection.not_signed_in()
            raise
        if connection.stage is not Stage.GREETED:  # gone, or signed in by another command meanwhile
            return
        if len(self._gateway.online.of_session(who.session)) >= self._gateway.session_connections:
            self._gateway.online.of_session(who.session)[0].resync()
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

    # ---- one's own

    async def change_password(self, connection: Connection, command: ChangePassword) -> None:
        await self._accounts.change_password(_who(connection), command.old, command.new)
        if connection.stage is Stage.MUST_CHANGE_PASSWORD:
            connection.stage = Stage.SIGNED_IN
        connection.reply(Done(request=command.request))

    async def sign_out(self, connection: Connection, command: SignOut) -> None:
        await self._sessions.sign_out(_who(connection))
        connection.reply(Done(request=command.request))

    async def sessions(self, connection: Connection, command: ListSessions) -> None:
        connection.reply(Sessions(request=command.request, sessions=await self._sessions.list_own(_who(connection))))

    async def end_session(self, connection: Connection, command: EndSession) -> None:
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
