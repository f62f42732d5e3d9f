"""What an import would do, row by row, and why it may not (SPEC B7)."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.org.organisation import Tree
from server.org.rules import Limits
from server.rosters import pieces, planning, reading
from server.rosters.columns import BY_KEY, EXAMPLE_NAME, own
from server.rosters.errors import ColumnTwice
from server.rosters.picture import Card, Picture, Reach
from server.rosters.plan import Mode, Plan, Wish
from server.rosters.reading import Book, Grid
from server.rosters.row_values import numbers_of
from storage.fields import Field
from storage.people import Record
from storage.segments import Segment
from storage.units import Place, Unit
from storage.work import MOST_ROWS, MOST_STATEMENTS

NOW = 1_764_000_000_000  # in November 2025
ADMINISTRATOR = 77
BLANK = Record(
    *(1, 1, 2, "person", "active", "", "10001", None, "A", "", "", "", "", "", "", "", "", "", "", "", False, False, "", False, None),
)
ACME, SALES, NORTH, LAB, CLOSED = 1, 2, 3, 4, 5
TREE = (
    Unit(ACME, None, "Acme", "root"),
    Unit(SALES, ACME, "Sales"),
    Unit(NORTH, SALES, "North"),
    Unit(LAB, ACME, "Lab"),
    Unit(CLOSED, ACME, "Closed", is_disabled=True),
)


def person(id: int, name: str, *units: int, head: str = "", **more: Any) -> Card:
    made = msgspec.structs.replace(BLANK, id=id, name=name, number=str(10_000 + id), **more)
    return Card(made, tuple(Place(unit, head) for unit in units))


LI = person(1, "Li Na", SALES, phone="13800138001", employee_no="001")
WANG = person(2, "Wang Wei", NORTH, LAB, mail="wang@example.com")
ADMIN = person(3, "Zhao", ACME, role=ADMINISTRATOR)
ROBOT = person(4, "Robot", SALES, kind="robot", employee_no="R2")
CAST = (LI, WANG, ADMIN, ROBOT)


def company(*cards: Card, units: Sequence[Unit] = TREE, **more: Any) -> Picture:
    return Picture(1, Tree(units), cards or CAST, administrator_role=ADMINISTRATOR, **more)


def sheet(kind: str, rows: Sequence[Mapping[str, Any]]) -> Grid:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines: list[list[Any]] = [[BY_KEY[kind][key].zh for key in keys], *([row.get(key) for key in keys] for row in rows)]
    return Grid(kind, lines, 0, {key: at for at, key in enumerate(keys)})


def plan(
    *rows: Mapping[str, Any],
    mode: Mode = "update",
    picture: Picture | None = None,
    reach: Reach | None = None,
    units: Sequence[Mapping[str, Any]] = (),
    dialect: str = "",
    **wish: Any,
) -> Plan:
    ids = count(1000)
    book = Book(sheet("members", rows) if rows else None, sheet("units", units) if units else None, dialect)
    return planning.make(book, picture or company(), Wish(mode=mode, **wish), reach or Reach(), now=NOW, draw=lambda: next(ids))


def codes(made: Plan) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.code) for problem in made.problems]


def fields(made: Plan) -> dict[str, Any]:
    assert not made.problems, made.problems
    (one,) = made.changes
    return one.fields


# ---- whom a row means


@pytest.mark.parametrize(
    "key",
    [
        {"number": "10001"},
        {"number": 10001.0},
        {"employee_no": "001"},
        {"phone": "+86 138 0013 8001"},
        {"number": "10001", "employee_no": "001", "phone": 13800138001.0},
    ],
)
def test_a_row_finds_its_member_by_number_else_employee_number_else_phone(key: dict[str, Any]) -> None:
    made = plan({**key, "name": "Li Nana"})
    assert fields(made) == {"name": ("Li Na", "Li Nana")}
    assert made.changes[0].member == 1


def test_or_else_by_mail_whatever_its_case() -> None:
    assert plan({"mail": "WANG@example.com", "name": "Wang", "units": ""}).changes[0].member == 2


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ({"phone": "138 0013-8009"}, {"phone": "\uff0b86\u300013800138009"}),
        ({"phone": "+8613800138009"}, {"phone": "'13800138009"}),
        ({"phone": "010-62770000"}, {"phone": "(010) 6277 0000"}),
        ({"employee_no": "\uff10\uff17"}, {"employee_no": "' 07"}),
        ({"employee_no": "a\u00a07"}, {"employee_no": "A 7"}),
        ({"mail": "Li Na@example.com"}, {"mail": "lina\uff20example.com"}),
    ],
)
def test_however_a_key_is_spelled_on_the_card_or_in_the_file_it_is_the_same_person(stored: dict[str, str], typed: dict[str, str]) -> None:
    made = plan({**typed, "name": "X", "units": "Lab"}, picture=company(person(9, "Li", SALES, **stored)))
    assert ([change.member for change in made.changes], made.additions) == ([9], [])
    again = plan({**typed, "name": "X", "units": "Lab"}, picture=company(person(9, "Li", SALES, **stored)), mode="add")
    assert [problem.code for problem in again.problems] == ["row.already_there"]


DISGUISES = st.lists(st.sampled_from(["", " ", "\u3000", "\u00a0", "\u200b"]), min_size=6, max_size=6)


@given(st.integers(1000, 99_999), DISGUISES, st.booleans(), st.booleans())
def test_plain_and_disguised_spellings_of_one_number_decide_alike(number: int, between: list[str], wide: bool, quoted: bool) -> None:
    """Free, held by a deleted member, that of somebody who is there: the numbers asked for are those that rows mean."""
    plain = str(number)
    typed = "".join(mark + (chr(ord(digit) + 0xFEE0) if wide else digit) for mark, digit in zip(between, plain, strict=False))
    typed = ("'" if quoted else "") + typed
    rows = [{"number": spelling, "name": "X", "units": "Lab"} for spelling in (plain, typed)]
    assert [numbers_of(sheet("members", [row])) for row in rows] == [{plain}, {plain}]
    there = company(person(number - 10_000, "Li", SALES), taken=frozenset([str(number + 1)]))
    for taken in (frozenset[str](), frozenset([plain])):
        for picture in (company(taken=taken), msgspec.structs.replace(there, taken=taken)):
            one, other = (plan(row, picture=picture) for row in rows)
            assert (codes(one), one.additions, one.changes) == (codes(other), other.additions, other.changes)


def test_two_hits_are_an_error() -> None:
    made = plan({"phone": "1380", "name": "X"}, picture=company(person(1, "A", ACME, phone="1380"), person(2, "B", ACME, phone="1380")))
    assert codes(made) == [(1, "", "row.two_hits")]


def test_two_rows_about_one_member_are_an_error_and_so_are_two_newcomers_with_one_employee_number() -> None:
    made = plan({"number": "10001", "name": "A"}, {"number": "10001", "name": "B"})
    assert codes(made) == [(2, "", "row.twice")]
    made = plan(*({"name": name, "units": "Lab", "employee_no": "9"} for name in "AB"))
    assert codes(made) == [(2, "employee_no", "row.value_twice")]


def test_a_member_cannot_be_given_anothers_employee_number() -> None:
    assert codes(plan({"number": "10002", "employee_no": "001"})) == [(1, "employee_no", "row.value_of_another")]


def test_a_shared_phone_is_a_warning_where_something_better_tells_them_apart() -> None:
    made = plan({"number": "10002", "phone": "13800138001"})
    assert not made.problems
    assert [warning.code for warning in made.warnings] == ["row.value_of_another"]


def test_members_may_exchange_their_employee_numbers() -> None:
    two = company(person(1, "A", ACME, employee_no="1"), person(2, "B", ACME, employee_no="2"))
    made = plan({"number": "10001", "employee_no": "2"}, {"number": "10002", "employee_no": "1"}, picture=two)
    assert (made.problems, len(made.changes)) == ([], 2)


def test_an_account_number_does_not_change() -> None:
    assert codes(plan({"number": "10099", "employee_no": "001", "name": "Li Na"})) == [(1, "number", "row.number_stays")]


# ---- newcomers


def test_newcomers_are_added_with_what_their_cells_mean() -> None:
    made = plan({"name": " 王伟 ", "units": "Acme/Sales/North; lab", "phone": 13900139000.0, "sort": "3", "gender": "男", "job_title": ""})
    (one,) = made.additions
    assert one.fields == {"name": "王伟", "phone": "13900139000", "gender": "male"}
    assert one.places == (Place(NORTH, sort=3), Place(LAB))


def test_what_is_required_and_empty_is_missing_and_what_is_wrong_is_not() -> None:
    made = plan({"name": "", "units": "", "phone": "x"})
    assert [(problem.column, problem.missing) for problem in made.problems] == [("phone", False), ("name", True), ("units", True)]


def test_in_a_company_that_asks_for_it_everybody_has_a_phone_or_a_mail() -> None:
    made = plan({"name": "A", "units": "Lab", "phone": ""}, picture=company(needs_phone_or_mail=True))
    assert [(problem.column, problem.code, problem.missing) for problem in made.problems] == [
        ("phone", "member.phone_or_mail_needed", True)
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [("20000", "number.not_in_segment"), ("10500", "number.taken"), ("123", "number.invalid"), ("x", "cell.invalid")],
)
def test_a_number_that_cannot_be_given_is_an_error(number: str, code: str) -> None:
    there = company(segments=(Segment(10000, 10999, 10000, 1),), taken=frozenset({"10500"}))
    assert codes(plan({"number": number, "name": "A", "units": "Lab"}, picture=there)) == [(1, "number", code)]


def test_an_equal_name_in_the_unit_is_a_warning() -> None:
    made = plan({"name": "li na", "units": "Sales", "phone": "13900000000"}, {"name": "Li Na", "units": "Lab"})
    assert [(warning.row, warning.code) for warning in made.warnings] == [(1, "row.same_name")]


def test_the_mode_that_adds_refuses_who_is_there() -> None:
    assert codes(plan({"number": "10001", "name": "Li Na", "units": "Sales"}, mode="add")) == [(1, "number", "row.already_there")]


def test_seats_are_counted_and_drafts_take_none() -> None:
    full = company(seats=3, seats_taken=3)
    assert codes(plan({"name": "A", "units": "Lab"}, picture=full)) == [(-1, "", "company.seats_exhausted")]
    assert not plan({"name": "A", "units": "Lab"}, picture=full, draft=True).problems


def test_the_example_of_the_template_is_passed_over() -> None:
    assert plan({"name": EXAMPLE_NAME, "units": "Nowhere"}).is_empty


def test_a_last_day_that_is_over_is_refused_and_one_that_was_there_already_is_not() -> None:
    assert codes(plan({"name": "A", "units": "Lab", "last_day": "2020-01-01"})) == [(1, "last_day", "member.last_day_past")]
    old = company(person(1, "A", ACME, last_day="2020-01-01"))
    assert plan({"number": "10001", "last_day": "2020-01-01", "name": "A"}, picture=old).is_empty


# ---- who is there


def test_an_empty_cell_leaves_what_is_or_empties_it_as_the_mode_says() -> None:
    row = {"number": "10001", "name": "Li Na", "phone": "", "employee_no": "001"}
    assert plan(row).is_empty
    made = plan(row, mode="overwrite", picture=company(LI))
    assert fields(made) == {"phone": ("13800138001", "")}
    assert codes(plan({"number": "10001", "name": ""}, mode="overwrite", picture=company(LI))) == [(1, "name", "cell.missing")]


def test_units_are_those_of_the_row_and_who_headed_one_is_told_of() -> None:
    there = company(person(1, "A", SALES, LAB, head="first"))
    made = plan({"number": "10001", "units": "North;Lab"}, picture=there)
    assert made.changes[0].after == (Place(NORTH), Place(LAB, "first"))
    assert [(warning.code, warning.en) for warning in made.warnings] == [("row.without_head", "Sales has no first head afterwards")]


def test_the_primary_unit_is_the_first_and_the_order_of_the_others_does_not_matter() -> None:
    there = company(person(1, "A", SALES, LAB, NORTH))
    assert plan({"number": "10001", "units": "Sales;North;Lab"}, picture=there).is_empty
    assert plan({"number": "10001", "units": "Lab;Sales;North"}, picture=there).changes[0].after == (Place(LAB), Place(SALES), Place(NORTH))


def test_order_numbers_alone_can_be_changed() -> None:
    assert plan({"number": "10002", "sort": "4;2"}).changes[0].after == (Place(NORTH, sort=4), Place(LAB, sort=2))
    assert codes(plan({"number": "10002", "sort": "first"})) == [(1, "sort", "cell.invalid")]


def test_himself_and_administrators_are_not_changed_and_robots_not_found() -> None:
    assert codes(plan({"number": "10003", "name": "Z"})) == [(1, "", "row.protected")]
    assert codes(plan({"number": "10001", "name": "Z"}, reach=Reach(member=1))) == [(1, "", "row.protected")]
    assert plan({"number": "10003", "name": "Zhao", "units": "Acme"}).is_empty
    assert len(plan({"employee_no": "R2", "name": "R", "units": "Lab"}).additions) == 1


# ---- units


@pytest.mark.parametrize("path", ["Acme / Sales / North", "acme/sales/north", "Sales/North", "North", "/Sales/North", "Sales\uff0fNorth"])
def test_a_unit_is_named_by_its_path(path: str) -> None:
    assert plan({"name": "A", "units": path}).additions[0].places == (Place(NORTH),)


def test_names_that_have_a_separator_of_their_own_are_escaped() -> None:
    tree = (*TREE, Unit(8, ACME, "R/D; A"), Unit(9, ACME, "A\uff0fB\uff1bC"))
    made = plan({"name": "A", "units": "Acme / R\\/D\\; A; A\uff0fB\uff1bC"}, picture=company(units=tree))
    assert [place.unit for place in made.additions[0].places] == [8, 9]


@pytest.mark.parametrize(
    ("path", "code"), [("Nowhere", "row.unit_unknown"), ("Closed", "unit.disabled"), ("Sales;Moon", "row.unit_unknown")]
)
def test_a_unit_that_nobody_can_join_is_an_error(path: str, code: str) -> None:
    assert codes(plan({"name": "A", "units": path})) == [(1, "units", code)]


def test_separators_may_be_full_width() -> None:
    made = plan({"name": "A", "units": "Sales\uff0fNorth\uff1bLab"})
    assert made.additions[0].places == (Place(NORTH), Place(LAB))


def test_a_name_of_several_units_does_not_do() -> None:
    tree = (*TREE, Unit(8, LAB, "North"))
    assert codes(plan({"name": "A", "units": "North"}, picture=company(units=tree))) == [(1, "units", "row.unit_unknown")]


def test_dingtalks_paths_have_hyphens_and_commas() -> None:
    assert plan({"name": "A", "units": "Acme-Sales-North,Lab"}, dialect="dingtalk").additions[0].places == (Place(NORTH), Place(LAB))


def test_units_are_made_from_their_sheet_in_any_order_and_from_rows_where_that_is_wished() -> None:
    made = plan(
        {"name": "A", "units": "Sales/East/One"},
        units=[{"path": "Sales/East/One", "kind": "小组", "code": "e1"}, {"path": "Acme/Sales/East", "kind": ""}],
    )
    assert [(unit.name, unit.parent, unit.kind, unit.code) for unit in made.units] == [
        ("East", SALES, "department", ""),
        ("One", 1000, "team", "e1"),
    ]
    assert made.additions[0].places == (Place(1001),)
    made = plan({"name": "A", "units": "Moon/Base"}, {"name": "B", "units": "Moon/Base"}, make_units=True)
    assert [unit.name for unit in made.units] == ["Moon", "Base"]
    assert [one.places for one in made.additions] == [(Place(1001),)] * 2


def test_what_is_wrong_with_units_is_said_in_their_sheet() -> None:
    made = plan(units=[{"path": "A/B/C"}, {"path": "Lab", "kind": "planet"}, {"path": "Lab"}, {"path": "", "kind": "部门"}])
    assert [(problem.sheet, problem.row, problem.column, problem.code) for problem in made.problems] == [
        *[("units", 4, "path", "cell.missing"), ("units", 2, "kind", "cell.choice_unknown"), ("units", 3, "path", "row.twice")],
        ("units", 1, "path", "row.unit_unknown"),
    ]


def test_a_unit_that_is_there_gets_another_kind_code_or_description() -> None:
    made = plan(units=[{"path": "Lab", "kind": "team", "code": "L", "description": "x"}])
    assert made.changed_units == [(TREE[3], msgspec.structs.replace(TREE[3], kind="team", code="L", description="x"))]
    assert plan(units=[{"path": "Lab", "kind": "", "code": ""}]).is_empty
    assert plan(units=[{"path": "Acme", "kind": "根组织"}]).is_empty


def test_of_a_full_unit_the_last_rows_are_too_many_and_who_leaves_makes_room() -> None:
    small = company(limits=Limits(unit_members=2))
    rows = [{"name": name, "units": "Lab"} for name in "ABC"]
    assert codes(plan(*rows, picture=small)) == [(2, "units", "unit.members_limit"), (3, "units", "unit.members_limit")]
    leaving = {"number": "10002", "name": "Wang Wei", "units": "North"}
    assert codes(plan(leaving, *rows, picture=small)) == [(4, "units", "unit.members_limit")]


def test_which_rows_are_too_many_tells_nothing_of_who_is_hidden_in_the_unit() -> None:
    """Promise V4: that it is full the importer learns, and not by how many."""
    rows = [{"name": name, "units": "Lab"} for name in "ABC"]
    for there in (1, 2, 3):
        full = company(*(person(nth, f"P{nth}", LAB) for nth in range(1, there + 1)), limits=Limits(unit_members=3))
        hidden = msgspec.structs.replace(full, unseen=frozenset(range(1, there + 1)))
        assert codes(plan(*rows, picture=hidden)) == [(row, "units", "unit.members_limit") for row in (1, 2, 3)]
    assert [row for row, _, _ in codes(plan(*rows, picture=full))] == [1, 2, 3]
    assert [row for row, _, _ in codes(plan(*rows, picture=company(person(1, "P1", LAB), limits=Limits(unit_members=3))))] == [3]


# ---- who is missing


def everyone(count: int) -> Picture:
    return company(*(person(nth, f"P{nth}", LAB) for nth in range(1, count + 1)))


def test_overwriting_disables_who_is_missing_and_asks_from_five_people_or_a_tenth_on() -> None:
    for people, missing, asks in [
        (100, 4, False),
        (100, 5, True),
        (50, 4, False),
        (40, 4, True),
        (9, 1, True),
        (11, 1, False),
        (10, 1, True),
    ]:
        rows = [{"number": str(10_000 + nth), "name": f"P{nth}"} for nth in range(1, people - missing + 1)]
        made = plan(*rows, mode="overwrite", picture=everyone(people))
        assert (len(made.leavers), made.people, made.asks) == (missing, people, asks)


def test_other_modes_disable_nobody() -> None:
    assert plan({"number": "10001", "name": "P1"}, picture=everyone(9)).leavers == []


def test_himself_administrators_robots_drafts_and_disabled_ones_are_never_missing() -> None:
    there = company(*CAST, person(5, "Draft", LAB, state="draft"), person(6, "Off", LAB, state="disabled"))
    made = plan({"number": "10001", "name": "Li Na"}, mode="overwrite", picture=there, reach=Reach(member=2))
    assert made.leavers == []


def test_a_row_that_is_refused_keeps_its_member_all_the_same() -> None:
    made = plan({"number": "10001", "name": "Li Na", "phone": "x"}, mode="overwrite", picture=company(LI))
    assert (len(made.problems), made.leavers) == (1, [])


# ---- reach


def test_an_importer_neither_finds_nor_places_nor_disables_outside_of_his_units() -> None:
    mine = Reach((SALES,))
    assert codes(plan({"name": "A", "units": "Lab"}, reach=mine)) == [(1, "units", "row.unit_unknown")]
    there = company(person(1, "In", SALES), person(2, "Out", LAB, phone="13800138002"), person(3, "Both", NORTH, LAB), person(5, "None"))
    made = plan({"name": "X", "phone": "13800138002", "units": "Sales"}, mode="overwrite", picture=there, reach=mine)
    assert len(made.additions) == 1
    assert [one.member for one in made.leavers] == [1]  # of who is elsewhere, too, he does not reach all


def test_places_elsewhere_stay_as_they_are() -> None:
    there = company(person(1, "A", LAB, SALES))
    made = plan({"number": "10001", "units": "North"}, picture=there, reach=Reach((SALES,)))
    assert made.changes[0].after == (Place(LAB), Place(NORTH))


def test_units_are_made_only_below_his_own() -> None:
    made = plan(units=[{"path": "Lab/New"}, {"path": "Sales/New"}, {"path": "Sales/New/Newer"}], reach=Reach((SALES,)))
    assert [(problem.row, problem.code) for problem in made.problems] == [(1, "row.unit_unknown")]
    assert [unit.name for unit in made.units] == ["New", "Newer"]


# ---- pieces


def test_every_piece_is_small_enough_for_one_act() -> None:
    rows = [{"name": f"N{nth}", "units": "Lab;Sales;North", "sort": "1;2;3", "phone": str(13_800_000_000 + nth)} for nth in range(1500)]
    changed = [
        {"number": str(10_000 + nth), "name": "Z", "phone": "13900000000", "mail": "a@b.cc", "units": "Lab;Sales"} for nth in range(1, 900)
    ]
    there = company(*(person(nth, f"P{nth}", NORTH) for nth in range(1, 1800)), limits=Limits(unit_members=10_000))
    made = plan(*rows, *changed, mode="overwrite", picture=there)
    people = pieces.newcomers(made.additions, [""] * 1500, [None] * 1500, lambda: 1)
    cut = list(pieces.cut(made, people))
    for piece in cut:
        rows_written = sum(4 + 2 * len(one.places) + 1 for one in piece.newcomers)
        rows_written += sum(1 + 2 + 1 + len(one.after or ()) for one in piece.changes) + 21 * len(piece.leavers)
        assert rows_written < MOST_ROWS - 10
        assert 2 * len(piece.changes) + 12 < MOST_STATEMENTS
    assert sum(len(piece.newcomers) for piece in cut) == 1500
    assert sum(len(piece.changes) for piece in cut) == 899
    assert sum(len(piece.leavers) for piece in cut) == 900
    assert [pieces.decode(pieces.encode(piece)) for piece in cut[:2]] == cut[:2]


# ---- heads (SPEC B2)


def head_of(made: Plan, member: int) -> list[str]:
    (change,) = [one for one in made.changes if one.member == member]
    assert change.after is not None
    return [place.head for place in change.after]


HEADED = company(person(1, "Li", SALES, head="first"), person(2, "Wang", SALES, LAB), person(3, "Zhao", SALES))


def test_who_is_made_first_head_takes_the_place_of_the_one_before() -> None:
    made = plan({"number": "10002", "head": "第一负责人"}, picture=HEADED)
    assert made.problems == []
    assert (head_of(made, 2), head_of(made, 1)) == (["first", ""], [""])


def test_what_is_headed_stands_in_the_order_of_the_units() -> None:
    made = plan({"number": "10002", "units": "Lab; Sales", "head": "; head"}, picture=HEADED)
    assert head_of(made, 2) == ["", "other"]


def test_a_newcomer_heads_too_and_rows_of_both_agree() -> None:
    rows = (
        {"name": "Qian", "units": "Sales", "head": "first head"},
        {"number": "10001", "units": "Sales", "head": "负责人", "phone": "13800138009"},
    )
    made = plan(*rows, picture=HEADED)
    assert made.problems == []
    assert [place.head for place in made.additions[0].places] == ["first"]
    assert head_of(made, 1) == ["other"]


def test_a_unit_has_one_first_head_and_none_is_taken_away() -> None:
    twice = plan(*({"number": number, "head": "first head"} for number in ("10002", "10003")), picture=HEADED)
    assert codes(twice) == [(2, "head", "row.first_head_twice")]
    assert codes(plan({"number": "10001", "head": "负责人"}, picture=HEADED)) == [(1, "head", "unit.head_stays")]
    for row in ({"number": "10001", "head": ""}, {"number": "10001", "units": "Sales", "head": ""}):
        left_out = plan(row, mode="overwrite", picture=HEADED)
        assert (left_out.changes, left_out.problems) == ([], [])
    assert codes(plan({"number": "10001", "head": "boss"}, picture=HEADED)) == [(1, "head", "cell.choice_unknown")]


def test_an_administrator_who_heads_a_unit_goes_on_heading_it() -> None:
    there = company(person(1, "Li", SALES, head="first", role=ADMINISTRATOR), person(2, "Wang", SALES))
    assert codes(plan({"number": "10002", "head": "first head"}, picture=there)) == [(1, "head", "row.protected")]


# ---- fields of the company's own (SPEC B3)

LOCKER, BORN, SIZE = Field(51, "Locker", is_required=True), Field(52, "Born", "date"), Field(53, "Size", "choice", ("S", "M"))
WITH_FIELDS = company(Card(LI.record, LI.places, {51: "12"}), fields=(LOCKER, BORN, SIZE))


def fields_of(made: Plan) -> dict[str, tuple[str, str]]:
    (change,) = made.changes
    return change.fields


def own_plan(*rows: Mapping[str, Any], mode: Mode = "update") -> Plan:
    """Rows by the names of the fields."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    heads = [BY_KEY["members"][key].zh if key in BY_KEY["members"] else key for key in keys]
    known = {key: at for at, key in enumerate(keys) if key in BY_KEY["members"]}
    book = Book(Grid("members", [heads, *([row.get(key) for key in keys] for row in rows)], 0, known), None)
    ids = count(1000)
    return planning.make(
        reading.with_fields(book, own(WITH_FIELDS.fields)), WITH_FIELDS, Wish(mode=mode), Reach(), now=NOW, draw=lambda: next(ids)
    )


def test_own_fields_are_read_by_their_kind() -> None:
    made = own_plan({"number": "10001", "Locker": 13.0, "born ": "1990/1/2", "SIZE": "m"})
    assert fields_of(made) == {"field:51": ("12", "13"), "field:52": ("", "1990-01-02"), "field:53": ("", "M")}
    new = own_plan({"name": "Qian", "units": "Sales", "Locker": "7", "Size": ""})
    assert new.additions[0].fields == {"name": "Qian", "field:51": "7"}


def test_what_is_wrong_with_an_own_field_is_said_in_its_cell() -> None:
    wrong = own_plan({"number": "10001", "Locker": "x" * 201, "Born": "soon", "Size": "XXL"})
    assert [(column, code) for _, column, code in codes(wrong)] == [
        ("field:51", "name.invalid"),
        ("field:52", "day.invalid"),
        ("field:53", "cell.choice_unknown"),
    ]
    missing = own_plan({"name": "Qian", "units": "Sales", "Locker": ""})
    assert [(problem.column, problem.missing) for problem in missing.problems] == [("field:51", True)]
    emptied = own_plan({"number": "10001", "Locker": ""}, mode="overwrite")
    assert codes(emptied) == [(1, "field:51", "cell.missing")]


def test_a_field_called_as_a_column_of_ours_is_told_apart_from_it() -> None:
    (column,) = own([Field(9, "备注")])
    assert (column.zh, column.en) == ("备注(自定义)", "备注 (own)")
    grid = Grid("members", [["姓名", "备注", "备注(自定义)"]], 0, {"name": 0, "description": 1})
    found = reading.with_fields(Book(grid, None), [column]).members
    assert found is not None
    assert found.columns == {"name": 0, "description": 1, "field:9": 2}


def test_an_own_field_that_is_there_twice_is_refused() -> None:
    grid = Grid("members", [["姓名", "Locker", "locker"]], 0, {"name": 0})
    with pytest.raises(ColumnTwice):
        reading.with_fields(Book(grid, None), own([LOCKER]))


# ---- pinyin, and the rules for cards


def test_a_correction_of_the_pinyin_is_checked_against_the_name_of_its_row() -> None:
    shan = company(person(9, "单雄信", LAB, pinyin="shan xiong xin"))
    row = {"number": "10009"}
    assert codes(plan({**row, "pinyin": "nonsense here"}, picture=shan)) == [(1, "pinyin", "member.pinyin_invalid")]
    assert codes(plan({"name": "单雄信", "units": "Lab", "pinyin": "shan"})) == [(1, "pinyin", "member.pinyin_invalid")]
    assert fields(plan({**row, "name": "仇英", "pinyin": "Qiuying"}, picture=shan))["pinyin"] == ("shan xiong xin", "qiu ying")
    assert fields(plan({**row, "name": "王小明"}, picture=shan))["pinyin"] == ("shan xiong xin", "")
    assert set(fields(plan({**row, "name": "单雄信 (Lab)"}, picture=shan))) == {"name"}
    assert set(fields(plan({**row, "name": "王小明", "pinyin": "shan xiong xin"}, picture=shan))) == {"name"}
    (one,) = plan({"name": "单雄信", "units": "Lab", "pinyin": "shanxiongxin"}).additions
    assert one.fields["pinyin"] == "shan xiong xin"


def test_a_correction_that_was_stored_before_it_was_checked_is_not_judged_while_it_stays() -> None:
    old = company(person(9, "单雄信", LAB, pinyin="nonsense here", phone="ask at the desk"))
    made = plan({"number": "10009", "pinyin": "nonsense here", "phone": "ask at the desk", "job_title": "Pilot"}, picture=old)
    assert set(fields(made)) == {"job_title"}


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("phone", "call me", "member.phone_invalid"),
        ("mail", "nobody", "member.mail_invalid"),
        ("mail", "x" * 250 + "@example.com", "member.mail_invalid"),
        ("gender", "blah", "cell.choice_unknown"),
        ("nickname", "x" * 101, "name.invalid"),
        ("description", "x" * 501, "words.invalid"),
    ],
)
def test_what_a_card_cannot_be_is_an_error_of_its_row(column: str, text: str, code: str) -> None:
    assert codes(plan({"name": "X", "units": "Lab", column: text})) == [(1, column, code)]
