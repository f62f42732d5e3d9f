"""``yizhan tail``: what a member is told, as it happens; through restarts of the server, and from where it was ended before."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import caller, frame, session_file, talking
from server.cli.ending import EndsBySignals
from server.cli.state_words import Chinese

if TYPE_CHECKING:
    from server.cli.caller import Caller
    from server.cli.telling import Teller
    from yizhan import Client, Event

app = frame.command()


@app.command()
def tail(
    ctx: typer.Context,
    name: caller.As,
    conversation: Annotated[
        str,
        typer.Option(
            metavar="NUMBER|CONVERSATION", help="Only that with an account number, of an id, or of a group's name.", show_default="all"
        ),
    ] = "",
    recent: Annotated[
        int, typer.Option(min=0, max=200, help="How many of each conversation's messages to begin with, at the first run.")
    ] = 5,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    new_password_file: caller.NewPasswordFile = None,
    chinese: Chinese = False,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Print what a member is told, until Ctrl-C: messages, edits, recalls, reactions. Each message once, in order.

    It reconnects by itself. What was shown is remembered in ~/.local/state/yizhan, so the next run goes on from there.

    \b
    Examples:
      yizhan tail --as 10001
      yizhan tail --as 10001 --conversation Berlin
      yizhan tail --as 10001 --chinese
      yizhan tail --as 10001 --password-file pw.txt --json | jq .text
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=new_password_file)
    frame.run(_tail(who, conversation, recent, json, chinese))


async def _tail(who: "Caller", only: str, recent: int, json: bool, chinese: bool) -> None:
    from server.cli.telling import JsonTeller, TextTeller
    from yizhan import FileStore

    with session_file.locked(who.state) as ours:
        if not ours:
            raise session_file.AlreadyTailed(who.name)
        session_file.stored(who.state)
        async with talking.talking(who, FileStore(who.state), recent=recent) as client:
            chosen = await talking.conversation(client, only) if only else ""
            teller = JsonTeller(client) if json else TextTeller(client, chinese)
            with EndsBySignals(client) as ending:
                await _follow(client, teller, chosen, ending)


async def _follow(client: "Client", teller: "Teller", only: str, ending: EndsBySignals) -> None:
    """Raises: SessionOver when somebody ended the session."""
    from yizhan import Disconnected, SessionEnded, SessionOver

    over: SessionEnded | None = None
    async for event in client.events():
        if isinstance(event, SessionEnded):
            over = event
        if isinstance(event, Disconnected) and ending.is_told:
            continue  # that was us
        if not only or _conversation(event) in ("", only):
            await teller.tell(event)
    if over is not None:
        raise SessionOver(over.reason)


def _conversation(event: "Event") -> str:
    """Where it happened; empty for what is about the connection."""
    for name in ("message", "conversation"):
        if (found := getattr(event, name, None)) is not None:
            return found if isinstance(found, str) else str(found.conversation)
    return ""
