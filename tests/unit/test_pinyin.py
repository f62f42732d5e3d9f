"""How names are read and in which order they stand (SPEC B8): surnames, several readings, Latin and mixed names, corrections."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.directory.order import initial, reading, sections
from server.directory.pinyin import PinyinInvalid, correct, dictionary, fold, read
from server.directory.surnames import COMPOUND, GIVEN, SURNAMES


def syllables(name: str, corrected: str = "") -> str:
    """The usual reading."""
    return " ".join(token.readings[0] for token in read(name, corrected) if token.readings)


def in_order(*names: str) -> list[str]:
    return sorted(names, key=reading)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("单雄信", "shan xiong xin"),
        ("仇英", "qiu ying"),
        ("曾国藩", "zeng guo fan"),
        ("解缙", "xie jin"),
        ("区寄", "ou ji"),
        ("查良镛", "zha liang yong"),
        ("盖叫天", "ge jiao tian"),
        ("缪昌期", "miao chang qi"),
        ("朴树", "piao shu"),
        ("任正非", "ren zheng fei"),
        ("翟天临", "zhai tian lin"),
        ("乐毅", "yue yi"),
        ("华佗", "hua tuo"),
        ("万里", "wan li"),
        ("員半千", "yun ban qian"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("長孫無忌", "zhang sun wu ji"),
        ("澹台灭明", "tan tai mie ming"),
        ("令狐冲", "ling hu chong"),
        ("欧阳修", "ou yang xiu"),
        ("吕布", "lv bu"),
        ("王盛乐", "wang sheng le"),
        ("李单", "li dan"),
    ],
)
def test_surnames_and_given_names_are_read_as_people_read_them(name: str, expected: str) -> None:
    assert syllables(name) == expected


def test_who_does_not_know_better_finds_a_surname_by_its_everyday_reading_too() -> None:
    assert [read(name)[0].readings for name in ("单雄信", "仇英", "覃塘")] == [("shan", "dan"), ("qiu", "chou"), ("qin", "tan")]


def test_an_umlaut_is_found_however_it_is_typed() -> None:
    assert read("吕布")[0].readings == ("lv", "lu", "lyu")


def test_a_compound_surname_keeps_the_readings_of_its_characters_for_who_reads_it_otherwise() -> None:
    assert read("单于")[0].readings == ("chan", "dan", "shan")
    assert read("尉迟恭")[0].readings[0] == "yu"


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("John O'Neil-Smith", ["john", "oneil", "smith"]),
        ("Zhang三", ["zhang", "三"]),
        ("张伟2", ["张", "伟", "2"]),
        ("张A3", ["张", "a", "3"]),
        ("买买提·艾力", ["买", "买", "提", "艾", "力"]),
        ("\uff21\uff22\uff23\u3000李", ["abc", "李"]),
        ("李 娜", ["李", "娜"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("Иван", ["иван"]),
        ("·-!", []),
    ],
)
def test_a_name_is_characters_words_and_digits(name: str, tokens: list[str]) -> None:
    assert [token.text for token in read(name)] == tokens


def test_an_accent_need_not_be_typed() -> None:
    assert read("Ünal")[0].readings == ("unal", "ünal")


def test_an_administrators_correction_wins() -> None:
    assert read("单雄信", "dan xiong xin")[0].readings == ("dan",)
    assert syllables("A单") == "a dan"
    assert syllables("A单", "shan") == "a shan"


def test_a_correction_that_no_longer_fits_the_name_is_passed_over() -> None:
    assert syllables("单信", "dan xiong xin") == "shan xin"


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("单雄信", "Dan Xiong Xin", "dan xiong xin"),
        ("单雄信", "dānxióngxìn", "dan xiong xin"),
        ("吕布", "Lǚ Bù", "lv bu"),
        ("西安", "xi'an", "xi an"),
        ("西安", "xian", "xi an"),
        ("张A三", "zhang san", "zhang san"),
        ("单", "  ", ""),
    ],
)
def test_a_correction_is_stored_as_syllables_apart(name: str, given: str, stored: str) -> None:
    assert correct(name, given) == stored


@pytest.mark.parametrize(("name", "given"), [("单雄信", "dan xiong"), ("单雄信", "1 2 3"), ("John", "john"), ("张三", "zhangsi")])
def test_a_correction_that_does_not_fit_is_refused(name: str, given: str) -> None:
    with pytest.raises(PinyinInvalid) as refused:
        correct(name, given)
    assert (refused.value.data["name"], refused.value.data["given"]) == (name, given)


def test_the_tables_hold_one_syllable_for_each_character() -> None:
    for table in (SURNAMES, GIVEN):
        assert all(len(one) == 1 and reading.replace(" ", "").isalpha() for one, reading in table.items())
    assert all(len(name) == len(reading.split()) for name, reading in COMPOUND.items())


def test_a_name_is_read_without_pypinyins_phrases() -> None:
    code = "import sys; from server.directory.pinyin import read; print(read('单雄信')[2].readings, 'pypinyin' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout == "('xin',) False\n"


def test_the_readings_are_those_of_pypinyin() -> None:
    from pypinyin.pinyin_dict import pinyin_dict  # here alone, for it brings the phrases

    assert pinyin_dict
    assert dictionary() == pinyin_dict


def test_members_stand_by_pinyin_the_same_character_together_and_shorter_names_first() -> None:
    given = ("章三", "张三丰", "张三", "John", "李四", "李", "阿土", "单雄信", "山本")
    assert in_order(*given) == ["阿土", "John", "李", "李四", "单雄信", "山本", "张三", "张三丰", "章三"]


def test_a_correction_changes_the_order() -> None:
    assert reading("曾小贤", "ceng xiao xian") < reading("陈一") < reading("曾小贤")
    assert reading("张三") == "zhang 张 san 三"


def test_a_short_syllable_stands_before_the_longer_one_that_it_begins() -> None:
    assert in_order("张一", "渣打", "占一") == ["渣打", "占一", "张一"]


def test_what_begins_with_no_letter_stands_behind_z() -> None:
    assert in_order("3M", "𠮷野", "赵六", "Иван", "Ünal") == ["Ünal", "赵六", "3M", "Иван", "𠮷野"]
    assert [initial(read(name)) for name in ("3M", "Иван", "𠮷野", "", "Ünal", "单雄信", "zhao")] == ["#", "#", "#", "#", "U", "S", "Z"]


def test_sections_say_where_a_letter_begins_and_how_many_it_has() -> None:
    assert sections(["A", "L", "L", "Z", "#"]) == [("A", 0, 1), ("L", 1, 2), ("Z", 3, 1), ("#", 4, 1)]
    assert sections([]) == []


NAMES = st.text(alphabet="张单曾吕李三丰𠮷3aZé ·'-", max_size=8)


@given(st.lists(NAMES, max_size=20))
def test_each_letter_is_one_section(names: list[str]) -> None:
    letters = [initial(read(name)) for name in in_order(*names)]
    found = [letter for letter, _, _ in sections(letters)]
    assert len(found) == len(set(found))
    assert all(one != "#" for one, _ in pairwise(found))


@given(NAMES)
def test_a_name_reads_the_same_folded(name: str) -> None:
    assert read(name) == read(fold(name))
