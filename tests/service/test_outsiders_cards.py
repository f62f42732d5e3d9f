"""A card that a member of another company opens (DESIGN 8, SPEC B9, H1): he is known where they share a conversation or as a contact, by
name and company and the fields that his company and he show; nothing of the company's own business, and nothing to anybody else.
"""

from typing import Any

import pytest

from protocol.errors import MemberNotFound
from protocol.events import MemberInfo
from protocol.ids import to_wire
from server.org.cards import Changes
from server.org.fields import FieldService
from server.visibility.profiles import profile
from server.visibility.service import Viewer
from storage import companies
from tests.support.cast import Actor, Desk, direct, group, send
from tests.support.office import ROOT, Office


class Two:
    """Li Na of Acme, whose card is full, and Smith of Bolt."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.fields = FieldService(office.storage)

    async def build(self) -> "Two":
        office = self.office
        await office.company("acme")
        await office.company("bolt", first_number=5001)
        sales = await office.companies.add_unit(ROOT, "acme", "Sales")
        self.lina = await self.actor("acme", "Li Na", units=(sales,), phone="13800138000", mail="li.na@example.com", job_title="Engineer")
        self.smith = await self.actor("bolt", "Smith")
        card = Changes(office_phone="010-1234", employee_no="E-7", description="works on Project X", nickname="Nana")
        await office.members.change(ROOT, "acme", to_wire(self.lina.id), card)
        locker = await self.fields.add(ROOT, "acme", "Locker")
        await self.fields.set_values(ROOT, "acme", to_wire(self.lina.id), {locker.id: "12"})
        await self.show("phone", "shown")
        return self

    async def actor(self, company: str, name: str, **more: Any) -> Actor:
        added = await self.office.member(company, name, **more)
        found = await self.office.storage.read(lambda read: companies.find(read, company))
        assert found is not None
        return Actor(found.id, added.member, name)

    async def show(self, field: str, shown: str) -> None:
        await self.fields.set_privacy(ROOT, "acme", field, shown)

    async def card(self, viewer: Actor, target: int) -> MemberInfo:
        return await self.office.storage.read(lambda read: profile(read, Viewer(viewer.company, viewer.id), target))


async def refusal(there: Two, target: int) -> tuple[object, ...]:
    with pytest.raises(MemberNotFound) as refused:
        await there.card(there.smith, target)
    return refused.value.code, refused.value.text("en"), refused.value.text("zh"), refused.value.data


async def test_an_outsider_is_shown_what_is_shown_to_everybody_and_nothing_of_the_companys_own(office: Office) -> None:
    there = await Two(office).build()
    await group(office.storage, there.lina, there.smith)
    card = await there.card(there.smith, there.lina.id)
    assert (card.name, card.company, card.nickname, card.job_title) == ("Li Na", "acme Ltd", "Nana", "Engineer")
    assert (card.phone, card.office_phone, card.mail) == ("13800138000", "010-1234", "")  # mail is hidden until the company shows it
    assert (card.units, card.employee_no, card.description, card.fields) == ((), "", "", {})
    assert (tuple(card.bound), card.phone_private) == ((), False)


async def test_what_is_hidden_or_for_the_own_unit_is_not_for_outsiders(office: Office) -> None:
    there = await Two(office).build()
    await group(office.storage, there.lina, there.smith)
    for shown in ("own_unit", "hidden"):
        for field in ("phone", "job_title"):
            await there.show(field, shown)
        card = await there.card(there.smith, there.lina.id)
        assert (card.name, card.phone, card.job_title) == ("Li Na", "", "")


async def test_an_outsider_without_a_tie_opens_no_card_and_a_conversation_in_which_nobody_wrote_is_none(office: Office) -> None:
    there = await Two(office).build()
    wang = await there.actor("acme", "Wang")
    await group(office.storage, wang, there.smith)
    unknown = await refusal(there, 7)
    assert await refusal(there, there.lina.id) == unknown
    talk = await direct(office.storage, there.lina, there.smith)
    assert await refusal(there, there.lina.id) == unknown
    await Desk(office.storage).put(send(there.lina, talk, "hello"))
    assert (await there.card(there.smith, there.lina.id)).name == "Li Na"


async def test_who_is_hidden_in_his_company_is_known_to_an_outsider_with_whom_he_talks(office: Office) -> None:
    """Hidden is hidden from the tree, in which no outsider looks (SPEC B6)."""
    there = await Two(office).build()
    await group(office.storage, there.lina, there.smith)
    await office.members.set_hidden(ROOT, "acme", [to_wire(there.lina.id)], True)
    assert (await there.card(there.smith, there.lina.id)).name == "Li Na"


async def test_of_who_is_deleted_an_outsider_keeps_the_name_alone(office: Office) -> None:
    there = await Two(office).build()
    talk = await direct(office.storage, there.lina, there.smith)
    await Desk(office.storage).put(send(there.lina, talk, "hello"))
    await office.leaving.delete(ROOT, "acme", to_wire(there.lina.id))
    card = await there.card(there.smith, there.lina.id)
    assert (card.name, card.phone, card.office_phone, card.job_title, card.nickname) == ("Li Na", "", "", "", "")
