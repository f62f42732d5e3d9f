"""Deleting members: nothing of them is left where they were, and the last administrator stays (SPEC B4, C4; DESIGN 4)."""

import asyncio

import pytest
import sqlalchemy as sa

from protocol.bodies import note
from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.accounts.errors import SignInWrong
from server.companies.newcomers import Newcomer
from server.conversations.service import ConversationService
from server.org.cards import Changes
from server.org.errors import LastAdministrator, SuccessorNeeded, SuccessorOfMemberUnfit
from server.org.leaving import GROUPS, LeavingService
from storage import jobs, people, roles
from storage.conversations import find, open_stays
from storage.jobs import Job
from storage.schema.conversations import conversations
from storage.statements import statement
from storage.work import Work
from tests.support.leaving import PLACES, SET_ROLE, entries, groups, inside, knows, notes, number_of, picture, run, trio
from tests.support.logbook import check
from tests.support.office import GOOD, ROOT, Office, laptop

ENDED = statement(sa.select(sa.func.count()).where(conversations.c.kind == "direct", conversations.c.dissolved))

# ---- deleting


async def test_who_is_deleted_is_out_on_all_devices_and_his_card_is_empty(office: Office) -> None:
    """SPEC B4: messages keep naming him."""
    await office.company("acme")
    lab = await office.companies.add_unit(ROOT, "acme", "Lab")
    lina = await office.member("acme", "Li Na", phone="13800138000", job_title="Pilot", employee_no="E7", units=(lab,))
    await office.verify(lina, "+8613800138000", "phone")
    admitted = await office.sign_in(lina)
    await office.leaving.delete(ROOT, "acme", lina.number, reason="left")
    assert office.ended() == {admitted.session: "disabled"}
    for name in (lina.number, "13800138000"):
        with pytest.raises(SignInWrong):
            await office.accounts.sign_in(name, GOOD, laptop())
    company = await number_of(office)
    record = (await office.storage.read(lambda read: people.records(read, company, [lina.member])))[lina.member]
    assert (record.name, record.state, record.state_reason, record.account, record.number) == ("Li Na", "deleted", "left", None, "")
    assert (record.phone, record.job_title, record.employee_no, record.role) == ("", "", "", None)
    assert (await picture(office)).person(lina.member) is None
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.details) == (
        "member.delete",
        {
            **{"member": to_wire(lina.member), "name": "Li Na", "number": lina.number, "reason": "left"},
            **{"units": ["Lab"], "without_head": []},
        },
    )
    with pytest.raises(MemberNotFound):
        await office.leaving.delete(ROOT, "acme", lina.number)
    assert await office.verify(await office.member("acme", "Wang"), "+8613800138000", "phone")  # it is free for others


async def test_an_account_with_members_elsewhere_keeps_opening_those(office: Office) -> None:
    """DESIGN 4: an administrator acts on members."""
    await office.company("acme")
    lina = await office.member("acme")
    other = await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    await office.verify(lina, "li@example.com")
    await office.leaving.delete(ROOT, "acme", lina.number)
    for name in ("5001", "li@example.com"):
        assert (await office.accounts.sign_in(name, GOOD, laptop())).member == other
    with pytest.raises(SignInWrong):
        await office.sign_in(lina)


async def test_who_is_deleted_leaves_groups_by_system_messages_and_contacts_go(office: Office) -> None:
    lina, wang, zhao = await trio(office)
    rooms = await groups(office, [wang, lina, zhao], 2 * GROUPS + 1)
    company = await number_of(office)
    talk = await ConversationService(office.storage).open_direct((company, lina.member), (company, wang.member))
    await knows(office, lina.member, wang.member, zhao.member)
    await knows(office, wang.member, lina.member, zhao.member)
    await office.leaving.delete(ROOT, "acme", lina.number)
    for room in rooms:
        assert await inside(office, room) == {wang.member, zhao.member}
    left = note("left", members=(to_wire(lina.member),), by=to_wire(lina.member))
    assert await notes(office, rooms[0]) == [left.canonical]
    assert lina.member in await inside(office, talk.row["conversation"])  # messages stay where they are
    assert await entries(office) == [(wang.member, zhao.member, f"of {wang.member}")]
    assert all(place[0] > 0 for place in await entries(office, PLACES))  # his other devices hear of it
    assert await office.storage.read(jobs.running) == []
    await check(office.storage)


async def test_what_a_killed_process_left_undone_is_ended_by_the_next(office: Office) -> None:
    """LOG C3: each piece does what is left, so twice does no harm."""
    lina, wang, zhao = await trio(office)
    rooms = await groups(office, [wang, lina, zhao], 3)
    company = await number_of(office)

    async def begin(work: Work) -> None:
        record = (await people.records(work, company, [lina.member]))[lina.member]
        await people.delete(work, record, "")
        await jobs.start(work, company, "member.leave", {"member": lina.member}, by=("operator", None, "ops"))

    await office.storage.transact(begin)
    assert lina.member in await inside(office, rooms[0])
    assert await office.leaving.finish_begun() == 1
    assert [await inside(office, room) for room in rooms] == [{wang.member, zhao.member}] * 3
    assert await office.leaving.finish_begun() == 0


async def test_of_very_many_direct_conversations_the_job_ends_the_rest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act ends the first of them, so that it is short; whoever finds the job ends it (LOG A8, C3)."""
    lina, *others = await trio(office)
    others.append(await office.member("acme", "Mei"))
    company = await number_of(office)
    talks = ConversationService(office.storage)
    for other in others:
        await talks.open_direct((company, lina.member), (company, other.member))

    async def ended() -> int:
        return int(await office.storage.read(lambda read: read.value(ENDED)))

    async def later(_: Job) -> None:
        """The process is killed right after the act."""

    monkeypatch.setattr("server.org.leaving.DIRECT", 2)
    monkeypatch.setattr(office.leaving, "_finish", later)
    await office.leaving.delete(ROOT, "acme", lina.number)
    assert await ended() == 2
    monkeypatch.undo()
    await office.leaving.finish_begun()
    assert await ended() == 3


async def test_a_head_who_is_deleted_names_his_successor_and_a_batch_lists_what_it_leaves(office: Office) -> None:
    """SPEC B2."""
    await office.company("acme")
    lab, hall = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Lab", "Hall")]
    lina, wang, zhao, mei = [await office.member("acme", name, units=(lab, hall)) for name in ("Li Na", "Wang", "Zhao", "Mei")]
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    await office.org.set_first_head(ROOT, "acme", hall, wang.number)
    with pytest.raises(SuccessorNeeded):
        await office.leaving.delete(ROOT, "acme", lina.number)
    await office.leaving.delete(ROOT, "acme", lina.number, successors={lab: zhao.number})
    assert (await picture(office)).first_head(lab) == zhao.member
    assert sorted(await office.leaving.delete_many(ROOT, "acme", [wang.number, zhao.number])) == sorted([hall, lab])
    assert list((await picture(office)).members(lab)) == [mei.member]


async def test_a_unit_that_is_left_without_a_head_is_told_to_whoever_disables_or_deletes_him(office: Office) -> None:
    """SPEC B2, B4: nobody who is left could become it, so nobody was asked for."""
    await office.company("acme")
    lab, hall = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Lab", "Hall")]
    lina, wang, zhao = [await office.member("acme", name, units=(lab,)) for name in ("Li Na", "Wang", "Zhao")]
    mei = await office.member("acme", "Mei", units=(hall,))
    for unit, head in ((lab, lina), (hall, mei)):
        await office.org.set_first_head(ROOT, "acme", unit, head.number)
    done = await office.leaving.disable(ROOT, "acme", [wang.number, lina.number, mei.number, zhao.number], "")
    assert [one.headless for one in done] == [(), (lab,), (hall,), ()]
    again = await office.leaving.disable(ROOT, "acme", [lina.number], "")
    assert [(one.before, one.headless) for one in again] == [("disabled", ())]
    assert await office.leaving.delete(ROOT, "acme", lina.number) == [lab]
    assert await office.leaving.delete(ROOT, "acme", mei.number) == []  # nobody is left in it
    assert await office.leaving.delete(ROOT, "acme", wang.number) == []


# ---- the last administrator


async def test_the_last_company_administrator_stays(office: Office) -> None:
    """SPEC C4."""
    lina, wang, zhao = await trio(office)
    company = await number_of(office)
    role = await office.storage.read(lambda read: roles.of_kind(read, company, roles.COMPANY_ADMINISTRATOR))
    await run(office, *((SET_ROLE, {"id": one.member, "set_role": role}) for one in (lina, wang)))
    await office.leaving.disable(ROOT, "acme", [lina.number, zhao.number], "")
    for act in (
        office.leaving.disable(ROOT, "acme", [wang.number], ""),
        office.leaving.delete(ROOT, "acme", wang.number),
        office.leaving.reassign(ROOT, "acme", wang.number, Newcomer(name="Mei")),
    ):
        with pytest.raises(LastAdministrator):
            await act
    assert [entry.outcome for entry in await office.trail("acme")][-3:] == ["refused"] * 3
    await office.leaving.enable(ROOT, "acme", [lina.number])
    await office.leaving.delete(ROOT, "acme", wang.number)


async def test_two_administrators_who_remove_each_other_at_the_same_moment_leave_one(office: Office) -> None:
    lina, wang, _ = await trio(office)
    company = await number_of(office)
    role = await office.storage.read(lambda read: roles.of_kind(read, company, roles.COMPANY_ADMINISTRATOR))
    await run(office, *((SET_ROLE, {"id": one.member, "set_role": role}) for one in (lina, wang)))
    acts = [office.leaving.delete(ROOT, "acme", one.number) for one in (lina, wang)]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [LastAdministrator]
    assert len(await office.storage.read(lambda read: people.administrators(read, company))) == 1


async def test_who_is_deleted_is_followed_by_the_successor_chosen_ahead_and_nobody_is_asked(office: Office) -> None:
    lina, wang, zhao = await trio(office)
    sales = await office.companies.add_unit(ROOT, "acme", "Sales")
    for one in (lina, wang, zhao):
        await office.members.place(ROOT, "acme", one.number, [sales])
    await office.org.set_first_head(ROOT, "acme", sales, lina.number)
    await office.leaving.disable(ROOT, "acme", [zhao.number], "")
    for nobody in (lina, zhao):
        with pytest.raises(SuccessorOfMemberUnfit):
            await office.members.change(ROOT, "acme", lina.number, Changes(successor=nobody.member))
    await office.members.change(ROOT, "acme", lina.number, Changes(successor=wang.member))
    await office.leaving.delete(ROOT, "acme", lina.number)
    assert (await picture(office)).first_head(sales) == wang.member
    await office.leaving.enable(ROOT, "acme", [zhao.number])
    await office.members.change(ROOT, "acme", wang.number, Changes(successor=zhao.member))
    assert await office.leaving.delete_many(ROOT, "acme", [wang.number]) == []
    assert (await picture(office)).first_head(sales) == zhao.member


async def test_what_he_owns_goes_to_his_successor_before_he_leaves_what_he_is_in(office: Office) -> None:
    """A seam: groups have no owners yet. Whoever finds the work unended goes on with it."""
    lina, wang, zhao = await trio(office)
    (group,) = await groups(office, [lina, wang], 1)
    handed: list[tuple[int, int | None, bool]] = []

    class Deeds:
        async def piece(self, work: Work, job: Job, member: int, successor: int | None) -> bool:
            place = await find(work, group)
            assert place is not None
            handed.append((member, successor, member in await open_stays(work, place)))
            return len(handed) % 2 == 1

    leaving = LeavingService(office.storage, office.passwords, [Deeds()])
    await office.members.change(ROOT, "acme", lina.number, Changes(successor=zhao.member))
    await leaving.delete(ROOT, "acme", lina.number)
    assert handed == [(lina.member, zhao.member, True)] * 2
    mei = await leaving.reassign(ROOT, "acme", wang.number, Newcomer(name="Mei"))
    assert handed[2:] == [(wang.member, mei.member, True)] * 2
    assert await inside(office, group) == {mei.member}
