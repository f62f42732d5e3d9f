"""What the commands have in common: the options, the settings, and how a list is printed."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.config import Loaded

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass
class Frame:
    """What was said before the command's name; every command finds it as ``ctx.obj``."""

    config: Path | None = None
    debug: bool = False


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


def show(rows: Sequence[Mapping[str, Any]], *, json: bool) -> None:
    """A list: columns under their names, or JSON with the same names."""
    import msgspec

    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
    elif rows:
        _table(rows)


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.cells import cell_len  # a Chinese character is two columns wide

    lines = [[name.upper() for name in rows[0]], *([_word(value) for value in row.values()] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (word + " " * (width - cell_len(word)) for word, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_word, value)) if isinstance(value, list | tuple) else str(value)
