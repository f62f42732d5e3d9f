"""Outside contacts: members of other companies, and people with personal accounts."""

from typing import Literal

import msgspec

from .frame import Answer, Frame


class OutsideContact(msgspec.Struct, frozen=True, omit_defaults=True):
    """``{"member": "…", "name": "Tom", "company": "Globex", "since": 1766000000000, "remark": "Tom of Sales"}``

    ``since``: in milliseconds. ``blocked``: by oneself; ``ended``: no contact, and blocked.
    """

    member: str
    name: str
    company: str
    since: int = 0
    remark: str = ""
    state: Literal["active", "disabled"] = "active"
    blocked: bool = False
    ended: bool = False


class OutsideRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One that was made to oneself names who asks: ``member``, ``name``, ``company``, and with ``instead_of`` whose contacts he takes over.

    One of one's own has the ``address`` as it was typed, or ``member``, and ``remark``. Whether it reached anybody, or was refused, is not
    told: it waits until it is accepted or expires.
    """

    asked: str
    at: int
    state: Literal["waiting", "accepted", "withdrawn", "expired"] = "waiting"
    member: str = ""
    name: str = ""
    company: str = ""
    address: str = ""
    words: str = ""
    remark: str = ""
    instead_of: str = ""


class OutsideContacts(Answer, frozen=True, tag="outside_contacts"):
    contacts: tuple[OutsideContact, ...]
    page: str = ""


class OutsideRequests(Answer, frozen=True, tag="outside_requests"):
    requests: tuple[OutsideRequest, ...]
    page: str = ""


class OutsideChanged(Frame, frozen=True, tag="outside_changed"):
    """Outside contacts or requests changed: ask `list_outside` and `list_outside_requests` when they are shown."""
