"""Makes the search index of a company's picture, in slices between which others have the loop (SPEC B8, G4)."""

import asyncio
from collections.abc import Callable

from server.directory.loading import PAGE, entries_of
from server.directory.picture import SLICE, Picture
from server.directory.search import SearchIndex
from storage import directory
from storage.directory import Searched
from storage.engine import Storage

GENTLY_SECONDS = 0.01
"""Between two slices of an index for which nobody waits: half of the loop is everybody else's."""


async def put_index(storage: Storage, picture: Picture, lock: asyncio.Lock, is_awaited: Callable[[], bool]) -> None:
    """The picture has its index then, unless what is private changed meanwhile. ``lock`` is that of whoever changes the picture.

    Raises: DatabaseAway.
    """
    try:
        index, policy = SearchIndex(), picture.policy
        picture.changed_while_indexed = set()
        rows = await _searched(storage, picture.company, None)
        while rows:
            for first in range(0, len(rows), SLICE):
                index.append(entries_of(rows[first : first + SLICE], policy))
                await asyncio.sleep(0 if is_awaited() else GENTLY_SECONDS)
            rows = await _searched(storage, picture.company, rows[-1])
        for _ in index.settle():
            await asyncio.sleep(0 if is_awaited() else GENTLY_SECONDS)
        async with lock:
            late = sorted(picture.changed_while_indexed)
            some = await storage.read(lambda read: directory.searched_some(read, picture.company, late)) if late else []
            picture.put_searched(index, late, some, picture.policy)
            if picture.policy.fields == policy.fields:
                picture.index = index
    finally:
        picture.changed_while_indexed = None


async def _searched(storage: Storage, company: int, after: Searched | None) -> list[Searched]:
    return await storage.read(lambda read: directory.searched(read, company, after, PAGE))
