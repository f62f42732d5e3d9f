"""``yizhan audit``: who did what, from where, and what was refused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import frame, misuse

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
    """Print the newest entries of the audit trail, the oldest of them first. That it was looked at is an entry, too.

    Times are the company's. Members, units and roles are told by their names of now; JSON, an entry a line, has the ids that are stored.

    \b
    Examples:
      yizhan audit tail
      yizhan audit tail --follow --act role.
      yizhan audit tail --actor 10007 --before 4711 --limit 100 --json | jq .details
      yizhan audit tail --company operator
    """
    if follow and before is not None:
        raise misuse.OnlyOneOf("--before", "--follow")
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
        zone = await _zone(office, chosen)
        await _say(office, shown, zone, json=json)
        if not shown and not json and not follow:
            frame.tell("there is no such entry")
        if follow:
            await _follow(trail, office, chosen, asked, following, shown[-1].id if shown else 0, zone, json=json)


async def _follow(
    trail: "TrailService", office: "Office", company: str, asked: "Asked", following: str, behind: int, zone: str, *, json: bool
) -> None:
    import asyncio

    while True:
        fresh = await trail.follow(office.actor, company, asked, behind=behind, following=following)
        await _say(office, fresh, zone, json=json)
        behind = fresh[-1].id if fresh else behind
        await asyncio.sleep(SECONDS)


async def _zone(office: "Office", company: str) -> str:
    """The company's time zone; of the operator's own trail none: that of this machine."""
    from storage import companies
    from storage.work import Read

    async def look(read: Read) -> str:
        found = await companies.find(read, company)
        return (await companies.settings(read, found.id)).time_zone if found is not None and found.kind == "company" else ""

    return await office.storage.read(look)


async def _say(office: "Office", entries: "Sequence[Entry]", zone: str, *, json: bool) -> None:
    from server.cli import audit_named
    from server.cli.times import second

    names = {} if json else await audit_named.names(office, entries)
    for one in entries:
        at = second(one.at, zone)
        if json:
            plain = {"id": one.id, "at": at, "actor": one.actor_name, "kind": one.actor_kind, "act": one.act, "outcome": one.outcome}
            frame.say(frame.json_of({**plain, "details": one.details}))
        else:
            frame.say(_line(one, at, audit_named.actor(one, names), audit_named.told(one.details, names)))


def _line(one: "Entry", at: str, who: str, told: str) -> str:
    outcome = one.act if one.outcome == "done" else frame.bold(f"{one.act} {one.outcome}")
    return f"{one.id}  {at}  {who}  {outcome}  {frame.dim(told)}"
