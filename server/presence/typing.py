"""Who hears that somebody is typing: that he is there shows by it, so it is presence, told in a conversation (SPEC B6, G3; LOG H4).

In a direct conversation it is the other one, in a group whoever finds him. Of who is invisible, or not there for others yet, nobody hears,
and nobody of who is kept from writing by a rule between units. It is asked of the picture on this node: a hint that is lost does no harm,
so while the picture is behind, nobody hears anything.
"""

from collections.abc import Iterable, Mapping

from server.delivery.online import Receiver
from server.directory.pictures import Pictures
from server.presence.following import FeedOfNode
from server.presence.service import Presence
from server.visibility.evaluator import Evaluator
from server.visibility.terms import Ties, What, Where

IN_A_GROUP = Ties(has_shared=True, is_here=True)
IN_A_DIRECT_ONE = Ties(has_direct=True, has_shared=True, is_here=True, is_here_direct=True)


class TypingNow:
    def __init__(self, pictures: Pictures, node: Presence, feed: FeedOfNode) -> None:
        self._pictures = pictures
        self._node = node
        self._feed = feed

    async def heard_by(
        self, who: Receiver, there: Iterable[int], online: Mapping[int, tuple[Receiver, ...]], *, is_direct: bool
    ) -> list[int]:
        """``there``: who is in the conversation, and connected here. Raises: DatabaseAway, where the picture is not made yet."""
        if not self._is_seen(who):
            return []
        kept = await self._pictures.kept(who.company)
        if kept is None or kept.picture is None or not self._pictures.is_current(who.company) or not self._is_seen(who):
            return []
        others = [one for one in there if one != who.member and (connected := online.get(one)) and connected[0].company == who.company]
        return heard_by(kept.picture.evaluator, who.member, others, is_direct=is_direct)

    def _is_seen(self, who: Receiver) -> bool:
        """A node that does not follow the feed any more shows nobody (LOG F5)."""
        return self._feed.is_fresh and who.member in self._node.seen


def heard_by(evaluator: Evaluator, member: int, others: Iterable[int], *, is_direct: bool) -> list[int]:
    """Those of the others in the conversation who may hear that ``member`` is typing there."""
    ties = IN_A_DIRECT_ONE if is_direct else IN_A_GROUP
    return [
        other
        for other in others
        if evaluator.can_see(other, member, What.PRESENCE, Where.CONVERSATION, ties=ties)
        and not (is_direct and evaluator.rule_against_writing(member, other))
    ]
