"""``yizhan role``: roles, what they permit, who has them, and why somebody may or may not do something.

A role is named by its name in either language, by the kind or preset of one of the product's own (``ordinary``, ``staff``), or by its id.
"""

import contextlib
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from protocol.errors import MemberNotFound, YizhanError
from server.cli import frame, misuse, role_told
from server.cli.advice import about, advise

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.roles.grants import Grant, Role
    from server.roles.service import Explained, RoleService
    from storage.roles import Holder

app = frame.command(no_args_is_help=True)
Company = Annotated[str | None, typer.Option(help="The company's number.", show_default="the only one")]
Which = Annotated[str, typer.Argument(metavar="ROLE", help="The role: its name, its kind such as ordinary, or its id.")]
Permit = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PERMISSION=SCOPE",
        help="none, self, own_unit, own_unit_and_below, all, or units divided by ';'; may be repeated. See `yizhan role permissions`.",
        show_default=False,
    ),
]
Description = Annotated[str | None, typer.Option(help="What the role is for.", show_default=False)]
Chinese = Annotated[bool, typer.Option("--chinese", help="Names in Chinese.")]
Preset = Literal["department_manager", "general_manager", "staff", "invited"]
"""As ``storage.roles.PRESETS``."""
Act = Callable[["Office", "RoleService", str], Awaitable[Any]]


@app.callback()
def role() -> None:
    """Show, make, change and give roles, and tell why a member may or may not do something."""


# ---- looking


@app.command("list")
def list_(
    ctx: typer.Context, company: Company = None, chinese: Chinese = False, config: frame.Config = None, json: frame.Json = False
) -> None:
    """List the company's roles with how many members have each.

    \b
    Examples:
      yizhan role list
      yizhan role list --chinese --json
    """

    async def act(office: "Office", roles: "RoleService", chosen: str) -> list[frame.Row]:
        from protocol.ids import to_wire

        listed = await roles.list_roles(office.actor, chosen)
        return [
            {
                "name": one.role.shown("zh" if chinese else "en"),
                "kind": one.role.begins_as,
                "members": one.members,
                "permissions": len(one.role.grants),
                "role": to_wire(one.role.id),
                "description": one.role.description,
            }
            for one in listed
        ]

    frame.show(_run(ctx, config, company, act), json=json)


@app.command()
def show(
    ctx: typer.Context,
    role: Which,
    members: Annotated[bool, typer.Option("--members", help="List who has it instead.")] = False,
    company: Company = None,
    chinese: Chinese = False,
    limit: frame.Limit = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Show what a role permits, and how far; or who has it.

    \b
    Examples:
      yizhan role show system_administrator
      yizhan role show 'Lab head' --members
    """
    if members:
        frame.run(_show_members(ctx, config, company, role, limit, json))
        return

    async def act(office: "Office", roles: "RoleService", chosen: str) -> list[frame.Row]:
        from server.roles.naming import find

        listed = await roles.list_roles(office.actor, chosen)
        wanted = find({one.role.id: one.role for one in listed}, role)
        return await _permitted(office, chosen, wanted, chinese)

    rows = _run(ctx, config, company, act, role=role)
    if not rows and not json:
        frame.tell(f"{role} permits nothing")
    frame.show(rows, json=json)


async def _permitted(office: "Office", company: str, role: "Role", chinese: bool) -> list[frame.Row]:
    from server.companies.finding import company_of
    from server.org.paths import written
    from server.org.service import load_tree
    from server.roles.permissions import PERMISSIONS
    from storage.work import Read

    async def look(read: Read) -> Any:
        return await load_tree(read, (await company_of(read, company)).id)

    tree = await office.storage.read(look)
    order = list(tree.below(tree.root))
    return [
        {
            "permission": name,
            "meaning": one.zh if chinese else one.en,
            "scope": role.grants[name].scope.value,
            "units": [written(tree, tree[unit]) for unit in order if unit in role.grants[name].units],
        }
        for name, one in PERMISSIONS.items()
        if name in role.grants
    ]


async def _show_members(ctx: typer.Context, config: Path | None, company: str | None, role: str, limit: int | None, json: bool) -> None:
    from server.cli.office import opened
    from server.roles.service import RoleService

    async with opened(frame.settings(ctx, config).settings) as office:
        pages = _holders(office, RoleService(office.storage), await office.company(company), role, limit)
        with _naming(role):
            await frame.show_pages(pages, json=json, nothing=f"nobody has the role {role}")


async def _holders(office: "Office", roles: "RoleService", company: str, role: str, limit: int | None) -> AsyncIterator[list[frame.Row]]:
    from server.cli.office import PAGE

    wanted, shown, after = frame.limited(limit, PAGE), 0, ("", 0)
    while count := wanted(shown):
        page: list[Holder] = await roles.list_members(office.actor, company, role, after=after, limit=count)
        yield [{"number": one.number, "name": one.name, "state": one.state, "hidden": one.is_hidden} for one in page]
        if len(page) < count:
            return
        shown, after = shown + len(page), (page[-1].number, page[-1].id)


@app.command()
def permissions(
    chinese: Chinese = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a document.")] = False,
    json: frame.Json = False,
) -> None:
    """Print the table of all permissions: what each means, how far it can go, and what roles start with.

    \b
    Examples:
      yizhan role permissions | less -S
      yizhan role permissions --chinese
      yizhan role permissions --markdown > permissions.md
    """
    from server.roles import guide
    from server.roles.permissions import PERMISSIONS

    if json and markdown:
        raise misuse.OnlyOneOf("--markdown", "--json")
    if markdown:
        frame.say(guide.markdown("zh" if chinese else "en").rstrip("\n"))
        return
    if not json:
        for title, head, cells in guide.tables("zh" if chinese else "en"):
            frame.say(frame.bold(title))
            frame.columns(head, cells)
            frame.say("")
        return
    rows = [
        {
            "permission": name,
            "meaning": one.zh if chinese else one.en,
            "scopes": [scope.value for scope in one.scopes],
            "starts": {kind: scope.value for kind, scope in one.starts.items()},
            "reserved": one.is_reserved,
            "given_from_above": one.is_given_from_above,
            "by_headship": one.by_headship,
        }
        for name, one in PERMISSIONS.items()
    ]
    frame.show(rows, json=True)


@app.command()
def explain(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="NUMBER", help="The member's account number.")],
    permission: Annotated[str, typer.Argument(help="The permission, such as org.manage.")],
    on: Annotated[str, typer.Option("--member", metavar="NUMBER", help="On this member.", show_default="himself")] = "",
    unit: Annotated[str, typer.Option(metavar="UNIT", help="On this unit instead.", show_default=False)] = "",
    chinese: Chinese = False,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Tell whether a member may do something, and which rule decides. The question has an entry in the audit trail.

    \b
    Examples:
      yizhan role explain 10007 org.manage --member 10009
      yizhan role explain 10007 attendance.view --unit Sales/North
      yizhan role explain 10007 roles.manage --json
    """
    if on and unit:
        raise misuse.OnlyOneOf("--member", "--unit")
    check_permission(permission)

    async def act(office: "Office", roles: "RoleService", _: str) -> "Explained":
        theirs = await office.company_of(who, "role.explain")
        where = await office.unit(theirs, unit.strip("/ "), "role.explain") if unit else None
        await office.check_members(theirs, [who, *([on] if on else [])], "role.explain")
        return await roles.explain(office.actor, theirs, who, permission, on=on, unit=where)

    told = _run(ctx, config, None, act, any_company=True)
    decision, language = told.decision, "zh" if chinese else "en"
    row = {
        "allowed": decision.allowed,
        "rule": decision.rule,
        "why": decision.text(language),
        "role": decision.role.shown(language) if decision.role else None,
        "scope": decision.scope.value,
        "on": on or unit or (role_told.THE_COMPANY[chinese] if told.target.kind == "company" else who),
    }
    if json:
        frame.show([row], json=True)
        return
    for line in role_told.explained(who, permission, row, chinese=chinese):
        frame.say(line)


# ---- changing


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The new role's name; a preset has its own.", show_default=False)] = "",
    preset: Annotated[Preset | None, typer.Option(help="Begin with what this one of the product's has.", show_default=False)] = None,
    permit: Permit = None,
    description: Description = None,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Make a role. It permits what is said by --permit, and nothing else; with --preset that begins with what the preset has.

    A preset that was deleted comes back under its own name where no other is given.

    \b
    Examples:
      yizhan role add 'Lab head' --permit org.manage=Lab --permit attendance.view=own_unit
      yizhan role add 'Branch head' --preset department_manager
    """
    if not (name.strip() or preset):
        raise misuse.OneIsNeeded("NAME", "--preset")
    check_permits(permit)

    async def act(office: "Office", roles: "RoleService", chosen: str) -> "Role":
        grants = await _grants(office, chosen, permit, "role.add")
        return await roles.add(office.actor, chosen, name, description=description or "", preset=preset or "", grants=grants)

    made = _run(ctx, config, company, act)
    frame.say(f"added {made.shown()} with {len(made.grants)} permissions")


@app.command()
def edit(
    ctx: typer.Context,
    role: Which,
    name: Annotated[str | None, typer.Option(help="Another name; empty for the product's own.", show_default=False)] = None,
    permit: Permit = None,
    description: Description = None,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Rename a role, or change what it permits. Permissions that are not named stay.

    \b
    Examples:
      yizhan role edit ordinary --permit chat.create_groups=none
      yizhan role edit 'Lab head' --name Laboratory --permit 'org.manage=Lab; Sales/North'
    """
    if name is None and not permit and description is None:
        raise misuse.NothingToChange("--name", "--permit", "--description")
    check_permits(permit)

    async def act(office: "Office", roles: "RoleService", chosen: str) -> "Role":
        grants = await _grants(office, chosen, permit, "role.edit")
        return await roles.edit(office.actor, chosen, role, name=name, description=description, grants=grants)

    made = _run(ctx, config, company, act, role=role)
    frame.say(f"{made.shown()} has {len(made.grants)} permissions")


@app.command()
def delete(ctx: typer.Context, role: Which, company: Company = None, config: frame.Config = None) -> None:
    """Delete a role of the company's own that nobody has.

    \b
    Examples:
      yizhan role delete 'Lab head'
    """

    async def act(office: "Office", roles: "RoleService", chosen: str) -> None:
        await roles.delete(office.actor, chosen, role)

    _run(ctx, config, company, act, role=role)
    frame.say(f"{role} is deleted")


@app.command()
def give(
    ctx: typer.Context,
    role: Which,
    whos: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="The members' account numbers.")],
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Give members a role, instead of the one that they have. It holds at once. The last company administrator stays one.

    \b
    Examples:
      yizhan role give system_administrator 10007
      yizhan role give ordinary 10007 10009
    """

    async def act(office: "Office", roles: "RoleService", chosen: str) -> None:
        from server.roles.errors import RoleNotFound

        try:
            await office.check_members(chosen, whos, "role.give")
            await roles.give(office.actor, chosen, whos, role)
        except (MemberNotFound, RoleNotFound) as error:
            advise(error, *_which_is_which(role, whos))
            raise

    _run(ctx, config, company, act, role=role)
    frame.say(f"{', '.join(whos)}: {role}")


def _which_is_which(role: str, whos: list[str]) -> tuple[str, str]:
    """What to do where one of them is not there: most often they came in the other order."""
    words = f"here {role} is the role, and {', '.join(whos)} the members by their account numbers"
    zh = f"这里 {role} 是角色,{', '.join(whos)} 是成员帐号"
    if role.isdecimal() and len(whos) == 1 and not whos[0].isdecimal():
        right = f"yizhan role give {shlex.quote(whos[0])} {role}"
        return f"{words}; the role comes first: {right}", f"{zh};角色在前:{right}"
    lists = "`yizhan role list`", "`yizhan member list`"
    return f"{words}; {' and '.join(lists)} show those that there are", f"{zh};{'、'.join(lists)} 列出现有的角色与成员"


async def _grants(office: "Office", company: str, permit: list[str] | None, act: str) -> "Mapping[str, Grant]":
    """From ``org.manage=all`` or ``org.manage=Lab; Sales/North``."""
    from server.org.paths import several
    from server.roles.grants import Grant
    from server.roles.permissions import Scope

    made: dict[str, Grant] = {}
    for one in permit or ():
        name, _, scope = one.partition("=")
        if scope in set(Scope) - {Scope.CHOSEN_UNITS}:
            made[name] = Grant(Scope(scope))
        else:
            chosen = {await office.unit(company, path, act) for path in several(scope)}
            made[name] = Grant(Scope.CHOSEN_UNITS, tuple(sorted(chosen)))
    return made


def check_permits(permit: list[str] | None) -> None:
    """What the words alone show. Raises: WrittenSo, PermissionUnknown."""
    for one in permit or ():
        name, _, scope = one.partition("=")
        if not (name.strip() and scope.strip()):
            raise misuse.WrittenSo("--permit", "PERMISSION=SCOPE", one)
        check_permission(name)


def check_permission(name: str) -> None:
    """Raises: PermissionUnknown."""
    from server.roles.rules import permission_of

    permission_of(name)


@contextlib.contextmanager
def _naming(role: str) -> Iterator[None]:
    """So that an error says which role is not there."""
    try:
        yield
    except YizhanError as error:
        if error.code == "role.not_found":
            about(error, role)
        raise


def _run(ctx: typer.Context, config: Path | None, company: str | None, act: Act, *, any_company: bool = False, role: str = "") -> Any:
    """``act`` on the office, its roles and the company that was chosen; with ``any_company`` it finds that by itself."""

    async def work() -> Any:
        from server.cli.office import opened
        from server.roles.service import RoleService

        async with opened(frame.settings(ctx, config).settings) as office:
            return await act(office, RoleService(office.storage), "" if any_company else await office.company(company))

    with _naming(role):
        return frame.run(work())
