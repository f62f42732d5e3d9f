"""``yizhan check``: looks for the usual faults of an installation, and says what to do about each."""

from typing import TYPE_CHECKING

import typer

from server.cli import frame

if TYPE_CHECKING:
    from server.checks.finding import Finding
    from server.config.model import Settings

app = frame.command()
SIGNS = {"fine": ("ok", "32"), "warning": ("warning", "33"), "error": ("ERROR", "31")}
WIDTH = 22


@app.command()
def check(ctx: typer.Context, config: frame.Config = None, json: frame.Json = False) -> None:
    """Look for the usual faults and say what to do about each. Changes nothing; beside a running server or without one.

    The exit code is 1 where there is an error; warnings are things that will hurt some day.

    \b
    Examples:
      yizhan check
      yizhan check --json
    """
    from server.cli.served import is_served

    settings = frame.settings(ctx, config).settings
    served = settings.database.url.startswith("sqlite") and is_served(settings.database.url)
    found = frame.run(_check(settings, served, quiet=json))
    if json:
        frame.show([{"check": one.check, "level": one.level, "what": one.what, "do": one.to_do} for one in found], json=True)
    else:
        _sum_up(found)
    raise typer.Exit(int(any(one.level == "error" for one in found)))


async def _check(settings: "Settings", served: bool, *, quiet: bool) -> "list[Finding]":
    """Each is shown as soon as it is known."""
    from server.checks.service import checks
    from server.clock import SystemClock

    found = []
    async for one in checks(settings, now=SystemClock().now(), served=served):
        found.append(one)
        if not quiet:
            _show(one)
    return found


def _show(one: "Finding") -> None:
    from rich.cells import cell_len

    word, colour = SIGNS[one.level]
    sign = f"\x1b[{colour}m{word:8}\x1b[0m" if frame.coloured() else f"{word:8}"
    frame.say(f"{sign} {one.check}{' ' * max(1, WIDTH - cell_len(one.check))} {one.what}")
    if one.to_do:
        frame.say(f"{'':8} {'':{WIDTH}} do: {one.to_do}")


def _sum_up(found: "list[Finding]") -> None:
    errors, warnings = (sum(one.level == level for one in found) for level in ("error", "warning"))
    if not errors and not warnings:
        frame.say("all is well")
    else:
        frame.say(f"{errors} {'error' if errors == 1 else 'errors'}, {warnings} {'warning' if warnings == 1 else 'warnings'}")
