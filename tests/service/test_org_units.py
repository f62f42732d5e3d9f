"""Units as administrators make and change them (SPEC B1, B2), each act with its entry, and told to whoever follows."""

import pytest

from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.companies.errors import CompanyNotFound, UnitNotFound
from server.companies.newcomers import Newcomer
from server.org.errors import (
    HeadStays,
    LimitInvalid,
    NotInUnit,
    RootStays,
    ScopeWouldOpen,
    UnitBelowItself,
    UnitDisabled,
    UnitMembersLimit,
    UnitNameTaken,
    UnitNotEmpty,
)
from server.org.rules import STAND_IN
from storage import companies, company_log, units
from storage.company_log import Changed
from storage.schema.accounts import information_scopes
from storage.statements import insert_into
from storage.units import Place
from storage.work import Work
from tests.support.office import ROOT, Office

INSERT_SCOPE = insert_into(information_scopes, "company", "member", "unit")


async def number_of(office: Office, company: str) -> int:
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return found.id


async def drawn(office: Office, company: str = "acme") -> list[str]:
    """The tree as a person would draw it: depth by dots, members directly in it behind the name."""
    depth: dict[int | None, int] = {None: -1}
    lines = []
    for one in await office.org.list_units(ROOT, company):
        depth[one.unit.id] = depth[one.unit.parent] + 1
        lines.append("." * depth[one.unit.id] + one.unit.name + (f" {one.members} of {one.below}" if one.below else ""))
    return lines


async def changes(office: Office, company: str) -> list[Changed]:
    number = await number_of(office, company)
    return [changed for _, changed in await office.storage.read(lambda read: company_log.since(read, number, 0, 1000))]


async def acme(office: Office) -> tuple[int, int, int]:
    """Sales over North, and Lab."""
    company = await office.company("acme")
    sales = await office.companies.add_unit(ROOT, company, "Sales")
    return (
        sales,
        await office.companies.add_unit(ROOT, company, "North", parent=sales),
        await office.companies.add_unit(ROOT, company, "Lab"),
    )


async def test_a_tree_is_built_ordered_and_moved(office: Office) -> None:
    sales, north, lab = await acme(office)
    new = await office.org.add(ROOT, "acme")
    assert new.name == STAND_IN
    await office.org.rename(ROOT, "acme", new.id, "Board")
    await office.org.move(ROOT, "acme", new.id, (await office.org.list_units(ROOT, "acme"))[0].unit.id, before=sales)
    await office.org.move(ROOT, "acme", sales, lab)
    assert await drawn(office) == ["acme", ".Board", ".Lab", "..Sales", "...North"]
    with pytest.raises(UnitBelowItself):
        await office.org.move(ROOT, "acme", lab, north)
    with pytest.raises(UnitNameTaken):
        await office.org.rename(ROOT, "acme", lab, "board")


async def test_who_is_in_several_units_is_counted_once_above_them(office: Office) -> None:
    sales, north, lab = await acme(office)
    await office.member("acme", "Li Na", units=(north, lab))
    await office.member("acme", "Wang", units=(sales, north))
    assert await drawn(office) == ["acme 0 of 2", ".Sales 1 of 2", "..North 2 of 2", ".Lab 1 of 1"]
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.details) == ("unit.list", {"count": 4})


async def test_each_act_on_a_unit_has_an_entry_with_what_was_and_what_is(office: Office) -> None:
    """Promise V6."""
    sales, north, lab = await acme(office)
    before = len(await office.trail("acme"))
    await office.org.rename(ROOT, "acme", lab, "Laboratory")
    await office.org.describe(ROOT, "acme", lab, kind="institution", code="L-1", description="Where it is tried.")
    await office.org.move(ROOT, "acme", north, lab)
    await office.org.set_hidden(ROOT, "acme", lab, True)
    await office.org.set_disabled(ROOT, "acme", north, True)
    await office.org.set_disabled(ROOT, "acme", north, True)  # so already: no second entry
    await office.org.delete(ROOT, "acme", sales)
    found = [(entry.act, entry.details) for entry in (await office.trail("acme"))[before:]]
    for _, details in found:
        details.pop("unit")
    assert found == [
        ("unit.rename", {"path": "acme / Lab", "name": ["Lab", "Laboratory"], "is_renamed": ["false", "true"]}),
        (
            "unit.describe",
            {
                "path": "acme / Laboratory",
                "kind": ["department", "institution"],
                "code": ["", "L-1"],
                "description": ["", "Where it is tried."],
            },
        ),
        ("unit.move", {"path": ["acme / Sales / North", "acme / Laboratory / North"], "place": ["1", "1"]}),
        ("unit.hide", {"path": "acme / Laboratory", "is_hidden": ["false", "true"]}),
        ("unit.disable", {"path": "acme / Laboratory / North", "is_disabled": ["false", "true"]}),
        ("unit.delete", {"units": 1, "paths": ["acme / Sales"]}),
    ]


async def test_whoever_follows_hears_of_each_change_at_its_position(office: Office) -> None:
    """LOG E1: the feed names the company, its log the units."""
    sales, north, lab = await acme(office)
    before = len(await changes(office, "acme"))
    await office.org.move(ROOT, "acme", north, lab)
    await office.org.delete(ROOT, "acme", sales)
    told = (await changes(office, "acme"))[before:]
    assert told == [Changed(units=(north,)), Changed(units=(sales,), subjects=("roles", "unit_rules"))]
    company = await number_of(office, "acme")
    assert all(company in row.payload.companies for row in office.told[-2:])


async def test_a_unit_with_members_below_is_not_deleted_and_the_attempt_is_recorded(office: Office) -> None:
    sales, north, _ = await acme(office)
    await office.member("acme", "Li Na", units=(north,))
    with pytest.raises(UnitNotEmpty):
        await office.org.delete(ROOT, "acme", sales)
    last = (await office.trail("acme"))[-1]
    assert (last.act, last.outcome, last.details) == (
        "unit.delete",
        "refused",
        {"unit": to_wire(sales), "error": "unit.not_empty"},
    )
    with pytest.raises(RootStays):
        await office.org.delete(ROOT, "acme", (await office.org.list_units(ROOT, "acme"))[0].unit.id)


async def test_deleting_a_unit_shows_nobody_more_than_he_saw(office: Office) -> None:
    """SPEC B3: no information scope means the whole company, so the last unit of one is not deleted."""
    sales, _, lab = await acme(office)
    lina = await office.member("acme", "Li Na")
    company = await number_of(office, "acme")

    async def narrow(work: Work, unit: int) -> None:
        await work.run(INSERT_SCOPE, company=company, member=lina.member, unit=unit)

    await office.storage.transact(lambda work: narrow(work, lab))
    with pytest.raises(ScopeWouldOpen):
        await office.org.delete(ROOT, "acme", lab)
    await office.storage.transact(lambda work: narrow(work, sales))
    await office.org.delete(ROOT, "acme", lab)
    assert (await changes(office, "acme"))[-1] == Changed((lab,), (lina.member,), ("roles", "unit_rules"))
    assert await office.storage.read(lambda read: units.scopes_on(read, company, [sales])) == {lina.member: {sales}}


async def test_limits_are_the_companys_own(office: Office) -> None:
    _, _, lab = await acme(office)
    await office.org.set_limits(ROOT, "acme", root_units=2, unit_members=2)
    with pytest.raises(UnitMembersLimit):
        await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Person {nth}", units=(lab,)) for nth in range(3)])
    await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Person {nth}", units=(lab,)) for nth in range(2)])
    assert (await office.trail("acme"))[-1].details["numbers"] == ["1001", "1002"]
    with pytest.raises(LimitInvalid):
        await office.org.set_limits(ROOT, "acme", root_units=0, unit_members=None)
    await office.org.set_limits(ROOT, "acme", root_units=None, unit_members=None)
    assert (await office.trail("acme"))[-1].details == {"root_units": ["2", "200"], "unit_members": ["2", "160"]}


async def test_nobody_is_put_into_a_disabled_unit(office: Office) -> None:
    sales, north, _ = await acme(office)
    await office.org.set_disabled(ROOT, "acme", sales, True)
    with pytest.raises(UnitDisabled):
        await office.member("acme", units=(north,))
    await office.org.set_disabled(ROOT, "acme", sales, False)
    await office.member("acme", units=(north,))


async def test_a_unit_of_another_company_is_not_found(office: Office) -> None:
    _, _, lab = await acme(office)
    await office.company("bolt", first_number=5001)
    for act in (
        office.org.rename(ROOT, "bolt", lab, "Ours"),
        office.org.delete(ROOT, "bolt", lab),
        office.org.move(ROOT, "bolt", lab, lab),
        office.org.set_hidden(ROOT, "bolt", lab, True),
        office.org.set_first_head(ROOT, "bolt", lab, "1001"),
    ):
        with pytest.raises(UnitNotFound):
            await act
    with pytest.raises(CompanyNotFound):
        await office.org.rename(ROOT, "nobody", lab, "Ours")
    assert (await office.trail("acme"))[-1].act == "unit.add"


# ---- heads and order


async def heads(office: Office, unit: int) -> dict[int, str]:
    company = await number_of(office, "acme")
    there = await office.storage.read(lambda read: units.placed_in(read, company, [unit]))
    return {member: place.head for member, place in there[unit]}


async def test_a_first_head_is_replaced_and_not_removed(office: Office) -> None:
    """SPEC B2."""
    _, _, lab = await acme(office)
    lina, wang, zhao = [await office.member("acme", name, units=(lab,)) for name in ("Li Na", "Wang", "Zhao")]
    await office.org.set_first_head(ROOT, "acme", lab, lina.number)
    await office.org.set_other_heads(ROOT, "acme", lab, [wang.number])
    assert await heads(office, lab) == {lina.member: "first", wang.member: "other", zhao.member: ""}
    with pytest.raises(HeadStays):
        await office.org.set_other_heads(ROOT, "acme", lab, [lina.number, wang.number])
    await office.org.set_first_head(ROOT, "acme", lab, wang.number)
    assert await heads(office, lab) == {lina.member: "", wang.member: "first", zhao.member: ""}
    entry = (await office.trail("acme"))[-1]
    assert entry.details == {"unit": to_wire(lab), to_wire(lina.member): ["first", ""], to_wire(wang.member): ["other", "first"]}
    before = len(await office.trail("acme"))
    await office.org.set_first_head(ROOT, "acme", lab, wang.number)
    await office.org.set_other_heads(ROOT, "acme", lab, [])
    assert len(await office.trail("acme")) == before  # all is so already


async def test_heads_and_orders_are_of_the_units_own_members(office: Office) -> None:
    _, north, lab = await acme(office)
    lina = await office.member("acme", "Li Na", units=(north,))
    for act in (
        office.org.set_first_head(ROOT, "acme", lab, lina.number),
        office.org.set_other_heads(ROOT, "acme", lab, [lina.number]),
        office.org.set_sort(ROOT, "acme", lab, lina.number, 3),
    ):
        with pytest.raises(NotInUnit):
            await act
    with pytest.raises(MemberNotFound):
        await office.org.set_sort(ROOT, "acme", north, "9999", 3)
    await office.org.set_sort(ROOT, "acme", north, lina.number, 3)
    company = await number_of(office, "acme")
    there = await office.storage.read(lambda read: units.places_of(read, company, [lina.member]))
    assert there == {lina.member: (Place(north, "", 3),)}
    assert (await changes(office, "acme"))[-1] == Changed(members=(lina.member,))
