"""``yizhan member change``: what is kept of a member, his last day and his successor, as an administrator would change them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import frame, misuse
from server.cli.member_fields import named

if TYPE_CHECKING:
    from server.cli.office import Office

Who = Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")]


CHANGED = (
    *("name", "nickname", "gender", "title", "phone", "mail", "employee_no", "office_phone"),
    *("description", "pinyin", "last_day", "successor", "field"),
)


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan member``."""
    app.command("change")(change)


def change(
    ctx: typer.Context,
    who: Who,
    name: Annotated[str | None, typer.Option(help="The name.", show_default=False)] = None,
    nickname: Annotated[str | None, typer.Option(help="The nickname.", show_default=False)] = None,
    gender: Annotated[str | None, typer.Option(help="male, female, or nothing.", show_default=False)] = None,
    title: Annotated[str | None, typer.Option(help="The job title.", show_default=False)] = None,
    phone: Annotated[str | None, typer.Option(help="The phone; a bound one is no login name any more.", show_default=False)] = None,
    mail: Annotated[str | None, typer.Option(help="The mail address; likewise.", show_default=False)] = None,
    employee_no: Annotated[str | None, typer.Option(help="The employee number.", show_default=False)] = None,
    office_phone: Annotated[str | None, typer.Option(help="A landline or an extension.", show_default=False)] = None,
    description: Annotated[str | None, typer.Option(help="What else is to be said.", show_default=False)] = None,
    pinyin: Annotated[
        str | None, typer.Option(help="How the name is read, where that is unusual: shan xiong xin.", show_default=False)
    ] = None,
    last_day: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Disabled at its end, such as 2026-09-30; administrators hear of it.", show_default=False),
    ] = None,
    successor: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Who takes over when the member leaves.", show_default=False)
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A field of the company's own; may be repeated.", show_default=False)
    ] = None,
    config: frame.Config = None,
) -> None:
    """Change what is kept of a member. What is not named stays; the empty text '' takes something away.

    \b
    Examples:
      yizhan member change 10007 --title 'Head of Sales' --phone 13800138000
      yizhan member change 10007 --last-day 2026-09-30 --successor 10009
      yizhan member change 10007 --last-day '' --field Locker=12      see `yizhan member fields`
    """
    plain = {"name": name, "nickname": nickname, "gender": gender, "job_title": title, "phone": phone, "mail": mail, "pinyin": pinyin}
    more = {"employee_no": employee_no, "office_phone": office_phone, "description": description, "last_day": last_day}
    wanted = {key: value for key, value in {**plain, **more}.items() if value is not None}
    values = _values(field or ())
    if not wanted and successor is None and not values:
        raise misuse.NothingToChange(*(f"--{key.replace('_', '-')}" for key in CHANGED))
    frame.run(_change(ctx, config, who, wanted, successor, values))
    frame.say(f"{who} is changed")


def _values(given: "list[str] | tuple[str, ...]") -> dict[str, str]:
    values = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not (name.strip() and sign):
            raise misuse.WrittenSo("--field", "NAME=VALUE", one)
        values[name.strip()] = value
    return values


async def _change(
    ctx: typer.Context, config: Path | None, who: str, wanted: dict[str, str], successor: str | None, values: dict[str, str]
) -> None:
    """The card and the company's own fields are two acts: what is wrong with the values is found before the first."""
    from server.cli.office import opened
    from server.org.cards import Changes
    from server.org.fields import FieldService

    async with opened(frame.settings(ctx, config).settings) as office:
        company = await office.company_of(who, "member.change")
        given: dict[str, Any] = dict(wanted)
        if successor is not None:
            given["successor"] = await office.member(company, successor, "member.change") if successor else None
        checked = await _checked(office, company, who, values) if values else {}
        if given:
            await office.members.change(office.actor, company, who, Changes(**given))
        if checked:
            await FieldService(office.storage).set_values(office.actor, company, who, checked)


async def _checked(office: "Office", company: str, who: str, values: dict[str, str]) -> dict[int, str]:
    """Field to value. Raises: FieldNotFound, and as ``field_rules.checked``, after its entry: what a field takes is stored."""
    from protocol.errors import YizhanError
    from server.org.field_rules import checked

    found = await named(office, company, values, "member.change", {"member": who})
    try:
        return {found[name].id: checked(found[name], value) for name, value in values.items()}
    except YizhanError as error:
        vars(error)["exit_code"] = 1
        await office.refuse(error, company, "member.change", {"member": who})
        raise
