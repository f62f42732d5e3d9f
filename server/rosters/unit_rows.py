"""The rows of units: which are new, which changed, and the units that members' rows name and nobody knows (SPEC B7). Pure."""

from collections.abc import Sequence

from protocol.errors import YizhanError
from server.org import rules
from server.org.rules import Limits
from server.rosters import cells
from server.rosters.columns import BY_KEY
from server.rosters.errors import CellMissing, FileTooLarge, RowTwice, UnitUnknown
from server.rosters.naming import Naming
from server.rosters.plan import MOST_UNITS, Draw, Plan, Problem, Wish
from server.rosters.reading import Grid
from storage.units import Unit

_COLUMNS = BY_KEY["units"]


class UnitRows:
    """Reads the sheet of units into a plan; ``naming`` knows the new ones afterwards."""

    def __init__(self, plan: Plan, naming: Naming, wish: Wish, limits: Limits, draw: Draw) -> None:
        self._plan = plan
        self._naming = naming
        self._wish = wish
        self._limits = limits
        self._draw = draw
        self._rows: dict[int, int] = {}

    def read(self, grid: Grid) -> None:
        """Raises: FileTooLarge."""
        filled = grid.filled()
        if len(filled) > MOST_UNITS:
            raise FileTooLarge("units", MOST_UNITS)
        paths = {row: path for row in filled if (path := self._path(grid, row))}
        for row in sorted(paths, key=lambda row: self._naming.depth(paths[row])):  # those above before those below
            self._row(grid, row, self._naming.likeliest(paths[row]))

    def _path(self, grid: Grid, row: int) -> str:
        """Nothing where there is none that can be read."""
        try:
            path = cells.written(grid.cell(row, "path"))
        except YizhanError as error:
            self._refuse(error, row, "path")
            return ""
        if not path:
            self._refuse(CellMissing(_COLUMNS["path"].head(self._wish.language)), row, "path", missing=True)
        return path

    def _row(self, grid: Grid, row: int, names: Sequence[str]) -> None:
        there = self._naming.parent_of(names)
        if there is None or len(there[1]) > 1:
            self._refuse(UnitUnknown(" / ".join(names if there is None else there[1][:1])), row, "path")
            return
        unit, missing = there
        before = None if missing else self._naming.tree[unit]
        given = {key: self._cell(grid, row, key, before) for key in ("kind", "code", "description")}
        if not missing and unit in self._rows:
            self._refuse(RowTwice(self._rows[unit] + 1), row, "path")
            return
        try:
            if missing:
                unit = self._add(unit, missing[0], given)
            elif self._wish.mode != "add":
                self._change(unit, given)
        except YizhanError as error:
            self._refuse(error, row, "path")
        self._rows[unit] = row

    def _cell(self, grid: Grid, row: int, key: str, before: Unit | None) -> str | None:
        """None: as it is. What an export of today would say is not judged."""
        if key not in grid.columns:
            return None
        column, language = _COLUMNS[key], self._wish.language
        try:
            text = cells.written(grid.cell(row, key))
            if before is not None and text == cells.tidy(column.shown(getattr(before, key), language)):
                return None
            value = cells.read(column, text, language)
        except YizhanError as error:
            self._refuse(error, row, key)
            return None
        return value if value or (self._wish.mode == "overwrite" and key != "kind") else None

    def _add(self, parent: int, name: str, given: dict[str, str | None]) -> int:
        """Raises: as ``rules.add`` and ``rules.describe``."""
        unit = rules.add(self._naming.tree, self._draw(), parent, name=name, kind=given.get("kind") or "department", limits=self._limits)
        self._naming.put(unit)
        described = rules.describe(self._naming.tree, unit.id, code=given.get("code"), description=given.get("description"))
        self._naming.tree.put(described)
        self._plan.units.append(described)
        return unit.id

    def _change(self, unit: int, given: dict[str, str | None]) -> None:
        before: Unit = self._naming.tree[unit]
        kind = None if before.parent is None else given["kind"]
        after = rules.describe(self._naming.tree, unit, kind=kind, code=given["code"], description=given["description"])
        if after != before:
            self._naming.tree.put(after)
            self._plan.changed_units.append((before, after))

    def make(self, path: str) -> int:
        """The unit of this path, made with those above it that are missing. Raises: UnitUnknown, and as ``rules.add``."""
        names = self._naming.likeliest(path)
        there = self._naming.parent_of(names)
        if there is None or not names:
            raise UnitUnknown(path)
        unit, missing = there
        for name in missing:
            unit = self._add(unit, name, {})
        return unit

    def _refuse(self, error: YizhanError, row: int, column: str, *, missing: bool = False) -> None:
        self._plan.problems.append(Problem.of(error, "units", row, column, missing=missing))
