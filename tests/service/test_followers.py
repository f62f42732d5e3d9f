"""Who follows the log of companies looks at whom a change names, at everybody where it must, and again where it could not (LOG A4)."""

import asyncio
from collections.abc import Sequence

import pytest

from server import followers
from server.followers import CompanyFollower, Whose
from server.logs import Logger
from storage import company_log
from storage.company_log import Changed
from storage.errors import DatabaseAway
from tests.support.leaving import number_of
from tests.support.office import Office, until
from tests.support.wire import log_lines


class Noting(CompanyFollower):
    """Notes whom it was to judge. A change of privacy may concern anybody."""

    def __init__(self, office: Office, *failing: Exception) -> None:
        super().__init__(office.storage, "noting", Logger("tests"))
        self.judged: list[list[int] | None] = []
        self.failing = list(failing)

    def is_wide(self, change: Changed) -> bool:
        return "privacy" in change.subjects

    async def judge(self, company: int, whose: Whose) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self.judged.append(None if whose is None else sorted(whose))

    async def follow(self, *those: int) -> None:
        self.changed(those)
        await until(lambda: self.is_settled)


async def tell(office: Office, company: int, *, members: Sequence[int] = (), subjects: Sequence[str] = ()) -> None:
    await office.storage.transact(lambda work: company_log.tell(work, company, members=members, subjects=subjects))


async def test_those_are_looked_at_whom_a_change_names_and_all_after_a_wide_one(office: Office) -> None:
    await office.company()
    acme = await number_of(office)
    node = Noting(office)
    await node.bring_up_to_date(acme)
    assert node.judged == [None], "nobody followed before"
    await node.bring_up_to_date(acme)
    await tell(office, acme, subjects=["fields"])
    await node.bring_up_to_date(acme)
    assert node.judged == [None], "nothing that concerns anybody"
    await tell(office, acme, members=[9])
    await tell(office, acme, members=[7, 9], subjects=["fields"])
    await node.bring_up_to_date(acme)
    for subject in ("privacy", "reload"):
        await tell(office, acme, members=[7], subjects=[subject])
        await node.bring_up_to_date(acme)
    assert node.judged == [None, [7, 9], None, None]


async def test_after_more_changes_than_are_read_everybody_is_looked_at(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.company()
    acme = await number_of(office)
    node = Noting(office)
    await node.bring_up_to_date(acme)
    monkeypatch.setattr(followers, "MOST_CHANGES", 3)
    for named in (2, 3):
        for member in range(named):
            await tell(office, acme, members=[member])
        await node.bring_up_to_date(acme)
    assert node.judged == [None, [0, 1], None]


async def test_while_the_database_is_away_it_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.company()
    acme = await number_of(office)
    monkeypatch.setattr(followers, "AGAIN_SECONDS", 0)
    node = Noting(office, DatabaseAway(), DatabaseAway())
    await node.follow(acme)
    assert (node.judged, node.failing) == ([None], [])


async def test_a_fault_is_logged_and_the_next_change_looks_at_everybody(office: Office) -> None:
    await office.company()
    acme = await number_of(office)
    node = Noting(office)
    await node.bring_up_to_date(acme)
    node.failing.append(ValueError("planted"))
    await tell(office, acme, members=[7])
    with log_lines() as lines:
        await node.follow(acme)
    assert [(line["event"], line["company"]) for line in lines if line["level"] == "error"] == [("noting.failed", acme)]
    await tell(office, acme, members=[8])
    await node.follow(acme)
    assert node.judged == [None, None]


async def test_a_node_that_starts_looks_at_every_company_and_one_that_lags_at_those_it_knows(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "COMPANIES", 1)
    for number, first in (("acme", 1001), ("bolt", 5001)):
        await office.company(number, first_number=first)
    node = Noting(office)
    await node.start()
    await until(lambda: node.is_settled)
    assert node.judged == [None, None]
    await tell(office, await number_of(office), members=[7])
    node.all_changed()
    await until(lambda: node.is_settled)
    assert node.judged == [None, None, [7]]


async def test_stopping_ends_what_is_under_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.company()
    acme = await number_of(office)
    node, begun = Noting(office), asyncio.Event()

    async def judge(company: int, whose: Whose) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(node, "judge", judge)
    node.changed([acme])
    await begun.wait()
    assert not node.is_settled
    await node.stop()
    assert node.is_settled
