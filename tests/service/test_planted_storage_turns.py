"""Faults in turn, batch and units of work, each caught by the test that cites its rule (LOG A1 to A3, C, D1).

Who writes without the turn, takes a batch too early or forgets it, remembers heads, or does what an act may not.
"""

import asyncio
from typing import Any

import pytest

from server.clock import ManualClock
from storage import postgres as postgres_adapter
from storage import sqlite as sqlite_adapter
from storage.work import Work
from storage.writer import batch, rows
from storage.writer.loaded import Conversation, Loaded, Participant
from tests.service import test_units as of_units
from tests.service import test_writer_turns as of_turns
from tests.support.planted_storage import BOTH, CAUGHT, Planted, Row, faults, planted, tried

__all__ = ["planted"]  # a fixture, asked for by name
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def no_turn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter, "BEGIN_IN_TURN", "BEGIN ISOLATION LEVEL READ COMMITTED")


def turn_in_an_old_snapshot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter, "BEGIN_IN_TURN", postgres_adapter.BEGIN_IN_TURN.replace("READ COMMITTED", "REPEATABLE READ"))


def one_batch_takes_what_was_there_when_it_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch, "MOST_ENTRIES", 1)
    patch.setattr(batch.Batches.take, "__defaults__", (1,))


def later_batches_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = batch.Batches.take

    def take(self: batch.Batches, most: int = batch.MOST_ENTRIES) -> Any:
        wake, self._wake = self._wake, lambda: None
        taken = real(self, most)
        self._wake = wake
        return taken

    patch.setattr(batch.Batches, "take", take)


def heads_from_memory(patch: pytest.MonkeyPatch) -> None:
    memory: dict[int, Conversation] = {}
    real = rows.add_participant

    def remembered(place: Conversation, who: Participant, loaded: Loaded) -> None:
        real(place, who, loaded)
        place = loaded.conversations[place.id]
        old = memory.setdefault(place.id, place)
        old.seq_before, old.change_before = old.head, old.change
        loaded.conversations[place.id] = old

    patch.setattr(rows, "add_participant", remembered)


def acts_may_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sqlite_adapter, "_drive", lambda act: asyncio.run(_awaited(act)))


async def _awaited(act: Any) -> Any:
    return await act


def acts_of_any_size(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.work.MOST_STATEMENTS", 1 << 60)
    patch.setattr("storage.work.MOST_ROWS", 1 << 60)


def no_entry_is_asked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Work, "needs_entry", property(lambda self: False, lambda self, value: None), raising=False)


TABLE: list[Row] = [
    (of_turns.test_several_processes_write_to_the_same_conversations, ("postgres",), no_turn, {"seed": 0}),
    (of_units.test_an_act_sees_all_that_came_before_it, ("postgres",), no_turn, {}),
    (of_units.test_an_act_sees_all_that_came_before_it, ("postgres",), turn_in_an_old_snapshot, {}),
    (of_turns.test_a_batch_takes_what_has_arrived_when_it_has_the_turn, BOTH, one_batch_takes_what_was_there_when_it_asked, {}),
    (of_turns.test_a_batch_has_its_limit_and_the_rest_is_not_forgotten, BOTH, later_batches_are_forgotten, {}),
    (of_turns.test_another_process_writes_between_the_batches, BOTH, heads_from_memory, {}),
    (of_units.test_an_act_that_awaits_something_else_is_refused_on_sqlite, ("sqlite",), acts_may_wait, {}),
    (of_units.test_an_act_has_its_size, BOTH, acts_of_any_size, {"does": of_units.rows, "most": 500}),
    (of_units.test_an_administrative_act_without_an_entry_fails_and_changes_nothing, BOTH, no_entry_is_asked_for, {}),
]


@pytest.mark.parametrize("planted", faults(TABLE), ids=str, indirect=True)
async def test_the_fault_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    async with tried(planted, monkeypatch, clock) as its_test:
        with pytest.raises(CAUGHT):
            await its_test()
