"""The answer to a resume: what is new for a member since the position in his token, page by page (LOG E1, E3 to E5)."""

from collections.abc import Collection
from dataclasses import dataclass

from protocol import limits
from server.conversations.states import State, complete
from server.sync.tokens import Cursor, Seal
from storage import acquaintances, company_log, feed, heads
from storage.engine import Storage
from storage.work import Read

MOST_CHANGES = 1000


@dataclass(frozen=True)
class Answer:
    """A page: ``page`` asks for the next one, or ``token`` says what the client has now been told of."""

    states: list[State]
    page: str
    token: str
    snapshot: bool


class SyncService:
    def __init__(self, storage: Storage, seal: Seal, page: int = limits.CONVERSATIONS_PAGE) -> None:
        self._storage = storage
        self._seal = seal
        self._page = page

    async def page(self, company: int, member: int, token: str, page: str) -> Answer:
        """The first page for ``token``, or the one that ``page`` asks for. Raises: CursorInvalid."""
        if page:
            asked = self._seal.opened(page, member)
        else:
            since = self._seal.position(token)
            asked = Cursor(member, -1, since or 0, -1, since is None)

        async def act(read: Read) -> Answer:
            # the token is the position that the first statement of the answer saw, however many pages follow (LOG E3)
            seen: int = asked.seen if page else await read.value(feed.HEAD)
            snapshot = asked.snapshot or asked.since > seen
            if snapshot:
                rows = await heads.every(read, company, member, asked.behind, self._page)
            else:
                peers = await _other_states(read, company, asked.since)
                rows = await heads.since(read, company, member, asked.since, asked.behind, self._page, peers=peers)
            states = await complete(read, member, rows)
            if len(rows) == self._page:
                following = Cursor(member, rows[-1]["conversation"], asked.since, seen, snapshot)
                return Answer(states, self._seal.cursor(following), "", snapshot)
            return Answer(states, "", self._seal.token(seen), snapshot)

        return await self._storage.read(act)


async def _other_states(read: Read, company: int, since: int) -> Collection[int] | None:
    """Colleagues who were disabled, enabled or deleted since then (SPEC B4, B5); None where the log does not say it any more."""
    if not await company_log.is_newer(read, company, since):
        return ()
    changes = [changed for _, changed in await company_log.since(read, company, since, MOST_CHANGES)]
    is_wide = len(changes) == MOST_CHANGES or any(one.is_reload for one in changes)
    if is_wide or not await company_log.reaches(read, company, since):
        return None
    return await acquaintances.changed(read, {member for one in changes for member in one.members}, since + 1)
