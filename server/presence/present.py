"""Who of a list is online now, for the directory's lists (SPEC G4). Whom the viewer finds is decided before it is asked."""

from collections.abc import Collection

from server.presence.following import FeedOfNode
from server.presence.service import Presence


class PresentNow:
    """``server.directory.lists.OnlineNow`` by the presence of this node: who is invisible is not among the seen."""

    def __init__(self, node: Presence, feed: FeedOfNode) -> None:
        self._node = node
        self._feed = feed

    async def __call__(self, company: int, viewer: int, among: Collection[int]) -> Collection[int]:
        """As in the tree, oneself included. A node that does not follow the feed any more shows nobody (LOG F5)."""
        if not self._feed.is_fresh:
            return ()
        seen = self._node.seen
        return [member for member in among if member in seen]
