"""What the server asks of a worker process, and what it gets back (DESIGN 2): structs in MessagePack, files by their paths."""

from typing import Literal

import msgspec

from server.org.rules import SERVERS, Limits
from server.rosters.columns import NOT_SHOWN
from server.rosters.picture import Reach
from server.rosters.plan import Change, Plan, Problem, Wish

Stage = Literal["loading", "reading", "planning", "marking", "writing"]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: plan, export or template. ``database``: its URL. ``listed``: how many lines of a plan are told at most.

    ``password``: the stored form of the one that all newcomers get; empty: the company's, else a code for each. ``kind``: xlsx, csv.
    ``pieces``: whether the plan is to be carried out, too. ``limits``: the server's, for a company that settled none of its own.
    """

    what: Literal["plan", "export", "template"]
    database: str
    company: str
    now: int
    reach: Reach = Reach()
    wish: Wish = Wish()
    language: str = "zh"
    kind: str = "xlsx"
    password: str = ""
    listed: int = 1000
    pieces: bool = False
    limits: Limits = SERVERS


class Line(msgspec.Struct, frozen=True):
    """One thing that an import would do, or what is wrong. ``row``: as spreadsheets count, from 1; 0 is none.

    ``what``: unit, unit_change, add, change, disable, error, warning.
    """

    what: str
    sheet: str
    row: int
    number: str
    name: str
    text: str


class Summary(msgspec.Struct, frozen=True):
    """How much an import would do; ``lines`` are the first of it, errors before all."""

    units: int = 0
    changed_units: int = 0
    added: int = 0
    changed: int = 0
    disabled: int = 0
    errors: int = 0
    warnings: int = 0
    people: int = 0
    asks: bool = False
    lines: list[Line] = []


class First(msgspec.Struct, frozen=True):
    """A newcomer's number and first password; a drawn one is told this once, of others it is empty."""

    member: int
    number: str
    name: str
    password: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """``file``: the export, the template, or the marked workbook. ``base``, ``segments`` (first: next before, next after), ``seats``
    (how many are needed) and ``numbers`` (the newcomers') are what the beginning of an import checks in the turn.
    """

    summary: Summary = Summary()
    file: bytes = b""
    pieces: list[bytes] = []
    firsts: list[First] = []
    base: int = 0
    company: int = 0
    role: int | None = None
    seats: int = 0
    segments: dict[int, tuple[int, int]] = {}
    numbers: list[str] = []
    rows: int = 0


class Failed(msgspec.Struct, frozen=True):
    """An error of ours: its code and data."""

    code: str
    data: dict[str, str | int | bool | None]


class Answer(msgspec.Struct, frozen=True):
    done: Done | None = None
    failed: Failed | None = None


def summary(plan: Plan, language: str, listed: int) -> Summary:
    lines: list[Line] = []

    def tell(line: Line) -> bool:
        if len(lines) < listed:
            lines.append(line)
        return len(lines) < listed

    for what, problems in (("error", plan.problems), ("warning", plan.warnings)):
        for problem in sorted(problems, key=lambda one: (one.sheet, one.row)):
            if not tell(_of_problem(what, problem, language)):
                break
    for unit in plan.units:
        tell(Line("unit", "units", 0, "", unit.name, unit.kind))
    for before, after in plan.changed_units:
        text = ", ".join(f"{getattr(before, key)} → {getattr(after, key)}" for key in ("kind", "code", "description"))
        tell(Line("unit_change", "units", 0, "", after.name, text))
    for addition in plan.additions:
        tell(Line("add", "members", addition.row + 1, addition.number, addition.fields["name"], ""))
    for change in plan.changes:
        told = [_told(change, key, language) for key in change.fields]
        told += ["units"] if change.after is not None else []
        tell(Line("change", "members", change.row + 1, change.number, change.name, "; ".join(told)))
    for leaver in plan.leavers:
        tell(Line("disable", "members", 0, leaver.number, leaver.name, ""))
    return Summary(
        units=len(plan.units),
        changed_units=len(plan.changed_units),
        added=len(plan.additions),
        changed=len(plan.changes),
        disabled=len(plan.leavers),
        errors=len(plan.problems),
        warnings=len(plan.warnings),
        people=plan.people,
        asks=plan.asks,
        lines=lines,
    )


def _told(change: Change, key: str, language: str) -> str:
    before, after = change.fields[key]
    return f"{key}: {NOT_SHOWN[language] if key in change.unread else before} → {after}"


def _of_problem(what: str, problem: Problem, language: str) -> Line:
    return Line(what, problem.sheet, problem.row + 1, "", problem.column, problem.text(language))
