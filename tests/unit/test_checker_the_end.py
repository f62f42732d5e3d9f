"""Planted faults that show in the end, each found by its name: at rest a device lacks something, or holds it otherwise.

Among them a device that vanishes, and two of one member that disagree.
"""

from typing import Any

import msgspec
import pytest

from tests.faults.history import Held, Row, Settled
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, found

FAULTS = Faults()
plant = FAULTS.plant


@plant("never-settled")
def a_device_vanishes(d: Draft) -> None:
    d.put(d.one(Settled))


@plant("never-delivered")
def a_message_is_missing_in_the_end(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    missing = d.pick(held.rows)
    d.hold(settled, held, rows=tuple(row for row in held.rows if row is not missing))


@plant("never-delivered")
def what_came_in_an_earlier_stay_is_missing(d: Draft) -> None:
    settled, held = d.held(lambda member, h: len(d.stays(member, h.conversation)) > 1)
    end = d.stays(d.member[settled.device], held.conversation)[0].to_seq or 0
    d.hold(settled, held, rows=tuple(row for row in held.rows if row.seq > end))


@plant("never-delivered")
def a_device_never_hears_of_a_conversation(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    d.alter(settled, conversations=tuple(h for h in settled.conversations if h is not held))


@plant("change-never-learned")
def a_recall_or_an_edit_is_never_learned(d: Draft) -> None:
    settled, held = d.held(lambda member, h: d.inside(member, h.conversation) and any(row.change for row in h.rows))
    _forget(d, settled, held, d.pick(row for row in held.rows if row.change))


def _forget(d: Draft, settled: Settled, held: Held, row: Row) -> None:
    old = Row(row.seq, 1, 0, d.row(held.conversation, row.seq).bodies[0])
    d.hold(settled, held, rows=tuple(old if r is row else r for r in held.rows))


@plant("change-never-learned")
def who_left_never_learned_of_a_change_before(d: Draft) -> None:
    def due(member: str, h: Held) -> list[Row]:
        if d.inside(member, h.conversation):
            return []
        end = d.stays(member, h.conversation)[-1].to_seq or 0
        upto = next(s.change_before for fed in d.feed for s in fed.steps if s.conversation == h.conversation and s.seq >= end)
        return [row for row in h.rows if 0 < d.row(h.conversation, row.seq).change <= upto]

    settled, held = d.held(lambda member, h: bool(due(member, h)))
    _forget(d, settled, held, d.pick(due(d.member[settled.device], held)))


@plant("held-otherwise")
def a_row_is_held_otherwise(d: Draft) -> None:
    settled, held = d.held(lambda _, h: bool(h.rows))
    row = d.pick(held.rows)
    values: dict[str, Any] = d.pick([{"body": "another"}, {"reactions": (("li", "ghost"),)}, {"change": row.change + 1}])
    wrong = msgspec.structs.replace(row, **values)
    d.hold(settled, held, rows=tuple(wrong if r is row else r for r in held.rows))


@plant("membership-never-learned")
def a_device_never_learns_that_it_was_removed(d: Draft) -> None:
    settled, held = d.held()
    d.hold(settled, held, inside=not held.inside)


@plant("mark-never-learned")
def a_mark_is_never_learned(d: Draft) -> None:
    settled, held = d.held(lambda _, h: h.read > 0)
    d.hold(settled, held, read=held.read - 1)


@plant("cursor-wrong")
def a_run_never_closes(d: Draft) -> None:
    settled, held = d.held(lambda member, h: d.inside(member, h.conversation) and h.seq * h.change > 0)
    d.hold(settled, held, **d.pick([{"seq": held.seq - 1}, {"change": held.change - 1}]))


@plant("devices-disagree")
def one_device_of_two_is_behind(d: Draft) -> None:
    settled, held = d.held(lambda member, h: member in ("li", "zhao") and bool(h.rows))
    values: dict[str, Any] = d.pick([{"rows": held.rows[:-1]}, {"read": held.read + 1}, {"inside": not held.inside}])
    d.hold(settled, held, **values)


@plant("devices-disagree")
def one_device_of_two_does_not_know_the_conversation(d: Draft) -> None:
    settled, held = d.held(lambda member, h: member in ("li", "zhao"))
    d.alter(settled, conversations=tuple(h for h in settled.conversations if h is not held))


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
