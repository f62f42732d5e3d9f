"""Roles as administrators make, change and give them, each act with its entry; rights hold from the commit on (SPEC C1 to C5)."""

import asyncio

import pytest

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.audit.service import Actor
from server.clock import ManualClock
from server.companies.errors import CompanyNotFound, NameInvalid, UnitNotFound
from server.companies.newcomers import Added
from server.org.errors import LastAdministrator
from server.roles import asking, rules
from server.roles.errors import (
    CompanyAdministratorsOnly,
    MoreThanHeld,
    NotAllowed,
    PermissionUnknown,
    RoleFixed,
    RoleInUse,
    RoleNameTaken,
    RoleNotForInvited,
    RoleNotFound,
    RoleStays,
)
from server.roles.grants import Grant, Role
from server.roles.permissions import Scope
from server.roles.rules import Target, member
from server.roles.service import RoleService
from storage import companies, company_log, people, roles
from storage.engine import connect
from storage.work import Read
from tests.support.office import ROOT, Office

ALL, SELF = Grant(Scope.ALL), Grant(Scope.SELF)


@pytest.fixture
def desk(office: Office) -> RoleService:
    return RoleService(office.storage)


def acting(one: Added, name: str = "") -> Actor:
    return Actor("member", name, one.member)


async def number_of(office: Office, company: str = "acme") -> int:
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return found.id


async def role_of(office: Office, one: Added) -> int | None:
    company = await number_of(office)
    found = await office.storage.read(lambda read: people.records(read, company, [one.member]))
    return found[one.member].role


async def cast(office: Office, desk: RoleService) -> tuple[Added, Added, Added]:
    """Li Na is a company administrator, Wang a system administrator, Zhao an ordinary member."""
    await office.company("acme")
    lina, wang, zhao = [await office.member("acme", name) for name in ("Li Na", "Wang", "Zhao")]
    await desk.give(ROOT, "acme", [lina.number], "company_administrator")
    await desk.give(ROOT, "acme", [wang.number], "system_administrator")
    return lina, wang, zhao


async def named(desk: RoleService) -> dict[str, Role]:
    return {one.role.shown(): one.role for one in await desk.list_roles(ROOT, "acme")}


# ---- roles


async def test_a_company_begins_with_the_system_roles_and_the_presets(office: Office, desk: RoleService) -> None:
    await cast(office, desk)
    listed = await desk.list_roles(ROOT, "acme")
    assert [(one.role.begins_as, one.members) for one in listed] == [
        *(("company_administrator", 1), ("system_administrator", 1), ("information_administrator", 0), ("ordinary", 1)),
        *(("department_manager", 0), ("general_manager", 0), ("staff", 0), ("invited", 0)),
    ]
    assert [one.role.shown("zh") for one in listed][:2] == ["企业管理员", "系统管理员"]


async def test_a_custom_role_is_made_changed_and_deleted_with_its_entries(office: Office, desk: RoleService) -> None:
    lina, _, _ = await cast(office, desk)
    lab = await office.companies.add_unit(ROOT, "acme", "Lab")
    made = await desk.add(acting(lina), "acme", " Lab Head ", description="of the lab", grants={"org.view": ALL, "chat.calls": SELF})
    chosen = Grant(Scope.CHOSEN_UNITS, (lab,))
    await desk.edit(acting(lina), "acme", "lab head", name="Laboratory", grants={"org.view": chosen, "chat.calls": Grant()})
    found = (await named(desk))["Laboratory"]
    assert (found.id, found.description, found.grants) == (made.id, "of the lab", {"org.view": chosen})
    await desk.delete(acting(lina), "acme", to_wire(made.id))
    assert "Laboratory" not in await named(desk)
    trail = [entry for entry in await office.trail("acme") if entry.actor == lina.member]
    assert [(entry.act, entry.details) for entry in trail] == [
        ("role.add", {"role": to_wire(made.id), "name": "Lab Head", "org.view": "all", "chat.calls": "self"}),
        (
            "role.edit",
            {
                "role": to_wire(made.id),
                "name": ["Lab Head", "Laboratory"],
                "description": ["of the lab", "of the lab"],
                "org.view": ["all", "chosen_units: Lab"],
                "chat.calls": ["self", "none"],
            },
        ),
        ("role.delete", {"role": to_wire(made.id), "name": "Laboratory", "org.view": "chosen_units: Lab"}),
    ]


async def test_a_system_role_is_renamed_and_edited_but_the_first_and_none_is_deleted(office: Office, desk: RoleService) -> None:
    lina, wang, _ = await cast(office, desk)
    await desk.edit(acting(lina), "acme", "ordinary", name="Everybody", grants={"chat.calls": Grant()})
    await desk.edit(acting(lina), "acme", "system_administrator", grants={"client_policy.set": ALL})
    everybody = (await named(desk))["Everybody"]
    assert everybody.kind == "ordinary"
    assert "chat.calls" not in everybody.grants
    assert "chat.create_groups" in everybody.grants
    await desk.edit(acting(wang), "acme", "Everybody", name="")
    assert "Ordinary member" in await named(desk)
    with pytest.raises(RoleFixed):
        await desk.edit(acting(lina), "acme", "company_administrator", name="King")
    for kind in roles.SYSTEM:
        with pytest.raises(RoleStays):
            await desk.delete(ROOT, "acme", kind)


async def test_a_role_without_a_name_or_with_another_ones_is_none(office: Office, desk: RoleService) -> None:
    await cast(office, desk)
    for name, refusal in (("", NameInvalid), ("Ordinary member", RoleNameTaken), ("员工", RoleNameTaken)):
        with pytest.raises(refusal):
            await desk.add(ROOT, "acme", name)
    made = await desk.add(ROOT, "acme", "Clerks")
    for name, refusal in (("", NameInvalid), ("普通成员", RoleNameTaken)):
        with pytest.raises(refusal):
            await desk.edit(ROOT, "acme", to_wire(made.id), name=name)
    before = len(await office.trail("acme"))
    await desk.edit(ROOT, "acme", "Clerks", name="Clerks", description="")
    assert len(await office.trail("acme")) == before  # nothing changed


async def test_a_preset_that_was_deleted_is_made_again(office: Office, desk: RoleService) -> None:
    await cast(office, desk)
    begun = (await named(desk))["Department manager"]
    await desk.delete(ROOT, "acme", "department_manager")
    await desk.add(ROOT, "acme", "", preset="department_manager", grants={"org.manage": Grant()})
    again = (await named(desk))["Department manager"]
    assert again.grants == {name: grant for name, grant in begun.grants.items() if name != "org.manage"}


async def test_a_role_in_use_is_not_deleted(office: Office, desk: RoleService) -> None:
    _, _, zhao = await cast(office, desk)
    await desk.add(ROOT, "acme", "Clerks")
    await desk.give(ROOT, "acme", [zhao.number], "Clerks")
    await office.leaving.disable(ROOT, "acme", [zhao.number], "")
    with pytest.raises(RoleInUse):
        await desk.delete(ROOT, "acme", "Clerks")
    await desk.give(ROOT, "acme", [zhao.number], "ordinary")
    await office.settings.set_invited_role(ROOT, "acme", "Clerks")
    with pytest.raises(RoleInUse):
        await desk.delete(ROOT, "acme", "Clerks")
    await office.settings.set_invited_role(ROOT, "acme", "")
    await desk.delete(ROOT, "acme", "Clerks")


async def test_nobody_gives_the_invited_more_than_he_holds(office: Office, desk: RoleService) -> None:
    """SPEC C1, C4."""
    lina, wang, _ = await cast(office, desk)
    company = await number_of(office)

    async def chosen() -> int | None:
        return (await office.storage.read(lambda read: companies.settings(read, company))).invited_role

    roles = await named(desk)
    assert await chosen() is None
    await office.settings.set_invited_role(acting(wang), "acme", "staff")
    assert await chosen() == roles["Staff"].id
    await desk.edit(acting(lina), "acme", "general_manager", grants={"archive.read": ALL})
    for by, role, error in (
        (wang, "general_manager", MoreThanHeld),
        (lina, "company_administrator", RoleNotForInvited),
        (lina, "king", RoleNotFound),
    ):
        with pytest.raises(error):
            await office.settings.set_invited_role(acting(by), "acme", role)
    assert await chosen() == roles["Staff"].id
    await desk.edit(acting(lina), "acme", "invited", grants={"archive.read": ALL})
    with pytest.raises(MoreThanHeld):  # the default is given, too
        await office.settings.set_invited_role(acting(wang), "acme", "")
    await office.settings.set_invited_role(acting(lina), "acme", "general_manager")
    entries = [(one.outcome, one.details.get("role")) for one in await office.trail("acme") if one.act == "company.invited_role"]
    assert entries == [
        ("done", ["Default role", "Staff"]),
        *(("refused", role) for role in ("general_manager", "company_administrator", "king", "")),
        ("done", ["Staff", "General manager"]),
    ]


async def test_a_chosen_unit_that_goes_takes_its_part_of_the_permission_along(office: Office, desk: RoleService) -> None:
    """And does not open it to all."""
    await cast(office, desk)
    lab = await office.companies.add_unit(ROOT, "acme", "Lab")
    await desk.add(ROOT, "acme", "Lab Head", grants={"org.view": Grant(Scope.CHOSEN_UNITS, (lab,))})
    await office.org.delete(ROOT, "acme", lab)
    assert (await named(desk))["Lab Head"].grant("org.view") == Grant(Scope.CHOSEN_UNITS)


# ---- giving


async def test_a_given_role_holds_at_once_and_the_company_is_told(office: Office, desk: RoleService) -> None:
    lina, wang, zhao = await cast(office, desk)
    company = await number_of(office)
    office.told.clear()
    with pytest.raises(NotAllowed):
        await desk.add(acting(zhao), "acme", "Clerks")
    await desk.give(acting(wang), "acme", [zhao.number, to_wire(wang.member)], "system_administrator")
    await desk.add(acting(zhao), "acme", "Clerks")
    told = [row.payload for row in office.told if row.payload.members]
    assert [(payload.companies, payload.members) for payload in told] == [([company], [zhao.member])]  # Wang had it already
    log = await office.storage.read(lambda read: company_log.since(read, company, 0, 100))
    assert log[-1][1].subjects == ("roles",)
    given = [entry for entry in await office.trail("acme") if entry.act == "role.give"][-1]
    assert given.actor == wang.member
    assert (given.details["member"], given.details["before"], given.details["after"]) == (
        to_wire(zhao.member),
        ["Ordinary member"],
        "System administrator",
    )
    await desk.give(acting(lina), "acme", [zhao.number], "staff")
    with pytest.raises(NotAllowed):
        await desk.add(acting(zhao), "acme", "Others")


async def test_nobody_gives_more_than_he_holds(office: Office, desk: RoleService) -> None:
    lina, wang, zhao = await cast(office, desk)
    reader = await desk.add(acting(lina), "acme", "Reader", grants={"archive.read": ALL})
    before = await role_of(office, zhao)
    for refusal, act in (
        (MoreThanHeld, desk.give(acting(wang), "acme", [zhao.number], "Reader")),
        (MoreThanHeld, desk.edit(acting(wang), "acme", "ordinary", grants={"archive.read": ALL})),
        (MoreThanHeld, desk.add(acting(wang), "acme", "Spy", grants={"archive.read": ALL})),
        (MoreThanHeld, desk.edit(acting(wang), "acme", "system_administrator", grants={"archive.read": ALL})),
        (CompanyAdministratorsOnly, desk.give(acting(wang), "acme", [wang.number], "company_administrator")),
        (CompanyAdministratorsOnly, desk.give(acting(wang), "acme", [lina.number], "ordinary")),
        (CompanyAdministratorsOnly, desk.edit(acting(wang), "acme", "system_administrator", grants={"client_policy.set": ALL})),
        (NotAllowed, desk.give(acting(zhao), "acme", [zhao.number], "system_administrator")),
        (NotAllowed, desk.delete(acting(zhao), "acme", "Reader")),
        (PermissionUnknown, desk.add(acting(lina), "acme", "Flyer", grants={"org.fly": ALL})),
        (RoleNotFound, desk.give(acting(lina), "acme", [zhao.number], "Flyer")),
    ):
        with pytest.raises(refusal):
            await act
        last = (await office.trail("acme"))[-1]
        assert (last.outcome, last.details["error"]) == ("refused", refusal.code)
    assert await role_of(office, zhao) == before
    assert (await named(desk))["Reader"].id == reader.id


async def test_within_an_information_scope_others_are_as_if_unknown(office: Office, desk: RoleService) -> None:
    """SPEC B3: the same answer for who is outside, for who is nobody, and for another company's member."""
    _, wang, zhao = await cast(office, desk)
    sales = await office.companies.add_unit(ROOT, "acme", "Sales")
    await office.members.set_scope(ROOT, "acme", wang.number, [sales])
    await office.company("bolt", first_number=5001)
    mei = await office.member("bolt", "Mei")
    refusals = []
    for who in (zhao.number, "9999", mei.number):
        with pytest.raises(MemberNotFound) as refused:
            await desk.give(acting(wang), "acme", [who], "ordinary")
        refusals.append((refused.value.text(), refused.value.data))
    assert len(set(map(str, refusals))) == 1
    await office.members.place(ROOT, "acme", zhao.number, [sales])
    with pytest.raises(MoreThanHeld):  # it would reach the whole company
        await desk.give(acting(wang), "acme", [zhao.number], "system_administrator")
    await office.members.set_scope(ROOT, "acme", zhao.number, [sales])
    await desk.give(acting(wang), "acme", [zhao.number], "system_administrator")


async def test_a_member_of_another_company_learns_nothing(office: Office, desk: RoleService) -> None:
    lina, _, zhao = await cast(office, desk)
    await office.company("bolt", first_number=5001)
    refusals = []
    for company in ("bolt", "nowhere"):
        for act in (
            desk.list_roles(acting(lina), company),
            desk.list_members(acting(lina), company, "ordinary"),
            desk.give(acting(lina), company, [zhao.number], "ordinary"),
            desk.explain(acting(lina), company, zhao.number, "org.manage"),
            desk.add(acting(lina), company, "Clerks"),
            desk.edit(acting(lina), company, "ordinary", name="Clerks"),
            desk.delete(acting(lina), company, "staff"),
        ):
            with pytest.raises(CompanyNotFound) as refused:
                await act
            refusals.append(refused.value.text().replace(company, "X"))
    assert len(set(refusals)) == 1


# ---- the last company administrator (SPEC C4)


async def test_the_last_company_administrator_keeps_the_role(office: Office, desk: RoleService) -> None:
    lina, wang, zhao = await cast(office, desk)
    for act in (desk.give(acting(lina), "acme", [lina.number], "ordinary"), desk.give(ROOT, "acme", [lina.number, zhao.number], "staff")):
        with pytest.raises(LastAdministrator):
            await act
    await desk.give(acting(lina), "acme", [wang.number], "company_administrator")
    await desk.give(acting(lina), "acme", [lina.number], "ordinary")
    with pytest.raises(LastAdministrator):
        await desk.give(ROOT, "acme", [wang.number], "ordinary")
    await desk.give(acting(wang), "acme", [lina.number], "company_administrator")
    await office.leaving.disable(ROOT, "acme", [lina.number], "")
    with pytest.raises(LastAdministrator):  # a disabled one is none
        await desk.give(ROOT, "acme", [wang.number], "ordinary")


@pytest.mark.parametrize("way", ["role", "disable", "delete"])
async def test_two_administrators_who_remove_each_other_at_the_same_moment_leave_one(
    office: Office, desk: RoleService, database: str, clock: ManualClock, way: str
) -> None:
    """From two processes, each with connections of its own: one act is in its turn first, the other finds what it left."""
    lina, wang, _ = await cast(office, desk)
    await desk.give(ROOT, "acme", [wang.number], "company_administrator")
    company = await number_of(office)
    second = Office(await connect(database, now=clock.now, patience=20), clock)
    try:
        other = RoleService(second.storage)
        acts = {
            "role": (
                desk.give(acting(lina), "acme", [wang.number], "ordinary"),
                other.give(acting(wang), "acme", [lina.number], "ordinary"),
            ),
            "disable": (
                office.leaving.disable(acting(lina), "acme", [wang.number], ""),
                other.give(acting(wang), "acme", [lina.number], "ordinary"),
            ),
            "delete": (
                office.leaving.delete(acting(lina), "acme", wang.number),
                other.give(acting(wang), "acme", [lina.number], "ordinary"),
            ),
        }
        chosen = acts.pop(way)
        for left in acts.values():
            for act in left:
                act.close()
        outcomes = await asyncio.gather(*chosen, return_exceptions=True)
    finally:
        second.close()
        await second.storage.close()
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == 1
    # whoever came second had lost his right, or would have removed the last one
    assert isinstance(refused[0], NotAllowed | CompanyAdministratorsOnly | LastAdministrator | CompanyNotFound)
    assert len(await office.storage.read(lambda read: people.administrators(read, company))) == 1
    assert [entry.outcome for entry in await office.trail("acme")].count("refused") == 1


# ---- who has a role, and why somebody may


async def test_members_of_a_role_are_listed_as_far_as_one_sees_them(office: Office, desk: RoleService) -> None:
    _, wang, zhao = await cast(office, desk)
    sales, lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
    mei, emma = [await office.member("acme", name, units=(unit,)) for name, unit in (("Mei", sales), ("Emma", lab))]
    await office.members.set_hidden(ROOT, "acme", [emma.number], True)
    assert [one.name for one in await desk.list_members(ROOT, "acme", "ordinary")] == ["Zhao", "Mei", "Emma"]
    assert [one.name for one in await desk.list_members(ROOT, "acme", "ordinary", after=(zhao.number, zhao.member), limit=1)] == ["Mei"]
    await desk.add(ROOT, "acme", "Looker", grants={"roles.view": ALL})
    await desk.give(ROOT, "acme", [zhao.number], "Looker")
    assert [one.name for one in await desk.list_members(acting(zhao), "acme", "普通成员")] == ["Mei"]  # not the hidden one
    assert {one.members for one in await desk.list_roles(acting(zhao), "acme")} == {None}  # a count would tell of her
    assert [one.name for one in await desk.list_members(acting(wang), "acme", "ordinary")] == ["Mei", "Emma"]
    await office.members.set_scope(ROOT, "acme", wang.number, [lab])
    assert [one.name for one in await desk.list_members(acting(wang), "acme", "ordinary")] == ["Emma"]
    with pytest.raises(NotAllowed):
        await desk.list_members(acting(mei), "acme", "ordinary")
    entries = [entry for entry in await office.trail("acme") if entry.act == "role.members"]
    looks = [(entry.actor, entry.outcome, entry.details.get("count")) for entry in entries]
    assert looks[-3:] == [(wang.member, "done", 2), (wang.member, "done", 1), (mei.member, "refused", None)]


async def test_why_somebody_may_or_may_not_is_told_with_the_rule(office: Office, desk: RoleService) -> None:
    lina, wang, zhao = await cast(office, desk)
    sales = await office.companies.add_unit(ROOT, "acme", "Sales")

    async def why(who: Added, permission: str, actor: Actor = ROOT, on: str = "", unit: int | None = None) -> tuple[bool, str, Target]:
        told = await desk.explain(actor, "acme", who.number, permission, on=on, unit=unit)
        return told.decision.allowed, told.decision.rule, told.target

    assert await why(lina, "company.image") == (True, "company_administrator", rules.COMPANY)
    assert await why(wang, "company.image") == (False, "not_in_role", rules.COMPANY)
    assert await why(wang, "org.manage", on=zhao.number) == (True, "role", member(zhao.member))
    assert await why(wang, "org.manage", unit=sales) == (True, "role", rules.unit(sales))
    assert await why(zhao, "chat.calls") == (True, "role", member(zhao.member))
    await office.members.set_scope(ROOT, "acme", wang.number, [sales])
    assert await why(wang, "org.manage", on=zhao.number) == (False, "beyond_information_scope", member(zhao.member))
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.outcome) == ("role.explain", "done")
    assert entry.details == {"member": wang.number, "permission": "org.manage", "on": zhao.number, "unit": "", "count": 1}
    # within the asker's scope: about himself anybody, about others who sees roles over them, on what he finds
    assert (await why(zhao, "org.manage", acting(zhao), on=zhao.number))[:2] == (False, "not_in_role")
    for actor, who, on, unit, refusal in (
        (zhao, wang, "", None, NotAllowed),
        (wang, zhao, "", None, MemberNotFound),
        (wang, wang, zhao.number, None, MemberNotFound),
        (wang, wang, "9999", None, MemberNotFound),
        (zhao, zhao, "", 99, UnitNotFound),
    ):
        with pytest.raises(refusal):
            await why(who, "org.manage", acting(actor), on, unit)
        assert (await office.trail("acme"))[-1].outcome == "refused"


async def test_why_somebody_may_not_touch_a_hidden_member_is_told_as_the_act_decides(office: Office, desk: RoleService) -> None:
    """SPEC B6: for who neither manages the organisation nor reads logs there he is not there, whatever else the role reaches."""
    _, wang, zhao = await cast(office, desk)
    await desk.add(ROOT, "acme", "Desk", grants={"sign_in.password": ALL})
    await desk.give(ROOT, "acme", [wang.number], "Desk")
    for hidden, told in ((False, (True, "role")), (True, (False, "not_found"))):
        await office.members.set_hidden(ROOT, "acme", [zhao.number], hidden)
        decision = (await desk.explain(ROOT, "acme", wang.number, "sign_in.password", on=zhao.number)).decision
        assert (decision.allowed, decision.rule) == told
    with pytest.raises(MemberNotFound):
        await office.companies.reset_password(acting(wang), "acme", zhao.number)
    await desk.edit(ROOT, "acme", "Desk", grants={"archive.read": ALL})
    assert (await desk.explain(ROOT, "acme", wang.number, "sign_in.password", on=zhao.number)).decision.allowed
    assert await office.companies.reset_password(acting(wang), "acme", zhao.number)


async def test_other_subjects_ask_inside_their_own_act(office: Office, desk: RoleService) -> None:
    lina, wang, zhao = await cast(office, desk)
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None

    async def ask(read: Read, actor: Actor, permission: str, *targets: Target) -> None:
        await asking.check(read, found, actor, permission, *targets)

    for actor, permission, targets, refusal in (
        (acting(wang), "org.manage", [member(zhao.member), member(lina.member)], None),
        (acting(zhao), "chat.calls", [member(zhao.member)], None),
        (acting(zhao), "org.manage", [member(lina.member)], NotAllowed),
        (acting(wang), "org.manage", [member(5)], MemberNotFound),
        (Actor("member", "", 5), "org.manage", [rules.COMPANY], CompanyNotFound),
    ):
        outcome: YizhanError | None = None
        try:
            await office.storage.read(lambda read, a=actor, p=permission, t=targets: ask(read, a, p, *t))  # type: ignore[misc]
        except YizhanError as error:
            outcome = error
        assert (type(outcome) if outcome else None) is refusal
    decision = await office.storage.read(lambda read: asking.allowed(read, found, acting(zhao), "archive.read", member(lina.member)))
    assert (decision.allowed, decision.rule) == (False, "not_in_role")
