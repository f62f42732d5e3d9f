"""The tests of the storage, tried: each rule is left out once, and the test that cites it must fail (LOG A to H).

A row names the fault, the test that has to catch it, the database, and how the fault is planted.
"""

import asyncio
import contextlib
import gc
import inspect
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from protocol.errors import ContentRefused, YizhanError
from server.clock import ManualClock
from storage import conversations, feed
from storage import postgres as postgres_adapter
from storage import sqlite as sqlite_adapter
from storage.engine import connect
from storage.postgres import PostgresStorage
from storage.schema.conversations import marks
from storage.schema.log import feed as feed_table
from storage.sqlite import SqliteStorage
from storage.statements import statement, update_of
from storage.work import Work
from storage.writer import batch, decide, rows
from storage.writer.entries import Entry, MarkEntry, ReactEntry
from storage.writer.loaded import Conversation, Found, Loaded, Participant
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import SqliteLog
from tests.service import test_feed as of_feed
from tests.service import test_membership as of_membership
from tests.service import test_units as of_units
from tests.service import test_writer as of_writer
from tests.service import test_writer_again as again
from tests.service import test_writer_commit as of_commit
from tests.service import test_writer_content as of_content
from tests.service import test_writer_faults as of_faults
from tests.service import test_writer_turns as of_turns
from tests.support.logbook import Broken
from tests.support.standby import standby

Plant = Callable[[pytest.MonkeyPatch], None]
CAUGHT = (AssertionError, YizhanError, TimeoutError, asyncpg.PostgresError, pytest.fail.Exception)
SECONDS = 3


@dataclass(frozen=True)
class Fault:
    name: str
    caught_by: Callable[..., Any]
    kind: str
    plant: Plant
    more: dict[str, Any] = field(default_factory=dict)


async def nothing(*_: Any, **__: Any) -> None:
    return None


# ---- faults


def no_turn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter, "BEGIN_IN_TURN", "BEGIN ISOLATION LEVEL READ COMMITTED")


def turn_in_an_old_snapshot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter, "BEGIN_IN_TURN", postgres_adapter.BEGIN_IN_TURN.replace("READ COMMITTED", "REPEATABLE READ"))


def no_look_up(patch: pytest.MonkeyPatch) -> None:
    for log in (SqliteLog, PostgresLog):
        patch.setattr(log, "found", nothing)


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


def a_seq_once_drawn_is_gone(patch: pytest.MonkeyPatch) -> None:
    """A counter in memory that a rolled back transaction does not give back."""
    drawn: dict[int, int] = {}
    real = Conversation.append

    def append(self: Conversation, now: int, **more: Any) -> int:
        self.head = max(self.head, drawn.get(self.id, 0))
        drawn[self.id] = real(self, now, **more)
        return drawn[self.id]

    patch.setattr(Conversation, "append", append)


def everybody_is_a_participant(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "_may_act", lambda who, place, now: None)


def refusals_before_the_look_up(patch: pytest.MonkeyPatch) -> None:
    real = decide._send

    def send(entry: Any, loaded: Loaded, decision: Any, now: int) -> Any:
        decide._may_act(decide._participant(entry, loaded), loaded.conversations[entry.conversation], now)
        return real(entry, loaded, decision, now)

    patch.setattr(decide, "_send", send)


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


def time_is_the_clocks(patch: pytest.MonkeyPatch) -> None:
    def time(self: Conversation, now: int) -> int:
        self.last_at = now
        return now

    patch.setattr(Conversation, "time", time)


def notes_count(patch: pytest.MonkeyPatch) -> None:
    real = Conversation.append
    patch.setattr(Conversation, "append", lambda self, now, *, countable=True, mention_all=False: real(self, now, mention_all=mention_all))


def sending_reads_everything(patch: pytest.MonkeyPatch) -> None:
    def raise_mark(who: Participant, place: Conversation, seq: int) -> int:
        who.read, who.read_countable, who.read_mention_all = seq, place.countable, place.mention_all
        who.changed = who.marks_moved = True
        return seq

    patch.setattr(decide, "_raise_mark", raise_mark)


def a_new_stay_keeps_the_old_mark(patch: pytest.MonkeyPatch) -> None:
    names = ("is_open", "place", "end_seq", "end_change", "end_countable", "end_mention_all", "end_at")
    patch.setattr(conversations, "REJOIN_MARKS", update_of(marks, *names, where=["company", "member", "conversation"]))


def the_end_is_the_heads(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conversations, "END_MARKS", update_of(marks, "place", where=["company", "member", "conversation"]))


def the_number_at_the_head_is_not_known(patch: pytest.MonkeyPatch) -> None:
    real = rows.add_participant

    def forgets(place: Conversation, who: Participant, loaded: Loaded) -> None:
        real(place, who, loaded)
        loaded.numbers.clear()

    patch.setattr(rows, "add_participant", forgets)


def marks_go_back(patch: pytest.MonkeyPatch) -> None:
    real = decide._mark

    def mark(entry: Any, loaded: Loaded, decision: Any, now: int, policy: Any) -> Any:
        loaded.participants[entry.conversation, entry.member].read = 0
        return real(entry, loaded, decision, now, policy)

    kind: type[Entry] = MarkEntry
    patch.setitem(decide._OTHERS, kind, mark)


def drafts_stay_when_sent(patch: pytest.MonkeyPatch) -> None:
    real = rows.add_participant

    def without_draft(place: Conversation, who: Participant, loaded: Loaded) -> None:
        real(place, who, loaded)
        who.draft = False

    patch.setattr(rows, "add_participant", without_draft)


def the_last_row_goes_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(feed, "REMOVE_OLD", statement(sa.delete(feed_table).where(feed_table.c.position < sa.bindparam("passed"))))


def rows_go_by_their_time_alone(patch: pytest.MonkeyPatch) -> None:
    last = sa.select(sa.func.max(feed_table.c.position)).scalar_subquery()
    old = sa.delete(feed_table).where(feed_table.c.at < sa.bindparam("before"), feed_table.c.position < last)
    patch.setattr(feed, "REMOVE_OLD", statement(old.where(feed_table.c.position < sa.bindparam("passed"))))


def positions_are_told_as_answers_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_adapter._Line, "first", nothing)


def an_act_runs_again_without_looking(patch: pytest.MonkeyPatch) -> None:
    async def rolled_back(*_: Any) -> bool:
        return False

    patch.setattr(PostgresStorage, "_happened", rolled_back)


def a_lost_commit_is_taken_as_done(patch: pytest.MonkeyPatch) -> None:
    async def done(*_: Any) -> bool:
        return True

    patch.setattr(PostgresStorage, "_happened", done)


def what_is_only_found_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PostgresLog, "wait_for_standby", nothing)


def callers_cut_what_they_asked_for(patch: pytest.MonkeyPatch) -> None:
    async def as_it_is(self: Any, work: Any) -> Any:
        return await work

    patch.setattr(PostgresStorage, "_to_its_end", as_it_is)


def the_turn_may_be_held_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(postgres_adapter.IN_TURN, "idle_in_transaction_session_timeout", "0")
    patch.setitem(postgres_adapter.IN_TURN, "lock_timeout", "1s")
    patch.setattr(postgres_adapter, "PATIENCE_SECONDS", 0.5)


def commit_is_not_synced(patch: pytest.MonkeyPatch) -> None:
    for settings in (postgres_adapter.IN_TURN, postgres_adapter.ELSEWHERE):
        patch.setitem(settings, "synchronous_commit", "off")


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


def no_entry_is_asked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Work, "needs_entry", property(lambda self: False, lambda self, value: None), raising=False)


def acts_of_any_size(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.work.MOST_STATEMENTS", 1 << 60)
    patch.setattr("storage.work.MOST_ROWS", 1 << 60)


def acts_may_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sqlite_adapter, "_drive", lambda act: asyncio.run(_awaited(act)))


async def _awaited(act: Any) -> Any:
    return await act


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


def mentions_of_strangers(patch: pytest.MonkeyPatch) -> None:
    async def all_of_them(self: Any, pairs: Any, loaded: Loaded) -> None:
        loaded.mentioned.update(pairs)

    for log in (SqliteLog, PostgresLog):
        patch.setattr(log, "mentioned", all_of_them)


def forwards_of_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.writer.sqlite.SOURCE", SOURCE_OF_ANYTHING)


SOURCE_OF_ANYTHING = """SELECT m.body, m.member, m.sent_at FROM messages m WHERE m.conversation = ?2 AND m.seq = ?3 AND ?1 > 0
 AND m.recalled = 0 AND m.kind <> 'note'"""


def faults_end_the_writer(patch: pytest.MonkeyPatch) -> None:
    def tell(self: batch.Batches, ended: Any) -> None:
        self.on_finished(ended)

    patch.setattr(batch.Batches, "tell", tell)


def checkpoints_make_nobody_wait(patch: pytest.MonkeyPatch) -> None:
    real = sqlite_adapter._checkpoint
    patch.setattr(sqlite_adapter, "_checkpoint", lambda one: None if one in [storage._writer for storage in OPEN] else real(one))


BOTH = ("sqlite", "postgres")
WISHES = {"name": "muted"}
TABLE: list[tuple[Callable[..., Any], tuple[str, ...], Plant, dict[str, Any]]] = [
    (of_turns.test_several_processes_write_to_the_same_conversations, ("postgres",), no_turn, {"seed": 0}),
    (of_units.test_an_act_sees_all_that_came_before_it, ("postgres",), no_turn, {}),
    (of_units.test_an_act_sees_all_that_came_before_it, ("postgres",), turn_in_an_old_snapshot, {}),
    (of_turns.test_a_batch_takes_what_has_arrived_when_it_has_the_turn, BOTH, one_batch_takes_what_was_there_when_it_asked, {}),
    (of_turns.test_a_batch_has_its_limit_and_the_rest_is_not_forgotten, BOTH, later_batches_are_forgotten, {}),
    (of_turns.test_another_process_writes_between_the_batches, BOTH, heads_from_memory, {}),
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
    (of_commit.test_an_answer_that_was_only_found_waits_for_the_standby_too, ("postgres",), what_is_only_found_waits_for_nobody, {}),
    (of_commit.test_a_commit_has_no_time_out_and_is_not_cancelled, ("postgres",), callers_cut_what_they_asked_for, {}),
    (
        of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused,
        BOTH,
        a_seq_once_drawn_is_gone,
        {"name": "half a character", "place": 7},
    ),
    (
        of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused,
        BOTH,
        a_batch_is_refused_whole,
        {"name": "half a character", "place": 7},
    ),
    (
        of_content.test_of_a_batch_with_one_bad_entry_that_one_is_refused,
        BOTH,
        halves_change_places,
        {"name": "half a character", "place": 7},
    ),
    (of_content.test_a_full_disk_refuses_and_reading_goes_on, BOTH, a_full_disk_is_no_error_of_its_own, {}),
    (of_content.test_after_an_unknown_nothing_later_of_the_same_connection_is_stored, BOTH, an_unknown_closes_nobody, {}),
    (of_content.test_beside_a_stream_of_writes_the_wal_stays_small, ("sqlite",), checkpoints_make_nobody_wait, {}),
    (of_commit.test_who_stands_still_in_the_turn_is_put_out_after_a_second, ("postgres",), the_turn_may_be_held_for_ever, {}),
    (of_commit.test_what_is_set_on_the_connections, ("postgres",), commit_is_not_synced, {"name": "synchronous_commit"}),
    (of_commit.test_an_act_whose_commit_has_no_answer_is_done_once, ("postgres",), an_act_runs_again_without_looking, {"plan": ["after"]}),
    (of_commit.test_an_act_whose_commit_has_no_answer_is_done_once, ("postgres",), a_lost_commit_is_taken_as_done, {"plan": ["before"]}),
    (of_commit.test_an_act_whose_row_is_gone_already_is_unknown_and_not_run_again, ("postgres",), an_act_runs_again_without_looking, {}),
    (of_commit.test_a_batch_whose_commit_has_no_answer_is_stored_once, ("postgres",), no_look_up, {"plan": ["after"]}),
    (of_commit.test_a_later_commit_whose_answer_comes_first_is_told_later, ("postgres",), positions_are_told_as_answers_come, {}),
    (of_faults.test_an_act_whose_caller_went_away_runs_to_its_end_and_is_told_of, ("postgres",), callers_cut_what_they_asked_for, {}),
    (of_faults.test_who_fails_on_being_told_keeps_nothing_from_others, ("postgres",), faults_end_the_writer, {}),
    (of_units.test_an_act_that_awaits_something_else_is_refused_on_sqlite, ("sqlite",), acts_may_wait, {}),
    (of_units.test_an_act_has_its_size, BOTH, acts_of_any_size, {"does": of_units.rows, "most": 500}),
    (of_units.test_an_administrative_act_without_an_entry_fails_and_changes_nothing, BOTH, no_entry_is_asked_for, {}),
    (of_feed.test_rows_go_when_they_are_passed_and_old_and_never_the_last_one, BOTH, the_last_row_goes_too, {}),
    (of_feed.test_a_clock_that_was_set_back_makes_no_hole, BOTH, rows_go_by_their_time_alone, {}),
    (of_membership.test_system_notes_are_appended_by_the_same_rules, BOTH, notes_count, {}),
    (of_membership.test_who_comes_back_has_nothing_unread_of_what_he_missed, BOTH, a_new_stay_keeps_the_old_mark, {}),
    (of_membership.test_who_left_sees_the_counts_as_of_his_end, BOTH, the_end_is_the_heads, {}),
    (of_membership.test_a_mark_and_a_message_in_one_batch_agree, BOTH, the_number_at_the_head_is_not_known, {}),
    (of_membership.test_marks_go_only_forward, BOTH, marks_go_back, {}),
    (of_membership.test_the_last_draft_wins_and_a_send_clears_it, BOTH, drafts_stay_when_sent, {}),
    (of_membership.test_a_message_that_mentions_by_name_and_all_counts_once, BOTH, mentions_of_strangers, {}),
    (of_membership.test_unread_and_mentions_agree_with_a_count_from_scratch, ("sqlite",), sending_reads_everything, {"seed": 0}),
    (of_membership.test_unread_and_mentions_agree_with_a_count_from_scratch, ("sqlite",), the_number_at_the_head_is_not_known, {"seed": 0}),
    (of_membership.test_unread_and_mentions_agree_with_a_count_from_scratch, ("sqlite",), a_new_stay_keeps_the_old_mark, {"seed": 0}),
]
FAULTS = [Fault(f"{plant.__name__}-{kind}", test, kind, plant, more) for test, kinds, plant, more in TABLE for kind in kinds]
OPEN: list[Any] = []
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.name)
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Fault, dict[str, Any]]:
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
async def everything_closed_afterwards(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
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


async def test_the_fault_is_caught(planted: tuple[Fault, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    fault, given = planted
    async with everything_closed_afterwards(monkeypatch):
        if "storage" in given:
            given["storage"] = await connect(given["storage"], now=clock.now)
        with pytest.raises(CAUGHT):
            await asyncio.wait_for(fault.caught_by(**given), SECONDS)


def test_what_is_caught_is_what_was_planted() -> None:
    """A fault that is planted wrongly (a name that is no longer there) is no fault that was caught."""
    assert issubclass(Broken, CAUGHT)
    assert standby is not None  # the fixture that tests ask for by name
    assert not issubclass(AttributeError, CAUGHT)
    assert not issubclass(TypeError, CAUGHT)
