"""Frequent contacts and own contact groups: kept by their owner, told to all of his devices by places (SPEC G4, B6; LOG E1).

Who may be added is asked as for a card that is opened, so also somebody hidden whom one knows from a shared conversation. Who was added
stays, whatever becomes of him but being deleted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from protocol import limits
from protocol.errors import IdConflict, MemberNotFound, YizhanError
from server.companies.rules import name as checked_name
from server.contacts import rules
from server.contacts.errors import (
    ContactGroupNameTaken,
    ContactGroupNotFound,
    ContactGroupsFull,
    OneselfAsContact,
    TooManyContactGroups,
    TooManyContacts,
)
from server.visibility.service import Viewer, access_addressable
from server.visibility.terms import Where
from storage import contact_lists as lists
from storage import members
from storage.contact_lists import Contact, Entry, Group
from storage.draw import draw_id
from storage.engine import Storage
from storage.work import Work

NOBODY = -1


class ContactService:
    """Every act is in the turn, and one that changes nothing writes nothing."""

    def __init__(self, storage: Storage, draw: Callable[[], int] = draw_id) -> None:
        self._storage = storage
        self._draw = draw

    # ---- contacts

    async def add(self, viewer: Viewer, member: int | None, number: str = "", remark: str | None = None) -> None:
        """``member`` None: who has the account ``number``. Raises: MemberNotFound, OneselfAsContact, TooManyContacts, NameInvalid."""
        if remark is not None:
            remark = checked_name("remark", remark, may_be_empty=True, most=limits.CONTACT_REMARK_CHARACTERS)

        async def act(work: Work) -> None:
            where, wanted = Where.PROFILE, member
            if wanted is None:
                found = await members.find_by_number(work, number)
                where, wanted = Where.NUMBER, NOBODY if found is None else found.id
            await self._keep(work, viewer, await _addressable(work, viewer, wanted, where), remark)

        await self._storage.transact(act)

    async def _keep(self, work: Work, viewer: Viewer, contact: int, remark: str | None) -> None:
        who = (viewer.company, viewer.member)
        there = await lists.find(work, *who, contact)
        if there is not None and not there.removed:
            if remark is None or remark == there.remark:
                return
            await lists.save(work, *who, msgspec.structs.replace(there, remark=remark), is_new=False)
        else:
            mine = await lists.of(work, *who)
            if len(mine) >= limits.CONTACTS:
                raise TooManyContacts(limits.CONTACTS)
            made = Contact(contact, remark or "", rules.last([(one.id, one.sort) for one in mine]), False, 0)
            await lists.save(work, *who, made, is_new=there is None)
        work.own(viewer.member, "contacts")

    async def remove(self, viewer: Viewer, contact: int) -> None:
        """Raises: MemberNotFound of who never was one."""

        async def act(work: Work) -> None:
            who = (viewer.company, viewer.member)
            there = await lists.find(work, *who, contact)
            if there is None:
                raise MemberNotFound
            if not there.removed:
                await lists.save(work, *who, msgspec.structs.replace(there, removed=True), is_new=False)
                await lists.leave_groups(work, *who, contact)
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)

    async def move(self, viewer: Viewer, contact: int, before: int | None) -> None:
        """Raises: MemberNotFound where one of them is no contact."""

        async def act(work: Work) -> None:
            mine = await lists.of(work, viewer.company, viewer.member)
            if sorts := _moved(mine, contact, before, MemberNotFound):
                await lists.set_sorts(work, viewer.company, viewer.member, sorts)
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)

    # ---- groups

    async def make_group(self, viewer: Viewer, client_id: bytes, wanted: str) -> int:
        """Raises: NameInvalid, IdConflict, ContactGroupNameTaken, TooManyContactGroups."""
        name, made = _group_name(wanted), self._draw()

        async def act(work: Work) -> int:
            who = (viewer.company, viewer.member)
            there = await lists.made_by(work, *who, client_id)
            if there is not None:
                if there[1] != name:
                    raise IdConflict
                return there[0]
            groups = await lists.groups_of(work, *who)
            _check_name(groups, name)
            if len(groups) >= limits.CONTACT_GROUPS:
                raise TooManyContactGroups(limits.CONTACT_GROUPS)
            await lists.make_group(work, *who, made, client_id, name, rules.last([(one.id, one.sort) for one in groups]))
            work.own(viewer.member, "contacts")
            return made

        return await self._storage.transact(act)

    async def rename_group(self, viewer: Viewer, group: int, wanted: str) -> None:
        """Raises: NameInvalid, ContactGroupNotFound, ContactGroupNameTaken."""
        name = _group_name(wanted)

        async def act(work: Work) -> None:
            there = await _group(work, viewer, group)
            if there.name != name:
                _check_name([one for one in await lists.groups_of(work, viewer.company, viewer.member) if one.id != group], name)
                await lists.save_group(work, viewer.company, viewer.member, msgspec.structs.replace(there, name=name))
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)

    async def move_group(self, viewer: Viewer, group: int, before: int | None) -> None:
        """Raises: ContactGroupNotFound."""

        async def act(work: Work) -> None:
            mine = await lists.groups_of(work, viewer.company, viewer.member)
            if sorts := _moved(mine, group, before, ContactGroupNotFound):
                await lists.set_group_sorts(work, viewer.company, viewer.member, sorts)
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)

    async def delete_group(self, viewer: Viewer, group: int) -> None:
        """Raises: ContactGroupNotFound of one that never was."""

        async def act(work: Work) -> None:
            there = await lists.find_group(work, viewer.company, viewer.member, group)
            if there is None:
                raise ContactGroupNotFound
            if not there.removed:
                await lists.save_group(work, viewer.company, viewer.member, msgspec.structs.replace(there, removed=True))
                await lists.empty_group(work, viewer.company, viewer.member, group)
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)

    async def put_in(self, viewer: Viewer, group: int, contact: int, before: int | None) -> None:
        """Raises: ContactGroupNotFound, ContactGroupsFull, and as ``add``; MemberNotFound also where ``before`` is not in the group."""

        async def act(work: Work) -> None:
            await _group(work, viewer, group)
            await self._keep(work, viewer, await _addressable(work, viewer, contact, Where.PROFILE), None)
            entries = await lists.entries_of(work, viewer.company, viewer.member)
            here = [(one.contact, one.sort) for one in entries if one.group == group]
            is_in = contact in dict(here)
            if not is_in and len(entries) >= limits.CONTACT_GROUP_ENTRIES:
                raise ContactGroupsFull(limits.CONTACT_GROUP_ENTRIES)
            if sorts := _placed(here, contact, before, MemberNotFound):
                await self._put(work, viewer, group, contact, sorts)

        await self._storage.transact(act)

    async def _put(self, work: Work, viewer: Viewer, group: int, contact: int, sorts: Mapping[int, int]) -> None:
        who, others = (viewer.company, viewer.member), dict(sorts)
        there = await lists.find_entry(work, *who, group, contact)
        await lists.save_entry(work, *who, Entry(group, contact, others.pop(contact), False, 0), is_new=there is None)
        await lists.set_entry_sorts(work, *who, group, others)
        work.own(viewer.member, "contacts")

    async def take_out(self, viewer: Viewer, group: int, contact: int) -> None:
        """Raises: ContactGroupNotFound, MemberNotFound of who never was in it."""

        async def act(work: Work) -> None:
            await _group(work, viewer, group)
            there = await lists.find_entry(work, viewer.company, viewer.member, group, contact)
            if there is None:
                raise MemberNotFound
            if not there.removed:
                gone = msgspec.structs.replace(there, removed=True)
                await lists.save_entry(work, viewer.company, viewer.member, gone, is_new=False)
                work.own(viewer.member, "contacts")

        await self._storage.transact(act)


def _group_name(wanted: str) -> str:
    """Raises: NameInvalid."""
    return checked_name("name", wanted, most=limits.CONTACT_GROUP_CHARACTERS)


def _check_name(others: Iterable[Group], name: str) -> None:
    """Raises: ContactGroupNameTaken."""
    if name.casefold() in {one.name.casefold() for one in others}:
        raise ContactGroupNameTaken(name)


def _moved(mine: Sequence[Contact | Group], one: int, before: int | None, missing: type[YizhanError]) -> Mapping[int, int]:
    """Raises: ``missing`` where ``one`` or ``before`` is not in the list."""
    there = [(each.id, each.sort) for each in mine]
    if one not in dict(there):
        raise missing
    return _placed(there, one, before, missing)


def _placed(there: Sequence[rules.Sorted], one: int, before: int | None, missing: type[YizhanError]) -> Mapping[int, int]:
    """Raises: ``missing`` where ``before`` is not in the list."""
    try:
        return rules.placed(there, one, before)
    except KeyError:
        raise missing from None


async def _group(work: Work, viewer: Viewer, group: int) -> Group:
    """Raises: ContactGroupNotFound."""
    there = await lists.find_group(work, viewer.company, viewer.member, group)
    if there is None or there.removed:
        raise ContactGroupNotFound
    return there


async def _addressable(work: Work, viewer: Viewer, wanted: int, where: Where) -> int:
    """Whom one may add: known, and not deleted. Raises: MemberNotFound, OneselfAsContact."""
    card = await access_addressable(work, viewer, wanted, where)
    if card.id == viewer.member:
        raise OneselfAsContact
    return card.id
