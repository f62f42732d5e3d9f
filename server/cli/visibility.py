"""``yizhan visibility``: rules between units, and which fields of a card are shown. Hiding a unit or a member is ``yizhan org hide``."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from protocol.errors import YizhanError
from server.cli import frame, misuse
from server.cli.advice import about

if TYPE_CHECKING:
    from msgspec import UnsetType

    from server.cli.office import Office
    from server.visibility.policy import Parties
    from server.visibility.ruling import Said
    from storage.unit_rules import Kept

app = frame.command(no_args_is_help=True)
Company = Annotated[str | None, typer.Option(help="The company's number.", show_default="the only one")]
Which = Annotated[str, typer.Argument(metavar="RULE", help="The rule: its name or its id.")]
Kind = Annotated[
    Literal["other_units", "nobody", "hide"] | None,
    typer.Option(
        help="other_units: the bound do not see the other units; nobody: they see nobody; hide: nobody sees them.", show_default=False
    ),
]
_PARTY = "a unit with all below it, or a member by the account number; may be repeated"
Bound = Annotated[list[str] | None, typer.Option(metavar="UNIT|NUMBER", help=f"Whom it binds: {_PARTY}.", show_default=False)]
WhiteList = Annotated[
    list[str] | None,
    typer.Option(metavar="UNIT|NUMBER", help=f"Whom the bound see nevertheless, or of hide who sees them: {_PARTY}.", show_default=False),
]
Exempted = Annotated[
    list[str] | None, typer.Option(metavar="UNIT|NUMBER", help=f"Who is not bound although in a bound unit: {_PARTY}.", show_default=False)
]
MaySearch = Annotated[
    bool | None,
    typer.Option("--may-search/--no-search", help="Who is not seen is found by the whole name or number.", show_default=False),
]
MayWrite = Annotated[bool | None, typer.Option("--may-write/--no-write", help="Who is not seen may be written to.", show_default=False)]
Act = Callable[["Office", str], Awaitable[Any]]
CHANGED = (
    *("--name", "--kind", "--bound", "--white-list", "--exempted", "--may-search", "--no-search", "--may-write", "--no-write"),
    *("--off", "--on"),
)


@app.callback()
def visibility() -> None:
    """Show and change who sees whom, and which fields of a card are shown."""


# ---- rules between units


@app.command()
def rules(ctx: typer.Context, company: Company = None, config: frame.Config = None, json: frame.Json = False) -> None:
    """List the rules between units.

    \b
    Examples:
      yizhan visibility rules
      yizhan visibility rules --json
    """

    async def act(office: "Office", chosen: str) -> list[frame.Row]:
        from server.visibility.settling import UnitRuleService

        listed = await UnitRuleService(office.storage).list_rules(office.actor, chosen)
        return await _rows(office, chosen, listed)

    rows = _run(ctx, config, company, act)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell("there is no rule between units")


async def _rows(office: "Office", company: str, listed: "Sequence[Kept]") -> list[frame.Row]:
    from protocol.ids import to_wire
    from server.companies.finding import company_of
    from server.org.paths import written
    from server.org.service import load_tree
    from server.visibility.ruling import PARTS, named
    from storage import people
    from storage.work import Read

    async def look(read: Read) -> tuple[Any, dict[int, str]]:
        found = await company_of(read, company)
        members = [party for rule in listed for _, kind, party in rule.parties if kind == "member"]
        records = await people.records(read, found.id, members) if members else {}
        return await load_tree(read, found.id), {one.id: one.number or one.name for one in records.values()}

    tree, numbers = await office.storage.read(look)

    def parties(rule: "Kept", part: str) -> list[str]:
        units = [written(tree, tree[unit]) for unit in named(rule, part, "unit")]
        return units + [numbers.get(member, to_wire(member)) for member in named(rule, part, "member")]

    return [
        {
            "name": one.name,
            "kind": one.kind,
            **{part: parties(one, part) for part in PARTS},
            "may_search": one.may_search,
            "may_write": one.may_write,
            "off": one.is_off,
            "rule": to_wire(one.id),
        }
        for one in listed
    ]


@app.command("add-rule")
def add_rule(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    kind: Kind = None,
    bound: Bound = None,
    white_list: WhiteList = None,
    exempted: Exempted = None,
    may_search: MaySearch = None,
    may_write: MayWrite = None,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Make a rule between units, by default of the kind other_units. It holds at once, and clients are told within two seconds.

    \b
    Examples:
      yizhan visibility add-rule 'Suppliers apart' --bound Suppliers --white-list Purchasing
      yizhan visibility add-rule Interns --kind nobody --bound Interns --exempted 10007 --may-search --may-write
      yizhan visibility add-rule Board --kind hide --bound Board --white-list Secretaries
    """
    if not [word for word in bound or () if word != "-"]:
        raise misuse.Missing("--bound")
    if kind == "hide" and (may_search or may_write):
        raise misuse.OnlyOneOf("--kind hide", "--may-search" if may_search else "--may-write")

    async def act(office: "Office", chosen: str) -> "Kept":
        from server.visibility.settling import UnitRuleService

        said = await _said(office, chosen, "unit_rule.add", name, kind, (bound, white_list, exempted), may_search, may_write, None)
        return await UnitRuleService(office.storage).add(office.actor, chosen, said)

    frame.say(f"the rule {_run(ctx, config, company, act).name} is in force")


@app.command("change-rule")
def change_rule(
    ctx: typer.Context,
    rule: Which,
    name: Annotated[str | None, typer.Option(help="Another name.", show_default=False)] = None,
    kind: Kind = None,
    bound: Bound = None,
    white_list: WhiteList = None,
    exempted: Exempted = None,
    may_search: MaySearch = None,
    may_write: MayWrite = None,
    off: Annotated[bool | None, typer.Option("--off/--on", help="Keep it, and let it bind nobody.", show_default=False)] = None,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Change a rule between units. What is not named stays; a list that is named replaces the one before, '-' empties it.

    \b
    Examples:
      yizhan visibility change-rule Interns --white-list Training --white-list 10009
      yizhan visibility change-rule Interns --white-list - --no-write
      yizhan visibility change-rule Interns --off
    """
    if all(one is None for one in (name, kind, may_search, may_write, off)) and not (bound or white_list or exempted):
        raise misuse.NothingToChange(*CHANGED)

    async def act(office: "Office", chosen: str) -> "Kept":
        from server.visibility.settling import UnitRuleService

        said = await _said(office, chosen, "unit_rule.change", name, kind, (bound, white_list, exempted), may_search, may_write, off)
        return await UnitRuleService(office.storage).change(office.actor, chosen, rule, said)

    made = _run(ctx, config, company, act, rule=rule)
    frame.say(f"the rule {made.name} is {'off' if made.is_off else 'in force'}")


@app.command("delete-rule")
def delete_rule(ctx: typer.Context, rule: Which, company: Company = None, config: frame.Config = None) -> None:
    """Delete a rule between units.

    \b
    Examples:
      yizhan visibility delete-rule Interns
    """

    async def act(office: "Office", chosen: str) -> None:
        from server.visibility.settling import UnitRuleService

        await UnitRuleService(office.storage).delete(office.actor, chosen, rule)

    _run(ctx, config, company, act, rule=rule)
    frame.say(f"the rule {rule} is deleted")


async def _said(
    office: "Office",
    company: str,
    act: str,
    name: str | None,
    kind: str | None,
    parts: Sequence[list[str] | None],
    may_search: bool | None,
    may_write: bool | None,
    off: bool | None,
) -> "Said":
    from msgspec import UNSET

    from server.visibility.ruling import Said

    bound, white_list, exempted = [await _parties(office, company, act, part) for part in parts]
    return Said(
        name=UNSET if name is None else name,
        kind=UNSET if kind is None else kind,
        bound=bound,
        white_list=white_list,
        exempted=exempted,
        may_search=UNSET if may_search is None else may_search,
        may_write=UNSET if may_write is None else may_write,
        is_off=UNSET if off is None else off,
    )


async def _parties(office: "Office", company: str, act: str, named: list[str] | None) -> "Parties | UnsetType":
    """Account numbers are digits; a unit that is called so is named by its path from the top, with a slash before it."""
    from msgspec import UNSET

    from server.visibility.policy import Parties

    if named is None:
        return UNSET
    words = [word for word in named if word != "-"]
    units = {await office.unit(company, word.strip("/ "), act) for word in words if not word.isdecimal()}
    members = {await office.member(company, word, act) for word in words if word.isdecimal()}
    return Parties(frozenset(units), frozenset(members))


# ---- fields of cards


@app.command()
def fields(ctx: typer.Context, company: Company = None, config: frame.Config = None, json: frame.Json = False) -> None:
    """List the fields of cards for which the company has said who is shown them. Without a word phone and mail are shown to nobody.

    \b
    Examples:
      yizhan visibility fields
    """

    async def act(office: "Office", chosen: str) -> list[frame.Row]:
        from server.org.fields import FieldService

        listed = await FieldService(office.storage).list_privacy(office.actor, chosen)
        return [{"field": field, "shown": shown} for field, shown in listed]

    rows = _run(ctx, config, company, act)
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell("the company has said nothing: phone and mail are shown to nobody, all else to everybody who may see the card")


@app.command()
def field(
    ctx: typer.Context,
    field: Annotated[str, typer.Argument(help="phone, mail, job_title, last_seen …, or the id of a field of the company's own.")],
    shown: Annotated[
        Literal["shown", "own_unit", "hidden"],
        typer.Argument(help="To everybody who may see the card, to whoever has the same primary unit, or to nobody."),
    ],
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Say who is shown a field of members' cards. A member may narrow the own phone further.

    The own unit is the primary one: whoever shares another unit alone is not shown it, nor anybody while that unit is disabled.

    \b
    Examples:
      yizhan visibility field phone own_unit
    """

    async def act(office: "Office", chosen: str) -> None:
        from server.org.fields import FieldService

        try:
            await FieldService(office.storage).set_privacy(office.actor, chosen, field, shown)
        except YizhanError as error:
            raise about(error, field) if error.code == "field.not_found" else error from None

    _run(ctx, config, company, act)
    frame.say(f"{field}: {shown}")


def _run(ctx: typer.Context, config: Path | None, company: str | None, act: Act, *, rule: str = "") -> Any:
    async def work() -> Any:
        from server.cli.office import opened

        async with opened(frame.settings(ctx, config).settings) as office:
            return await act(office, await office.company(company))

    try:
        return frame.run(work())
    except YizhanError as error:
        raise about(error, rule) if error.code == "unit_rule.not_found" else error from None
