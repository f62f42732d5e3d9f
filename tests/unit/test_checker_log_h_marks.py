"""Planted faults of LOG H, each found by its name: marks that go back or too far, numbers that are counted wrong.

In the database, in what was told, and in what a device shows.
"""

from typing import Any

import msgspec
import pytest

from tests.faults.history import Marked, Told
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, NoVictim, found

FAULTS = Faults()
plant = FAULTS.plant


@plant("mark-went-back")
def an_older_mark_replaces_a_newer_one(d: Draft) -> None:
    marked = d.one(Marked, lambda e: e.seq > 0)
    d.after(marked, seq=marked.seq - 1)


@plant("mark-went-back")
def a_mark_is_told_before_its_commit(d: Draft) -> None:
    marked = d.one(Marked, lambda e: e.seq > 0)
    _mark(d, marked.conversation, marked.member, read=marked.seq - 1)


def _mark(d: Draft, conversation: str, member: str, **values: Any) -> None:
    marks = d.conversations[conversation].marks
    d.table(conversation, marks=tuple(msgspec.structs.replace(m, **values) if m.member == member else m for m in marks))


@plant("mark-beyond")
def a_mark_is_not_cut(d: Draft) -> None:
    name, mark = d.pick((name, mark) for name, row in d.conversations.items() for mark in row.marks)
    _mark(d, name, mark.member, **{d.pick(["read", "delivered"]): d.conversations[name].head + 1})


@plant("read-without-looking")
def own_sending_reads_all(d: Draft) -> None:
    name, mark = d.pick((name, m) for name, row in d.conversations.items() for m in row.marks if m.unread and d.inside(m.member, name))
    if all(m.member == mark.member for m in d.conversations[name].messages[mark.read :] if m.counts):
        raise NoVictim
    _mark(d, name, mark.member, read=d.conversations[name].head, unread=0)


@plant("unread-wrong")
def the_running_number_was_not_raised(d: Draft) -> None:
    name, mark = d.pick((name, mark) for name, row in d.conversations.items() for mark in row.marks)
    _mark(d, name, mark.member, unread=mark.unread + 1)


@plant("unread-wrong")
def a_page_of_heads_counts_wrong(d: Draft) -> None:
    told = d.one(Told, lambda e: e.unread >= 0)
    d.alter(told, unread=told.unread + 1)


@plant("unread-wrong")
def a_device_shows_a_wrong_number(d: Draft) -> None:
    settled, held = d.held()
    d.hold(settled, held, unread=held.unread + 1)


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
