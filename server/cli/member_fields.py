"""``yizhan member fields|add-field|change-field|delete-field``: fields of the company's own on its members' cards (SPEC B3).

A field is named by its name. Values are set by ``yizhan member change``; who is shown them by ``yizhan visibility field``.
"""

import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from protocol.errors import YizhanError
from server.cli import acting, frame, misuse
from server.cli.advice import about

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.org.fields import FieldService
    from storage.fields import Field

Name = Annotated[str, typer.Argument(metavar="FIELD", help="What it is called.")]
Which = Annotated[str, typer.Argument(metavar="FIELD", help="The field's name.")]
Choices = Annotated[
    list[str] | None, typer.Option("--choice", metavar="TEXT", help="What can be chosen; may be repeated.", show_default=False)
]


class Kind(enum.StrEnum):
    """As ``server.org.field_rules.KINDS``."""

    text = "text"
    number = "number"
    date = "date"
    choice = "choice"


class NothingToChoose(YizhanError):
    code = "field.nothing_to_choose"
    en = "{name} is a {what} field, and has nothing to choose from"
    zh = "字段“{name}”的类型为 {what},没有可选项"

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name=name, what=kind)


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(fields)
    app.command("add-field")(add_field)
    app.command("change-field")(change_field)
    app.command("delete-field")(delete_field)


def fields(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="[NUMBER]", help="With the values of this member.", show_default=False)] = "",
    company: acting.Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List the fields of the company's own on members' cards, in their order; and what a member has in them.

    \b
    Examples:
      yizhan member fields
      yizhan member fields 10007
      yizhan member fields --company acme --json
    """

    async def act(office: "Office", _: str) -> list[frame.Row]:
        service = _service(office)
        if not who:
            return [_row(one) for one in await service.list_fields(office.actor, await office.company(company))]
        theirs = company or await office.company_of(who, "field.list_values")
        await office.check_members(theirs, [who], "field.list_values")
        return [_row(one) | {"value": value} for one, value in await service.list_values(office.actor, theirs, who)]

    rows = acting.run(ctx, config, None, act, any_company=True)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell("the company has no fields of its own: yizhan member add-field NAME")


def _row(one: "Field") -> dict[str, Any]:
    from protocol.ids import to_wire

    plain = {"name": one.name, "kind": one.kind, "choices": list(one.choices), "required": one.is_required, "sort": one.sort}
    return plain | {"field": to_wire(one.id)}


def add_field(
    ctx: typer.Context,
    name: Name,
    kind: Annotated[
        Kind | None, typer.Option(help="What its values are, for good.", show_default="choice where there are any, else text")
    ] = None,
    choice: Choices = None,
    required: Annotated[bool, typer.Option("--required", help="A value is not taken away any more.")] = False,
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Add a field to the cards of the company's members. It comes last.

    \b
    Examples:
      yizhan member add-field Locker --kind number
      yizhan member add-field 'T-shirt' --choice S --choice M --choice L
    """
    wanted = kind or (Kind.choice if choice else Kind.text)
    if (wanted is Kind.choice) != bool(choice):
        raise misuse.GoesWith("--choice", "--kind choice")

    async def act(office: "Office", chosen: str) -> "Field":
        return await _service(office).add(office.actor, chosen, name, kind=wanted.value, choices=choice or (), is_required=required)

    made: Field = acting.run(ctx, config, company, act)
    frame.say(f"added {made.name}; give members values: yizhan member change NUMBER --field '{made.name}=...'")


def change_field(
    ctx: typer.Context,
    field: Which,
    name: Annotated[str | None, typer.Option(help="Another name.", show_default=False)] = None,
    choice: Choices = None,
    required: Annotated[bool | None, typer.Option("--required/--optional", help="Whether a value can be taken away.")] = None,
    sort: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Smaller comes first.", show_default=False)] = None,
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Change a field. What is not named stays; choices that are named replace the ones before, and members keep what they have.

    \b
    Examples:
      yizhan member change-field Locker --name 'Locker no.' --sort 1
      yizhan member change-field 'T-shirt' --choice S --choice M --choice L --choice XL
    """
    wanted = {"name": name, "choices": tuple(choice) if choice else None, "is_required": required, "sort": sort}
    changes = {key: value for key, value in wanted.items() if value is not None}
    if not changes:
        raise misuse.NothingToChange("--name", "--choice", "--required", "--optional", "--sort")

    async def act(office: "Office", chosen: str) -> "Field":
        from msgspec.structs import replace

        (found,) = (await named(office, chosen, [field], "field.change", {})).values()
        if choice and found.kind != Kind.choice:
            await office.refuse(NothingToChoose(found.name, found.kind), chosen, "field.change", {"field": field})
        return await _service(office).change(office.actor, chosen, replace(found, **changes))

    frame.say(f"{acting.run(ctx, config, company, act).name} is changed")


def delete_field(
    ctx: typer.Context,
    field: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    company: acting.Company = None,
    config: frame.Config = None,
) -> None:
    """Delete a field with what all members have in it.

    \b
    Examples:
      yizhan member delete-field Locker
      yizhan member delete-field Locker --yes
    """
    if not yes:
        typer.confirm(f"{field}: what all members have in it goes. This cannot be undone. Go on?", abort=True)

    async def act(office: "Office", chosen: str) -> None:
        (found,) = (await named(office, chosen, [field], "field.delete", {})).values()
        await _service(office).delete(office.actor, chosen, found.id)

    acting.run(ctx, config, company, act)
    frame.say(f"{field} is deleted")


async def named(office: "Office", company: str, names: Iterable[str], act: str, asked: dict[str, str]) -> "dict[str, Field]":
    """The fields of these names, for ``act``. Raises: CompanyNotFound, FieldNotFound, after its entry."""
    from server.org.errors import FieldNotFound
    from server.org.rules import same_name

    known = {same_name(one.name): one for one in await _service(office).list_fields(office.actor, company)}
    for name in names:
        if same_name(name) not in known:
            await office.refuse(about(FieldNotFound(), name), company, act, {**asked, "field": name})
    return {name: known[same_name(name)] for name in names}


def _service(office: "Office") -> "FieldService":
    from server.org.fields import FieldService

    return FieldService(office.storage)
