"""Units by their paths, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from protocol.ids import to_wire
from server.companies.errors import UnitNotFound
from server.org.errors import UnitAmbiguous
from server.org.organisation import Tree
from server.org.paths import find, several, written
from server.org.rules import same_name
from storage.units import Unit

ROOT, SALES, NORTH, LAB, LAB_NORTH, BOTH = range(1, 7)


def acme() -> Tree:
    rows = [(SALES, ROOT, "Sales"), (NORTH, SALES, "North"), (LAB, ROOT, "Lab"), (LAB_NORTH, LAB, "North"), (BOTH, LAB, "R/D; all")]
    return Tree([Unit(ROOT, None, "Acme", "root"), *(Unit(id, parent, name, sort=id) for id, parent, name in rows)])


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("Acme / Sales / North", NORTH),
        ("sales/north", NORTH),
        ("\uff2c\uff41\uff42 /North", LAB_NORTH),
        ("Acme", ROOT),
        ("Lab", LAB),
        (r"Lab/R\/D\; all", BOTH),
        (r"R\/D; all", BOTH),
        (to_wire(LAB), LAB),
    ],
)
def test_a_path_names_one_unit(path: str, unit: int) -> None:
    assert find(acme(), path) == unit


@pytest.mark.parametrize("path", ["", "Hall", "Acme/Hall", "Sales//North", "North/Sales", to_wire(99)])
def test_other_paths_name_none(path: str) -> None:
    with pytest.raises(UnitNotFound):
        find(acme(), path)


def test_a_name_that_two_units_have_is_not_enough() -> None:
    with pytest.raises(UnitAmbiguous):
        find(acme(), "North")


def test_several_paths_are_divided_by_semicolons() -> None:
    assert several(r"Acme/Sales; Lab/R\/D\; all;;") == ["Acme/Sales", r"Lab/R\/D\; all"]
    assert several("") == []


NAMES = some.text(some.sampled_from("ab/;\\ 客"), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(some.lists(NAMES, min_size=5, max_size=5))
def test_what_is_written_is_found_again_whatever_names_contain(names: list[str]) -> None:
    """Also where a unit is called as the root is."""
    root, above, name, other, below = names
    tree = Tree([Unit(ROOT, None, root, "root"), Unit(SALES, ROOT, above), Unit(NORTH, SALES, name)])
    if same_name(other) != same_name(above):
        tree.put(Unit(LAB, ROOT, other))
        tree.put(Unit(LAB_NORTH, LAB, below))
    for unit in tree.below(ROOT):
        path = written(tree, tree[unit])
        assert find(tree, path) == unit
        assert several(f"{path}; {path}") == [path, path]
