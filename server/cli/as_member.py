"""``@as_member``: a command that is done through the SDK. As which member, and on which server, are options that all of them share."""

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer

from server.cli import caller, frame, session_file, talking

if TYPE_CHECKING:
    from yizhan import Client

P = ParamSpec("P")


def as_member(act: "Callable[Concatenate[Client, P], Awaitable[None]]") -> Callable[..., None]:
    """The command that signs in and does ``act`` with the client. Its options are those of ``act`` and of ``_who``, what is needed first.

    One of ``_who`` that ``act`` has too, ``name`` say, it is given as well.
    """
    own = dict(list(inspect.signature(act).parameters.items())[1:])
    shared = inspect.signature(_who).parameters

    def command(**given: Any) -> None:
        who = _who(**{name: given[name] for name in shared})
        frame.run(_done(who, lambda client: act(client, **{name: given[name] for name in own})))  # type: ignore[call-arg]

    options = [one.replace(kind=one.KEYWORD_ONLY) for one in (own | dict(shared)).values()]
    options.sort(key=lambda one: one.default is not one.empty)
    command.__name__, command.__doc__, command.__module__ = act.__name__, act.__doc__, act.__module__
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in options}
    return command


def _who(
    *,
    ctx: typer.Context,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> caller.Caller:
    return caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)


async def _done(who: caller.Caller, act: "Callable[[Client], Awaitable[None]]") -> None:
    with session_file.locked(who.state) as ours:
        async with talking.talking(who, session_file.Shared(who.state, may_write=ours), recent=0) as client:
            await act(client)
