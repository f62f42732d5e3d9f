"""``yizhan org change|other-heads|sort``: what is kept of a unit, who heads it beside its first head, and the order of its members."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import acting, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from storage.units import Unit

MOST_SORT = 999_999_999  # as rosters take it


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan org``."""
    app.command()(change)
    app.command("other-heads")(other_heads)
    app.command()(sort)


def change(
    ctx: typer.Context,
    unit: acting.Unit,
    kind: Annotated[acting.UnitKind | None, typer.Option(help="What the unit is.", show_default=False)] = None,
    code: Annotated[str | None, typer.Option(help="A code of the company's own.", show_default=False)] = None,
    description: Annotated[str | None, typer.Option(help="What the unit does.", show_default=False)] = None,
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Change a unit's kind, code or description; `yizhan org tree --json` shows them. What is not named stays, '' takes it away.

    \b
    Examples:
      yizhan org change Sales --kind branch --code S-01
      yizhan org change Sales/North --description 'Customers north of the river' --code ''
    """
    if kind is None and code is None and description is None:
        raise misuse.NothingToChange("--kind", "--code", "--description")

    async def act(office: "Office", chosen: str) -> "Unit":
        found = await office.unit(chosen, unit, "unit.describe")
        return await office.org.describe(office.actor, chosen, found, kind=kind, code=code, description=description)

    made: Unit = acting.run(ctx, config, company, act)
    frame.say(f"{made.name}: {', '.join(filter(None, (made.kind, made.code and f'code {made.code}', made.description)))}")
    if kind not in (None, made.kind):
        frame.tell("the top of the tree has no other kind")


def other_heads(
    ctx: typer.Context,
    unit: acting.Unit,
    whos: Annotated[
        list[str] | None, typer.Argument(metavar="NUMBER...", help="Members of the unit, by their account numbers.", show_default=False)
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="It has none any more.")] = False,
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Make members of a unit its other heads, beside the first one; who was one before and is not named is a plain member.

    \b
    Examples:
      yizhan org other-heads Sales 10007 10009
      yizhan org other-heads Sales --nobody
    """
    if bool(whos) == nobody:
        raise (misuse.OnlyOneOf if nobody else misuse.OneIsNeeded)("NUMBER", "--nobody")

    async def act(office: "Office", chosen: str) -> None:
        place = await office.unit(chosen, unit, "unit.other_heads")
        await office.check_members(chosen, whos or (), "unit.other_heads")
        await office.org.set_other_heads(office.actor, chosen, place, whos or ())

    acting.run(ctx, config, company, act)
    frame.say(f"other heads of {unit}: {', '.join(whos or ['nobody'])}")


def sort(
    ctx: typer.Context,
    unit: acting.Unit,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="A member of the unit, by the account number.")],
    number: Annotated[int, typer.Argument(metavar="SORT", min=0, max=MOST_SORT, help="Smaller comes first; 0 takes it away.")],
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Give a member a sort number in a unit: heads come first, then sort numbers, then names as they are read.

    \b
    Examples:
      yizhan org sort Sales 10007 1
      yizhan org sort Sales 10007 0
    """

    async def act(office: "Office", chosen: str) -> None:
        place = await office.unit(chosen, unit, "member.sort")
        await office.check_members(chosen, [who], "member.sort")
        await office.org.set_sort(office.actor, chosen, place, who, number)

    acting.run(ctx, config, company, act)
    frame.say(f"{who} has the sort number {number} in {unit}" if number else f"{who} has no sort number in {unit}")
