"""How the commands about contacts name a contact and a group of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import MemberNotFound
from server.cli.advice import about

if TYPE_CHECKING:
    from yizhan import Client

Who = Annotated[str, typer.Argument(metavar="NAME|ID", help="A frequent contact: the name, or the id that the list has.")]
Before = Annotated[str, typer.Option(metavar="NAME|ID", help="Right before this one.", show_default="last")]
Group = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.")]
BeforeGroup = Annotated[str, typer.Option("--before", metavar="GROUP", help="Right before this one.", show_default="last")]


async def member(client: "Client", named: str) -> str:
    """A frequent contact's id, by that or by name. Raises: MemberNotFound, also where several have the name."""
    found = [one.member for one in (await client.load_contacts()).all() if named in (one.member, one.name, one.remark)]
    if len(found) != 1:
        raise about(MemberNotFound(), named)
    return found[0]


async def group(client: "Client", named: str) -> str:
    """A group's id, by that or by its name. Raises: ContactGroupNotFound."""
    from server.contacts.errors import ContactGroupNotFound

    for one in (await client.load_contacts()).groups():
        if named in (one.group, one.name):
            return one.group
    raise about(ContactGroupNotFound(), named)
