"""A member's own profile, as he changes it himself (SPEC B9, B10). No administrative act: it has no entry in the trail.

Which fields others are shown is the company's rule and ``server.visibility``'s; a phone or mail is bound by a code, elsewhere.
"""

from msgspec import UNSET

from protocol.errors import MemberNotFound
from server.org import cards
from server.org.cards import OwnChanges
from storage import company_log, people
from storage.engine import Storage
from storage.work import Work


class OwnProfileService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def change(self, company: int, member: int, changes: OwnChanges) -> None:
        """His devices, and who sees him, are told where anything changed.

        Raises: MemberNotFound of who is not active, NameInvalid, WordsInvalid, TagsInvalid.
        """

        async def act(work: Work) -> None:
            before = (await people.records(work, company, [member])).get(member)
            if before is None or before.state != "active":
                raise MemberNotFound
            after = cards.own_changed(before, changes)
            told = after != before
            if told:
                await people.save(work, after)
            if changes.tags is not UNSET:
                wanted = cards.tags(changes.tags)
                if wanted != await people.tags(work, member):
                    await people.set_tags(work, member, wanted)
                    told = True
            if told:
                await company_log.tell(work, company, members=[member])

        await self._storage.transact(act)
