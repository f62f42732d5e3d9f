"""What decides between two outsiders, loaded, and written to where the writer reads it (SPEC H1; LOG A4)."""

from server.outside import rules
from server.outside.errors import OutsideNotPermitted, OutsideOff
from server.outside.rules import PERMISSION, Standing
from storage import outside, outside_talks
from storage.outside import Side, Two
from storage.work import Read, Work


async def standing_of(read: Read, *sides: Side) -> Standing:
    return await outside.standing(read, {side.role for side in sides if side.role is not None}, PERMISSION)


async def check_may(read: Read, mine: Side) -> None:
    """Raises: OutsideOff, OutsideNotPermitted."""
    if mine.no_outside:
        raise OutsideOff
    if not rules.may(mine, await standing_of(read, mine)):
        raise OutsideNotPermitted


async def is_held(read: Read, two: Two) -> bool:
    return rules.is_held(two, await standing_of(read, two.mine, two.theirs))


async def settle(work: Work, company: int, member: int, other: int) -> None:
    """After one of the two did something: whether they write to each other where they talk, if they do."""
    talk = await outside_talks.of_two(work, company, member, other)
    if talk is not None and (held := await is_held(work, talk.two)) != talk.is_held:
        await outside_talks.hold(work, talk.conversation, held)
