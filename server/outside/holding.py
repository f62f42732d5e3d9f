"""Brings what companies and roles forbid about outside contacts into the flag by which the writer decides (SPEC H1; LOG A4).

It follows the company's log, and is done within two seconds of a change of what the company settled, of roles, or of who has which. Both
who talk are told where they talk. What the two do themselves, blocking say, is settled by the act. It is worked out in the turn that
writes it, so it does no harm twice, and on several nodes at once; a node that starts looks at every company.
"""

import asyncio
import os
from collections.abc import Collection, Iterable

from protocol.bodies import note
from protocol.errors import YizhanError
from server.logs import Logger
from server.org.loading import members_of
from server.outside import rules
from server.outside.standing import standing_of
from storage import companies, company_log, conversations, feed, outside_talks
from storage.conversations import Ledger
from storage.engine import Storage
from storage.outside_talks import Talk
from storage.work import Read, Work

log = Logger("outside")
PAGE = 200
TOGETHER = 25  # conversations in one act: some five statements each
MOST_CHANGES = 1000
AGAIN_SECONDS = 0.5
COMPANIES = 200
WIDE = frozenset({"outside", "roles", "reload"})
NOBODY = 0  # the sender of what the server says
ALLOWED, FORBIDDEN = "outside_allowed", "outside_forbidden"
TEXTS = {
    ALLOWED: "可以重新与该外部联系人聊天 / You can write to this contact outside your company again.",
    FORBIDDEN: "一方企业已停止外部联系人聊天 / One of your companies does not allow to write here any more.",
}
Behind = tuple[int, int]


class OutsideHolding:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._since: dict[int, int] = {}
        self._behind: set[int] = set()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Every company, once: nobody followed while no node ran."""
        after = ""
        while page := await self._storage.read(lambda read, after=after: companies.page(read, after, COMPANIES)):  # type: ignore[misc]
            self.changed(one.id for one in page)
            after = page[-1].number

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_settled(self) -> bool:
        return not self._tasks

    def changed(self, those: Iterable[int]) -> None:
        """The company's log of these has something new."""
        for company in those:
            self._behind.add(company)
            if company not in self._tasks:
                self._tasks[company] = asyncio.create_task(self._followed(company), name="outside")

    def all_changed(self) -> None:
        """Positions were passed over."""
        self.changed(list(self._since))

    async def _followed(self, company: int) -> None:
        try:
            while company in self._behind:
                self._behind.discard(company)
                await self._patiently(company)
        except Exception as error:
            log.exception("outside.failed", error, company=company)
            self._since.pop(company, None)
        finally:
            del self._tasks[company]

    async def _patiently(self, company: int) -> None:
        try:
            await self.bring_up_to_date(company)
        except YizhanError as error:
            if error.kind != "unknown":
                raise
            self._behind.add(company)  # the database is away
            await asyncio.sleep(AGAIN_SECONDS)

    async def bring_up_to_date(self, company: int) -> None:
        """Raises: DatabaseAway."""
        since = self._since.get(company)
        position, whose = await self._storage.read(lambda read: _news(read, company, since))
        if whose is None or whose:
            await self._judged(company, whose)
        self._since[company] = position

    async def _judged(self, company: int, whose: Collection[int] | None) -> None:
        """Where all of the company talk, or these members, page by page."""
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


async def _news(read: Read, company: int, since: int | None) -> tuple[int, Collection[int] | None]:
    """The newest position, and whose conversations are to be looked at: None is everybody's."""
    position: int = await read.value(feed.HEAD)
    if since is None:
        return position, None
    found = await company_log.since(read, company, since, MOST_CHANGES)
    changes = [changed for _, changed in found]
    is_wide = len(changes) == MOST_CHANGES or any(not WIDE.isdisjoint(one.subjects) for one in changes)
    return position, None if is_wide else members_of(changes)


async def _look(read: Read, company: int, behind: Behind, whose: Collection[int] | None) -> tuple[list[Talk], list[Talk]]:
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
