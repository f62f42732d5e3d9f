"""The coroutines about outside contacts: members of other companies, and people with personal accounts (SPEC H1).

They ask and give what the server says; at ``OutsideChanged`` call them again for what is shown.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from ._protocol import commands, limits
from ._protocol import events as wire
from .address_book import Person
from .contact_book import ContactBook
from .wishes import Reason


class OutsideBook(ContactBook):
    async def outside_contacts(self, *, page: str = "", limit: int = limits.OUTSIDE_PAGE) -> wire.OutsideContacts:
        """``page``: of the answer before."""
        return await self._read(commands.ListOutside(request=0, page=page, limit=limit), wire.OutsideContacts)

    async def outside_requests(
        self, which: Literal["to_me", "mine"], *, page: str = "", limit: int = limits.OUTSIDE_PAGE
    ) -> wire.OutsideRequests:
        """Those that wait for an answer of one's own, or those that one made. ``page``: of the answer before."""
        command = commands.ListOutsideRequests(request=0, which=which, page=page, limit=limit)
        return await self._read(command, wire.OutsideRequests)

    # ---- requests

    async def request_outside(
        self, *, member: str | None = None, address: str = "", words: str = "", remark: str = "", id: str = ""
    ) -> None:
        """Ask ``member``, or whoever has ``address``: a number, a phone or a mail. Whether anybody has it is not told.

        ``id``: a client id of one's own, to repeat it over restarts. Raises: Refused.
        """
        await self._answer(self._core.request_outside(member=member, address=address, words=words, remark=remark, id=id))

    async def bring_outside(self, people: Sequence[Person], *, told: Callable[[int], None] = lambda done: None) -> None:
        """Ask everybody of an address book (``address_book.read``). ``told`` hears how many were asked so far. Raises: Refused."""
        done = 0
        for some in _pieces(people):
            await self._answer(self._core.bring_outside(some))
            done += len(some)
            told(done)

    async def withdraw_outside(self, asked: str) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.WithdrawOutside(request=0, asked=asked)))

    async def accept_outside(self, asked: str, *, remark: str = "") -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.AcceptOutside(request=0, asked=asked, remark=remark)))

    async def refuse_outside(self, asked: str, *, block: bool = False) -> None:
        """Who asked is not told. Raises: Refused."""
        await self._answer(self._core.wish(commands.RefuseOutside(request=0, asked=asked, block=block)))

    # ---- contacts

    async def remark_outside(self, member: str, remark: str) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.RemarkOutside(request=0, member=member, remark=remark)))

    async def remove_outside(self, member: str) -> None:
        """For both of the two. Raises: Refused."""
        await self._answer(self._core.wish(commands.RemoveOutside(request=0, member=member)))

    async def block_outside(self, member: str, *, on: bool = True) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.BlockOutside(request=0, member=member, on=on)))

    async def report_outside(self, member: str, reason: Reason, words: str = "", *, id: str = "") -> None:
        """To the administrators of one's own company. Raises: Refused."""
        await self._answer(self._core.report_outside(member, reason, words, id=id))


def _pieces(people: Sequence[Person]) -> list[Sequence[Person]]:
    most = limits.OUTSIDE_BROUGHT
    return [people[start : start + most] for start in range(0, len(people), most)]
