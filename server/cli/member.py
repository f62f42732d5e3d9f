"""``yizhan member``: the members of a company, as its administrator would add and change them."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import frame, member_card, member_fields, member_list, member_scope, member_states

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.companies.newcomers import Added, Newcomer
    from server.config.model import Settings

app = frame.command(no_args_is_help=True)
member_list.join(app)
member_states.join(app)
member_card.join(app)
member_scope.join(app)
member_fields.join(app)
AT_ONCE = 50
Company = Annotated[str | None, typer.Option(help="The company's number.", show_default="the only one")]
Who = Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")]


@app.callback()
def member() -> None:
    """Add, list, change, disable, enable and delete members, give new first passwords, hand numbers on."""


# ---- adding


@app.command()
def add(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="The members' names.", show_default=False)] = None,
    names_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, allow_dash=True, help="A file with a name a line; - reads standard input."
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="They take no seat, and cannot sign in before they are activated.")] = False,
    number: Annotated[str, typer.Option(help="The account number of a single one.", show_default="the next free one")] = "",
    title: Annotated[str, typer.Option(help="The job title of a single one.")] = "",
    company: Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Add members. Each one's number and first password is printed, this once; it must be changed at the first sign-in.

    \b
    Examples:
      yizhan member add 'Li Na' '王伟'
      yizhan member add 'Emma Clarke' --number 10077 --title 'Head of Berlin Office'
      yizhan member add --company acme --names-from names.txt > passwords.txt
      yizhan member add 'Zhao Min' --draft
    """
    everybody = [*(names or ()), *(_read(names_from) if names_from else ())]
    if not everybody:
        raise typer.BadParameter("name somebody, or give --names-from", param_hint="NAMES")
    if len(everybody) > 1 and (number or title):
        raise typer.BadParameter("is for a single one", param_hint="--number / --title")
    frame.run(_add(frame.settings(ctx, config).settings, company, everybody, number, title, draft, json))


def _read(file: Path) -> Iterator[str]:
    """Without empty lines and those that begin with #."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    return (line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


async def _add(settings: "Settings", company: str | None, names: Sequence[str], number: str, title: str, draft: bool, json: bool) -> None:
    from server.cli.office import opened
    from server.companies import rules
    from server.companies.newcomers import Newcomer

    newcomers = [Newcomer(name=rules.name("name", name), number=number, job_title=title) for name in names]
    async with opened(settings) as office:
        chosen = await office.company(company)
        if not draft:
            await _check_seats(office, chosen, len(newcomers))
        await frame.show_pages(_adding(office, chosen, newcomers, draft), json=json, nothing="nobody was added")


async def _check_seats(office: "Office", company: str, wanted: int) -> None:
    """All or nobody, as far as can be known before; of a company that is not there the service says so. Raises: SeatsExhausted."""
    from server.companies import rules
    from server.companies.errors import SeatsExhausted
    from storage import companies, members

    found = await office.storage.read(lambda read: companies.find(read, company))
    if found is None:
        return
    taken = await office.storage.read(lambda read: members.seats_taken(read, found.id))
    try:
        rules.check_seats(found.seats, taken, wanted)
    except SeatsExhausted as error:
        await office.refuse(error, company, "member.add", {"count": wanted})


async def _adding(office: "Office", company: str, newcomers: "Sequence[Newcomer]", draft: bool) -> AsyncIterator[list[frame.Row]]:
    """In pieces, each shown as soon as it is stored: a password that was never shown would be lost."""
    for start in range(0, len(newcomers), AT_ONCE):
        some = newcomers[start : start + AT_ONCE]
        added = await office.companies.add_many(office.actor, company, some, draft=draft)
        if len(newcomers) > AT_ONCE:
            frame.tell(f"{start + len(some)} of {len(newcomers)} added")
        yield [_added(one, who) for one, who in zip(added, some, strict=True)]


def _added(one: "Added", who: "Newcomer") -> dict[str, Any]:
    return {"number": one.number, "name": who.name, "first_password": one.password}


# ---- changing


@app.command()
def delete(
    ctx: typer.Context,
    who: Who,
    successor: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT=NUMBER", help="Who heads a unit after the member; may be repeated.", show_default=False),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    config: frame.Config = None,
) -> None:
    """Delete a member. Profile and contacts go, and all groups and discussions are left; messages keep the name.

    The number is not given to others but by `yizhan member reassign`.

    \b
    Examples:
      yizhan member delete 10007
      yizhan member delete 10007 --successor Sales=10009 --yes
    """
    if not yes:
        typer.confirm(f"{who}: profile and contacts go, all groups are left. This cannot be undone. Go on?", abort=True)
    named = [one.rpartition("=") for one in successor or ()]
    if not all(path and number for path, _, number in named):
        raise typer.BadParameter("is written UNIT=NUMBER", param_hint="--successor")

    async def act(office: "Office", company: str) -> None:
        after = {await office.unit(company, path, "member.delete"): number for path, _, number in named}
        await office.leaving.delete(office.actor, company, who, successors=after, reason=reason)

    frame.run(_change(ctx, config, "member.delete", who, act))
    frame.say(f"{who} is deleted")


@app.command()
def reassign(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The account number that goes to somebody else.")],
    name: Annotated[str, typer.Argument(help="The new member's name.")],
    title: Annotated[str, typer.Option(help="The new member's job title.")] = "",
    company: Company = None,
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


async def _change(ctx: typer.Context, config: Path | None, name: str, who: str, act: Any) -> Any:
    from server.cli.office import opened

    async with opened(frame.settings(ctx, config).settings) as office:
        return await act(office, await office.company_of(who, name))
