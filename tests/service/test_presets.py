"""Companies that began before there were preset roles get them once, and not again when they delete them (SPEC C1)."""

import sqlalchemy as sa

from server.audit.service import operator
from server.clock import ManualClock
from server.roles.presets import give_presets
from server.roles.service import RoleService
from storage.engine import Storage, connect
from storage.migrate import migrate
from storage.roles import PRESETS
from storage.statements import statement
from tests.support.office import ROOT, Office
from tests.support.releases import kept

__all__ = ["kept"]  # a fixture, asked for by name

COMPANIES = statement(sa.text("SELECT number FROM companies WHERE kind = 'company'"))


async def presets_of(storage: Storage, company: str) -> list[str]:
    return [one.role.preset for one in await RoleService(storage).list_roles(operator("ops"), company) if one.role.preset]


async def test_a_company_of_an_earlier_release_gets_them(kept: str) -> None:
    await migrate(kept)
    storage = await connect(kept, now=lambda: 0)
    try:
        companies = [row[0] for row in await storage.read(lambda read: read.all(COMPANIES))]
        before = {company: await presets_of(storage, company) for company in companies}
        given = await give_presets(storage)
        assert given == [*before.values()].count([])
        assert {company: await presets_of(storage, company) for company in companies} == {company: list(PRESETS) for company in companies}
        assert await give_presets(storage) == 0
    finally:
        await storage.close()


async def test_who_deletes_them_keeps_them_deleted(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    await office.company()
    for preset in PRESETS:
        await RoleService(storage).delete(ROOT, "acme", preset)
    assert await give_presets(storage) == 0
    assert await presets_of(storage, "acme") == []
    office.close()
