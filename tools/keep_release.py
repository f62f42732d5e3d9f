"""Write ``tests/releases/VERSION.sql`` and ``VERSION.postgres.sql``: small databases of either kind as this version makes
them, from which every later migration is tested.

Run once for a release, by ``python tools/keep_release.py``; what is there is never written again.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from server import VERSION
from storage.engine import connect
from storage.migrate import migrate
from storage.writer.entries import DraftEntry, EditEntry, MarkEntry, PinEntry, ReactEntry, RecallEntry
from tests.support.cast import Desk, company, direct, group, join, leave, send, text
from tests.support.postgres import Postgres
from tests.support.servers import private_folder

NOON = 1_767_225_600_000


async def fill(url: str) -> None:
    """Two companies; a direct conversation and a group with everything that can happen to a message."""
    storage = await connect(url, now=lambda: NOON)
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    await company(storage, "globex", "Smith")
    talk, room = await direct(storage, lina, wang), await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(*(send(who, talk, words) for who, words in ((lina, "Lunch?"), (wang, "午饭吃什么?"), (lina, "面条"))))
    await join(storage, room, zhao)
    await desk.put(*(send(who, room, f"{who.name} here") for who in (lina, wang, zhao)))
    await leave(storage, room, zhao)
    mine = (None, 0, lina.company, lina.id)
    await desk.put(
        EditEntry(*mine, talk, 1, 1, text("Lunch at noon?")),
        RecallEntry(*mine, talk, 3),
        ReactEntry(*mine, talk, 2, "👍", True),
        PinEntry(*mine, talk, 2, True),
        MarkEntry(*mine, room, 2, 3),
        DraftEntry(*mine, room, "to be said"),
    )
    await storage.close()


def sqlite_rows() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "yizhan.sqlite")
        asyncio.run(made(f"sqlite:///{path}"))
        database = sqlite3.connect(path)
        lines = list(database.iterdump())
        database.close()
    return "\n".join(lines) + "\n"


def postgres_rows() -> str:
    with private_folder("keep") as folder, Postgres(folder) as server:
        asyncio.run(made(server.url("postgres")))
        return server.dump("postgres")


async def made(url: str) -> None:
    await migrate(url)
    await fill(url)


KINDS: dict[str, Callable[[], str]] = {f"{VERSION}.sql": sqlite_rows, f"{VERSION}.postgres.sql": postgres_rows}


def main() -> None:
    folder = ROOT / "tests" / "releases"
    folder.mkdir(exist_ok=True)
    for name in KINDS:
        if (folder / name).exists():
            sys.exit(f"{name} is there already: a release is never written again")
    for name, rows in KINDS.items():
        (folder / name).write_text(rows(), "utf-8")
        print(f"{name}: {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
