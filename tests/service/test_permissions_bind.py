"""Permissions with their scopes in the acts themselves: how far one reaches, and that nobody gets further by an act (SPEC B3, B6, C4)."""

from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from protocol.errors import MemberNotFound, SessionNotFound, YizhanError
from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.errors import CompanyNotFound, NumberNeverHeld, UnitNotFound
from server.companies.newcomers import Added, Newcomer
from server.directory.seen import SeenService
from server.org.cards import Changes
from server.roles.errors import CompanyAdministratorsOnly, MoreThanHeld, NotAllowed
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from tests.support.office import ROOT, Office, laptop

ALL = Grant(Scope.ALL)
BELOW = Grant(Scope.OWN_UNIT_AND_BELOW)


class Acme:
    """Sales with North below it, and Lab. Li Na manages Sales and below; Wang is in North, Zhao in Lab, Mei nowhere."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = RoleService(office.storage)

    async def build(self, **grants: Grant) -> "Acme":
        """``grants``: Li Na's, ``org__manage`` for org.manage; by default that, over her own unit and below."""
        office = self.office
        await office.company("acme")
        self.sales, self.lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
        self.north = await office.companies.add_unit(ROOT, "acme", "North", parent=self.sales)
        self.lina, self.wang, self.zhao, self.mei = [
            await office.member("acme", name, units=units)
            for name, units in (("Li Na", (self.sales,)), ("Wang", (self.north,)), ("Zhao", (self.lab,)), ("Mei", ()))
        ]
        chosen = grants or {"org__manage": BELOW, "org__view": BELOW, "org__delete": BELOW}
        await self.give(self.lina, "Manager", **chosen)
        self.actor = Actor("member", "Li Na", self.lina.member)
        return self

    async def give(self, whom: Added, role: str, **grants: Grant) -> None:
        await self.desk.add(ROOT, "acme", role, grants={name.replace("__", "."): grant for name, grant in grants.items()})
        await self.desk.give(ROOT, "acme", [whom.number], role)

    async def let_through(self, *acts: tuple[type[YizhanError], Any]) -> list[tuple[str, str, object]]:
        """Of Li Na's acts those that were not refused with their error and its entry: what should be, what came, the last entry."""
        found: list[tuple[str, str, object]] = []
        for refusal, act in acts:
            came = await _error_of(act)
            last = (await self.office.trail("acme"))[-1]
            entry = (last.outcome, last.details.get("error"), last.actor)
            if (came, entry) != (refusal.code, ("refused", refusal.code, self.lina.member)):
                found.append((refusal.code, came, entry))
        return found


async def _error_of(act: Awaitable[object]) -> str:
    """The code, empty where it was done."""
    try:
        await act
    except YizhanError as error:
        return error.code
    return ""


async def test_a_manager_reaches_her_unit_and_what_is_below_it_and_nothing_else(office: Office) -> None:
    there = await Acme(office).build()
    by, org, members = there.actor, office.org, office.members
    await org.rename(by, "acme", there.north, "Nord")
    await org.add(by, "acme", "South", parent=there.sales)
    await members.change(by, "acme", there.wang.number, Changes(job_title="Clerk"))
    await office.companies.add_member(by, "acme", Newcomer(name="Hua", units=(there.sales,)))
    await office.leaving.disable(by, "acme", [there.wang.number], "")
    assert not await there.let_through(
        (NotAllowed, org.rename(by, "acme", there.lab, "Labor")),
        (NotAllowed, org.add(by, "acme", "Hall")),
        (NotAllowed, org.move(by, "acme", there.north, there.lab)),
        (UnitNotFound, org.rename(by, "acme", 7, "Hall")),
        (NotAllowed, members.change(by, "acme", there.zhao.number, Changes(job_title="Clerk"))),
        (NotAllowed, members.change(by, "acme", there.mei.number, Changes(job_title="Clerk"))),
        (NotAllowed, office.companies.add_member(by, "acme", Newcomer(name="Hua", units=(there.lab,)))),
        (NotAllowed, office.companies.add_member(by, "acme", Newcomer(name="Hua"))),
        (NotAllowed, office.leaving.delete(by, "acme", there.zhao.number)),
        (NotAllowed, members.set_scope(by, "acme", there.wang.number, [there.sales])),
        (NotAllowed, members.set_hidden(by, "acme", [there.wang.number], True)),
        (NotAllowed, members.change(by, "acme", there.wang.number, Changes(is_hidden=True))),
    )


async def test_nobody_is_taken_out_of_a_unit_or_put_into_one_that_is_not_the_actors(office: Office) -> None:
    there = await Acme(office).build()
    place = office.members.place
    await office.members.add_to_unit(ROOT, "acme", [there.wang.number], there.lab)
    await place(there.actor, "acme", there.wang.number, [there.sales, there.lab])
    assert not await there.let_through(
        (NotAllowed, place(there.actor, "acme", there.wang.number, [there.sales])),  # out of Lab
        (NotAllowed, place(there.actor, "acme", there.lina.number, [there.sales, there.lab])),
        (NotAllowed, office.members.add_to_unit(there.actor, "acme", [there.lina.number], there.lab)),
        (NotAllowed, office.members.move_many(there.actor, "acme", [there.wang.number], there.north)),  # out of everywhere
    )


async def test_nobody_gets_further_by_being_moved_than_who_moves_him(office: Office) -> None:
    """SPEC C4: what a role has over its holder's own unit goes with him."""
    there = await Acme(office).build()
    await there.give(there.wang, "Reader", archive__read=BELOW)
    assert not await there.let_through((MoreThanHeld, office.members.place(there.actor, "acme", there.wang.number, [there.sales])))
    await office.members.place(ROOT, "acme", there.wang.number, [there.sales])


async def test_moving_a_unit_under_another_gives_the_mover_no_reach_that_she_had_not(office: Office) -> None:
    there = Acme(office)
    await there.build(org__manage=ALL, org__view=ALL)
    await there.desk.edit(ROOT, "acme", "Manager", grants={"archive.read": Grant(Scope.CHOSEN_UNITS, (there.sales,))})
    assert not await there.let_through((MoreThanHeld, office.org.move(there.actor, "acme", there.lab, there.sales)))
    await office.org.move(there.actor, "acme", there.north, there.lab)


async def test_moving_a_member_gives_the_mover_no_reach_over_him_that_she_had_not(office: Office) -> None:
    """Else whoever reads the message logs of one unit, and manages all, reads anybody's (SPEC C4)."""
    there = Acme(office)
    await there.build(org__manage=ALL, org__view=ALL)
    await there.desk.edit(ROOT, "acme", "Manager", grants={"archive.read": Grant(Scope.CHOSEN_UNITS, (there.sales,))})
    members, by = office.members, there.actor
    assert not await there.let_through(
        (MoreThanHeld, members.place(by, "acme", there.zhao.number, [there.north])),
        (MoreThanHeld, members.place(by, "acme", there.mei.number, [there.sales])),
        (MoreThanHeld, members.add_to_unit(by, "acme", [there.wang.number, there.zhao.number], there.sales)),
        (MoreThanHeld, members.move_many(by, "acme", [there.zhao.number], there.north)),
    )
    await members.move_many(by, "acme", [there.wang.number], there.sales)
    await members.place(by, "acme", there.wang.number, [there.lab])
    await members.move_many(ROOT, "acme", [there.zhao.number], there.north)


async def test_an_information_scope_is_given_as_far_as_ones_own(office: Office) -> None:
    """None set is the whole company, so within a scope of one's own it is not given."""
    there = await Acme(office).build(org__scope=ALL, org__manage=ALL)
    await office.members.set_scope(ROOT, "acme", there.lina.number, [there.sales])
    set_scope = office.members.set_scope
    await set_scope(there.actor, "acme", there.wang.number, [there.north])
    assert not await there.let_through(
        (NotAllowed, set_scope(there.actor, "acme", there.wang.number, [])),
        (UnitNotFound, set_scope(there.actor, "acme", there.wang.number, [there.lab])),
        (MemberNotFound, set_scope(there.actor, "acme", there.zhao.number, [there.north])),
    )


async def test_a_company_administrator_is_disabled_deleted_and_given_a_password_by_another_one_alone(office: Office) -> None:
    there = await Acme(office).build(org__manage=ALL, org__delete=ALL, org__scope=ALL, sign_in__password=ALL)
    await there.desk.give(ROOT, "acme", [there.wang.number, there.mei.number], "company_administrator")
    assert not await there.let_through(
        (CompanyAdministratorsOnly, office.leaving.disable(there.actor, "acme", [there.wang.number], "")),
        (CompanyAdministratorsOnly, office.leaving.delete(there.actor, "acme", there.wang.number)),
        (CompanyAdministratorsOnly, office.leaving.reassign(there.actor, "acme", there.wang.number, Newcomer(name="Hua"))),
        (CompanyAdministratorsOnly, office.members.set_scope(there.actor, "acme", there.wang.number, [there.lab])),
        (CompanyAdministratorsOnly, office.companies.reset_password(there.actor, "acme", there.wang.number)),
    )
    mei = Actor("member", "Mei", there.mei.member)
    assert await office.companies.reset_password(mei, "acme", there.wang.number)
    await office.leaving.disable(mei, "acme", [there.wang.number], "left")


async def test_a_password_is_reset_by_who_holds_what_it_opens(office: Office) -> None:
    """SPEC C4: the first password is told to who resets it."""
    there = await Acme(office).build(sign_in__password=ALL)
    assert await office.companies.reset_password(there.actor, "acme", there.wang.number)
    await there.give(there.wang, "Reader", archive__read=ALL)
    assert not await there.let_through((MoreThanHeld, office.companies.reset_password(there.actor, "acme", there.wang.number)))


async def test_whom_one_may_not_find_is_as_if_unknown_in_every_refusal(office: Office) -> None:
    """Promise V4: a hidden member, by number, by id, by session, by a number that nobody ever had."""
    there = await Acme(office).build(sign_in__sessions=ALL, sign_in__password=ALL, org__delete=ALL)
    session = to_wire((await office.sign_in(there.zhao, laptop())).session)
    await office.members.set_hidden(ROOT, "acme", [there.zhao.number], True)
    by = there.actor
    for hidden, unknown, refusal in (
        (there.zhao.number, "9999", MemberNotFound),
        (to_wire(there.zhao.member), to_wire(7), MemberNotFound),
    ):
        for who in (hidden, unknown):
            assert not await there.let_through((refusal, office.companies.reset_password(by, "acme", who)))
            assert not await there.let_through((refusal, office.companies.list_sessions(by, "acme", who)))
            assert not await there.let_through((refusal, office.leaving.delete(by, "acme", who)))
    for named in (session, to_wire(7)):
        assert not await there.let_through((SessionNotFound, office.companies.end_session(by, "acme", named)))
    for number in (there.zhao.number, "9999"):
        assert not await there.let_through((NumberNeverHeld, office.leaving.reassign(by, "acme", number, Newcomer(name="Hua"))))


async def test_the_super_administrator_is_over_his_own_company_alone(office: Office) -> None:
    there = await Acme(office).build()
    await office.company("bolt", first_number=5001)
    over = Actor("super", "acme")
    await office.org.rename(over, "acme", there.lab, "Labor")
    for act in (office.org.list_units(over, "bolt"), office.companies.add_member(over, "bolt", Newcomer(name="Hua"))):
        with pytest.raises(CompanyNotFound):
            await act
    with pytest.raises(NotAllowed):
        await office.companies.set_suspended(over, "acme", True)


# ---- what is listed


def names(listed: Sequence[Any]) -> list[str]:
    return [one.name for one in listed]


async def test_lists_show_as_much_as_the_permission_covers(office: Office) -> None:
    there = await Acme(office).build()
    assert names(await office.companies.list_members(there.actor, "acme")) == ["Li Na", "Wang"]
    assert names(await office.companies.list_members(there.actor, "acme", limit=1)) == ["Li Na"]
    listed = await office.org.list_units(there.actor, "acme")
    assert [(one.unit.name, one.members, one.below) for one in listed] == [("acme", 0, 0), ("Sales", 1, 2), ("North", 1, 1)]
    assert len(await office.org.list_units(ROOT, "acme")) == 4
    await there.desk.edit(ROOT, "acme", "Manager", grants={"org.view": Grant()})
    assert not await there.let_through(
        (NotAllowed, office.companies.list_members(there.actor, "acme")), (NotAllowed, office.org.list_units(there.actor, "acme"))
    )


async def test_who_sees_members_and_does_not_manage_them_neither_lists_nor_counts_the_hidden(office: Office) -> None:
    """SPEC B6: in the account center hidden members are for who manages the organisation, or reads logs, over them."""
    there = await Acme(office).build(org__view=ALL)
    await office.members.set_hidden(ROOT, "acme", [there.wang.number], True)
    await office.leaving.disable(ROOT, "acme", [there.zhao.number], "")
    assert names(await office.companies.list_members(there.actor, "acme")) == ["Li Na", "Mei"]
    listed = await office.org.list_units(there.actor, "acme")
    assert {one.unit.name: one.below for one in listed} == {"acme": 1, "Sales": 1, "North": 0, "Lab": 0}
    await there.desk.edit(ROOT, "acme", "Manager", grants={"org.manage": ALL})
    assert names(await office.companies.list_members(there.actor, "acme")) == ["Li Na", "Wang", "Zhao", "Mei"]
    await office.org.set_hidden(ROOT, "acme", there.lab, True)
    await there.desk.edit(ROOT, "acme", "Manager", grants={"org.manage": Grant()})
    assert "Lab" not in [one.unit.name for one in await office.org.list_units(there.actor, "acme")]


async def test_through_somebodys_eyes_one_sees_no_more_than_one_may(office: Office) -> None:
    there = await Acme(office).build()
    await office.members.place(ROOT, "acme", there.mei.number, [there.lab, there.sales])
    seen = await SeenService(office.storage).tree(there.actor, "acme", there.wang.number)
    assert [(one.unit.name, one.unit.way, names(one.members), one.unit.count) for one in seen if one.unit] == [
        ("acme", True, [], 3),
        ("Sales", False, ["Li Na", "Mei"], 3),
        ("North", False, ["Wang"], 1),
    ]
    assert len(await SeenService(office.storage).tree(ROOT, "acme", there.wang.number)) == 4
    assert not await there.let_through((NotAllowed, SeenService(office.storage).tree(there.actor, "acme", there.zhao.number)))
