"""``yizhan company``: the companies of this server, as its operator makes them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from server.cli import frame

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.config.model import Settings

T = TypeVar("T")
app = frame.command(no_args_is_help=True)
FIRST = 10_001
SEGMENT = 10_000


@app.callback()
def company() -> None:
    """Add and list companies, and give them account numbers."""


@app.command()
def add(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The company's number: 2 to 32 small letters, digits, hyphens. It never changes.")],
    name: Annotated[str, typer.Option(help="The full name.")],
    short_name: Annotated[str, typer.Option(help="What the root of its tree is called.", show_default="the full name")] = "",
    seats: Annotated[int, typer.Option(min=1, help="How many members it may have.")] = 100,
    first_number: Annotated[
        int | None, typer.Option(min=1000, help="Where its account numbers begin.", show_default="behind the others'")
    ] = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Add a company. Its members get the account numbers from the first one on.

    \b
    Examples:
      yizhan company add acme --name 'Acme Ltd' --seats 200
      yizhan company add yuanhang --name '远航物流有限公司' --short-name '远航物流' --first-number 80001
    """
    settings = frame.settings(ctx, config).settings
    made = frame.run(_add(settings, number, name=name, short_name=short_name or name, seats=seats, first_number=first_number))
    if json:
        frame.show([made], json=True)
        return
    frame.say(f"added {made['name']} ({number}) with {seats} seats; its account numbers begin at {made['first_number']}")
    frame.say(f"add members: yizhan member add --company {number} 'Li Na'   or from a file: --names-from names.txt")


async def _add(settings: "Settings", number: str, *, first_number: int | None, **details: Any) -> dict[str, Any]:
    from server.cli.office import opened

    async with opened(settings) as office:
        first = first_number or await _free_segment(office)
        made = await office.companies.create(office.actor, number, first_number=first, **details)
        return {"number": made.number, "name": made.name, "seats": made.seats, "first_number": first}


async def _free_segment(office: "Office") -> int:
    """The first multiple of ten thousand behind all companies' numbers, and one."""
    from storage import segments

    owned = await office.storage.read(segments.every)
    return (owned[-1].last - 1) // SEGMENT * SEGMENT + SEGMENT + 1 if owned else FIRST


@app.command("list")
def list_(ctx: typer.Context, limit: frame.Limit = None, config: frame.Config = None, json: frame.Json = False) -> None:
    """List the companies, in the order of their numbers.

    \b
    Examples:
      yizhan company list
      yizhan company list --json --limit 10
    """
    frame.run(_list(frame.settings(ctx, config).settings, limit, json))


async def _list(settings: "Settings", limit: int | None, json: bool) -> None:
    from server.cli.office import opened

    async with opened(settings) as office:
        await frame.show_pages(_pages(office, limit), json=json, nothing="there is no company yet: yizhan company add")


async def _pages(office: "Office", limit: int | None) -> AsyncIterator[list[frame.Row]]:
    from server.cli.office import PAGE
    from server.cli.times import day

    wanted, shown, after = frame.limited(limit, PAGE), 0, ""
    while count := wanted(shown):
        page = await office.companies.list_companies(office.actor, after=after, limit=count)
        yield [
            {
                "number": one.number,
                "name": one.name,
                "seats": one.seats,
                "next_number": one.next_number,
                "since": day(one.created_at),
                "expires": day(one.expires_at),
                "suspended": one.suspended,
                "demo": one.demo,
            }
            for one in page
        ]
        if len(page) < count:
            return
        shown, after = shown + len(page), page[-1].number


# ---- account numbers

Number = Annotated[str, typer.Argument(help="The company's number.")]


@app.command("add-segment")
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

    async def act(office: "Office") -> None:
        await office.settings.add_segment(office.actor, number, first, last)

    _act(ctx, config, act)
    frame.say(f"{number} has the account numbers from {first} to {last}, too")


@app.command()
def segments(ctx: typer.Context, number: Number, config: frame.Config = None, json: frame.Json = False) -> None:
    """List a company's ranges of account numbers, and where each goes on.

    \b
    Examples:
      yizhan company segments acme
    """

    async def act(office: "Office") -> list[frame.Row]:
        found = await office.settings.list_segments(office.actor, number)
        return [{"first": one.first, "last": one.last, "next": one.next if one.next <= one.last else None} for one in found]

    frame.show(_act(ctx, config, act), json=json)


def _act(ctx: typer.Context, config: Path | None, act: Callable[["Office"], Awaitable[T]]) -> T:
    async def work() -> T:
        from server.cli.office import opened

        async with opened(frame.settings(ctx, config).settings) as office:
            return await act(office)

    return frame.run(work())
