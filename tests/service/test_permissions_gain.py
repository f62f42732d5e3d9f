"""Nobody gets further by an act than whoever does it: not by a draft, a card, a headship, a newcomer (SPEC B2, B3, C4)."""

from collections.abc import Awaitable

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.companies.newcomers import Added, Newcomer
from server.org.cards import Changes
from server.roles.errors import CompanyAdministratorsOnly, MoreThanHeld, SeesMore
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from storage import companies, people, units
from storage.people import Record
from storage.units import FIRST, OTHER
from tests.support.leaving import at
from tests.support.office import DAY, ROOT, Office

ALL = Grant(Scope.ALL)
BELOW = Grant(Scope.OWN_UNIT_AND_BELOW)


def acting(one: Added) -> Actor:
    return Actor("member", "", one.member)


async def code(act: Awaitable[object]) -> str:
    """Of what comes of it: the error's, empty where it was done."""
    try:
        await act
    except YizhanError as error:
        return error.code
    return ""


async def give(office: Office, whom: Added, role: str, **grants: Grant) -> None:
    """A role of the product's own, or with ``grants`` a new one: ``org__manage`` for org.manage."""
    desk = RoleService(office.storage)
    if grants:
        await desk.add(ROOT, "acme", role, grants={name.replace("__", "."): grant for name, grant in grants.items()})
    await desk.give(ROOT, "acme", [whom.number], role)


async def record_of(office: Office, one: Added) -> Record:
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    return (await office.storage.read(lambda read: people.records(read, found.id, [one.member])))[one.member]


async def refused(office: Office, refusal: type[YizhanError], act: Awaitable[object]) -> bool:
    """With its entry."""
    came = await code(act)
    last = (await office.trail("acme"))[-1]
    return (came, last.outcome, last.details.get("error")) == (refusal.code, "refused", refusal.code)


async def scope_of(office: Office, one: Added) -> list[int]:
    company = (await record_of(office, one)).company
    return await office.storage.read(lambda read: people.scope(read, company, one.member))


async def heads_of(office: Office, unit: int) -> dict[int, str]:
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    there = await office.storage.read(lambda read: units.placed_in(read, found.id, [unit]))
    return {member: place.head for member, place in there[unit] if place.head}


async def manager(office: Office, **grants: Grant) -> tuple[Added, int, int]:
    """Li Na, who manages the organisation and no more, with two units, Sales and Lab; she is in the first."""
    await office.company("acme")
    sales, lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
    lina = await office.member("acme", "Li Na", units=(sales,))
    await give(office, lina, "Manager", **(grants or {"org__manage": ALL, "org__view": ALL}))
    return lina, sales, lab


# ---- whoever learns a first password


async def test_a_draft_is_activated_by_who_holds_what_its_role_gives(office: Office) -> None:
    lina, sales, _ = await manager(office)
    drafts = [Newcomer(name=name, units=(sales,)) for name in ("Wang", "Zhao", "Mei")]
    wang, zhao, mei = await office.companies.add_many(ROOT, "acme", drafts, draft=True)
    await give(office, wang, "company_administrator")
    await give(office, zhao, "system_administrator")
    activate = office.companies.activate
    assert await refused(office, CompanyAdministratorsOnly, activate(acting(lina), "acme", [mei.number, wang.number]))
    assert await refused(office, MoreThanHeld, activate(acting(lina), "acme", [mei.number, zhao.number]))
    assert [(await record_of(office, one)).state for one in (wang, zhao, mei)] == ["draft"] * 3
    assert len(await activate(acting(lina), "acme", [mei.number])) == 1
    assert len(await activate(ROOT, "acme", [wang.number, zhao.number])) == 2


# ---- what ends somebody's sign-in


async def test_a_company_administrators_last_day_phone_and_mail_are_another_ones_to_change(office: Office) -> None:
    lina, sales, _ = await manager(office)
    wang, zhao = [await office.member("acme", name, units=(sales,), phone="13800138000", mail="w@acme.cn") for name in ("Wang", "Zhao")]
    for one in (wang, zhao):
        await give(office, one, "company_administrator")
    change = office.members.change
    for wish in (Changes(last_day="2099-12-31"), Changes(phone=""), Changes(phone="13900139000"), Changes(mail="z@acme.cn")):
        assert await refused(office, CompanyAdministratorsOnly, change(acting(lina), "acme", wang.number, wish)), wish
    same = Changes(phone="13800138000", job_title="Director")
    assert (await change(acting(lina), "acme", wang.number, same)).job_title == "Director"
    assert (await change(acting(zhao), "acme", wang.number, Changes(last_day="2099-12-31"))).last_day == "2099-12-31"


# ---- heading units (SPEC B2)


async def test_nobody_comes_to_head_a_unit_by_who_does_not_hold_what_that_gives(office: Office) -> None:
    """Headship lets one view attendance, work logs and customers there: whoever only manages the organisation gives it to nobody."""
    lina, sales, _ = await manager(office, org__manage=ALL, org__delete=ALL)
    wang, zhao, mei = [await office.member("acme", name, units=(sales,)) for name in ("Wang", "Zhao", "Mei")]
    org, members, by = office.org, office.members, acting(lina)
    for head in (lina, zhao):
        assert await refused(office, MoreThanHeld, org.set_first_head(by, "acme", sales, head.number))
        assert await refused(office, MoreThanHeld, org.set_other_heads(by, "acme", sales, [head.number]))
    await org.set_first_head(ROOT, "acme", sales, wang.number)
    await org.set_first_head(by, "acme", sales, wang.number)  # he is it already
    assert await refused(office, MoreThanHeld, members.change(by, "acme", wang.number, Changes(successor=lina.member)))
    await members.change(ROOT, "acme", wang.number, Changes(successor=zhao.member))
    await members.change(by, "acme", wang.number, Changes(successor=zhao.member))  # it is so already
    assert await refused(office, MoreThanHeld, members.change(by, "acme", wang.number, Changes(last_day="2099-12-31")))
    assert await refused(office, MoreThanHeld, office.leaving.delete(by, "acme", wang.number))
    assert await refused(office, MoreThanHeld, office.leaving.delete_many(by, "acme", [wang.number]))
    assert await refused(office, MoreThanHeld, office.leaving.delete(by, "acme", wang.number, successors={sales: lina.number}))
    assert await refused(office, MoreThanHeld, office.leaving.reassign(by, "acme", wang.number, Newcomer(name="Hua")))
    top = (await org.list_units(ROOT, "acme"))[0].unit.id
    assert await refused(office, MoreThanHeld, members.place(by, "acme", wang.number, [top], successors={sales: mei.number}))
    assert await refused(office, MoreThanHeld, office.leaving.disable(by, "acme", [wang.number], "", successors={sales: lina.number}))
    await office.leaving.disable(by, "acme", [wang.number], "at once")  # nobody is asked who could name nobody
    assert (await office.trail("acme"))[-1].details["without_successor"] == ["Sales"]
    assert await heads_of(office, sales) == {wang.member: FIRST}


async def test_whoever_holds_it_by_role_or_by_heading_more_names_heads(office: Office) -> None:
    over = {"attendance__view": BELOW, "attendance__field": BELOW, "work__logs": BELOW, "customers__read": BELOW}
    lina, sales, _ = await manager(office, org__manage=BELOW, **over)
    north = await office.companies.add_unit(ROOT, "acme", "North", parent=sales)
    wang, zhao = [await office.member("acme", name, units=(north, sales)) for name in ("Wang", "Zhao")]
    await office.org.set_first_head(acting(lina), "acme", north, zhao.number)
    await office.org.set_first_head(ROOT, "acme", sales, wang.number)
    await give(office, wang, "Organiser", org__manage=BELOW)
    await office.members.place(ROOT, "acme", wang.number, [sales])
    await office.org.set_other_heads(acting(wang), "acme", sales, [zhao.number])  # his own headship goes as far
    assert await heads_of(office, north) == {zhao.member: FIRST}
    assert await heads_of(office, sales) == {wang.member: FIRST, zhao.member: OTHER}


async def test_a_head_goes_on_by_moves_and_scopes_no_further_than_who_moves_him(office: Office) -> None:
    """A head whose information scope ends short of his unit reaches it when the scope is widened."""
    lina, sales, lab = await manager(office, org__manage=ALL, org__scope=ALL)
    wang = await office.member("acme", "Wang", units=(lab,))
    await office.members.set_scope(ROOT, "acme", wang.number, [sales])
    await office.org.set_first_head(ROOT, "acme", lab, wang.number)
    assert await refused(office, MoreThanHeld, office.members.set_scope(acting(lina), "acme", wang.number, []))
    await office.members.set_scope(ROOT, "acme", wang.number, [])


async def test_a_disabled_unit_is_no_way_to_head_one(office: Office) -> None:
    lina, sales, _ = await manager(office)
    await office.org.set_disabled(acting(lina), "acme", sales, True)
    assert await refused(office, MoreThanHeld, office.org.set_first_head(acting(lina), "acme", sales, lina.number))


async def test_what_a_head_may_is_not_opened_by_a_password_for_who_may_less(office: Office) -> None:
    lina, sales, _ = await manager(office, sign_in__password=ALL)
    wang = await office.member("acme", "Wang", units=(sales,))
    assert await office.companies.reset_password(acting(lina), "acme", wang.number)
    await office.org.set_first_head(ROOT, "acme", sales, wang.number)
    assert await refused(office, MoreThanHeld, office.companies.reset_password(acting(lina), "acme", wang.number))


async def test_a_password_opens_no_more_of_the_company_than_who_resets_it_sees(office: Office) -> None:
    """No information scope is the whole company: whoever sees a branch alone would look at the rest through that account (SPEC B3, C4)."""
    lina, sales, lab = await manager(office, sign_in__password=ALL, org__manage=ALL)
    north = await office.companies.add_unit(ROOT, "acme", "North", parent=sales)
    wang, zhao, mei = [await office.member("acme", name, units=(sales,)) for name in ("Wang", "Zhao", "Mei")]
    (draft,) = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Hua", units=(sales,))], draft=True)
    for one, scope in ((lina, [sales]), (zhao, [lab, north]), (mei, [north])):
        await office.members.set_scope(ROOT, "acme", one.number, scope)
    for one in (wang, zhao):
        assert await refused(office, SeesMore, office.companies.reset_password(acting(lina), "acme", one.number))
    assert await refused(office, SeesMore, office.companies.activate(acting(lina), "acme", [draft.number]))
    assert await office.companies.reset_password(acting(lina), "acme", mei.number)
    assert await office.sign_in(wang), "his password is what it was"
    await office.members.set_scope(ROOT, "acme", lina.number, [])
    assert await office.companies.reset_password(acting(lina), "acme", wang.number)


async def test_the_end_of_a_last_day_hands_on_by_the_system_what_was_chosen_ahead(office: Office) -> None:
    _, sales, _ = await manager(office)
    wang, zhao = [await office.member("acme", name, units=(sales,)) for name in ("Wang", "Zhao")]
    await office.org.set_first_head(ROOT, "acme", sales, wang.number)
    office.clock.set(at("2026-09-20T04:00:00"))
    await office.members.change(ROOT, "acme", wang.number, Changes(last_day="2026-09-21", successor=zhao.member))
    office.clock.advance(2 * DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1
    assert await heads_of(office, sales) == {zhao.member: FIRST}


# ---- newcomers (SPEC B3)


async def test_a_newcomer_sees_no_more_of_the_company_than_who_brings_him_in(office: Office) -> None:
    """No information scope is the whole company, and the first password is told to whoever adds."""
    lina, sales, lab = await manager(office, org__manage=ALL, org__delete=ALL)
    north = await office.companies.add_unit(ROOT, "acme", "North", parent=sales)
    wang, zhao, mei = [await office.member("acme", name, units=(sales,)) for name in ("Wang", "Zhao", "Mei")]
    await office.members.set_scope(ROOT, "acme", lina.number, [sales])
    await office.members.set_scope(ROOT, "acme", zhao.number, [lab, north])
    await office.members.set_scope(ROOT, "acme", mei.number, [lab])
    newcomers = [Newcomer(name="Hua", units=(sales,)), Newcomer(name="Xu", units=(north,))]
    hua, xu = await office.companies.add_many(acting(lina), "acme", newcomers)
    draft = (await office.companies.add_many(acting(lina), "acme", newcomers[:1], draft=True))[0]
    handed = [await office.leaving.reassign(acting(lina), "acme", one.number, Newcomer(name="Yu")) for one in (wang, zhao, mei)]
    assert [await scope_of(office, one) for one in (hua, xu, draft, *handed)] == [*[[sales]] * 4, [north], [sales]]
    assert await scope_of(office, await office.member("acme", "Tang", units=(sales,))) == []


async def test_what_every_newcomer_may_is_given_by_who_holds_it(office: Office) -> None:
    lina, sales, lab = await manager(office)
    await RoleService(office.storage).edit(ROOT, "acme", "ordinary", grants={"org.export": BELOW})
    newcomer = Newcomer(name="Wang", units=(sales,))
    assert await refused(office, MoreThanHeld, office.companies.add_member(acting(lina), "acme", newcomer))
    await RoleService(office.storage).edit(ROOT, "acme", "Manager", grants={"org.export": Grant(Scope.CHOSEN_UNITS, (sales,))})
    assert (await office.companies.add_member(acting(lina), "acme", newcomer)).password
    elsewhere = Newcomer(name="Wang", units=(lab,))
    assert await refused(office, MoreThanHeld, office.companies.add_many(acting(lina), "acme", [newcomer, elsewhere]))
