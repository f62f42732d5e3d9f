"""Rosters in and out of a company: a dry run, an import that is all or nothing, exports, templates, failed workbooks (SPEC B7).

What an import does is worked out by a process of its own and staged in pieces; then it begins in one short act, which checks that nobody
changed the company meanwhile, and is carried out piece by piece, each a short turn of its own. Who finds it unfinished ends it, so it is
all or nothing in the end, and clients are told once, at its end (LOG C3). How far the actor reaches is ``reaching``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from protocol.ids import to_wire
from server.accounts.passwords import Passwords
from server.accounts.rules import check_new_password
from server.audit.service import Actor, Details, administer, look, recording_refusals
from server.clock import Clock
from server.companies.rules import check_page
from server.org.rules import SERVERS, Limits
from server.rosters import importing, running
from server.rosters.errors import CompanyChanged
from server.rosters.failed import HELD_MS, FailedWorkbooks, Kept, new_import
from server.rosters.picture import Reach
from server.rosters.plan import Wish
from server.rosters.reaching import reach_of
from server.rosters.running import Progress, Run, nobody
from server.rosters.task import Done, First, Summary, Task
from storage import rosters
from storage.draw import draw_id
from storage.engine import Storage
from storage.rosters import Import
from storage.work import Read, Work

TRIES = 3
STAGED_TOGETHER = 8
PAUSE_SECONDS = 0.01  # between pieces, so that messages are at most one piece behind
LISTED = 100


class Begun(msgspec.Struct, frozen=True):
    """An import that will be done, whoever dies. ``firsts``: the newcomers with their first passwords, told this once."""

    id: str
    summary: Summary
    firsts: list[First]
    job: Import | None = None


class RosterService:
    """``database``: its URL, for the worker processes. ``limits``: of companies that settled none of their own.

    ``run`` has a task done, by default by a process of its own.
    """

    def __init__(
        self, storage: Storage, clock: Clock, passwords: Passwords, *, database: str, limits: Limits = SERVERS, run: Run = running.run
    ) -> None:
        self._limits = limits
        self._run = run
        self._storage = storage
        self._clock = clock
        self._passwords = passwords
        self._database = database
        self._failed = FailedWorkbooks(storage, clock)

    def _task(self, company: str, reach: Reach, **more: object) -> Task:
        made = Task(what="plan", database=self._database, company=company, now=self._clock.now(), reach=reach, limits=self._limits)
        return msgspec.structs.replace(made, **more)

    # ---- looking

    async def check(
        self,
        actor: Actor,
        company: str,
        data: bytes,
        *,
        wish: Wish,
        listed: int = 1000,
        progress: Progress = nobody,
    ) -> Summary:
        """What an import of this workbook would do; a look.

        Raises: CompanyNotFound, NotAllowed, FileTooLarge, FileUnreadable, HeaderMissing, ColumnTwice, WorkTooLong.
        """

        def work(reach: Reach) -> Awaitable[Done]:
            return self._run(self._task(company, reach, wish=wish, listed=listed), data, progress=progress)

        return (await self._looked(actor, company, "roster.check", work, {"mode": wish.mode})).summary

    async def export(
        self,
        actor: Actor,
        company: str,
        *,
        language: str = "zh",
        kind: str = "xlsx",
        progress: Progress = nobody,
    ) -> bytes:
        """Units and members, or as ``csv`` the members alone; a look. Raises: CompanyNotFound, NotAllowed."""

        def work(reach: Reach) -> Awaitable[Done]:
            return self._run(self._task(company, reach, what="export", language=language, kind=kind), progress=progress)

        return (await self._looked(actor, company, "roster.export", work, {"kind": kind})).file

    async def template(self, actor: Actor, company: str, *, language: str = "zh") -> bytes:
        """Names the company's units, so it is a look, too. Raises: CompanyNotFound, NotAllowed."""

        def work(reach: Reach) -> Awaitable[Done]:
            return self._run(self._task(company, reach, what="template", language=language))

        return (await self._looked(actor, company, "roster.template", work, {})).file

    async def _looked(self, actor: Actor, company: str, act: str, work: Callable[[Reach], Awaitable[Done]], asked: Details) -> Done:
        """The entry comes between the work and whoever is shown it, if he still reaches so far; what was refused has one, too."""
        reach = await self._reach(actor, company, act, asked)
        made: list[Done] = []
        error: Exception | None = None
        try:
            made = [await work(reach)]
        except Exception as failure:
            error = failure

        async def do(read: Read) -> list[Done]:
            if error is not None:
                raise error
            if (await reach_of(read, company, actor))[1] != reach:
                raise CompanyChanged
            return made

        await look(self._storage, actor, company, act, do, asked={**asked, "rows": made[0].rows if made else 0})
        return made[0]

    async def _reach(self, actor: Actor, company: str, act: str, asked: Details) -> Reach:
        """Raises: CompanyNotFound, NotAllowed, each with its entry."""

        async def do(read: Read) -> Reach:
            read.act = act
            return (await reach_of(read, company, actor))[1]

        async with recording_refusals(self._storage, actor, company, act, asked=asked):
            return await self._storage.read(do)

    # ---- importing

    async def begin(
        self,
        actor: Actor,
        company: str,
        data: bytes,
        *,
        wish: Wish,
        name: str = "",
        password: str = "",
        confirmed: int | None = None,
        progress: Progress = nobody,
    ) -> Begun:
        """Work the import out, and begin it; ``finish`` carries it out. ``name``: the file's. ``confirmed``: how many may be disabled,
        needed from five people or a tenth on. Without ``password`` each gets the company's, or a drawn one.

        Raises: as ``check``; RosterRefused with the kept workbook, DisablingUnconfirmed, CompanyBusy, CompanyChanged, SeatsExhausted, and
        what is wrong with the password.
        """
        asked: Details = {"file": name, "mode": wish.mode}
        if password:
            async with recording_refusals(self._storage, actor, company, "roster.import", asked=asked):
                check_new_password(password, old="", names=())
        stored = await self._passwords.hash(password) if password else ""
        for attempt in range(1, TRIES + 1):
            reach = await self._reach(actor, company, "roster.import", asked)
            task = self._task(company, reach, wish=wish, password=stored, pieces=True, listed=LISTED)
            made = await self._worked(actor, company, task, data, asked, progress)
            id = draw_id()
            if made.summary.errors:
                details = {"file": name, "errors": made.summary.errors}
                await self._failed.keep(new_import(actor, made.company, id, details, self._clock.now(), total=0), made.file)
            elif made.pieces:
                await self._stage(made, id, progress)
            try:
                job = await self._begin(actor, company, made, reach, id, asked, confirmed)
                return Begun(to_wire(id), made.summary, made.firsts, job)
            except CompanyChanged:
                await self._drop(made.company, id, len(made.pieces))
                if attempt == TRIES:
                    raise
            except Exception:
                await self._drop(made.company, id, len(made.pieces))
                raise
        raise AssertionError("the last attempt returns or raises")

    async def _worked(self, actor: Actor, company: str, task: Task, data: bytes, asked: Details, progress: Progress) -> Done:
        try:
            return await self._run(task, data, progress=progress)
        except Exception as failure:
            error = failure

            async def refused(work: Work) -> Done:
                raise error

            return await administer(self._storage, actor, company, "roster.import", refused, asked=asked)

    async def _stage(self, made: Done, id: int, progress: Progress) -> None:
        """Outside of the turn: nobody learns of it (LOG A1)."""
        for first in range(0, len(made.pieces), STAGED_TOGETHER):
            some = made.pieces[first : first + STAGED_TOGETHER]

            async def put(work: Work, first: int = first, some: Sequence[bytes] = some) -> None:
                await rosters.put_behind(work, made.company, id, rosters.PIECE, first, some)

            await self._storage.unit(put)
            progress("staging", min(first + STAGED_TOGETHER, len(made.pieces)), len(made.pieces))

    async def _drop(self, company: int, id: int, total: int) -> None:
        if total:
            await self._storage.unit(lambda work: rosters.drop_behind(work, company, id, rosters.PIECE, total))

    async def _begin(
        self, actor: Actor, company: str, made: Done, reach: Reach, id: int, asked: Details, confirmed: int | None
    ) -> Import | None:
        async def act(work: Work) -> Import | None:
            return await importing.begin(work, actor, company, made, reach, id, asked, confirmed)

        return await administer(self._storage, actor, company, "roster.import", act, asked=asked)

    async def finish(self, begun: Begun, progress: Progress = nobody) -> None:
        """Carry out what was begun; returns when it is done, by whomever."""
        if begun.job is not None:
            await self._finish(begun.job, progress)

    async def workbooks(self, actor: Actor, company: str, *, limit: int = 100) -> list[Kept]:
        """Failed imports of the last 30 days, the newest first; of who does not reach the whole company his own; a look.

        Raises: CompanyNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[Kept]:
            check_page(limit)
            found, reach = await reach_of(read, company, actor)
            return await self._failed.every(read, found.id, _by(reach), limit)

        return await look(self._storage, actor, company, "roster.workbooks", do, asked={})

    async def workbook(self, actor: Actor, company: str, id: str) -> bytes:
        """The marked workbook of a failed import; a look. Raises: CompanyNotFound, NotAllowed, WorkbookNotFound."""

        async def do(read: Read) -> list[bytes]:
            found, reach = await reach_of(read, company, actor)
            return [await self._failed.one(read, found.id, _by(reach), id)]

        return (await look(self._storage, actor, company, "roster.workbook", do, asked={"import": id}))[0]

    async def sweep(self) -> None:
        """Drop what was kept for 30 days, and what was staged and never begun; to be called now and then."""
        await self._storage.unit(rosters.sweep)

    async def finish_begun(self) -> int:
        """End what another process began and left; to be called now and then. Gives how many."""
        now = self._clock.now()
        left = [one for one in await self._storage.read(rosters.running) if (one.held_until or 0) < now]
        for one in left:

            async def take(work: Work, one: Import = one) -> Import | None:
                there = await rosters.find(work, one.company, one.id)
                if there is None or there.ended_at is not None or (there.held_until or 0) >= work.now:
                    return None
                await rosters.take(work, there, work.now + HELD_MS)
                return msgspec.structs.replace(there, fence=there.fence + 1)

            taken = await self._storage.transact(take)
            if taken is not None:
                await self._finish(taken, nobody)
        return len(left)

    async def _finish(self, job: Import, progress: Progress) -> None:
        actor = Actor(job.actor_kind, job.actor_name, job.actor)

        async def step(work: Work) -> int | None:
            return await importing.step(work, actor, job)

        while (done := await self._storage.transact(step)) is not None:
            progress("writing", done, job.total)
            await asyncio.sleep(PAUSE_SECONDS)
        await self._drop(job.company, job.id, job.total)


def _by(reach: Reach) -> int | None:
    """Whose failed imports he is shown; None is everybody's."""
    return None if reach.units is None and reach.finds_all else reach.member
