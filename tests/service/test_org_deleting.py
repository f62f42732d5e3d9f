"""Hundreds of empty units deleted at once: in pieces, by one process at a time, all or nothing in the end (SPEC B1, LOG C3)."""

from typing import Any

import pytest

from protocol.ids import to_wire
from server.org import deleting
from server.org.errors import CompanyBusy, ScopeWouldOpen
from server.org.organisation import Tree
from server.org.service import load_tree
from storage import companies, company_log, jobs, people, units
from storage.draw import draw_id
from storage.engine import Storage
from storage.units import Unit
from storage.work import Work
from tests.support.office import MINUTE, ROOT, Office

MANY = 650


class Forest:
    """Acme: Sales with six hundred and fifty units below it, thirteen deep, and Lab."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def grow(self) -> "Forest":
        await self.office.company("acme", seats=500)
        found = await self.office.storage.read(lambda read: companies.find(read, "acme"))
        assert found is not None
        self.company = found.id
        self.sales, self.lab = [(await self.office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
        made: list[Unit] = []
        above = [self.sales] * 50
        for depth in range(MANY // 50):
            level = [Unit(draw_id(), parent, f"{depth}-{nth}", sort=nth) for nth, parent in enumerate(above)]
            made, above = made + level, [unit.id for unit in level]
        self.units = made
        for start in range(0, len(made), 150):
            await self.office.storage.transact(self._planted(made[start : start + 150]))
        return self

    def _planted(self, some: list[Unit]) -> Any:
        async def act(work: Work) -> None:
            for unit in some:
                await units.insert(work, self.company, unit)

        return act

    async def tree(self) -> Tree:
        return await self.office.storage.read(lambda read: load_tree(read, self.company))

    async def told(self, position: int) -> list[tuple[str, ...]]:
        """The subjects of what the company was told since."""
        return [
            changed.subjects for _, changed in await self.office.storage.read(lambda r: company_log.since(r, self.company, position, 99))
        ]

    async def reload_told(self) -> int:
        return sum("reload" in subjects for subjects in await self.told(0))


async def test_hundreds_of_empty_units_go_at_once_and_clients_are_told_once(office: Office) -> None:
    forest = await Forest(office).grow()
    position = office.told[-1].position
    assert await office.org.delete(ROOT, "acme", forest.sales) == MANY + 1
    tree = await forest.tree()
    assert {tree[unit].name for unit in tree.below(tree.root)} == {"acme", "Lab"}
    assert await forest.told(position) == [("reload", "roles", "unit_rules")]
    begun, ended = [entry for entry in await office.trail("acme") if entry.act.startswith("unit.delete")]
    assert (begun.act, begun.details["units"], len(begun.details["paths"])) == ("unit.delete", MANY + 1, 100)
    assert (ended.act, ended.details) == ("unit.deleted", {"unit": to_wire(forest.sales), "units": MANY + 1})
    assert await office.storage.read(jobs.running) == []
    await office.org.add(ROOT, "acme", "Sales")


async def test_what_a_process_left_undone_another_one_ends_and_meanwhile_nobody_acts_on_the_tree(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    forest = await Forest(office).grow()

    async def dies(storage: Storage, job: Any, fence: int) -> None:
        await storage.transact(lambda work: deleting._piece(work, job, fence))
        await storage.transact(lambda work: deleting._piece(work, job, fence))

    with monkeypatch.context() as patched:
        patched.setattr(deleting, "finish", dies)
        await office.org.delete(ROOT, "acme", forest.sales)
    left = await forest.tree()
    assert len(left) == 3 + MANY - 2 * deleting.UNITS_TOGETHER
    rows = await office.storage.read(lambda read: units.of_company(read, forest.company))
    assert all(unit.parent in left for unit in rows if unit.parent is not None)
    with pytest.raises(CompanyBusy):
        await office.org.add(ROOT, "acme", "Hall")
    assert await deleting.finish_begun(office.storage) == 0  # its holder may be at it
    assert await forest.reload_told() == 0
    office.clock.advance(MINUTE)
    assert await deleting.finish_begun(office.storage) == 1
    assert len(await forest.tree()) == 2
    assert await forest.reload_told() == 1
    await office.org.add(ROOT, "acme", "Hall")


async def test_who_was_overtaken_undoes_nothing_and_does_nothing_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = await Forest(office).grow()
    held: list[Any] = []

    async def waits(storage: Storage, job: Any, fence: int) -> None:
        held.append((job, fence))

    with monkeypatch.context() as patched:
        patched.setattr(deleting, "finish", waits)
        await office.org.delete(ROOT, "acme", forest.sales)
    ((job, fence),) = held
    office.clock.advance(MINUTE)
    other = await office.storage.transact(lambda work: deleting._take(work, job))
    assert other is not None
    await deleting.finish(office.storage, job, fence)  # the first one wakes up
    assert len(await forest.tree()) == 3 + MANY
    await deleting.finish(office.storage, job, other)
    await deleting.finish(office.storage, job, fence)
    assert len(await forest.tree()) == 2
    assert await forest.reload_told() == 1


async def test_scopes_that_name_them_are_narrowed_in_pieces_and_none_is_opened(office: Office) -> None:
    forest = await Forest(office).grow()
    added = [await office.member("acme", f"Person {nth}") for nth in range(3)]
    for nth, one in enumerate(added):
        await office.members.set_scope(ROOT, "acme", one.number, [forest.units[nth].id, forest.sales, forest.lab])
    last = await office.member("acme", "Last")
    await office.members.set_scope(ROOT, "acme", last.number, [forest.units[0].id])
    with pytest.raises(ScopeWouldOpen):
        await office.org.delete(ROOT, "acme", forest.sales)
    assert len(await forest.tree()) == 3 + MANY
    await office.members.set_scope(ROOT, "acme", last.number, [forest.lab])
    await office.org.delete(ROOT, "acme", forest.sales)
    scopes = await office.storage.read(lambda read: people.scopes(read, forest.company))
    assert set(scopes.values()) == {(forest.lab,)}
    assert len(scopes) == 4
