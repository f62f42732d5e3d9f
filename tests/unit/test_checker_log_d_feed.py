"""Planted faults of LOG D and E, each found by its name: positions with holes, tokens ahead of what was told.

The last one takes from a device all that told of a change, and leaves it the token.
"""

import pytest

from tests.faults.history import Covered, Shown, Started, Told
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, NoVictim, found
from tests.support.clean_log import COMPANIES

FAULTS = Faults()
plant = FAULTS.plant


@plant("position-hole")
def a_position_is_skipped(d: Draft) -> None:
    del d.feed[d.random.randrange(1, len(d.feed) - 1)]


@plant("position-repeated")
def a_position_comes_twice(d: Draft) -> None:
    at = d.random.randrange(len(d.feed))
    d.feed.insert(at, d.feed[at])


@plant("token-ahead")
def a_token_overtakes_the_queue(d: Draft) -> None:
    started = d.one(Started, lambda e: any(d.stays(e.member, name) for name in d.conversations))
    d.put(started, started, Covered(started.index + 1, started.device, len(d.feed) - 1))


@plant("token-ahead")
def a_token_covers_a_position_that_is_not_there(d: Draft) -> None:
    d.alter(d.one(Covered), position=len(d.feed))


@plant("token-ahead")
def a_token_covers_a_change_of_which_nothing_was_told(d: Draft) -> None:
    """All that tells of the change is taken from the device; the token that it got stays."""
    wish, answer = d.answered("edit")
    if not answer.change:
        raise NoVictim
    position = next(
        f.position for f in d.feed for s in f.steps if s.conversation == wish.conversation and s.change_before < answer.change <= s.change
    )
    in_all_the_time = {
        m for m in COMPANIES if [s.to_seq for s in d.stays(m, wish.conversation)] == [None] and d.sees(m, wish.conversation, wish.seq)
    }
    covered = d.one(Covered, lambda e: e.position >= position and d.member[e.device] in in_all_the_time)
    for event in d.all(Told, lambda e: e.device == covered.device and e.conversation == wish.conversation):
        d.alter(event, change=0)
    for shown in d.all(Shown, lambda e: (e.device, e.conversation, e.seq) == (covered.device, wish.conversation, wish.seq)):
        d.alter(shown, change=0)


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
