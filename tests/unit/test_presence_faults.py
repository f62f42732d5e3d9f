"""The property test is worth something: each of these mistakes, planted into the engine, is found by it."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from server.presence import beats
from server.presence.company import CompanyPresence
from server.presence.counts import Counts, Place, Places
from server.presence.flush import Picture, View
from server.presence.people import People
from server.presence.standings import Standings
from server.presence.statuses import OFFLINE, Seen
from server.presence.watching import Watching
from tests.unit import test_presence_property as property_test

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = 30


def a_member_counts_once_for_each_of_his_units(patch: pytest.MonkeyPatch) -> None:
    def of(self: Places, seats: Iterable[int]) -> Place:
        key = tuple(seats)
        return Place(key, tuple(unit for seat in key for unit in (seat, *self._ancestors(seat))))

    patch.setattr(Places, "of", of)


def places_are_kept_when_the_tree_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Places, "clear", lambda self: None)


def coming_online_does_not_reach_the_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Counts, "flip", lambda self, place, by: None)


def the_flush_does_not_ask_whether_he_is_shown_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Picture, "_holds", lambda self, counts, member: True)


def who_is_moved_or_hidden_stays_in_the_picture(patch: pytest.MonkeyPatch) -> None:
    def refresh(self: View, member: int) -> set[int]:
        self.counts.refresh(member)
        return set()

    patch.setattr(View, "refresh", refresh)


def a_state_that_comes_back_is_not_forgotten(patch: pytest.MonkeyPatch) -> None:
    def changed(self: Picture, counts: Counts, seen: dict[int, Seen]) -> list[tuple[int, Seen]]:
        return [(member, seen[member]) for member in self.changed if member in seen and self._holds(counts, member)]

    patch.setattr(Picture, "_changed", changed)


def rules_change_and_classes_are_not_counted_anew(patch: pytest.MonkeyPatch) -> None:
    def rules_changed(self: CompanyPresence) -> None:
        self._rules += 1
        self._count_soon()

    patch.setattr(CompanyPresence, "rules_changed", rules_changed)


def rules_change_and_nobody_looks_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CompanyPresence, "_look_anew", lambda self, watchers: iter(()))


def a_watcher_is_not_put_out_before_the_change_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CompanyPresence, "_is_pending", lambda self, member: False)


def a_new_class_is_told_before_it_is_counted(patch: pytest.MonkeyPatch) -> None:
    real = View.__init__

    def begin(self: View, *parts: Any) -> None:
        real(self, *parts)
        self.is_ready = True

    patch.setattr(View, "__init__", begin)


def who_watches_something_else_during_a_flush_misses_it(patch: pytest.MonkeyPatch) -> None:
    real = CompanyPresence._settle

    def settle(self: CompanyPresence, watcher: Any, fresh: list[int]) -> None:
        telling, self._telling = self._telling, {}
        try:
            real(self, watcher, fresh)
        finally:
            self._telling = telling

    patch.setattr(CompanyPresence, "_settle", settle)


def a_contact_stays_seen_when_the_tie_is_cut(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(People, "judge_by", lambda self, watcher: [])


def a_hidden_contact_stays_seen_in_the_tree(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(People, "judge_of", lambda self, member: [])


def an_end_of_watching_keeps_the_members(patch: pytest.MonkeyPatch) -> None:
    def want_no_more(self: People, watcher: Any, where: Any, members: Iterable[int]) -> None:
        watcher.people.get(where, set()).difference_update(members)

    patch.setattr(People, "want_no_more", want_no_more)


def invisible_is_shown(patch: pytest.MonkeyPatch) -> None:
    def settle(self: Standings, member: int) -> tuple[Seen, Seen]:
        before, standing = self.seen.get(member, OFFLINE), self.of(member)
        now = Seen(int(standing.status), standing.text)
        if now.code:
            self.seen[member] = now
        else:
            self.seen.pop(member, None)
        return before, now

    patch.setattr(Standings, "settle", settle)


def the_slow_units_are_never_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beats, "SLOW_BEAT", 10**9)


def a_change_of_watched_units_keeps_the_old_interest(patch: pytest.MonkeyPatch) -> None:
    real = Watching.join

    def join(self: Watching, watcher: Any, view: View | None) -> None:
        if watcher.interest is None or view is None:
            real(self, watcher, view)

    patch.setattr(Watching, "join", join)


FAULTS: list[Plant] = [
    a_member_counts_once_for_each_of_his_units,
    places_are_kept_when_the_tree_changes,
    coming_online_does_not_reach_the_counts,
    the_flush_does_not_ask_whether_he_is_shown_there,
    who_is_moved_or_hidden_stays_in_the_picture,
    a_state_that_comes_back_is_not_forgotten,
    rules_change_and_classes_are_not_counted_anew,
    rules_change_and_nobody_looks_anew,
    a_watcher_is_not_put_out_before_the_change_is_told,
    a_new_class_is_told_before_it_is_counted,
    who_watches_something_else_during_a_flush_misses_it,
    a_contact_stays_seen_when_the_tie_is_cut,
    a_hidden_contact_stays_seen_in_the_tree,
    invisible_is_shown,
    the_slow_units_are_never_told,
    a_change_of_watched_units_keeps_the_old_interest,
]


def is_found() -> bool:
    """Whether one of the worlds leaks or shows what is not true, or does not get through at all."""
    try:
        worlds = (property_test.live(seed, 100) for seed in range(SEEDS))
        return any(world.leaks or world.house.mistaken() for world in worlds)
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    property_test.take_small_steps(monkeypatch)
    plant(monkeypatch)
    assert is_found()
