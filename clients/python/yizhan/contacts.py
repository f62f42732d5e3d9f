"""Frequent contacts and one's own groups of them: made of the server's pages, and kept by further ones (SPEC G4).

It does no I/O. ``protocol/README.md`` 17 says how pages are taken in.
"""

from ._protocol.events import ContactGroupInfo, ContactInfo, ContactsPage


class Contacts:
    """``token``: what this device has been given; empty before the first time."""

    def __init__(self) -> None:
        self.token = ""
        self._contacts: dict[str, ContactInfo] = {}
        self._groups: dict[str, ContactGroupInfo] = {}

    def __len__(self) -> int:
        return len(self._contacts)

    def __contains__(self, member: str) -> bool:
        return member in self._contacts

    # ---- looking

    def all(self) -> list[ContactInfo]:
        """In the order that their owner gave them."""
        return sorted(self._contacts.values(), key=lambda one: (one.sort, one.member))

    def groups(self) -> list[ContactGroupInfo]:
        return sorted(self._groups.values(), key=lambda one: (one.sort, one.group))

    def inside(self, group: str) -> list[ContactInfo]:
        """Who is in a group, in its own order."""
        found = [(entry.sort, one.member, one) for one in self._contacts.values() for entry in one.groups if entry.group == group]
        return [one for _, _, one in sorted(found, key=lambda entry: entry[:2])] if group in self._groups else []

    # ---- taking in

    def take_page(self, page: ContactsPage, *, is_first: bool) -> None:
        if page.snapshot and is_first:
            self._contacts, self._groups = {}, {}
        for group in page.groups:
            self._groups[group.group] = group
            if group.gone:
                del self._groups[group.group]
        for contact in page.contacts:
            self._contacts[contact.member] = contact
            if contact.gone:
                del self._contacts[contact.member]
        self.token = page.token or self.token
