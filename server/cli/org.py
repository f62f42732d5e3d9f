"""``yizhan org``: the organisation tree of a company, and where its members are, as its administrator would change them.

A unit is named by its path from the top (``Sales/North``), by its name where no other has the same, or by its id.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame, misuse, org_change, roster
from server.cli.acting import Company, run
from server.cli.acting import Unit as Where
from server.cli.advice import advise

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.org.service import Listed

app = frame.command(no_args_is_help=True)
A_MEMBER = (
    "`yizhan org tree` shows the units; a member is meant by --member: `yizhan org {name} --member {unit}`",
    "`yizhan org tree` 显示各组织;成员请用 --member 指定:`yizhan org {name} --member {unit}`",
)


@app.callback()
def org() -> None:
    """Show and change the organisation tree, and where members are."""


# ---- looking


@app.command()
def tree(
    ctx: typer.Context,
    viewer: Annotated[str, typer.Option("--as", metavar="NUMBER", help="As this member sees it, with names.", show_default=False)] = "",
    company: Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Draw the tree, with how many members are directly in each unit, and in it or below. Disabled and hidden units are marked.

    \b
    Examples:
      yizhan org tree
      yizhan org tree --company acme --json
      yizhan org tree --as 10001             what 10001 sees of it, and whom
    """
    if viewer:
        from server.cli import org_seen

        org_seen.show(run(ctx, config, company, lambda office, _: org_seen.seen(office, company, viewer), any_company=True), json=json)
        return

    async def act(office: "Office", chosen: str) -> Any:
        return await office.org.list_units(office.actor, chosen)

    rows = list(_rows(run(ctx, config, company, act)))
    if json:
        frame.show(rows, json=True)
        return
    for line in _drawn(rows):
        frame.say(line)


def _rows(listed: "list[Listed]") -> Iterator[dict[str, Any]]:
    from protocol.ids import to_wire

    depth: dict[int | None, int] = {None: -1}
    for one in listed:
        unit = one.unit
        depth[unit.id] = depth[unit.parent] + 1
        yield {
            "unit": to_wire(unit.id),
            "path": one.path,
            "name": unit.name,
            "kind": unit.kind,
            "code": unit.code,
            "description": unit.description,
            "depth": depth[unit.id],
            "members": one.members,
            "below": one.below,
            "disabled": unit.is_disabled,
            "hidden": unit.is_hidden,
        }


def _drawn(rows: list[dict[str, Any]]) -> Iterator[str]:
    """With branches, as people draw trees: a unit is the last of its siblings where nothing of its depth follows before a higher one."""
    open_at: list[bool] = []
    for at, row in enumerate(rows):
        depth = row["depth"]
        following = next((other["depth"] for other in rows[at + 1 :] if other["depth"] <= depth), -1)
        del open_at[depth:]
        open_at.append(following == depth)
        trunk = "".join("│  " if more else "   " for more in open_at[1:depth])
        branch = ("├─ " if open_at[depth] else "└─ ") if depth else ""
        marks = "".join(f"  {mark}" for mark in ("disabled", "hidden") if row[mark])
        count = f"{row['members']}" if row["members"] == row["below"] else f"{row['members']} of {row['below']}"
        yield f"{trunk}{branch}{row['name']}  {frame.dim(count + marks)}"


# ---- units


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The new unit's name.")],
    under: Annotated[str, typer.Option(metavar="UNIT", help="Where it comes last.", show_default="the top")] = "",
    kind: Annotated[acting.UnitKind, typer.Option(help="What the unit is.")] = "department",
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Add a unit, last under another one.

    \b
    Examples:
      yizhan org add Sales
      yizhan org add North --under Sales --kind team
    """

    if not name.strip():
        raise misuse.Empty("NAME")

    async def act(office: "Office", chosen: str) -> Any:
        parent = await office.unit(chosen, under.strip("/ "), "unit.add")
        return await office.org.add(office.actor, chosen, name, parent=parent, kind=kind)

    frame.say(f"added {run(ctx, config, company, act).name}")


@app.command()
def rename(
    ctx: typer.Context,
    unit: Where,
    name: Annotated[str, typer.Argument(help="The new name.")],
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Give a unit another name.

    \b
    Examples:
      yizhan org rename Sales/North 'North and West'
    """

    async def act(office: "Office", chosen: str) -> Any:
        return await office.org.rename(office.actor, chosen, await office.unit(chosen, unit, "unit.rename"), name)

    frame.say(f"{unit} is called {run(ctx, config, company, act).name}")


@app.command()
def move(
    ctx: typer.Context,
    unit: Where,
    under: Annotated[str, typer.Option(metavar="UNIT", help="Where it goes.", show_default="where it is")] = "",
    before: Annotated[str, typer.Option(metavar="UNIT", help="The unit that it comes before.", show_default="last")] = "",
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Move a unit with all below it, or change the order: `--before` alone stays among the same siblings.

    \b
    Examples:
      yizhan org move North --under Lab
      yizhan org move Lab --before Sales
      yizhan org move North --under /
    """

    if not (under or before):
        raise misuse.NothingToChange("--under", "--before")

    async def act(office: "Office", chosen: str) -> Any:
        moving = await office.unit(chosen, unit, "unit.move")
        following = await office.unit(chosen, before, "unit.move") if before else None
        if under:
            parent = await office.unit(chosen, under.strip("/ "), "unit.move")
        else:
            parent = await office.parent(chosen, moving if following is None else following)
        return await office.org.move(office.actor, chosen, moving, parent, before=following)

    run(ctx, config, company, act)
    frame.say(f"{unit} is moved")


@app.command()
def delete(ctx: typer.Context, unit: Where, company: Company = None, config: frame.Config = None) -> None:
    """Delete a unit in which nobody is; the empty ones below it go along.

    \b
    Examples:
      yizhan org delete Sales/North
    """

    async def act(office: "Office", chosen: str) -> Any:
        return await office.org.delete(office.actor, chosen, await office.unit(chosen, unit, "unit.delete"))

    frame.say(f"units deleted: {run(ctx, config, company, act)}")


@app.command()
def disable(ctx: typer.Context, unit: Where, company: Company = None, config: frame.Config = None) -> None:
    """Disable a unit: who is in it or below, and nowhere else, is unassigned until it is enabled.

    \b
    Examples:
      yizhan org disable Sales
    """
    _set_disabled(ctx, config, company, unit, True)


@app.command()
def enable(ctx: typer.Context, unit: Where, company: Company = None, config: frame.Config = None) -> None:
    """Enable a disabled unit; its members are where they were.

    \b
    Examples:
      yizhan org enable Sales
    """
    _set_disabled(ctx, config, company, unit, False)


def _set_disabled(ctx: typer.Context, config: Path | None, company: str | None, unit: str, disabled: bool) -> None:
    name = "disable" if disabled else "enable"
    _set(ctx, config, company, unit, lambda office: office.org.set_disabled, f"unit.{name}", disabled)
    frame.say(f"{unit} is {name}d")


# ---- members


@app.command()
def hide(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="[UNIT]", help="The unit to hide.", show_default=False)] = "",
    member: Annotated[str, typer.Option(metavar="NUMBER", help="Hide this member instead.", show_default=False)] = "",
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Hide a unit, or a member: others do not find him in the tree, in search or in counts.

    \b
    Examples:
      yizhan org hide Board
      yizhan org hide --member 10007
    """
    _hide(ctx, config, company, unit, member, True)


@app.command()
def show(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="[UNIT]", help="The unit to show again.", show_default=False)] = "",
    member: Annotated[str, typer.Option(metavar="NUMBER", help="Show this member again.", show_default=False)] = "",
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Show a hidden unit, or a hidden member, again.

    \b
    Examples:
      yizhan org show --member 10007
    """
    _hide(ctx, config, company, unit, member, False)


def _hide(ctx: typer.Context, config: Path | None, company: str | None, unit: str, member: str, hidden: bool) -> None:
    if bool(unit) == bool(member):
        raise (misuse.OnlyOneOf if unit else misuse.OneIsNeeded)("UNIT", "--member")
    name = "hide" if hidden else "show"
    if unit:
        from server.companies.errors import UnitNotFound

        try:
            _set(ctx, config, company, unit, lambda office: office.org.set_hidden, f"unit.{name}", hidden)
        except UnitNotFound as error:
            if unit.isdecimal():
                advise(error, *(words.format(name=name, unit=unit) for words in A_MEMBER))
            raise
    else:

        async def act(office: "Office", _: str) -> None:
            theirs = await office.company_of(member, f"member.{name}")
            await office.members.set_hidden(office.actor, theirs, [member], hidden)

        run(ctx, config, company, act, any_company=True)
    frame.say(f"{unit or member} is {'hidden' if hidden else 'shown'}")


@app.command()
def place(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")],
    units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="The units that he is in; the first is the primary one.")],
    successor: Annotated[
        list[str] | None, typer.Option(metavar="UNIT=NUMBER", help="Who heads a unit after him; may be repeated.", show_default=False)
    ] = None,
    config: frame.Config = None,
) -> None:
    """Put a member into units, and out of all others. Who is the first head of a unit that he leaves names a successor.

    \b
    Examples:
      yizhan org place 10007 Sales/North
      yizhan org place 10007 Lab Sales --successor Hall=10009
    """
    named = acting.successors(successor)

    async def act(office: "Office", _: str) -> None:
        theirs = await office.company_of(who, "member.place")
        wanted = [await office.unit(theirs, path, "member.place") for path in units]
        after = {await office.unit(theirs, path, "member.place"): number for path, number in named}
        await office.check_members(theirs, after.values(), "member.place")
        await office.members.place(office.actor, theirs, who, wanted, successors=after)

    run(ctx, config, None, act, any_company=True)
    frame.say(f"{who} is in {', '.join(units)}")


@app.command()
def head(
    ctx: typer.Context,
    unit: Where,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="A member of the unit, by the account number.")],
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Make a member of a unit its first head, instead of the one before.

    \b
    Examples:
      yizhan org head Sales 10007
    """

    async def act(office: "Office", chosen: str) -> None:
        place = await office.unit(chosen, unit, "unit.first_head")
        await office.check_members(chosen, [who], "unit.first_head")
        await office.org.set_first_head(office.actor, chosen, place, who)

    run(ctx, config, company, act)
    frame.say(f"{who} heads {unit}")


def _set(
    ctx: typer.Context, config: Path | None, company: str | None, unit: str, service: Callable[["Office"], Any], name: str, value: bool
) -> None:
    async def act(office: "Office", chosen: str) -> None:
        await service(office)(office.actor, chosen, await office.unit(chosen, unit, name), value)

    run(ctx, config, company, act)


org_change.join(app)
roster.join(app)
