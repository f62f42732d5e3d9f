"""``yizhan company``: the companies of this server, as its operator makes them."""

import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from server.cli import asking, company_numbers, company_profile, company_reports, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.config.model import Settings

T = TypeVar("T")
app = frame.command(no_args_is_help=True)
FIRST = 10_001
SEGMENT = 10_000
MOST_SEATS = 1_000_000  # as companies.rules has it


@app.callback()
def company() -> None:
    """Add and list companies, settle what they may, and give them account numbers."""


@app.command()
def add(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The company's number: 2 to 32 small letters, digits, hyphens. It never changes.")],
    name: Annotated[str, typer.Option(help="The full name.")],
    short_name: Annotated[str, typer.Option(help="What the root of its tree is called.", show_default="the full name")] = "",
    seats: Annotated[int, typer.Option(min=1, max=MOST_SEATS, help="How many members it may have.")] = 100,
    first_number: Annotated[
        int | None, typer.Option(min=1000, max=9_999_999_999, help="Where its account numbers begin.", show_default="behind the others'")
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


# ---- what is settled

Number = Annotated[str, typer.Argument(help="The company's number.")]
DEFAULT = "default"
NOTHING = "none"
NEWCOMERS = ("the first password of newcomers", "新成员的初始密码")
SETTLED = (
    *("--seats", "--expires", "--suspend", "--resume", "--devices", "--time-zone", "--root-units", "--unit-members"),
    *("--phone-or-mail-needed", "--neither-needed", "--first-password", "--drawn-passwords", "--first-password-file"),
    *("--invited-role", "--outside", "--no-outside"),
)


class Devices(enum.StrEnum):
    """As the setting ``sessions.device_policy``."""

    one_per_class = "one_per_class"
    any = "any"


@app.command()
def show(ctx: typer.Context, number: Number, config: frame.Config = None, json: frame.Json = False) -> None:
    """Show all that is settled of a company.

    \b
    Examples:
      yizhan company show acme
      yizhan company show acme --json
    """

    row = _act(ctx, config, lambda office: _settled(office, number))
    frame.show([row] if json else [{"setting": name, "value": value} for name, value in row.items()], json=json)


async def _settled(office: "Office", number: str) -> frame.Row:
    """All that is settled of a company; a look. Raises: CompanyNotFound."""
    from server.cli.times import minute
    from server.roles.grants import role_of
    from server.roles.naming import of_the_invited
    from storage import roles as stored_roles

    found, profile, settled = await office.settings.show(office.actor, number)
    limits = office.limits.settled(settled.root_units_limit, settled.unit_members_limit)
    roles = await office.storage.read(lambda read: stored_roles.of_company(read, found.id))
    invited = of_the_invited({one.id: role_of(one) for one in roles}, settled.invited_role)
    return {
        **{"number": found.number, "name": profile.name, "short_name": profile.short_name, "seats": found.seats},
        "expires": None if found.expires_at is None else minute(found.expires_at, settled.time_zone),
        **{"suspended": found.suspended, "devices": found.device_policy, "time_zone": settled.time_zone},
        **{"root_units": limits.root_units, "unit_members": limits.unit_members},
        "phone_or_mail_needed": settled.needs_phone_or_mail,
        "first_password": "one for all" if settled.first_password_hash else "drawn for each",
        **{"invited_role": invited.shown(), "outside_contacts": not settled.no_outside},
    }


@app.command("set")
def set_(
    ctx: typer.Context,
    number: Number,
    seats: Annotated[
        int | None, typer.Option(min=1, max=MOST_SEATS, help="Active and disabled members that it may have.", show_default=False)
    ] = None,
    expires: Annotated[
        str, typer.Option(metavar="DAY", help="The last day on which it sends, in its time zone; `never`.", show_default=False)
    ] = "",
    suspended: Annotated[
        bool | None, typer.Option("--suspend/--resume", help="Suspended, nobody of it is in or comes in.", show_default=False)
    ] = None,
    devices: Annotated[Devices | None, typer.Option(help="A session for each class of devices, or any number.", show_default=False)] = None,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="By which its days begin and end.", show_default=False)] = "",
    root_units: Annotated[
        str, typer.Option(metavar="N", help="Units directly under the top; `default` for the server's.", show_default=False)
    ] = "",
    unit_members: Annotated[
        str, typer.Option(metavar="N", help="Members directly in one unit; `default` for the server's.", show_default=False)
    ] = "",
    needed: Annotated[
        bool | None,
        typer.Option("--phone-or-mail-needed/--neither-needed", help="Whether every member has one of both.", show_default=False),
    ] = None,
    first_password: Annotated[
        bool | None,
        typer.Option(
            "--first-password/--drawn-passwords", help="One for all newcomers, which is asked for; or one for each.", show_default=False
        ),
    ] = None,
    first_password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, allow_dash=True, help="One for all, from a file; - reads standard input."
        ),
    ] = None,
    invited_role: Annotated[
        str, typer.Option(metavar="ROLE", help="What whoever joins by invitation gets; `default`.", show_default=False)
    ] = "",
    outside: Annotated[
        bool | None,
        typer.Option("--outside/--no-outside", help="Whether members may have outside contacts.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    config: frame.Config = None,
) -> None:
    """Settle something of a company. What is not named stays as it is. A day that is over ends sending at once, so it is asked first.

    \b
    Examples:
      yizhan company set acme --seats 500 --expires 2027-06-30
      yizhan company set acme --suspend
      yizhan company set acme --time-zone Europe/Berlin --unit-members 300
      yizhan company set acme --invited-role staff
      yizhan company set acme --no-outside           nobody writes to members of other companies any more
      yizhan company set acme --first-password       asks for the one with which newcomers sign in first
    """
    limits = {name: _limit(name, text) for name, text in (("root-units", root_units), ("unit-members", unit_members)) if text}
    given = (seats, suspended, devices, needed, first_password, first_password_file, outside)
    if not (expires or time_zone or limits or invited_role or any(one is not None for one in given)):
        raise misuse.NothingToChange(*SETTLED)
    if first_password_file is not None and first_password is not None:
        raise misuse.OnlyOneOf("--first-password", "--drawn-passwords", "--first-password-file")
    _check_words(expires, time_zone)
    password = ""
    if first_password or first_password_file is not None:
        password, first_password = asking.new_password(NEWCOMERS, "--first-password-file", first_password_file), True

    async def act(office: "Office") -> tuple[frame.Row, frame.Row]:
        before = await _settled(office, number)
        await settle(office)
        return before, await _settled(office, number)

    async def settle(office: "Office") -> None:
        by, settings = office.actor, office.settings
        ends_at = await _end_of(office, number, expires, time_zone, yes=yes) if expires not in ("", "never") else None
        if invited_role:
            await settings.set_invited_role(by, number, "" if invited_role == DEFAULT else invited_role)
        if time_zone:
            await settings.set_time_zone(by, number, time_zone)
        if seats is not None:
            await office.companies.set_seats(by, number, seats)
        if expires:
            await office.companies.set_expiry(by, number, ends_at)
        if suspended is not None:
            await office.companies.set_suspended(by, number, suspended)
        if devices is not None:
            await office.companies.set_device_policy(by, number, devices.value)
        if limits:
            _, _, settled = await settings.show(by, number)
            root, unit = limits.get("root-units", settled.root_units_limit), limits.get("unit-members", settled.unit_members_limit)
            await office.org.set_limits(by, number, root_units=root, unit_members=unit)
        if needed is not None:
            await settings.set_needs_phone_or_mail(by, number, needed)
        if first_password is not None:
            await settings.set_first_password(by, number, password)
        if outside is not None:
            await settings.set_outside(by, number, outside)

    before, after = _act(ctx, config, act)
    changed = [
        f"{name.replace('_', ' ')}: {frame.word(before[name]) or NOTHING} -> {frame.word(after[name]) or NOTHING}"
        for name in after
        if after[name] != before[name]
    ]
    for line in changed:
        frame.say(line)
    if first_password:
        frame.say("the first password of newcomers is the one that was given")
    elif not changed:
        frame.say("it is so already: nothing changed")


def _check_words(expires: str, time_zone: str) -> None:
    """Raises: DayInvalid, TimeZoneUnknown."""
    from server.org import days

    if expires and expires != "never":
        days.end_of(expires, "UTC")
    if time_zone:
        days.zone(time_zone)


def _limit(name: str, text: str) -> int | None:
    if text == DEFAULT:
        return None
    if not text.isdecimal() or not int(text):
        raise misuse.WrittenSo(f"--{name}", f"1, 2, 3 … / {DEFAULT}", text)
    return int(text)


async def _end_of(office: "Office", number: str, day: str, time_zone: str, *, yes: bool) -> int:
    """The instant at which that day is over there, in the time zone that it has or gets. Asks where it is over already."""
    from server.clock import SystemClock
    from server.org.days import end_of

    zone = time_zone or (await office.settings.show(office.actor, number))[2].time_zone
    ends_at = end_of(day, zone)
    if ends_at <= SystemClock().now() and not yes:
        typer.confirm(f"{day} is over: at once nobody of {number} can send any more; sign-in, reading and export go on. Go on?", abort=True)
    return ends_at


def _act(ctx: typer.Context, config: Path | None, act: Callable[["Office"], Awaitable[T]]) -> T:
    async def work() -> T:
        from server.cli.office import opened

        async with opened(frame.settings(ctx, config).settings) as office:
            return await act(office)

    return frame.run(work())


company_numbers.join(app)
company_profile.join(app)
company_reports.join(app)
