"""Rules of companies: numbers and names, seats, states, and the segment that numbers come from."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from protocol.errors import MemberNotFound, YizhanError
from server.accounts.names import fold
from server.companies.errors import (
    FIELDS,
    CompanyNumberInvalid,
    NameInvalid,
    NumberInvalid,
    SeatsExhausted,
    SegmentInvalid,
    SegmentTaken,
    WordsInvalid,
)
from server.companies.rules import (
    LARGEST_NUMBER,
    check_company_number,
    check_number,
    check_seats,
    follows,
    free,
    name,
    owner,
    segment,
    windows,
    words,
)
from server.org.cards import CHECKED
from server.visibility.rules import are_colleagues
from storage.companies import Profile
from storage.members import Card
from storage.segments import Segment
from tests.support.refusing import refusal


@pytest.mark.parametrize("number", ["acme", "1000", "big-acme-2"])
def test_a_company_number_is_small_letters_digits_and_hyphens(number: str) -> None:
    assert refusal(check_company_number, number) is None


@pytest.mark.parametrize("number", ["", "a", "-acme", "Acme", "a b", "驿站", "x" * 33, "personal", "operator"])
def test_other_company_numbers_and_those_of_the_built_in_ones_are_refused(number: str) -> None:
    with pytest.raises(CompanyNumberInvalid):
        check_company_number(number)


@pytest.mark.parametrize("number", ["999", "0123", "12345678901", "13800138000", "12a4", "", "\uff11\uff10\uff10\uff11"])
def test_what_is_no_account_number_is_refused(number: str) -> None:
    with pytest.raises(NumberInvalid):
        check_number(number)


@given(some.integers(1000, LARGEST_NUMBER))
def test_an_account_number_is_never_taken_for_a_phone(number: int) -> None:
    check_number(str(number))
    assert fold(str(number)) == str(number)


def test_names_lose_the_space_around_them() -> None:
    assert name("name", "  李娜 ") == "李娜"
    assert name("nickname", " ", may_be_empty=True) == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("👩‍💻 在家办公", "👩‍💻 在家办公"),
        ("👩🏽‍⚕️🏳️‍🌈👨‍❤️‍👨", "👩🏽‍⚕️🏳️‍🌈👨‍❤️‍👨"),
        ("\u3000开会中\u3000下午回\u3000", "开会中 下午回"),
        ("Jean\xa0Luc", "Jean Luc"),
    ],
)
def test_what_people_type_every_day_is_taken(typed: str, kept: str) -> None:
    """Emoji that are put together of others, and the spaces of Chinese input methods and of text processors."""
    assert name("text", typed) == kept
    assert words("signature", typed, 100) == kept


def fields_in_code() -> set[str]:
    """What the product itself calls a text when it refuses one."""
    calls = [
        node
        for path in (Path(__file__).parents[2] / "server").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    asked = [
        call for call in calls if ast.unparse(call.func).rpartition(".")[2] in ("name", "words", "checked_name") and len(call.args) > 1
    ]
    return {str(call.args[0].value) for call in asked if isinstance(call.args[0], ast.Constant)}


def test_a_refusal_names_the_field_in_its_readers_language() -> None:
    assert NameInvalid("job title", 100).text("zh-CN") == "职务 须为 1 到 100 个字符,且不含控制字符"
    assert NameInvalid("job title", 100).text("en").startswith("job title has ")
    assert WordsInvalid("signature", 500).text("zh") == "签名 最多 500 个字符,且不含控制字符"
    assert NameInvalid("部门代号", 100).text("zh").startswith("部门代号 "), "a company's own field is called as it calls it"
    cards = {name.replace("_", " ") for name in CHECKED}
    profile = {name.replace("_", " ") for name in Profile.__struct_fields__}
    found = fields_in_code()
    assert {"text", "remark", "short name"} <= found
    assert (found | cards | profile) - FIELDS.keys() == set()


def test_lines_end_alike_whatever_they_were_typed_on() -> None:
    assert words("signature", "one\r\ntwo\rthree\n", 100) == "one\ntwo\nthree"


@pytest.mark.parametrize(
    "typed",
    [
        *("Li\u202eaN", "\u2066Li Na", "Li\u200fNa", "Li\u200bNa", "Li\u200dNa", "\u200d👩", "👩\u200d", "Li\u2028Na", "\ufeffLi"),
        *("\u3164", "\u2800\u2800", "\ufe0f", "\u034f", "\u115f \u1160", "\U000e0100"),
    ],
)
def test_what_turns_text_around_or_shows_nothing_is_no_name(typed: str) -> None:
    """Nobody is written backwards, or as nobody."""
    with pytest.raises(NameInvalid):
        name("nickname", typed, may_be_empty=True)
    with pytest.raises(WordsInvalid):
        words("signature", typed, 100)


@pytest.mark.parametrize("given_name", ["", "  ", "a\nb", "a\x00b", "x" * 101])
def test_what_is_no_name_is_refused(given_name: str) -> None:
    with pytest.raises(NameInvalid):
        name("name", given_name)


def test_the_last_seat_can_be_taken_and_no_more() -> None:
    check_seats(30, 29, 1)
    with pytest.raises(SeatsExhausted):
        check_seats(30, 29, 2)


def test_members_are_disabled_and_enabled_and_drafts_activated() -> None:
    assert follows("active", "disabled")
    assert follows("disabled", "active")
    assert follows("draft", "active")
    assert not follows("disabled", "disabled")


@pytest.mark.parametrize(("state", "wanted"), [("deleted", "active"), ("deleted", "disabled"), ("draft", "disabled")])
def test_other_moves_are_refused(state: str, wanted: str) -> None:
    with pytest.raises(MemberNotFound):
        follows(state, wanted)


@pytest.mark.parametrize(
    ("first", "seats", "last", "made"),
    [
        (1001, 30, None, (1001, 2000)),  # numbers never come back, so there are more than seats
        (1001, 5000, None, (1001, 11000)),
        (LARGEST_NUMBER, 30, None, (LARGEST_NUMBER, LARGEST_NUMBER)),
        (1001, 30, 1003, (1001, 1003)),
        (19_500, 30, None, (19_500, 19_999)),  # up to the next one's
    ],
)
def test_a_segment_has_room_for_the_seats_and_ends_before_the_next(first: int, seats: int, last: int | None, made: tuple[int, int]) -> None:
    assert segment([Segment(20_000, 20_999, 20_000, 7)], first, seats, last) == made


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (20_000, None, SegmentTaken),
        (20_999, 20_999, SegmentTaken),
        (19_000, 20_000, SegmentTaken),
        (1001, 1000, SegmentInvalid),
        (1001, LARGEST_NUMBER + 1, SegmentInvalid),
        (12, None, NumberInvalid),
    ],
)
def test_segments_never_overlap_and_hold_numbers_alone(first: int, last: int | None, refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        segment([Segment(20_000, 20_999, 20_000, 7)], first, 30, last)


def test_what_is_left_of_segments_is_looked_through_in_windows() -> None:
    owned = [Segment(1001, 1003, 1004, 7), Segment(2001, 2005, 2002, 7), Segment(3001, 3001, 3001, 7)]
    assert list(windows(owned, 3, 9)) == [(2001, ["2002", "2003", "2004"]), (2001, ["2005"]), (3001, ["3001"])]
    assert list(windows(owned, 3, 1)) == [(2001, ["2002", "2003", "2004"])]
    assert owner(owned, 2001)
    assert not owner(owned, 2006)


def test_free_numbers_are_those_that_nobody_has() -> None:
    assert list(free(["1001", "1002", "1003"], {"1002"})) == ["1001", "1003"]


@pytest.mark.parametrize(("company", "kind", "are"), [(1, "company", True), (2, "company", False), (1, "personal", False)])
def test_colleagues_are_members_of_one_real_company(company: int, kind: str, are: bool) -> None:
    card = Card(5, 1, "Acme", kind, 9, "person", "active", "1001", "Li Na", "", "", "", "", "", "")
    assert are_colleagues(company, card) is are
