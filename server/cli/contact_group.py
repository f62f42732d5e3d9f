"""``yizhan contact group``: a member's own groups of frequent contacts."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import caller, frame

if TYPE_CHECKING:
    from yizhan import Client

app = frame.command(no_args_is_help=True)
Group = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.")]
Who = Annotated[str, typer.Argument(metavar="NAME|ID", help="A frequent contact: the name, or the id that the list has.")]


@app.callback()
def group() -> None:
    """A member's own groups of frequent contacts.

    \b
    Examples:
      yizhan contact group make 午饭 --as 10001
      yizhan contact group put 午饭 王伟 --as 10001
    """


@app.command("list")
def list_(
    ctx: typer.Context,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List the groups in their order, and who is in each, in its order.

    \b
    Examples:
      yizhan contact group list --as 10001
    """
    from server.cli.contact import as_member

    async def act(client: "Client") -> list[frame.Row]:
        contacts = await client.load_contacts()
        return [
            {"group": one.group, "name": one.name, "contacts": [member.name for member in contacts.inside(one.group)]}
            for one in contacts.groups()
        ]

    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)
    rows = frame.run(as_member(who, act))
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"{name} has no groups: yizhan contact group make NAME --as {name}")


@app.command()
def make(
    ctx: typer.Context,
    group: Group,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Make a group; it comes last.

    \b
    Examples:
      yizhan contact group make 午饭 --as 10001
    """
    from server.cli.contact import as_member

    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)
    frame.say(frame.run(as_member(who, lambda client: client.make_contact_group(group))))


@app.command()
def rename(
    ctx: typer.Context,
    group: Group,
    to: Annotated[str, typer.Argument(help="The new name.")],
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Give a group another name.

    \b
    Examples:
      yizhan contact group rename 午饭 Lunch --as 10001
    """
    from server.cli.contact import as_member

    async def act(client: "Client") -> None:
        await client.rename_contact_group(await named(client, group), to)

    frame.run(as_member(caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None), act))
    frame.say(f"renamed {group} to {to}")


@app.command()
def move(
    ctx: typer.Context,
    group: Group,
    name: caller.As,
    before: Annotated[str, typer.Option(metavar="GROUP", help="Right before this one.", show_default="last")] = "",
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Put a group elsewhere in the list.

    \b
    Examples:
      yizhan contact group move 午饭 --before Golf --as 10001
    """
    from server.cli.contact import as_member

    async def act(client: "Client") -> None:
        await client.move_contact_group(await named(client, group), before=await named(client, before) if before else None)

    frame.run(as_member(caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None), act))
    frame.say(f"moved {group}")


@app.command()
def delete(
    ctx: typer.Context,
    group: Group,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Delete a group; who is in it stays a frequent contact.

    \b
    Examples:
      yizhan contact group delete 午饭 --as 10001
    """
    from server.cli.contact import as_member

    async def act(client: "Client") -> None:
        await client.delete_contact_group(await named(client, group))

    frame.run(as_member(caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None), act))
    frame.say(f"deleted {group}")


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
def put(
    ctx: typer.Context,
    group: Group,
    contact: Who,
    name: caller.As,
    before: Annotated[str, typer.Option(metavar="NAME|ID", help="Right before this one.", show_default="last")] = "",
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Put a frequent contact into a group, or elsewhere in it.

    \b
    Examples:
      yizhan contact group put 午饭 王伟 --as 10001
    """
    from server.cli.contact import as_member, member

    async def act(client: "Client") -> None:
        where = await member(client, before) if before else None
        await client.put_in_contact_group(await named(client, group), await member(client, contact), before=where)

    frame.run(as_member(caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None), act))
    frame.say(f"{contact} is in {group}")


@app.command("take-out", context_settings={"ignore_unknown_options": True})
def take_out(
    ctx: typer.Context,
    group: Group,
    contact: Who,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Take a contact out of a group.

    \b
    Examples:
      yizhan contact group take-out 午饭 王伟 --as 10001
    """
    from server.cli.contact import as_member, member

    async def act(client: "Client") -> None:
        await client.take_out_of_contact_group(await named(client, group), await member(client, contact))

    frame.run(as_member(caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None), act))
    frame.say(f"{contact} is no longer in {group}")


async def named(client: "Client", group: str) -> str:
    """A group's id, by that or by its name. Raises: ContactGroupNotFound."""
    from server.contacts.errors import ContactGroupNotFound

    for one in (await client.load_contacts()).groups():
        if group in (one.group, one.name):
            return one.group
    raise ContactGroupNotFound
