"""What members wish of presence: to be there, to be something, to watch, to know when somebody was there last (SPEC G1 to G3, G6).

It loads what decides (their choice, permission, ties, the company's picture) and tells the node's presence. Whoever is not there any
more when that is loaded gets nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from protocol import limits
from server.audit.service import Actor
from server.clock import Clock
from server.companies import rules as texts
from server.delivery.online import Receiver
from server.directory.pictures import Pictures
from server.presence.errors import InvisibleNotAllowed, TooManyWatched
from server.presence.keeping import Keeping
from server.presence.service import Presence
from server.presence.sight import CompanySight
from server.presence.statuses import Status
from server.presence.ties import CONTACT, DIRECT, Asked, TiesOfWatchers, read_ties
from server.presence.turns import Feed
from server.presence.visible import Where
from server.roles import asking, rules
from server.sessions.gathering import Gathering
from server.visibility.terms import NO_TIES
from storage import presence as stored
from storage.engine import Storage
from storage.presence import NEVER, Choice, Chosen
from storage.work import Read

AT_ONCE = 500
IsThere = Callable[[], bool]


class Wishes:
    def __init__(
        self, storage: Storage, clock: Clock, presence: Presence, pictures: Pictures, ties: TiesOfWatchers, keeping: Keeping, feed: Feed
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._presence = presence
        self._pictures = pictures
        self._ties = ties
        self._keeping = keeping
        self._feed = feed
        self._early: dict[Receiver, bool] = {}
        self._arriving: Gathering[tuple[int, int], Choice] = Gathering(self._choices, at_once=AT_ONCE)
        self._choosing: Gathering[Chosen, None] = Gathering(self._write, at_once=AT_ONCE)

    # ---- being there

    async def arrive(self, receiver: Receiver, device_class: str, is_there: IsThere) -> None:
        """From now on he is there, as he chose last; who may not be invisible any more is online."""
        choice = await self._arriving.ask((receiver.company, receiver.member))
        is_idle = self._early.pop(receiver, False)
        if is_there():
            self._presence.came(receiver, device_class, choice)
            self._presence.idles(receiver, is_idle)

    def shows_arrivals(self, receiver: Receiver) -> bool | None:
        """Whether others may hear that a message arrived there: not of who is invisible (SPEC G3). None before his choice was read."""
        if not self._presence.has(receiver):
            return None
        return self._presence.standing(receiver.member).status != Status.INVISIBLE

    def gone(self, receiver: Receiver) -> None:
        """The connection is no more; of the last one of a member nothing has to be kept."""
        self._early.pop(receiver, None)
        self._presence.dropped(receiver)
        if self._presence.company_of(receiver.member) is None:
            self._ties.forget(receiver.member)

    async def _choices(self, asked: Sequence[tuple[int, int]]) -> list[Choice]:
        async def act(read: Read) -> list[Choice]:
            found = await stored.choices(read, sorted({member for _, member in asked}))
            hiding = [who for who in asked if found.get(who[1], NEVER).status == Status.INVISIBLE]
            for member in {member for _, member in hiding} - await may_be_invisible(read, hiding):
                found[member] = msgspec.structs.replace(found[member], status=int(Status.ONLINE))
            return [found.get(member, NEVER) for _, member in asked]

        return await self._storage.read(act)

    def idle(self, receiver: Receiver, is_idle: bool) -> None:
        """It may be said before his choice was read."""
        if self._presence.has(receiver):
            self._presence.idles(receiver, is_idle)
        else:
            self._early[receiver] = is_idle

    # ---- being something

    async def choose(self, receiver: Receiver, status: int, text: str) -> None:
        """Kept, then seen. Raises: InvisibleNotAllowed, NameInvalid."""
        words = texts.name("text", text, may_be_empty=True, most=limits.STATUS_CHARACTERS)
        if status == Status.INVISIBLE:
            who = (receiver.company, receiver.member)
            if not await self._storage.read(lambda read: may_be_invisible(read, [who])):
                raise InvisibleNotAllowed
        choice = Choice(status, words, self._chosen_at(receiver.member))
        await self._choosing.ask(Chosen(receiver.member, receiver.company, choice))
        self._presence.chooses(receiver.member, choice)
        if status == Status.INVISIBLE:  # he may have lost the permission while this was written
            await self.check_invisible(receiver.company)

    async def _write(self, chosen: Sequence[Chosen]) -> list[None]:
        await self._storage.unit(lambda work: stored.choose(work, chosen))
        return [None] * len(chosen)

    def _chosen_at(self, member: int) -> int:
        """Now, but behind his last choice, though the clock was set back or the other node's is ahead: the newest holds."""
        return max(self._clock.now(), self._presence.chosen_at(member) + 1)

    async def check_invisible(self, company: int) -> None:
        """Who may not be invisible any more is online at once (SPEC G3)."""
        hiding = {said.member: said for said in self._presence.invisible(company)}
        if not hiding:
            return
        allowed = await self._storage.read(lambda read: may_be_invisible(read, [(company, member) for member in hiding]))
        for member in hiding.keys() - allowed:
            choice = Choice(int(Status.ONLINE), hiding[member].text, self._chosen_at(member))
            self._presence.chooses(member, choice)
            await self._choosing.ask(Chosen(member, company, choice))

    # ---- watching

    async def watch_units(self, receiver: Receiver, units: Mapping[int, bool], no_more: Iterable[int], is_there: IsThere) -> None:
        """Raises: TooManyWatched."""
        await self._pictures.kept(receiver.company)
        if not is_there():
            return
        company = self._presence.of(receiver.company)
        ended = list(no_more)
        if len((company.units_of(receiver) - set(ended)) | units.keys()) > limits.WATCHED_UNITS:
            raise TooManyWatched(limits.WATCHED_UNITS)
        company.watch_units(receiver, units, ended)

    async def watch_people(
        self, receiver: Receiver, where: Where, members: Sequence[int], no_more: Sequence[int], is_there: IsThere
    ) -> None:
        """Raises: TooManyWatched."""
        await self._pictures.kept(receiver.company)
        await self._ties.want(receiver.company, receiver.member, where, members)
        if not is_there():
            if self._presence.company_of(receiver.member) is None:
                self._ties.forget(receiver.member)  # `gone` came before they were kept
            return
        company = self._presence.of(receiver.company)
        try:
            watched = company.people_of(receiver)
            there = watched.get(where, set())
            if sum(map(len, watched.values())) - len(there) + len((there - set(no_more)) | set(members)) > limits.WATCHED_PEOPLE:
                raise TooManyWatched(limits.WATCHED_PEOPLE)
            company.watch_people(receiver, where, members, no_more)
        finally:
            self._ties.keep(receiver.member, company.watched_by(receiver.member))

    # ---- when somebody was there last

    async def last_seen(self, receiver: Receiver, where: Where, members: Sequence[int]) -> list[tuple[int, int]]:
        """(member, when) of those who show it to him and ever were there; 0 is now.

        A node that does not follow the feed any more tells it of nobody: its picture may be of before somebody was hidden (LOG F5).
        """
        company, viewer = receiver.company, receiver.member
        await self._pictures.kept(company)
        sight = CompanySight(company, self._pictures, self._ties)

        async def act(read: Read) -> tuple[set[int], Mapping[int, int]]:
            tied = await read_ties(read, Asked(company, viewer, {where: members}))
            return tied.get(where, set()), await self._keeping.last_seen(read, company, members)

        tied, seen = await self._storage.read(act)
        if not self._feed.is_fresh:
            return []
        tie = CONTACT if where is Where.CONTACT else DIRECT
        may = [one for one in dict.fromkeys(members) if sight.may_know_when(viewer, one, where, tie if one in tied else NO_TIES)]
        now = dict.fromkeys((one for one in may if one in self._presence.seen), 0)
        return [(one, at) for one in may if (at := now.get(one, seen.get(one))) is not None]


async def may_be_invisible(read: Read, who: Sequence[tuple[int, int]]) -> set[int]:
    """Those of (company, member) who have the permission now."""
    allowed: set[int] = set()
    for company in {company for company, _ in who}:
        members = [member for its_company, member in who if its_company == company]
        picture = await asking.picture(read, company, members)
        for member in members:
            if rules.allowed(picture, Actor("member", "", member), "chat.invisible", rules.member(member)).allowed:
                allowed.add(member)
    return allowed
