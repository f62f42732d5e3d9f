"""Brings what rules between units forbid into the columns by which the writer decides, for direct conversations that run (LOG A4).

It follows the company's log and is done within two seconds of a change of rules, of the tree or of who is where. It is worked out from a
snapshot, and written in a turn that finds the company as that snapshot had it; else it is worked out anew. So it does no harm twice, and
on several nodes at once; a node that starts looks at every company. Whom one writes to in another company is no rule's (``policy.Rule``):
who is not in the company's picture silences nobody.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence

import msgspec

from protocol.errors import YizhanError
from server.logs import Logger
from server.org.loading import members_of, people_of
from server.org.organisation import Organisation
from server.visibility.evaluator import Evaluator
from server.visibility.in_force import rules_in_force
from server.visibility.policy import Policy
from storage import companies, company_log, feed, silencing, units
from storage.engine import Storage
from storage.silencing import Side
from storage.work import Read, Work

log = Logger("visibility")
PAGE = 500
WRITTEN = 200
MOST_CHANGES = 1000
AGAIN_SECONDS = 0.5
COMPANIES = 200


class _Look(msgspec.Struct, frozen=True):
    """What a page of conversations is judged by, as of ``position``."""

    position: int
    sides: Sequence[Side]
    wrong: Sequence[Side]


class Silencing:
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
                self._tasks[company] = asyncio.create_task(self._followed(company), name="silencing")

    def all_changed(self) -> None:
        """Positions were passed over."""
        self.changed(list(self._since))

    async def _followed(self, company: int) -> None:
        try:
            while company in self._behind:
                self._behind.discard(company)
                await self._patiently(company)
        except Exception as error:
            log.exception("silencing.failed", error, company=company)
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
        if whose is None and not await self._storage.read(lambda read: silencing.is_anything_forbidden(read, company)):
            await self._cleared(company)
        elif whose is None or whose:
            await self._judged(company, whose)
        self._since[company] = position

    async def _cleared(self, company: int) -> None:
        """Where nothing is forbidden, as in most companies, only those are looked at who may not write."""
        while True:
            look = await self._storage.read(lambda read: _left(read, company))
            if not look.wrong:
                return
            await self._written(company, look)

    async def _judged(self, company: int, whose: Collection[int] | None) -> None:
        """All conversations of the company, or those of these members, page by page."""
        behind = (0, 0)
        while True:
            here = behind
            look = await self._storage.read(lambda read, here=here: _look(read, company, here, whose))  # type: ignore[misc]
            if look.wrong and not await self._written(company, look):
                continue  # changed meanwhile: the same page again
            if len(look.sides) < PAGE:
                return
            behind = (look.sides[-1].member, look.sides[-1].conversation)

    async def _written(self, company: int, look: _Look) -> bool:
        for start in range(0, len(look.wrong), WRITTEN):
            some = look.wrong[start : start + WRITTEN]

            async def act(work: Work, some: Sequence[Side] = some) -> bool:
                if await company_log.since(work, company, look.position, 1):
                    return False
                await silencing.silence(work, company, some)
                return True

            if not await self._storage.transact(act):
                return False
        return True


async def _news(read: Read, company: int, since: int | None) -> tuple[int, Collection[int] | None]:
    """The newest position, and whose conversations are to be looked at: None is everybody's."""
    position: int = await read.value(feed.HEAD)
    if since is None:
        return position, None
    found = await company_log.since(read, company, since, MOST_CHANGES)
    changes = [changed for _, changed in found]
    is_wide = len(changes) == MOST_CHANGES or any(one.units or one.is_reload or "unit_rules" in one.subjects for one in changes)
    return position, None if is_wide else members_of(changes)


async def _left(read: Read, company: int) -> _Look:
    """Who may not write; nobody is wrong where a rule has come meanwhile: its own position brings it."""
    position: int = await read.value(feed.HEAD)
    forbidden = await silencing.is_anything_forbidden(read, company)
    sides = [] if forbidden else await silencing.silenced(read, company, PAGE)
    return _Look(position, sides, [_as(one, False) for one in sides])


async def _look(read: Read, company: int, behind: tuple[int, int], whose: Collection[int] | None) -> _Look:
    position: int = await read.value(feed.HEAD)
    sides = await silencing.page(read, company, behind=behind, limit=PAGE, members=whose)
    judged = [*sides, *(await silencing.turned(read, company, sides) if whose is not None and sides else ())]
    if not await silencing.is_anything_forbidden(read, company):
        return _Look(position, sides, [_as(one, False) for one in judged if one.is_silenced])
    rules = await rules_in_force(read, company)
    there = await people_of(read, company, sorted({member for one in judged for member in (one.member, one.other)}))
    evaluator = Evaluator(Organisation(company, await units.of_company(read, company), there), Policy(rules))
    right = [_as(one, bool(evaluator.rule_against_writing(one.member, one.other))) for one in judged]
    return _Look(position, sides, [now for one, now in zip(judged, right, strict=True) if one != now])


def _as(side: Side, is_silenced: bool) -> Side:
    return msgspec.structs.replace(side, is_silenced=is_silenced)
