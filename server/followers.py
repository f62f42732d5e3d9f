"""Who follows the log of companies: brings something of each up to date within two seconds of what changed it (LOG A4, D4).

It says when a company is looked at, and of which members; what is worked out and written is said by whoever stands on it, and so is
which changes may concern anybody. What is not followed here: pictures (``server.directory``), which are made when they are asked for.
"""

import abc
import asyncio
from collections.abc import Collection, Iterable

from protocol.errors import YizhanError
from server.logs import Logger
from server.org.loading import members_of
from storage import companies, company_log, feed
from storage.company_log import Changed
from storage.engine import Storage
from storage.work import Read

MOST_CHANGES = 1000
AGAIN_SECONDS = 0.5
COMPANIES = 200
Whose = Collection[int] | None
"""These members of the company, or, None, all of them."""


class CompanyFollower(abc.ABC):
    """One task for each company that is behind; the position that was reached is in memory, so a node that starts looks at every company.

    It may be behind, and on several nodes at once: what is judged has to do no harm twice. ``name`` is of the tasks and of what is logged.
    """

    def __init__(self, storage: Storage, name: str, log: Logger) -> None:
        self._storage = storage
        self._name = name
        self._log = log
        self._since: dict[int, int] = {}
        self._behind: set[int] = set()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @abc.abstractmethod
    async def judge(self, company: int, whose: Whose) -> None:
        """Bring what there is of these members to how it has to be. Raises: DatabaseAway."""

    @abc.abstractmethod
    def is_wide(self, change: Changed) -> bool:
        """Whether it may concern others than the members that it names, if it names any."""

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
                self._tasks[company] = asyncio.create_task(self._followed(company), name=self._name)

    def all_changed(self) -> None:
        """Positions were passed over."""
        self.changed(list(self._since))

    async def bring_up_to_date(self, company: int) -> None:
        """Raises: DatabaseAway."""
        since = self._since.get(company)
        position, whose = await self._storage.read(lambda read: self._news(read, company, since))
        if whose is None or whose:
            await self.judge(company, whose)
        self._since[company] = position

    async def _followed(self, company: int) -> None:
        try:
            while company in self._behind:
                self._behind.discard(company)
                await self._patiently(company)
        except Exception as error:
            self._log.exception(f"{self._name}.failed", error, company=company)
            self._since.pop(company, None)  # the next change looks at everybody
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

    async def _news(self, read: Read, company: int, since: int | None) -> tuple[int, Whose]:
        """The newest position, and who is to be looked at."""
        position: int = await read.value(feed.HEAD)
        if since is None:
            return position, None
        found = await company_log.since(read, company, since, MOST_CHANGES)
        changes = [changed for _, changed in found]
        is_wide = len(changes) == MOST_CHANGES or any(one.is_reload or self.is_wide(one) for one in changes)
        return position, None if is_wide else members_of(changes)
