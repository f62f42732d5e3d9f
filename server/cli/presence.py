"""``yizhan presence watch``: who is there, as a member sees it: a live tree with counts, or a line for each change.

``yizhan presence set``: what a member is to others.
"""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import caller, frame, misuse, session_file, talking
from server.cli.ending import EndsBySignals

if TYPE_CHECKING:
    from server.cli.caller import Caller
    from server.cli.presence_shown import Shown
    from yizhan import Client

app = frame.command(no_args_is_help=True)
PATIENCE_SECONDS = 30.0


class Choice(enum.StrEnum):
    """As ``yizhan.Status``."""

    online = "online"
    away = "away"
    busy = "busy"
    do_not_disturb = "do-not-disturb"
    invisible = "invisible"


@app.callback()
def presence() -> None:
    """Show who is there, and choose what others see of oneself.

    \b
    Examples:
      yizhan presence watch --as 10001
      yizhan presence set busy 'back at two' --as 10001
    """


@app.command()
def watch(
    ctx: typer.Context,
    name: caller.As,
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Only this unit and those below it, by name or id.", show_default="all")] = "",
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    new_password_file: caller.NewPasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Show the tree as a member sees it, with who is there now and how many, until Ctrl-C.

    In a terminal the tree is drawn anew as it changes. Elsewhere it is printed once, then a line for each change. Online is a count of
    those who are there, of all whom the member sees in the unit and below. It reconnects by itself.

    \b
    Examples:
      yizhan presence watch --as 10001
      yizhan presence watch --as 10001 --unit Sales
      yizhan presence watch --as 10001 --json | jq -c 'select(.status == "busy")'
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=new_password_file)
    frame.run(_watch(who, unit, json))


async def _watch(who: "Caller", top: str, json: bool) -> None:
    from server.cli.presence_shown import chosen, shown

    with session_file.locked(who.state) as ours:
        store = session_file.Shared(who.state, may_write=ours)
        async with talking.talking(who, store) as client:
            await client.load_tree()
            top = chosen(client.tree, top)
            with EndsBySignals(client) as ending, shown(client, top, json=json) as screen:
                await _follow(client, screen, ending)


async def _follow(client: "Client", screen: "Shown", ending: EndsBySignals) -> None:
    """Raises: SessionOver when somebody ended the session."""
    from yizhan import Connected, Disconnected, SessionEnded, SessionOver, TreeChanged, TreeOutdated

    over: SessionEnded | None = None
    await _look_at_all(client, screen)
    async for event in client.events():
        if isinstance(event, SessionEnded):
            over = event
        elif isinstance(event, TreeOutdated | Connected):
            await client.load_tree()
        if isinstance(event, TreeOutdated | Connected | TreeChanged):
            await _look_at_all(client, screen)
        if not (isinstance(event, Disconnected) and ending.is_told):
            screen.take(event)
    if over is not None:
        raise SessionOver(over.reason)


async def _look_at_all(client: "Client", screen: "Shown") -> None:
    """Watch exactly the units that are shown; those that came with a change, too."""
    from yizhan._protocol import limits

    units = [unit.unit for _, unit in screen.units()][: limits.WATCHED_UNITS]
    fresh = [unit for unit in units if unit not in screen.watched]
    gone = [unit for unit in screen.watched if unit not in set(units)]
    if fresh or gone:
        screen.watched = dict.fromkeys(units)
        await client.watch_units(fresh, no_more=gone)


@app.command("set")
def set_(
    ctx: typer.Context,
    status: Annotated[Choice, typer.Argument(metavar="STATUS", help="online, away, busy, do-not-disturb, or invisible.")],
    name: caller.As,
    text: Annotated[str, typer.Argument(help="What others read beside it.", show_default="none")] = "",
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    new_password_file: caller.NewPasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Choose what a member is to others, on all devices. It stays until the next choice; who has no device on is offline all the same.

    Invisible needs the permission chat.invisible; to others that is offline.

    \b
    Examples:
      yizhan presence set busy 'back at two' --as 10001
      yizhan presence set do-not-disturb --as 10001
      yizhan presence set online --as 10001 --password-file pw.txt
    """
    from protocol.limits import STATUS_CHARACTERS

    if len(text) > STATUS_CHARACTERS:
        raise misuse.TooLong("TEXT", len(text), STATUS_CHARACTERS)
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=new_password_file)
    frame.run(_set(who, status, text))
    frame.say(f"{name} is {status.replace('-', ' ')}" + (f": {text}" if text else ""))


async def _set(who: "Caller", status: Choice, text: str) -> None:
    import asyncio

    from protocol.errors import OutcomeUnknown
    from yizhan import Status

    with session_file.locked(who.state) as ours:
        async with talking.talking(who, session_file.Shared(who.state, may_write=ours), recent=0) as client:
            try:
                await asyncio.wait_for(client.set_status(Status[status.name.upper()], text), PATIENCE_SECONDS)
            except TimeoutError:
                raise OutcomeUnknown from None
