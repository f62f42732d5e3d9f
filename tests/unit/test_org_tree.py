"""The tree and its rules against a naive model: lists of children and nothing else (SPEC B1, B2)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from protocol.errors import YizhanError
from server.companies.errors import NameInvalid, UnitNotFound, WordsInvalid
from server.org import rules
from server.org.errors import (
    LimitInvalid,
    RootStays,
    RootUnitsLimit,
    UnitBelowItself,
    UnitDisabled,
    UnitKindUnknown,
    UnitMembersLimit,
    UnitNameTaken,
    UnitNotEmpty,
)
from server.org.organisation import Organisation, Person, Tree
from server.org.rules import STAND_IN, Limits
from storage.units import Place, Unit

ROOT, SALES, NORTH, SOUTH, LAB = 1, 2, 3, 4, 5
FEW = Limits(root_units=4, unit_members=3)
NAMES = ("Sales", "\uff53\uff41\uff4c\uff45\uff53", "Lab", "客服")


def acme() -> Tree:
    """Acme over Sales (over North and South) and Lab."""
    tree = Tree([Unit(ROOT, None, "Acme", "root")])
    for id, parent, name in ((SALES, ROOT, "Sales"), (LAB, ROOT, "Lab"), (NORTH, SALES, "North"), (SOUTH, SALES, "South")):
        tree.put(rules.add(tree, id, parent, name=name, limits=Limits()))
    return tree


def names(tree: Tree, units: Any) -> list[str]:
    return [tree[unit].name for unit in units]


def store(tree: Tree, changed: list[Unit]) -> None:
    for unit in changed:
        tree.put(unit)


# ---- sentences about the product


def test_a_new_unit_comes_last_with_a_stand_in_name() -> None:
    tree = acme()
    for id in (6, 7):
        tree.put(rules.add(tree, id, ROOT, limits=Limits()))
    assert names(tree, tree.children(ROOT)) == ["Sales", "Lab", STAND_IN, f"{STAND_IN} 2"]


def test_a_subtree_moves_whole_and_lies_where_it_was_put() -> None:
    tree = acme()
    store(tree, rules.move(tree, SALES, LAB, limits=Limits()))
    assert names(tree, tree.path(NORTH)) == ["Acme", "Lab", "Sales", "North"]
    store(tree, rules.move(tree, SOUTH, SALES, before=NORTH, limits=Limits()))
    assert names(tree, tree.below(ROOT)) == ["Acme", "Lab", "Sales", "South", "North"]


@pytest.mark.parametrize("below", [SALES, NORTH])
def test_no_unit_is_put_below_itself(below: int) -> None:
    with pytest.raises(UnitBelowItself):
        rules.move(acme(), SALES, below, limits=Limits())


def test_siblings_have_different_names_since_paths_name_units() -> None:
    tree = acme()
    for act in (
        lambda: rules.add(tree, 9, ROOT, name="\uff2c\uff21\uff22 ", limits=Limits()),
        lambda: rules.rename(tree, LAB, "sales"),
        lambda: rules.move(replace_name(tree, NORTH, "lab"), NORTH, ROOT, limits=Limits()),
    ):
        with pytest.raises(UnitNameTaken):
            act()
    assert rules.rename(tree, LAB, "LAB").name == "LAB"  # its own name in another case
    assert rules.add(acme(), 9, SALES, name="Lab", limits=Limits()).name == "Lab"


def replace_name(tree: Tree, unit: int, name: str) -> Tree:
    tree.put(replace(tree[unit], name=name))
    return tree


def test_the_top_of_the_tree_is_renamed_and_otherwise_stays() -> None:
    tree = acme()
    renamed = rules.rename(tree, ROOT, "Acme Group")
    assert (renamed.name, renamed.is_renamed) == ("Acme Group", True)
    acts: list[Callable[[], object]] = [
        lambda: rules.delete(tree, ROOT, {}),
        lambda: rules.move(tree, ROOT, LAB, limits=Limits()),
        lambda: rules.set_disabled(tree, ROOT, True),
        lambda: rules.set_hidden(tree, ROOT, True),
    ]
    for act in acts:
        with pytest.raises(RootStays):
            act()
    assert rules.describe(tree, ROOT, kind="branch").kind == "root"


def test_a_unit_with_members_in_it_or_below_is_not_deleted_and_empty_ones_below_go_along() -> None:
    tree = acme()
    with pytest.raises(UnitNotEmpty) as refused:
        rules.delete(tree, SALES, {NORTH: 2, LAB: 7})
    assert refused.value.data == {"name": "Sales"}
    assert rules.delete(tree, SALES, {LAB: 7}) == [SALES, NORTH, SOUTH]


def test_limits_hold_under_the_root_alone_and_in_each_unit() -> None:
    tree = acme()
    for id in (6, 7):
        tree.put(rules.add(tree, id, ROOT, limits=FEW))
    with pytest.raises(RootUnitsLimit):
        rules.add(tree, 8, ROOT, limits=FEW)
    with pytest.raises(RootUnitsLimit):
        rules.move(tree, NORTH, ROOT, limits=FEW)
    assert rules.move(tree, LAB, ROOT, before=SALES, limits=FEW)  # a new order adds none
    for id in (8, 9, 10, 11):
        tree.put(rules.add(tree, id, LAB, limits=FEW))
    rules.check_members(tree, {LAB: 1, SALES: 3}, {LAB: 2}, FEW)
    with pytest.raises(UnitMembersLimit) as full:
        rules.check_members(tree, {LAB: 2}, {LAB: 2}, FEW)
    assert full.value.data == {"name": "Lab", "limit": 3, "wanted": 2}


def test_nobody_is_put_below_a_disabled_unit() -> None:
    tree = acme()
    tree.put(rules.set_disabled(tree, SALES, True))
    with pytest.raises(UnitDisabled):
        rules.check_members(tree, {NORTH: 1}, {}, FEW)
    tree.put(rules.set_disabled(tree, SALES, False))
    rules.check_members(tree, {NORTH: 1}, {}, FEW)


def test_a_unit_is_described_by_kind_code_and_words() -> None:
    tree = acme()
    found = rules.describe(tree, LAB, kind="institution", code=" L-1 ", description="two\nlines")
    assert (found.kind, found.code, found.description) == ("institution", "L-1", "two\nlines")
    assert rules.describe(tree, LAB) == tree[LAB]


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (lambda tree: rules.add(tree, 9, 99, limits=FEW), UnitNotFound),
        (lambda tree: rules.add(tree, 9, ROOT, kind="root", limits=FEW), UnitKindUnknown),
        (lambda tree: rules.add(tree, 9, ROOT, name="a\nb", limits=FEW), NameInvalid),
        (lambda tree: rules.move(tree, NORTH, LAB, before=SOUTH, limits=FEW), UnitNotFound),
        (lambda tree: rules.move(tree, NORTH, 99, limits=FEW), UnitNotFound),
        (lambda tree: rules.describe(tree, LAB, description="x" * 501), WordsInvalid),
        (lambda tree: rules.describe(tree, LAB, code="x" * 51), NameInvalid),
        (lambda tree: rules.check_limit(0), LimitInvalid),
    ],
)
def test_what_cannot_be_done_is_refused(act: Callable[[Tree], object], refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        act(acme())


def test_a_company_has_the_usual_limits_until_it_gets_others() -> None:
    assert Limits().settled(None, None) == Limits(200, 160)
    assert Limits().settled(5, None) == Limits(5, 160)
    rules.check_limit(None)


# ---- the law


class Naive:
    """The same tree as nothing but lists of children."""

    def __init__(self) -> None:
        self.children: dict[int, list[int]] = {ROOT: []}
        self.name = {ROOT: "Acme"}
        self.disabled: set[int] = set()

    def parent(self, unit: int) -> int | None:
        return next((parent for parent, children in self.children.items() if unit in children), None)

    def below(self, unit: int) -> list[int]:
        return [unit, *(one for child in self.children[unit] for one in self.below(child))]

    def ancestors(self, unit: int) -> list[int]:
        parent = self.parent(unit)
        return [] if parent is None else [parent, *self.ancestors(parent)]

    def taken(self, parent: int, name: str, but: int = 0) -> bool:
        return any(rules.same_name(self.name[child]) == rules.same_name(name) for child in self.children[parent] if child != but)


class Both:
    """A tree and its naive model under the same acts."""

    def __init__(self) -> None:
        self.tree = Tree([Unit(ROOT, None, "Acme", "root")])
        self.naive = Naive()
        self.next = ROOT + 1

    def pick(self, at: int) -> int:
        units = sorted(self.naive.children)
        return units[at % len(units)]

    def act(self, what: str, at: int, other: int, name: str) -> None:
        getattr(self, what)(self.pick(at), self.pick(other), name)

    def add(self, parent: int, _: int, name: str) -> None:
        naive = self.naive
        full = parent == ROOT and len(naive.children[ROOT]) >= FEW.root_units
        unit = self._try(lambda: [rules.add(self.tree, self.next, parent, name=name, limits=FEW)], full or naive.taken(parent, name))
        if unit:
            naive.children[parent].append(self.next)
            naive.children[self.next] = []
            naive.name[self.next] = name
            self.next += 1

    def rename(self, unit: int, _: int, name: str) -> None:
        parent = self.naive.parent(unit)
        refused = parent is not None and self.naive.taken(parent, name, but=unit)
        if self._try(lambda: [rules.rename(self.tree, unit, name)], refused):
            self.naive.name[unit] = name

    def move(self, unit: int, parent: int, _: str) -> None:
        naive = self.naive
        there = naive.parent(unit)
        others = [child for child in naive.children[parent] if child != unit]
        at = self.next % (len(others) + 1)
        before = others[at] if at < len(others) else None
        refused = there is None or parent in naive.below(unit)
        if there != parent:
            refused = refused or naive.taken(parent, naive.name[unit]) or (parent == ROOT and len(others) >= FEW.root_units)
        if self._try(lambda: rules.move(self.tree, unit, parent, before=before, limits=FEW), refused):
            assert there is not None
            naive.children[there].remove(unit)
            naive.children[parent].insert(at, unit)

    def delete(self, unit: int, occupied: int, _: str) -> None:
        naive = self.naive
        going = naive.below(unit)
        inside = {} if occupied == ROOT else {occupied: 1}
        try:
            gone = rules.delete(self.tree, unit, inside)
        except YizhanError:
            assert unit == ROOT or occupied in going
            return
        assert gone == going
        assert unit != ROOT
        assert occupied == ROOT or occupied not in going
        parent = naive.parent(unit)
        assert parent is not None
        naive.children[parent].remove(unit)
        for one in gone:
            self.tree.drop(one)
            del naive.children[one]
            naive.disabled.discard(one)

    def disable(self, unit: int, _: int, name: str) -> None:
        disabled = name == NAMES[0]
        if self._try(lambda: [rules.set_disabled(self.tree, unit, disabled)], unit == ROOT):
            self.naive.disabled = self.naive.disabled | {unit} if disabled else self.naive.disabled - {unit}

    def _try(self, act: Callable[[], list[Unit]], refused: bool) -> bool:
        try:
            changed = act()
        except YizhanError:
            assert refused
            return False
        assert not refused
        store(self.tree, changed)
        return True

    def compare(self) -> None:
        tree, naive = self.tree, self.naive
        assert len(tree) == len(naive.children)
        assert tree.root == ROOT
        for unit, children in naive.children.items():
            above = naive.ancestors(unit)
            assert tree.children(unit) == children
            assert tree.siblings(unit) == (naive.children[above[0]] if above else [ROOT])
            assert tree.ancestors(unit) == above
            assert tree.path(unit) == [*reversed(above), unit]
            assert list(tree.below(unit)) == naive.below(unit)
            assert tree[unit].name == naive.name[unit]
            assert tree.is_disabled(unit) is bool({unit, *above} & naive.disabled)
            assert [one for one in naive.children if tree.is_below(one, unit)] == [
                one for one in naive.children if unit in (one, *naive.ancestors(one))
            ]


ACTS = some.tuples(
    some.sampled_from(["add", "add", "add", "rename", "move", "move", "move", "delete", "disable"]),
    some.integers(0, 50),
    some.integers(0, 50),
    some.sampled_from([*NAMES, *(f"Unit {nth}" for nth in range(8))]),
)


@settings(max_examples=200)
@given(some.lists(ACTS, max_size=60))
def test_a_tree_is_what_a_naive_model_says_after_whatever_acts(acts: list[tuple[str, int, int, str]]) -> None:
    both = Both()
    for act in acts:
        both.act(*act)
    both.compare()
    assert sorted(both.tree.below(ROOT)) == sorted(both.naive.children)


@given(some.lists(some.integers(0, 5), max_size=150))
def test_however_often_siblings_are_ordered_anew_there_is_room_between_them(moves: list[int]) -> None:
    """Always between the same two, so the numbers between them run out."""
    tree = Tree([Unit(ROOT, None, "Acme", "root"), *(Unit(nth, ROOT, f"Unit {nth}", sort=nth) for nth in range(2, 8))])
    order = list(range(2, 8))
    for at in moves:
        unit = order.pop()
        store(tree, rules.move(tree, unit, ROOT, before=order[at] if at < len(order) else None, limits=Limits()))
        order.insert(at, unit)
        assert tree.children(ROOT) == order


# ---- members in it

PEOPLE = some.lists(
    some.tuples(
        some.sampled_from(["", "first", "other"]),
        some.integers(0, 2),
        some.sampled_from(["bai", "chen", "zhang"]),
        some.lists(some.sampled_from([ROOT, SALES, NORTH, SOUTH, LAB]), unique=True, max_size=3),
        some.sampled_from(["person", "robot"]),
    ),
    max_size=12,
)


@given(PEOPLE, some.sets(some.integers(0, 11)), some.sets(some.sampled_from([SALES, NORTH, LAB])))
def test_an_organisation_tells_who_is_where_as_a_look_through_everybody_does(
    given_people: list[tuple[str, int, str, list[int], str]], gone: set[int], disabled: set[int]
) -> None:
    tree = acme()
    people = [
        Person(nth, "active", f"N{nth % 3}", reading, kind, places=tuple(Place(unit, head, sort) for unit in units))
        for nth, (head, sort, reading, units, kind) in enumerate(given_people, start=100)
    ]
    org = Organisation(7, [tree[unit] for unit in tree.below(ROOT)], people)
    for unit in disabled:
        org.put(replace(org[unit], is_disabled=True))
    for member in gone:
        org.drop_person(member + 100)
    there = [one for one in people if one.id - 100 not in gone]
    assert {one.id for one in org.people} == {one.id for one in there}
    for unit in tree.below(ROOT):
        inside = [(one, place) for one in there for place in one.places if place.unit == unit]
        inside.sort(
            key=lambda found: (
                ["first", "other", ""].index(found[1].head),
                found[1].sort == 0,
                found[1].sort,
                found[0].reading,
                found[0].name,
                found[0].id,
            )
        )
        assert list(org.members(unit)) == [one.id for one, _ in inside]
        assert org.heads(unit) == [one.id for one, place in inside if place.head]
        assert org.first_head(unit) == next((one.id for one, place in inside if place.head == "first"), None)
        assert org.members_below(unit) == {one.id for one in there if {place.unit for place in one.places} & set(tree.below(unit))}
    for one in there:
        assert org.person(one.id) == one
        units = [place.unit for place in one.places if not {place.unit, *tree.ancestors(place.unit)} & disabled]
        assert org.units_of(one.id) == units
        assert org.is_unassigned(one.id) is not bool(units)
        assert all(org.is_in(one.id, top) is any(top in tree.path(unit) for unit in units) for top in tree.below(ROOT))
    assert org.unassigned() == [
        one.id
        for one in sorted(there, key=lambda one: (one.reading, one.name, one.id))
        if one.kind == "person" and org.is_unassigned(one.id)
    ]


def test_a_member_who_changes_is_ordered_anew() -> None:
    tree = acme()
    org = Organisation(7, [tree[unit] for unit in tree.below(ROOT)])
    for member, reading in ((11, "wang"), (12, "li")):
        org.put_person(Person(member, "active", reading=reading, places=(Place(LAB),)))
    assert list(org.members(LAB)) == [12, 11]
    org.put_person(Person(11, "active", reading="wang", places=(Place(LAB, "first"), Place(SALES))))
    assert list(org.members(LAB)) == [11, 12]
    org.drop_person(12)
    assert list(org.members(LAB)) == [11]
    assert org.person(12) is None
