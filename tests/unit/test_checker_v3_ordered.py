"""Planted faults of V3, each found by its name: holes and repetitions, orders turned round, rows that go back.

First in the database and its feed, then in what a device was shown.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest

from tests.faults.history import Answered, Connected, Shown, Wished
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, NoVictim, found
from tests.support.clean_log import COMPANIES

FAULTS = Faults()
plant = FAULTS.plant


@plant("seq-hole")
def a_seq_is_never_used(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.table(name, messages=tuple(m for m in d.conversations[name].messages if m.seq != row.seq))


@plant("seq-hole")
def the_head_is_not_raised(d: Draft) -> None:
    name = d.pick(d.conversations)
    d.table(name, head=d.conversations[name].head - 1)


@plant("seq-hole")
def a_feed_row_forgets_a_message(d: Draft) -> None:
    at, step = d.pick((i, s) for i, row in enumerate(d.feed) for s in row.steps if s.seq > s.seq_before)
    steps = tuple(msgspec.structs.replace(s, seq=s.seq - 1) if s is step else s for s in d.feed[at].steps)
    d.feed[at] = msgspec.structs.replace(d.feed[at], steps=steps)


@plant("seq-repeated")
def two_messages_have_one_seq(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.seq > 1))
    d.store(name, row.seq, seq=row.seq - 1)


@plant("change-hole")
def a_change_number_is_never_used(d: Draft) -> None:
    name = d.pick(d.conversations)
    d.table(name, change=d.conversations[name].change + 1)


@plant("change-hole")
def a_feed_row_forgets_a_change(d: Draft) -> None:
    at, step = d.pick((i, s) for i, row in enumerate(d.feed) for s in row.steps if s.change > s.change_before)
    steps = tuple(msgspec.structs.replace(s, change=s.change - 1) if s is step else s for s in d.feed[at].steps)
    d.feed[at] = msgspec.structs.replace(d.feed[at], steps=steps)


@plant("change-hole")
def change_numbers_run_ahead_of_the_changes(d: Draft) -> None:
    """Without a feed the count tells: more numbers than changes were wished."""
    d.feed.clear()
    name, row = d.pick((name, m) for name, m in d.rows() if m.change == d.conversations[name].change > 0)
    d.table(name, change=row.change + 1000)
    d.store(name, row.seq, change=row.change + 1000)


@plant("change-repeated")
def two_changes_have_one_number(d: Draft) -> None:
    name, row = d.pick(d.rows(lambda m: m.change > 0))
    d.store(name, d.pick(m for n, m in d.rows() if n == name and m.seq != row.seq).seq, change=row.change)


@plant("change-repeated")
def two_changes_are_acknowledged_with_one_number(d: Draft) -> None:
    wish, answer = d.answered("edit")
    other, no = d.answered("react")
    if (wish.conversation, wish.seq) == (other.conversation, other.seq) or wish.conversation != other.conversation or not answer.change:
        raise NoVictim
    d.alter(no, change=answer.change)


@plant("realtime-order")
def a_later_message_gets_a_lower_seq(d: Draft) -> None:
    early, a = d.answered("send", alone=True)
    late, b = d.pick((w, e) for w, e in _sends(d) if w.conversation == early.conversation and w.index > a.index and d.is_alone(w))
    d.swap(early.conversation, a.seq, b.seq)
    assert late.index > a.index


@plant("sending-order")
def what_was_sent_after_it_is_stored_before_it(d: Draft) -> None:
    by_device: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for wish, answer in _sends(d):
        if d.is_alone(wish):
            by_device[wish.device, wish.conversation].append(answer)
    (_, name), a, b = d.pick((lane, a, b) for lane, answers in by_device.items() for a, b in pairwise(answers) if a.seq < b.seq)
    d.swap(name, a.seq, b.seq)


def _sends(d: Draft) -> Iterator[tuple[Wished, Answered]]:
    for answer in d.all(Answered, lambda e: e.outcome == "ok" and d.wishes[e.wish].kind == "send"):
        yield d.wishes[answer.wish], answer


@plant("order-inversion")
def six_is_handed_out_before_five(d: Draft) -> None:
    a, b = d.pick(_new_in_a_row(d))
    d.alter(a, **{f: getattr(b, f) for f in b.__struct_fields__ if f != "index"})
    d.alter(b, **{f: getattr(a, f) for f in a.__struct_fields__ if f != "index"})


def _new_in_a_row(d: Draft) -> Iterator[tuple[Shown, Shown]]:
    begun = {(e.device, e.index) for e in d.all(Connected, lambda e: e.fresh)}
    lanes: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for event in d.all(Shown, lambda e: e.how == "new"):
        lanes[event.device, event.conversation].append(event)
    for (device, _), lane in lanes.items():
        for a, b in pairwise(lane):
            if not any(who == device and a.index < index < b.index for who, index in begun):
                yield a, b


@plant("shown-twice")
def a_live_event_is_shown_again_after_a_page(d: Draft) -> None:
    d.after(d.one(Shown, lambda e: e.how == "new"))


@plant("change-went-back")
def an_older_page_replaces_a_newer_row(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.change > 0 and e.version > 1)
    old = d.row(event.conversation, event.seq).bodies[event.version - 2]
    d.after(event, how="change", change=event.change - 1, version=event.version - 1, body=old, recalled=False)


@plant("shown-differently")
def one_change_shows_two_versions(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.version > 1)
    d.after(event, how="change", version=event.version - 1, body=d.row(event.conversation, event.seq).bodies[event.version - 2])


@plant("shown-not-stored")
def a_message_is_shown_before_a_commit_that_fails(d: Draft) -> None:
    event = d.one(Shown)
    d.after(event, how="history", seq=d.conversations[event.conversation].head + 1)


@plant("shown-not-stored")
def content_is_shown_that_was_never_stored(d: Draft) -> None:
    d.alter(d.one(Shown), body="another")


@plant("shown-not-stored")
def another_sender_is_shown(d: Draft) -> None:
    event = d.one(Shown)
    d.alter(event, sender=d.pick(m for m in COMPANIES if m != event.sender))


@plant("shown-not-stored")
def a_recalled_message_is_shown_with_its_text(d: Draft) -> None:
    event = d.one(Shown, lambda e: e.recalled)
    d.alter(event, body=d.row(event.conversation, event.seq).bodies[0])


@plant("shown-not-stored")
def a_change_is_shown_that_was_rolled_back(d: Draft) -> None:
    event = d.one(Shown)
    d.alter(event, change=d.row(event.conversation, event.seq).change + 1)


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
