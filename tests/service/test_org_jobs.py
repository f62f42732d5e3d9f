"""Long work on a company: who has its tree for himself, and who goes on when the holder dies (LOG C3)."""

import pytest

from server.companies.newcomers import Newcomer
from server.org.cards import Changes
from server.org.errors import CompanyBusy
from storage import companies, jobs
from storage.jobs import Job
from tests.support.office import MINUTE, ROOT, Office

BY = ("member", 7, "Li Na")


async def begin(office: Office, *, exclusive: bool = True) -> Job:
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    company = found.id
    return await office.storage.transact(lambda work: jobs.start(work, company, "import", {"rows": 9}, by=BY, exclusive=exclusive, total=9))


async def test_while_long_work_has_the_tree_for_itself_others_are_refused_with_who_and_since_when(office: Office) -> None:
    await office.company("acme")
    lab = await office.companies.add_unit(ROOT, "acme", "Lab")
    lina = await office.member("acme")
    draft = await office.companies.add_member(ROOT, "acme", Newcomer(name="Mei"), draft=True)
    await office.company("bolt", first_number=5001)
    job = await begin(office)
    for act in (
        office.org.add(ROOT, "acme", "Hall"),
        office.org.rename(ROOT, "acme", lab, "Hall"),
        office.org.delete(ROOT, "acme", lab),
        office.org.set_first_head(ROOT, "acme", lab, lina.number),
        office.members.place(ROOT, "acme", lina.number, [lab]),
        office.members.move_many(ROOT, "acme", [lina.number], lab),
        office.members.change(ROOT, "acme", lina.number, Changes(name="Li")),
        office.members.set_hidden(ROOT, "acme", [lina.number], True),
        office.members.set_scope(ROOT, "acme", lina.number, [lab]),
        office.leaving.delete(ROOT, "acme", lina.number),
        office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Wang")),
        office.companies.add_member(ROOT, "acme", Newcomer(name="Wang")),
        office.companies.activate(ROOT, "acme", [draft.number]),
    ):
        with pytest.raises(CompanyBusy) as busy:
            await act
        assert busy.value.data == {"who": "Li Na", "since": job.started_at}
        assert (await office.trail("acme"))[-1].details["error"] == "company.busy"
    await office.leaving.disable(ROOT, "acme", [lina.number], "")  # this never waits
    await office.org.add(ROOT, "bolt", "Hall")
    await office.storage.transact(lambda work: jobs.end(work, job, details={"added": 9}))
    await office.org.add(ROOT, "acme", "Hall")
    ended = await office.storage.read(lambda read: jobs.find(read, job.company, job.id))
    assert ended is not None
    assert (ended.state, ended.details, ended.total, ended.ended_at) == ("done", {"added": 9}, 9, office.clock.now())


async def test_work_that_shares_the_tree_refuses_nobody(office: Office) -> None:
    await office.company("acme")
    job = await begin(office, exclusive=False)
    await office.org.add(ROOT, "acme", "Hall")
    assert [one.id for one in await office.storage.read(jobs.running)] == [job.id]


async def test_one_holds_the_work_and_who_was_overtaken_changes_nothing(office: Office) -> None:
    """DESIGN 10: every effect is conditional on the fence, not on believing to hold the lease."""
    await office.company("acme")
    job = await begin(office)
    storage, clock = office.storage, office.clock

    async def take() -> int | None:
        until = clock.now() + MINUTE
        return await storage.transact(lambda work: jobs.take(work, job, until=until))

    async def advance(fence: int, done: int) -> bool:
        until = clock.now() + MINUTE
        return await storage.transact(lambda work: jobs.advance(work, job, fence, done, until=until))

    assert await take() == 1
    assert await take() is None
    assert await advance(1, 4)
    assert not await advance(1, 4)  # the cursor only goes forward
    clock.advance(MINUTE + 1)
    assert await take() == 2
    assert not await advance(1, 9)
    assert await advance(2, 9)
    now = await storage.read(lambda read: jobs.find(read, job.company, job.id))
    assert now is not None
    assert now.done == 9
    assert await storage.read(lambda read: jobs.find(read, job.company, 77)) is None
    await storage.transact(lambda work: jobs.end(work, job, state="failed"))
    clock.advance(MINUTE + 1)
    assert await take() is None
