"""From a command to what carries it out: one literal table, and which stage a connection must be in for it.

Handlers that only put an entry before the writer are plain functions; those that read are coroutines, each a task of its own, answered by
the request number that the command carries.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from protocol.commands import ChangePassword, Command, Hello, Ping, Resume, SignIn, SignInWithToken, SignOut
from protocol.errors import HelloFirst, NotSignedIn, PasswordChangeRequired, YizhanError
from server.gateway.connection import Connection, Stage

Handler = Callable[[Connection, Any], Awaitable[None] | None]

COMING_IN: frozenset[type[Command]] = frozenset({SignIn, SignInWithToken, Resume})
WITH_AN_INITIAL_PASSWORD: frozenset[type[Command]] = frozenset({ChangePassword, SignOut, Ping})


class Dispatch:
    """Carries out commands by ``handlers``, a table of all kinds but `send`, which has a path of its own."""

    def __init__(self, handlers: dict[type[Command], Handler]) -> None:
        self._handlers = handlers
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, connection: Connection, command: Command) -> None:
        try:
            check_stage(connection.stage, command)
            waited = self._handlers[type(command)](connection, command)
        except YizhanError as error:
            connection.fail(command.request, error)
            return
        except Exception as error:
            connection.fault(command, error)
            return
        if waited is not None:
            task = asyncio.ensure_future(self._watched(connection, command, waited))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _watched(self, connection: Connection, command: Command, waited: Awaitable[None]) -> None:
        try:
            await waited
        except YizhanError as error:
            connection.fail(command.request, error)
        except Exception as error:
            connection.fault(command, error)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def check_stage(stage: Stage, command: Command) -> None:
    """Raises: HelloFirst, NotSignedIn, NotSignedInAgain, PasswordChangeRequired where this command is out of place."""
    kind = type(command)
    if stage is Stage.SIGNED_IN:
        if kind is Hello or kind in COMING_IN:
            raise NotSignedInAgain
    elif stage is Stage.MUST_CHANGE_PASSWORD:
        if kind not in WITH_AN_INITIAL_PASSWORD:
            raise PasswordChangeRequired
    elif stage is Stage.GREETED:
        if kind not in COMING_IN and kind is not Ping:
            raise NotSignedIn
    elif kind is not Hello:
        raise HelloFirst


class NotSignedInAgain(YizhanError):
    """Hello and sign-in open a connection; for another member open another one."""

    code = "session.already_signed_in"
    en = "this connection is signed in already"
    zh = "该连接已登录"
