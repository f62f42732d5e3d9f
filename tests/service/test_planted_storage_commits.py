"""Faults around the COMMIT, each caught by the test that cites its rule (LOG A5 to A8, B).

Batches that are halved wrongly, a full disk, time-outs, a COMMIT without an answer, callers that go away, checkpoints.
"""

from typing import Any

import pytest

from protocol.errors import ContentRefused
from server.clock import ManualClock
from storage import postgres as postgres_adapter
from storage import sqlite as sqlite_adapter
from storage.postgres import PostgresStorage
from storage.sqlite import SqliteStorage
from storage.writer import batch
from storage.writer.loaded import Conversation
from storage.writer.postgres import PostgresLog
from tests.service import test_writer_commit as of_commit
from tests.service import test_writer_content as of_content
from tests.service import test_writer_faults as of_faults
from tests.support.logbook import Broken
from tests.support.planted_storage import BOTH, CAUGHT, OPEN, Planted, Row, faults, nothing, planted, tried
from tests.support.standby import standby

__all__ = ["planted", "standby"]  # fixtures, asked for by name
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def what_is_only_found_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PostgresLog, "wait_for_standby", nothing)


def callers_cut_what_they_asked_for(patch: pytest.MonkeyPatch) -> None:
    async def as_it_is(self: Any, work: Any) -> Any:
        return await work

    patch.setattr(PostgresStorage, "_to_its_end", as_it_is)


def a_seq_once_drawn_is_gone(patch: pytest.MonkeyPatch) -> None:
    """A counter in memory that a rolled back transaction does not give back."""
    drawn: dict[int, int] = {}
    real = Conversation.append

    def append(self: Conversation, now: int, **more: Any) -> int:
        self.head = max(self.head, drawn.get(self.id, 0))
        drawn[self.id] = real(self, now, **more)
        return drawn[self.id]

    patch.setattr(Conversation, "append", append)


def a_batch_is_refused_whole(patch: pytest.MonkeyPatch) -> None:
    def refused(self: Any, part: Any, error: Exception) -> list[Any]:
        self._tell(batch.failed(part, ContentRefused()))
        return []

    for storage in (SqliteStorage, PostgresStorage):
        patch.setattr(storage, "_halved", refused)


def halves_change_places(patch: pytest.MonkeyPatch) -> None:
    for adapter in (sqlite_adapter, postgres_adapter):
        patch.setattr(adapter, "halves", lambda entries: batch.halves(entries)[::-1])


def a_full_disk_is_no_error_of_its_own(patch: pytest.MonkeyPatch) -> None:
    for adapter in (sqlite_adapter, postgres_adapter):
        patch.setattr(adapter, "StorageFull", adapter.DatabaseAway)
        patch.setattr(adapter, "PATIENCE_SECONDS", 0.1)


def an_unknown_closes_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch.Batches, "close", lambda self, origins: None)


def checkpoints_make_nobody_wait(patch: pytest.MonkeyPatch) -> None:
    real = sqlite_adapter._checkpoint
    patch.setattr(sqlite_adapter, "_checkpoint", lambda one: None if one in [storage._writer for storage in OPEN] else real(one))


def the_turn_may_be_held_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(postgres_adapter.IN_TURN, "idle_in_transaction_session_timeout", "0")
    patch.setitem(postgres_adapter.IN_TURN, "lock_timeout", "1s")
    patch.setattr(postgres_adapter, "PATIENCE_SECONDS", 0.5)


def commit_is_not_synced(patch: pytest.MonkeyPatch) -> None:
    for settings in (postgres_adapter.IN_TURN, postgres_adapter.ELSEWHERE):
        patch.setitem(settings, "synchronous_commit", "off")


def an_act_runs_again_without_looking(patch: pytest.MonkeyPatch) -> None:
    async def rolled_back(*_: Any) -> bool:
        return False

    patch.setattr(PostgresStorage, "_happened", rolled_back)


def a_lost_commit_is_taken_as_done(patch: pytest.MonkeyPatch) -> None:
    async def done(*_: Any) -> bool:
        return True

    patch.setattr(PostgresStorage, "_happened", done)


def positions_are_told_as_answers_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter._Line, "first", nothing)


def faults_end_the_writer(patch: pytest.MonkeyPatch) -> None:
    def tell(self: batch.Batches, ended: Any) -> None:
        self.on_finished(ended)

    patch.setattr(batch.Batches, "tell", tell)


ONE_BAD = {"name": "half a character", "place": 7}
TABLE: list[Row] = [
    (of_commit.test_an_answer_that_was_only_found_waits_for_the_standby_too, ("postgres",), what_is_only_found_waits_for_nobody, {}),
    (of_commit.test_a_commit_has_no_time_out_and_is_not_cancelled, ("postgres",), callers_cut_what_they_asked_for, {}),
    (of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused, BOTH, a_seq_once_drawn_is_gone, ONE_BAD),
    (of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused, BOTH, a_batch_is_refused_whole, ONE_BAD),
    (of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused, BOTH, halves_change_places, ONE_BAD),
    (of_content.test_a_full_disk_refuses_and_reading_goes_on, BOTH, a_full_disk_is_no_error_of_its_own, {}),
    (of_content.test_after_an_unknown_nothing_later_of_the_same_connection_is_stored, BOTH, an_unknown_closes_nobody, {}),
    (of_content.test_beside_a_stream_of_writes_the_wal_stays_small, ("sqlite",), checkpoints_make_nobody_wait, {}),
    (of_commit.test_who_stands_still_in_the_turn_is_put_out_after_a_second, ("postgres",), the_turn_may_be_held_for_ever, {}),
    (of_commit.test_what_is_set_on_the_connections, ("postgres",), commit_is_not_synced, {"name": "synchronous_commit"}),
    (of_commit.test_an_act_whose_commit_has_no_answer_is_done_once, ("postgres",), an_act_runs_again_without_looking, {"plan": ["after"]}),
    (of_commit.test_an_act_whose_commit_has_no_answer_is_done_once, ("postgres",), a_lost_commit_is_taken_as_done, {"plan": ["before"]}),
    (of_commit.test_an_act_whose_row_is_gone_already_is_unknown_and_not_run_again, ("postgres",), an_act_runs_again_without_looking, {}),
    (of_commit.test_a_later_commit_whose_answer_comes_first_is_told_later, ("postgres",), positions_are_told_as_answers_come, {}),
    (of_faults.test_an_act_whose_caller_went_away_runs_to_its_end_and_is_told_of, ("postgres",), callers_cut_what_they_asked_for, {}),
    (of_faults.test_who_fails_on_being_told_keeps_nothing_from_others, ("postgres",), faults_end_the_writer, {}),
]


@pytest.mark.parametrize("planted", faults(TABLE), ids=str, indirect=True)
async def test_the_fault_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    async with tried(planted, monkeypatch, clock) as its_test:
        with pytest.raises(CAUGHT):
            await its_test()


def test_what_is_caught_is_what_was_planted() -> None:
    """A fault that is planted wrongly (a name that is no longer there) is no fault that was caught."""
    assert issubclass(Broken, CAUGHT)
    assert standby is not None  # the fixture that tests ask for by name
    assert not issubclass(AttributeError, CAUGHT)
    assert not issubclass(TypeError, CAUGHT)
