"""Whoever an administrator cannot see in the looks of the account center he cannot act on: he gets the answer for who is not there
(DESIGN 8, promise V4; SPEC B6, C2).

Every use case is done twice by Hua, who has its permission, as far as it goes, and finds nobody: once where those whom it is about are
there, and once where they are gone. The answers are the same, byte for byte. What is added later is tried as well.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from protocol.errors import MemberNotFound, SessionNotFound, Value, YizhanError
from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.errors import NumberNeverHeld, UnitNotFound
from server.companies.newcomers import Newcomer
from server.org.cards import Changes
from server.org.errors import SuccessorNeeded
from server.roles.acts import ACTS, OPERATOR
from server.roles.grants import Grant
from server.roles.permissions import PERMISSIONS, Scope
from server.roles.rules import FINDING
from server.roles.service import RoleService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from tests.support.acts import HUA, MEI, PLACE, WANG, ZHAO, Case, World
from tests.support.acts_all import CASES, IN_WORKERS
from tests.support.office import ROOT, Office, laptop

ALL = Grant(Scope.ALL)
NUMBERS_COME_BACK = {"LeavingService.reassign"}  # also that of somebody who is gone: it has tests of its own below
TRIED = [name for name, case in CASES.items() if ACTS[case.act] != OPERATOR and name not in {*IN_WORKERS, *NUMBERS_COME_BACK}]
ABOUT_THE_COMPANY = {
    *("CompanySettingsService.show", "CompanySettingsService.set_profile", "CompanySettingsService.set_time_zone"),
    *("CompanySettingsService.set_needs_phone_or_mail", "CompanySettingsService.set_first_password", "CompanyService.set_device_policy"),
    *("CompanySettingsService.list_segments", "CompanySettingsService.offer_numbers", "CompanyService.add_robot", "OrgService.set_limits"),
    *("CompanySettingsService.set_invited_role", "CompanySettingsService.set_outside"),
    *("FieldService.list_fields", "FieldService.add", "FieldService.change", "FieldService.delete"),
    *("FieldService.list_privacy", "FieldService.set_privacy"),
    *("RoleService.list_roles", "RoleService.add", "RoleService.edit", "RoleService.delete"),
    *("UnitRuleService.list_rules", "UnitRuleService.change", "UnitRuleService.delete", "TrailService.read", "TrailService.follow"),
    *("CompanyService.list_members", "OrgService.list_units", "RoleService.list_members"),  # lists of whom she finds
    "OutsideReportService.list_reports",
}
"""Use cases that are about nobody in particular, so they are done."""
Answer = tuple[str, str, str, dict[str, Value]] | None


async def answer(act: Awaitable[Any]) -> Answer:
    """The error, to the byte; None where it was done."""
    try:
        await act
    except YizhanError as error:
        return error.code, error.text("en"), error.text("zh"), error.data
    return None


async def built(office: Office, database: str, case: Case) -> tuple[World, Actor]:
    """Hua manages, or reads logs of, a unit of her own alone, all else goes as far as it can; and a rule keeps everybody from her."""
    world = World(office, database)
    await world.build()
    own = await office.companies.add_unit(ROOT, "acme", "Own")
    added = await office.companies.add_member(ROOT, "acme", Newcomer(name="Hua", number=HUA, units=(own,)))
    grants = {name: Grant(PERMISSIONS[name].widest) for name in {ACTS[case.act], *case.beside}}
    grants |= {name: Grant(Scope.CHOSEN_UNITS, (own,)) for name in FINDING if name in grants}
    await world.roles.add(ROOT, "acme", "Hua", grants=grants)
    await world.roles.give(ROOT, "acme", [HUA], "Hua")
    await world.rules.add(ROOT, "acme", Said(name="Nobody", kind="nobody", bound=Parties(members=frozenset([added.member]))))
    return world, Actor("member", "Hua", added.member, PLACE)


@pytest.mark.parametrize("name", TRIED)
async def test_who_is_not_found_is_as_if_he_were_not_there(office: Office, database: str, name: str) -> None:
    case = CASES[name]
    world, hua = await built(office, database, case)
    while_there = await answer(case.done(world, hua))
    assert (while_there is None) == (name in ABOUT_THE_COMPANY), while_there
    if while_there is not None:
        await office.leaving.delete_many(ROOT, "acme", [ZHAO, WANG, MEI])
        for unit in (world.sales, world.lab, world.hall):
            await office.org.delete(ROOT, "acme", unit)
        assert while_there == await answer(case.done(world, hua))


# ---- one by one


class Acme:
    """Sales, Lab and Vault; Li Na is in Sales, Wang in Lab, Zhao in Vault, Mei in both. The vault is hidden, and Li Na, who has what is
    given, manages nobody.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = RoleService(office.storage)

    async def build(self, **grants: Grant) -> "Acme":
        """``grants``: Li Na's, ``org__manage`` for org.manage."""
        office = self.office
        await office.company("acme")
        self.sales, self.lab, self.vault = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab", "Vault")]
        self.lina, self.wang, self.zhao, self.mei = [
            await office.member("acme", name, units=units)
            for name, units in (("Li Na", (self.sales,)), ("Wang", (self.lab,)), ("Zhao", (self.vault,)), ("Mei", (self.lab, self.vault)))
        ]
        await office.org.set_hidden(ROOT, "acme", self.vault, True)
        given = {name.replace("__", "."): grant for name, grant in grants.items()}
        await self.desk.add(ROOT, "acme", "Clerk", grants=given)
        await self.desk.give(ROOT, "acme", [self.lina.number], "Clerk")
        self.by = Actor("member", "Li Na", self.lina.member)
        return self

    def manages(self, *units: int) -> dict[str, Grant]:
        return {"org.manage": Grant(Scope.CHOSEN_UNITS, units)}


async def test_who_is_in_a_hidden_unit_is_acted_on_by_who_manages_it_alone(office: Office) -> None:
    there = await Acme(office).build(sign_in__password=ALL, sign_in__sessions=ALL)
    session = to_wire((await office.sign_in(there.zhao, laptop())).session)
    reset, end = office.companies.reset_password, office.companies.end_session
    assert await answer(reset(there.by, "acme", there.zhao.number)) == await answer(reset(there.by, "acme", "9999"))
    assert await answer(end(there.by, "acme", session)) == await answer(end(there.by, "acme", to_wire(7)))
    with pytest.raises(SessionNotFound):
        await end(there.by, "acme", session)
    await there.desk.edit(ROOT, "acme", "Clerk", grants=there.manages(there.vault))
    await end(there.by, "acme", session)
    assert await reset(there.by, "acme", there.zhao.number)


async def test_who_is_disabled_or_a_draft_is_acted_on_by_who_manages_him_alone(office: Office) -> None:
    """Others do not see such a member in any list."""
    there = await Acme(office).build(org__delete=ALL, org__view=ALL)
    await office.leaving.disable(ROOT, "acme", [there.wang.number], "left")
    assert there.wang.number not in {one.number for one in await office.companies.list_members(there.by, "acme")}
    with pytest.raises(MemberNotFound):
        await office.leaving.delete(there.by, "acme", there.wang.number)
    await there.desk.edit(ROOT, "acme", "Clerk", grants=there.manages(there.lab))
    await office.leaving.delete(there.by, "acme", there.wang.number)


async def test_one_who_may_not_be_acted_on_does_not_tell_that_the_next_one_is_there(office: Office) -> None:
    """Who is found and refused, and one who is not found, together."""
    there = await Acme(office).build()
    await there.desk.edit(ROOT, "acme", "Clerk", grants=there.manages(there.sales))
    cases: list[Callable[[str], Awaitable[Any]]] = [
        lambda who: office.leaving.disable(there.by, "acme", [there.wang.number, who], ""),
        lambda who: office.members.set_hidden(there.by, "acme", [there.wang.number, who], True),
        lambda who: office.org.set_other_heads(there.by, "acme", there.sales, [there.wang.number, who]),
        lambda who: there.desk.explain(there.by, "acme", there.wang.number, "org.view", on=who),
        lambda who: there.desk.give(there.by, "acme", [there.wang.number, who], "no such role"),
    ]
    for case in cases:
        assert await answer(case(there.zhao.number)) == await answer(case("9999"))
        with pytest.raises(MemberNotFound):
            await case(there.zhao.number)


async def test_a_unit_that_is_hidden_cannot_be_named_anywhere(office: Office) -> None:
    there = await Acme(office).build(org__scope=ALL, roles__manage=ALL)
    mei, by = there.mei.number, there.by
    await there.desk.edit(ROOT, "acme", "Clerk", grants=there.manages(there.lab))
    cases: list[Callable[[int], Awaitable[Any]]] = [
        lambda unit: office.org.rename(by, "acme", unit, "Cellar"),
        lambda unit: office.members.place(by, "acme", mei, [there.lab, unit]),
        lambda unit: office.members.place(by, "acme", mei, [there.sales, unit]),  # the first is not hers either
        lambda unit: office.members.move_many(by, "acme", [mei], there.lab, out_of=unit),
        lambda unit: office.members.add_to_unit(by, "acme", [mei], unit),
        lambda unit: office.members.set_scope(by, "acme", mei, [unit]),
        lambda unit: office.companies.add_member(by, "acme", Newcomer(name="Hua", units=(there.sales, unit))),
        lambda unit: there.desk.explain(by, "acme", there.lina.number, "org.manage", unit=unit),
        lambda unit: there.desk.add(by, "acme", "Keeper", grants={"org.manage": Grant(Scope.CHOSEN_UNITS, (unit,))}),
    ]
    for case in cases:
        with pytest.raises(UnitNotFound):
            await case(7)
        assert await answer(case(there.vault)) == await answer(case(7))


async def test_a_successor_who_is_not_found_is_not_told_by_name(office: Office) -> None:
    """One who is disabled cannot succeed anybody: the refusal would have named him."""
    there = await Acme(office).build()
    await there.desk.edit(ROOT, "acme", "Clerk", grants=there.manages(there.lab))
    await office.leaving.disable(ROOT, "acme", [there.zhao.number], "left")

    async def choose(member: int) -> None:
        await office.members.change(there.by, "acme", there.wang.number, Changes(successor=member))

    assert await answer(choose(there.zhao.member)) == await answer(choose(7))


async def test_nobody_is_asked_for_the_next_head_of_a_unit_that_he_does_not_find(office: Office) -> None:
    """Mei heads Lab and the vault. Whoever names a head holds what that gives."""
    heads = {name.replace(".", "__"): ALL for name, permission in PERMISSIONS.items() if permission.by_headship}
    there = await Acme(office).build(org__delete=ALL, **heads)
    for unit in (there.lab, there.vault):
        await office.org.set_first_head(ROOT, "acme", unit, there.mei.number)
    with pytest.raises(SuccessorNeeded) as asked:
        await office.leaving.delete(there.by, "acme", there.mei.number)
    assert asked.value.data == {"units": "Lab"}
    await office.leaving.delete(there.by, "acme", there.mei.number, successors={there.lab: there.wang.number})
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.details["without_head"]) == ("member.delete", ["Vault"])


async def test_units_without_a_head_are_told_to_who_finds_them(office: Office) -> None:
    there = await Acme(office).build(org__delete=ALL)
    for unit in (there.lab, there.vault):
        await office.org.set_first_head(ROOT, "acme", unit, there.mei.number)
    assert await office.leaving.delete_many(there.by, "acme", [there.mei.number]) == [there.lab]


async def test_a_number_that_cannot_be_handed_on_does_not_tell_that_somebody_held_it(office: Office) -> None:
    there = await Acme(office).build(org__delete=Grant(Scope.OWN_UNIT))
    await office.leaving.delete(ROOT, "acme", there.mei.number)
    for number in (there.zhao.number, there.mei.number, "1099"):
        with pytest.raises(NumberNeverHeld):
            await office.leaving.reassign(there.by, "acme", number, Newcomer(name="Hua"))
    await there.desk.edit(ROOT, "acme", "Clerk", grants={"org.delete": ALL})
    assert (await office.leaving.reassign(there.by, "acme", there.mei.number, Newcomer(name="Hua"))).number == there.mei.number


async def test_who_has_a_role_is_shown_as_far_as_one_finds_them(office: Office) -> None:
    there = await Acme(office).build(roles__view=ALL)
    shown = {one.name for one in await there.desk.list_members(there.by, "acme", "ordinary")}
    assert shown == {"Wang", "Mei"}  # she is there in Lab, too
    shown = {one.name for one in await there.desk.list_members(ROOT, "acme", "ordinary")}
    assert shown == {"Wang", "Zhao", "Mei"}


async def test_explaining_says_that_a_permission_does_not_help_where_one_finds_nobody(office: Office) -> None:
    there = await Acme(office).build(sign_in__password=ALL)
    told = await there.desk.explain(ROOT, "acme", there.lina.number, "sign_in.password", on=there.zhao.number)
    assert (told.decision.allowed, told.decision.rule) == (False, "not_found")
    told = await there.desk.explain(ROOT, "acme", there.lina.number, "sign_in.password", on=there.wang.number)
    assert (told.decision.allowed, told.decision.rule) == (True, "role")


async def test_a_rule_that_hides_units_from_who_made_it_is_changed_by_him_still(office: Office) -> None:
    there = await Acme(office).build(org__visibility=ALL)
    settle = World(office, "").rules
    await settle.add(there.by, "acme", Said(name="Quiet", kind="hide", bound=Parties(frozenset([there.lab]))))
    await settle.change(there.by, "acme", "Quiet", Said(name="Silent"))
    for hidden in (there.lab, there.vault):
        with pytest.raises(UnitNotFound):
            await settle.change(there.by, "acme", "Silent", Said(exempted=Parties(frozenset([hidden]))))
