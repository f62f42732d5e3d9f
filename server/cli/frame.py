"""What the commands have in common: the options, the settings, how a list is printed, and how something is run."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from server.cli.misuse import NeedsSetting, NotText

if TYPE_CHECKING:
    from server.config import Loaded
    from server.config.model import Settings

T = TypeVar("T")
Row = Mapping[str, Any]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Show so many at most.", show_default="all")]


@dataclass
class Frame:
    """What was said before the command's name; every command finds it as ``ctx.obj``."""

    config: Path | None = None
    debug: bool = False
    called: str = "yizhan"
    """The command, as in ``yizhan org tree``."""


def command(**options: Any) -> typer.Typer:
    """A command's ``app``. Help is plain text: it comes at once, and can be piped."""
    names = {"help_option_names": ["-h", "--help"]}
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=names, **options)


def settings(ctx: typer.Context, config: Path | None, options: Mapping[str, object] | None = None) -> "Loaded":
    """From file, environment and the command's ``options`` by path, such as ``{"gateway.port": port}``.

    Raises: SettingsInvalid.
    """
    from server.config import load

    return load(config or ctx.obj.config, os.environ, options)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what a command does, without Twisted. Ctrl-C ends it with exit code 130, after its own clean-up."""
    import asyncio

    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def check_mails(settings: "Settings", mail: bool, option: str = "--mail") -> None:
    """Raises: NeedsSetting where mail is wished and no server takes any."""
    if mail and not settings.smtp.host:
        raise NeedsSetting(option, "smtp.host")


def read_text(file: Path, where: str) -> str:
    """Of ``-`` standard input; a byte order mark is left out. Raises: NotText."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotText(where, file) from None


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """What is not the command's result: on standard error, so that the result can be piped."""
    sys.stdout.flush()
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


# ---- lists


def show(rows: Sequence[Row], *, json: bool) -> None:
    """A list: columns under their names, or JSON with the same names, as ``show_pages`` prints it."""
    if json:
        _json_rows(rows)
        say("]" if rows else "[]")
    elif rows:
        _columns(rows, _head(rows[0]))


async def show_pages(pages: AsyncIterator[Sequence[Row]], *, json: bool, nothing: str) -> None:
    """A list that may be long: each page is printed when it is there. JSON is one list with a row a line."""
    if json:
        await _json_pages(pages)
        return
    widths: list[int] | None = None
    async for rows in pages:
        if rows:
            widths = _columns(rows, [] if widths else _head(rows[0]), widths)
    if widths is None:
        tell(nothing)


async def _json_pages(pages: AsyncIterator[Sequence[Row]]) -> None:
    before = "["
    async for rows in pages:
        before = _json_rows(rows, before)
    say("[]" if before == "[" else "]")


def _json_rows(rows: Sequence[Row], before: str = "[") -> str:
    """Gives what stands before the next row."""
    for row in rows:
        say(before + json_of(row))
        before = ","
    return before


def json_of(row: Row) -> str:
    """In one line."""
    import msgspec

    return msgspec.json.encode(row).decode()


def limited(limit: int | None, page: int) -> Callable[[int], int]:
    """How many to ask for next, when so many were shown; 0 is the end."""
    return lambda shown: page if limit is None else min(page, limit - shown)


async def paged(ask: Callable[[str, int], Awaitable[tuple[str, list[Row]]]], limit: int | None, page: int) -> AsyncIterator[list[Row]]:
    """``ask`` gets the cursor of a page and how many it may hold, and gives the cursor of the next one, empty at the end, with the rows."""
    cursor, count, wanted = "", 0, limited(limit, page)
    while most := wanted(count):
        cursor, rows = await ask(cursor, most)
        count += len(rows)
        yield rows
        if not cursor:
            return


def _head(row: Row) -> list[str]:
    return [name.upper().replace("_", " ") for name in row]


def columns(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table of cells under a head."""
    _columns([dict(zip(map(str, range(len(row))), row, strict=True)) for row in rows], head)


def _columns(rows: Iterable[Row], head: Sequence[str], least: Sequence[int] | None = None) -> list[int]:
    """Gives the widths of the columns, which following pages keep where they can. In a terminal the head is bold."""
    from rich.cells import cell_len  # a Chinese character is two columns wide

    lines = [*([head] if head else []), *([word(value) for value in row.values()] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    widths = list(map(max, widths, least)) if least else widths
    for line in lines:
        padded = (word + " " * (width - cell_len(word)) for word, width in zip(line, widths, strict=True))
        text = "  ".join(padded).rstrip()
        say(bold(text) if line is head else text)
    return widths


def bold(text: str) -> str:
    """In a terminal; elsewhere as it is."""
    return f"\x1b[1m{text}\x1b[0m" if coloured() else text


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if coloured() else text


def coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(word, value)) if isinstance(value, list | tuple) else str(value)
