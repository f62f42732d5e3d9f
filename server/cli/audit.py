"""``yizhan audit``: who did what, from where, and what was refused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import frame

if TYPE_CHECKING:
    from pathlib import Path

    from server.audit.trail import Asked, TrailService
    from server.cli.office import Office
    from storage.audit import Entry

app = frame.command(no_args_is_help=True)
SHOWN = 20
SECONDS = 1.0


@app.callback()
def audit() -> None:
    """Show the audit trail of a company, or the operator's own."""


@app.command()
def tail(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as entries come, until Ctrl-C.")] = False,
    actor: Annotated[str, typer.Option(metavar="NUMBER|NAME", help="Only by this member or system user.", show_default="anybody")] = "",
    act: Annotated[str, typer.Option(help="Only acts that begin so, such as member. or role.give.", show_default="all")] = "",
    before: Annotated[int | None, typer.Option(metavar="ID", help="Those before this entry.", show_default="the newest")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to begin with.")] = SHOWN,
    company: Annotated[
        str | None, typer.Option(help="The company's number; `operator` is the operator's own trail.", show_default="the only one")
    ] = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Print the newest entries of the audit trail, the oldest of them first; as JSON one a line. That it was looked at is an entry, too.

    \b
    Examples:
      yizhan audit tail
      yizhan audit tail --follow --act role.
      yizhan audit tail --actor 10007 --before 4711 --limit 100 --json | jq .details
      yizhan audit tail --company operator
    """
    if follow and before is not None:
        raise typer.BadParameter("--before looks back, --follow goes on", param_hint="--follow / --before")
    frame.run(_tail(ctx, config, company, (actor, act), before, limit, follow, json))


async def _tail(
    ctx: typer.Context,
    config: "Path | None",
    company: str | None,
    wanted: tuple[str, str],
    before: int | None,
    limit: int,
    follow: bool,
    json: bool,
) -> None:
    from server.audit.trail import Asked, TrailService, new_following
    from server.cli.office import opened
    from storage.audit import NEWEST

    asked = Asked(actor=wanted[0], act=wanted[1])
    async with opened(frame.settings(ctx, config).settings) as office:
        trail, chosen = TrailService(office.storage), await office.company(company)
        following = new_following() if follow else ""
        shown = await trail.read(office.actor, chosen, asked, before=NEWEST if before is None else before, limit=limit, following=following)
        _say(shown, json=json)
        if not shown and not json and not follow:
            frame.tell("there is no such entry")
        if follow:
            await _follow(trail, office, chosen, asked, following, shown[-1].id if shown else 0, json=json)


async def _follow(
    trail: "TrailService", office: "Office", company: str, asked: "Asked", following: str, behind: int, *, json: bool
) -> None:
    import asyncio

    while True:
        fresh = await trail.follow(office.actor, company, asked, behind=behind, following=following)
        _say(fresh, json=json)
        behind = fresh[-1].id if fresh else behind
        await asyncio.sleep(SECONDS)


def _say(entries: "Sequence[Entry]", *, json: bool) -> None:
    from server.cli.times import second

    for one in entries:
        row: dict[str, Any] = {
            "id": one.id,
            "at": second(one.at),
            "actor": one.actor_name,
            "kind": one.actor_kind,
            "act": one.act,
            "outcome": one.outcome,
            "details": one.details,
        }
        frame.say(_json(row) if json else _line(row))


def _json(row: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.encode(row).decode()


def _line(row: dict[str, Any]) -> str:
    who = row["actor"] if row["kind"] == "member" else f"{row['actor']} ({row['kind']})"
    outcome = row["act"] if row["outcome"] == "done" else frame.bold(f"{row['act']} {row['outcome']}")
    told = "  ".join(f"{name}: {_word(value)}" for name, value in row["details"].items() if value not in ("", []))
    return f"{row['id']}  {row['at']}  {who}  {outcome}  {frame.dim(told)}"


def _word(value: Any) -> str:
    """Two of a kind are before and after."""
    if not isinstance(value, list):
        return str(value)
    return (" → " if len(value) == 2 else ", ").join(map(str, value))
