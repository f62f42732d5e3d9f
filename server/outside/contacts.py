"""Outside contacts that one has: remarks, ending them, blocking and unblocking (SPEC H1)."""

import msgspec

from protocol import limits
from protocol.errors import MemberNotFound
from server.companies.rules import name as checked_name
from server.outside import rules
from server.outside.asking import set_blocked
from server.outside.errors import OutsideColleague, OutsideOneself
from server.outside.standing import settle
from server.visibility.service import Viewer, access_member
from storage import outside
from storage import outside_requests as requests
from storage.engine import Storage
from storage.outside import Two
from storage.work import Read, Work


class OutsideContactService:
    """Every act is in the turn, and one that changes nothing writes nothing."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def set_remark(self, viewer: Viewer, member: int, remark: str) -> None:
        """Raises: MemberNotFound of who is no outside contact, NameInvalid."""
        called = checked_name("remark", remark, may_be_empty=True, most=limits.CONTACT_REMARK_CHARACTERS)

        async def act(work: Work) -> None:
            there = await outside.find(work, viewer.company, viewer.member, member)
            if there is None or there.removed:
                raise MemberNotFound
            if there.remark != called:
                await outside.save(work, viewer.company, viewer.member, msgspec.structs.replace(there, remark=called))

        await self._storage.transact(act)

    async def remove(self, viewer: Viewer, member: int) -> None:
        """For both sides; neither writes to the other any more. Raises: MemberNotFound of who never was one."""

        async def act(work: Work) -> None:
            there = await outside.find(work, viewer.company, viewer.member, member)
            if there is None or not there.since:
                raise MemberNotFound
            if there.removed:
                return
            await outside.save(work, viewer.company, viewer.member, msgspec.structs.replace(there, removed=True))
            theirs = await outside.find(work, there.other_company, member, viewer.member)
            if theirs is not None:
                await outside.save(work, there.other_company, member, msgspec.structs.replace(theirs, removed=True))
            await settle(work, viewer.company, viewer.member, member)

        await self._storage.transact(act)

    async def block(self, viewer: Viewer, member: int, *, on: bool = True) -> None:
        """Whoever is one's contact, asked to be, or is known otherwise; he is not told. What he asked is refused.

        Raises: MemberNotFound, OutsideOneself, OutsideColleague.
        """

        async def act(work: Work) -> None:
            two = await access_outsider(work, viewer, member)
            if on:
                await requests.refuse_all(work, member, viewer.member)
            await set_blocked(work, viewer, member, two.theirs.company, on)

        await self._storage.transact(act)


async def access_outsider(read: Read, viewer: Viewer, member: int) -> Two:
    """Whom one keeps as an outside contact, or blocked, or knows. Raises: MemberNotFound, OutsideOneself, OutsideColleague."""
    two = await outside.two(read, viewer.member, member)
    card = None if two is not None and two.mine.is_known else await access_member(read, viewer, member)
    if two is None or (card is not None and card.state == "deleted"):
        raise MemberNotFound
    if member == viewer.member:
        raise OutsideOneself
    if not rules.are_outsiders(two.mine, two.theirs):
        raise OutsideColleague
    return two
