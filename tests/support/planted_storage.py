"""The tests of the storage, tried: each rule is left out once, and the test that cites it must fail (LOG A to H).

The faults stand in ``tests/service/test_planted_storage_*.py``; here a fault is planted, its test is given what it asks
for and run, and all that it left is closed.
"""

import asyncio
import contextlib
import gc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from protocol.errors import YizhanError
from server.clock import ManualClock
from storage.engine import connect
from storage.postgres import PostgresStorage
from storage.sqlite import SqliteStorage

Plant = Callable[[pytest.MonkeyPatch], None]
Row = tuple[Callable[..., Any], tuple[str, ...], Plant, dict[str, Any]]
"""The test that has to catch a fault, the databases, how the fault is planted, and the test's arguments that are no fixtures."""
CAUGHT = (AssertionError, YizhanError, TimeoutError, asyncpg.PostgresError, pytest.fail.Exception)
SECONDS = 3
BOTH = ("sqlite", "postgres")
OPEN: list[Any] = []
"""The storages that the test under trial has opened so far."""


@dataclass(frozen=True)
class Fault:
    name: str
    caught_by: Callable[..., Any]
    kind: str
    plant: Plant
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


Planted = tuple[Fault, dict[str, Any]]


def faults(table: list[Row]) -> list[Fault]:
    return [Fault(f"{plant.__name__}-{kind}", test, kind, plant, more) for test, kinds, plant, more in table for kind in kinds]


async def nothing(*_: Any, **__: Any) -> None:
    return None


@pytest.fixture
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """The fault, planted, and the fixtures that the test asks for."""
    fault: Fault = request.param
    given = dict(fault.more)
    url = request.getfixturevalue(f"fresh_{fault.kind}")
    for name in inspect.signature(fault.caught_by).parameters:
        if name in ("database", "fresh_sqlite", "fresh_postgres") or name == "storage":
            given[name] = url
        elif name not in given:
            given[name] = request.getfixturevalue(name)
    fault.plant(monkeypatch)
    return fault, given


@contextlib.asynccontextmanager
async def tried(planted: Planted, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives the test that has to catch the fault, ready to be called; it has ``SECONDS``."""
    fault, given = planted

    async def its_test() -> None:
        await asyncio.wait_for(fault.caught_by(**given), SECONDS)

    async with _everything_closed_afterwards(monkeypatch):
        if "storage" in given:
            given["storage"] = await connect(given["storage"], now=clock.now)
        yield its_test


@contextlib.asynccontextmanager
async def _everything_closed_afterwards(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A test that fails in the middle leaves storages and tasks behind, and acts whose failure nobody waits for any more."""
    OPEN.clear()
    loop = asyncio.get_running_loop()
    hears = loop.get_exception_handler()
    loop.set_exception_handler(lambda *_: None)
    for adapter in (SqliteStorage, PostgresStorage):

        def opened(self: Any, *more: Any, real: Any = adapter.__init__) -> None:
            real(self, *more)
            OPEN.append(self)

        monkeypatch.setattr(adapter, "__init__", opened)
    earlier = asyncio.all_tasks()
    try:
        yield
    finally:
        left = asyncio.all_tasks() - earlier - {storage._writer for storage in OPEN if storage.kind == "postgres"}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for storage in OPEN:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(storage.close(), 2)
            if storage.kind == "postgres":
                storage._reads.terminate()
                storage._turns.terminate()
        if any(storage.kind == "postgres" for storage in OPEN):
            OPEN.clear()
            await asyncio.sleep(0)
            gc.collect()  # what a test left that failed in the middle must not be found in another one
        loop.set_exception_handler(hears)
