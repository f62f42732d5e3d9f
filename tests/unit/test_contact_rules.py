"""The order of a list that its owner sorts (SPEC G4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from server.contacts.rules import STEP, last, placed


def test_who_comes_last_has_a_number_behind_all_others() -> None:
    assert last([]) == STEP
    assert last([(1, 5), (2, 9)]) == 9 + STEP


def test_between_two_neighbours_one_number_is_written() -> None:
    assert placed([(1, 10), (2, 20), (3, 30)], 3, 2) == {3: 15}
    assert placed([(1, 10), (2, 20)], 3, 1) == {3: 5}
    assert placed([(1, 10), (2, 20)], 3, None) == {3: 20 + STEP}


def test_where_it_stands_already_nothing_is_written() -> None:
    there = [(1, 10), (2, 20)]
    assert [placed(there, 1, 2), placed(there, 2, None), placed(there, 1, 1)] == [{}, {}, {}]


def test_where_there_is_no_room_all_get_new_numbers() -> None:
    assert placed([(1, 10), (2, 10), (3, 10)], 3, 2) == {1: STEP, 3: 2 * STEP, 2: 3 * STEP}


@pytest.mark.parametrize(("one", "before"), [(1, 7), (7, 7)])
def test_before_somebody_who_is_not_in_it_is_nowhere(one: int, before: int) -> None:
    with pytest.raises(KeyError):
        placed([(1, 10), (2, 20)], one, before)


@given(some.lists(some.tuples(some.integers(0, 7), some.none() | some.integers(0, 7)), max_size=80))
def test_however_often_it_is_moved_the_order_is_that_of_a_plain_list(moves: list[tuple[int, int | None]]) -> None:
    numbers, order = {one: (one + 1) * 2 for one in range(8)}, list(range(8))  # two apart: room runs out at once
    for one, before in moves:
        there = sorted(numbers.items(), key=lambda entry: entry[1])
        numbers |= placed(there, one, before)
        if before != one:
            order.remove(one)
            order.insert(len(order) if before is None else order.index(before), one)
        assert sorted(numbers, key=lambda key: (numbers[key], key)) == order
