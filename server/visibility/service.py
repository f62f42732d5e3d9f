"""Access to other members: the one function through which their data is reached (DESIGN 8).

Who is unknown and who may not be seen get the same answer. Which fields of a card are shown is ``profiles``.
"""

from dataclasses import dataclass

from protocol.errors import MemberNotFound
from server.visibility.rules import are_colleagues
from storage import members
from storage.members import Card
from storage.work import Read


@dataclass(frozen=True, slots=True)
class Viewer:
    """A member who looks."""

    company: int
    member: int


async def access_member(read: Read, viewer: Viewer, target: int) -> Card:
    """The card of ``target``: oneself, a colleague, or who was in a conversation at the same time.

    Raises: MemberNotFound.
    """
    card = await members.find(read, target)
    # asked also where there is no such member, so that an unknown id takes no less time than a stranger's
    there = (card.company, card.id) if card is not None else (0, target)
    shares = await members.share_a_conversation(read, (viewer.company, viewer.member), there)
    if card is None or not (card.id == viewer.member or are_colleagues(viewer.company, card) or shares):
        raise MemberNotFound
    return card
