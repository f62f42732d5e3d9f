"""``yizhan contact``: a member's frequent contacts, the groups of them, recent contacts, and the directory's lists, through the SDK."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from protocol.errors import MemberNotFound
from server.cli import caller, contact_group, frame, session_file, talking

if TYPE_CHECKING:
    from server.cli.caller import Caller
    from yizhan import Client

T = TypeVar("T")
app = frame.command(no_args_is_help=True)
app.add_typer(contact_group.app, name="group")
PAGE = 100
Who = Annotated[str, typer.Argument(metavar="NAME|ID", help="A frequent contact: the name, or the id that the list has.")]
Before = Annotated[str, typer.Option(metavar="NAME|ID", help="Right before this one.", show_default="last")]


@app.callback()
def contact() -> None:
    """A member's frequent contacts and their groups, recent contacts, the directory.

    Everything is as the member sees it: sign in with --as, as for say and tail.
    """


async def as_member(who: "Caller", act: "Callable[[Client], Awaitable[T]]") -> T:
    with session_file.locked(who.state) as ours:
        async with talking.talking(who, session_file.Shared(who.state, may_write=ours), recent=0) as client:
            return await act(client)


@app.command("list")
def list_(
    ctx: typer.Context,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List the frequent contacts in their order, with the groups that each is in.

    \b
    Examples:
      yizhan contact list --as 10001
      yizhan contact list --as 10001 --json
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)
    rows = frame.run(as_member(who, _listed))
    frame.show(rows, json=json)
    if not rows and not json:
        frame.tell(f"{name} has no frequent contacts: yizhan contact add NUMBER --as {name}")


async def _listed(client: "Client") -> list[frame.Row]:
    contacts = await client.load_contacts()
    groups = {one.group: one.name for one in contacts.groups()}
    return [
        {
            "member": one.member,
            "name": one.name,
            "remark": one.remark,
            "state": said(one.state),
            "groups": [groups[entry.group] for entry in one.groups if entry.group in groups],
        }
        for one in contacts.all()
    ]


def said(state: str) -> str:
    return "已停用 disabled" if state == "disabled" else ""


@app.command()
def add(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The account number, or the id, of whom to add.")],
    name: caller.As,
    remark: Annotated[str | None, typer.Option(help="What the member calls the contact; '' takes it away.")] = None,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Add a frequent contact, or change what one is called.

    \b
    Examples:
      yizhan contact add 10002 --as 10001
      yizhan contact add 10002 --as 10001 --remark 老王
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)
    named: dict[str, str] = {"number": number} if number.isdecimal() else {"member": number}
    frame.run(as_member(who, lambda client: client.add_contact(**named, remark=remark)))
    frame.say(f"{number} is a frequent contact")


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
def remove(
    ctx: typer.Context,
    contact: Who,
    name: caller.As,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Remove a frequent contact, also from all groups.

    \b
    Examples:
      yizhan contact remove 王伟 --as 10001
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)

    async def act(client: "Client") -> None:
        await client.remove_contact(await member(client, contact))

    frame.run(as_member(who, act))
    frame.say(f"{contact} is no frequent contact any more")


@app.command(context_settings={"ignore_unknown_options": True})
def move(
    ctx: typer.Context,
    contact: Who,
    name: caller.As,
    before: Before = "",
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
) -> None:
    """Put a frequent contact elsewhere in the list.

    \b
    Examples:
      yizhan contact move 王伟 --as 10001
      yizhan contact move 王伟 --before 李娜 --as 10001
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)

    async def act(client: "Client") -> None:
        await client.move_contact(await member(client, contact), before=await member(client, before) if before else None)

    frame.run(as_member(who, act))
    frame.say(f"moved {contact}")


@app.command()
def recent(
    ctx: typer.Context,
    name: caller.As,
    limit: frame.Limit = None,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List with whom the member talked, the last one first.

    \b
    Examples:
      yizhan contact recent --as 10001 --limit 10
    """
    from server.cli.times import minute

    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)

    async def act(client: "Client") -> None:
        async def pages() -> AsyncIterator[list[frame.Row]]:
            page, count, wanted = "", 0, frame.limited(limit, PAGE)
            while most := wanted(count):
                got = await client.recent_contacts(page=page, limit=most)
                page, count = got.page, count + len(got.contacts)
                yield [{"member": one.member, "name": one.name, "at": minute(one.at), "state": said(one.state)} for one in got.contacts]
                if not page:
                    return

        await frame.show_pages(pages(), json=json, nothing=f"{name} has talked with nobody yet")

    frame.run(as_member(who, act))


@app.command()
def directory(
    ctx: typer.Context,
    name: caller.As,
    which: Annotated[Literal["all", "online", "followed", "followers"], typer.Option(help="Which list.")] = "all",
    letter: Annotated[str, typer.Option(help="Only those under this initial, A to Z or #.", show_default="all")] = "",
    limit: frame.Limit = None,
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """List colleagues by pinyin, as the member may find them.

    \b
    Examples:
      yizhan contact directory --as 10001 --letter Z
      yizhan contact directory --as 10001 --which followers --json
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=None)

    async def act(client: "Client") -> None:
        async def pages() -> AsyncIterator[list[frame.Row]]:
            page, count, wanted = "", 0, frame.limited(limit, PAGE)
            while most := wanted(count):
                got = await client.directory(which, letter=letter.upper(), page=page, limit=most)
                page, count = got.page, count + len(got.members)
                yield [{"member": one.member, "name": one.name, "robot": one.robot} for one in got.members]
                if not page:
                    return

        await frame.show_pages(pages(), json=json, nothing="nobody")

    frame.run(as_member(who, act))


async def member(client: "Client", named: str) -> str:
    """A frequent contact's id, by that or by name. Raises: MemberNotFound, also where several have the name."""
    found: list[Any] = [one.member for one in (await client.load_contacts()).all() if named in (one.member, one.name, one.remark)]
    if len(found) != 1:
        raise MemberNotFound
    return str(found[0])
