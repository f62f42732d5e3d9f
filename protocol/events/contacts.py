"""Frequent contacts and the groups of them, and with whom one talked."""

from typing import Literal

import msgspec

from .frame import Answer, Frame


class InContactGroup(msgspec.Struct, frozen=True, array_like=True):
    """A contact in one of one's groups: ``[group, sort]``."""

    group: str
    sort: int


class ContactInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frequent contact: ``{"member": "…", "name": "Tom", "sort": 1048576, "groups": [["…", 1048576]]}``.

    Smaller ``sort`` first, equal ones by id. ``remark``: what one calls him. ``gone``: no longer a contact.
    """

    member: str
    name: str = ""
    sort: int = 0
    remark: str = ""
    state: Literal["active", "disabled"] = "active"
    robot: bool = False
    groups: tuple[InContactGroup, ...] = ()
    gone: bool = False


class ContactGroupInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """An own contact group: ``{"group": "…", "name": "Lunch", "sort": 1048576}``. ``gone``: deleted, and nobody is in it."""

    group: str
    name: str = ""
    sort: int = 0
    gone: bool = False


class RecentContact(msgspec.Struct, frozen=True, omit_defaults=True):
    """The other of a direct conversation; ``at``: when somebody wrote in it for the last time, in milliseconds."""

    member: str
    name: str
    conversation: str
    at: int
    state: Literal["active", "disabled"] = "active"
    robot: bool = False


class ContactsPage(Answer, frozen=True, tag="contacts_page"):
    """Contacts that are new or changed, as they are now; the first page has the groups, too, that are.

    ``page`` asks for the next page; the last one has ``token`` instead: keep it with what it brought. ``snapshot``: drop what you have,
    this is everything.
    """

    contacts: tuple[ContactInfo, ...]
    groups: tuple[ContactGroupInfo, ...] = ()
    page: str = ""
    token: str = ""
    snapshot: bool = False


class ContactGroupMade(Answer, frozen=True, tag="contact_group_made"):
    group: str


class RecentContacts(Answer, frozen=True, tag="recent_contacts"):
    contacts: tuple[RecentContact, ...]
    page: str = ""


class ContactsChanged(Frame, frozen=True, tag="contacts_changed"):
    """Contacts or groups changed, by whichever of one's devices, or one of the contacts did: ask `get_contacts` with your token."""
