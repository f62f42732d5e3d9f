"""The account center's list of members: searched, by unit, letter and state, and no more than the actor may see (SPEC B3, B6, B8, B9)."""

from typing import Any

import pytest

from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.errors import UnitNotFound
from server.companies.listing import Sought
from server.companies.newcomers import Newcomer
from server.org.cards import Changes
from server.org.fields import FieldService
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from tests.support.office import ROOT, Office


class Acme:
    """Sales with North below it, and Lab. Zhang San is in North, Wang in Sales, Li Na in Lab, Mei nowhere; Qian is a draft."""

    async def build(self, office: Office) -> "Acme":
        self.office = office
        await office.company("acme")
        self.sales, self.lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
        self.north = await office.companies.add_unit(ROOT, "acme", "North", parent=self.sales)
        zhang: dict[str, Any] = {"phone": "13800138000", "mail": "san@example.com", "employee_no": "E-77"}
        for name, units, more in (("张三", (self.north,), zhang), ("Wang", (self.sales,), {}), ("Li Na", (self.lab,), {}), ("Mei", (), {})):
            await office.member("acme", name, units=units, **more)
        await office.companies.add_many(ROOT, "acme", [Newcomer(name="Qian", units=(self.lab,))], draft=True)
        return self

    async def names(self, actor: Actor = ROOT, **sought: Any) -> list[str]:
        return [one.name for one in await self.office.companies.list_members(actor, "acme", Sought(**sought))]

    async def manager(self, **grants: Grant) -> Actor:
        """Li Na, with these."""
        roles = RoleService(self.office.storage)
        await roles.add(ROOT, "acme", "Manager", grants={name.replace("__", "."): grant for name, grant in grants.items()})
        await roles.give(ROOT, "acme", ["1003"], "Manager")
        (lina,) = await self.office.companies.list_members(ROOT, "acme", Sought(query="1003"))
        return Actor("member", "Li Na", lina.id)


@pytest.mark.parametrize("query", ["张三", "zhangsan", "zs", "张s", "1001", "8000", "san@example.com", "e-77"])
async def test_somebody_is_found_by_all_that_names_him(office: Office, query: str) -> None:
    there = await Acme().build(office)
    assert await there.names(query=query) == ["张三"]


async def test_lists_are_by_unit_letter_and_state_and_all_of_them_together(office: Office) -> None:
    there = await Acme().build(office)
    assert await there.names(unit=there.sales) == ["张三", "Wang"]
    assert await there.names(unit=there.sales, below=False) == ["Wang"]
    assert await there.names(letter="Z") == ["张三"]
    assert await there.names(unassigned=True) == ["Mei"]
    assert await there.names(states=frozenset({"draft"})) == ["Qian"]
    assert await there.names(unit=there.lab, states=frozenset({"active"}), letter="L", query="li") == ["Li Na"]
    assert await there.names(unit=there.lab, letter="W") == []
    await office.org.set_disabled(ROOT, "acme", there.sales, True)
    assert await there.names(unassigned=True) == ["张三", "Wang", "Mei"]
    with pytest.raises(UnitNotFound):
        await there.names(unit=7)


async def test_pages_of_a_search_have_everybody_once(office: Office) -> None:
    there = await Acme().build(office)
    await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Zhou {letter}") for letter in "abcdefgh"])
    found, after = [], ("", 0)
    while page := await office.companies.list_members(ROOT, "acme", Sought(query="zhou"), after=after, limit=3):
        found += [one.name for one in page]
        after = (page[-1].number, page[-1].id)
    assert found == [f"Zhou {letter}" for letter in "abcdefgh"]
    assert len(await there.names(query="zhou")) == 8


async def test_a_manager_lists_whom_he_reaches_and_nobody_by_what_is_kept_from_him(office: Office) -> None:
    there = await Acme().build(office)
    lina = await there.manager(org__view=Grant(Scope.ALL))
    assert await there.names(lina) == ["张三", "Wang", "Li Na", "Mei"]  # no draft
    await FieldService(office.storage).set_privacy(ROOT, "acme", "employee_no", "hidden")
    for query in ("8000", "13800138000", "san@example.com", "e-77"):
        assert await there.names(lina, query=query) == []
    (card,) = await office.companies.list_members(lina, "acme", Sought(query="zs"))
    assert (card.name, card.number, card.phone, card.mail, card.employee_no) == ("张三", "1001", "", "", "")
    await office.members.change(ROOT, "acme", "1003", Changes(phone="13900139000"))
    assert await there.names(lina, query="13900139000") == ["Li Na"]  # her own
    await RoleService(office.storage).edit(ROOT, "acme", "Manager", grants={"org.manage": Grant(Scope.ALL)})
    assert await there.names(lina, query="13800138000") == ["张三"]


async def test_hidden_units_and_members_are_neither_found_nor_told_apart_from_none(office: Office) -> None:
    there = await Acme().build(office)
    lina = await there.manager(org__view=Grant(Scope.ALL))
    await office.org.set_hidden(ROOT, "acme", there.north, True)
    await office.members.set_hidden(ROOT, "acme", ["1002"], True)
    assert await there.names(lina, unit=there.sales) == []
    assert await there.names(lina, query="wang") == await there.names(lina, query="zs") == []
    for unit in (there.north, 7):
        with pytest.raises(UnitNotFound):
            await there.names(lina, unit=unit)
    trail = [one for one in await office.trail("acme") if one.act == "member.list"]
    assert trail[-1].details["unit"] == to_wire(7)
    assert await there.names(unit=there.sales) == ["张三", "Wang"]
