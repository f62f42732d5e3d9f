"""Every administrative use case leaves its entry, done and refused (promise V6): who, from where, what, about whom.

The use cases are read from the code (``tests.support.acts``). One without a case fails.
"""

from pathlib import Path

import pytest

from protocol.errors import YizhanError
from server.accounts.errors import PasswordTooShort
from server.audit.service import Actor
from server.clock import ManualClock
from server.companies.newcomers import Newcomer
from server.roles.acts import ACTS
from server.roles.acts import OPERATOR as OPERATORS_ALONE
from storage.audit import Entry
from storage.engine import connect
from tests.support.acts import MEI, OPERATOR, PLACE, ZHAO, Call, Case, World, in_module, use_cases
from tests.support.acts_all import CASES, IN_WORKERS
from tests.support.acts_rosters import WISH, workbook
from tests.support.office import Office


def test_every_use_case_has_a_case() -> None:
    found = use_cases()
    assert found - CASES.keys() == set(), "a use case without a case: add it in tests/support/acts_*.py"
    assert CASES.keys() - found == set(), "a case without a use case"
    assert len(found) > 50


def test_a_use_case_that_is_added_is_found(tmp_path: Path) -> None:
    """Whatever it is called, and in whatever module."""
    module = tmp_path / "tea.py"
    module.write_text(
        "class TeaService:\n"
        "    async def boil(self, actor: Actor, company: str) -> None: ...\n"
        "    async def pour(self, company: str, *, by: Actor | None) -> None: ...\n"
        "    async def _clean(self, actor: Actor) -> None: ...\n"
        "async def drink(storage: Storage, actor: Actor) -> None: ...\n"
        "def owner(actor: Actor) -> str: ...\n"
    )
    assert list(in_module(module)) == ["TeaService.boil", "TeaService.pour", "tea.drink"]


@pytest.mark.parametrize("name", [name for name in CASES if name not in IN_WORKERS])
async def test_it_leaves_an_entry_done_and_refused(office: Office, database: str, name: str) -> None:
    world, case = World(office, database), CASES[name]
    refused, done = await walked(world, case)
    assert told(refused) == told_of(case, by(world, case), "refused")
    assert told(done) == told_of(case, by(world, case), "done")


@pytest.mark.parametrize("name", IN_WORKERS)
async def test_what_works_in_a_process_of_its_own_leaves_an_entry_done_and_refused(
    fresh_sqlite: str, clock: ManualClock, name: str
) -> None:
    storage = await connect(fresh_sqlite, now=clock.now)
    office = Office(storage, clock)
    world, case = World(office, fresh_sqlite), CASES[name]
    try:
        refused, done = await walked(world, case)
    finally:
        office.close()
        await storage.close()
    assert told(refused) == told_of(case, by(world, case), "refused")
    assert told(done) == told_of(case, by(world, case), "done")


def by(world: World, case: Case) -> Actor:
    """Some are the operator's alone."""
    return OPERATOR if ACTS[case.act] == OPERATORS_ALONE else world.lina


async def walked(world: World, case: Case) -> tuple[list[Entry], list[Entry]]:
    """The entries of a refused call, where anything is refused, and of one that is done."""
    await world.build()
    refused: list[Entry] = []
    if case.refused is not None:
        with pytest.raises(YizhanError) as error:
            await case.refused(world, by(world, case))
        refused = await world.entries()
        assert [entry.details["error"] for entry in refused] == [error.value.code]
    known = {one.id for one in refused}
    await case.done(world, by(world, case))
    done = [one for one in await world.entries() if one.id not in known]
    assert all(len(entry.details) > 1 for entry in done), "it says what, not only from where"
    return refused, done


Told = list[tuple[str, str, str, int | None, str, object]]


def told(entries: list[Entry]) -> Told:
    return [(one.act, one.outcome, one.actor_kind, one.actor, one.actor_name, one.details["from"]) for one in entries]


def told_of(case: Case, actor: Actor, outcome: str) -> Told:
    """One entry; of what is never refused none."""
    if outcome == "refused" and case.refused is None:
        return []
    return [(case.act, outcome, actor.kind, actor.id, actor.name, PLACE)]


WITH_A_PASSWORD: dict[str, Call] = {
    "member.add": lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma"), password="short"),
    "member.activate": lambda w, by: w.office.companies.activate(by, "acme", [MEI], password="short"),
    "member.reset_password": lambda w, by: w.office.companies.reset_password(by, "acme", ZHAO, password="short"),
    "company.first_password": lambda w, by: w.office.settings.set_first_password(by, "acme", "short"),
    "number.reassign": lambda w, by: w.office.leaving.reassign(by, "acme", ZHAO, Newcomer(name="Emma"), password="short"),
    "roster.import": lambda w, by: w.rosters.begin(by, "acme", workbook(), wish=WISH, password="short"),
}


@pytest.mark.parametrize("act", WITH_A_PASSWORD)
async def test_what_is_refused_for_its_password_leaves_an_entry(office: Office, database: str, act: str) -> None:
    """It is looked at before the act, since hashing takes long; and it is in no entry."""
    world = World(office, database)
    await world.build()
    with pytest.raises(PasswordTooShort):
        await WITH_A_PASSWORD[act](world, world.lina)
    (entry,) = await world.entries()
    assert (entry.act, entry.outcome, entry.details["error"]) == (act, "refused", PasswordTooShort.code)
    assert "short" not in map(str, entry.details.values())
