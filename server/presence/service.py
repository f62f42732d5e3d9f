"""Presence of a node: joins connections, the other nodes and the companies' pictures.

Whether a choice is allowed, and what is stored of it, was decided before (``wishes.py``). What may be told when is ``turns.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from protocol.events import OwnPresence
from server.clock import Clock
from server.delivery.online import Online, Receiver, pass_on
from server.delivery.wire import Shared
from server.presence.company import CompanyPresence
from server.presence.sessions import GRACE, Fact, Gone, Sessions
from server.presence.standings import HEARTBEAT, Nodes, Standings
from server.presence.statuses import Said, Seen, Standing, Status
from server.presence.turns import Feed, Turns
from server.presence.visible import Visibility
from server.presence.words import Word
from server.wheel import Wheel
from storage.presence import Choice


class Parts(NamedTuple):
    """What the composition root hands in. ``sight`` gives what a company's members may see.

    ``publish`` is None where there is one node alone. ``call_soon`` is the loop's.
    """

    node: str
    sight: Callable[[int], Visibility]
    feed: Feed
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
        self._turns = Turns(parts.wheel, parts.clock, parts.feed, parts.call_soon, self._tell_news)
        self._news: list[Fact] = []
        self._number = 0
        self._taken_over: dict[int, int] = {}
        self._hiding: dict[int, Said] = {}
        self._is_over = False
        self._grace = parts.wheel.alarm(self._expire)
        self._heart = parts.wheel.alarm(self._heartbeat)
        self.last_seen: dict[tuple[int, int], int] = {}
        """When others saw (company, member) last, of those who went offline here; whoever writes it takes it out."""

    @property
    def is_turning(self) -> bool:
        """Whether there is something to do before time passes."""
        return self._turns.is_turning

    @property
    def seen(self) -> Mapping[int, Seen]:
        """What others see of everybody who is not offline to them. Who may see it is the evaluator's."""
        return self._standings.seen

    def standing(self, member: int) -> Standing:
        """The truth, for his own devices."""
        return self._standings.of(member)

    def chosen_at(self, member: int) -> int:
        """When he chose last, as far as his sessions on any node know; 0 where he has none, or never did."""
        return self._standings.chosen_at(member)

    def live(self) -> list[Said]:
        """The sessions of this node, for the rows that are written every ten seconds."""
        return self._sessions.live()

    def start(self, stored: Mapping[Said, int] | None = None) -> None:
        """``stored``: the sessions that were there when nodes stopped, and when that was; they have 30 seconds to come back."""
        stored = stored or {}
        self._taken_over = {said.session: at for said, at in stored.items()}
        self._heard(self._parts.node, self._sessions.take_over(stored, self._turns.now))
        self._wait_for_graces()
        self._heart.set(HEARTBEAT / 1000)
        self._turns.start()

    def stop(self) -> None:
        self._is_over = True
        for alarm in (self._grace, self._heart):
            alarm.stop()
        self._turns.stop()

    # ---- companies

    def of(self, company: int) -> CompanyPresence:
        """What watchers watch, and what is told of changes in the company."""
        there = self._turns.companies.get(company)
        if there is None:
            there = CompanyPresence(self._parts.sight(company), self._standings.seen, lambda: self._turns.wake(company))
            self._turns.companies[company] = there
        return there

    def watched(self, company: int) -> CompanyPresence | None:
        """The same, if anybody watches anything there."""
        return self._turns.companies.get(company)

    # ---- connections

    def came(self, receiver: Receiver, device_class: str, choice: Choice) -> None:
        """``choice`` is the member's, as it is stored; the connection hears its own presence in any case."""
        self._taken_over.pop(receiver.session, None)
        said = Said(receiver.session, receiver.member, receiver.company, device_class, choice.status, choice.text, choice.chosen_at)
        told = self._heard(self._parts.node, self._sessions.came(said, receiver))
        if receiver.member not in told:
            pass_on(receiver, self._own(receiver.member).wire(receiver.codec))

    def has(self, receiver: Receiver) -> bool:
        """Whether it came."""
        return self._sessions.has(receiver.session, receiver)

    def dropped(self, receiver: Receiver) -> None:
        """The connection is gone by itself; its member is not offline yet."""
        company = self.watched(receiver.company)
        if company is not None:
            company.leave(receiver)
        self._heard(self._parts.node, self._sessions.dropped(receiver.session, receiver, self._turns.now))
        self._wait_for_graces()

    def ended(self, session: int) -> None:
        """It was signed out, or ended."""
        self._heard(self._parts.node, self._sessions.left(session))

    def idles(self, receiver: Receiver, is_idle: bool) -> None:
        self._heard(self._parts.node, self._sessions.idles(receiver.session, receiver, is_idle))

    def chooses(self, member: int, choice: Choice) -> None:
        self._heard(self._parts.node, self._sessions.chooses(member, Status(choice.status), choice.text, choice.chosen_at))

    def invisible(self, company: int) -> list[Said]:
        """Sessions of this node whose members are."""
        return [said for said in self._hiding.values() if said.company == company]

    def company_of(self, member: int) -> int | None:
        """Of a member who is connected here."""
        receivers = self._online.members.get(member)
        return receivers[0].company if receivers else None

    # ---- facts

    def _heard(self, node: str, facts: Iterable[Fact], at: int | None = None) -> set[int]:
        """Gives the members whose devices were told. ``at``: when it happened, if not now."""
        is_own = node == self._parts.node
        told = set()
        for fact in facts:
            if is_own:
                self._note(fact)
            if self._standings.apply(node, fact):
                told.add(fact.member)
                if self._stands(fact.company, fact.member) and is_own:
                    self.last_seen[fact.company, fact.member] = self._parts.clock.now() if at is None else at
        if self._news:
            self._turns.soon()
        return told

    def _note(self, fact: Fact) -> None:
        """Of this node's own."""
        if isinstance(fact, Said) and fact.status == Status.INVISIBLE:
            self._hiding[fact.session] = fact
        else:
            self._hiding.pop(fact.session, None)
        if self._parts.publish is not None:
            self._news.append(fact)

    def _stands(self, company: int, member: int) -> bool:
        """Whether others see him no more by this."""
        before, now = self._standings.settle(member)
        if before != now and (there := self.watched(company)) is not None:
            there.flipped(member, before, now)
        receivers = self._online.members.get(member, ())
        if receivers:
            own = self._own(member)
            for receiver in receivers:
                pass_on(receiver, own.wire(receiver.codec))
        return before.code != 0 and now.code == 0

    def _own(self, member: int) -> Shared:
        standing = self._standings.of(member)
        devices = {name: int(status) for name, status in standing.own}
        return Shared.of(OwnPresence(status=int(standing.status), text=standing.text, devices=devices))

    # ---- other nodes

    def word(self, word: Word) -> None:
        """Another node said something."""
        if word.node == self._parts.node:
            return
        if word.asks == self._parts.node:
            self._publish(tuple(self._sessions.facts()), whole=True)
        if word.whole:
            self._nodes.told_all(word.node, word.number, self._turns.now)
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
        return hear(word.node, word.number, self._turns.now)

    def _publish(self, said: tuple[Said, ...], gone: tuple[Gone, ...] = (), *, whole: bool = False, asks: str = "") -> None:
        if self._parts.publish is not None:
            self._parts.publish(Word(self._parts.node, self._number, said, gone, whole, asks))

    def _tell_news(self) -> None:
        """One word for all that happened since the last turn; of each session the last fact counts."""
        if not self._news:
            return
        last = {fact.session: fact for fact in self._news}
        self._news.clear()
        self._number += 1
        said = tuple(fact for fact in last.values() if isinstance(fact, Said))
        self._publish(said, tuple(fact for fact in last.values() if isinstance(fact, Gone)))

    # ---- time

    def _expire(self) -> None:
        """Who was taken over was seen when his node stopped, everybody else when his connection dropped."""
        dropped_at = self._parts.clock.now() - GRACE
        for gone in self._sessions.expire(self._turns.now):
            self._heard(self._parts.node, [gone], self._taken_over.pop(gone.session, dropped_at))
        self._wait_for_graces()

    def _wait_for_graces(self) -> None:
        at = self._sessions.next_at
        if at is not None and not self._is_over:
            self._grace.set(self._turns.until(at))

    def _heartbeat(self) -> None:
        self._publish(())
        for node in self._nodes.dead(self._turns.now):
            self._heard(node, self._standings.forget(node))
        self._turns.tidy()
        self._heart.set(HEARTBEAT / 1000)
