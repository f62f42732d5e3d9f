"""Who is connected of a company that the operator suspends is out within two seconds; coming back he is refused (SPEC A1).

The feed says which companies changed (``changed``); whether one of them is suspended is read once a second, for all that changed.
"""

from collections.abc import Iterable

from server.delivery.online import Online
from storage import companies
from storage.engine import Storage

EVERY_SECONDS = 1.0


class Suspensions:
    def __init__(self, storage: Storage, online: Online) -> None:
        self._storage = storage
        self._online = online
        self._changed: set[int] = set()

    def changed(self, companies: Iterable[int]) -> None:
        """Something of these companies is not as it was; most often not this."""
        self._changed.update(companies)

    async def look(self) -> None:
        """To be called every second. Where the database is away the same companies are looked at next time."""
        looked_at = frozenset(self._changed)
        if not looked_at:
            return
        suspended = await self._storage.read(lambda read: companies.suspended(read, looked_at))
        self._changed -= looked_at
        if suspended:
            for receiver in list(self._online.signed_in()):
                if receiver.company in suspended:
                    receiver.resync()
