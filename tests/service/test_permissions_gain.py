"""Nobody gets further by an act than whoever does it: not by a draft, a card, a headship, a newcomer (SPEC B2, B3, C4)."""

from collections.abc import Awaitable

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.companies.newcomers import Added, Newcomer
from server.org.cards import Changes
from server.roles.errors import CompanyAdministratorsOnly, MoreThanHeld
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from storage import companies, people
from storage.people import Record
from tests.support.office import ROOT, Office

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
