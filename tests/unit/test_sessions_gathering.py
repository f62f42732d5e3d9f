"""Gathering: who asks while a call is under way is asked for together with the others who do."""

import asyncio
from collections.abc import Sequence

import pytest

from server.sessions.gathering import Gathering


class Doubling:
    """Answers with twice the number when it is let; remembers what it was asked together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may = asyncio.Event()

    async def __call__(self, asked: Sequence[int]) -> list[int]:
        self.calls.append(list(asked))
        await self.may.wait()
        if 13 in asked:
            raise ArithmeticError("thirteen")
        return [2 * number for number in asked]


async def _begun(count: int, gathering: Gathering[int, int], *, first: int = 0) -> list[asyncio.Task[int]]:
    """So many askers, each of whom has asked."""
    asking = [asyncio.create_task(gathering.ask(number)) for number in range(first, first + count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return asking


async def test_a_lonely_asker_does_not_wait_for_others() -> None:
    doubling = Doubling()
    doubling.may.set()
    assert await Gathering(doubling, at_once=10).ask(4) == 8
    assert doubling.calls == [[4]]


async def test_those_who_ask_during_a_call_are_asked_for_together() -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, at_once=3)
    asking = await _begun(1, gathering)
    asking += await _begun(5, gathering, first=1)
    doubling.may.set()
    assert await asyncio.gather(*asking) == [0, 2, 4, 6, 8, 10]
    assert doubling.calls == [[0], [1, 2, 3], [4, 5]]


async def test_a_failure_is_told_to_those_of_its_call_only() -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, at_once=1)
    asking = await _begun(3, gathering, first=12)
    doubling.may.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, ArithmeticError, int]


@pytest.mark.parametrize("number", [1, 13])
async def test_who_goes_away_disturbs_nobody(number: int) -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, at_once=10)
    (gone,) = await _begun(1, gathering, first=number)
    (staying,) = await _begun(1, gathering, first=5)
    gone.cancel()
    doubling.may.set()
    assert await staying == 10
    assert gone.cancelled()


async def test_when_the_process_ends_nobody_waits_for_ever() -> None:
    gathering = Gathering(Doubling(), at_once=1)
    asking = await _begun(2, gathering)
    assert gathering._running is not None
    gathering._running.cancel()
    await asyncio.wait(asking)
    assert all(one.cancelled() for one in asking)
