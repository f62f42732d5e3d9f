"""Write ``tests/releases/VERSION.sql``: a small database as this version makes it, from which every later migration is tested.

Run once for a release, by ``python tools/keep_release.py``; what is there is never written again.
"""

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from server import VERSION
from storage.engine import connect
from storage.migrate import migrate
from storage.writer.entries import DraftEntry, EditEntry, MarkEntry, PinEntry, ReactEntry, RecallEntry
from tests.support.cast import Desk, company, direct, group, join, leave, send, text

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


def main() -> None:
    kept = ROOT / "tests" / "releases" / f"{VERSION}.sql"
    if kept.exists():
        sys.exit(f"{kept.name} is there already: a release is never written again")
    kept.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "yizhan.sqlite")
        asyncio.run(migrate(f"sqlite:///{path}"))
        asyncio.run(fill(f"sqlite:///{path}"))
        database = sqlite3.connect(path)
        kept.write_text("\n".join(database.iterdump()) + "\n")
        database.close()
    print(f"{kept.name}: {kept.stat().st_size} bytes")


if __name__ == "__main__":
    main()
