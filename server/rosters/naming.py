"""Units by their paths, many thousand times: as ``server.org.paths`` names them, over an index, also in DingTalk's spelling (SPEC B7).

Units outside of the importer's reach are not found. Pure.
"""

import re
from collections.abc import Sequence

from server.org.organisation import Tree
from server.org.rules import same_name
from server.rosters.errors import UnitUnknown
from server.rosters.picture import Seen
from storage.units import Unit

WIDE_SLASH, WIDE_SEMICOLON, WIDE_COMMA = "\uff0f", "\uff1b", "\uff0c"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def divided(text: str, separators: str) -> list[str]:
    """The parts between separators that have no backslash before them, as they stand; empty ones are left out."""
    found = re.split(r"(?<!\\)((?:\\\\)*)[" + re.escape(separators) + "]", text)
    parts = [found[at] + (found[at + 1] if at + 1 < len(found) else "") for at in range(0, len(found), 2)]
    return [part.strip() for part in parts if part.strip()]


def names_of(path: str, separators: str = "/") -> list[str]:
    """Of a path, from the top; a name's own separator carries a backslash."""
    return [_ESCAPE.sub(r"\1", part) for part in divided(path, separators)]


class Naming:
    """The units of a tree, and those that are to come, by their names."""

    def __init__(self, tree: Tree, seen: Seen, dialect: str = "") -> None:
        self.tree = tree
        self._seen = seen
        self._dialect = dialect
        self._children: dict[tuple[int, str], int] = {}
        self._named: dict[str, list[int]] = {}
        self._known: dict[str, int | None] = {}
        for unit in tree.below(tree.root):
            self._note(tree[unit])

    def put(self, unit: Unit) -> None:
        """A unit that is to come."""
        self.tree.put(unit)
        self._seen.put(unit.id, unit.parent or 0)
        self._note(unit)
        self._known.clear()

    def _note(self, unit: Unit) -> None:
        name = same_name(unit.name)
        if unit.parent is not None:
            self._children[unit.parent, name] = unit.id
        self._named.setdefault(name, []).append(unit.id)

    def several(self, text: str) -> list[str]:
        """The paths in a cell: as we write them, or where that names nothing as people and other programs do."""
        usual = divided(text, ";\n")
        wide = divided(text, f";{WIDE_SEMICOLON}\n,{WIDE_COMMA}" if self._dialect == "dingtalk" else f";{WIDE_SEMICOLON}\n")
        return usual if len(wide) == len(usual) or all(self._look(path) is not None for path in usual) else wide

    def find(self, path: str) -> int:
        """Raises: UnitUnknown."""
        found = self._look(path)
        if found is None:
            raise UnitUnknown(path)
        return found

    def _look(self, path: str) -> int | None:
        if path not in self._known:
            self._known[path] = next((unit for names in self.spellings(path) if (unit := self._of(names)) is not None), None)
        return self._known[path]

    def spellings(self, path: str) -> list[list[str]]:
        """The names that a path may mean, the likeliest first: a slash may be full width, and DingTalk puts hyphens between them."""
        found = [names_of(path)]
        if WIDE_SLASH in path:
            found.append(names_of(path, f"/{WIDE_SLASH}"))
        if self._dialect == "dingtalk" and "-" in path:
            found.append(names_of(path, "-"))
        return found

    def _of(self, names: Sequence[str]) -> int | None:
        folded = [same_name(name) for name in names]
        if not folded:
            return None
        found = self._below(folded[1:]) if folded[0] == same_name(self.tree[self.tree.root].name) else None
        if found is None:
            found = self._below(folded)
        if found is None and len(folded) == 1:
            named = [unit for unit in self._named.get(folded[0], ()) if self._seen.has_unit(unit)]
            found = named[0] if len(named) == 1 else None
        return found if found is not None and self._seen.has_unit(found) else None

    def _below(self, folded: Sequence[str]) -> int | None:
        here: int | None = self.tree.root
        for name in folded:
            here = None if here is None else self._children.get((here, name))
        return here

    def parent_of(self, names: Sequence[str]) -> tuple[int, list[str]] | None:
        """The deepest unit of this path, from below the root, and the names missing below it; None where it is out of reach."""
        folded = [same_name(name) for name in names]
        here, at = self.tree.root, 0
        while at < len(folded) and (child := self._children.get((here, folded[at]))) is not None:
            here, at = child, at + 1
        return (here, list(names[at:])) if self._seen.has_unit(here) else None

    def likeliest(self, path: str) -> list[str]:
        """The names that a path means, which may not be there: those of which fewest are missing, the widest reading of equals."""
        found = [self.below_root(names) for names in self.spellings(path)]
        return min(reversed(found), key=lambda names: len(self._missing(names)))

    def _missing(self, names: Sequence[str]) -> list[str]:
        there = self.parent_of(names)
        return list(names) if there is None else there[1]

    def depth(self, path: str) -> int:
        """Larger of a unit than of those above it."""
        return len(self.below_root(self.spellings(path)[-1]))

    def below_root(self, names: Sequence[str]) -> list[str]:
        """Without the name of the root, which may be left out."""
        root = same_name(self.tree[self.tree.root].name)
        return list(names[1:] if names and same_name(names[0]) == root else names)
