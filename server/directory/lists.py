"""The directory's lists: all by initials, online now, followed, followers (SPEC G4).

Whom the viewer may not find is in none, and not counted. One's own frequent contacts alone stay in their list when they are hidden
(SPEC B6). Who follows somebody without being found by him is not told of: neither by name nor by a total, a letter or a page.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Protocol

from protocol.commands import ListDirectory
from protocol.events import DirectoryPage
from server.delivery.online import Receiver
from server.directory.pictures import Looked, Pictures
from server.directory.service import behind, cursor_of, shown
from storage import contact_lists
from storage.engine import Storage

SLICE = 5000


class OnlineNow(Protocol):
    """Whom a viewer may see online; presence answers it."""

    async def __call__(self, company: int, viewer: int, among: Collection[int]) -> Collection[int]:
        """Those of ``among``, all of whom the viewer finds, whom he may see online now: who is invisible is not among them."""


class ListsService:
    def __init__(self, pictures: Pictures, storage: Storage, online: OnlineNow) -> None:
        self._pictures = pictures
        self._storage = storage
        self._online = online

    async def page(self, viewer: Receiver, command: ListDirectory) -> DirectoryPage:
        """Raises: CursorInvalid."""
        after = behind(command.page)
        looked = await self._pictures.looked(viewer.company, viewer.member)
        if looked is None:
            return DirectoryPage(request=command.request, members=(), total=0)
        rows = await self._rows(viewer, command.which, looked)
        hits = looked.index.listed(rows, command.letter, command.limit, after)
        return DirectoryPage(
            request=command.request,
            members=shown(looked.picture, looked.view, hits),
            total=hits.total,
            letters={} if command.page else looked.index.letters(rows),
            page=cursor_of(hits.next),
        )

    async def _rows(self, viewer: Receiver, which: str, looked: Looked) -> int:
        company, member, index = viewer.company, viewer.member, looked.index
        match which:
            case "online":
                among = await _in_slices(index.members(looked.seen.bits()))
                return index.rows(await self._online(company, member, among)) & looked.seen.bits()
            case "followed":
                return index.rows(await self._storage.read(lambda read: contact_lists.followed(read, company, member)))
            case "followers":
                found = await self._storage.read(lambda read: contact_lists.followers(read, company, member))
                return index.rows(found) & looked.seen.bits()
        return looked.seen.bits()


async def _in_slices(members: Iterable[int]) -> list[int]:
    found: list[int] = []
    for member in members:
        found.append(member)
        if len(found) % SLICE == 0:
            await asyncio.sleep(0)
    return found
