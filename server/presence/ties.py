"""What ties members to those whom they watch one by one: frequent contacts, direct conversations in which somebody wrote (SPEC B6, G4).

Kept for the people that are watched, for whoever decides may not wait for the database. They are read again when the feed says that they
changed, one reading after the other, so an older one never replaces a newer one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from server.presence.visible import Where
from server.sessions.gathering import Gathering
from server.visibility.terms import NO_TIES, Ties
from storage import presence as stored
from storage.engine import Storage
from storage.work import Read

AT_ONCE = 200
CONTACT, DIRECT = Ties(is_contact=True), Ties(has_direct=True)
TIED = (Where.CONTACT, Where.DIRECT)


class Asked(NamedTuple):
    company: int
    member: int
    others: Mapping[Where, Sequence[int]]


Found = Mapping[Where, set[int]]


class TiesOfWatchers:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._wanted: dict[int, dict[Where, set[int]]] = {}
        self._tied: dict[int, Found] = {}
        self._asking: Counter[int] = Counter()
        self._reading: Gathering[tuple[int, int], Found] = Gathering(self._read_all, at_once=AT_ONCE)

    def between(self, viewer: int, target: int, where: Where) -> Ties:
        """As far as it matters in this place."""
        if target not in self._tied.get(viewer, {}).get(where, ()):
            return NO_TIES
        return CONTACT if where is Where.CONTACT else DIRECT

    def is_wanted(self, member: int, where: Where) -> bool:
        """Whether the member watches anybody there."""
        return bool(self._wanted.get(member, {}).get(where))

    async def want(self, company: int, member: int, where: Where, others: Iterable[int]) -> None:
        """Those of ``others`` are kept, too. Whoever asks first is answered first."""
        self._asking[member] += 1
        try:
            if where in TIED:
                self._wanted.setdefault(member, {}).setdefault(where, set()).update(others)
            await self.renew(company, member)
        finally:
            self._asking -= Counter({member: 1})

    async def renew(self, company: int, member: int) -> bool:
        """Read them again; whether they are others now."""
        before = self._tied.get(member)
        now = await self._reading.ask((company, member))
        if member in self._wanted:
            self._tied[member] = now
        return before is not None and before != now

    def keep(self, member: int, watched: Mapping[Where, set[int]]) -> None:
        """Whom he watches by all his connections; of whoever else was asked for nothing is kept, unless he is asking now."""
        if not self._asking[member] and member in self._wanted:
            self._wanted[member] = {where: set(others) for where, others in watched.items() if where in TIED}

    def forget(self, member: int) -> None:
        """He watches nobody any more."""
        self._wanted.pop(member, None)
        self._tied.pop(member, None)

    async def _read_all(self, asked: Sequence[tuple[int, int]]) -> list[Found]:
        wanted = [Asked(company, member, self._lists(member)) for company, member in asked]

        async def act(read: Read) -> list[Found]:
            return [await read_ties(read, one) for one in wanted]

        return await self._storage.read(act) if any(one.others for one in wanted) else [{} for _ in wanted]

    def _lists(self, member: int) -> dict[Where, Sequence[int]]:
        return {where: sorted(others) for where, others in self._wanted.get(member, {}).items()}


async def read_ties(read: Read, asked: Asked) -> Found:
    """Those of the others to whom there is a tie, by place."""
    found: dict[Where, set[int]] = {}
    for where, others in asked.others.items():
        if where is Where.CONTACT:
            found[where] = await stored.contacts_among(read, asked.company, asked.member, others)
        elif where is Where.DIRECT:
            found[where] = await stored.directs_among(read, asked.member, others)
    return found
