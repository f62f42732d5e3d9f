"""Places, heads and information scopes from values alone (SPEC B2, B3)."""

import pytest

from server.org.errors import HeadStays, NotInUnit, NoUnit, ScopeTooWide, ScopeWouldOpen, SuccessorNeeded, SuccessorUnfit
from server.org.placing import (
    check_inside,
    check_scope,
    check_scopes_stay,
    first_head,
    headless,
    joining,
    moved,
    other_heads,
    put,
    successors,
)
from storage.members import Card
from storage.units import Place

SALES, LAB, BOARD = 1, 2, 3
LINA, WANG, ZHAO = 11, 12, 13


def test_a_member_stays_what_he_was_in_units_that_he_stays_in() -> None:
    before = (Place(SALES, "first", 2), Place(LAB))
    after = put(before, [BOARD, SALES, BOARD])
    assert after == (Place(BOARD), Place(SALES, "first", 2))
    assert joining(before, after) == [BOARD]
    assert headless(before, after) == []
    assert headless(before, put(before, [LAB])) == [SALES]
    with pytest.raises(NoUnit):
        put(before, [])


def test_moving_takes_one_place_or_all() -> None:
    before = (Place(SALES), Place(LAB, "other"))
    assert moved(before, BOARD) == (Place(BOARD),)
    assert moved(before, BOARD, out_of=SALES) == (Place(BOARD), Place(LAB, "other"))
    assert moved(before, LAB, out_of=SALES) == (Place(LAB, "other"),)
    assert moved(before, SALES, out_of=BOARD) == before


def test_who_heads_units_names_his_successors_where_anybody_is_left() -> None:
    names = {SALES: "Sales", LAB: "Lab", BOARD: "Board"}
    inside = {SALES: {LINA: "first", WANG: ""}, LAB: {LINA: "first"}, BOARD: {LINA: "first", ZHAO: "other"}}
    with pytest.raises(SuccessorNeeded) as needed:
        successors(LINA, inside, {}, names)
    assert needed.value.data == {"units": "Sales, Board"}
    with pytest.raises(SuccessorUnfit):
        successors(LINA, inside, {SALES: ZHAO, BOARD: ZHAO}, names)
    with pytest.raises(SuccessorUnfit):
        successors(LINA, inside, {SALES: LINA, BOARD: ZHAO}, names)
    assert successors(LINA, inside, {SALES: WANG, BOARD: ZHAO}, names) == {SALES: WANG, BOARD: ZHAO}


def test_a_unit_has_one_first_head() -> None:
    heads = {LINA: "first", WANG: "other", ZHAO: ""}
    assert first_head(heads, WANG) == {LINA: "", WANG: "first"}
    assert first_head(heads, LINA) == {}
    assert first_head({ZHAO: ""}, ZHAO) == {ZHAO: "first"}


def test_other_heads_come_and_go_and_the_first_stays() -> None:
    heads = {LINA: "first", WANG: "other", ZHAO: ""}
    assert other_heads("Lab", heads, [ZHAO]) == {WANG: "", ZHAO: "other"}
    assert other_heads("Lab", heads, []) == {WANG: ""}
    with pytest.raises(HeadStays):
        other_heads("Lab", heads, [LINA])
    mei, wang = (
        Card(id, 1, "Acme", "company", None, "person", "active", "", name, "", "", "", "", "", "")
        for id, name in ((99, "Mei"), (WANG, "Wang"))
    )
    check_inside("Lab", heads, [wang])
    with pytest.raises(NotInUnit, match="Mei is not a member of Lab"):
        check_inside("Lab", heads, [wang, mei])


def test_an_information_scope_has_three_units_at_most_and_is_never_lost() -> None:
    check_scope([SALES, LAB, BOARD, LAB])
    with pytest.raises(ScopeTooWide):
        check_scope([SALES, LAB, BOARD, 4])
    check_scopes_stay({LINA: {SALES, LAB}}, [LAB])
    with pytest.raises(ScopeWouldOpen):
        check_scopes_stay({LINA: {LAB}, WANG: {LAB, BOARD}, ZHAO: {SALES, LAB}}, [LAB, BOARD])
