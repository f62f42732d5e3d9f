"""``yizhan org import|export|template``: units and members in and out of a company by workbook (SPEC B7).

A service of its own over the office's database; the reading and planning happen in a process beside this one.
"""

import contextlib
import enum
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import files, frame, misuse, roster_kept
from server.cli.roster_service import check_ending, run, write

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.rosters.service import Begun, RosterService
    from server.rosters.task import Summary

Company = Annotated[str | None, typer.Option(help="The company's number.", show_default="the only one")]
LISTED = 1_000_000
SHOWN = 40


class Mode(enum.StrEnum):
    """As ``server.rosters.plan.Mode``."""

    add = "add"
    update = "update"
    overwrite = "overwrite"


class Language(enum.StrEnum):
    """English by default, as all else that the commands say; files in either are taken."""

    zh = "zh"
    en = "en"


Lang = Annotated[Language, typer.Option("--language", help="Of heads, explanations, and what is wrong with a row.")]


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan org``."""
    app.command("import")(bring)
    app.command("export")(export)
    app.command("template")(template)
    roster_kept.join(app)


def bring(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="An .xlsx, .xls or CSV file, of the template or another's export.")
    ],
    mode: Annotated[
        Mode,
        typer.Option(help="add: newcomers alone; update: empty cells leave what is; overwrite: they empty it, who is missing is disabled."),
    ] = Mode.add,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, row by row, and change nothing.")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="Newcomers are drafts: they take no seats and cannot sign in yet.")] = False,
    make_units: Annotated[bool, typer.Option("--make-units", help="Make the units that members' rows name and nobody knows.")] = False,
    disabling: Annotated[
        int | None, typer.Option(metavar="N", help="Confirm that so many are missing and will be disabled.", show_default=False)
    ] = None,
    passwords: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the newcomers' numbers and first passwords to this new CSV file.")
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Mail the newcomers their numbers and first passwords.")] = False,
    marked: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where a refused workbook goes, its cells marked.", show_default="NAME.errors.xlsx")
    ] = None,
    language: Lang = Language.en,
    company: Company = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Import units and members: all of the file, or nothing. Wrong cells come back red, missing ones orange, with the reasons.

    Drawn first passwords are told this once: name a file for them by --passwords. A column that is left out, and a cell that says
    '(not shown)', leave what is, in every mode; a row whose account number is '(not shown)' is passed over.

    \b
    Examples:
      yizhan org import staff.xlsx --dry-run
      yizhan org import staff.xlsx --passwords first-passwords.csv --mail
      yizhan org import staff.xlsx --mode overwrite --disabling 12
    """
    if marked is not None:
        check_ending(marked, ".xlsx", where="--marked")
    if passwords is not None and passwords.exists():
        raise misuse.FileIsThere("--passwords", passwords)
    frame.check_mails(frame.settings(ctx, config).settings, mail)
    data = file.read_bytes()
    if dry_run:
        found = run(
            ctx, config, company, lambda service, office, chosen: _check(service, office, chosen, data, mode, draft, make_units, language)
        )
        _told(found, json=json)
        if found.errors:
            raise typer.Exit(1)
        return
    place = marked or file.with_name(f"{file.stem}.errors.xlsx")

    async def act(service: "RosterService", office: "Office", chosen: str) -> Any:
        with _reserved(passwords):
            begun = await _begin(service, office, chosen, file.name, data, mode, draft, make_units, language, disabling, place)
            if passwords is not None:
                _write_passwords(passwords, begun)
        await service.finish(begun, _progress)
        if mail:
            await _mail(office, chosen, begun)
        return begun

    begun = run(ctx, config, company, act)
    if json:
        _json(
            {
                "import": begun.id,
                **_counts(begun.summary),
                "newcomers": [_newcomer(one) for one in begun.firsts] if passwords is None else [],
            }
        )
        return
    frame.say(f"imported: {_words(begun.summary)}")
    if passwords is None:
        for one in begun.firsts:
            frame.say("  ".join(filter(None, (one.number, one.password, one.name))))


async def _check(
    service: "RosterService", office: "Office", chosen: str, data: bytes, mode: Mode, draft: bool, make_units: bool, language: Language
) -> Any:
    from server.rosters.plan import Wish

    wish = Wish(mode=mode.value, draft=draft, make_units=make_units, language=language.value)
    return await service.check(office.actor, chosen, data, wish=wish, listed=LISTED, progress=_progress)


async def _begin(
    service: "RosterService",
    office: "Office",
    chosen: str,
    name: str,
    data: bytes,
    mode: Mode,
    draft: bool,
    make_units: bool,
    language: Language,
    disabling: int | None,
    place: Path,
) -> "Begun":
    """A refused workbook is written to ``place`` before the refusal is told."""
    from server.rosters.errors import RosterRefused
    from server.rosters.plan import Wish

    wish = Wish(mode=mode.value, draft=draft, make_units=make_units, language=language.value)
    try:
        return await service.begin(office.actor, chosen, data, wish=wish, name=name, confirmed=disabling, progress=_progress)
    except RosterRefused as refused:
        _write_marked(place, await service.workbook(office.actor, chosen, refused.workbook), refused.workbook)
        raise


async def _mail(office: "Office", chosen: str, begun: "Begun") -> None:
    from server.cli.member_states import told_not_mailed
    from server.companies.newcomers import Added

    newcomers = [Added(one.member, one.number, one.password) for one in begun.firsts]
    told_not_mailed(await office.welcome.send(office.actor, chosen, newcomers))


def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where it goes: .xlsx with units and members, .csv with the members.")],
    language: Lang = Language.en,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Export units and members to a file that an import takes again.

    What is shown to nobody (`yizhan visibility fields`), or a member keeps to himself, says '(not shown)' to whoever may not manage the
    organisation there.

    \b
    Examples:
      yizhan org export staff.xlsx
      yizhan org export staff.csv --language zh
    """
    kind = check_ending(file, ".xlsx", ".csv").removeprefix(".")

    async def act(service: "RosterService", office: "Office", chosen: str) -> bytes:
        return await service.export(office.actor, chosen, language=language.value, kind=kind, progress=_progress)

    write(file, run(ctx, config, company, act))


def template(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where it goes, an .xlsx file.")],
    language: Lang = Language.en,
    company: Company = None,
    config: frame.Config = None,
) -> None:
    """Write an empty workbook to fill in: columns explained, drop-downs, an example, and the units that are there.

    \b
    Examples:
      yizhan org template staff.xlsx
      yizhan org template 成员.xlsx --language zh
    """

    check_ending(file, ".xlsx")

    async def act(service: "RosterService", office: "Office", chosen: str) -> bytes:
        return await service.template(office.actor, chosen, language=language.value)

    write(file, run(ctx, config, company, act))


# ---- what is said


def _progress(stage: str, done: int, total: int) -> None:
    """On standard error: once for each stage, and of long ones every tenth."""
    if not total:
        frame.tell(f"{stage} ...")
    elif done == total or done * 10 // total != (done - 1) * 10 // total:
        frame.tell(f"{stage} {done} of {total}")


def _told(found: "Summary", *, json: bool) -> None:
    rows = [
        {"what": one.what, "sheet": one.sheet, "row": one.row or None, "number": one.number, "name": one.name, "text": one.text}
        for one in found.lines
    ]
    if json:
        _json({**_counts(found), "rows": rows})
        return
    frame.show(rows[:SHOWN], json=False)
    if len(rows) > SHOWN:
        frame.tell(f"and {len(rows) - SHOWN} more: --json shows them all")
    frame.say(f"would be done: {_words(found)}" if not found.errors else f"errors: {found.errors}; nothing would be done")
    if found.asks:
        frame.say(f"{found.disabled} of {found.people} members are missing and would be disabled: confirm by --disabling {found.disabled}")


def _counts(found: "Summary") -> dict[str, Any]:
    names = ("units", "changed_units", "added", "changed", "disabled", "errors", "warnings", "people")
    return {name: getattr(found, name) for name in names}


def _words(found: "Summary") -> str:
    counts = _counts(found)
    told = [
        f"{name.replace('_', ' ')} {counts[name]}" for name in ("units", "changed_units", "added", "changed", "disabled") if counts[name]
    ]
    return ", ".join(told) or "nothing, it is so already"


def _newcomer(one: Any) -> dict[str, str]:
    return {"number": one.number, "name": one.name, "password": one.password}


def _json(made: dict[str, Any]) -> None:
    frame.show([made], json=True)


@contextlib.contextmanager
def _reserved(place: Path | None) -> Iterator[None]:
    """The file for the passwords before they are drawn: an import that has begun goes on without whoever began it."""
    if place is None:
        yield
        return
    files.reserve(place)
    try:
        yield
    finally:
        files.give_up(place)


def _write_passwords(place: Path, begun: "Begun") -> None:
    """Before anything is carried out, so that no death of this program loses them."""
    from server.rosters.writing import csv_of

    heads: Sequence[str] = ("number", "name", "first password")
    files.write(place, csv_of([heads, *((one.number, one.name, one.password) for one in begun.firsts)]))


def _write_marked(place: Path, data: bytes, workbook: str) -> None:
    try:
        files.write(place, data)
    except files.FileNotWritten as error:  # that the import was refused matters more, and the workbook is kept
        frame.tell(f"{error}; another place: yizhan org workbook {workbook} FILE")
    else:
        frame.tell(f"the workbook with its cells marked: {place}")
