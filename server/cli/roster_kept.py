"""``yizhan org workbooks|workbook``: the marked workbooks of imports that failed, kept for 30 days (SPEC B7)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import frame
from server.cli.acting import Company
from server.cli.roster_service import check_ending, run, write

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.rosters.service import RosterService


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan org``."""
    app.command()(workbooks)
    app.command()(workbook)


def workbooks(
    ctx: typer.Context,
    company: Company = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Show so many at most.")] = 100,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List the imports of the last 30 days that failed, the newest first. `yizhan org workbook` fetches one.

    \b
    Examples:
      yizhan org workbooks
      yizhan org workbooks --company acme --json
    """

    async def act(service: "RosterService", office: "Office", chosen: str) -> list[frame.Row]:
        from server.cli.times import minute

        return [
            {"import": one.id, "file": one.name, "who": one.who, "at": minute(one.at), "until": minute(one.until), "errors": one.errors}
            for one in await service.workbooks(office.actor, chosen, limit=limit)
        ]

    rows = run(ctx, config, company, act)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell("no import failed in the last 30 days")


def workbook(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="IMPORT", help="As `yizhan org workbooks` lists it.")],
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where it goes, an .xlsx file.")],
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Write the workbook of a failed import to a file: wrong cells red, missing ones orange, with the reasons.

    \b
    Examples:
      yizhan org workbook pEv3x9LwRt staff.errors.xlsx
    """

    check_ending(file, ".xlsx")

    async def act(service: "RosterService", office: "Office", chosen: str) -> bytes:
        return await service.workbook(office.actor, chosen, id)

    write(file, run(ctx, config, company, act))
