"""What may be done to a tree: adding, naming, ordering, moving, deleting, disabling, hiding units (SPEC B1).

Pure: a tree goes in, the units as they are to be stored come out; nothing is changed.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from server.companies import rules as companies
from server.companies.errors import UnitNotFound
from server.org.errors import (
    LimitInvalid,
    RootStays,
    RootUnitsLimit,
    SortInvalid,
    UnitBelowItself,
    UnitDisabled,
    UnitKindUnknown,
    UnitMembersLimit,
    UnitNameTaken,
    UnitNotEmpty,
)
from server.org.organisation import Tree
from storage.units import ROOT, Unit

KINDS = frozenset(("branch", "institution", "department", "team"))
STAND_IN = "新的组织"
STEP = 1 << 16  # between siblings, so that one is put between two others without moving these
LARGEST_SORT = 999_999_999
CODE_CHARACTERS = 50
DESCRIPTION_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """Units directly under the root, members directly in one unit: the server's, or a company's own (SPEC B1)."""

    root_units: int = 200
    unit_members: int = 160

    def settled(self, root_units: int | None, unit_members: int | None) -> "Limits":
        """Of a company that settled these; None is the server's."""
        return Limits(root_units or self.root_units, unit_members or self.unit_members)


SERVERS = Limits()
"""What a server has that was set to nothing else."""


def check_limit(limit: int | None) -> None:
    """None is the default. Raises: LimitInvalid."""
    if limit is not None and not companies.is_whole(limit, 1, companies.MOST_SEATS):
        raise LimitInvalid(companies.MOST_SEATS)


def check_sort(sort: int) -> None:
    """Raises: SortInvalid."""
    if not companies.is_whole(sort, 0, LARGEST_SORT):
        raise SortInvalid(LARGEST_SORT)


def find(tree: Tree, unit: int) -> Unit:
    """Raises: UnitNotFound."""
    if unit not in tree:
        raise UnitNotFound
    return tree[unit]


def add(tree: Tree, id: int, parent: int, *, name: str = "", kind: str = "department", limits: Limits) -> Unit:
    """It comes last under ``parent``, with a stand-in name where none is given.

    Raises: UnitNotFound, NameInvalid, UnitNameTaken, UnitKindUnknown, RootUnitsLimit.
    """
    find(tree, parent)
    _check_kind(kind)
    _check_room(tree, parent, limits)
    given = _name(name) if name else _stand_in(tree, parent)
    _check_name(tree, parent, given)
    return Unit(id, parent, given, kind, sort=_last(tree, parent))


def rename(tree: Tree, unit: int, name: str) -> Unit:
    """The root carries the company's short name until then. Raises: UnitNotFound, NameInvalid, UnitNameTaken."""
    there = find(tree, unit)
    given = _name(name)
    if there.parent is not None:
        _check_name(tree, there.parent, given, but=unit)
    return replace(there, name=given, is_renamed=True)


def called(tree: Tree, short_name: str) -> list[Unit]:
    """The root under the company's new short name; nothing where it was renamed, or is called so already."""
    root = tree[tree.root]
    return [] if root.is_renamed or root.name == short_name else [replace(root, name=short_name)]


def describe(tree: Tree, unit: int, *, kind: str | None = None, code: str | None = None, description: str | None = None) -> Unit:
    """What is None stays. Raises: UnitNotFound, UnitKindUnknown, NameInvalid."""
    there = find(tree, unit)
    if kind is not None and kind != there.kind:
        _check_kind(kind)
        there = replace(there, kind=kind if there.parent is not None else ROOT)
    if code is not None:
        there = replace(there, code=companies.name("code", code, may_be_empty=True, most=CODE_CHARACTERS))
    if description is not None:
        there = replace(there, description=companies.words("description", description, DESCRIPTION_CHARACTERS))
    return there


def move(tree: Tree, unit: int, parent: int, *, before: int | None = None, limits: Limits) -> list[Unit]:
    """``unit`` with all below it goes under ``parent``, before the unit ``before`` or last; the same parent is a new order.

    Gives it and the siblings whose order number has to change.
    Raises: UnitNotFound, RootStays, UnitBelowItself, UnitNameTaken, RootUnitsLimit.
    """
    there = find(tree, unit)
    find(tree, parent)
    if there.parent is None:
        raise RootStays
    if tree.is_below(parent, unit):
        raise UnitBelowItself(there.name)
    if there.parent != parent:
        _check_room(tree, parent, limits)
        _check_name(tree, parent, there.name)
    others = [tree[id] for id in tree.children(parent) if id != unit]
    at = len(others) if before is None else next((at for at, other in enumerate(others) if other.id == before), -1)
    if at < 0:
        raise UnitNotFound
    return _between(replace(there, parent=parent), others[:at], others[at:])


def delete(tree: Tree, unit: int, inside: Mapping[int, int]) -> list[int]:
    """The units that go: ``unit`` and the empty ones below it. ``inside``: how many members are directly in each.

    Raises: UnitNotFound, RootStays, UnitNotEmpty.
    """
    there = find(tree, unit)
    if there.parent is None:
        raise RootStays
    going = list(tree.below(unit))
    if any(inside.get(one, 0) for one in going):
        raise UnitNotEmpty(there.name)
    return going


def set_disabled(tree: Tree, unit: int, disabled: bool) -> Unit:
    """Its members are unassigned meanwhile, those of the units below it, too. Raises: UnitNotFound, RootStays."""
    return replace(_not_root(tree, unit), is_disabled=disabled)


def set_hidden(tree: Tree, unit: int, hidden: bool) -> Unit:
    """Raises: UnitNotFound, RootStays."""
    return replace(_not_root(tree, unit), is_hidden=hidden)


def check_members(tree: Tree, joining: Mapping[int, int], inside: Mapping[int, int], limits: Limits) -> None:
    """Whether so many may join each unit, where so many are. Raises: UnitNotFound, UnitDisabled, UnitMembersLimit."""
    for unit, wanted in joining.items():
        name = find(tree, unit).name
        if tree.is_disabled(unit):
            raise UnitDisabled(name)
        if inside.get(unit, 0) + wanted > limits.unit_members:
            raise UnitMembersLimit(name, limits.unit_members, wanted)


# ---- names


def same_name(name: str) -> str:
    """Equal for names that a person takes for the same: width and case do not count."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _name(name: str) -> str:
    return companies.name("name", name)


def _check_name(tree: Tree, parent: int, name: str, *, but: int | None = None) -> None:
    wanted = same_name(name)
    if any(same_name(tree[child].name) == wanted for child in tree.children(parent) if child != but):
        raise UnitNameTaken(name)


def _stand_in(tree: Tree, parent: int) -> str:
    taken = {same_name(tree[child].name) for child in tree.children(parent)}
    nth = 1
    while same_name(name := STAND_IN if nth == 1 else f"{STAND_IN} {nth}") in taken:
        nth += 1
    return name


# ---- the rest


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UnitKindUnknown(kind)


def _check_room(tree: Tree, parent: int, limits: Limits) -> None:
    if parent == tree.root and len(tree.children(parent)) >= limits.root_units:
        raise RootUnitsLimit(limits.root_units)


def _not_root(tree: Tree, unit: int) -> Unit:
    there = find(tree, unit)
    if there.parent is None:
        raise RootStays
    return there


def _last(tree: Tree, parent: int) -> int:
    others = tree.children(parent)
    return tree[others[-1]].sort + STEP if others else STEP


def _between(unit: Unit, before: Sequence[Unit], after: Sequence[Unit]) -> list[Unit]:
    """``unit`` with an order number behind ``before``, and those of ``after`` that have to make room for it."""
    low = before[-1].sort if before else (after[0].sort - 2 * STEP if after else 0)
    if not after:
        return [replace(unit, sort=low + STEP)]
    if after[0].sort - low >= 2:
        return [replace(unit, sort=(low + after[0].sort) // 2)]
    changed = [replace(unit, sort=low + 1)]
    for other in after:
        if other.sort > changed[-1].sort:
            break
        changed.append(replace(other, sort=changed[-1].sort + 1))
    return changed
