"""``yizhan member list``: a company's members, all of them or those who are looked for (SPEC B8)."""

import enum
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import acting, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.companies.listing import Sought
    from storage.members import Card

NOBODY = "nobody is found"


class State(enum.StrEnum):
    """As ``storage.members`` has them, without the deleted."""

    draft = "draft"
    active = "active"
    disabled = "disabled"


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan member``."""
    app.command("list")(list_)


def list_(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(help="A name, its pinyin or initials, a number, a phone's end, a mail.", show_default="everybody")
    ] = "",
    unit: Annotated[
        str, typer.Option(metavar="UNIT", help="Who is in this unit or below it: its path, or its name.", show_default=False)
    ] = "",
    directly: Annotated[bool, typer.Option("--directly", help="Of the unit alone, without those below it.")] = False,
    letter: Annotated[
        str, typer.Option(metavar="A..Z", help="Whose name begins so, as it is read; # is all else.", show_default=False)
    ] = "",
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Who is in no unit.")] = False,
    state: Annotated[list[State] | None, typer.Option(help="In this state; may be repeated.", show_default=False)] = None,
    company: acting.Company = None,
    limit: frame.Limit = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List a company's members in the order of their numbers, all or those who meet everything that is named.

    Last login is when one last signed in; coming back later is none. JSON has phones, mails and employee numbers, too.

    \b
    Examples:
      yizhan member list
      yizhan member list zhangs                        also 张三, zs, 张s, 8000, san@example.com
      yizhan member list --unit Sales --directly --state disabled
      yizhan member list --letter Z --company acme --limit 20 --json
      yizhan member list --unassigned
    """
    if directly and not unit:
        raise misuse.GoesWith("--directly", "--unit")
    if unit and unassigned:
        raise misuse.OnlyOneOf("--unit", "--unassigned")
    if letter and not (len(letter) == 1 and (letter == "#" or (letter.isascii() and letter.isalpha()))):
        raise misuse.WrittenSo("--letter", "A…Z, #", letter)
    states = frozenset(one.value for one in state or ())
    plain: dict[str, Any] = {"query": query, "below": not directly, "letter": letter.upper(), "unassigned": unassigned, "states": states}

    async def act(office: "Office", chosen: str) -> None:
        from server.companies.listing import Sought

        sought = Sought(unit=await office.unit(chosen, unit, "member.list") if unit else None, **plain)
        nothing = NOBODY if sought != Sought() else f"{chosen} has no members yet: yizhan member add"
        await frame.show_pages(_pages(office, chosen, sought, limit, json), json=json, nothing=nothing)

    acting.run(ctx, config, company, act)


async def _pages(office: "Office", company: str, sought: "Sought", limit: int | None, whole: bool) -> AsyncIterator[list[frame.Row]]:
    from server.cli.office import PAGE

    wanted, shown, after = frame.limited(limit, PAGE), 0, ("", 0)
    while count := wanted(shown):
        page = await office.companies.list_members(office.actor, company, sought, after=after, limit=count)
        yield await _rows(office, page, whole) if page else []
        if len(page) < count:
            return
        shown, after = shown + len(page), (page[-1].number, page[-1].id)


async def _rows(office: "Office", page: "Sequence[Card]", whole: bool) -> list[frame.Row]:
    """With what is not on the cards; ``whole``: with what makes a table too wide."""
    from protocol.ids import to_wire
    from server.cli.times import minute
    from server.roles.grants import role_of
    from storage import members, people, roles, sessions
    from storage.work import Read

    company, ids = page[0].company, [one.id for one in page]

    async def look(read: Read) -> Any:
        named = {stored.id: role_of(stored).shown() for stored in await roles.of_company(read, company)}
        given = {one.id: named.get(one.role or 0) for one in (await people.records(read, company, ids)).values()}
        return await members.unit_names(read, ids), given, await sessions.last_sign_ins(read, ids)

    units, given, signed_in = await office.storage.read(look)
    return [
        {
            "number": one.number,
            "name": one.name,
            "state": one.state,
            "kind": one.kind,
            "title": one.job_title,
            "units": list(units.get(one.id, ())),
            "role": given.get(one.id),
            "last_login": minute(signed_in[one.id]) if one.id in signed_in else None,
            "member": to_wire(one.id),
            **({"phone": one.phone, "mail": one.mail, "employee_no": one.employee_no} if whole else {}),
        }
        for one in page
    ]
