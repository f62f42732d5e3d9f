"""``yizhan company reports``: what members reported of people outside (SPEC H1)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame

if TYPE_CHECKING:
    from server.cli.office import Office

Number = Annotated[str, typer.Argument(help="The company's number.")]


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan company``."""
    app.command()(reports)


def reports(ctx: typer.Context, number: Number, config: frame.Config = None, json: frame.Json = False) -> None:
    """List what members reported of people outside, the last one first.

    \b
    Examples:
      yizhan company reports acme
      yizhan company reports acme --json
    """

    async def act(office: "Office", chosen: str) -> list[dict[str, Any]]:
        from server.cli.times import minute
        from server.outside.reporting import row_of

        rows = [row_of(one) for one in await office.reports.list_reports(office.actor, chosen)]
        return [{**row, "at": minute(row["at"])} for row in rows]  # type: ignore[arg-type]

    rows = acting.run(ctx, config, number, act)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell("nobody was reported")
