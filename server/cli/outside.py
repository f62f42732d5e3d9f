"""``yizhan contact outside``: a member's contacts in other companies and with personal accounts, through the SDK (SPEC H1)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from protocol.errors import MemberNotFound
from server.cli import caller, frame, misuse
from server.cli.advice import about
from server.cli.as_member import as_member
from server.cli.state_words import Chinese, said

if TYPE_CHECKING:
    from yizhan import Client
    from yizhan._protocol.events import OutsideContact, OutsideRequest

app = frame.command(no_args_is_help=True)
PAGE = 100
Who = Annotated[str, typer.Argument(metavar="NAME|ID", help="An outside contact: name or remark, or the id that the list has.")]
Asked = Annotated[str, typer.Argument(metavar="NAME|ID", help="Who asks, by name, or the request's id that the list has.")]
Remark = Annotated[str, typer.Option(help="What the member calls him.", show_default="nothing")]
Reason = Literal["spam", "fraud", "harassment", "other"]
AN_ID = {"ignore_unknown_options": True}  # an id may begin with a hyphen


@app.callback()
def outside() -> None:
    """A member's contacts outside the company: requests, remarks, blocks, reports.

    \b
    Examples:
      yizhan contact outside ask 20001 --words 'Li Na of Acme' --as 10001
      yizhan contact outside accept '李娜' --as 20001
      yizhan contact outside bring contacts.vcf --as 10001
    """


@app.command("list")
@as_member
async def list_(
    client: "Client", *, name: caller.As, limit: frame.Limit = None, chinese: Chinese = False, json: frame.Json = False
) -> None:
    """List the outside contacts, and whom else the member blocked.

    \b
    Examples:
      yizhan contact outside list --as 10001
      yizhan contact outside list --as 10001 --json
    """
    from server.cli.times import minute

    async def ask(page: str, most: int) -> tuple[str, list[frame.Row]]:
        got = await client.outside_contacts(page=page, limit=most)
        rows: list[frame.Row] = [
            {
                **{"member": one.member, "name": one.name, "company": one.company, "remark": one.remark},
                "since": minute(one.since) if one.since else None,
                "state": one.state if json else said(one.state, chinese),
                **{"blocked": one.blocked, "ended": one.ended},
            }
            for one in got.contacts
        ]
        return got.page, rows

    await frame.show_pages(
        frame.paged(ask, limit, PAGE), json=json, nothing=f"{name} has no outside contacts: yizhan contact outside ask NUMBER"
    )


@app.command()
@as_member
async def requests(
    client: "Client",
    *,
    name: caller.As,
    mine: Annotated[bool, typer.Option("--mine", help="Those that the member made.")] = False,
    limit: frame.Limit = None,
    json: frame.Json = False,
) -> None:
    """List the requests that wait for the member's answer, or his own.

    \b
    Examples:
      yizhan contact outside requests --as 20001
      yizhan contact outside requests --mine --as 10001 --json
    """
    from server.cli.times import minute

    def row(one: "OutsideRequest") -> frame.Row:
        shown: dict[str, object] = {"asked": one.asked, "at": minute(one.at)}
        if mine:
            return shown | {"state": one.state, "address": one.address or one.member, "words": one.words, "remark": one.remark}
        return shown | {"name": one.name, "company": one.company, "words": one.words, "instead_of": one.instead_of}

    async def ask(page: str, most: int) -> tuple[str, list[frame.Row]]:
        got = await client.outside_requests("mine" if mine else "to_me", page=page, limit=most)
        return got.page, [row(one) for one in got.requests]

    await frame.show_pages(frame.paged(ask, limit, PAGE), json=json, nothing=f"no request of {name}" if mine else f"nobody asks {name}")


@app.command(context_settings=AN_ID)
@as_member
async def ask(
    client: "Client",
    address: Annotated[str, typer.Argument(help="The account number, phone or mail of whom to ask.")] = "",
    member: Annotated[str, typer.Option(metavar="ID", help="Instead, the id of somebody whom one knows.", show_default=False)] = "",
    words: Annotated[str, typer.Option(help="What he is told.", show_default="nothing")] = "",
    remark: Remark = "",
) -> None:
    """Ask somebody outside to become a contact. Whether anybody has the address is not told.

    \b
    Examples:
      yizhan contact outside ask 20001 --words 'Li Na of Acme' --as 10001
      yizhan contact outside ask tom@globex.example --remark Tom --as 10001
    """
    if bool(address) == bool(member):
        raise (misuse.OnlyOneOf if address else misuse.OneIsNeeded)("ADDRESS", "--member")
    await client.request_outside(member=member or None, address=address, words=words, remark=remark)
    frame.say(f"asked {address or member}")


@app.command()
@as_member
async def bring(client: "Client", file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A vCard or CSV file.")]) -> None:
    """Ask everybody of an address book who can be reached. Who has an account is not told.

    A CSV file has headings (name; number, phone or mail), or no heading and one address in each row.

    \b
    Examples:
      yizhan contact outside bring contacts.vcf --as 10001
    """
    from yizhan import address_book

    people = address_book.read(file.read_bytes())
    await client.bring_outside(people)
    frame.say(f"{len(people)} contacts of {file.name} are asked, where they can be reached")


@app.command(context_settings=AN_ID)
@as_member
async def withdraw(
    client: "Client", asked: Annotated[str, typer.Argument(metavar="ADDRESS|ID", help="The address that was asked, or the request's id.")]
) -> None:
    """Take back a request of one's own.

    \b
    Examples:
      yizhan contact outside withdraw 20001 --as 10001
    """
    await client.withdraw_outside(await _asked(client, asked, mine=True))
    frame.say(f"{asked} is not asked any more")


@app.command(context_settings=AN_ID)
@as_member
async def accept(client: "Client", who: Asked, remark: Remark = "") -> None:
    """Accept a request: each is the other's contact from now on.

    \b
    Examples:
      yizhan contact outside accept '李娜' --remark 'Li Na of Acme' --as 20001
    """
    await client.accept_outside(await _asked(client, who), remark=remark)
    frame.say(f"{who} is an outside contact")


@app.command(context_settings=AN_ID)
@as_member
async def refuse(
    client: "Client", who: Asked, block: Annotated[bool, typer.Option("--block", help="He cannot ask again.")] = False
) -> None:
    """Refuse a request. Who asked is not told.

    \b
    Examples:
      yizhan contact outside refuse '李娜' --block --as 20001
    """
    await client.refuse_outside(await _asked(client, who), block=block)
    frame.say(f"refused {who}")


@app.command(context_settings=AN_ID)
@as_member
async def remark(client: "Client", who: Who, text: Annotated[str, typer.Argument(help="'' takes it away.")]) -> None:
    """Set what the member calls an outside contact.

    \b
    Examples:
      yizhan contact outside remark Smith 'Smith of Globex' --as 10001
    """
    await client.remark_outside(await _member(client, who), text)
    frame.say(f"{who} is called {text}" if text else f"{who} has no remark")


@app.command(context_settings=AN_ID)
@as_member
async def remove(client: "Client", who: Who) -> None:
    """End an outside contact, for both: neither writes to the other any more.

    \b
    Examples:
      yizhan contact outside remove Smith --as 10001
    """
    await client.remove_outside(await _member(client, who))
    frame.say(f"{who} is no outside contact any more")


@app.command(context_settings=AN_ID)
@as_member
async def block(client: "Client", who: Who) -> None:
    """Block somebody outside: he neither writes nor asks, and is not told so.

    \b
    Examples:
      yizhan contact outside block Smith --as 10001
    """
    await client.block_outside(await _member(client, who))
    frame.say(f"{who} is blocked")


@app.command(context_settings=AN_ID)
@as_member
async def unblock(client: "Client", who: Who) -> None:
    """Lift a block.

    \b
    Examples:
      yizhan contact outside unblock Smith --as 10001
    """
    await client.block_outside(await _member(client, who), on=False)
    frame.say(f"{who} is not blocked any more")


@app.command(context_settings=AN_ID)
@as_member
async def report(
    client: "Client",
    who: Who,
    reason: Annotated[Reason, typer.Option(help="Why.")] = "other",
    words: Annotated[str, typer.Option(help="What happened.", show_default="nothing")] = "",
) -> None:
    """Report somebody outside to the administrators of the member's company.

    \b
    Examples:
      yizhan contact outside report Smith --reason spam --words 'sends advertisements' --as 10001
    """
    await client.report_outside(await _member(client, who), reason, words)
    frame.say(f"{who} is reported")


# ---- how they are named


async def _member(client: "Client", named: str) -> str:
    """An outside contact's id, by that or by name; an id that is not in the list is taken as it is. Raises: MemberNotFound."""
    found = [one.member for one in await _every(client) if named in (one.member, one.name, one.remark)]
    if not found and len(named) == 10:
        return named
    if len(found) != 1:
        raise about(MemberNotFound(), named)
    return found[0]


async def _every(client: "Client") -> "list[OutsideContact]":
    found: list[OutsideContact] = []
    page = ""
    while True:
        got = await client.outside_contacts(page=page)
        found += got.contacts
        page = got.page
        if not page:
            return found


async def _asked(client: "Client", named: str, *, mine: bool = False) -> str:
    """A request's id, by that, by who asks, or by the address that was asked. Raises: OutsideRequestNotFound."""
    from server.outside.errors import OutsideRequestNotFound

    found: list[str] = []
    page = ""
    while True:
        got = await client.outside_requests("mine" if mine else "to_me", page=page)
        found += [one.asked for one in got.requests if named in (one.asked, one.name, one.address) and one.state == "waiting"]
        page = got.page
        if not page:
            break
    if len(found) != 1:
        raise about(OutsideRequestNotFound(), named)
    return found[0]
