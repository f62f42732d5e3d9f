"""Reading a company's audit trail: page by page backwards, or on as entries come (SPEC L8). Each look has its entry itself (promise V6).

Whoever follows is not shown the entries of his own looks while he follows: each would be the reason for the next.
"""

from collections.abc import Awaitable, Callable

import msgspec

from protocol.ids import to_wire
from server.audit.service import OPERATOR, Actor, Details, look, recording_refusals
from server.companies.errors import CompanyNotFound
from server.companies.rules import check_page
from server.roles import rules
from server.roles.asking import company_for, permit
from storage import audit, companies
from storage.audit import NEWEST, Entry, Wanted
from storage.draw import draw_id
from storage.engine import Storage
from storage.members import find_by_number
from storage.work import Read

ACT = "audit.read"
PAGE = 200


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """``act``: how it begins, ``member.`` or ``member.add``. ``actor``: an account number, or a name as the entries have it."""

    act: str = ""
    actor: str = ""


class TrailService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def read(
        self, actor: Actor, company: str, asked: Asked, *, before: int = NEWEST, limit: int = PAGE, following: str = ""
    ) -> list[Entry]:
        """The newest before the entry ``before``, the oldest of them first. ``company``: also the operator's own trail, for him alone.

        Raises: CompanyNotFound, NotAllowed.
        """

        async def fetch(read: Read, id: int, wanted: Wanted) -> list[Entry]:
            check_page(limit, before)
            return await audit.before(read, id, wanted, before, limit)

        return await self._look(actor, company, asked, following, fetch)

    async def follow(self, actor: Actor, company: str, asked: Asked, *, behind: int, following: str) -> list[Entry]:
        """Those behind the entry ``behind``, the oldest first. Where there is none nothing is shown, and no entry is written.

        ``following``: as ``new_following`` gave it, the same for all looks of one run. Raises: CompanyNotFound, NotAllowed.
        """

        async def fetch(read: Read, id: int, wanted: Wanted) -> list[Entry]:
            check_page(PAGE, behind)
            return [one for one in await audit.behind(read, id, wanted, behind, PAGE) if one.details.get("following") != following]

        async def peek(read: Read) -> list[Entry]:
            read.act = ACT
            return await self._fetched(read, actor, company, asked, fetch)

        async with recording_refusals(self._storage, actor, company, ACT, asked=_details(asked, following)):
            found = await self._storage.read(peek)
        return await self._look(actor, company, asked, following, fetch) if found else []

    async def _look(self, actor: Actor, company: str, asked: Asked, following: str, fetch: "Fetch") -> list[Entry]:
        async def do(read: Read) -> list[Entry]:
            return await self._fetched(read, actor, company, asked, fetch)

        return await look(self._storage, actor, company, ACT, do, asked=_details(asked, following))

    async def _fetched(self, read: Read, actor: Actor, company: str, asked: Asked, fetch: "Fetch") -> list[Entry]:
        id = await _trail_of(read, actor, company)
        card = await find_by_number(read, asked.actor) if asked.actor else None
        return await fetch(read, id, Wanted(asked.act, asked.actor, card.id if card is not None else 0))


Fetch = Callable[[Read, int, Wanted], Awaitable[list[Entry]]]


def new_following() -> str:
    """What names one run of following in its own entries."""
    return to_wire(draw_id())


async def _trail_of(read: Read, actor: Actor, company: str) -> int:
    """Raises: CompanyNotFound, NotAllowed."""
    if company != OPERATOR:
        found = await company_for(read, company, actor, personal=True)
        await permit(read, found, actor)
        return found.id
    rules.check_operator(actor, ACT)
    read.is_permitted = True
    own = await companies.find(read, OPERATOR)
    if own is None:
        raise CompanyNotFound(company)
    return own.id


def _details(asked: Asked, following: str) -> Details:
    details = {"act": asked.act, "actor": asked.actor, "following": following}
    return {name: value for name, value in details.items() if value}
