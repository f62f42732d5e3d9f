"""An account number is one number however it is spelled, and a deleted member's comes back by no import (SPEC B3, B4, B7)."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from server.clock import ManualClock
from server.companies.errors import NumberTaken
from server.org.errors import CompanyBusy
from server.rosters.errors import RosterRefused
from server.rosters.plan import Wish
from server.rosters.running import Progress, nobody
from server.rosters.service import RosterService
from server.rosters.task import Done, Task
from tests.support.office import MINUTE, ROOT, Office
from tests.support.rosters import bring, everybody, in_this_process, refused, workbook

WIDE = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
SPELLINGS: Mapping[str, Callable[[str], str | float]] = {
    "plain": lambda number: number,
    "as a number": float,
    "full width": lambda number: number.translate(WIDE),
    "half of it full width": lambda number: number[:2].translate(WIDE) + number[2:],
    "with a space": lambda number: f"{number[:2]} {number[2:]}",
    "with a wide space": lambda number: f"{number[:2]}\u3000{number[2:]}",
    "with a mark that nobody sees": lambda number: f"{number[:2]}\u200b{number[2:]}",
    "with an apostrophe": lambda number: f"'{number}",
    "with apostrophe and space": lambda number: f"' {number} ",
}


@pytest.fixture
def service(office: Office, clock: ManualClock, database: str) -> RosterService:
    return RosterService(office.storage, clock, office.passwords, database=database, run=in_this_process)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_deleted_members_number_does_not_come_back_by_an_import_in_whatever_spelling(
    office: Office, service: RosterService, clock: ManualClock, spelling: str
) -> None:
    await office.company()
    gone = await office.member("acme", "Old")
    await office.leaving.delete(ROOT, "acme", gone.number)
    clock.advance(MINUTE)
    data = workbook((SPELLINGS[spelling](gone.number), "New", "acme", "", ""))
    found = await service.check(ROOT, "acme", data, wish=Wish())
    assert [(line.what, line.row) for line in found.lines] == [("error", 2)]
    await refused(service.begin(ROOT, "acme", data, wish=Wish()), RosterRefused)
    assert "New" not in await everybody(office)


async def test_what_a_plan_missed_is_found_in_the_act_and_nothing_is_begun(
    office: Office, service: RosterService, database: str, clock: ManualClock
) -> None:
    await office.company()
    gone = await office.member("acme", "Old")
    await office.leaving.delete(ROOT, "acme", gone.number)

    async def careless(task: Task, data: bytes = b"", *, progress: Progress = nobody) -> Done:
        made = await in_this_process(task, data, progress=progress)
        return msgspec.structs.replace(made, numbers=[gone.number])

    hasty = RosterService(office.storage, clock, office.passwords, database=database, run=careless)
    await refused(hasty.begin(ROOT, "acme", workbook(("", "New", "acme", "", "")), wish=Wish()), NumberTaken)
    assert (await office.trail("acme"))[-1].details["error"] == "number.taken"
    begun = await bring(service, workbook(("", "New", "acme", "", "")))  # nobody holds the tree
    assert begun.summary.added == 1


async def test_the_numbers_of_an_import_are_looked_up_again_in_the_act(office: Office, database: str, clock: ManualClock) -> None:
    await office.company(seats=500)
    made: list[Done] = []

    async def watched(task: Task, data: bytes = b"", *, progress: Progress = nobody) -> Done:
        made.append(await in_this_process(task, data, progress=progress))
        return made[-1]

    service = RosterService(office.storage, clock, office.passwords, database=database, run=watched)
    await bring(service, workbook(("1050", "A", "acme", "", ""), ("", "B", "acme", "", "")))
    assert made[-1].numbers == ["1050", "1001"]


async def test_who_is_deleted_between_reading_and_act_keeps_his_number(
    office: Office, service: RosterService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan would have changed him; it is made anew, and his number is nobody's."""
    await office.company()
    old = await office.member("acme", "Old")
    stage = service._stage

    async def meanwhile(made: Any, id: int, progress: Any) -> None:
        await stage(made, id, progress)
        await office.leaving.delete(ROOT, "acme", old.number)

    monkeypatch.setattr(service, "_stage", meanwhile)
    data = workbook((old.number.translate(WIDE), "New", "acme", "", ""))
    await refused(service.begin(ROOT, "acme", data, wish=Wish(mode="update")), RosterRefused)
    assert "New" not in await everybody(office)


async def test_nobody_takes_a_number_of_an_import_whose_server_died_before_its_pieces(
    office: Office, service: RosterService, clock: ManualClock
) -> None:
    await office.company()
    old = await office.member("acme", "Old")
    await service.begin(ROOT, "acme", workbook(("1050", "New", "acme", "", "")), wish=Wish(), name="x")
    await refused(office.member("acme", "Other", number="1050"), CompanyBusy)
    await refused(office.leaving.delete(ROOT, "acme", old.number), CompanyBusy)
    clock.advance(MINUTE)
    assert await service.finish_begun() == 1
    assert {record.number for record, _ in (await everybody(office)).values()} == {old.number, "1050"}
