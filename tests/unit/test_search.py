"""Search among a company's members (SPEC B8): what is met, in which order, and that who may not be found leaves no trace (V4)."""

import pytest
from msgspec.structs import replace

from server.directory.fields import Entry
from server.directory.search import Cursor, Hits
from tests.support.search import index_of, made_of, pages

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


def test_about_a_private_field_only_those_who_are_near_are_asked_for() -> None:
    """A company's rule makes a field of all members private: each question costs 10 µs."""
    asked: list[int] = []

    def may_read(member: int, field: str) -> bool:
        asked.append(member)
        return True

    index = index_of(
        *(Entry(member, f"Li {member}", mail=f"li.{member}@example.com", private=frozenset(("mail",))) for member in range(1, 50))
    )
    view = index.view(everybody, may_read=may_read)
    view.near = index.rows([7, 8])
    assert index.search("li.7@example.com", view).members == (7,)
    assert index.search("li.9@example.com", view).members == ()
    assert asked == [7]


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
    assert index.letters(view.bits()) == {"C": 1, "J": 1, "L": 2, "O": 1, "S": 1, "Z": 3, "#": 1}
    assert index.listed(view.bits()).members == (10, 6, 7, 8, 9, 4, 5, 1, 3, 11)
    first = index.listed(view.bits(), "Z", limit=2)
    assert (first.members, first.total) == ((5, 1), 3)
    assert index.listed(view.bits(), "Z", after=first.next) == Hits((3,), 3, None)
    assert index.listed(view.bits(), "Q") == Hits((), 0, None)
    index.put(replace(CAST[1], name="安三"))
    assert index.letters(view.bits())["A"] == 1
    assert index.letters(view.bits())["Z"] == 2


def test_who_has_gone_is_in_no_list() -> None:
    index = index_of(*CAST.values())
    view = index.view(everybody)
    assert index.listed(view.bits()).total == 10
    index.remove(3)
    assert (index.listed(view.bits()).total, index.listed(index.view(everybody).bits()).total) == (9, 9)
    assert 3 not in index.listed(view.bits()).members


# ---- spellings

PHONES = {
    "a mobile number": (
        "13800138000",
        ["13800138000", "+8613800138000", "8613800138000", "008613800138000", "+86 138-0013 8000", "138 0013 8000"],
    ),
    "one that was stored with its country": ("+86 138 0013 8000", ["13800138000", "+8613800138000", "8613800138000", "8000", "0013-8000"]),
    "one from abroad": ("+49 151 12345678", ["+4915112345678", "004915112345678", "4915112345678", "(+49) 151 1234-5678", "5678"]),
    "a landline": ("010-6277 0000", ["01062770000", "+861062770000", "0086 10 6277 0000", "62770000", "0000"]),
    "a landline with its country": ("+86 10 6277 0000", ["010-62770000", "62770000"]),
}


@pytest.mark.parametrize("case", PHONES)
def test_a_phone_is_found_in_whatever_spelling_it_was_stored_or_typed(case: str) -> None:
    stored, typed = PHONES[case]
    wide = ["".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in query) for query in typed]
    for index in (index_of(Entry(7, "Li", phone=stored)), made_of(Entry(7, "Li", phone=stored))):
        view = index.view(everybody)
        assert {query: index.search(query, view).members for query in typed + wide} == dict.fromkeys(typed + wide, (7,))


@pytest.mark.parametrize("query", ["+8613800138001", "86138", "+49 13800138000"])
def test_other_numbers_and_less_than_a_tail_find_nobody(query: str) -> None:
    index = index_of(Entry(7, "Li", phone="13800138000"))
    assert index.search(query, index.view(everybody)).members == ()


def test_a_hidden_phone_is_not_found_by_any_spelling() -> None:
    index = index_of(Entry(7, "Li", phone="13800138000", private=frozenset(("phone",))))
    view = index.view(everybody)
    assert [index.search(query, view).total for query in PHONES["a mobile number"][1]] == [0] * 6


@pytest.mark.parametrize(
    "query", ["lü", "lu\u0308", "LÜ", "lǚ", "lv", "lu", "lyu", "lübu", "lü bu", "lǚ bù", "Lǚbù", "吕bù", "lvb", "lyubu"]
)
def test_lue_is_found_however_it_is_typed(query: str) -> None:
    index = index_of(Entry(1, "吕布"), Entry(2, "王伟"))
    assert index.search(query, index.view(everybody)).members == (1,)


@pytest.mark.parametrize("query", ["müller", "muller", "Mu\u0308ller", "josé m", "jose"])
def test_latin_names_keep_their_own_marks(query: str) -> None:
    index = index_of(Entry(1, "José Müller"), Entry(2, "吕布"))
    assert index.search(query, index.view(everybody)).members == (1,)
