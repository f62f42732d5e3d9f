"""Access to other members: the one function through which their data is reached (DESIGN 8).

Who is unknown and who may not be seen get the same answer. What decides is ``evaluator``; which fields of a card are shown is
``profiles``.
"""

from dataclasses import dataclass

from protocol.errors import MemberNotFound
from protocol.events import MemberState
from server.outside.standing import is_held
from server.visibility.loading import Pair, pair
from server.visibility.rules import are_colleagues
from server.visibility.terms import By, What, Where
from storage import outside
from storage.members import Card
from storage.work import Read
from storage.writer.errors import OutsideHeld, WritingForbidden


@dataclass(frozen=True, slots=True)
class Viewer:
    """A member who looks."""

    company: int
    member: int


def is_addressable(state: str) -> bool:
    """Whom one knows one may write to and keep as a frequent contact, also hidden or disabled; not who is deleted (SPEC B4, B6)."""
    return state in ("active", "disabled")


def shown_state(state: str) -> MemberState:
    """A member's state as those who know him are told; of drafts nobody knows."""
    match state:
        case "disabled" | "deleted":
            return state
    return "active"


async def access_member(read: Read, viewer: Viewer, target: int, where: Where = Where.PROFILE) -> Card:
    """The card of ``target``, if the viewer may know of him there; opening a conversation by number is NUMBER.

    Raises: MemberNotFound.
    """
    return (await access(read, viewer, target, where))[0]


async def access_addressable(read: Read, viewer: Viewer, target: int, where: Where = Where.PROFILE) -> Card:
    """The card of ``target``, if the viewer may know of him there and somebody reads what is written to him. Raises: MemberNotFound."""
    card, both = await access(read, viewer, target, where)
    if not is_addressable(card.state) or both.sees(What.KNOW, where).by is By.ASKED:
        raise MemberNotFound
    return card


@dataclass(frozen=True, slots=True)
class Writing:
    """How a direct conversation of two is made: who of them may not write in it, and whether they are no colleagues."""

    silenced: frozenset[int] = frozenset()
    is_outside: bool = False


async def access_to_write(read: Read, viewer: Viewer, target: int) -> Writing:
    """To be asked in the turn in which the direct conversation of the two is made (LOG A4).

    Raises: WritingForbidden, or OutsideHeld of who is no colleague, where the viewer may not; MemberNotFound where he is deleted meanwhile.
    """
    if target == viewer.member:
        return Writing()
    mine = await pair(read, viewer.company, viewer.member, target)
    if mine.card is None or not is_addressable(mine.card.state):
        raise MemberNotFound
    if not are_colleagues(viewer.company, mine.card):
        two = await outside.two(read, viewer.member, target)
        if two is None or await is_held(read, two):
            raise OutsideHeld
        return Writing(is_outside=True)
    if mine.evaluator.rule_against_writing(viewer.member, target):
        raise WritingForbidden
    return Writing(frozenset({target} if mine.evaluator.rule_against_writing(target, viewer.member) else ()))


async def access(read: Read, viewer: Viewer, target: int, where: Where = Where.PROFILE) -> tuple[Card, Pair]:
    """With what else he may be asked about. Raises: MemberNotFound."""
    both = await pair(read, viewer.company, viewer.member, target)
    seen = both.sees(What.KNOW, where)  # asked also where there is nobody, for the time that it takes
    if both.card is None or not seen:
        raise MemberNotFound
    return both.card, both
