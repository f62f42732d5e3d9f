"""The search index against a scan that tries every member: the same hits, order, totals and pages (SPEC B8)."""

from collections.abc import Callable
from random import Random

import pytest

from server.directory.fields import Entry
from server.directory.search import SearchIndex
from tests.support.search import index_of, made_of, naive, pages, some_query, somebody

LARGE_QUERIES = (
    *("z", "zs", "zhang", "张", "张三", "s", "san", "hn", "hann"),
    *("1", "10", "100", "1000", "0001", "e0", "e00", "zhang1", "san.z", "zz0@b"),
)


@pytest.mark.parametrize("seed", range(12))
def test_the_index_finds_what_a_scan_of_all_members_finds(seed: int) -> None:
    random = Random(seed)
    index, entries = SearchIndex(), dict[int, Entry]()
    visible, lifted, readable = set[int](), set[int](), set[int]()
    view = index.view(visible.__contains__, lifted.__contains__, lambda member, _: member in readable)
    for _ in range(60):
        for _ in range(random.randint(0, 12)):
            member = random.randint(1, 60)
            for group in (visible, lifted, readable):
                (group.add if random.random() < 0.6 else group.discard)(member)
            if random.random() < 0.3:
                entries.pop(member, None)
                index.remove(member)
            else:
                entries[member] = somebody(random, member)
                index.put(entries[member])
        for _ in range(6):
            query, limit = some_query(random, entries), random.randint(1, 9)
            expected = naive(entries, query, visible, lifted, readable)
            read_so_far = pages(index, query, view, limit)
            assert [member for page in read_so_far for member in page.members] == expected, query
            assert {page.total for page in read_so_far} == {len(expected)}
            assert all(len(page.members) == limit for page in read_so_far[:-1])


@pytest.mark.parametrize("made", [index_of, made_of])
@pytest.mark.parametrize("size", [1500, 3000])
def test_a_large_index_finds_the_same(size: int, made: Callable[..., SearchIndex]) -> None:
    random = Random(size)
    entries = {member: somebody(random, member) for member in range(1, size + 1)}
    index = made(*entries.values())
    for member in random.sample(sorted(entries), size // 4):
        index.remove(member)
        del entries[member]
    for member in random.sample(sorted(entries), size // 4):
        entries[member] = somebody(random, member)
        index.put(entries[member])
    visible = {member for member in entries if random.random() < 0.8}
    view = index.view(visible.__contains__)
    for query in LARGE_QUERIES:
        hits = index.search(query, view, limit=size)
        assert list(hits.members) == naive(entries, query, visible, set(), set()), query
        half = index.search(query, view, limit=max(1, hits.total // 2))
        rest = index.search(query, view, limit=size, after=half.next).members if half.next else ()
        assert half.members + rest == hits.members
