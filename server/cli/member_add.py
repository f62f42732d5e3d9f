"""``yizhan member add|add-robot``: newcomers with their first passwords, and programs with their tokens (SPEC B3, B8)."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.companies.newcomers import Added, Newcomer

AT_ONCE = 50


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(add)
    app.command("add-robot")(add_robot)


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
    phone: Annotated[str, typer.Option(help="The phone of a single one.")] = "",
    mail: Annotated[str, typer.Option(help="The mail address of a single one.")] = "",
    employee_no: Annotated[str, typer.Option(help="The employee number of a single one.")] = "",
    unit: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT", help="Where they all are; may be repeated, the first is the primary one.", show_default=False),
    ] = None,
    company: acting.Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Add members. Each one's number and first password is printed, this once; it must be changed at the first sign-in.

    \b
    Examples:
      yizhan member add 'Li Na' '王伟'
      yizhan member add 'Emma Clarke' --number 10077 --title 'Head of Berlin Office' --unit Berlin --mail emma@example.com
      yizhan member add --company acme --names-from names.txt > passwords.txt
      yizhan member add 'Zhao Min' --draft
    """
    everybody = [*(names or ()), *(_read(names_from) if names_from else ())]
    if not everybody:
        raise misuse.OneIsNeeded("NAMES", "--names-from")
    own = {"number": number, "job_title": title, "phone": phone, "mail": mail, "employee_no": employee_no}
    if len(everybody) > 1 and any(own.values()):
        raise misuse.ForOneAlone("--number", "--title", "--phone", "--mail", "--employee-no")
    acting.run(ctx, config, company, lambda office, chosen: _add(office, chosen, everybody, own, unit or (), draft, json))


def _read(file: Path) -> Iterator[str]:
    """Without empty lines and those that begin with #."""
    lines = frame.read_text(file, "--names-from").splitlines()
    return (line.strip() for line in lines if line.strip() and not line.startswith("#"))


async def _add(
    office: "Office", company: str, names: Sequence[str], own: Mapping[str, str], places: Sequence[str], draft: bool, json: bool
) -> None:
    from server.companies import rules
    from server.companies.newcomers import Newcomer

    units = tuple([await office.unit(company, path, "member.add") for path in places])
    newcomers = [Newcomer(name=rules.name("name", name), units=units, **own) for name in names]
    if not draft:
        await _check_seats(office, company, len(newcomers))
    await frame.show_pages(_adding(office, company, newcomers, draft), json=json, nothing="nobody was added")


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


def add_robot(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    company: acting.Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Add a robot: a program that writes as a member. It takes no seat, and signs in by its token alone, which is told this once.

    \b
    Examples:
      yizhan member add-robot Build
      yizhan member add-robot 值班 --company acme --json
    """

    async def act(office: "Office", chosen: str) -> tuple[int, str]:
        return await office.companies.add_robot(office.actor, chosen, name)

    id, token = acting.run(ctx, config, company, act)
    from protocol.ids import to_wire

    frame.tell("the token, told this once:")
    frame.show([{"member": to_wire(id), "name": name, "token": token}], json=json)
