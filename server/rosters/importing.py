"""What an import does within a unit in the turn: it begins where all is as it was when it was worked out, and goes on piece by piece
(SPEC B7, LOG C3).
"""

from collections.abc import Sequence

from protocol.ids import to_wire
from server.audit.service import Actor, Details, record
from server.companies import rules
from server.companies.errors import NumberTaken
from server.org.errors import CompanyBusy
from server.rosters import applying, pieces
from server.rosters.errors import CompanyChanged, DisablingUnconfirmed, RosterRefused
from server.rosters.failed import HELD_MS, new_import
from server.rosters.picture import Reach
from server.rosters.reaching import reach_of
from server.rosters.task import Done
from storage import company_log, members, rosters, segments
from storage.rosters import Import
from storage.work import Read, Work

PAGE = 10_000


async def begin(
    work: Work, actor: Actor, company: str, made: Done, reach: Reach, id: int, asked: Details, confirmed: int | None
) -> Import | None:
    """From now on nobody else acts on this company's tree. None where there is nothing to do.

    Raises: CompanyChanged, RosterRefused, DisablingUnconfirmed, CompanyBusy, SeatsExhausted, NumberTaken.
    """
    summary = made.summary
    found, now = await reach_of(work, company, actor)
    if now != reach:
        raise CompanyChanged
    if summary.errors:
        raise RosterRefused(summary.errors, to_wire(id))
    if summary.asks and confirmed != summary.disabled:
        raise DisablingUnconfirmed(summary.disabled, summary.people)
    if busy := await rosters.exclusive(work, found.id):
        raise CompanyBusy(*busy)
    if await company_log.since(work, found.id, made.base, 1):
        raise CompanyChanged
    if made.seats:
        rules.check_seats(found.seats, await members.seats_taken(work, found.id), made.seats)
    for number in await _taken(work, made.numbers):
        raise NumberTaken(number)
    there = {segment.first: segment.next for segment in await segments.of_company(work, found.id)}
    for first, (before, following) in made.segments.items():
        if there.get(first) != before:
            raise CompanyChanged
        await segments.set_next(work, first, following)
    counts = {"units": summary.units, "added": summary.added, "changed": summary.changed, "disabled": summary.disabled}
    await record(work, found.id, actor, "roster.import", {"import": to_wire(id), **asked, **counts})
    if not made.pieces:
        return None
    job = new_import(actor, found.id, id, {**asked, **counts, "role": made.role}, work.now, total=len(made.pieces))
    await rosters.insert(work, job, exclusive=True)
    return job


async def _taken(read: Read, numbers: Sequence[str]) -> list[str]:
    """Those that somebody has or had: whatever the plan was made of, a deleted member's number does not come back by it (SPEC B4)."""
    found: set[str] = set()
    for start in range(0, len(numbers), PAGE):
        some = list(numbers[start : start + PAGE])
        found |= await members.taken_numbers(read, some) | await segments.ever_held(read, some)
    return sorted(found)


async def step(work: Work, actor: Actor, job: Import) -> int | None:
    """The next piece; None when all is done, or another goes on with it."""
    there = await rosters.find(work, job.company, job.id)
    if there is None or there.ended_at is not None or there.fence != job.fence:
        return None
    if there.done < there.total:
        data = await rosters.behind(work, job.company, job.id, rosters.PIECE, there.done)
        assert data is not None, "pieces stay until their import has ended"
        await applying.apply(work, actor, job.company, job.id, pieces.decode(data), there.details.get("role"))
        await rosters.advance(work, there, work.now + HELD_MS)
        return there.done + 1
    await company_log.tell(work, job.company, subjects=["reload"])
    await rosters.end(work, there, there.details)
    await record(work, job.company, actor, "roster.imported", {"import": to_wire(job.id)})
    return None
