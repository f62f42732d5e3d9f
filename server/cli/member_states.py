"""``yizhan member disable|enable|reset-password|activate``: the same act on one member or on many, as a batch."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.companies.newcomers import Added

Whos = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="The members' account numbers.")]


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(disable)
    app.command()(enable)
    app.command("reset-password")(reset_password)
    app.command()(activate)


def disable(
    ctx: typer.Context,
    whos: Whos,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    successor: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT=NUMBER", help="Who heads a unit after a single one; may be repeated.", show_default=False),
    ] = None,
    config: frame.Config = None,
) -> None:
    """Disable members: out at once on all devices, and not in again. What was written stays.

    A single one who is a unit's first head names who follows. Of several nobody is asked: whoever was chosen ahead follows.

    \b
    Examples:
      yizhan member disable 10007
      yizhan member disable 10007 --successor Sales=10009
      yizhan member disable 10007 10008 10012 --reason 'project ended'
    """
    named = acting.successors(successor)
    if named and len(whos) > 1:
        raise misuse.ForOneAlone("--successor")

    async def act(office: "Office", company: str, some: list[str]) -> None:
        after = {await office.unit(company, path, "member.disable"): number for path, number in named}
        await office.check_members(company, after.values(), "member.disable")
        await office.leaving.disable(office.actor, company, some, reason, successors=after)

    frame.run(_change_many(ctx, config, "member.disable", whos, act))
    frame.say(f"disabled: {', '.join(whos)}; open connections end within two seconds")


def enable(ctx: typer.Context, whos: Whos, config: frame.Config = None) -> None:
    """Let disabled members in again, with their passwords as they were.

    \b
    Examples:
      yizhan member enable 10007 10008
    """

    async def act(office: "Office", company: str, some: list[str]) -> None:
        await office.leaving.enable(office.actor, company, some)

    frame.run(_change_many(ctx, config, "member.enable", whos, act))
    frame.say(f"may sign in again: {', '.join(whos)}")


def reset_password(ctx: typer.Context, whos: Whos, config: frame.Config = None, json: frame.Json = False) -> None:
    """Draw new first passwords, which must be changed at the first sign-in. All sessions of the members end.

    \b
    Examples:
      yizhan member reset-password 10007
      yizhan member reset-password 10007 10008 --json
    """

    async def act(office: "Office", company: str, some: list[str]) -> "list[Added]":
        return await office.companies.reset_passwords(office.actor, company, some)

    added = [one for some in frame.run(_change_many(ctx, config, "member.reset_password", whos, act)) for one in some]
    frame.tell("new first passwords, told this once:")
    frame.show([{"number": one.number, "first_password": one.password} for one in added], json=json)


def activate(
    ctx: typer.Context,
    whos: Whos,
    mail: Annotated[bool, typer.Option("--mail", help="Mail them their numbers and first passwords.")] = False,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Make drafts active members, with first passwords that must be changed at the first sign-in.

    \b
    Examples:
      yizhan member activate 10007
      yizhan member activate 10007 10008 --mail
    """
    frame.check_mails(frame.settings(ctx, config).settings, mail)

    async def act(office: "Office", company: str, some: list[str]) -> "list[Added]":
        added = await office.companies.activate(office.actor, company, some)
        if mail:
            told_not_mailed(await office.welcome.send(office.actor, company, added))
        return added

    added = [one for some in frame.run(_change_many(ctx, config, "member.activate", whos, act)) for one in some]
    frame.tell("active; first passwords that are told this once, none where the company has one for all:")
    frame.show([{"number": one.number, "first_password": one.password} for one in added], json=json)


def told_not_mailed(numbers: Sequence[str]) -> None:
    if numbers:
        frame.tell(f"not mailed, for want of an address or because the mail was not taken: {', '.join(numbers)}")


async def _change_many(ctx: typer.Context, config: Path | None, name: str, whos: Sequence[str], act: Any) -> list[Any]:
    """``act`` on the members of each company; nobody is touched where one of them is not found."""
    from server.cli.office import opened

    async with opened(frame.settings(ctx, config).settings) as office:
        by_company = await office.companies_of(list(dict.fromkeys(whos)), name)
        return [await act(office, company, some) for company, some in by_company.items()]
