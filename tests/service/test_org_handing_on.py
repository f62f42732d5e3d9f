"""An account number that is handed on to a new member (SPEC B4; DESIGN 4)."""

import pytest

from protocol.bodies import note
from protocol.ids import to_wire
from server.accounts.errors import SignInWrong
from server.companies.errors import NumberNeverHeld, SeatsExhausted
from server.companies.newcomers import Newcomer
from server.conversations.service import ConversationService
from server.org.leaving import GROUPS
from storage import heads, roles
from tests.support.leaving import (
    ADD_GROUP,
    ADD_GROUPED,
    GROUPED,
    entries,
    groups,
    inside,
    knows,
    notes,
    number_of,
    picture,
    run,
    state_of,
    trio,
)
from tests.support.logbook import check
from tests.support.office import GOOD, ROOT, Office


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


async def test_a_number_is_handed_on_though_seats_were_reduced_below_use(office: Office) -> None:
    """The seat passes on with it; where there was none it takes one (SPEC A1, B4)."""
    lina, wang, zhao = await trio(office)
    draft = await office.companies.add_member(ROOT, "acme", Newcomer(name="Draft"), draft=True)
    await office.leaving.disable(ROOT, "acme", [wang.number], "")
    await office.companies.set_seats(ROOT, "acme", 2)
    for one in (lina, wang):
        assert (await office.leaving.reassign(ROOT, "acme", one.number, Newcomer(name="Mei"))).number == one.number
    await office.leaving.delete(ROOT, "acme", zhao.number)
    for number in (zhao.number, draft.number):
        with pytest.raises(SeatsExhausted):
            await office.leaving.reassign(ROOT, "acme", number, Newcomer(name="Hua"))
    assert await state_of(office, draft) == ("draft", "")
