"""``yizhan sessions``: where a member is signed in, and ending that."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import frame

if TYPE_CHECKING:
    from server.config.model import Settings

app = frame.command(no_args_is_help=True)


@app.callback()
def sessions() -> None:
    """List and end a member's sessions."""


@app.command("list")
def list_(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")],
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List a member's sessions, the newest first. They are at most twenty.

    \b
    Examples:
      yizhan sessions list 10001
      yizhan sessions list 10001 --json
    """
    rows = frame.run(_list(frame.settings(ctx, config).settings, who))
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"{who} is signed in nowhere")


async def _list(settings: "Settings", who: str) -> list[frame.Row]:
    from protocol.ids import to_wire
    from server.cli.office import opened
    from server.cli.times import minute

    async with opened(settings) as office:
        found = await office.companies.list_sessions(office.actor, await office.company_of(who, "session.list"), who)
    return [
        {
            "session": to_wire(one.id),
            "device": one.device_class,
            "name": one.device_name,
            "client": one.client,
            "address": one.address,
            "since": minute(one.created_at),
            "last_seen": minute(one.last_seen_at),
        }
        for one in found
    ]


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
def end(
    ctx: typer.Context,
    session: Annotated[list[str], typer.Argument(help="Sessions by their ids, as the list has them.")],
    config: frame.Config = None,
) -> None:
    """End sessions: their connections close within two seconds, and their tokens are worth nothing any more.

    \b
    Examples:
      yizhan sessions end VjZ2YtBdr1
    """
    frame.run(_end(frame.settings(ctx, config).settings, session))


async def _end(settings: "Settings", named: list[str]) -> None:
    from server.cli.office import opened

    async with opened(settings) as office:
        for session in named:
            await office.companies.end_session(office.actor, await office.company_of_session(session, "session.end"), session)
            frame.say(f"ended {session}")
