"""Pages cut out of stays: what a page closes has no holes, and nothing that is not there yet (DESIGN 6; LOG F4, G1)."""

from hypothesis import given
from hypothesis import strategies as st

from server.messages.rules import Page, Stay, cut, cut_front, gaps, may_see, page_after, page_around, page_before, visible

TWO_STAYS: list[Stay] = [(3, 5), (9, None)]


@st.composite
def stays(draw: st.DrawFn) -> tuple[list[Stay], int]:
    """Stays of one participant in order, and the head as he has it: of an ended one the end of the last."""
    ends = sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=8)))
    made: list[Stay] = list(zip(ends[::2], ends[1::2], strict=False))
    if len(ends) % 2:
        return [*made, (ends[-1], None)], draw(st.integers(ends[-1], 45))
    return made, ends[-1]


seqs = st.integers(0, 50)
sizes = st.integers(1, 20)


def seen(page: Page) -> list[int]:
    return [seq for first, last in page.ranges for seq in range(first, last + 1)]


def covers(page: Page) -> bool:
    """Whether what may be seen and what is skipped are all of the range, each seq once."""
    skipped = [seq for first, last in page.skipped for seq in range(first, last + 1)]
    return sorted(seen(page) + skipped) == list(range(page.after + 1, page.up_to + 1))


def test_a_seq_is_seen_within_a_stay_and_nowhere_else() -> None:
    assert [seq for seq in range(1, 12) if may_see(TWO_STAYS, seq)] == [3, 4, 5, 9, 10, 11]


def test_what_may_be_seen_ends_with_the_head() -> None:
    assert visible(TWO_STAYS, 10) == [(3, 5), (9, 10)]
    assert visible([(3, 5), (9, None)], 8) == [(3, 5)]
    assert visible([(3, None)], 2) == []


def test_gaps_are_what_lies_between_the_ranges() -> None:
    assert gaps([(3, 5), (9, 10)], 0, 12) == [(1, 2), (6, 8), (11, 12)]
    assert gaps([], 4, 4) == []


def test_upward_the_page_passes_over_the_time_between_two_stays() -> None:
    page = page_after(TWO_STAYS, 12, 4, 3)
    assert (page.after, page.up_to, page.ranges, page.skipped) == (4, 10, ((5, 5), (9, 10)), [(6, 8)])


def test_downward_the_page_takes_the_nearest_and_closes_down_to_nought_at_the_beginning() -> None:
    assert page_before(TWO_STAYS, 12, 10, 3) == Page(3, 9, ((4, 5), (9, 9)))
    assert page_before(TWO_STAYS, 12, 5, 9) == Page(0, 4, ((3, 4),))


def test_below_the_first_stay_there_is_nothing_and_the_page_says_so() -> None:
    page = page_before(TWO_STAYS, 12, 3, 9)
    assert (page.after, page.up_to, page.ranges, page.skipped) == (0, 2, (), [(1, 2)])


def test_no_page_closes_above_the_head() -> None:
    assert page_before(TWO_STAYS, 10, 1_000_000, 1).up_to == 10
    assert page_around(TWO_STAYS, 10, 1_000_000, 2).up_to == 10
    assert page_before([], 0, 7, 5) == Page(0, 0, ())


def test_before_nought_is_an_empty_page() -> None:
    assert page_before(TWO_STAYS, 10, 0, 5) == Page(0, 0, ())


def test_around_a_seq_lie_as_many_below_as_above() -> None:
    assert seen(page_around([(1, None)], 30, 20, 6)) == [18, 19, 20, 21, 22, 23]


def test_a_page_that_is_cut_closes_no_further_than_its_rows() -> None:
    page = page_after(TWO_STAYS, 12, 0, 20)
    assert cut(page, 4) == Page(0, 4, ((3, 4),))
    assert cut_front(page, 9) == Page(8, 12, ((9, 12),))


@given(stays(), seqs, sizes)
def test_pages_upward_bring_everything_once_and_in_order(where: tuple[list[Stay], int], after: int, size: int) -> None:
    mine, head = where
    found: list[int] = []
    began = after
    while (page := page_after(mine, head, after, size)).up_to > after:
        assert covers(page)
        assert len(seen(page)) <= size
        found += seen(page)
        after = page.up_to
    assert found == [seq for seq in range(began + 1, head + 1) if may_see(mine, seq)]


@given(stays(), sizes)
def test_pages_downward_bring_everything_once_and_close_all(where: tuple[list[Stay], int], size: int) -> None:
    mine, head = where
    found: list[int] = []
    before = head + 1
    while before > 1:
        page = page_before(mine, head, before, size)
        assert covers(page)
        assert page.up_to == before - 1
        found = seen(page) + found
        before = page.after + 1
    assert found == [seq for seq in range(1, head + 1) if may_see(mine, seq)]


@given(stays(), seqs, sizes)
def test_around_anything_a_page_is_whole_and_not_above_the_head(where: tuple[list[Stay], int], around: int, size: int) -> None:
    mine, head = where
    page = page_around(mine, head, around, size)
    assert covers(page)
    assert page.up_to <= max(head, 0)
    assert not may_see(mine, around) or around > head or around in seen(page)
