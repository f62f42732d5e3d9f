"""``yizhan company profile``: what a company says of itself (SPEC A1)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame

if TYPE_CHECKING:
    from server.cli.office import Office

Number = Annotated[str, typer.Argument(help="The company's number.")]


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan company``."""
    app.command()(profile)


def profile(
    ctx: typer.Context,
    number: Number,
    name: Annotated[str | None, typer.Option(help="The full name.", show_default=False)] = None,
    short_name: Annotated[str | None, typer.Option(help="The top of its tree is called so until renamed.", show_default=False)] = None,
    intro: Annotated[str | None, typer.Option(help="What it does.", show_default=False)] = None,
    industry: Annotated[str | None, typer.Option(help="Its industry.", show_default=False)] = None,
    region: Annotated[str | None, typer.Option(help="Where it is.", show_default=False)] = None,
    address: Annotated[str | None, typer.Option(help="Its postal address.", show_default=False)] = None,
    phone: Annotated[str | None, typer.Option(help="Its switchboard.", show_default=False)] = None,
    website: Annotated[str | None, typer.Option(help="Its site.", show_default=False)] = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Show what a company says of itself, after changing what is named; the empty text '' takes something away.

    \b
    Examples:
      yizhan company profile acme
      yizhan company profile acme --short-name Acme --phone '010 8888 0000' --website https://acme.example
    """
    plain = {"name": name, "short_name": short_name, "intro": intro, "industry": industry}
    more = {"region": region, "address": address, "phone": phone, "website": website}
    wanted = {key: value for key, value in {**plain, **more}.items() if value is not None}

    async def act(office: "Office", chosen: str) -> dict[str, Any]:
        import msgspec

        _, now, _ = await office.settings.show(office.actor, chosen)
        if wanted:
            await office.settings.set_profile(office.actor, chosen, msgspec.structs.replace(now, **wanted))
            _, now, _ = await office.settings.show(office.actor, chosen)
        return msgspec.structs.asdict(now)

    row = acting.run(ctx, config, number, act)
    frame.show([row] if json else [{"what": name, "said": value} for name, value in row.items()], json=json)
