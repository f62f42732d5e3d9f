"""Every administrative use case asks for the permission that ``server.roles.acts`` names, and a member without it is refused (SPEC C2).

Each is tried by a member who has every other permission, and by one who has this one alone. So an act that asks for another one fails
here, and an act that asks for none fails wherever it is done.
"""

from collections.abc import Iterator

import pytest

from server.audit.service import administer, look, record
from server.clock import ManualClock
from server.roles.acts import ACTS, OPERATOR
from server.roles.errors import NotAllowed
from server.roles.permissions import PERMISSIONS
from storage import companies
from storage.engine import Storage, connect
from storage.errors import ActWithoutPermission
from storage.work import Read, Work
from tests.conftest import LOOP
from tests.support.acts import PLACE, World
from tests.support.acts_all import CASES
from tests.support.office import ROOT, Office


@pytest.fixture
def world(fresh_sqlite: str, clock: ManualClock) -> Iterator[World]:
    """On one database: what is asked of it is asked on both by the tests of each subject."""
    storage = LOOP.run_until_complete(connect(fresh_sqlite, now=clock.now))
    office = Office(storage, clock)
    yield World(office, fresh_sqlite)
    office.close()
    LOOP.run_until_complete(storage.close())


def test_every_act_is_in_the_table_with_a_permission_that_there_is() -> None:
    # an act that is named by what it does has two names: hide and show, disable and enable
    assert {case.act for case in CASES.values()} <= ACTS.keys()
    assert set(ACTS.values()) - PERMISSIONS.keys() == {OPERATOR}


@pytest.mark.parametrize("name", CASES)
async def test_who_has_every_permission_but_its_own_is_refused(world: World, name: str) -> None:
    case = CASES[name]
    await world.build()
    hua = await world.hua(but=(ACTS[case.act], *case.instead))
    with pytest.raises(NotAllowed) as refused:
        await case.done(world, hua)
    asked = case.act if ACTS[case.act] == OPERATOR else ACTS[case.act]
    assert refused.value.permission == asked
    entries = [(one.act, one.outcome, one.actor, one.details["error"], one.details["from"]) for one in await world.entries()]
    assert entries == [(case.act, "refused", hua.id, NotAllowed.code, PLACE)]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if ACTS[case.act] != OPERATOR])
async def test_who_has_its_permission_alone_does_it(world: World, name: str) -> None:
    case = CASES[name]
    await world.build()
    hua = await world.hua(only=(ACTS[case.act], *case.beside))
    await case.done(world, hua)
    assert [(one.act, one.outcome, one.actor) for one in await world.entries()] == [(case.act, "done", hua.id)]


async def test_an_act_or_look_that_asks_for_no_permission_fails_whoever_does_it(world: World, storage: Storage) -> None:
    await Office(storage, world.office.clock).company()

    async def suspend(work: Work) -> None:
        found = await companies.find(work, "acme")
        assert found is not None
        await companies.set_suspended(work, found.id, True)
        await record(work, found.id, ROOT, "company.suspend", {})

    async def find(read: Read) -> list[object]:
        return [await companies.find(read, "acme")]

    with pytest.raises(ActWithoutPermission):
        await administer(storage, ROOT, "acme", "company.suspend", suspend, asked={})
    with pytest.raises(ActWithoutPermission):
        await look(storage, ROOT, "acme", "company.list", find, asked={})
    found = await storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    assert not found.suspended
