"""Who watches whom one by one: frequent contacts, the other of a direct conversation, somebody in the tree (SPEC G4, B6).

Whether a watcher may have it is asked of the evaluator when he begins and whenever something changes that, never at the delivery. At
the flush a change is encoded once for all who are told the same.
"""

from collections.abc import Iterable, Mapping

from protocol import limits
from protocol.events import PeoplePresence
from protocol.ids import to_wire
from server.delivery.online import Receiver
from server.delivery.wire import Shared
from server.presence.frames import coded
from server.presence.statuses import OFFLINE, Seen
from server.presence.visible import Visibility, Where
from server.presence.watching import Watcher

Told = tuple[list[Receiver], Shared]
WATCHES_A_STEP = 1_000


def people_frame(where: Where, seen: Iterable[tuple[int, Seen]]) -> Shared:
    found = list(seen)
    codes, texts = coded(found)
    texts.update({to_wire(member): "" for member, one in found if one.code and not one.text})
    return Shared.of(PeoplePresence(where=where.value, seen=codes, texts=texts))


class People:
    """The people of one company who are watched one by one."""

    def __init__(self, visibility: Visibility, seen: Mapping[int, Seen]) -> None:
        self._visibility = visibility
        self._seen = seen
        self._watched: dict[int, dict[tuple[Watcher, Where], bool]] = {}
        self._told: dict[int, Seen] = {}
        self.dirty: set[int] = set()

    def flipped(self, member: int) -> None:
        if member in self._watched:
            self.dirty.add(member)

    # ---- who watches whom

    def want(self, watcher: Watcher, where: Where, members: Iterable[int]) -> list[Told]:
        """Watch these, too. All are told, also who is offline: what was on its way when one ended and began again must not stay.

        Over the bound nothing more is taken.
        """
        mine = watcher.people.setdefault(where, set())
        fresh = []
        for member in members:
            if member not in mine:
                if sum(map(len, watcher.people.values())) >= limits.WATCHED_PEOPLE:
                    break
                mine.add(member)
                self._watch(member, watcher, where)
                fresh.append(member)
        return [([watcher.receiver], self._first(watcher, where, fresh))] if fresh else []

    def _watch(self, member: int, watcher: Watcher, where: Where) -> None:
        watchers = self._watched.get(member)
        if watchers is None:
            watchers = self._watched[member] = {}
            self._told[member] = self._seen.get(member, OFFLINE)
        watchers[watcher, where] = self._visibility.may_have_presence(watcher.member, member, where)

    def want_no_more(self, watcher: Watcher, where: Where, members: Iterable[int]) -> None:
        mine = watcher.people.get(where, set())
        for member in [one for one in members if one in mine]:
            mine.discard(member)
            watchers = self._watched[member]
            del watchers[watcher, where]
            if not watchers:
                del self._watched[member], self._told[member]
                self.dirty.discard(member)

    def all_of(self, watcher: Watcher) -> list[Told]:
        """All whom it watches, also who is offline."""
        return [([watcher.receiver], self._first(watcher, where, mine)) for where, mine in watcher.people.items() if mine]

    def _first(self, watcher: Watcher, where: Where, members: Iterable[int]) -> Shared:
        return people_frame(where, [(one, self._told[one] if self._may(watcher, where, one) else OFFLINE) for one in members])

    def leave(self, watcher: Watcher) -> None:
        for where in Where:
            self.want_no_more(watcher, where, list(watcher.people.get(where, ())))

    # ---- who may

    def _may(self, watcher: Watcher, where: Where, member: int) -> bool:
        """As it was decided."""
        return self._watched[member][watcher, where]

    def judge_of(self, member: int) -> list[Told]:
        """He may be seen by others than before: those who may not any more see him offline at once, the new ones as he is."""
        return [told for watcher, where in list(self._watched.get(member, ())) for told in self._judge(watcher, where, member)]

    def judge_by(self, watcher: Watcher) -> list[Told]:
        """What a watcher may see is something else: he was moved or hidden, has another contact, another conversation."""
        return [told for where, members in watcher.people.items() for member in members for told in self._judge(watcher, where, member)]

    def _judge(self, watcher: Watcher, where: Where, member: int) -> list[Told]:
        watchers = self._watched[member]
        before = watchers[watcher, where]
        now = watchers[watcher, where] = self._visibility.may_have_presence(watcher.member, member, where)
        told = self._told[member]
        if before == now or not told.code:
            return []
        return [([watcher.receiver], people_frame(where, [(member, told if now else OFFLINE)]))]

    # ---- what is told

    def flush(self) -> list[Told]:
        """Of some that changed, for those who may have it; what flipped back is not sent. There are more while ``dirty`` has some."""
        changed: dict[tuple[Watcher, Where], list[tuple[int, Seen]]] = {}
        watches = 0
        while self.dirty and watches < WATCHES_A_STEP:
            member = self.dirty.pop()
            now = self._seen.get(member, OFFLINE)
            if member not in self._watched or now == self._told[member]:
                continue
            self._told[member] = now
            watchers = self._watched[member]
            watches += len(watchers)
            for key, may in watchers.items():
                if may:
                    changed.setdefault(key, []).append((member, now))
        together: dict[tuple[Where, tuple[tuple[int, Seen], ...]], list[Receiver]] = {}
        for (watcher, where), found in changed.items():
            together.setdefault((where, tuple(found)), []).append(watcher.receiver)
        return [(receivers, people_frame(where, found)) for (where, found), receivers in together.items()]
