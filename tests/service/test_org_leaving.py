"""How members go: disabled, deleted, their number handed on, or at the end of a last day (SPEC B4, B5, C4; DESIGN 4)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from protocol.bodies import note
from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.accounts.errors import SignInWrong
from server.companies.errors import NumberNeverHeld, SeatsExhausted
from server.companies.newcomers import Added, Newcomer
from server.conversations.service import ConversationService
from server.notifier.base import Notice, NotSent
from server.org.cards import Changes
from server.org.errors import LastAdministrator, SuccessorNeeded, SuccessorOfMemberUnfit
from server.org.last_days import TOLD_TOGETHER, LastDays
from server.org.leaving import GROUPS, LeavingService
from server.org.loading import organisation
from server.org.organisation import Organisation
from storage import companies, heads, jobs, people, roles
from storage.conversations import find, open_stays, system_of
from storage.jobs import Job
from storage.messages import between
from storage.schema.accounts import members as member_rows
from storage.schema.contacts import contact_group_entries, contact_groups, contacts
from storage.statements import insert_into, statement, update_of
from storage.work import Read, Work
from storage.writer.errors import MemberDisabled
from tests.support.logbook import check
from tests.support.office import DAY, GOOD, ROOT, Office, laptop

SET_ROLE = update_of(member_rows, "role", where=["id"])
ADD_CONTACT = insert_into(contacts, "company", "member", "contact", "remark", "added_at")
ADD_GROUP = insert_into(contact_groups, "company", "member", "id", "name")
ADD_GROUPED = insert_into(contact_group_entries, "company", "member", "contact_group", "contact")
_c, _e = contacts.c, contact_group_entries.c
CONTACTS = statement(sa.select(_c.member, _c.contact, _c.remark).where(~_c.removed).order_by(_c.member, _c.contact))
GROUPED = statement(sa.select(_e.member, _e.contact_group, _e.contact).where(~_e.removed).order_by(_e.member, _e.contact))
PLACES = statement(sa.select(_c.place).where(_c.removed))


async def number_of(office: Office, company: str = "acme") -> int:
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return found.id


async def picture(office: Office) -> Organisation:
    number = await number_of(office)
    return await office.storage.read(lambda read: organisation(read, number, lambda name, pinyin: pinyin or name.lower()))


async def trio(office: Office) -> list[Added]:
    await office.company("acme", seats=5)
    return [await office.member("acme", name) for name in ("Li Na", "Wang", "Zhao")]


async def groups(office: Office, who: list[Added], count: int) -> list[int]:
    company = await number_of(office)
    service = ConversationService(office.storage)
    everybody = [(company, one.member) for one in who]
    return [await service.create(everybody[0], everybody[1:], name=f"Group {nth}") for nth in range(count)]


async def inside(office: Office, conversation: int) -> set[int]:
    async def look(read: Read) -> set[int]:
        place = await find(read, conversation)
        assert place is not None
        return set(await open_stays(read, place))

    return await office.storage.read(look)


async def notes(office: Office, conversation: int) -> list[bytes]:
    async def look(read: Read) -> list[bytes]:
        place = await find(read, conversation)
        assert place is not None
        return [row.body for row in await between(read, place.home, conversation, 2, place.head) if row.body]

    return await office.storage.read(look)


async def run(office: Office, *rows: tuple[Any, dict[str, Any]]) -> None:
    async def act(work: Work) -> None:
        for what, values in rows:
            await work.run(what, **values)

    await office.storage.transact(act)


async def knows(office: Office, who: int, *others: int) -> None:
    company = await number_of(office)
    rows = [{"company": company, "member": who, "contact": one, "remark": f"of {who}", "added_at": 1} for one in others]
    await run(office, *((ADD_CONTACT, row) for row in rows))


async def entries(office: Office, what: Any = CONTACTS) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await office.storage.read(lambda read: read.all(what))]


async def state_of(office: Office, added: Added) -> tuple[str, str]:
    company = await number_of(office)
    found = (await office.storage.read(lambda read: people.records(read, company, [added.member])))[added.member]
    return found.state, found.state_reason


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
    assert [type(one) for one in outcomes if one is not None] == [LastAdministrator]
    assert len(await office.storage.read(lambda read: people.administrators(read, company))) == 1


# ---- a number that is handed on


async def test_a_number_goes_to_a_new_member_with_a_new_account(office: Office) -> None:
    """DESIGN 4: contacts, others' entries and stays go along; not messages, direct conversations, sessions."""
    lina, wang, zhao = await trio(office)
    lab = await office.companies.add_unit(ROOT, "acme", "Lab")
    await office.members.place(ROOT, "acme", lina.number, [lab])
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    await office.members.set_scope(ROOT, "acme", lina.number, [lab])
    session = (await office.sign_in(lina)).session
    rooms = await groups(office, [lina, wang], GROUPS + 1)
    company = await number_of(office)
    await ConversationService(office.storage).open_direct((company, lina.member), (company, wang.member))
    await knows(office, lina.member, wang.member)
    await knows(office, wang.member, lina.member)
    await run(
        office,
        (ADD_GROUP, {"company": company, "member": lina.member, "id": 5, "name": "Friends"}),
        (ADD_GROUPED, {"company": company, "member": lina.member, "contact_group": 5, "contact": wang.member}),
        (ADD_GROUPED, {"company": company, "member": wang.member, "contact_group": 6, "contact": lina.member}),
    )
    mei = await office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Mei"))
    assert mei.number == lina.number
    assert mei.member != lina.member
    assert office.ended() == {session: "disabled"}
    with pytest.raises(SignInWrong):
        await office.sign_in(lina)
    assert (await office.sign_in(mei, password=mei.password)).member == mei.member
    for room in rooms:
        assert await inside(office, room) == {mei.member, wang.member}
    wires = to_wire(lina.member), to_wire(mei.member)
    assert await notes(office, rooms[0]) == [
        note("left", members=(wires[0],), by=wires[0]).canonical,
        note("joined", members=(wires[1],), by=wires[1]).canonical,
    ]
    mine = await office.storage.read(lambda read: heads.every(read, company, mei.member, -1, 100))
    assert {row["conversation"] for row in mine} == set(rooms)
    assert await entries(office) == sorted([(mei.member, wang.member, f"of {lina.member}"), (wang.member, mei.member, f"of {wang.member}")])
    assert await entries(office, GROUPED) == sorted([(mei.member, 5, wang.member), (wang.member, 6, mei.member)])
    found = await picture(office)
    person = found.person(mei.member)
    assert person is not None
    assert (found.first_head(lab), person.scope, found.person(lina.member)) == (mei.member, (lab,), None)
    ordinary = await office.storage.read(lambda read: roles.of_kind(read, company, roles.ORDINARY))
    assert person.role == ordinary
    assert (await state_of(office, lina)) == ("deleted", "reassigned")
    entry = next(entry for entry in await office.trail("acme") if entry.act == "number.reassign")
    assert entry.details == {"number": lina.number, "member": list(wires), "name": ["Li Na", "Mei"]}
    assert zhao.member in {one.id for one in found.people}
    await check(office.storage)


async def test_a_deleted_members_number_comes_back_by_being_handed_on(office: Office) -> None:
    lina, wang, zhao = await trio(office)
    await office.leaving.delete(ROOT, "acme", lina.number)
    mei = await office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Mei"), password=GOOD)
    assert mei.password == ""
    assert (await office.sign_in(mei)).member == mei.member
    again = await office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Hua"))
    assert again.number == lina.number
    for number in ("1777", "5001"):
        with pytest.raises(NumberNeverHeld):
            await office.leaving.reassign(ROOT, "acme", number, Newcomer(name="Hua"))
    assert {one.name for one in (await picture(office)).people} == {"Hua", "Wang", "Zhao"}
    assert {wang.number, zhao.number} == {"1002", "1003"}


async def test_another_companys_number_is_not_handed_on(office: Office) -> None:
    lina, *_ = await trio(office)
    await office.company("bolt", first_number=5001)
    with pytest.raises(NumberNeverHeld):
        await office.leaving.reassign(ROOT, "bolt", lina.number, Newcomer(name="Mei"))
    assert (await office.sign_in(lina)).member == lina.member


async def test_a_deleted_members_number_needs_a_seat_when_it_comes_back(office: Office) -> None:
    await office.company("acme", seats=1)
    lina = await office.member("acme")
    await office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Mei"))  # his seat is free
    await office.leaving.delete(ROOT, "acme", lina.number)
    await office.member("acme", "Wang")
    with pytest.raises(SeatsExhausted):
        await office.leaving.reassign(ROOT, "acme", lina.number, Newcomer(name="Hua"))


# ---- last days


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


async def test_a_member_is_disabled_by_himself_at_the_end_of_his_last_day(office: Office) -> None:
    """At midnight in the company's time zone."""
    lina, wang, zhao = await trio(office)
    await office.company("bolt", first_number=5001)
    await office.settings.set_time_zone(ROOT, "bolt", "America/New_York")
    smith = await office.member("bolt", "Smith")
    office.clock.set(at("2026-09-20T04:00:00"))
    for company, one in (("acme", lina), ("acme", wang), ("bolt", smith)):
        await office.members.change(ROOT, company, one.number, Changes(last_day="2026-09-30"))
    session = (await office.sign_in(lina)).session
    office.clock.set(at("2026-09-30T15:59:59"))  # Shanghai is eight hours ahead
    assert await office.last_days.sweep(office.clock.now()) == 0
    await office.members.change(ROOT, "acme", wang.number, Changes(last_day=""))
    office.clock.advance(1000)
    assert await office.last_days.sweep(office.clock.now()) == 1
    assert await office.last_days.sweep(office.clock.now()) == 0
    assert office.ended()[session] == "disabled"
    with pytest.raises(MemberDisabled):
        await office.sign_in(lina)
    assert await state_of(office, lina) == ("disabled", "last day 2026-09-30")
    assert (await state_of(office, wang), await state_of(office, zhao)) == (("active", ""), ("active", ""))
    entry = (await office.trail("acme"))[-1]
    assert (entry.actor_kind, entry.act, entry.details["member"]) == ("system", "member.disable", to_wire(lina.member))
    office.clock.set(at("2026-10-01T04:00:00"))  # midnight in New York
    assert await office.last_days.sweep(office.clock.now()) == 1
    await office.leaving.enable(ROOT, "acme", [lina.number])  # he stays after all
    assert await office.last_days.sweep(office.clock.now()) == 0
    await office.sign_in(lina)


async def test_administrators_are_told_of_a_last_day_once_seven_days_before(office: Office) -> None:
    lina, wang, _ = await trio(office)
    office.clock.set(at("2026-09-20T04:00:00"))
    for one in (lina, wang):
        await office.members.change(ROOT, "acme", one.number, Changes(last_day="2026-09-30"))
    told = []
    for _ in range(6):
        await office.last_days.sweep(office.clock.now())
        told.append(sum(entry.act == "member.last_day_near" for entry in await office.trail("acme")))
        office.clock.advance(DAY)
    assert told == [0, 0, 0, 1, 1, 1]
    entry = next(entry for entry in await office.trail("acme") if entry.act == "member.last_day_near")
    assert sorted(entry.details["members"]) == sorted([to_wire(lina.member), to_wire(wang.member)])
    assert entry.details["last_days"] == ["2026-09-30"] * 2


async def test_the_last_administrator_stays_past_his_last_day(office: Office) -> None:
    lina, *_ = await trio(office)
    company = await number_of(office)
    role = await office.storage.read(lambda read: roles.of_kind(read, company, roles.COMPANY_ADMINISTRATOR))
    await run(office, (SET_ROLE, {"id": lina.member, "set_role": role}))
    office.clock.set(at("2026-09-30T04:00:00"))
    await office.members.change(ROOT, "acme", lina.number, Changes(last_day="2026-09-30"))
    office.clock.advance(DAY)
    assert await office.last_days.sweep(office.clock.now()) == 0
    assert (await state_of(office, lina))[0] == "active"


async def administrator(office: Office, added: Added, kind: str = roles.COMPANY_ADMINISTRATOR) -> None:
    company = await number_of(office)
    role = await office.storage.read(lambda read: roles.of_kind(read, company, kind))
    await run(office, (SET_ROLE, {"id": added.member, "set_role": role}))


async def system_messages(office: Office, added: Added) -> list[tuple[str, int]]:
    """What the server said to a member, and how much of it is unread."""
    company = await number_of(office)

    async def look(read: Read) -> list[tuple[str, int]]:
        place = await system_of(read, company, added.member)
        if place is None:
            return []
        (row,) = await heads.every(read, company, added.member, -1, 10)
        told = await between(read, place.home, place.id, 1, place.head)
        return [(msgspec.msgpack.decode(one.body)["text"], row["unread"]) for one in told if one.body]

    return await office.storage.read(look)


async def test_administrators_are_told_in_chat_and_by_mail_and_nobody_is_named(office: Office) -> None:
    """SPEC B3; a hidden member is found by administrators in the account center alone (B6)."""
    lina, wang, zhao = await trio(office)
    await administrator(office, lina)
    await administrator(office, wang, roles.SYSTEM_ADMINISTRATOR)
    await office.verify(lina, "li.na@example.com")
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.set_hidden(ROOT, "acme", [zhao.number], True)
    await office.members.change(ROOT, "acme", zhao.number, Changes(last_day="2026-09-25"))
    for _ in range(2):
        await office.last_days.sweep(office.clock.now())
    for one in (lina, wang):
        ((text, unread),) = await system_messages(office, one)
        assert "1 members have their last day within 7 days, the first on 2026-09-25" in text
        assert unread == 1
        assert not any(word in text for word in ("Zhao", zhao.number))
    assert await system_messages(office, zhao) == []
    assert [(mail.to, "2026-09-25" in mail.text, "Zhao" in mail.text) for mail in office.mails.sent] == [("li.na@example.com", True, False)]
    await office.members.change(ROOT, "acme", zhao.number, Changes(last_day="2026-09-26"))  # put off: they are told anew
    await office.last_days.sweep(office.clock.now())
    assert [unread for _, unread in await system_messages(office, lina)] == [2, 2]


async def test_more_administrators_than_one_act_tells_are_all_told(office: Office) -> None:
    await office.company("acme", seats=100)
    added = [await office.member("acme", f"Person {nth}") for nth in range(TOLD_TOGETHER + 3)]
    for one in added[1:]:
        await administrator(office, one)
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.change(ROOT, "acme", added[0].number, Changes(last_day="2026-09-25"))
    await office.last_days.sweep(office.clock.now())
    assert [len(await system_messages(office, one)) for one in added] == [0] + [1] * (TOLD_TOGETHER + 2)


async def test_a_mail_that_cannot_be_sent_stops_nothing(office: Office) -> None:
    class Broken:
        async def send(self, notice: Notice) -> None:
            raise NotSent("SMTPServerDisconnected")

    lina, wang, _ = await trio(office)
    await administrator(office, lina)
    await office.verify(lina, "li.na@example.com")
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.change(ROOT, "acme", wang.number, Changes(last_day="2026-09-21"))
    await LastDays(office.storage, {"mail": Broken()}).sweep(office.clock.now())
    assert len(await system_messages(office, lina)) == 1
    office.clock.advance(3 * DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1


async def test_the_successor_chosen_ahead_heads_what_he_is_in_at_the_end_of_a_last_day(office: Office) -> None:
    lina, wang, _ = await trio(office)
    sales, lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
    await office.members.place(ROOT, "acme", lina.number, [sales, lab])
    await office.members.place(ROOT, "acme", wang.number, [sales])
    for unit in (sales, lab):
        await office.org.set_first_head(ROOT, "acme", unit, lina.number)
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.change(ROOT, "acme", lina.number, Changes(last_day="2026-09-21", successor=wang.member))
    office.clock.advance(2 * DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1
    org = await picture(office)
    assert (org.first_head(sales), org.first_head(lab)) == (wang.member, lina.member)
    entry = (await office.trail("acme"))[-1].details
    assert (entry["head of Sales"], entry["without_successor"]) == (to_wire(wang.member), ["Lab"])


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


async def test_nobody_but_the_server_writes_in_a_system_conversation_and_nobody_inherits_it(office: Office) -> None:
    lina, wang, zhao = await trio(office)
    await administrator(office, lina)
    await administrator(office, zhao)
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.change(ROOT, "acme", wang.number, Changes(last_day="2026-09-21"))
    await office.last_days.sweep(office.clock.now())
    company = await number_of(office)
    place = await office.storage.read(lambda read: system_of(read, company, zhao.member))
    assert place is not None
    assert (place.kind, bool(place.muted)) == ("system", True)
    mei = await office.leaving.reassign(ROOT, "acme", zhao.number, Newcomer(name="Mei"))
    assert await inside(office, place.id) == {zhao.member}
    assert await system_messages(office, mei) == []


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
