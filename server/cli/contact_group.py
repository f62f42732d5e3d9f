"""``yizhan contact group``: a member's own groups of frequent contacts."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import caller, contact_named, frame
from server.cli.as_member import as_member
from server.cli.contact_named import Before, BeforeGroup, Group, Who

if TYPE_CHECKING:
    from yizhan import Client

app = frame.command(no_args_is_help=True)


@app.callback()
def group() -> None:
    """A member's own groups of frequent contacts.

    \b
    Examples:
      yizhan contact group make 午饭 --as 10001
      yizhan contact group put 午饭 王伟 --as 10001
    """


@app.command("list")
@as_member
async def list_(client: "Client", *, name: caller.As, json: frame.Json = False) -> None:
    """List the groups in their order, and who is in each, in its order.

    \b
    Examples:
      yizhan contact group list --as 10001
    """
    contacts = await client.load_contacts()
    rows = [
        {"group": one.group, "name": one.name, "contacts": [member.name for member in contacts.inside(one.group)]}
        for one in contacts.groups()
    ]
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"{name} has no groups: yizhan contact group make NAME --as {name}")


@app.command()
@as_member
async def make(client: "Client", group: Group) -> None:
    """Make a group; it comes last.

    \b
    Examples:
      yizhan contact group make 午饭 --as 10001
    """
    frame.say(await client.make_contact_group(group))


@app.command()
@as_member
async def rename(client: "Client", group: Group, to: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a group another name.

    \b
    Examples:
      yizhan contact group rename 午饭 Lunch --as 10001
    """
    await client.rename_contact_group(await contact_named.group(client, group), to)
    frame.say(f"renamed {group} to {to}")


@app.command()
@as_member
async def move(client: "Client", group: Group, before: BeforeGroup = "") -> None:
    """Put a group elsewhere in the list.

    \b
    Examples:
      yizhan contact group move 午饭 --before Golf --as 10001
    """
    moved = await contact_named.group(client, group)
    await client.move_contact_group(moved, before=await contact_named.group(client, before) if before else None)
    frame.say(f"moved {group}")


@app.command()
@as_member
async def delete(client: "Client", group: Group) -> None:
    """Delete a group; who is in it stays a frequent contact.

    \b
    Examples:
      yizhan contact group delete 午饭 --as 10001
    """
    await client.delete_contact_group(await contact_named.group(client, group))
    frame.say(f"deleted {group}")


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
@as_member
async def put(client: "Client", group: Group, contact: Who, before: Before = "") -> None:
    """Put a frequent contact into a group, or elsewhere in it.

    \b
    Examples:
      yizhan contact group put 午饭 王伟 --as 10001
    """
    where = await contact_named.member(client, before) if before else None
    into = await contact_named.group(client, group)
    await client.put_in_contact_group(into, await contact_named.member(client, contact), before=where)
    frame.say(f"{contact} is in {group}")


@app.command("take-out", context_settings={"ignore_unknown_options": True})
@as_member
async def take_out(client: "Client", group: Group, contact: Who) -> None:
    """Take a contact out of a group.

    \b
    Examples:
      yizhan contact group take-out 午饭 王伟 --as 10001
    """
    out_of = await contact_named.group(client, group)
    await client.take_out_of_contact_group(out_of, await contact_named.member(client, contact))
    frame.say(f"{contact} is no longer in {group}")
