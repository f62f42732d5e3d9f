"""Moving units and members: nobody gets further by it, and finding that out is a short turn (SPEC B2, C4, LOG A8)."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.org.organisation import Organisation, Person, Tree
from server.roles import reach
from server.roles.errors import MoreThanHeld
from server.roles.giving import check_moved, check_not_drawn_in, holdings
from server.roles.grants import Grant, Role
from server.roles.permissions import PERMISSIONS, Scope
from server.roles.reach import Reach
from server.roles.rules import Picture
from storage.units import Place, Unit
from tests.support.roles import CUSTOM, HALL, LAB, LINA, NORTH, ROOT, SALES, VIEW, WANG, as_member, company, person

MANY = 1_500
BRANCHES = 6
SOME = Grant(Scope.CHOSEN_UNITS, (SALES,))


def large(units: int, *, head: str = "") -> Picture:
    """A tree of six branches everywhere. Li Na may do everything within two of the top ones, and is in the first."""
    tree = [Unit(nth, (nth - 2) // BRANCHES + 1 if nth > 1 else None, f"Unit {nth}", sort=nth) for nth in range(1, units + 1)]
    role = Role(CUSTOM, "custom", name="Everything", grants={one.name: Grant(one.widest) for one in PERMISSIONS.values()})
    lina = Person(LINA, "active", role=CUSTOM, places=(Place(2, head),), scope=(2, 3))
    return Picture(Organisation(1, tree, (lina,)), {CUSTOM: role})


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many units are looked at: gone through from above, or on the way up from one to the top."""
    counted = {"units": 0}
    below, is_below, ancestors = Tree.below, Tree.is_below, Tree.ancestors

    def going_down(self: Tree, unit: int) -> Iterator[int]:
        for one in below(self, unit):
            counted["units"] += 1
            yield one

    def going_up(self: Tree, unit: int, top: int) -> bool:
        counted["units"] += 1 + len(ancestors(self, unit))
        return is_below(self, unit, top)

    def above(self: Tree, unit: int) -> list[int]:
        found = ancestors(self, unit)
        counted["units"] += len(found)
        return found

    monkeypatch.setattr(Tree, "below", going_down)
    monkeypatch.setattr(Tree, "is_below", going_up)
    monkeypatch.setattr(Tree, "ancestors", above)
    return counted


@pytest.mark.parametrize("head", ["", "first"])
def test_moving_a_large_part_of_a_tree_looks_at_each_unit_a_few_times(steps: dict[str, int], head: str) -> None:
    """Not once for each permission and each unit on the way to the top: that was 0.66 s."""
    for units in (MANY, 4 * MANY):
        picture = large(units, head=head)
        steps["units"] = 0
        check_moved(picture, as_member(LINA), replace(picture.org[2], parent=3))
        assert steps["units"] < 4 * units


@given(
    st.sets(st.sampled_from((ROOT, SALES, NORTH, LAB, HALL))),
    st.sets(st.sampled_from((ROOT, SALES, NORTH, LAB, HALL))),
    st.booleans(),
    st.sampled_from((ROOT, SALES, NORTH, LAB)),
)
def test_all_units_below_are_found_as_one_by_one(units: set[int], tops: set[int], is_all: bool, top: int) -> None:
    org = company(person(LINA, SALES)).org
    covered = Reach(is_all=is_all, units=frozenset(units), tops=frozenset(tops))
    assert reach.units_below(org, covered, top) == {unit for unit in org.below(top) if reach.has_unit(org, covered, unit)}


def lina(head: str = "") -> Person:
    return replace(person(LINA, SALES), places=(Place(SALES, head),))


@pytest.mark.parametrize(
    ("picture", "is_refused"),
    [
        (company(lina(), attendance__view=SOME), True),
        (company(lina(), attendance__view=Grant(Scope.ALL)), False),
        (company(lina(), org__manage=Grant(Scope.ALL)), False),
        (company(lina("first"), org__manage=Grant(Scope.ALL)), True),  # she would watch its attendance as a head
        (company(lina("other"), org__manage=Grant(Scope.ALL)), True),
        (company(replace(lina(), places=(Place(HALL),)), org__manage=Grant(Scope.ALL), org__view=Grant(Scope.OWN_UNIT_AND_BELOW)), False),
    ],
)
def test_whoever_moves_a_unit_gets_no_further_by_it(picture: Picture, is_refused: bool) -> None:
    refusal = None
    try:
        check_moved(picture, as_member(LINA), replace(picture.org[LAB], parent=SALES))
    except MoreThanHeld as error:
        refusal = error.data["permission"]
    assert (refusal == VIEW) is is_refused


@pytest.mark.parametrize(
    ("picture", "is_refused"),
    [
        (company(lina(), attendance__view=SOME), True),
        (company(lina(), attendance__view=Grant(Scope.ALL)), False),
        (company(lina(), org__manage=Grant(Scope.ALL)), False),
        (company(lina("first"), org__manage=Grant(Scope.ALL)), True),  # she would watch his attendance as a head
        (company(lina("other"), org__manage=Grant(Scope.ALL)), True),
        (company(replace(lina("first"), scope=(LAB,)), org__manage=Grant(Scope.ALL)), False),  # and sees nothing there
    ],
)
def test_whoever_moves_a_member_gets_no_further_over_him(picture: Picture, is_refused: bool) -> None:
    wang, held = person(WANG, LAB), holdings(picture, as_member(LINA))
    moved = replace(wang, places=(*wang.places, Place(SALES)))
    refusal = None
    try:
        check_not_drawn_in(picture.org, held, wang, moved)
    except MoreThanHeld as error:
        refusal = error.data["permission"]
    assert (refusal == VIEW) is is_refused
    check_not_drawn_in(picture.org, held, moved, wang)


def test_into_a_disabled_unit_counts_as_into_an_enabled_one() -> None:
    picture = company(replace(lina(), places=(Place(HALL),)), org__manage=Grant(Scope.ALL), org__view=Grant(Scope.OWN_UNIT_AND_BELOW))
    with pytest.raises(MoreThanHeld):
        check_not_drawn_in(picture.org, holdings(picture, as_member(LINA)), person(WANG, LAB), person(WANG, HALL))


def test_under_a_disabled_unit_counts_as_under_an_enabled_one() -> None:
    """Whoever manages it enables it afterwards."""
    picture = company(
        replace(person(LINA, HALL), places=(Place(HALL),)), org__manage=Grant(Scope.ALL), org__view=Grant(Scope.OWN_UNIT_AND_BELOW)
    )
    with pytest.raises(MoreThanHeld):
        check_moved(picture, as_member(LINA), replace(picture.org[LAB], parent=HALL))
