"""Companies and members as administrators make and change them (SPEC A1, A4, B1, B3, B5, B8), each act with its audit entry."""

from typing import Any

import pytest

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.accounts.errors import PasswordTooShort, PasswordWellKnown, SignInLocked, SignInWrong
from server.companies.errors import (
    CompanyNotFound,
    CompanyNumberInvalid,
    CompanyNumberTaken,
    NameInvalid,
    NotAPerson,
    NumberInvalid,
    NumberNotInSegment,
    NumbersExhausted,
    NumberTaken,
    SeatsExhausted,
    SegmentTaken,
    UnitNotFound,
)
from server.companies.newcomers import Newcomer
from server.visibility.profiles import profile
from server.visibility.service import Viewer
from storage import companies
from storage.errors import ActWithoutEntry
from storage.work import Read, Work
from tests.support.cast import Actor, group, join, leave
from tests.support.office import GOOD, ROOT, Office, laptop


def people(count: int) -> list[Newcomer]:
    return [Newcomer(name=f"Person {number}") for number in range(count)]


# ---- companies and units


async def test_a_company_begins_with_the_root_of_its_tree(office: Office) -> None:
    """SPEC B1: it carries the short name."""
    made = await office.companies.create(ROOT, "acme", name="Acme Ltd", short_name="Acme", seats=30, first_number=2001)
    assert (made.number, made.seats, made.next_number, made.device_policy) == ("acme", 30, 2001, "one_per_class")
    units = await office.storage.read(lambda read: companies.units_of(read, made.id, 10))
    assert [(unit.name, unit.parent) for unit in units] == [("Acme", None)]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"number": "acme"}, CompanyNumberTaken),
        ({"number": "Big Acme"}, CompanyNumberInvalid),
        ({"number": "personal"}, CompanyNumberInvalid),
        ({"name": " "}, NameInvalid),
        ({"short_name": "a\nb"}, NameInvalid),
        ({"first_number": 12}, NumberInvalid),
    ],
)
async def test_a_company_that_cannot_be_made_is_refused_and_the_attempt_recorded(
    office: Office, change: dict[str, object], refusal: type[YizhanError]
) -> None:
    await office.company("acme")
    wanted = {"number": "bolt", "name": "Bolt", "short_name": "Bolt", "seats": 5, "first_number": 5001, **change}
    with pytest.raises(refusal):
        await office.companies.create(ROOT, **wanted)  # type: ignore[arg-type]
    trail = await office.trail("operator")
    assert (trail[-1].act, trail[-1].outcome, trail[-1].details["error"]) == ("company.create", "refused", refusal.code)
    assert (trail[-1].actor_kind, trail[-1].actor_name) == ("operator", "ops")


async def test_units_hang_below_the_root_or_another_unit(office: Office) -> None:
    company = await office.company()
    sales = await office.companies.add_unit(ROOT, company, "Sales")
    north = await office.companies.add_unit(ROOT, company, "North", parent=sales)
    units = await office.storage.read(lambda read: _units(read, company))
    by_id = {unit.id: unit for unit in units}
    assert by_id[north].parent == sales
    assert by_id[sales].parent == next(unit.id for unit in units if unit.parent is None)


async def test_a_unit_of_another_company_is_no_place_for_anything(office: Office) -> None:
    await office.company("acme")
    theirs = await office.companies.add_unit(ROOT, await office.company("bolt", first_number=5001), "Sales")
    with pytest.raises(UnitNotFound):
        await office.companies.add_unit(ROOT, "acme", "North", parent=theirs)
    with pytest.raises(UnitNotFound):
        await office.member("acme", units=(theirs,))


@pytest.mark.parametrize("number", ["nobody", "operator"])
async def test_there_is_nothing_to_do_in_a_company_that_is_none(office: Office, number: str) -> None:
    with pytest.raises(CompanyNotFound):
        await office.companies.add_member(ROOT, number, Newcomer(name="Li Na"))
    with pytest.raises(CompanyNotFound):
        await office.companies.list_members(ROOT, number)
    assert [entry.outcome for entry in await office.trail("operator")] == ["refused", "refused"]


async def test_the_operator_lists_companies_page_by_page(office: Office) -> None:
    for at, number in enumerate(("bolt", "acme", "cart")):
        await office.company(number, first_number=1000 * (at + 1))
    first = await office.companies.list_companies(ROOT, limit=2)
    rest = await office.companies.list_companies(ROOT, after=first[-1].number, limit=2)
    assert [one.number for one in (*first, *rest)] == ["acme", "bolt", "cart"]


# ---- adding members


async def test_newcomers_get_the_next_numbers_of_the_segment(office: Office) -> None:
    company = await office.company(first_number=1001)
    added = await office.companies.add_many(ROOT, company, people(3))
    assert [one.number for one in added] == ["1001", "1002", "1003"]
    assert (await office.member(company)).number == "1004"


async def test_numbers_that_were_chosen_are_passed_over(office: Office) -> None:
    company = await office.company("acme", first_number=1001)
    await office.companies.add_many(ROOT, company, [Newcomer(name="Wang", number="1002"), Newcomer(name="Zhao", number="1003")])
    asked = [Newcomer(name="Li Na", number="1005"), *people(3)]
    assert [one.number for one in await office.companies.add_many(ROOT, company, asked)] == ["1005", "1001", "1004", "1006"]


async def test_a_number_is_held_by_one_member_alone(office: Office) -> None:
    company = await office.company("acme")
    await office.member(company, number="1888")
    with pytest.raises(NumberTaken):
        await office.member(company, number="1888")
    with pytest.raises(NumberTaken):
        await office.companies.add_many(ROOT, company, [Newcomer(name="Li", number="1777"), Newcomer(name="Na", number="1777")])
    with pytest.raises(NumberInvalid):
        await office.member(company, number="13800138000")


async def test_a_company_has_no_numbers_but_those_of_its_own_segments(office: Office) -> None:
    """SPEC B3. Whether another company's number is held is not told."""
    await office.member(await office.company("acme"))
    await office.company("bolt", first_number=5001)
    for number in ("1001", "1002"):
        with pytest.raises(NumberNotInSegment):
            await office.member("bolt", number=number)
    with pytest.raises(SegmentTaken):
        await office.company("cart", first_number=1500)


async def test_a_segment_ends_where_the_next_ones_begins(office: Office) -> None:
    await office.company("acme", first_number=1003)
    company = await office.company("bolt", first_number=1001)
    assert [one.number for one in await office.companies.add_many(ROOT, company, people(2))] == ["1001", "1002"]
    with pytest.raises(NumbersExhausted):
        await office.member(company)


async def test_a_segment_that_is_used_up_adds_nobody(office: Office) -> None:
    company = await office.company(first_number=9_999_999_999)
    await office.member(company)
    with pytest.raises(NumbersExhausted):
        await office.member(company)


async def test_when_the_seats_are_taken_nobody_is_added(office: Office) -> None:
    """SPEC A1: robots and drafts take none."""
    company = await office.company(seats=3)
    await office.companies.add_many(ROOT, company, people(2))
    with pytest.raises(SeatsExhausted) as full:
        await office.companies.add_many(ROOT, company, people(2))
    assert full.value.data == {"seats": 3, "wanted": 2}
    await office.companies.add_robot(ROOT, company, "Clock")
    await office.companies.add_member(ROOT, company, Newcomer(name="Draft"), draft=True)
    await office.member(company)
    with pytest.raises(SeatsExhausted):
        await office.member(company)
    assert len(await office.companies.list_members(ROOT, company)) == 5


async def test_hundreds_are_added_in_pieces_each_with_its_entry(office: Office) -> None:
    """LOG C1: an act writes at most 500 rows."""
    company = await office.company(seats=1000)
    both = [await office.companies.add_unit(ROOT, company, name) for name in ("Sales", "Lab")]
    before = office.passwords.runs
    newcomers = [Newcomer(name=f"Person {number}", units=(both[number % 2],)) for number in range(250)]
    added = await office.companies.add_many(ROOT, company, newcomers, password=GOOD)
    assert office.passwords.runs == before + 1  # one hash for all
    assert len({one.member for one in added}) == len({one.number for one in added}) == 250
    entries = [entry for entry in await office.trail(company) if entry.act == "member.add"]
    assert sum(len(entry.details["members"]) for entry in entries) == 250
    assert len(entries) == 5


async def test_drawn_passwords_differ_and_a_given_one_is_not_told_again(office: Office) -> None:
    company = await office.company()
    drawn = await office.companies.add_many(ROOT, company, people(3))
    assert len({one.password for one in drawn}) == 3
    assert (await office.member(company)).password == ""


@pytest.mark.parametrize(("password", "refusal"), [("12345", PasswordTooShort), ("a12345678", PasswordWellKnown)])
async def test_a_first_password_that_anybody_would_guess_is_refused(office: Office, password: str, refusal: type[YizhanError]) -> None:
    company = await office.company()
    with pytest.raises(refusal):
        await office.companies.add_member(ROOT, company, Newcomer(name="Li Na"), password=password)


async def test_no_password_is_in_the_audit_trail(office: Office) -> None:
    company = await office.company()
    zhao = await office.companies.add_member(ROOT, company, Newcomer(name="Zhao"))
    code = await office.companies.reset_password(ROOT, company, zhao.number)
    await office.companies.reset_password(ROOT, company, zhao.number, password=GOOD)
    _, token = await office.companies.add_robot(ROOT, company, "Clock")
    told = repr(await office.trail(company))
    assert not [secret for secret in (zhao.password, code, GOOD, token) if secret in told]


async def test_a_personal_account_has_no_number_and_signs_in_by_mail(office: Office) -> None:
    """DESIGN 4: members of the built-in company 'personal'."""
    mei = await office.member("personal", "Mei")
    assert mei.number == ""
    await office.verify(mei, "mei@example.com")
    admitted = await office.accounts.sign_in("mei@example.com", GOOD, laptop())
    assert admitted.member == mei.member
    assert admitted.me.company == "personal"


async def test_members_are_listed_page_by_page_and_the_look_is_recorded(office: Office) -> None:
    company = await office.company()
    await office.companies.add_many(ROOT, company, people(5))
    first = await office.companies.list_members(ROOT, company, limit=3)
    rest = await office.companies.list_members(ROOT, company, after=(first[-1].number, first[-1].id), limit=3)
    assert [one.name for one in (*first, *rest)] == [f"Person {number}" for number in range(5)]
    assert [entry.details["count"] for entry in await office.trail(company) if entry.act == "member.list"] == [3, 2]


# ---- changing members


async def test_a_disabled_member_is_enabled_again(office: Office) -> None:
    company = await office.company()
    lina = await office.member(company)
    for _ in range(2):  # who is disabled already stays so, without a second entry
        await office.companies.disable(ROOT, company, lina.number, "on leave")
    await office.companies.enable(ROOT, company, lina.number)
    assert (await office.sign_in(lina)).member == lina.member
    acts = [(entry.act, entry.details.get("reason")) for entry in await office.trail(company)]
    assert acts[-2:] == [("member.disable", "on leave"), ("member.enable", None)]
    assert len(acts) == 4


async def test_a_robot_has_no_password_to_reset(office: Office) -> None:
    company = await office.company()
    robot, _ = await office.companies.add_robot(ROOT, company, "Clock")
    with pytest.raises(NotAPerson):
        await office.companies.reset_password(ROOT, company, to_wire(robot))


async def test_an_administrator_reaches_no_member_of_another_company(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    await office.company("bolt", first_number=5001)
    for who in (lina.number, to_wire(lina.member), "4711", "no id"):
        with pytest.raises(MemberNotFound):
            await office.companies.disable(ROOT, "bolt", who, "")
        with pytest.raises(MemberNotFound):
            await office.companies.reset_password(ROOT, "bolt", who)
    assert (await office.sign_in(lina)).member == lina.member


async def test_a_reset_gives_a_new_first_password_and_ends_the_sessions(office: Office) -> None:
    company = await office.company()
    lina = await office.member(company)
    admitted = await office.sign_in(lina)
    code = await office.companies.reset_password(ROOT, company, lina.number)
    assert office.ended() == {admitted.session: "password_changed"}
    with pytest.raises(SignInWrong):
        await office.sign_in(lina)
    assert (await office.sign_in(lina, password=code)).must_change_password


async def test_a_reset_opens_a_number_that_was_locked(office: Office) -> None:
    company = await office.company()
    lina = await office.member(company)
    for _ in range(5):
        with pytest.raises((SignInWrong, SignInLocked)):
            await office.sign_in(lina, password="not this one")
    code = await office.companies.reset_password(ROOT, company, lina.number)
    assert (await office.sign_in(lina, password=code)).member == lina.member


# ---- the trail (promise V6)


async def test_an_act_without_its_entry_does_nothing(office: Office) -> None:
    company = await office.company()

    async def act(work: Work) -> None:
        found = await companies.find(work, company)
        assert found is not None
        await companies.set_suspended(work, found.id, True)

    with pytest.raises(ActWithoutEntry):
        await office.storage.transact(act, administrative=True)
    await office.member(company)
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    assert not found.suspended


# ---- who sees whom (DESIGN 8)


async def _sees(office: Office, viewer: Actor, target: Actor) -> bool:
    try:
        card = await office.storage.read(lambda read: profile(read, Viewer(viewer.company, viewer.id), target.id))
    except MemberNotFound:
        return False
    return card.member == to_wire(target.id)


async def _actor(office: Office, company: str, name: str, **more: Any) -> Actor:
    added = await office.member(company, name, **more)
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return Actor(found.id, added.member, name)


async def test_colleagues_see_each_other_without_phone_and_mail(office: Office) -> None:
    await office.company()
    lina = await _actor(office, "acme", "Li Na", phone="13800138000", mail="li.na@example.com", job_title="Engineer")
    wang = await _actor(office, "acme", "Wang")
    theirs = await office.storage.read(lambda read: profile(read, Viewer(wang.company, wang.id), lina.id))
    own = await office.storage.read(lambda read: profile(read, Viewer(lina.company, lina.id), lina.id))
    assert (theirs.name, theirs.number, theirs.job_title, theirs.phone, theirs.mail) == ("Li Na", "1001", "Engineer", "", "")
    assert (own.phone, own.mail) == ("13800138000", "li.na@example.com")


async def test_a_stranger_and_an_unknown_id_get_the_same_answer(office: Office) -> None:
    await office.company("acme")
    await office.company("bolt", first_number=5001)
    lina, mei = await _actor(office, "acme", "Li Na"), await _actor(office, "bolt", "Mei")

    async def answer(target: int) -> tuple[object, ...]:
        with pytest.raises(MemberNotFound) as refused:
            await office.storage.read(lambda read: profile(read, Viewer(lina.company, lina.id), target))
        return refused.value.code, refused.value.text("zh"), refused.value.data

    assert await answer(mei.id) == await answer(mei.id + 1)


async def test_people_of_two_companies_know_each_other_by_a_conversation(office: Office) -> None:
    await office.company("acme")
    await office.company("bolt", first_number=5001)
    lina, mei, wang = [await _actor(office, company, name) for company, name in (("acme", "Li Na"), ("bolt", "Mei"), ("acme", "Wang"))]
    await group(office.storage, lina, mei)
    assert (await _sees(office, lina, mei), await _sees(office, mei, lina), await _sees(office, wang, mei)) == (True, True, False)


async def test_personal_accounts_are_no_colleagues(office: Office) -> None:
    mei, jun = await _actor(office, "personal", "Mei"), await _actor(office, "personal", "Jun")
    assert not await _sees(office, mei, jun)
    assert await _sees(office, mei, mei)


async def test_who_left_before_the_other_came_never_met_him(office: Office) -> None:
    """Promise V4: nothing is learned from outside one's stays."""
    await office.company("acme")
    await office.company("bolt", first_number=5001)
    lina, mei, jun = [await _actor(office, company, name) for company, name in (("acme", "Li Na"), ("bolt", "Mei"), ("personal", "Jun"))]
    room = await group(office.storage, lina, mei)
    await leave(office.storage, room, mei)
    await join(office.storage, room, jun)
    assert (await _sees(office, mei, lina), await _sees(office, mei, jun), await _sees(office, jun, mei)) == (True, False, False)


async def _units(read: Read, number: str) -> list[companies.Unit]:
    found = await companies.find(read, number)
    assert found is not None
    return await companies.units_of(read, found.id, 100)


async def test_many_passwords_are_reset_in_one_go_and_the_entry_names_them(office: Office) -> None:
    """SPEC B8."""
    company = await office.company()
    both = [await office.member(company, name) for name in ("Li Na", "Wang")]
    reset = await office.companies.reset_passwords(ROOT, company, [one.number for one in both])
    assert [one.member for one in reset] == [one.member for one in both]
    for one in reset:
        assert (await office.sign_in(one, password=one.password)).must_change_password
    assert len({one.password for one in reset}) == 2
    runs = office.passwords.runs
    shared = await office.companies.reset_passwords(ROOT, company, [one.number for one in both], password="another good one")
    assert [one.password for one in shared] == ["", ""]
    assert office.passwords.runs == runs + 1
    entries = [entry.details for entry in await office.trail(company) if entry.act == "member.reset_password"]
    assert entries == [{"members": [to_wire(one.member) for one in both]}] * 2
