"""Faults in how a suspension reaches who is connected, each caught by the test that says what holds (SPEC A1)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from server.companies.suspensions import Suspensions
from storage import companies
from storage.work import Read
from tests.conftest import LOOP
from tests.support.house import House, open_house
from tests.support.wire import Closed
from tests.wire import test_from_the_server as of_the_server

CAUGHT = (AssertionError, TimeoutError, Closed)


def nobody_looks(patch: pytest.MonkeyPatch) -> None:
    async def look(self: Suspensions) -> None:
        return

    patch.setattr(Suspensions, "look", look)


def what_the_feed_says_is_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Suspensions, "changed", lambda self, changed: None)


def every_company_is_taken_for_suspended(patch: pytest.MonkeyPatch) -> None:
    """Also those of which something else changed; here all that there are."""

    async def suspended(read: Read, wanted: Iterable[int]) -> set[int]:
        return {one.id for one in await companies.page(read, "", 100)}

    patch.setattr(companies, "suspended", suspended)


FAULTS = [nobody_looks, what_the_feed_says_is_not_heard, every_company_is_taken_for_suspended]


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def house_with_a_fault(request: pytest.FixtureRequest, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Planted before it is opened: what calls what is settled then."""
    request.param(monkeypatch)
    house = open_house(database, tmp_path)
    try:
        yield LOOP.run_until_complete(house.__aenter__())
    finally:
        LOOP.run_until_complete(house.__aexit__(None, None, None))


async def test_a_planted_fault_is_caught(house_with_a_fault: House) -> None:
    with pytest.raises(CAUGHT):
        await of_the_server.test_who_is_connected_of_a_suspended_company_is_out_within_two_seconds_and_in_again_after_it(house_with_a_fault)
