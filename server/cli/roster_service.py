"""What the commands of rosters have in common: the service over the office's database, and the files that they write."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from server.cli import files, frame, misuse

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.config.model import Settings
    from server.rosters.service import RosterService

Act = Callable[["RosterService", "Office", str], Any]


def run(ctx: typer.Context, config: Path | None, company: str | None, act: Act) -> Any:
    async def work() -> Any:
        from server.cli.office import opened

        settings = frame.settings(ctx, config).settings
        async with opened(settings) as office:
            return await act(_service(office, settings), office, await office.company(company))

    return frame.run(work())


def _service(office: "Office", settings: "Settings") -> "RosterService":
    from server.cli.office import limits_in
    from server.clock import SystemClock
    from server.rosters.service import RosterService

    return RosterService(office.storage, SystemClock(), office.passwords, database=settings.database.url, limits=limits_in(settings))


def check_ending(file: Path, *endings: str, where: str = "FILE") -> str:
    """The ending, in small letters: what is written is what the name says. Raises: WrongEnding."""
    found = file.suffix.lower()
    if found not in endings:
        raise misuse.WrongEnding(where, file, *endings)
    return found


def write(file: Path, data: bytes) -> None:
    """Raises: FileNotWritten."""
    files.write(file, data)
    frame.say(f"written: {file}")
