"""The parts that the search index is made of, with more rows than fit their small forms, against sets and lists of Python."""

from random import Random

import pytest

from server.directory.columns import CHUNK, Column
from server.directory.ranking import Ranked, Ranking
from server.directory.rows import FEW, RowSet, from_rows, rows_of, union


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
