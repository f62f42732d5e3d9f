"""Brings what companies and roles forbid about outside contacts into the flag by which the writer decides (SPEC H1; LOG A4).

It follows the company's log, and is done within two seconds of a change of what the company settled, of roles, or of who has which. Both
who talk are told where they talk. What the two do themselves, blocking say, is settled by the act. It is worked out in the turn that
writes it, so it does no harm twice, and on several nodes at once; a node that starts looks at every company.
"""

import os
from collections.abc import Collection

from protocol.bodies import note
from server.followers import CompanyFollower, Whose
from server.logs import Logger
from server.outside import rules
from server.outside.standing import standing_of
from storage import conversations, outside_talks
from storage.company_log import Changed
from storage.conversations import Ledger
from storage.engine import Storage
from storage.outside_talks import Talk
from storage.work import Read, Work

log = Logger("outside")
PAGE = 200
TOGETHER = 25  # conversations in one act: some five statements each
WIDE = frozenset({"outside", "roles"})
NOBODY = 0  # the sender of what the server says
ALLOWED, FORBIDDEN = "outside_allowed", "outside_forbidden"
TEXTS = {
    ALLOWED: "可以重新与该外部联系人聊天 / You can write to this contact outside your company again.",
    FORBIDDEN: "一方企业已停止外部联系人聊天 / One of your companies does not allow to write here any more.",
}
Behind = tuple[int, int]


class OutsideHolding(CompanyFollower):
    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, "outside", log)

    def is_wide(self, change: Changed) -> bool:
        return not WIDE.isdisjoint(change.subjects)

    async def judge(self, company: int, whose: Whose) -> None:
        """Where they talk, page by page."""
        behind: Behind = (0, 0)
        while True:
            here = behind
            look = await self._storage.read(lambda read, here=here: _look(read, company, here, whose))  # type: ignore[misc]
            talks, wrong = look
            for start in range(0, len(wrong), TOGETHER):
                some = wrong[start : start + TOGETHER]
                await self._storage.transact(lambda work, some=some: _settle(work, company, some))  # type: ignore[misc]
            if len(talks) < PAGE:
                return
            behind = (talks[-1].two.mine.member, talks[-1].conversation)


async def _look(read: Read, company: int, behind: Behind, whose: Whose) -> tuple[list[Talk], list[Talk]]:
    """A page, and those of it whose flag is not as it should be."""
    talks = await outside_talks.page(read, company, behind=behind, limit=PAGE, members=whose)
    return talks, [one for one in await _wrong(read, talks)]


async def _wrong(read: Read, talks: Collection[Talk]) -> list[Talk]:
    standing = await standing_of(read, *(side for one in talks for side in (one.two.mine, one.two.theirs)))
    return [one for one in talks if not one.is_over and rules.is_held(one.two, standing) != one.is_held]


async def _settle(work: Work, company: int, some: Collection[Talk]) -> None:
    """As it is in this turn; both are told where they talk."""
    pairs = [(one.two.mine.member, one.two.theirs.member) for one in some]
    there = [await outside_talks.of_two(work, company, *pair) for pair in pairs]
    wrong = await _wrong(work, [one for one in there if one is not None])
    for one in {one.conversation: one for one in wrong}.values():
        await outside_talks.hold(work, one.conversation, not one.is_held)
        place = await conversations.find(work, one.conversation)
        assert place is not None, "conversations are never removed"
        ledger = Ledger(work, place)
        what = ALLOWED if one.is_held else FORBIDDEN
        await ledger.note(note(what, text=TEXTS[what]), by=NOBODY, salt=os.urandom(16))
        await ledger.close()
