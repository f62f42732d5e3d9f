"""Units as people name them: by their path from the root, ``Acme / Sales / North`` (B7's Excel columns, entries, the CLI).

Pure. A name that has a slash, semicolon or backslash of its own carries a backslash before it; width, case and spaces around do not count.
"""

import re
from collections.abc import Sequence

from protocol.ids import from_wire
from server.companies.errors import UnitNotFound
from server.org.errors import UnitAmbiguous
from server.org.organisation import Tree
from server.org.rules import same_name
from storage.units import Unit

SEPARATOR = " / "
_SPECIAL = re.compile(r"([/;\\])")
_PARTS = re.compile(r"(?:[^/\\]|\\.)*", re.DOTALL)
_SEVERAL = re.compile(r"(?:[^;\\]|\\.)*", re.DOTALL)


def written(tree: Tree, unit: Unit) -> str:
    """The path of a unit of ``tree``, or of one that is to come under its parent there."""
    above = tree.path(unit.parent) if unit.parent is not None else []
    return SEPARATOR.join(map(escaped, [*(tree[one].name for one in above), unit.name]))


def escaped(name: str) -> str:
    """``name`` as a part of a path."""
    return _SPECIAL.sub(r"\\\1", name)


def find(tree: Tree, path: str) -> int:
    """The unit that ``path`` names: from the root, whose own name may be left out; by a name that only one unit has; or by its id.

    Raises: UnitNotFound, UnitAmbiguous.
    """
    names = [same_name(_plain(part)) for part in _parts(path, _PARTS)]
    whole = _below(tree, names[1:]) if names[0] == same_name(tree[tree.root].name) else None
    found = whole if whole is not None else _below(tree, names)
    if found is not None:
        return found
    if len(names) == 1:
        named = [unit for unit in tree.below(tree.root) if same_name(tree[unit].name) == names[0]]
        if len(named) > 1:
            raise UnitAmbiguous(path)
        if named:
            return named[0]
    return _by_id(tree, path)


def several(paths: str) -> list[str]:
    """Paths that semicolons divide; empty ones are left out."""
    return [path for path in (part.strip() for part in _parts(paths, _SEVERAL)) if path]


def _below(tree: Tree, names: Sequence[str]) -> int | None:
    """Down from the root, name by name."""
    here: int | None = tree.root
    for name in names:
        assert here is not None
        here = next((child for child in tree.children(here) if same_name(tree[child].name) == name), None)
        if here is None:
            return None
    return here


def _by_id(tree: Tree, text: str) -> int:
    try:
        unit = from_wire(text.strip())
    except ValueError:
        raise UnitNotFound from None
    if unit not in tree:
        raise UnitNotFound
    return unit


def _parts(text: str, pattern: "re.Pattern[str]") -> list[str]:
    """Between the separators, which the pattern does not match."""
    found, at = [], 0
    while True:
        part = pattern.match(text, at)
        assert part is not None, "it matches the empty text"
        found.append(part[0])
        if part.end() >= len(text):
            return found
        at = part.end() + 1


def _plain(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)
