"""Who has a member among his contacts is told when that one was renamed, disabled or deleted; of his state also who talks with him.

SPEC B4, B5, G4. Whoever knows him neither from a conversation nor from his contacts hears nothing here (promise V4).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from protocol import limits
from protocol.errors import YizhanError
from protocol.events import ContactsChanged, ProfileChanged
from protocol.ids import to_wire
from server.delivery.online import Online
from server.delivery.wire import Shared
from server.logs import Logger
from server.visibility.service import shown_state
from storage import acquaintances, contact_lists
from storage.engine import Storage
from storage.work import Read

MOST = 100
"""Members of one read."""
AGAIN_SECONDS = 0.5
log = Logger("contacts")


class _Found(NamedTuple):
    """``holders`` have one of them among their contacts. ``states``: who came into another one. ``pairs``: (member, who knows him)."""

    holders: Sequence[int]
    states: Mapping[int, str]
    pairs: Sequence[tuple[int, int]]


class ContactsFollower:
    """Of the members connected to this node. Several positions that come while one is read are told together."""

    def __init__(self, storage: Storage, online: Online) -> None:
        self._storage = storage
        self._online = online
        self._changed: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_settled(self) -> bool:
        return self._task is None

    def changed(self, members: Iterable[int], position: int) -> None:
        """A position that this node applied says so."""
        if not len(self._online):
            return
        for member in members:
            self._changed.setdefault(member, position)
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), name="contacts")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _tell(self) -> None:
        try:
            while self._changed:
                some = {member: self._changed.pop(member) for member in sorted(self._changed)[:MOST]}
                await self._patiently(some)
        except Exception as error:
            log.exception("contacts.failed", error)
        finally:
            self._task = None

    async def _patiently(self, some: Mapping[int, int]) -> None:
        """``some``: since which position each of them may be another."""
        try:
            found = await self._storage.read(lambda read: _look(read, some))
        except YizhanError as error:
            if error.kind != "unknown":
                raise
            self._changed.update(some)  # the database is away
            await asyncio.sleep(AGAIN_SECONDS)
            return
        self._give(found.holders, Shared.of(ContactsChanged()))
        known_by: dict[int, set[int]] = defaultdict(set)
        for member, partner in found.pairs:
            known_by[member].add(partner)
        for member, partners in known_by.items():
            self._give(partners, Shared.of(ProfileChanged(member=to_wire(member), state=shown_state(found.states[member]))))

    def _give(self, who: Iterable[int], shared: Shared) -> None:
        for member in self._online.here(who):
            for receiver in self._online.members[member]:
                receiver.give(shared.wire(receiver.codec))


async def _look(read: Read, some: Mapping[int, int]) -> _Found:
    holders = await contact_lists.who_has(read, some)
    states = await acquaintances.changed(read, some, min(some.values()))
    return _Found(holders, states, await acquaintances.of(read, states, limits.TYPING_UP_TO) if states else ())
