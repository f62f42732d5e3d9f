"""Who has a member among his contacts is told when that one was renamed, disabled or deleted (SPEC B5, G4)."""

import asyncio
from collections.abc import Iterable

from protocol.errors import YizhanError
from protocol.events import ContactsChanged
from server.delivery.online import Online
from server.delivery.wire import Shared
from server.logs import Logger
from storage import contact_lists
from storage.engine import Storage

MOST = 500
"""Members of one read."""
AGAIN_SECONDS = 0.5
log = Logger("contacts")


class ContactsFollower:
    """Of the members connected to this node. Several positions that come while one is read are told together."""

    def __init__(self, storage: Storage, online: Online) -> None:
        self._storage = storage
        self._online = online
        self._changed: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_settled(self) -> bool:
        return self._task is None

    def changed(self, members: Iterable[int]) -> None:
        """A position that this node applied says so."""
        if not len(self._online):
            return
        self._changed.update(members)
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), name="contacts")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _tell(self) -> None:
        try:
            while self._changed:
                some = sorted(self._changed)[:MOST]
                self._changed.difference_update(some)
                await self._patiently(some)
        except Exception as error:
            log.exception("contacts.failed", error)
        finally:
            self._task = None

    async def _patiently(self, some: list[int]) -> None:
        try:
            who = await self._storage.read(lambda read: contact_lists.who_has(read, some))
        except YizhanError as error:
            if error.kind != "unknown":
                raise
            self._changed.update(some)  # the database is away
            await asyncio.sleep(AGAIN_SECONDS)
            return
        shared = Shared.of(ContactsChanged())
        for member in self._online.here(who):
            for receiver in self._online.members[member]:
                receiver.give(shared.wire(receiver.codec))
