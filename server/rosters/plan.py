"""What an import would do, row by row, and why it may not: the shape of a plan, and how one is made (SPEC B7).

Pure: a book, the company's picture, the importer's reach and wish go in. Units are ``unit_rows``, members ``member_rows``.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from protocol.errors import YizhanError
from storage.units import Place, Unit

Mode = Literal["add", "update", "overwrite"]
ASKED_FROM = 5  # people who would be disabled
ASKED_FROM_PART = 10  # or one in so many
MOST_MEMBERS = 30_000
MOST_UNITS = 5_000
HEADER = -1


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """`add`: newcomers alone. `update`: who is there is changed where a cell is filled in. `overwrite`: an empty cell empties, and who is
    missing is disabled. In the last two, too, whoever is not there is added.

    ``draft``: newcomers are drafts. ``make_units``: paths that nobody knows become units. ``language``: of the texts for people.
    """

    mode: Mode = "add"
    draft: bool = False
    make_units: bool = False
    language: str = "zh"


class Problem(msgspec.Struct, frozen=True):
    """``sheet``: members or units. ``row``: from 0; -1 is the whole sheet. ``column``: its key; nothing is the whole row.

    ``missing``: a required cell is empty (orange, the others are red).
    """

    sheet: str
    row: int
    column: str
    code: str
    en: str
    zh: str
    missing: bool = False

    @classmethod
    def of(cls, error: YizhanError, sheet: str, row: int, column: str = "", *, missing: bool = False) -> "Problem":
        return cls(sheet, row, column, error.code, error.text("en"), error.text("zh"), missing)

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class Addition(msgspec.Struct, frozen=True):
    """``number`` may be empty until one is drawn. ``fields``: of the card, as they are stored; is_hidden is 1 or nothing."""

    row: int
    number: str
    fields: dict[str, str]
    places: tuple[Place, ...]


class Change(msgspec.Struct, frozen=True):
    """``fields``: key to (before, after). ``after`` is None where the places stay. ``unread``: of whose value before is not told."""

    row: int
    member: int
    number: str
    name: str
    fields: dict[str, tuple[str, str]]
    before: tuple[Place, ...] = ()
    after: tuple[Place, ...] | None = None
    unread: frozenset[str] = frozenset()


class Leaver(msgspec.Struct, frozen=True):
    """Who is missing from the book and would be disabled."""

    member: int
    number: str
    name: str


class Plan(msgspec.Struct, frozen=True):
    """``units``: new ones, each before those below it. ``changed_units``: before and after. ``people``: how many are within reach."""

    units: list[Unit] = []
    changed_units: list[tuple[Unit, Unit]] = []
    additions: list[Addition] = []
    changes: list[Change] = []
    leavers: list[Leaver] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    people: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing would change."""
        return not (self.units or self.changed_units or self.additions or self.changes or self.leavers)

    @property
    def asks(self) -> bool:
        """Whether so many would be disabled that somebody is to confirm it."""
        gone = len(self.leavers)
        return gone >= ASKED_FROM or (gone > 0 and gone * ASKED_FROM_PART >= self.people)


Draw = Callable[[], int]
