"""The audit trail as it is read: page by page backwards, filtered, and on as entries come; each look is an entry itself (promise V6)."""

import pytest

from server.audit.service import Actor
from server.audit.trail import Asked, TrailService, new_following
from server.companies.errors import CompanyNotFound
from server.roles.errors import NotAllowed
from server.roles.service import RoleService
from storage.audit import Entry
from tests.support.office import ROOT, Office

ALL = Asked()


@pytest.fixture
def trail(office: Office) -> TrailService:
    return TrailService(office.storage)


def acts(entries: list[Entry]) -> list[str]:
    return [entry.act for entry in entries]


async def cast(office: Office) -> Actor:
    """Li Na, a company administrator, who adds two units."""
    await office.company()
    lina = await office.member("acme", "Li Na")
    await RoleService(office.storage).give(ROOT, "acme", [lina.number], "company_administrator")
    actor = Actor("member", "Li Na", lina.member)
    for name in ("Sales", "Lab"):
        await office.org.add(actor, "acme", name)
    return actor


async def test_it_is_read_backwards_page_by_page_and_by_act_and_actor(office: Office, trail: TrailService) -> None:
    lina = await cast(office)
    newest = await trail.read(lina, "acme", ALL, limit=3)
    assert acts(newest) == ["role.give", "unit.add", "unit.add"]
    assert acts(await trail.read(lina, "acme", ALL, before=newest[0].id, limit=10)) == ["company.create", "member.add"]
    assert acts(await trail.read(lina, "acme", Asked(act="unit."))) == ["unit.add", "unit.add"]
    for actor in ("1001", "Li Na"):
        assert set(acts(await trail.read(lina, "acme", Asked(actor=actor, act="unit.")))) == {"unit.add"}
    assert acts(await trail.read(ROOT, "acme", Asked(actor="ops", act="role."))) == ["role.give"]
    looked = [entry for entry in await office.trail("acme") if entry.act == "audit.read"]
    assert [(entry.actor_name, entry.details["count"]) for entry in looked] == [("Li Na", n) for n in (3, 2, 2, 2, 2)] + [("ops", 1)]
    assert looked[2].details["act"] == "unit."


async def test_who_follows_is_shown_what_comes_and_not_his_own_looks(office: Office, trail: TrailService) -> None:
    lina = await cast(office)
    following = new_following()
    last = (await trail.read(lina, "acme", ALL, limit=1, following=following))[-1].id
    before = len(await office.trail("acme"))
    assert await trail.follow(lina, "acme", ALL, behind=last, following=following) == []
    assert len(await office.trail("acme")) == before, "nothing was shown: no entry"
    await office.org.add(lina, "acme", "Hall")
    (fresh,) = await trail.follow(lina, "acme", ALL, behind=last, following=following)
    assert fresh.details["path"] == "acme / Hall"
    assert await trail.follow(lina, "acme", ALL, behind=fresh.id, following=following) == []
    await trail.read(ROOT, "acme", ALL, limit=1)  # somebody else's look is news
    assert acts(await trail.follow(lina, "acme", ALL, behind=fresh.id, following=following)) == ["audit.read"]


async def test_it_is_for_who_has_the_permission_and_the_operators_own_for_him(office: Office, trail: TrailService) -> None:
    lina = await cast(office)
    wang = await office.member("acme", "Wang")
    actor = Actor("member", "Wang", wang.member)
    await office.company("bolt", first_number=5001)
    for who, company, refusal in (
        (actor, "acme", NotAllowed),
        (lina, "operator", NotAllowed),
        (lina, "bolt", CompanyNotFound),
        (lina, "nowhere", CompanyNotFound),
    ):
        with pytest.raises(refusal):
            await trail.read(who, company, ALL)
        with pytest.raises(refusal):
            await trail.follow(who, company, ALL, behind=0, following="x")
    refused = [entry for entry in await office.trail("acme") if entry.outcome == "refused"]
    assert [(entry.act, entry.actor_name) for entry in refused] == [("audit.read", "Wang")] * 2
    assert await trail.read(ROOT, "operator", ALL)
