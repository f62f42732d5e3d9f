"""Presence of a node: joins connections, the other nodes and the companies' pictures, and gives the work its turns.

It decides little: what a turn of the loop may take, and that a choice is allowed. Time is counted in ticks of the wheel, so after the
process stood still nobody is late at once, neither a session in its grace nor another node.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from protocol.events import OwnPresence
from server.clock import Clock
from server.delivery.online import Online, Receiver
from server.delivery.wire import Shared
from server.org.organisation import Organisation
from server.presence.company import CompanyPresence
from server.presence.errors import InvisibleNotAllowed
from server.presence.sessions import Fact, Gone, Sessions
from server.presence.standings import HEARTBEAT, Nodes, Standings
from server.presence.statuses import Said, Seen, Standing, Status
from server.presence.visible import Visibility
from server.wheel import Wheel

TURN = 0.004
"""Seconds of a turn of the loop that presence takes at most, a step more or less."""
FRAMES_A_TURN = 500
"""Each is written to its socket at the end of the turn, which costs more than to make it."""
SLICE = 125


class Word(msgspec.Struct, frozen=True, array_like=True):
    """What nodes say to each other; facts, never encodings. ``number`` is that of the node's last word with facts.

    ``whole``: these are all its facts. ``asks``: of which node this one has missed something.
    """

    node: str
    number: int
    said: tuple[Said, ...] = ()
    gone: tuple[Gone, ...] = ()
    whole: bool = False
    asks: str = ""


class Parts(NamedTuple):
    """What the composition root hands in. ``company`` gives a company's picture and its evaluator.

    ``publish`` is None where there is one node alone. ``call_soon`` is the loop's.
    """

    node: str
    company: Callable[[int], tuple[Organisation, Visibility]]
    may_be_invisible: Callable[[int, int], bool]
    online: Online
    wheel: Wheel
    clock: Clock
    call_soon: Callable[[Callable[[], object]], object]
    publish: Callable[[Word], object] | None = None


class Presence:
    """One for each node."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._online = parts.online
        self._sessions = Sessions()
        self._standings = Standings()
        self._nodes = Nodes()
        self._companies: dict[int, CompanyPresence] = {}
        self._awake: deque[int] = deque()
        self._is_turning = False
        self._waits: dict[int, int] = {}
        self._news: list[Fact] = []
        self._number = 0
        self._beat = parts.wheel.alarm(self._rings)
        self._grace = parts.wheel.alarm(self._expire)
        self._heart = parts.wheel.alarm(self._heartbeat)

    @property
    def seen(self) -> Mapping[int, Seen]:
        """What others see of everybody who is not offline to them. Who may see it is the evaluator's."""
        return self._standings.seen

    def standing(self, member: int) -> Standing:
        """The truth, for his own devices."""
        return self._standings.of(member)

    def live(self) -> list[Said]:
        """The sessions that are there, for the rows that are written every ten seconds."""
        return self._sessions.facts()

    def start(self, stored: Iterable[Said] = ()) -> None:
        """``stored``: the sessions that were there when the node stopped; they have 30 seconds to come back."""
        self._heard(self._parts.node, self._sessions.take_over(stored, self.now))
        self._wait_for_graces()
        self._heart.set(HEARTBEAT / 1000)

    def stop(self) -> None:
        for alarm in (self._beat, self._grace, self._heart):
            alarm.stop()

    @property
    def now(self) -> int:
        return int(self._parts.wheel.ticks * self._parts.wheel.tick * 1000)

    def of(self, company: int) -> CompanyPresence:
        """What watchers watch, and what is told of changes in the company."""
        there = self._companies.get(company)
        if there is None:
            organisation, visibility = self._parts.company(company)
            there = CompanyPresence(organisation, visibility, self._standings.seen, lambda: self._wake(company))
            self._companies[company] = there
        return there

    # ---- connections

    def came(self, receiver: Receiver, device_class: str, status: Status, text: str, chosen_at: int) -> None:
        """``status``, ``text`` and ``chosen_at`` are the member's choice as it is stored."""
        if status is Status.INVISIBLE and not self._parts.may_be_invisible(receiver.company, receiver.member):
            status = Status.ONLINE
        said = Said(receiver.session, receiver.member, receiver.company, device_class, int(status), text, chosen_at)
        self._heard(self._parts.node, self._sessions.came(said, receiver))

    def dropped(self, receiver: Receiver) -> None:
        """The connection is gone by itself; its member is not offline yet."""
        self._leave(receiver)
        self._heard(self._parts.node, self._sessions.dropped(receiver.session, receiver, self.now))
        self._wait_for_graces()

    def left(self, receiver: Receiver) -> None:
        """Its session was ended."""
        self._leave(receiver)
        self._heard(self._parts.node, self._sessions.left(receiver.session))

    def idles(self, receiver: Receiver, is_idle: bool) -> None:
        self._heard(self._parts.node, self._sessions.idles(receiver.session, receiver, is_idle))

    def chooses(self, company: int, member: int, status: Status, text: str) -> int:
        """When, which is stored with the choice. Raises: InvisibleNotAllowed."""
        if status is Status.INVISIBLE and not self._parts.may_be_invisible(company, member):
            raise InvisibleNotAllowed
        chosen_at = self._parts.clock.now()
        self._heard(self._parts.node, self._sessions.chooses(member, status, text, chosen_at))
        return chosen_at

    def permissions_changed(self, company: int) -> None:
        """Who may not be invisible any more is online."""
        hidden = [said for said in self._sessions.facts() if said.company == company and said.status == Status.INVISIBLE]
        for said in hidden:
            if not self._parts.may_be_invisible(company, said.member):
                self.chooses(company, said.member, Status.ONLINE, said.text)

    def _leave(self, receiver: Receiver) -> None:
        company = self._companies.get(receiver.company)
        if company is not None:
            company.leave(receiver)

    # ---- facts

    def _heard(self, node: str, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if node == self._parts.node and self._parts.publish is not None:
                self._news.append(fact)
            if self._standings.apply(node, fact):
                self._stands(fact.company, fact.member)
        if self._news:
            self._turn_soon()

    def _stands(self, company: int, member: int) -> None:
        before, now = self._standings.settle(member)
        if before != now:
            self.of(company).flipped(member, before, now)
        standing = self._standings.of(member)
        devices = {name: int(status) for name, status in standing.own}
        own = Shared.of(OwnPresence(status=int(standing.status), text=standing.text, devices=devices))
        for receiver in self._online.members.get(member, ()):
            receiver.give(own.wire(receiver.codec))

    def word(self, word: Word) -> None:
        """Another node said something."""
        if word.node == self._parts.node:
            return
        if word.asks == self._parts.node:
            self._publish(tuple(self._sessions.facts()), whole=True)
        if word.whole:
            self._nodes.told_all(word.node, word.number, self.now)
            self._heard(word.node, self._standings.correct(word.node, word.said))
        elif not self._is_in_order(word):
            self._publish((), asks=word.node)
            return
        else:
            self._heard(word.node, (*word.said, *word.gone))
        for said in word.said:
            self._heard(self._parts.node, self._sessions.adopts(said))

    def _is_in_order(self, word: Word) -> bool:
        hear = self._nodes.hears if word.said or word.gone else self._nodes.beats
        return hear(word.node, word.number, self.now)

    def _publish(self, said: tuple[Said, ...], gone: tuple[Gone, ...] = (), *, whole: bool = False, asks: str = "") -> None:
        if self._parts.publish is not None:
            self._parts.publish(Word(self._parts.node, self._number, said, gone, whole, asks))

    def _tell_news(self) -> None:
        """One word for all that happened since the last turn; of each session the last fact counts."""
        last = {fact.session: fact for fact in self._news}
        self._news.clear()
        self._number += 1
        said = tuple(fact for fact in last.values() if isinstance(fact, Said))
        self._publish(said, tuple(fact for fact in last.values() if isinstance(fact, Gone)))

    # ---- time

    def _expire(self) -> None:
        self._heard(self._parts.node, self._sessions.expire(self.now))
        self._wait_for_graces()

    def _wait_for_graces(self) -> None:
        at = self._sessions.next_at
        if at is not None:
            self._grace.set(self._until(at))

    def _heartbeat(self) -> None:
        self._publish(())
        for node in self._nodes.dead(self.now):
            self._heard(node, self._standings.forget(node))
        for company in self._companies.values():
            company.tidy(self.now)
        self._heart.set(HEARTBEAT / 1000)

    def _rings(self) -> None:
        due = [company for company, at in self._waits.items() if at <= self.now]
        for company in due:
            del self._waits[company]
            self._wake(company)
        self._set_beat()

    def _set_beat(self) -> None:
        if self._waits:
            self._beat.set(self._until(min(self._waits.values())))

    def _until(self, at: int) -> float:
        """What an alarm is set to so that it rings at the tick that ``at`` is: it adds one, for the present one may be nearly over."""
        return max(0.0, (at - self.now) / 1000 - self._parts.wheel.tick)

    # ---- turns

    def _wake(self, company: int) -> None:
        if company not in self._awake:
            self._awake.append(company)
        self._turn_soon()

    def _turn_soon(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            self._parts.call_soon(self._turn)

    def _turn(self) -> None:
        """Work for a few milliseconds, then let the others."""
        self._is_turning = False
        if self._news:
            self._tell_news()
        clock, frames = self._parts.clock, 0
        until = clock.monotonic() + TURN
        while self._awake and frames < FRAMES_A_TURN and clock.monotonic() < until:
            number = self._awake.popleft()
            company = self._companies[number]
            if company.frames:
                frames += self._give(company)
            elif not company.step() and not company.frames:
                self._ask_when(number, company)
                if not company.is_busy:
                    continue
            self._wake(number)
        if self._awake:
            self._turn_soon()

    def _ask_when(self, number: int, company: CompanyPresence) -> None:
        at = company.beat(self.now)
        if at is None:
            self._waits.pop(number, None)
        else:
            self._waits[number] = at
        self._set_beat()

    def _give(self, company: CompanyPresence) -> int:
        """A frame to some of its receivers; the rest of them come next."""
        receivers, shared = company.frames[0]
        some = receivers[-SLICE:]
        del receivers[-SLICE:]
        if not receivers:
            company.frames.popleft()
        there = company.watching.watchers
        for receiver in some:
            if receiver in there:
                receiver.give(shared.wire(receiver.codec))
        return len(some)
