"""``yizhan member scope``: which part of the tree a member sees, and how far his permissions reach at most (SPEC B3)."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import acting, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.org.members import Scoped


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan member``."""
    app.command()(scope)


def scope(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")],
    units: Annotated[
        list[str] | None,
        typer.Argument(metavar="UNIT...", help="At most three units, each with all below it.", show_default="shows what is set"),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Take the scope away: the whole company.")] = False,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Show or set a member's information scope: the part of the tree that he sees, and beyond which no permission of his reaches.

    Whoever has none has the whole company; as JSON that is an empty list.

    \b
    Examples:
      yizhan member scope 10007                     what is set
      yizhan member scope 10007 Sales Lab/Berlin    only these, with all below them
      yizhan member scope 10007 --whole
    """
    if units and whole:
        raise misuse.OnlyOneOf("UNIT", "--whole")
    if not all(path.strip() for path in units or ()):  # what a shell's empty variable gives is not the top
        raise misuse.Empty("UNIT")

    async def act(office: "Office", _: str) -> "list[Scoped]":
        changing = bool(units) or whole
        theirs = await office.company_of(who, "member.scope" if changing else "member.list_scope")
        if changing:
            wanted = [await office.unit(theirs, path, "member.scope") for path in units or ()]
            await office.members.set_scope(office.actor, theirs, who, wanted)
        return await office.members.list_scope(office.actor, theirs, who)

    _tell(who, acting.run(ctx, config, None, act, any_company=True), json=json)


def _tell(who: str, found: "list[Scoped]", *, json: bool) -> None:
    from protocol.ids import to_wire

    if found or json:
        frame.show([{"path": one.path, "unit": one.unit and to_wire(one.unit)} for one in found], json=json)
    else:
        frame.say(f"{who}: the whole company")
