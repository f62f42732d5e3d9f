"""The sessions of this node: which are connected, which were just dropped, and what the other nodes are to be told of them.

A session counts as there from its first connection until 15 seconds after its last one dropped, or until it is signed out
(DESIGN 9). What the facts add up to is ``standings``; times are given, in milliseconds of any clock that only goes forward.
"""

from collections.abc import Iterable

import msgspec

from server.presence.statuses import Said, Status

GRACE = 15_000
TAKE_OVER_GRACE = 30_000
"""After a start: whoever was there when the node stopped has so long to come back before he is shown offline."""


class Gone(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A session is not there any more."""

    session: int
    member: int
    company: int


Fact = Said | Gone


class Held:
    """A session as this node has it; ``idle``: each connection (a tab), and whether it is idle.

    ``is_taken_over``: another node had it, and it has not come here.
    """

    __slots__ = ("idle", "is_taken_over", "said", "until")

    def __init__(self, said: Said) -> None:
        self.said = said
        self.idle: dict[object, bool] = {}
        self.until = 0  # 0: connected
        self.is_taken_over = False


class Sessions:
    """Every act answers with the facts that are new by it, for the own standings and for the other nodes."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._of: dict[int, set[int]] = {}
        self._grace: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def facts(self) -> list[Said]:
        """All that is true now, for a node that missed something."""
        return [held.said for held in self._held.values()]

    def live(self) -> list[Said]:
        """Those that came to this node, for the rows that the next start takes over."""
        return [held.said for held in self._held.values() if not held.is_taken_over]

    def has(self, session: int, connection: object) -> bool:
        held = self._held.get(session)
        return held is not None and connection in held.idle

    def of(self, session: int) -> Said | None:
        held = self._held.get(session)
        return held.said if held is not None else None

    def came(self, said: Said, connection: object) -> list[Fact]:
        """A connection of a session, the first or one more; back in time it is no news.

        ``said`` is what is stored of the member's choice; an older choice never replaces a newer one.
        """
        held = self._held.get(said.session)
        if held is None:
            held = self._hold(said)
            held.idle[connection] = False
            return [held.said]
        self._grace.pop(said.session, None)
        held.until = 0
        held.is_taken_over = False
        held.idle[connection] = False
        newer = said if said.chosen_at > held.said.chosen_at else held.said
        return self._say(held, msgspec.structs.replace(newer, is_idle=False))

    def dropped(self, session: int, connection: object, now: int) -> list[Fact]:
        """A connection ended by itself; the last one begins the grace."""
        held = self._held.get(session)
        if held is None or held.idle.pop(connection, None) is None:
            return []
        if held.idle:
            return self._say(held, msgspec.structs.replace(held.said, is_idle=all(held.idle.values())))
        self._wait(held, now + GRACE)
        return []

    def left(self, session: int) -> list[Fact]:
        """It was signed out or ended: gone at once."""
        held = self._held.pop(session, None)
        if held is None:
            return []
        self._grace.pop(session, None)
        sessions = self._of[held.said.member]
        sessions.discard(session)
        if not sessions:
            del self._of[held.said.member]
        return [Gone(session, held.said.member, held.said.company)]

    def idles(self, session: int, connection: object, is_idle: bool) -> list[Fact]:
        """A client tells that nobody touches the device, or that somebody does again; a session is idle where all its tabs are."""
        held = self._held.get(session)
        if held is None or connection not in held.idle:
            return []
        held.idle[connection] = is_idle
        return self._say(held, msgspec.structs.replace(held.said, is_idle=all(held.idle.values())))

    def chooses(self, member: int, status: Status, text: str, chosen_at: int) -> list[Fact]:
        """The member's choice, made on one device, holds for all his sessions here; on other nodes it is the newest that counts."""
        facts: list[Fact] = []
        for session in self._of.get(member, ()):
            held = self._held[session]
            if held.said.chosen_at > chosen_at:
                continue
            facts += self._say(held, msgspec.structs.replace(held.said, status=int(status), text=text, chosen_at=chosen_at))
        return facts

    def adopts(self, heard: Said) -> list[Fact]:
        """Another node told of a newer choice: it outlives that node's sessions."""
        mine = [self._held[session].said.chosen_at for session in self._of.get(heard.member, ())]
        if not mine or min(mine) >= heard.chosen_at:
            return []
        return self.chooses(heard.member, Status(heard.status), heard.text, heard.chosen_at)

    def take_over(self, stored: Iterable[Said], now: int) -> list[Fact]:
        """At start: the sessions that were there when a node stopped, except those that have come back already."""
        facts: list[Fact] = []
        for said in stored:
            if said.session not in self._held:
                held = self._hold(said)
                held.is_taken_over = True
                self._wait(held, now + TAKE_OVER_GRACE)
                facts.append(said)
        return facts

    def expire(self, now: int) -> list[Fact]:
        """Whose grace is over."""
        over = [session for session in self._grace if self._held[session].until <= now]
        return [fact for session in over for fact in self.left(session)]

    @property
    def next_at(self) -> int | None:
        """When the first grace is over."""
        return min((self._held[session].until for session in self._grace), default=None)

    def _hold(self, said: Said) -> Held:
        held = self._held[said.session] = Held(said)
        self._of.setdefault(said.member, set()).add(said.session)
        return held

    def _wait(self, held: Held, until: int) -> None:
        held.until = until
        self._grace[held.said.session] = None

    def _say(self, held: Held, said: Said) -> list[Fact]:
        if said == held.said:
            return []
        held.said = said
        return [said]
