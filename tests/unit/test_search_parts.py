"""The parts that the search index is made of, with more rows than fit their small forms, against sets and lists of Python."""

import gc
from array import array
from collections.abc import Iterator
from random import Random

import pytest

from server.directory.columns import CHUNK, Column
from server.directory.ranking import RUN, SIZE, Ranked, Ranking
from server.directory.rows import FEW, RowSet, from_rows, rows_of, union
from server.directory.search import SearchIndex
from tests.support.search import somebody


def rows(bits: int) -> set[int]:
    return set(rows_of(bits))


def test_a_set_of_rows_stays_right_while_it_grows_and_shrinks_between_looks() -> None:
    random, kept, expected = Random(1), RowSet(), set[int]()
    for _ in range(4000):
        row = random.randrange(3 * FEW)
        if row in expected:
            expected.discard(row)
            kept.discard(row)
        elif random.random() < 0.9:
            expected.add(row)
            kept.add(row)
        if random.random() < 0.1:
            assert rows(kept.bits()) == expected
            assert kept.count == len(expected)
    assert max(expected) > FEW
    assert rows(union([kept, RowSet()])) == expected
    assert from_rows(sorted(expected)) == kept.bits()


@pytest.mark.parametrize("size", [FEW // 3, FEW, 3 * FEW])
def test_rows_that_come_together_are_the_same_as_one_by_one(size: int) -> None:
    random, kept, expected = Random(size), RowSet(), set[int]()
    for first in range(0, 5 * size, size):
        some = sorted(random.sample(range(first, first + size), size // 2))
        kept.extend(array("I", some))
        expected |= set(some)
        assert (rows(kept.bits()), kept.count) == (expected, len(expected))


@pytest.mark.parametrize("at_once", [1, 100, CHUNK - 1, 2 * CHUNK + 7])
def test_lines_that_come_together_are_the_same_as_one_by_one(at_once: int) -> None:
    random, together, alone = Random(at_once), Column(), Column()
    for _ in range(2):  # the second time in the place of the first
        lines = [random.choice(("", "a", "ab", "b\x07a", "bab")) for _ in range(3 * CHUNK)]
        for row, line in enumerate(lines):
            alone.set(row, line)
        for first in range(0, len(lines), at_once):
            together.set_all(first, lines[first : first + at_once])
        for text in ("a", "ab", "b", "ba", "bab"):
            assert together.starting(text) == alone.starting(text) != 0
            assert together.equal(text) == alone.equal(text)
            assert together.parts(text) == alone.parts(text)


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_an_index_is_settled_in_pieces_and_keeps_little_that_garbage_is_looked_for_in() -> None:
    """Else one turn of the loop has all of it, or a collection that goes through all members."""
    random, index, size = Random(4), SearchIndex(), 4000
    entries = [somebody(random, member) for member in range(1, size + 1)]
    before = gc.get_count()[0]
    for first in range(0, size, 200):
        index.append(entries[first : first + 200])
    assert sum(1 for _ in index.settle()) >= size // RUN + size // SIZE
    assert gc.get_count()[0] - before < size // 2


@pytest.mark.parametrize("texts", [("a", "aa", "ba", "", "aaaa", "ab"), ("a",), ("ba",), ("", "", "", "", "", "", "", "", "", "aab")])
def test_a_column_finds_what_its_lines_say_however_many_hits_there_are(texts: tuple[str, ...]) -> None:
    random, column, lines = Random(2), Column(), dict[int, str]()
    for row in range(2 * CHUNK + 300):
        lines[row] = random.choice(texts)
        column.set(row, lines[row])
    for _ in range(3):
        for text in ("a", "aa", "aaa", "ab", "ba", "b", "aab"):
            assert rows(column.equal(text)) == {row for row, line in lines.items() if line == text}
            assert rows(column.starting(text)) == {row for row, line in lines.items() if line.startswith(text)}
            assert rows(column.ending(text)) == {row for row, line in lines.items() if line.endswith(text)}
            begun, anywhere = column.parts(text)
            assert rows(begun) == {row for row, line in lines.items() if line.startswith(text)}
            assert rows(anywhere) == {row for row, line in lines.items() if text in line}
        for row in random.sample(sorted(lines), 200):
            lines[row] = random.choice(("", "aab", "c"))
            column.set(row, lines[row])


def test_the_order_stays_right_while_its_blocks_grow_part_and_go() -> None:
    random, ranking, there = Random(3), Ranking(), dict[int, Ranked]()
    for step in range(12_000):
        row = random.randrange(6000) if step < 9000 else random.choice(sorted(there)[:3000] or [0])
        if row in there:
            ranking.remove(row)
            del there[row]
        else:
            there[row] = Ranked(f"{random.randrange(500):03}", row, row)
            ranking.add(there[row])
        if step % 500 == 0:
            wanted = from_rows(one for one in there if one % 3)
            expected = sorted(entry for entry in there.values() if entry.row % 3)
            assert list(ranking.among(wanted)) == expected
            half = expected[len(expected) // 2] if expected else Ranked("", 0, 0)
            assert list(ranking.among(wanted, (half.key, half.member))) == [entry for entry in expected if entry > half]
