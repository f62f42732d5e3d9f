"""Search among a company's members (SPEC B8): what is met, in which order, and that who may not be found leaves no trace (V4)."""

from dataclasses import replace
from random import Random

import pytest

from server.directory.columns import CHUNK, Column
from server.directory.fields import Entry
from server.directory.names import DIGRAPHS
from server.directory.order import sort_key
from server.directory.pinyin import Token, fold, is_character, read, split
from server.directory.ranking import Ranked, Ranking
from server.directory.rows import FEW, RowSet, from_rows, rows_of, union
from server.directory.search import Cursor, Hits, SearchIndex
from server.directory.views import View

CAST = {
    1: Entry(1, "张三", number="100001", phone="+8613812345678", mail="zhang.san@example.com", employee_no="E007"),
    2: Entry(2, "张三丰", number="100002", phone="+8613987650001", mail="sanfeng@example.com", employee_no="E008"),
    3: Entry(3, "章珊", number="100003"),
    4: Entry(4, "单雄信", number="100004", mail="shan@example.org"),
    5: Entry(5, "曾小贤", number="200005"),
    6: Entry(6, "John Smith", number="200006", mail="jsmith@example.com"),
    7: Entry(7, "李张飞", number="200007"),
    8: Entry(8, "吕布", number="200008"),
    9: Entry(9, "欧阳娜娜", number="200009", employee_no="工号12"),
    10: Entry(10, "盛晟", pinyin="cheng sheng", number="200010"),
}


def index_of(*entries: Entry) -> SearchIndex:
    index = SearchIndex()
    for entry in entries:
        index.put(entry)
    return index


def everybody(_: int) -> bool:
    return True


def found(query: str) -> list[int]:
    index = index_of(*CAST.values())
    hits = index.search(query, index.view(everybody))
    assert hits.total == len(hits.members)
    assert hits.next is None
    return list(hits.members)


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("张三", [1, 2]),
        ("三丰", [2]),
        ("zhangsan", [1, 2]),
        ("zhangs", [1, 2, 3]),
        ("zs", [1, 2, 3]),
        ("ZS", [1, 2, 3]),
        ("zhs", [1, 2, 3]),
        ("zsf", [2]),
        ("张s", [1, 2]),
        ("z三", [1, 2]),
        ("zhang三f", [2]),
        ("zhang san", [1, 2]),
        ("zhangshan", [3]),
        ("zhang", [1, 2, 3, 7]),
        ("sanfeng", [2]),
        ("shan", [4, 3]),
        ("dan", [4]),
        ("sxx", [4]),
        ("zengxx", [5]),
        ("cengxiaoxian", [5]),
        ("smith", [6]),
        ("js", [6]),
        ("mit", [6]),
        ("johnsmith", [6]),
        ("lvbu", [8]),
        ("lubu", [8]),
        ("lb", [8]),
        ("ouyangnn", [9]),
        ("oynn", [9]),
        ("nana", [9]),
        ("chengsheng", [10]),
        ("shengsheng", []),
        ("hang", [1]),  # in the middle of a mail name
        ("", []),
        ("·-", []),
        ("\ud83d三", [1, 2]),
        ("zhangsan" + 100 * "x", []),
        ("\x01\x02", []),
    ],
)
def test_a_name_is_found_by_characters_pinyin_initials_and_mixtures(query: str, members: list[int]) -> None:
    assert found(query) == members


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("100001", [1]),
        ("10000", [4, 1, 2, 3]),
        ("50001", [2]),  # the tail of a phone, not of a number
        ("5678", [1]),
        ("678", []),
        ("13812345678", [1]),
        ("+86 138-1234-5678", [1]),
        ("zhang.san@example.com", [1]),
        ("zhang.san@exam", [1]),
        ("zhang.san@other", []),
        ("sanf", [2]),
        ("E007", [1]),
        ("e00", [1, 2]),
        ("007", [1]),
        ("工号12", [9]),
        ("号12", [9]),
        ("example", []),
    ],
)
def test_a_member_is_found_by_number_phone_tail_mail_and_employee_number(query: str, members: list[int]) -> None:
    assert found(query) == members


def test_whole_matches_come_first_then_beginnings_then_later_parts_each_by_pinyin() -> None:
    index = index_of(
        Entry(1, "王伟"), Entry(2, "伟"), Entry(3, "伟强"), Entry(4, "卫国"), Entry(5, "阿伟"), Entry(6, "Li", mail="li.wei@x.cn")
    )
    assert index.search("wei", index.view(everybody)).members == (2, 3, 4, 5, 1, 6)


def test_who_may_not_be_found_is_missing_in_hits_totals_and_pages() -> None:
    index = index_of(*(Entry(at, f"张{'伟芳敏'[at % 3]}", number=str(1000 + at)) for at in range(1, 41)))
    visible = {at for at in range(1, 41) if at % 4}
    view = index.view(visible.__contains__)
    alone = index_of(*(Entry(at, f"张{'伟芳敏'[at % 3]}", number=str(1000 + at)) for at in sorted(visible)))
    for query in ("z", "张", "zw", "10", "1004", "张伟"):
        assert pages(index, query, view, 7) == pages(alone, query, alone.view(everybody), 7)
    assert index.search("1004", view) == Hits((), 0, None)


def pages(index: SearchIndex, query: str, view: View, limit: int) -> list[Hits]:
    read_so_far, after = [], None
    while True:
        hits = index.search(query, view, limit, after)
        read_so_far.append(hits)
        after = hits.next
        if after is None:
            return read_so_far


def test_hiding_somebody_works_from_the_next_search_on() -> None:
    index = index_of(*CAST.values())
    hidden: set[int] = set()
    view = index.view(lambda member: member not in hidden)
    assert index.search("张三", view).members == (1, 2)
    hidden.add(1)
    index.refresh(view, 1)
    assert index.search("张三", view) == Hits((2,), 1, None)


def test_a_row_that_is_used_again_is_asked_for_anew() -> None:
    index = index_of(*CAST.values())
    view = index.view(lambda member: member != 99)
    assert index.search("张三", view).total == 2
    index.remove(1)
    index.put(Entry(99, "张三"))
    assert index.search("张三", view).members == (2,)
    assert index.search("张三", index.view(everybody)).members == (99, 2)


def test_whom_a_rule_still_lets_be_searched_is_found_by_whole_name_or_number_only() -> None:
    index = index_of(*CAST.values())
    view = index.view(lambda member: member > 5, may_find_whole=lambda member: member == 1)
    for query in ("张三", "100001"):
        assert index.search(query, view) == Hits((1,), 1, None)
    for query in ("张", "zhangsan", "zs", "10000", "5678", "E007", "zhang.san@example.com"):
        assert 1 not in index.search(query, view).members


def test_a_field_that_is_not_shown_to_the_viewer_finds_nobody() -> None:
    index = index_of(replace(CAST[1], private=frozenset(("phone", "mail"))), CAST[2])
    stranger = index.view(everybody)
    friend = index.view(everybody, may_read=lambda member, field: (member, field) == (1, "phone"))
    for query, totals in {"5678": [0, 1], "zhang.san@example.com": [0, 0], "ang.s": [0, 0], "E007": [1, 1], "0001": [1, 1]}.items():
        assert [index.search(query, view).total for view in (stranger, friend)] == totals, query


def test_a_private_number_is_not_found_by_who_may_only_search_whole_ones() -> None:
    index = index_of(replace(CAST[1], private=frozenset(("number",))))
    view = index.view(lambda _: False, may_find_whole=everybody)
    assert [index.search(query, view).total for query in ("100001", "张三")] == [0, 1]


def test_what_changed_is_found_by_what_is_new_and_no_longer_by_what_was() -> None:
    index = index_of(*CAST.values())
    view = index.view(everybody)
    index.put(Entry(1, "李四", number="300001"))
    assert 1 not in index.search("张三", view).members
    assert [index.search(query, view).members for query in ("李四", "300001", "E007")] == [(1,), (1,), ()]
    assert len(index) == len(CAST)
    index.remove(1)
    index.remove(1)
    assert index.search("李四", view).total == 0
    assert len(index) == len(CAST) - 1


def test_a_page_goes_on_behind_the_last_one_also_when_that_member_has_gone() -> None:
    index = index_of(*(Entry(at, "张三", number=str(1000 + at)) for at in range(1, 8)))
    view = index.view(everybody)
    first = index.search("zs", view, limit=3)
    assert (first.members, first.total) == ((1, 2, 3), 7)
    assert isinstance(first.next, Cursor)
    index.remove(3)
    assert index.search("zs", view, limit=3, after=first.next).members == (4, 5, 6)


def test_a_large_view_is_filled_in_slices() -> None:
    asked: list[int] = []

    def may_find(member: int) -> bool:
        asked.append(member)
        return True

    index = index_of(*CAST.values())
    view = index.view(may_find)
    assert [view.fill(4), view.fill(4), view.fill(4)] == [False, False, True]
    assert asked == list(CAST)
    assert index.search("张三", view).total == 2
    assert asked == list(CAST)


def test_the_list_goes_by_pinyin_and_by_letter_and_counts_only_who_may_be_found() -> None:
    index = index_of(*CAST.values(), Entry(11, "3M"))
    view = index.view(lambda member: member != 2)
    assert index.letters(view) == {"C": 1, "J": 1, "L": 2, "O": 1, "S": 1, "Z": 3, "#": 1}
    assert index.listed(view).members == (10, 6, 7, 8, 9, 4, 5, 1, 3, 11)
    first = index.listed(view, "Z", limit=2)
    assert (first.members, first.total) == ((5, 1), 3)
    assert index.listed(view, "Z", after=first.next) == Hits((3,), 3, None)
    assert index.listed(view, "Q") == Hits((), 0, None)
    index.put(replace(CAST[1], name="安三"))
    assert index.letters(view)["A"] == 1
    assert index.letters(view)["Z"] == 2


def test_who_has_gone_is_in_no_list() -> None:
    index = index_of(*CAST.values())
    view = index.view(everybody)
    assert index.listed(view).total == 10
    index.remove(3)
    assert (index.listed(view).total, index.listed(index.view(everybody)).total) == (9, 9)
    assert 3 not in index.listed(view).members


# the parts that the index is made of, with more rows than fit their small forms


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


# the index against a scan that tries every member


def naive_tier(entry: Entry, query: str, *, whole_only: bool, may_read: bool) -> int | None:
    text, tokens = fold(query), read(entry.name, entry.pinyin)
    runs, compact = split(text), "".join(text.split())
    if not runs:
        return None
    digits = "".join(one for one in text if one not in " ()+.-")
    digits = digits if digits.isascii() and digits.isdigit() else ""
    private = set() if may_read else entry.private
    written = runs == [token.text for token in tokens]
    if whole_only:
        return 0 if written or (digits and digits == entry.number and "number" not in entry.private) else None
    local, _, domain = entry.mail.partition("@")
    phone = entry.phone.removeprefix("+")
    tests: list[tuple[int, str, bool]] = [
        (0, "", written or whole(tokens, runs)),
        (1, "", meets(tokens, runs)),
        (2, "", any(meets(tokens[at:], runs) for at in range(1, len(tokens)))),
        (3, "", len(runs) == 1 and len(runs[0]) > 1 and any(runs[0] in one.text for one in tokens if not one.is_character)),
        (0, "number", bool(digits) and entry.number == digits),
        (1, "number", bool(digits) and entry.number.startswith(digits)),
        (0, "phone", len(digits) >= 7 and phone.endswith(digits)),
        (3, "phone", len(digits) >= 4 and phone.endswith(digits)),
        (0, "employee_no", fold(entry.employee_no) == compact),
        (1, "employee_no", fold(entry.employee_no).startswith(compact)),
        (3, "employee_no", len(compact) >= 3 and compact in fold(entry.employee_no)),
    ]
    if "@" in compact:
        tests.append((0, "mail", compact.split("@")[0] == local and domain.startswith(compact.split("@", 1)[1])))
    else:
        tests += [(2, "mail", local.startswith(compact)), (3, "mail", len(compact) >= 3 and compact in local)]
    return min((tier for tier, field, met in tests if met and field not in private), default=None)


def meets(tokens: tuple[Token, ...], runs: list[str]) -> bool:
    if not runs or not tokens:
        return not runs
    run, token, behind = runs[0], tokens[0], tokens[1:]
    if is_character(run[0]):
        return token.text == run and meets(behind, runs[1:])
    if any(reading.startswith(run) for reading in token.readings) and meets(behind, runs[1:]):
        return True
    return any(
        (piece == reading or piece == reading[0] or (piece in DIGRAPHS and reading.startswith(piece))) and meets(behind, [rest, *runs[1:]])
        for piece, rest in ((run[:cut], run[cut:]) for cut in range(1, len(run)))
        for reading in token.readings
    )


def whole(tokens: tuple[Token, ...], runs: list[str]) -> bool:
    if not runs or not tokens:
        return not runs and not tokens
    run, token, behind = runs[0], tokens[0], tokens[1:]
    return any(
        run.startswith(reading) and whole(behind, [rest for rest in (run[len(reading) :],) if rest] + runs[1:])
        for reading in {*token.readings, *([token.text] if token.is_character else [])}
    )


def naive(entries: dict[int, Entry], query: str, visible: set[int], lifted: set[int], readable: set[int]) -> list[int]:
    found = []
    for member, entry in entries.items():
        if member in visible or member in lifted:
            tier = naive_tier(entry, query, whole_only=member not in visible, may_read=member in readable)
            if tier is not None:
                found.append((tier, sort_key(read(entry.name, entry.pinyin)), member))
    return [member for _, _, member in sorted(found)]


SCRAPS = ("z", "s", "h", "a", "n", "g", "张", "三", "上", "单", "d", "f", "1", "0", "l", "v", ".", " ", "san", "zhang", "shan")
MAIL_NAMES = ("zhang", "san.z", "zz", "shan")


def somebody(random: Random, member: int) -> Entry:
    name = "".join(random.choices("张章单曾吕李三丰珊上𠮷", k=random.randint(1, 3)))
    if random.random() < 0.3:
        name = random.choice(("John Smith", "Ann San", "Zhang三", f"张{random.randint(1, 3)}", "Ünal Shan", "o'neil", "阿A上"))
    return Entry(
        member,
        name,
        pinyin=random.choice(("", "", "zhang san", "dan")),
        number=str(random.randint(1000, 1300)),
        phone=random.choice(("", f"+86138{random.randint(10**7, 10**7 + 30)}")),
        mail=random.choice(("", f"{random.choice(MAIL_NAMES)}{random.randint(0, 3)}@{random.choice(('a.cn', 'b.cn'))}")),
        employee_no=random.choice(("", f"E{random.randint(0, 30):03}", "工号1")),
        private=frozenset(random.sample(("number", "phone", "mail", "employee_no"), random.choice((0, 0, 1, 2)))),
    )


def some_query(random: Random, entries: dict[int, Entry]) -> str:
    kind = random.random()
    if kind < 0.5 or not entries:
        return "".join(random.choices(SCRAPS, k=random.randint(1, 4)))
    entry = random.choice(list(entries.values()))
    tokens = read(entry.name, entry.pinyin)
    pinyin = "".join(random.choice(token.readings or (token.text,))[: random.choice((1, 2, 9))] for token in tokens)
    text = random.choice((entry.name, pinyin, pinyin, entry.number, entry.phone, entry.phone[-5:], entry.mail, entry.employee_no))
    cut = random.randint(0, 2)
    return text[cut : cut + random.randint(1, 24)]


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


LARGE_QUERIES = (
    "z",
    "zs",
    "zhang",
    "张",
    "张三",
    "s",
    "san",
    "1",
    "10",
    "100",
    "1000",
    "0001",
    "e0",
    "e00",
    "zhang1",
    "san.z",
    "zz0@b",
    "hn",
)


@pytest.mark.parametrize("size", [1500, 3000])
def test_a_large_index_finds_the_same(size: int) -> None:
    random = Random(size)
    entries = {member: somebody(random, member) for member in range(1, size + 1)}
    index = index_of(*entries.values())
    for member in random.sample(sorted(entries), size // 4):
        index.remove(member)
        del entries[member]
    for member in random.sample(sorted(entries), size // 4):
        entries[member] = somebody(random, member)
        index.put(entries[member])
    visible = {member for member in entries if random.random() < 0.8}
    view = index.view(visible.__contains__)
    for query in (
        "z",
        "zs",
        "zhang",
        "张",
        "张三",
        "s",
        "san",
        "1",
        "10",
        "100",
        "1000",
        "0001",
        "e0",
        "e00",
        "zhang1",
        "san.z",
        "zz0@b",
        "hann",
    ):
        hits = index.search(query, view, limit=size)
        assert list(hits.members) == naive(entries, query, visible, set(), set()), query
        half = index.search(query, view, limit=max(1, hits.total // 2))
        rest = index.search(query, view, limit=size, after=half.next).members if half.next else ()
        assert half.members + rest == hits.members
