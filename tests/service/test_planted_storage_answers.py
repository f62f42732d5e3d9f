"""Faults in what the look-up finds and what is decided by it, each caught by the test that cites its rule (LOG A3 to A5).

First answers that are not found, or found for what may not be named; participants that are none; times of the clock.
"""

import contextlib
import sqlite3
from typing import Any

import pytest

from server.clock import ManualClock
from storage import sqlite as sqlite_adapter
from storage.writer import batch, decide
from storage.writer.entries import Entry, ReactEntry
from storage.writer.loaded import Conversation, Found, Loaded
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import SqliteLog
from tests.service import test_writer as of_writer
from tests.service import test_writer_again as again
from tests.service import test_writer_commit as of_commit
from tests.support.planted_storage import BOTH, CAUGHT, OPEN, Planted, Row, faults, nothing, planted, tried

__all__ = ["planted"]  # a fixture, asked for by name
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def no_look_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.writer.rows.add_found", lambda row, loaded: None)


def look_up_before_the_turn(patch: pytest.MonkeyPatch) -> None:
    """When the entry is put, on a connection of its own."""
    early: dict[tuple[bytes, int, int], Found] = {}
    looks = Loaded(0)
    put = batch.Batches.put

    def looks_and_puts(self: batch.Batches, entry: Any) -> None:
        storage = OPEN[[one.batches for one in OPEN].index(self)]
        with contextlib.closing(sqlite3.connect(storage.path)) as connection:
            asyncio_free = SqliteLog.found(SqliteLog(connection), [(entry.client_id, entry.member, entry.conversation)], looks)
            sqlite_adapter._drive(asyncio_free)
        early.update(looks.found)
        put(self, entry)

    real = SqliteLog.found

    async def found(self: SqliteLog, keys: Any, loaded: Loaded) -> None:
        if self._execute.__self__ in {storage._writer for storage in OPEN}:  # type: ignore[attr-defined]
            loaded.found.update({key: early[key] for key in keys if key in early})
        else:
            await real(self, keys, loaded)

    patch.setattr(batch.Batches, "put", looks_and_puts)
    patch.setattr(SqliteLog, "found", found)


def refusals_before_the_look_up(patch: pytest.MonkeyPatch) -> None:
    real = decide._send

    def send(entry: Any, loaded: Loaded, decision: Any, now: int) -> Any:
        decide._may_act(decide._participant(entry, loaded), loaded.conversations[entry.conversation], now)
        return real(entry, loaded, decision, now)

    patch.setattr(decide, "_send", send)


def everybody_is_a_participant(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "_may_act", lambda who, place, now: None)


def states_are_changed_anew(patch: pytest.MonkeyPatch) -> None:
    """A reaction that is there already moves the change number again."""

    def react(entry: Any, loaded: Loaded, decision: Any, now: int, policy: Any) -> Any:
        _, place, target = decide._target(entry, loaded)
        return decide._changed(place, target, decision)

    kind: type[Entry] = ReactEntry
    patch.setitem(decide._OTHERS, kind, react)


def any_message_may_be_named(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Loaded, "in_open_stay", lambda self, entry: True)


def only_the_open_stay_counts(patch: pytest.MonkeyPatch) -> None:
    for log in (SqliteLog, PostgresLog):
        patch.setattr(log, "held", nothing)


def forwards_of_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.writer.sqlite.SOURCE", SOURCE_OF_ANYTHING)


SOURCE_OF_ANYTHING = """SELECT m.body, m.member, m.sent_at FROM messages m WHERE m.conversation = ?2 AND m.seq = ?3 AND ?1 > 0
 AND m.recalled = 0 AND m.kind <> 'note'"""


def time_is_the_clocks(patch: pytest.MonkeyPatch) -> None:
    def time(self: Conversation, now: int) -> int:
        self.last_at = now
        return now

    patch.setattr(Conversation, "time", time)


WISHES = {"name": "muted"}
TABLE: list[Row] = [
    (again.test_the_first_answer_on_another_node_and_after_a_crash, BOTH, no_look_up, {}),
    (of_writer.test_the_same_client_id_gives_the_first_answer, BOTH, no_look_up, {}),
    (again.test_the_same_wish_on_two_nodes_at_once_is_one_message, ("sqlite",), look_up_before_the_turn, {}),
    (again.test_who_may_not_send_any_more_still_gets_his_first_answers, BOTH, refusals_before_the_look_up, WISHES),
    (again.test_who_may_not_send_any_more_still_gets_his_first_answers, BOTH, everybody_is_a_participant, WISHES),
    (again.test_a_former_participant_of_several_stays_writes_nothing, BOTH, everybody_is_a_participant, {}),
    (again.test_what_sets_a_state_is_done_once, BOTH, states_are_changed_anew, {"make": again.SETS[1][1]}),
    (again.test_what_he_did_in_an_earlier_stay_is_known_and_the_rest_is_not, BOTH, any_message_may_be_named, {}),
    (again.test_what_he_did_in_an_earlier_stay_is_known_and_the_rest_is_not, BOTH, only_the_open_stay_counts, {}),
    (again.test_a_forward_copies_only_what_the_forwarder_may_see, ("sqlite",), forwards_of_anything, {}),
    (again.test_times_never_go_back_when_the_clock_is_set_back, BOTH, time_is_the_clocks, {}),
    (of_commit.test_a_batch_whose_commit_has_no_answer_is_stored_once, ("postgres",), no_look_up, {"plan": ["after"]}),
]


@pytest.mark.parametrize("planted", faults(TABLE), ids=str, indirect=True)
async def test_the_fault_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    async with tried(planted, monkeypatch, clock) as its_test:
        with pytest.raises(CAUGHT):
            await its_test()
