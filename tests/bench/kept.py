"""The databases that runs start from: made once, kept in ``build/bench/cache`` by a fingerprint of what makes them, copied for each run.

PostgreSQL's are copies of SQLite's, table by table.
"""

import asyncio
import functools
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from server.clock import SystemClock
from tests.bench import database, organisation, town
from tests.bench.database import Town
from tests.bench.machine import BUILD, ROOT, say
from tests.bench.organisation import Organisations
from tests.bench.town import DAY_MS

TOWN, ORGANISATION = "town", "organisation"
Made = Town | Organisations


class Kind(NamedTuple):
    make: Callable[[Path], Awaitable[Made]]
    type: type[Made]
    modules: tuple[str | None, ...]


KINDS: Mapping[str, Kind] = {
    TOWN: Kind(database.make, Town, (database.__file__, town.__file__)),
    ORGANISATION: Kind(organisation.make, Organisations, (database.__file__, town.__file__, organisation.__file__)),
}


@functools.cache
def folder_of(name: str) -> Path:
    """Changes with the schema and with what is put into it; once for a process, for a checkout may change under it."""
    files = [*sorted((ROOT / "storage" / "schema").glob("*.py")), *sorted((ROOT / "storage" / "migrations").rglob("*.py"))]
    files += [Path(module) for module in KINDS[name].modules if module]
    files += [ROOT / "storage" / "writer" / "sqlite.py", ROOT / "protocol" / "bodies.py"]
    fingerprint = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    return BUILD / "cache" / f"{name}-{fingerprint}"


def prepared(name: str) -> tuple[Path, Made]:
    """The SQLite file to copy and what is in it; made now where it is not there."""
    folder = folder_of(name)
    if not (folder / "made.json").exists():
        current = {folder_of(other) for other in KINDS}
        for other in (BUILD / "cache").glob("*"):
            if other == folder or other not in current:
                shutil.rmtree(other)
        folder.mkdir(parents=True)
        began = time.monotonic()
        made = asyncio.run(_made(name, folder / "yizhan.sqlite"))
        (folder / "made.json").write_bytes(msgspec.json.encode(made))
        say(f"{name}: {made.told}, made in {time.monotonic() - began:.0f} s")
    return folder / "yizhan.sqlite", msgspec.json.decode((folder / "made.json").read_bytes(), type=KINDS[name].type)


async def _made(name: str, path: Path) -> Made:
    return await KINDS[name].make(path)


def refresh(connection: sqlite3.Connection, now: int) -> None:
    """Sessions as if last seen an hour ago, so that neither their age nor the day of the token's rotation depends on the cache's age."""
    connection.execute(
        "UPDATE sessions SET created_at = ?, last_seen_at = ?, rotated_at = ?", (now - DAY_MS, now - 3_600_000, now - 3_600_000)
    )


def copied(template: Path, folder: Path) -> Path:
    """A fresh copy in ``folder``, synced, so that the run does not pay for it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    target = folder / "yizhan.sqlite"
    shutil.copyfile(template, target)
    connection = sqlite3.connect(target, isolation_level=None)
    refresh(connection, SystemClock().now())
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.sync()
    return target


if __name__ == "__main__":
    for name in KINDS:
        path, made = prepared(name)
        say(f"{path}: {made.told}")
