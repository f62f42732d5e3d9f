"""What is kept of presence over a restart: the sessions of this node, and when others saw whom last; every ten seconds in one batch.

Choices are written at once, see ``wishes``. A crash loses ten seconds of it, and nothing else.
"""

from collections.abc import Mapping, Sequence

from server.clock import Clock
from server.presence.service import Presence
from server.presence.statuses import Said
from storage import presence as stored
from storage.engine import Storage
from storage.presence import Left, Live
from storage.work import Read

FLUSH_SECONDS = 10.0
SWEEP_SECONDS = 60.0
AT_ONCE = 500
FORGOTTEN_AFTER = 120_000
"""The sessions of a node that did not write for so long are forgotten, where another one is up."""


class Keeping:
    def __init__(self, storage: Storage, clock: Clock, presence: Presence, node: str) -> None:
        self._storage = storage
        self._clock = clock
        self._presence = presence
        self._node = node
        self._written: dict[int, Live] = {}

    async def start(self) -> None:
        """Whoever was there when a node stopped has a while to come back."""
        found = await self._storage.read(lambda read: stored.left(read, self._node))
        self._presence.start({_said(one): one.seen_at for one in found})

    async def flush(self) -> None:
        """Only what changed is written."""
        now = {said.session: Live(said.session, said.member, said.company, said.device_class) for said in self._presence.live()}
        come = [live for session, live in now.items() if self._written.get(session) != live]
        gone = [session for session in self._written if session not in now]
        for first in range(0, max(len(come), len(gone), 1 if now else 0), AT_ONCE):
            await self._write(come[first : first + AT_ONCE], gone[first : first + AT_ONCE])
        await self._write_last_seen()

    async def _write(self, come: Sequence[Live], gone: Sequence[int]) -> None:
        await self._storage.unit(lambda work: stored.write_live(work, self._node, come, gone))
        self._written.update((live.session, live) for live in come)
        for session in gone:
            self._written.pop(session, None)

    async def _write_last_seen(self) -> None:
        seen = list(self._presence.last_seen.items())
        for first in range(0, len(seen), AT_ONCE):
            some = dict(seen[first : first + AT_ONCE])
            await self._storage.unit(lambda work, some=some: stored.saw(work, some))  # type: ignore[misc]
            for who, at in some.items():
                if self._presence.last_seen.get(who) == at:
                    del self._presence.last_seen[who]

    async def sweep(self) -> None:
        before = self._clock.now() - FORGOTTEN_AFTER
        await self._storage.unit(lambda work: stored.sweep(work, before))

    async def last_seen(self, read: Read, company: int, members: Sequence[int]) -> Mapping[int, int]:
        """When others saw these last; with what waits to be written."""
        waiting = {member: at for member in members if (at := self._presence.last_seen.get((company, member)))}
        return {**await stored.last_seen(read, members), **waiting}


def _said(left: Left) -> Said:
    live, choice = left.live, left.choice
    return Said(live.session, live.member, live.company, live.device_class, choice.status, choice.text, choice.chosen_at)
