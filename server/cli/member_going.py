"""``yizhan member delete|reassign``: members who leave for good, and account numbers that go to others (SPEC B4)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame, misuse
from server.cli.member_states import Whos
from server.cli.member_units import tell_headless

if TYPE_CHECKING:
    from server.cli.office import Office


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(delete)
    app.command()(reassign)


def delete(
    ctx: typer.Context,
    whos: Whos,
    successor: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT=NUMBER", help="Who heads a unit after a single member; may be repeated.", show_default=False),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    config: frame.Config = None,
) -> None:
    """Delete members. Profile and contacts go, and all groups and discussions are left; messages keep the name.

    Of a single one who heads a unit a successor is asked for; of several the units that are left without a head are listed. The numbers
    are not given to others but by `yizhan member reassign`.

    \b
    Examples:
      yizhan member delete 10007
      yizhan member delete 10007 --successor Sales=10009 --yes
      yizhan member delete 10007 10008 10012 --reason 'project ended'
    """
    if successor and len(whos) > 1:
        raise misuse.ForOneAlone("--successor")
    named = acting.successors(successor)
    if not yes:
        typer.confirm(f"{', '.join(whos)}: profile and contacts go, all groups are left. This cannot be undone. Go on?", abort=True)

    async def act(office: "Office", _: str) -> list[str]:
        by_company = await office.companies_of(list(dict.fromkeys(whos)), "member.delete")
        if len(whos) > 1:
            return [path for company, some in by_company.items() for path in await _delete_many(office, company, some, reason)]
        (company,) = by_company
        after = {await office.unit(company, path, "member.delete"): number for path, number in named}
        await office.check_members(company, after.values(), "member.delete")
        return await office.paths(company, await office.leaving.delete(office.actor, company, whos[0], successors=after, reason=reason))

    left = acting.run(ctx, config, None, act, any_company=True)
    frame.say(f"deleted: {', '.join(whos)}")
    tell_headless(left)


async def _delete_many(office: "Office", company: str, whos: Sequence[str], reason: str) -> list[str]:
    return await office.paths(company, await office.leaving.delete_many(office.actor, company, whos, reason=reason))


def reassign(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The account number that goes to somebody else.")],
    name: Annotated[str, typer.Argument(help="The new member's name.")],
    title: Annotated[str, typer.Option(help="The new member's job title.")] = "",
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Hand an account number on to a new member, who gets the contacts and groups of the one before, and sees none of the messages.

    The one before is deleted. So a deleted member's number comes back, too.

    \b
    Examples:
      yizhan member reassign 10007 'Emma Clarke' --title 'Head of Berlin Office'
    """

    async def act() -> Any:
        from server.cli.office import opened
        from server.companies.newcomers import Newcomer

        async with opened(frame.settings(ctx, config).settings) as office:
            newcomer = Newcomer(name=name, job_title=title)
            return await office.leaving.reassign(office.actor, await office.company(company), number, newcomer)

    frame.say(f"{number} is {name}'s; the first password, told this once: {frame.run(act()).password}")
