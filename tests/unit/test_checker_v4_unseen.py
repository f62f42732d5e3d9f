"""Planted faults of V4, each found by its name: somebody learns what he may not see, or acts where he is not.

Between stays, after the last one, as a stranger, from another company.
"""

from collections.abc import Iterator

import pytest

from tests.faults.history import Marked, Moved, Shown, Started, Stay, Told
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, NoVictim, found
from tests.support.clean_log import COMPANIES, EAST, GROUPS, NORTH
from tests.support.clean_telling import as_held

FAULTS = Faults()
plant = FAULTS.plant


@plant("leak")
def a_message_is_shown_between_two_stays(d: Draft) -> None:
    event, seq = d.pick(_unseen(d))
    row = d.row(event.conversation, seq)
    d.after(event, how="history", seq=seq, sender=row.member, body=row.bodies[0], version=1, change=0, client_id="")


def _unseen(d: Draft) -> Iterator[tuple[Shown, int]]:
    """(an event of a device in a conversation, a seq there that lies in none of its member's stays)."""
    for event in d.all(Shown):
        for seq in range(1, d.conversations[event.conversation].head + 1):
            if not d.sees(d.member[event.device], event.conversation, seq):
                yield event, seq


@plant("leak")
def who_left_is_told_of_the_head(d: Draft) -> None:
    told = d.one(Told, lambda e: not d.inside(d.member[e.device], e.conversation))
    d.after(told, seq=(d.stays(d.member[told.device], told.conversation)[-1].to_seq or 0) + 1)


@plant("leak")
def who_left_holds_what_came_after(d: Draft) -> None:
    settled, held = d.held(lambda member, h: not d.sees(member, h.conversation, d.conversations[h.conversation].head))
    row = as_held(d.conversations[held.conversation].messages[-1])
    d.hold(settled, held, rows=(*held.rows, row))


@plant("leak")
def a_stranger_is_told_who_joined(d: Draft) -> None:
    moved = d.one(Moved)
    outsider = d.pick(x for x, member in d.member.items() if not d.sees(member, moved.conversation, moved.seq))
    d.after(moved, device=outsider)


@plant("leak")
def a_stranger_is_told_of_a_mark(d: Draft) -> None:
    marked = d.one(Marked)
    d.after(marked, device=d.pick(x for x, member in d.member.items() if not d.stays(member, marked.conversation)))


@plant("leak-to-company")
def another_company_is_shown_a_message(d: Draft) -> None:
    event = d.one(Shown, lambda e: len(GROUPS[e.conversation]) == 1)
    d.after(event, device=d.pick(x for x, member in d.member.items() if COMPANIES[member] not in GROUPS[event.conversation]))


@plant("leak-to-company")
def another_company_has_a_stay(d: Draft) -> None:
    row = d.conversations["sales"]
    d.table("sales", stays=(*row.stays, Stay("wang", row.head + 1)))


@plant("leak-to-company")
def a_session_acts_for_a_member_of_another_company(d: Draft) -> None:
    d.alter(d.one(Started, lambda e: e.company == EAST), company=NORTH)


@plant("told-after-leaving")
def who_left_is_told_of_a_change(d: Draft) -> None:
    told = d.one(Told, lambda e: not d.inside(d.member[e.device], e.conversation))
    d.after(told, change=d.conversations[told.conversation].change + 1)


@plant("sent-from-outside")
def who_was_removed_can_still_send(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.seq > 3))
    d.leave_early(row.member, name, row.seq - 1)


@plant("changed-from-outside")
def who_was_removed_can_still_edit_and_react(d: Draft) -> None:
    wish, answer = d.answered(d.pick(["edit", "react"]), alone=True)
    known = [e.seq for e in d.all(Shown, lambda e: e.conversation == wish.conversation and e.index < wish.index)]
    mine, first = d.member[wish.device], d.stays(d.member[wish.device], wish.conversation)[0].from_seq
    row = d.row(wish.conversation, wish.seq)
    if (wish.kind == "react" and (mine, wish.reaction) not in row.reactions) or answer.seq:
        raise NoVictim
    d.leave_early(mine, wish.conversation, d.pick(seq for seq in known if seq >= first))


@plant("membership-invented")
def a_leaving_is_told_that_never_was(d: Draft) -> None:
    moved = d.one(Moved)
    d.alter(moved, joined=not moved.joined)


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
