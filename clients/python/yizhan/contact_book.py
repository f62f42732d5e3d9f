"""The coroutines about frequent contacts, their groups, recent contacts and the directory's lists.

They ask and give what the server says; the contacts are kept by the core (``contacts.py``), as pages arrive.
"""

from typing import Literal

from ._protocol import commands
from ._protocol import events as wire
from .contacts import Contacts
from .directory import Directory

ListName = Literal["all", "online", "followed", "followers"]


class ContactBook(Directory):
    async def load_contacts(self) -> Contacts:
        """What is new since the last time; everything at first. Call it once on each connection, and at ``ContactsChanged``."""
        token, page = self._core.contacts.token, ""
        while True:
            got = await self._read(commands.GetContacts(request=0, token=token, page=page), wire.ContactsPage)
            page = got.page
            if not page:
                return self._core.contacts

    async def recent_contacts(self, *, page: str = "", limit: int = 50) -> wire.RecentContacts:
        """The others of one's direct conversations, the last one first. ``page``: of the answer before."""
        return await self._read(commands.ListRecentContacts(request=0, page=page, limit=limit), wire.RecentContacts)

    async def directory(self, which: ListName = "all", *, letter: str = "", page: str = "", limit: int = 100) -> wire.DirectoryPage:
        """Colleagues by pinyin, all or those under ``letter``. ``page``: of the answer before."""
        return await self._read(commands.ListDirectory(request=0, which=which, letter=letter, page=page, limit=limit), wire.DirectoryPage)

    # ---- contacts

    async def add_contact(self, member: str | None = None, *, number: str = "", remark: str | None = None) -> None:
        """A member, or who has an account number; one who is a contact already may get another ``remark``. Raises: Refused."""
        await self._answer(self._core.wish(commands.AddContact(request=0, member=member, number=number, remark=remark)))

    async def remove_contact(self, member: str) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.RemoveContact(request=0, member=member)))

    async def move_contact(self, member: str, *, before: str | None = None) -> None:
        """Right before another contact, or last. Raises: Refused."""
        await self._answer(self._core.wish(commands.MoveContact(request=0, member=member, before=before)))

    # ---- groups

    async def make_contact_group(self, name: str, *, id: str = "") -> str:
        """The new group's id. ``id``: a client id of one's own, to repeat it over restarts. Raises: Refused."""
        return (await self._expect(self._core.make_contact_group(name, id=id), wire.ContactGroupMade)).group

    async def rename_contact_group(self, group: str, name: str) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.RenameContactGroup(request=0, group=group, name=name)))

    async def move_contact_group(self, group: str, *, before: str | None = None) -> None:
        """Right before another group, or last. Raises: Refused."""
        await self._answer(self._core.wish(commands.MoveContactGroup(request=0, group=group, before=before)))

    async def delete_contact_group(self, group: str) -> None:
        """Who was in it stays a contact. Raises: Refused."""
        await self._answer(self._core.wish(commands.DeleteContactGroup(request=0, group=group)))

    async def put_in_contact_group(self, group: str, member: str, *, before: str | None = None) -> None:
        """Right before another one in it, or last; also to move him. Who was no contact is one then. Raises: Refused."""
        await self._answer(self._core.wish(commands.PutInContactGroup(request=0, group=group, member=member, before=before)))

    async def take_out_of_contact_group(self, group: str, member: str) -> None:
        """Raises: Refused."""
        await self._answer(self._core.wish(commands.TakeOutOfContactGroup(request=0, group=group, member=member)))
