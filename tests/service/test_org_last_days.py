"""Last days: who is disabled at the end of his, and how administrators are told before (SPEC B3)."""

import pytest

from protocol.ids import to_wire
from server.companies.newcomers import Newcomer
from server.notifier.base import Notice, NotSent
from server.org.cards import Changes
from server.org.last_days import TOLD_TOGETHER, LastDays
from storage import roles
from storage.conversations import system_of
from storage.writer.errors import MemberDisabled
from tests.support.leaving import SET_ROLE, administrator, at, inside, number_of, picture, run, state_of, system_messages, trio
from tests.support.office import DAY, ROOT, Office


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


async def test_a_draft_who_is_activated_after_his_last_day_stays(office: Office) -> None:
    """As who is enabled then."""
    await trio(office)
    drafts = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Mei"), Newcomer(name="Hua")], draft=True)
    office.clock.set(at("2026-09-20T04:00:00"))
    for draft, day in zip(drafts, ("2026-09-30", "2026-10-09"), strict=True):
        await office.members.change(ROOT, "acme", draft.number, Changes(last_day=day))
    office.clock.set(at("2026-10-02T04:00:00"))
    await office.companies.activate(ROOT, "acme", [draft.number for draft in drafts])
    assert await office.last_days.sweep(office.clock.now()) == 0
    assert [await state_of(office, draft) for draft in drafts] == [("active", "")] * 2
    office.clock.advance(8 * DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1  # a day that was still to come holds


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
