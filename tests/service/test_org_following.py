"""Whoever follows the company's log has the picture that a fresh look gives, after whatever administrators do (LOG E1)."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.companies.newcomers import Newcomer
from server.org.cards import Changes
from server.org.loading import organisation, refresh
from server.org.organisation import Organisation
from storage import companies, company_log
from storage.work import Read
from tests.support.office import DAY, ROOT, Office

COMPANY = "acme"
ACTS = 120
NAMES = ("Sales", "Lab", "North", "客服", "Hall", "Board")


def reading(name: str, pinyin: str) -> str:
    return pinyin or name.casefold()


def drawn(org: Organisation) -> list[Any]:
    """All that the picture answers."""
    units = list(org.below(org.root))
    return [
        [(org[unit], tuple(org.members(unit)), tuple(org.heads(unit)), len(org.members_below(unit))) for unit in units],
        len(org),
        sorted(org.people, key=lambda person: person.id),
        {person.id: org.units_of(person.id) for person in org.people},
        org.unassigned(),
    ]


class Administrator:
    """Does anything, whether it may be done or not; knows what is there from the picture that follows."""

    def __init__(self, office: Office, random: Random) -> None:
        self._office, self._random = office, random
        self.done: set[str] = set()
        self.refused = 0

    async def act(self, org: Organisation) -> None:
        name = self._random.choice(sorted(self._acts(org)))
        try:
            await self._acts(org)[name]()
            self.done.add(name)
        except YizhanError:
            self.refused += 1

    def _acts(self, org: Organisation) -> dict[str, Callable[[], Awaitable[Any]]]:
        office, pick = self._office, self._random.choice
        units, people = list(org.below(org.root)), sorted(one.id for one in org.people) or [0]
        unit, other, member = pick(units), pick(units), to_wire(pick(people))
        empty = max((one for one in units if not org.members_below(one)), key=lambda one: len(list(org.below(one))), default=unit)
        headed = next((one for one in units if org.first_head(one) and len(org.members(one)) > 1), unit)
        head = to_wire(org.first_head(headed) or people[0])
        next_head = to_wire(pick(org.members(headed) or people))
        inside = [to_wire(one) for one in org.members(unit)] or [member]
        some = [to_wire(one) for one in self._random.sample(people, min(3, len(people)))]
        new = Newcomer(name=pick(NAMES), units=(unit,))
        return {
            "add": lambda: office.org.add(ROOT, COMPANY, pick(NAMES), parent=unit),
            "rename": lambda: office.org.rename(ROOT, COMPANY, unit, pick(NAMES)),
            "move": lambda: office.org.move(ROOT, COMPANY, unit, other),
            "order": lambda: office.org.move(ROOT, COMPANY, unit, org[unit].parent or org.root, before=pick(org.siblings(unit))),
            "delete unit": lambda: office.org.delete(ROOT, COMPANY, empty),
            "disable unit": lambda: office.org.set_disabled(ROOT, COMPANY, unit, pick([True, False])),
            "hide unit": lambda: office.org.set_hidden(ROOT, COMPANY, unit, pick([True, False])),
            "describe": lambda: office.org.describe(ROOT, COMPANY, unit, code=pick(NAMES)),
            "first head": lambda: office.org.set_first_head(ROOT, COMPANY, unit, pick(inside)),
            "other heads": lambda: office.org.set_other_heads(ROOT, COMPANY, unit, inside[-1:]),
            "sort": lambda: office.org.set_sort(ROOT, COMPANY, unit, pick(inside), pick(range(4))),
            "newcomer": lambda: office.companies.add_member(ROOT, COMPANY, new),
            "draft": lambda: office.companies.add_member(ROOT, COMPANY, new, draft=True),
            "activate": lambda: office.companies.activate(ROOT, COMPANY, [member]),
            "robot": lambda: office.companies.add_robot(ROOT, COMPANY, pick(NAMES)),
            "place": lambda: office.members.place(ROOT, COMPANY, member, [unit, other]),
            "place a head": lambda: office.members.place(ROOT, COMPANY, head, [other], successors={headed: next_head}),
            "delete a head": lambda: office.leaving.delete(ROOT, COMPANY, head, successors={headed: next_head}),
            "move many": lambda: office.members.move_many(ROOT, COMPANY, some, unit),
            "add to unit": lambda: office.members.add_to_unit(ROOT, COMPANY, some, unit),
            "change": lambda: office.members.change(ROOT, COMPANY, member, Changes(name=pick(NAMES), pinyin=pick(["", "a"]))),
            "hide": lambda: office.members.set_hidden(ROOT, COMPANY, some, pick([True, False])),
            "scope": lambda: office.members.set_scope(ROOT, COMPANY, member, self._random.sample(units, min(2, len(units)))),
            "disable": lambda: office.leaving.disable(ROOT, COMPANY, some, ""),
            "enable": lambda: office.leaving.enable(ROOT, COMPANY, some),
            "delete": lambda: office.leaving.delete(ROOT, COMPANY, member),
            "reassign": lambda: office.leaving.reassign(ROOT, COMPANY, str(pick(range(1001, 1010))), new),
        }


@pytest.mark.parametrize("seed", range(4))
async def test_a_picture_that_follows_is_what_a_fresh_look_gives(office: Office, seed: int) -> None:
    await office.company(COMPANY, seats=40)
    found = await office.storage.read(lambda read: companies.find(read, COMPANY))
    assert found is not None
    company = found.id
    org = await office.storage.read(lambda read: organisation(read, company, reading))
    position = 0
    administrator = Administrator(office, Random(seed))

    async def follow(read: Read) -> int:
        log = await company_log.since(read, company, position, 1000)
        await refresh(read, org, [changed for _, changed in log], reading)
        return log[-1][0] if log else position

    for _ in range(ACTS):
        await administrator.act(org)
        office.clock.advance(1000)
        position = await office.storage.read(follow)
        fresh = await office.storage.read(lambda read: organisation(read, company, reading))
        assert drawn(org) == drawn(fresh)
    assert len(administrator.done) > 15
    assert administrator.refused


async def test_the_log_of_a_company_reaches_back_seven_days_and_says_where_it_ends(office: Office) -> None:
    """LOG E2: who comes back after longer gets a snapshot."""
    await office.company(COMPANY)
    await office.company("bolt", first_number=5001)
    await office.org.add(ROOT, "bolt", "Theirs")
    positions = []
    for name in ("Sales", "Lab", "North"):
        await office.org.add(ROOT, COMPANY, name)
        positions.append(office.told[-1].position)
        office.clock.advance(DAY)
    found = await office.storage.read(lambda read: companies.find(read, COMPANY))
    assert found is not None
    company = found.id
    before = office.clock.now() - DAY - 1  # the last one was told after that
    assert await office.storage.unit(lambda work: company_log.remove_old(work, before)) == 1
    assert await office.storage.unit(lambda work: company_log.remove_old(work, before)) == 0

    async def reach(read: Read) -> list[bool]:
        return [await company_log.reaches(read, company, position) for position in (positions[0], *positions[1:])]

    assert await office.storage.read(reach) == [False, True, True]
    log = await office.storage.read(lambda read: company_log.since(read, company, positions[1], 10))
    assert [position for position, _ in log] == positions[2:]
