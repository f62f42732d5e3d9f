"""Members where they are: units, cards, scopes, drafts, numbers, as administrators change them (SPEC B2, B3, B8, B9)."""

import pytest

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.accounts.errors import PasswordTooShort, SignInWrong
from server.audit.service import Actor
from server.companies.errors import NameInvalid, NumbersExhausted, NumberTaken, SeatsExhausted, SegmentTaken, UnitNotFound
from server.companies.newcomers import Added, Newcomer
from server.org.cards import Changes
from server.org.errors import (
    HeadUnfit,
    NoUnit,
    PhoneOrMailNeeded,
    ScopeTooWide,
    StateUnfit,
    SuccessorNeeded,
    SuccessorUnfit,
    TimeZoneUnknown,
    UnitDisabled,
    UnitMembersLimit,
)
from server.org.loading import organisation
from server.org.members import Scoped
from server.org.organisation import Organisation
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from storage import companies, company_log, people
from storage.companies import Profile
from storage.writer.errors import MemberDisabled
from tests.support.office import GOOD, ROOT, Office, laptop


async def number_of(office: Office, company: str = "acme") -> int:
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return found.id


async def picture(office: Office, company: str = "acme") -> Organisation:
    number = await number_of(office, company)
    return await office.storage.read(lambda read: organisation(read, number, lambda name, pinyin: pinyin or name.lower()))


async def acme(office: Office) -> tuple[int, int, int]:
    """Sales over North, and Lab."""
    company = await office.company("acme")
    sales = await office.companies.add_unit(ROOT, company, "Sales")
    return (
        sales,
        await office.companies.add_unit(ROOT, company, "North", parent=sales),
        await office.companies.add_unit(ROOT, company, "Lab"),
    )


async def last(office: Office) -> tuple[str, dict[str, object]]:
    entry = (await office.trail("acme"))[-1]
    return entry.act, entry.details


# ---- units


async def test_a_member_is_in_several_units_and_one_is_primary(office: Office) -> None:
    sales, north, lab = await acme(office)
    lina = await office.member("acme", units=(sales,))
    await office.members.place(ROOT, "acme", lina.number, [lab, north])
    assert (await picture(office)).units_of(lina.member) == [lab, north]
    assert await last(office) == ("member.place", {"member": to_wire(lina.member), "before": ["Sales"], "after": ["Lab", "North"]})
    await office.members.place(ROOT, "acme", lina.number, [north, lab])
    assert (await picture(office)).units_of(lina.member) == [north, lab]
    company = await number_of(office)
    log = await office.storage.read(lambda read: company_log.since(read, company, 0, 100))
    assert log[-1][1].members == (lina.member,)


async def test_a_place_is_in_a_unit_that_is_there_and_has_room(office: Office) -> None:
    sales, _, lab = await acme(office)
    lina = await office.member("acme", units=(sales,))
    await office.org.set_limits(ROOT, "acme", root_units=None, unit_members=1)
    await office.member("acme", "Wang", units=(lab,))
    await office.company("bolt", first_number=5001)
    theirs = await office.companies.add_unit(ROOT, "bolt", "Theirs")
    cases: list[tuple[list[int], type[YizhanError]]] = [([], NoUnit), ([theirs], UnitNotFound), ([lab], UnitMembersLimit)]
    for wanted, refusal in cases:
        with pytest.raises(refusal):
            await office.members.place(ROOT, "acme", lina.number, wanted)
    with pytest.raises(MemberNotFound):
        await office.members.place(ROOT, "bolt", lina.number, [theirs])
    await office.org.set_disabled(ROOT, "acme", lab, True)
    with pytest.raises(UnitDisabled):
        await office.members.place(ROOT, "acme", lina.number, [lab])


async def test_who_is_in_disabled_units_alone_is_unassigned_until_they_are_enabled(office: Office) -> None:
    """SPEC B1, B9."""
    sales, north, lab = await acme(office)
    lina = await office.member("acme", "Li Na", units=(north,))
    wang = await office.member("acme", "Wang", units=(lab, north))
    await office.org.set_disabled(ROOT, "acme", sales, True)
    assert (await picture(office)).unassigned() == [lina.member]
    assert (await picture(office)).units_of(wang.member) == [lab]
    await office.org.set_disabled(ROOT, "acme", sales, False)
    assert (await picture(office)).unassigned() == []


async def test_a_head_who_moves_names_his_successor(office: Office) -> None:
    """SPEC B2: a head is replaced, not removed."""
    _, north, lab = await acme(office)
    lina, wang = [await office.member("acme", name, units=(lab,)) for name in ("Li Na", "Wang")]
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    with pytest.raises(SuccessorNeeded):
        await office.members.place(ROOT, "acme", lina.number, [north])
    assert (await picture(office)).units_of(lina.member) == [lab]
    await office.members.place(ROOT, "acme", lina.number, [north], successors={lab: wang.number})
    assert (await picture(office)).first_head(lab) == wang.member
    assert (await last(office))[1]["head of Lab"] == to_wire(wang.member)
    await office.members.place(ROOT, "acme", wang.number, [north])  # nobody is left whom he could name


async def test_only_active_persons_come_to_head_a_unit(office: Office) -> None:
    """SPEC B2, B5: not who is disabled, nor a draft, nor a robot."""
    sales, _, lab = await acme(office)
    lina, wang = [await office.member("acme", name, units=(lab,)) for name in ("Li Na", "Wang")]
    (draft,) = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Zhao", units=(lab,))], draft=True)
    robot, _ = await office.companies.add_robot(ROOT, "acme", "Clock")
    await office.members.place(ROOT, "acme", to_wire(robot), [lab])
    await office.leaving.disable(ROOT, "acme", [wang.number], "")
    for who in (wang.number, draft.number, to_wire(robot)):
        for act in (office.org.set_first_head(ROOT, "acme", lab, who), office.org.set_other_heads(ROOT, "acme", lab, [who])):
            with pytest.raises(HeadUnfit):
                await act
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    for successor in (wang.number, draft.number, to_wire(robot)):
        with pytest.raises(SuccessorUnfit):
            await office.members.place(ROOT, "acme", lina.number, [sales], successors={lab: successor})
    await office.members.place(ROOT, "acme", lina.number, [sales])  # nobody is left whom she could name
    assert (await picture(office)).first_head(lab) is None


async def test_a_head_who_is_disabled_names_his_successor_as_one_who_leaves(office: Office) -> None:
    """Several are a batch: nobody is asked, the entry lists the units whose head is disabled."""
    _, north, lab = await acme(office)
    lina, wang, zhao, mei = [await office.member("acme", name, units=(lab, north)) for name in ("Li Na", "Wang", "Zhao", "Mei")]
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    with pytest.raises(SuccessorNeeded):
        await office.leaving.disable(ROOT, "acme", [lina.number], "")
    with pytest.raises(SuccessorUnfit):
        await office.leaving.disable(ROOT, "acme", [lina.number], "", successors={lab: lina.number})
    assert (await picture(office)).first_head(lab) == lina.member
    await office.leaving.disable(ROOT, "acme", [lina.number], "left", successors={lab: wang.number})
    assert (await picture(office)).first_head(lab) == wang.member
    assert (await last(office))[1] == {"member": to_wire(lina.member), "reason": "left", "head of Lab": to_wire(wang.member)}
    await office.members.change(ROOT, "acme", wang.number, Changes(successor=zhao.member))
    await office.org.set_first_head(ROOT, "acme", north, mei.number)
    await office.leaving.disable(ROOT, "acme", [wang.number, mei.number], "")
    found = await picture(office)
    assert (found.first_head(lab), found.first_head(north)) == (zhao.member, mei.member)
    details = (await last(office))[1]
    assert (details["head of Lab"], details["without_successor"]) == (to_wire(zhao.member), ["North"])
    await office.leaving.disable(ROOT, "acme", [zhao.number], "")  # nobody active is left
    assert (await picture(office)).first_head(lab) == zhao.member
    await office.leaving.enable(ROOT, "acme", [lina.number])
    assert (await picture(office)).first_head(lab) == zhao.member


async def test_a_batch_moves_many_and_lists_the_units_that_it_leaves_without_a_head(office: Office) -> None:
    sales, north, lab = await acme(office)
    everybody = await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Person {nth}", units=(lab,)) for nth in range(70)])
    await office.org.set_first_head(ROOT, "acme", lab, everybody[0].number)
    some = [one.number for one in everybody[:60]]
    assert await office.members.move_many(ROOT, "acme", some, sales, out_of=lab) == [lab]
    found = await picture(office)
    assert len(found.members(sales)) == 60
    assert len(found.members(lab)) == 10
    entries = [entry.details["members"] for entry in await office.trail("acme") if entry.act == "member.move"]
    assert [len(ids) for ids in entries] == [50, 10]
    before = len(await office.trail("acme"))
    assert await office.members.move_many(ROOT, "acme", some, sales, out_of=lab) == []  # they are there already
    assert len(await office.trail("acme")) == before
    await office.members.add_to_unit(ROOT, "acme", some[:2], north)
    assert (await picture(office)).units_of(everybody[0].member) == [sales, north]


async def test_the_picture_of_a_company_has_everybody_in_the_order_that_people_see(office: Office) -> None:
    _, _, lab = await acme(office)
    zhao, wang, lina, mei = [await office.member("acme", name, units=(lab,)) for name in ("Zhao", "Wang", "Li Na", "梅")]
    await office.org.set_first_head(ROOT, "acme", lab, zhao.number)
    await office.org.set_sort(ROOT, "acme", lab, wang.number, 1)
    await office.members.change(ROOT, "acme", mei.number, Changes(pinyin="a"))
    robot, _ = await office.companies.add_robot(ROOT, "acme", "Clock")
    await office.members.set_scope(ROOT, "acme", mei.number, [lab])
    found = await picture(office)
    assert list(found.members(lab)) == [zhao.member, wang.member, mei.member, lina.member]
    person = found.person(mei.member)
    assert person is not None
    assert (person.reading, person.scope, person.state, person.is_hidden) == ("a", (lab,), "active", False)
    there = found.person(robot)
    assert there is not None
    assert there.kind == "robot"
    assert found.unassigned() == []


# ---- cards


async def test_a_phone_that_was_bound_and_is_changed_opens_nothing_any_more(office: Office) -> None:
    """SPEC B8: and his devices are told."""
    await office.company("acme")
    lina = await office.member("acme", phone="13800138000", mail="li@example.com")
    await office.verify(lina, "+8613800138000", "phone")
    await office.verify(lina, "li@example.com")
    await office.accounts.sign_in("13800138000", GOOD, laptop())
    await office.members.change(ROOT, "acme", lina.number, Changes(phone="13900139000", job_title="Pilot"))
    for phone in ("13800138000", "13900139000"):
        with pytest.raises(SignInWrong):
            await office.accounts.sign_in(phone, GOOD, laptop())
    await office.accounts.sign_in("li@example.com", GOOD, laptop())
    assert lina.member in office.told[-2].payload.members or lina.member in office.told[-3].payload.members
    changed = next(entry for entry in reversed(await office.trail("acme")) if entry.act == "member.change")
    assert changed.details == {
        "member": to_wire(lina.member),
        "job_title": ["", "Pilot"],
        "phone": ["13800138000", "13900139000"],
        "unbound": ["phone"],
    }


async def test_a_change_that_changes_nothing_leaves_no_entry(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    before = len(await office.trail("acme"))
    await office.members.change(ROOT, "acme", lina.number, Changes(name="Li Na"))
    await office.members.set_hidden(ROOT, "acme", [lina.number], False)
    await office.members.set_scope(ROOT, "acme", lina.number, [])
    assert len(await office.trail("acme")) == before


async def test_members_are_hidden_and_shown_again(office: Office) -> None:
    """SPEC B6."""
    await office.company("acme")
    both = [await office.member("acme", name) for name in ("Li Na", "Wang")]
    await office.members.set_hidden(ROOT, "acme", [one.number for one in both], True)
    assert [one.is_hidden for one in (await picture(office)).people] == [True, True]
    await office.members.set_hidden(ROOT, "acme", [both[0].number], False)
    assert await last(office) == ("member.show", {"member": to_wire(both[0].member)})


async def test_a_successor_is_a_member_of_the_company(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    smith = await office.member(await office.company("bolt", first_number=5001), "Smith")
    with pytest.raises(MemberNotFound):
        await office.members.change(ROOT, "acme", lina.number, Changes(successor=smith.member))


async def test_an_information_scope_has_units_of_the_company_three_at_most(office: Office) -> None:
    sales, north, lab = await acme(office)
    lina = await office.member("acme")
    await office.members.set_scope(ROOT, "acme", lina.number, [north, lab])
    company = await number_of(office)
    assert await office.storage.read(lambda read: people.scope(read, company, lina.member)) == sorted([north, lab])
    board = await office.companies.add_unit(ROOT, "acme", "Board")
    with pytest.raises(ScopeTooWide):
        await office.members.set_scope(ROOT, "acme", lina.number, [sales, north, lab, board])
    with pytest.raises(UnitNotFound):
        await office.members.set_scope(ROOT, "acme", lina.number, [77])


async def test_of_an_information_scope_only_what_the_asker_finds_is_named(office: Office) -> None:
    """SPEC B3, promise V4: that there is more is told, for none would be the whole company."""
    _, north, lab = await acme(office)
    lina = await office.member("acme", units=(lab,))
    wang = await office.member("acme", "Wang", units=(lab,))
    await office.members.set_scope(ROOT, "acme", lina.number, [lab, north])
    assert await office.members.list_scope(ROOT, "acme", lina.number) == [
        *(Scoped(north, "acme / Sales / North"), Scoped(lab, "acme / Lab")),
    ]
    desk = RoleService(office.storage)
    await desk.add(ROOT, "acme", "Lab head", grants={name: Grant(Scope.CHOSEN_UNITS, (lab,)) for name in ("org.scope", "org.manage")})
    await desk.give(ROOT, "acme", [wang.number], "Lab head")
    by_wang = Actor("member", "Wang", wang.member)
    assert await office.members.list_scope(by_wang, "acme", lina.number) == [Scoped(), Scoped(lab, "acme / Lab")]
    assert await office.members.list_scope(by_wang, "acme", wang.number) == []
    entries = [one.details["count"] for one in await office.trail("acme") if one.act == "member.list_scope"]
    assert entries == [2, 2, 0]


async def test_where_the_company_needs_it_every_member_has_a_phone_or_a_mail_address(office: Office) -> None:
    """SPEC B3."""
    await office.company("acme")
    await office.settings.set_needs_phone_or_mail(ROOT, "acme", True)
    with pytest.raises(PhoneOrMailNeeded):
        await office.member("acme")
    lina = await office.member("acme", mail="li@example.com")
    with pytest.raises(PhoneOrMailNeeded):
        await office.members.change(ROOT, "acme", lina.number, Changes(mail=""))


# ---- drafts and first passwords


async def test_a_draft_holds_its_number_and_cannot_sign_in_until_it_is_active(office: Office) -> None:
    await office.company("acme", seats=1)
    drafts = [await office.companies.add_member(ROOT, "acme", Newcomer(name=name), draft=True) for name in ("Li Na", "Wang")]
    assert [(one.number, one.password) for one in drafts] == [("1001", ""), ("1002", "")]
    with pytest.raises(SignInWrong):
        await office.accounts.sign_in("1001", GOOD, laptop())
    with pytest.raises(SeatsExhausted):
        await office.companies.activate(ROOT, "acme", ["1001", "1002"])
    (lina,) = await office.companies.activate(ROOT, "acme", ["1001"])
    admitted = await office.accounts.sign_in("1001", lina.password, laptop())
    assert admitted.member == drafts[0].member
    with pytest.raises(StateUnfit):
        await office.companies.activate(ROOT, "acme", ["1001"])
    with pytest.raises(SeatsExhausted):
        await office.companies.activate(ROOT, "acme", ["1002"])


async def test_many_drafts_are_activated_by_number_or_by_id(office: Office) -> None:
    """LOG C1: an act runs at most 200 statements, however its members are named."""
    await office.company("acme")
    drafts = await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Draft {nth}") for nth in range(60)], draft=True)
    whos = [to_wire(one.member) if nth % 2 else one.number for nth, one in enumerate(drafts)]
    assert len({one.password for one in await office.companies.activate(ROOT, "acme", whos)}) == 60
    assert {one.state for one in (await picture(office)).people} == {"active"}


async def test_a_draft_is_not_enabled_past_its_activation(office: Office) -> None:
    await office.company("acme", seats=1)
    draft = await office.companies.add_member(ROOT, "acme", Newcomer(name="Li Na"), draft=True)
    for act in (office.companies.enable(ROOT, "acme", draft.number), office.companies.disable(ROOT, "acme", draft.number, "")):
        with pytest.raises(StateUnfit):
            await act
    person = (await picture(office)).person(draft.member)
    assert person is not None
    assert person.state == "draft"


async def test_a_companys_first_password_is_for_those_who_come_after_it(office: Office) -> None:
    """SPEC A4; it is hashed once."""
    await office.company("acme")
    await office.settings.set_first_password(ROOT, "acme", GOOD)
    runs = office.passwords.runs
    draft = await office.companies.add_member(ROOT, "acme", Newcomer(name="Draft"), draft=True)
    added = [*await office.companies.add_many(ROOT, "acme", [Newcomer(name="Li Na"), Newcomer(name="Wang")])]
    added += await office.companies.activate(ROOT, "acme", [draft.number])
    assert office.passwords.runs == runs
    assert [one.password for one in added] == ["", "", ""]
    for one in added:
        assert (await office.accounts.sign_in(one.number, GOOD, laptop())).must_change_password
    await office.settings.set_first_password(ROOT, "acme", "")
    assert (await office.companies.add_member(ROOT, "acme", Newcomer(name="Zhao"))).password
    with pytest.raises(PasswordTooShort):
        await office.settings.set_first_password(ROOT, "acme", "short")
    assert GOOD not in repr(await office.trail("acme"))


# ---- what a company settles, and its numbers


async def test_the_top_of_the_tree_carries_the_short_name_until_it_is_renamed(office: Office) -> None:
    """SPEC B1."""
    await office.company("acme")
    await office.settings.set_profile(ROOT, "acme", Profile("Acme Ltd", "Acme & Co", intro="We fly.\nFar."))
    (top,) = await office.org.list_units(ROOT, "acme")
    assert top.unit.name == "Acme & Co"
    await office.org.rename(ROOT, "acme", top.unit.id, "Headquarters")
    await office.settings.set_profile(ROOT, "acme", Profile("Acme Ltd", "Acme", intro="We fly.\nFar."))
    entry = await last(office)
    assert entry == ("company.profile", {"short_name": ["Acme & Co", "Acme"]})
    await office.settings.set_profile(ROOT, "acme", Profile(" Acme Ltd ", "Acme", intro="We fly.\nFar."))
    assert await last(office) == entry
    (top,) = await office.org.list_units(ROOT, "acme")
    assert top.unit.name == "Headquarters"
    with pytest.raises(NameInvalid):
        await office.settings.set_profile(ROOT, "acme", Profile("", "Acme"))


async def test_a_time_zone_is_one_that_there_is(office: Office) -> None:
    await office.company("acme")
    await office.settings.set_time_zone(ROOT, "acme", "Europe/Berlin")
    assert await last(office) == ("company.time_zone", {"time_zone": ["Asia/Shanghai", "Europe/Berlin"]})
    with pytest.raises(TimeZoneUnknown):
        await office.settings.set_time_zone(ROOT, "acme", "Europe/Nowhere")


async def test_further_segments_follow_when_one_is_used_up(office: Office) -> None:
    await office.company("acme", first_number=9_999_999_998)
    await office.settings.add_segment(ROOT, "acme", 2001, 2002)
    assert await office.settings.offer_numbers(ROOT, "acme", 9) == ["2001", "2002", "9999999998", "9999999999"]
    await office.member("acme", "Chosen", number="2002")
    assert await office.settings.offer_numbers(ROOT, "acme", 2) == ["2001", "9999999998"]
    assert [one.number for one in await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"N{nth}") for nth in range(3)])] == [
        *("2001", "9999999998", "9999999999"),
    ]
    with pytest.raises(NumbersExhausted):
        await office.member("acme")
    with pytest.raises(SegmentTaken):
        await office.settings.add_segment(ROOT, "acme", 2002, 2010)
    assert [(one.first, one.last) for one in await office.settings.list_segments(ROOT, "acme")] == [
        (2001, 2002),
        (9_999_999_998, 9_999_999_999),
    ]


async def test_a_deleted_members_number_is_not_free(office: Office) -> None:
    """SPEC B4: it comes back by reassignment alone."""
    await office.company("acme")
    lina: Added = await office.member("acme")
    await office.leaving.delete(ROOT, "acme", lina.number)
    with pytest.raises(NumberTaken):
        await office.member("acme", number=lina.number)
    assert (await office.member("acme")).number == "1002"


async def test_who_is_disabled_cannot_come_in(office: Office) -> None:
    await office.company("acme")
    both = [await office.member("acme", name) for name in ("Li Na", "Wang")]
    await office.leaving.disable(ROOT, "acme", [one.number for one in both], "on leave")
    assert await last(office) == ("member.disable", {"members": [to_wire(one.member) for one in both], "reason": "on leave"})
    for one in both:
        with pytest.raises(MemberDisabled):
            await office.sign_in(one)
    await office.leaving.enable(ROOT, "acme", [one.number for one in both])
    for one in both:
        await office.sign_in(one)
