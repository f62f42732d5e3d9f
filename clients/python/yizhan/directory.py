"""The coroutines about the organisation: its tree as this member may see it, search, and one's own card.

They ask and give what the server says; the tree is kept by the core (``tree.py``), as pages and changes arrive.
"""

from collections.abc import Sequence

from ._protocol import commands
from ._protocol import events as wire
from ._protocol.commands import Shown
from .asking import Asking
from .errors import Refused
from .tree import Tree

ATTEMPTS = 5


class Directory(Asking):
    async def tree_top(self) -> wire.TreeTop:
        """One's own units and all above them, with counts."""
        return await self._read(commands.GetTreeTop(request=0), wire.TreeTop)

    async def load_tree(self) -> Tree:
        """The whole tree; ``Client.tree`` is kept by what the server tells from now on, as long as this connection lasts.

        Of a tree that was loaded before, only what differs is fetched.

        Raises: Refused.
        """
        for attempt in range(ATTEMPTS):
            try:
                return await self._load_tree()
            except Refused as refused:  # a new connection came between two pages: they belong to the first
                if refused.code != "page.cursor_invalid" or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt raises")

    async def _load_tree(self) -> Tree:
        page, have = "", self._core.tree.have()
        while True:
            got = await self._read(commands.GetTree(request=0, page=page, have=have), wire.TreePage)
            page, have = got.page, None
            if not page:
                return self._core.tree

    async def unit(self, unit: str) -> wire.UnitPage:
        """A unit with the units directly below it and all its members. Raises: Refused."""
        first = got = await self._read(commands.ListUnit(request=0, unit=unit), wire.UnitPage)
        members = list(got.members)
        while got.page:
            got = await self._read(commands.ListUnit(request=0, unit=unit, page=got.page), wire.UnitPage)
            members += got.members
        return wire.UnitPage(request=0, unit=first.unit, units=first.units, members=tuple(members))

    async def search_members(self, query: str = "", *, letter: str = "", page: str = "", limit: int = 20) -> wire.MembersFound:
        """Who is found, best first; without a query everybody by pinyin, or who is under ``letter``. ``page``: of the answer before."""
        command = commands.SearchMembers(request=0, query=query, letter=letter, page=page, limit=limit)
        return await self._read(command, wire.MembersFound)

    async def change_profile(
        self,
        *,
        name: str | None = None,
        nickname: str | None = None,
        gender: str | None = None,
        star_sign: str | None = None,
        office_phone: str | None = None,
        signature: str | None = None,
        phone_private: bool | None = None,
        last_seen: Shown | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """One's own card; what is left out stays. Raises: Refused."""
        command = commands.ChangeProfile(
            request=0,
            name=name,
            nickname=nickname,
            gender=gender,
            star_sign=star_sign,
            office_phone=office_phone,
            signature=signature,
            phone_private=phone_private,
            last_seen=last_seen,
            tags=None if tags is None else tuple(tags),
        )
        await self._answer(self._core.wish(command))
