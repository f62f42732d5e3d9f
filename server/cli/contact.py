"""``yizhan contact``: a member's frequent contacts, the groups of them, recent contacts, and the directory's lists, through the SDK."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from server.cli import caller, contact_group, contact_named, frame, outside
from server.cli.as_member import as_member
from server.cli.contact_named import Before, Who
from server.cli.state_words import Chinese, said

if TYPE_CHECKING:
    from yizhan import Client

app = frame.command(no_args_is_help=True)
app.add_typer(contact_group.app, name="group")
app.add_typer(outside.app, name="outside")
PAGE = 100


@app.callback()
def contact() -> None:
    """A member's frequent contacts and their groups, outside contacts, recent contacts, the directory.

    Everything is as the member sees it: sign in with --as, as for say and tail.
    """


@app.command("list")
@as_member
async def list_(client: "Client", *, name: caller.As, chinese: Chinese = False, json: frame.Json = False) -> None:
    """List the frequent contacts in their order, with the groups that each is in.

    \b
    Examples:
      yizhan contact list --as 10001
      yizhan contact list --as 10001 --chinese
      yizhan contact list --as 10001 --json
    """
    contacts = await client.load_contacts()
    groups = {one.group: one.name for one in contacts.groups()}
    rows = [
        {
            "member": one.member,
            "name": one.name,
            "remark": one.remark,
            "state": one.state if json else said(one.state, chinese),
            "groups": [groups[entry.group] for entry in one.groups if entry.group in groups],
        }
        for one in contacts.all()
    ]
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"{name} has no frequent contacts: yizhan contact add NUMBER --as {name}")


@app.command()
@as_member
async def add(
    client: "Client",
    number: Annotated[str, typer.Argument(help="The account number, or the id, of whom to add.")],
    remark: Annotated[str | None, typer.Option(help="What the member calls the contact; '' takes it away.")] = None,
) -> None:
    """Add a frequent contact, or change what one is called.

    \b
    Examples:
      yizhan contact add 10002 --as 10001
      yizhan contact add 10002 --as 10001 --remark 老王
    """
    named: dict[str, str] = {"number": number} if number.isdecimal() else {"member": number}
    await client.add_contact(**named, remark=remark)
    frame.say(f"{number} is a frequent contact")


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
@as_member
async def remove(client: "Client", contact: Who) -> None:
    """Remove a frequent contact, also from all groups.

    \b
    Examples:
      yizhan contact remove 王伟 --as 10001
    """
    await client.remove_contact(await contact_named.member(client, contact))
    frame.say(f"{contact} is no frequent contact any more")


@app.command(context_settings={"ignore_unknown_options": True})
@as_member
async def move(client: "Client", contact: Who, before: Before = "") -> None:
    """Put a frequent contact elsewhere in the list.

    \b
    Examples:
      yizhan contact move 王伟 --as 10001
      yizhan contact move 王伟 --before 李娜 --as 10001
    """
    moved = await contact_named.member(client, contact)
    await client.move_contact(moved, before=await contact_named.member(client, before) if before else None)
    frame.say(f"moved {contact}")


@app.command()
@as_member
async def recent(
    client: "Client", *, name: caller.As, limit: frame.Limit = None, chinese: Chinese = False, json: frame.Json = False
) -> None:
    """List with whom the member talked, the last one first.

    \b
    Examples:
      yizhan contact recent --as 10001 --limit 10
    """
    from server.cli.times import minute

    async def ask(page: str, most: int) -> tuple[str, list[frame.Row]]:
        got = await client.recent_contacts(page=page, limit=most)
        rows: list[frame.Row] = [
            {"member": one.member, "name": one.name, "at": minute(one.at), "state": one.state if json else said(one.state, chinese)}
            for one in got.contacts
        ]
        return got.page, rows

    await frame.show_pages(frame.paged(ask, limit, PAGE), json=json, nothing=f"{name} has talked with nobody yet")


@app.command()
@as_member
async def directory(
    client: "Client",
    which: Annotated[Literal["all", "online", "followed", "followers"], typer.Option(help="Which list.")] = "all",
    letter: Annotated[str, typer.Option(help="Only those under this initial, A to Z or #.", show_default="all")] = "",
    limit: frame.Limit = None,
    json: frame.Json = False,
) -> None:
    """List colleagues by pinyin, as the member may find them.

    \b
    Examples:
      yizhan contact directory --as 10001 --letter Z
      yizhan contact directory --as 10001 --which followers --json
    """

    async def ask(page: str, most: int) -> tuple[str, list[frame.Row]]:
        got = await client.directory(which, letter=letter.upper(), page=page, limit=most)
        return got.page, [{"member": one.member, "name": one.name, "robot": one.robot} for one in got.members]

    await frame.show_pages(frame.paged(ask, limit, PAGE), json=json, nothing="nobody")
