"""``yizhan member move|add-to-unit``: many members into a unit at once (SPEC B8, B9). One member's units: ``yizhan org place``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import YizhanError
from server.cli import acting, frame
from server.cli.member_states import Whos

if TYPE_CHECKING:
    from server.cli.office import Office


class OfSeveralCompanies(YizhanError):
    code = "cli.of_several_companies"
    en = "these members are of several companies: {companies}"
    zh = "这些成员属于多个企业:{companies}"
    advice = ("nobody was moved; name those of one company at a time", "没有移动任何人;请每次只指定同一企业的成员")

    def __init__(self, companies: str) -> None:
        super().__init__(companies=companies)


Path = "its path from the top, or its name where only one has it"


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(move)
    app.command("add-to-unit")(add_to_unit)


def move(
    ctx: typer.Context,
    whos: Whos,
    to: Annotated[str, typer.Option(metavar="UNIT", help=f"Where they are then: {Path}.")],
    out_of: Annotated[str, typer.Option(metavar="UNIT", help="Which unit they leave; who is not in it stays.", show_default="all")] = "",
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Move members into a unit, out of all others or out of one. Units that are left without a first head are listed.

    \b
    Examples:
      yizhan member move 10007 10008 --to Sales/North
      yizhan member move 10007 10008 10012 --to Lab --out-of Hall
    """

    async def act(office: "Office", _: str) -> list[str]:
        company, some = await _one_company(office, whos, "member.move")
        place, left = await office.unit(company, to, "member.move"), await office.unit(company, out_of, "member.move") if out_of else None
        return await office.paths(company, await office.members.move_many(office.actor, company, some, place, out_of=left))

    headless = acting.run(ctx, config, None, act, any_company=True)
    if json:
        frame.show([{"unit": path} for path in headless], json=True)
        return
    frame.say(f"in {to}: {', '.join(whos)}")
    tell_headless(headless)


def add_to_unit(
    ctx: typer.Context,
    whos: Whos,
    to: Annotated[str, typer.Option("--unit", metavar="UNIT", help=f"Where they are then, too: {Path}.")],
    config: frame.Config = None,
) -> None:
    """Put members into a unit beside those that they are in. Of who was in none it is the primary one.

    \b
    Examples:
      yizhan member add-to-unit 10007 10008 --unit Lab
      yizhan member list --unassigned               whom to put somewhere
    """

    async def act(office: "Office", _: str) -> None:
        company, some = await _one_company(office, whos, "member.add_to_unit")
        await office.members.add_to_unit(office.actor, company, some, await office.unit(company, to, "member.add_to_unit"))

    acting.run(ctx, config, None, act, any_company=True)
    frame.say(f"in {to}, too: {', '.join(whos)}")


def tell_headless(paths: Sequence[str]) -> None:
    if paths:
        frame.tell(f"without a first head now: {'; '.join(paths)}; choose one: yizhan org head UNIT NUMBER")


async def _one_company(office: "Office", whos: Sequence[str], act: str) -> tuple[str, list[str]]:
    """Raises: MemberNotFound, OfSeveralCompanies, before anybody is moved."""
    by_company = await office.companies_of(list(dict.fromkeys(whos)), act)
    if len(by_company) > 1:
        raise OfSeveralCompanies(", ".join(by_company))
    ((company, some),) = by_company.items()
    return company, some
