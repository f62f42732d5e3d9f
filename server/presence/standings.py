"""What all nodes' facts add up to: where each member stands now, and which nodes are to be believed.

A node tells its facts by number, with a heartbeat every 10 seconds; one that was not heard for 30 is dead and what it told is
forgotten (DESIGN 9). It decides whose word counts; how the word travels is the bus's.
"""

from collections.abc import Iterable

from server.presence.sessions import Fact, Gone
from server.presence.statuses import NOWHERE, OFFLINE, Said, Seen, Standing, merge

HEARTBEAT = 10_000
DEAD_AFTER = 30_000


class Standings:
    """``seen``: what others see of each member who is not offline to them; shared with all that only look things up."""

    def __init__(self) -> None:
        self.seen: dict[int, Seen] = {}
        self._said: dict[int, dict[tuple[str, int], Said]] = {}
        self._standing: dict[int, Standing] = {}
        self._of_node: dict[str, dict[int, Said]] = {}

    def of(self, member: int) -> Standing:
        return self._standing.get(member, NOWHERE)

    def chosen_at(self, member: int) -> int:
        return max((said.chosen_at for said in self._said.get(member, {}).values()), default=0)

    def apply(self, node: str, fact: Fact) -> bool:
        """Whether the member's standing is another one by it. ``seen`` changes with it only where ``settle`` is called."""
        said = self._said.setdefault(fact.member, {})
        if isinstance(fact, Gone):
            said.pop((node, fact.session), None)
            self._of_node.get(node, {}).pop(fact.session, None)
        else:
            said[node, fact.session] = fact
            self._of_node.setdefault(node, {})[fact.session] = fact
        before = self._standing.get(fact.member, NOWHERE)
        now = merge(said.values())
        if said:
            self._standing[fact.member] = now
        else:
            del self._said[fact.member]
            self._standing.pop(fact.member, None)
        return now != before

    def settle(self, member: int) -> tuple[Seen, Seen]:
        """Others may see his standing from now on: what they saw before, and what they see."""
        before, now = self.seen.get(member, OFFLINE), self.of(member).seen
        if now.code:
            self.seen[member] = now
        else:
            self.seen.pop(member, None)
        return before, now

    def forget(self, node: str) -> list[Gone]:
        """The facts that take back all that a node has told."""
        return [Gone(said.session, said.member, said.company) for said in self._of_node.get(node, {}).values()]

    def correct(self, node: str, facts: Iterable[Said]) -> list[Fact]:
        """The facts that make what a node has told equal to ``facts``, which is all that is true there."""
        now = {fact.session: fact for fact in facts}
        return [*(gone for gone in self.forget(node) if gone.session not in now), *now.values()]


class Nodes:
    """The other nodes, by what was heard of them last."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, int]] = {}  # number of its last word, when

    def hears(self, node: str, number: int, now: int) -> bool:
        """A word with facts. False where one before it was missed: the node is to be asked for all its facts."""
        last = self._heard.get(node)
        if last is not None and number <= last[0]:
            self._heard[node] = (last[0], now)
            return True
        if number != (last[0] if last is not None else 0) + 1:
            return False
        self._heard[node] = (number, now)
        return True

    def beats(self, node: str, number: int, now: int) -> bool:
        """A heartbeat, with the number of the last word before it. False as above."""
        last = self._heard.get(node)
        if last is None or last[0] < number:
            return False
        self._heard[node] = (last[0], now)
        return True

    def told_all(self, node: str, number: int, now: int) -> None:
        """All its facts, as of the word ``number``."""
        self._heard[node] = (number, now)

    def dead(self, now: int) -> list[str]:
        """Those not heard for too long; each is named once."""
        over = [node for node, (_, at) in self._heard.items() if now - at >= DEAD_AFTER]
        for node in over:
            del self._heard[node]
        return over
