"""Faults in marks, running numbers and the keeping of the feed, each caught by the test that cites its rule (LOG C2, D3, G, H).

Notes that count, marks that go back or are kept, ends that move on, rows of the feed that go too early.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from server.clock import ManualClock
from storage import conversations, feed
from storage.schema.conversations import marks
from storage.schema.log import feed as feed_table
from storage.statements import statement, update_of
from storage.writer import algorithm, decide, rows
from storage.writer.entries import Entry, MarkEntry
from storage.writer.loaded import Conversation, Loaded, Participant
from storage.writer.postgres import PostgresLog
from storage.writer.sqlite import SqliteLog
from tests.service import test_feed as of_feed
from tests.service import test_membership as of_membership
from tests.support.planted_storage import BOTH, CAUGHT, Planted, Row, faults, planted, tried

__all__ = ["planted"]  # a fixture, asked for by name
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def the_last_row_goes_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(feed, "REMOVE_OLD", statement(sa.delete(feed_table).where(feed_table.c.position < sa.bindparam("passed"))))


def rows_go_by_their_time_alone(patch: pytest.MonkeyPatch) -> None:
    last = sa.select(sa.func.max(feed_table.c.position)).scalar_subquery()
    old = sa.delete(feed_table).where(feed_table.c.at < sa.bindparam("before"), feed_table.c.position < last)
    patch.setattr(feed, "REMOVE_OLD", statement(old.where(feed_table.c.position < sa.bindparam("passed"))))


def notes_count(patch: pytest.MonkeyPatch) -> None:
    real = Conversation.append
    patch.setattr(Conversation, "append", lambda self, now, *, countable=True, mention_all=False: real(self, now, mention_all=mention_all))


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
    real = algorithm._look_up

    async def without_drafts(statements: Any, entries: Any, loaded: Loaded, *more: Any) -> Any:
        earlier = await real(statements, entries, loaded, *more)
        for who in loaded.participants.values():
            who.draft = False
        return earlier

    patch.setattr(algorithm, "_look_up", without_drafts)


def mentions_of_strangers(patch: pytest.MonkeyPatch) -> None:
    async def all_of_them(self: Any, pairs: Any, loaded: Loaded) -> None:
        loaded.mentioned.update(pairs)

    for log in (SqliteLog, PostgresLog):
        patch.setattr(log, "mentioned", all_of_them)


def sending_reads_everything(patch: pytest.MonkeyPatch) -> None:
    def raise_mark(who: Participant, place: Conversation, seq: int) -> int:
        who.read, who.read_countable, who.read_mention_all = seq, place.countable, place.mention_all
        who.changed = who.marks_moved = True
        return seq

    patch.setattr(decide, "_raise_mark", raise_mark)


TABLE: list[Row] = [
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


@pytest.mark.parametrize("planted", faults(TABLE), ids=str, indirect=True)
async def test_the_fault_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    async with tried(planted, monkeypatch, clock) as its_test:
        with pytest.raises(CAUGHT):
            await its_test()
