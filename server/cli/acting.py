"""What commands do that act on the database beside a running server or without one: opened, acted on, closed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from server.cli import frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office

Company = Annotated[str | None, typer.Option(help="The company's number.", show_default="the only one")]
Unit = Annotated[str, typer.Argument(metavar="UNIT", help="The unit: its path from the top, or its name where only one has it.")]
UnitKind = Literal["branch", "institution", "department", "team"]
"""As ``server.org.rules.KINDS``."""
Act = Callable[["Office", str], Awaitable[Any]]


def run(ctx: typer.Context, config: Path | None, company: str | None, act: Act, *, any_company: bool = False) -> Any:
    """``act`` on the office and the company that was chosen; with ``any_company`` it finds that by itself."""

    async def work() -> Any:
        from server.cli.office import opened

        async with opened(frame.settings(ctx, config).settings) as office:
            return await act(office, "" if any_company else await office.company(company))

    return frame.run(work())


def successors(given: list[str] | None) -> list[tuple[str, str]]:
    """(unit, account number), from ``Sales=10009``. Raises: WrittenSo."""
    named = [(one, *one.rpartition("=")) for one in given or ()]
    for one, path, _, number in named:
        if not (path.strip() and number.strip()):
            raise misuse.WrittenSo("--successor", "UNIT=NUMBER", one)
    return [(path, number) for _, path, _, number in named]
