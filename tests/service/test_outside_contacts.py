"""Outside contacts that there are: ending, blocking, what companies and roles forbid where they talk already, handover (SPEC H1)."""

import pytest

from protocol.errors import IdConflict, MemberNotFound
from protocol.ids import to_wire
from server.audit.service import Actor as Acting
from server.companies.newcomers import Newcomer
from server.outside import rules
from server.outside.errors import OutsideColleague, OutsideOneself, OutsideRequestNotFound, TooManyReports
from server.roles.errors import NotAllowed
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from storage import conversations, messages, outside, outside_talks
from storage.writer.errors import OutsideHeld, WritingForbidden
from tests.support.cast import Actor, draw, group
from tests.support.office import DAY, ROOT, Office
from tests.support.outside import There, seen_by, settle_outside


async def talking(there: There) -> int:
    """Li Na and Smith are contacts, and talk."""
    await there.befriend(there.lina, there.smith)
    talk = await there.talk(there.lina, there.smith)
    assert await there.says(there.lina, talk)
    return talk


async def notes(there: There, talk: int) -> list[str]:
    """What the server said there."""

    async def look(read: object) -> list[str]:
        place = await conversations.find(read, talk)  # type: ignore[arg-type]
        assert place is not None
        rows = await messages.between(read, place.home, talk, 1, place.head)  # type: ignore[arg-type]
        return [str(row.body) for row in rows if not row.member]

    return await there.storage.read(look)


# ---- what the two do


async def test_who_is_removed_is_so_for_both_and_neither_writes_until_they_are_contacts_again(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    for _ in range(2):  # twice does no harm
        await there.contacts.remove(seen_by(there.smith), there.lina.id)
    assert (await there.kept(there.lina), await there.kept(there.smith)) == ({}, {})
    for who in (there.lina, there.smith):
        assert isinstance(await there.say(who, talk), OutsideHeld)
    await there.befriend(there.lina, there.smith)
    assert await there.says(there.smith, talk)


async def test_who_is_blocked_writes_no_more_and_is_not_told_so(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    before = await there.kept(there.smith)
    for _ in range(2):
        await there.contacts.block(seen_by(there.lina), there.smith.id)
    assert await there.kept(there.smith) == before
    assert await notes(there, talk) == []
    assert isinstance(await there.say(there.smith, talk), OutsideHeld)
    blocked = (await there.kept(there.lina))["Smith"]
    assert (blocked.blocked, blocked.ended) == (True, False)
    for _ in range(2):
        await there.contacts.block(seen_by(there.lina), there.smith.id, on=False)
    assert await there.says(there.smith, talk)


async def test_both_may_block_and_both_must_lift_it(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    for who, whom in ((there.lina, there.smith), (there.smith, there.lina)):
        await there.contacts.block(seen_by(who), whom.id)
    await there.contacts.block(seen_by(there.lina), there.smith.id, on=False)
    assert not await there.says(there.smith, talk)
    await there.contacts.block(seen_by(there.smith), there.lina.id, on=False)
    assert await there.says(there.smith, talk)


async def test_somebody_from_a_group_is_blocked_without_ever_being_a_contact(office: Office) -> None:
    there = await There(office).build()
    await group(office.storage, there.lina, there.smith)
    talk = await there.talk(there.smith, there.lina)
    assert await there.says(there.smith, talk)
    await there.contacts.block(seen_by(there.lina), there.smith.id)
    assert not await there.says(there.smith, talk)
    assert (await there.kept(there.lina))["Smith"].ended
    await there.contacts.block(seen_by(there.lina), there.smith.id, on=False)
    assert await there.kept(there.lina) == {}
    assert await there.says(there.smith, talk)


async def test_a_block_refuses_what_he_asked(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.smith, there.lina)
    asked = await there.asked(there.lina, there.smith)
    await there.contacts.block(seen_by(there.lina), there.smith.id)
    assert await there.to(there.lina) == []
    with pytest.raises(OutsideRequestNotFound):
        await there.requests.accept(seen_by(there.lina), asked)


async def test_only_whom_one_has_or_knows_can_be_called_removed_blocked_or_reported(office: Office) -> None:
    there = await There(office).build()
    mine = seen_by(there.lina)
    for whom in (there.smith.id, 7):
        with pytest.raises(MemberNotFound):
            await there.contacts.set_remark(mine, whom, "x")
        for act in (there.contacts.remove, there.contacts.block):
            with pytest.raises(MemberNotFound):
                await act(mine, whom)
        with pytest.raises(MemberNotFound):
            await there.reports.report(mine, draw().to_bytes(16), whom, "spam", "")
    for error, whom in ((OutsideColleague, there.wang.id), (OutsideOneself, there.lina.id)):
        with pytest.raises(error):
            await there.contacts.block(mine, whom)
    await there.befriend(there.lina, there.smith)
    await there.contacts.set_remark(mine, there.smith.id, "Smithy")
    assert (await there.kept(there.lina))["Smith"].remark == "Smithy"
    await there.contacts.remove(mine, there.smith.id)
    with pytest.raises(MemberNotFound):
        await there.contacts.set_remark(mine, there.smith.id, "x")


# ---- what companies and roles forbid


async def test_a_company_that_forbids_it_ends_the_talks_that_run_and_both_are_told(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    other = await there.talk(there.smith, there.lina)
    assert other == talk
    await settle_outside(there, "bolt", False)
    await there.follow(there.smith)
    for who in (there.lina, there.smith):
        assert isinstance(await there.say(who, talk), OutsideHeld)
    assert [("outside_forbidden" in one) for one in await notes(there, talk)] == [True]
    await there.follow(there.smith, there.lina)  # nothing new: nothing is told again
    assert len(await notes(there, talk)) == 1
    await settle_outside(there, "bolt", True)
    await there.follow(there.smith)
    assert await there.says(there.smith, talk)
    assert ["outside_allowed" in one for one in await notes(there, talk)] == [False, True]


async def test_a_company_that_forbids_it_leaves_its_own_talks_and_those_of_others(office: Office) -> None:
    there = await There(office).build()
    inside = await there.talk(there.lina, there.wang)
    await there.befriend(there.ming, there.smith)
    elsewhere = await there.talk(there.ming, there.smith)
    await settle_outside(there, "acme", False)
    await there.follow(there.lina, there.smith, there.ming)
    assert await there.says(there.lina, inside)
    assert await there.says(there.ming, elsewhere)


async def test_a_talk_is_not_begun_where_either_company_forbids_it(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.lina, there.smith)
    await settle_outside(there, "bolt", False)
    for who, whom in ((there.lina, there.smith), (there.smith, there.lina)):
        with pytest.raises(OutsideHeld):
            await there.talk(who, whom)


async def test_who_loses_the_permission_writes_no_more_and_both_are_told(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    await there.follow(there.lina)
    roles = RoleService(office.storage)
    await roles.give(ROOT, "acme", [there.numbers[there.lina.id]], "invited")
    await there.follow(there.lina)
    assert isinstance(await there.say(there.smith, talk), OutsideHeld)
    assert len(await notes(there, talk)) == 1
    await roles.give(ROOT, "acme", [there.numbers[there.lina.id]], "ordinary")
    await there.follow(there.lina)
    assert await there.says(there.smith, talk)


async def test_a_role_that_loses_the_permission_binds_all_who_have_it(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    await there.follow(there.lina)
    await RoleService(office.storage).edit(ROOT, "acme", "ordinary", grants={rules.PERMISSION: Grant(Scope.NONE)})
    await there.follow(there.lina)
    assert isinstance(await there.say(there.lina, talk), OutsideHeld)


async def test_a_block_outlasts_what_the_company_forbade(office: Office) -> None:
    there = await There(office).build()
    talk = await talking(there)
    await settle_outside(there, "acme", False)
    await there.follow(there.lina)
    await there.contacts.block(seen_by(there.smith), there.lina.id)
    await settle_outside(there, "acme", True)
    await there.follow(there.lina)
    assert not await there.says(there.lina, talk)
    await there.contacts.block(seen_by(there.smith), there.lina.id, on=False)
    assert await there.says(there.lina, talk)


async def test_many_talks_are_held_piece_by_piece(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.outside import holding

    monkeypatch.setattr(holding, "PAGE", 2)
    monkeypatch.setattr(holding, "TOGETHER", 1)
    there = await There(office).build()
    for whom in (there.lina, there.wang, there.zhao):
        await there.befriend(there.ming, whom)
        await there.talk(there.ming, whom)
    await settle_outside(there, "acme", False)
    await there.follow(there.lina)
    assert [await there.is_held(there.ming, whom) for whom in (there.lina, there.wang, there.zhao)] == [True] * 3


async def test_a_rule_between_units_and_an_outside_hold_are_told_apart(office: Office) -> None:
    """Their columns are two: lifting one leaves the other."""
    assert OutsideHeld.code != WritingForbidden.code
    there = await There(office).build()
    talk = await talking(there)
    await there.storage.transact(lambda work: outside_talks.hold(work, talk, True))
    assert isinstance(await there.say(there.lina, talk), OutsideHeld)
    await there.follow(there.lina)
    assert await there.says(there.lina, talk)


# ---- reports


async def test_a_report_is_for_the_administrators_whose_permission_covers_the_member(office: Office) -> None:
    there = await There(office).build()
    sales = await office.companies.add_unit(ROOT, "acme", "Sales")
    await office.members.place(ROOT, "acme", there.numbers[there.lina.id], [sales])
    await there.befriend(there.lina, there.smith)
    wish = draw().to_bytes(16)
    for _ in range(2):
        await there.reports.report(seen_by(there.lina), wish, there.smith.id, "spam", "sends advertisements")
    with pytest.raises(IdConflict):
        await there.reports.report(seen_by(there.lina), wish, there.smith.id, "fraud", "")
    (one,) = await there.reports.list_reports(ROOT, "acme")
    assert (one.by_name, one.other_name, one.other_company, one.report.reason) == ("Li Na", "Smith", "bolt Ltd", "spam")
    assert await there.reports.list_reports(ROOT, "bolt") == []
    roles = RoleService(office.storage)
    await roles.add(ROOT, "acme", "Looker", grants={"chat.outside_view": Grant(Scope.OWN_UNIT)})
    for unit, seen in (((sales,), 1), ((), 0)):
        added = await office.companies.add_member(ROOT, "acme", Newcomer(name="Looker", units=unit))
        await roles.give(ROOT, "acme", [added.number], "Looker")
        assert len(await there.reports.list_reports(Acting("member", "Looker", added.member), "acme")) == seen
    with pytest.raises(NotAllowed):
        await there.reports.list_reports(Acting("member", "Wang", there.wang.id), "acme")


async def test_reports_are_limited_within_a_day(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "REPORTS_A_DAY", 1)
    there = await There(office).build()
    await there.befriend(there.lina, there.smith)
    await there.reports.report(seen_by(there.lina), draw().to_bytes(16), there.smith.id, "other", "")
    with pytest.raises(TooManyReports):
        await there.reports.report(seen_by(there.lina), draw().to_bytes(16), there.smith.id, "other", "")
    office.clock.advance(DAY)
    await there.reports.report(seen_by(there.lina), draw().to_bytes(16), there.smith.id, "other", "")


# ---- who leaves


async def leaves(there: There, who: Actor, successor: Actor | None = None) -> None:
    from server.org.cards import Changes

    if successor is not None:
        await there.office.members.change(ROOT, "acme", to_wire(who.id), Changes(successor=successor.id))
    await there.leaving.delete(ROOT, "acme", to_wire(who.id))


async def test_a_leavers_contacts_are_asked_by_his_successor_and_each_may_refuse(office: Office) -> None:
    there = await There(office).build()
    for whom, remark in ((there.smith, "Smithy"), (there.jones, "Jonesy"), (there.ming, "")):
        await there.befriend(there.lina, whom, remark=remark)
    await there.contacts.block(seen_by(there.lina), there.ming.id)
    await leaves(there, there.lina, there.wang)
    asked = await there.to(there.smith)
    assert [(one.name, one.instead_of) for one in asked] == [("Wang", "Li Na")]
    assert await there.to(there.ming) == [], "whom the leaver blocked is not asked"
    await there.accept(there.smith, there.wang)
    await there.refuse(there.jones, there.wang)
    assert {name: one.remark for name, one in (await there.kept(there.wang)).items()} == {"Smith": "Smithy"}
    assert list(await there.kept(there.smith)) == ["Wang"]
    assert (await there.kept(there.jones), await there.kept(there.ming)) == ({}, {})


async def test_a_leaver_without_a_successor_is_nobodys_contact_any_more(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.lina, there.smith)
    await there.ask(there.jones, there.lina)
    await there.ask(there.lina, there.ming)
    await leaves(there, there.lina)
    assert await there.kept(there.smith) == {}
    assert (await there.to(there.ming), [one.state for one in await there.of(there.jones)]) == ([], ["waiting"])
    left = await office.storage.read(lambda read: outside.some(read, there.lina.company, there.lina.id, 10))
    assert left == []


async def test_a_handover_asks_nobody_whom_the_company_may_not_reach(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.lina, there.smith)
    await settle_outside(there, "acme", False)
    await leaves(there, there.lina, there.wang)
    assert (await there.to(there.smith), await there.kept(there.smith)) == ([], {})


async def test_contacts_stay_with_a_number_that_goes_to_somebody_else(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.lina, there.smith, remark="Smithy", called="Nana")
    added = await there.leaving.reassign(ROOT, "acme", there.numbers[there.lina.id], Newcomer(name="Hua"))
    hua = Actor(there.lina.company, added.member, "Hua")
    assert (await there.kept(hua))["Smith"].remark == "Smithy"
    assert {name: one.remark for name, one in (await there.kept(there.smith)).items()} == {"Hua": "Nana"}
    assert await there.says(there.smith, await there.talk(there.smith, hua))


# ---- where they talk


async def test_conversations_of_before_are_found_by_the_migration(office: Office) -> None:
    """The statement of the migration finds what is kept from now on as it is made."""
    import importlib.util
    from pathlib import Path

    import sqlalchemy as sa

    from storage.statements import statement

    there = await There(office).build()
    await talking(there)
    await there.befriend(there.ming, there.hong)
    await there.talk(there.ming, there.hong)
    await there.talk(there.lina, there.wang)
    rows = statement(sa.text("SELECT company, member, conversation, other_company, other FROM outside_talks ORDER BY 1, 2, 3"))
    kept = [tuple(row) for row in await office.storage.read(lambda read: read.all(rows))]
    assert len(kept) == 4
    path = Path(__file__).parents[2] / "storage/migrations/versions/0010_outside_contacts.py"
    spec = importlib.util.spec_from_file_location("outside_contacts", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)

    async def act(work: object) -> None:
        await work.run(statement(sa.text("DELETE FROM outside_talks")))  # type: ignore[attr-defined]
        for one, other in (("low", "high"), ("high", "low")):
            await work.run(statement(sa.text(migration.TALKING.format(one=one, other=other))))  # type: ignore[attr-defined]

    await office.storage.transact(act)
    assert [tuple(row) for row in await office.storage.read(lambda read: read.all(rows))] == kept
