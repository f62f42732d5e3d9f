"""What becomes of a leaver's outside contacts (SPEC B4, H1): his successor asks each of them, in pieces, and each may refuse.

Each request says whose contacts are taken over, and carries the remark that the leaver had given. Where a number goes to somebody else the
contacts stay with it, on both sides, as frequent contacts do (DESIGN 4).
"""

import msgspec

from server.org.leaving import HAND_ON
from server.outside import rules
from server.outside.standing import standing_of
from storage import outside
from storage import outside_requests as requests
from storage.draw import draw_id
from storage.jobs import Job
from storage.outside import Contact
from storage.outside_requests import Request
from storage.work import Work

TOGETHER = 15  # contacts in one unit: some eight statements each
REQUESTS = 100


class OutsideHandover:
    """A ``Handover`` of ``server.org.leaving``."""

    async def piece(self, work: Work, job: Job, member: int, successor: int | None) -> bool:
        """Hand some of it to ``successor``, where there is one; False where nothing is left."""
        is_reassigned = job.kind == HAND_ON
        own = await outside.some(work, job.company, member, TOGETHER)
        for contact in own:
            if successor is not None and is_reassigned:
                await _keep(work, job.company, successor, contact)
            elif successor is not None and not contact.removed and not contact.blocked:
                await _ask(work, job.company, member, successor, contact)
        if own:
            await outside.drop(work, job.company, member, [one.other for one in own])
            return True
        if await _forgotten(work, job.company, member, successor if is_reassigned else None):
            return True
        dropped = await requests.drop_own(work, job.company, member, REQUESTS)
        return bool(dropped or await requests.forget(work, member, REQUESTS))


async def _ask(work: Work, company: int, leaver: int, successor: int, contact: Contact) -> None:
    """In the successor's name; where it cannot reach anybody there is none."""
    two = await outside.two(work, successor, contact.other)
    if two is None or await requests.is_waiting(work, successor, contact.other, work.now - rules.REQUEST_MS):
        return
    standing = await standing_of(work, two.mine, two.theirs)
    if not rules.may(two.mine, standing) or not rules.is_reached(two, standing):
        return
    made = Request(
        company=company,
        member=successor,
        id=draw_id(),
        remark=contact.remark,
        named=contact.other,
        target=contact.other,
        target_company=contact.other_company,
        instead_of=leaver,
        asked_at=work.now,
    )
    await requests.insert(work, made, None)
    work.own(successor, "outside")
    work.own(contact.other, "outside")


async def _keep(work: Work, company: int, to: int, contact: Contact) -> None:
    if await outside.find(work, company, to, contact.other) is None:
        await outside.save(work, company, to, contact)


async def _forgotten(work: Work, company: int, member: int, instead: int | None) -> bool:
    """Some of those who had the leaver have him no longer, and have ``instead``; False where nothing is left."""
    pointing = await outside.pointing(work, member, TOGETHER)
    for their_company, other, row in pointing:
        await outside.save(work, their_company, other, msgspec.structs.replace(row, removed=True))
        if instead is not None and await outside.find(work, their_company, other, instead) is None:
            await outside.save(work, their_company, other, msgspec.structs.replace(row, other=instead, other_company=company))
    return bool(pointing)
