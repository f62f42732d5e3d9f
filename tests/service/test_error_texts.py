"""What an error says to an administrator counts nobody whom he may not find: it is the same however many are hidden (promise V4)."""

import pytest

from protocol.errors import Value, YizhanError
from server.audit.service import Actor
from server.companies.errors import SeatsExhausted
from server.companies.newcomers import Newcomer
from server.org.errors import ScopeWouldOpen, UnitMembersLimit, UnitNotEmpty
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from tests.support.office import ROOT, Office

ALL = Grant(Scope.ALL)
Said = tuple[str, str, dict[str, Value]]


class Acme:
    """Lab, in which everybody is hidden; Sales, which Li Na manages, and she deletes everywhere. ``hidden``: how many are in Lab."""

    def __init__(self, office: Office, company: str, hidden: int) -> None:
        self.office = office
        self.company = company
        self.hidden = hidden

    async def build(self, first_number: int) -> "Acme":
        office, company = self.office, self.company
        await office.company(company, seats=self.hidden + 2, first_number=first_number)
        self.lab, self.sales = [await office.companies.add_unit(ROOT, company, name) for name in ("Lab", "Sales")]
        self.lina = await office.member(company, "Li Na", units=(self.sales,))
        desk = RoleService(office.storage)
        await desk.add(ROOT, company, "Manager", grants={"org.manage": Grant(Scope.OWN_UNIT), "org.delete": ALL})
        await desk.give(ROOT, company, [self.lina.number], "Manager")
        await office.companies.add_many(ROOT, company, [Newcomer(name=f"Hidden {nth}", units=(self.lab,)) for nth in range(self.hidden)])
        for member in await office.companies.list_members(ROOT, company):
            if member.name.startswith("Hidden"):
                await office.members.set_hidden(ROOT, company, [member.number], True)
                await office.members.set_scope(ROOT, company, member.number, [self.lab])
        self.actor = Actor("member", "Li Na", self.lina.member)
        return self


async def both(office: Office) -> list[Acme]:
    """Two companies that differ by who is hidden alone."""
    return [await Acme(office, "acme", 1).build(1001), await Acme(office, "bolt", 3).build(5001)]


def said(error: YizhanError) -> Said:
    return error.text("en"), error.text("zh"), error.data


async def test_a_unit_that_is_not_empty_says_so_without_a_number(office: Office) -> None:
    told = []
    for there in await both(office):
        with pytest.raises(UnitNotEmpty) as refused:
            await office.org.delete(there.actor, there.company, there.lab)
        told.append(said(refused.value))
    assert told[0] == told[1]
    assert told[0][0] == "there are members in Lab or below it"


async def test_a_unit_that_is_somebodys_whole_scope_does_not_say_of_how_many(office: Office) -> None:
    told = []
    for there in await both(office):
        for member in await office.companies.list_members(ROOT, there.company):
            if member.name.startswith("Hidden"):
                await office.members.move_many(ROOT, there.company, [member.number], there.sales)
        with pytest.raises(ScopeWouldOpen) as refused:
            await office.org.delete(there.actor, there.company, there.lab)
        told.append(said(refused.value))
    assert told[0] == told[1]


async def test_a_full_unit_says_its_limit_and_how_many_more_were_wished_for(office: Office) -> None:
    told = []
    for there in await both(office):
        await office.org.set_limits(ROOT, there.company, root_units=None, unit_members=3)
        newcomers = [Newcomer(name="Hua", units=(there.lab,))] * 4
        with pytest.raises(UnitMembersLimit) as refused:
            await office.companies.add_many(ROOT, there.company, newcomers, draft=True)
        told.append(said(refused.value))
    assert told[0] == told[1]
    assert told[0][2] == {"name": "Lab", "limit": 3, "wanted": 4}


async def test_seats_that_are_taken_do_not_say_by_how_many(office: Office) -> None:
    """Li Na sees her own unit: how many are elsewhere is not hers to know."""
    for there in await both(office):
        with pytest.raises(SeatsExhausted) as refused:
            await office.companies.add_many(there.actor, there.company, [Newcomer(name="Hua", units=(there.sales,))] * 2)
        assert refused.value.data == {"seats": there.hidden + 2, "wanted": 2}


def test_one_seat_is_spoken_of_as_many_are() -> None:
    assert SeatsExhausted(1, 1).text() == "not enough seats: the company may have 1 in all, too few for 1 more"
    assert SeatsExhausted(1, 1).text("zh") == "席位不足:企业共有 1 个席位,无法再加入 1 名成员"
