"""The coroutines about presence: what one is oneself, whom one watches, when somebody was there last (SPEC G1 to G3, G6).

They ask and give what the server says; who is there is kept by the core (``presence.py``), as it is told, over new connections, too.
"""

from collections.abc import Iterable

from ._protocol import commands
from ._protocol import events as wire
from ._protocol.commands import Where
from .asking import Asking
from .errors import Refused
from .outbox import Wish
from .presence import Status


class Watching(Asking):
    async def set_status(self, status: Status, text: str = "") -> None:
        """One's own choice, for all devices, kept until the next one. Raises: Refused (`presence.invisible_not_allowed`)."""
        await self._answer(self._core.wish(commands.SetStatus(request=0, status=int(status), text=text)))

    async def set_idle(self, is_idle: bool) -> None:
        """Nobody has touched this device for a while, or somebody does again; said again on a new connection."""
        await self._answer(self._core.ask(self._core.presence.set_idle(is_idle)))

    async def watch_units(self, units: Iterable[str] = (), *, counts: Iterable[str] = (), no_more: Iterable[str] = ()) -> None:
        """Begin with ``units`` and their members, and with the ``counts`` of others; end with ``no_more``. Raises: Refused."""
        command = self._core.presence.watch_units(units, counts, no_more)
        await self._watch(self._core.ask(command), command)

    async def watch_people(self, where: Where, members: Iterable[str] = (), *, no_more: Iterable[str] = ()) -> None:
        """One by one: frequent contacts, others of direct conversations, or found in the tree. Raises: Refused."""
        command = self._core.presence.watch_people(where, members, no_more)
        await self._watch(self._core.ask(command), command)

    async def last_seen(self, where: Where, members: Iterable[str]) -> dict[str, int]:
        """When these were there last, in milliseconds UTC, of those who show it; 0 is now. Raises: Refused."""
        command = commands.GetLastSeen(request=0, where=where, members=tuple(members))
        return {one.member: one.at for one in (await self._read(command, wire.LastSeen)).members}

    async def _watch(self, wish: Wish, command: commands.WatchUnits | commands.WatchPeople) -> None:
        try:
            await self._answer(wish)
        except Refused:
            self._core.presence.not_watched(command)
            raise
