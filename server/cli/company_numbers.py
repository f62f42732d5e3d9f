"""``yizhan company add-segment|segments|free-numbers``: the account numbers that a company has for its members (SPEC B3)."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import acting, frame

if TYPE_CHECKING:
    from server.cli.office import Office

MOST_OFFERED = 1000
Number = Annotated[str, typer.Argument(help="The company's number.")]


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan company``."""
    app.command("add-segment")(add_segment)
    app.command()(segments)
    app.command("free-numbers")(free_numbers)


def add_segment(
    ctx: typer.Context,
    number: Number,
    first: Annotated[int, typer.Argument(help="The first account number.")],
    last: Annotated[int, typer.Argument(help="The last one.")],
    config: frame.Config = None,
) -> None:
    """Give a company a further range of account numbers, which are nobody else's.

    \b
    Examples:
      yizhan company add-segment acme 880001 889999
    """

    async def act(office: "Office", chosen: str) -> None:
        await office.settings.add_segment(office.actor, chosen, first, last)

    acting.run(ctx, config, number, act)
    frame.say(f"{number} has the account numbers from {first} to {last}, too")


def segments(ctx: typer.Context, number: Number, config: frame.Config = None, json: frame.Json = False) -> None:
    """List a company's ranges of account numbers, and where each goes on.

    \b
    Examples:
      yizhan company segments acme
    """

    async def act(office: "Office", chosen: str) -> list[frame.Row]:
        found = await office.settings.list_segments(office.actor, chosen)
        return [{"first": one.first, "last": one.last, "next": one.next if one.next <= one.last else None} for one in found]

    frame.show(acting.run(ctx, config, number, act), json=json)


def free_numbers(
    ctx: typer.Context,
    number: Number,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_OFFERED, help="Show so many at most.")] = 20,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List the next account numbers that nobody has or had, to choose from. None is kept for who looks.

    \b
    Examples:
      yizhan company free-numbers acme
      yizhan member add 'Emma Clarke' --number 10077
    """

    async def act(office: "Office", chosen: str) -> list[frame.Row]:
        return [{"number": one} for one in await office.settings.offer_numbers(office.actor, chosen, limit)]

    rows = acting.run(ctx, config, number, act)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"all numbers are used up: yizhan company add-segment {number} FIRST LAST")
