"""Outside contacts: members of other companies, and people with personal accounts."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .. import limits
from .command import Command, Cursor, Id, Limit, MakesId, Word


class RequestOutside(Command, frozen=True, tag="request_outside"):
    """Ask somebody to become an outside contact: ``member`` whom one knows, or whoever has an ``address``: a number, a phone, a mail.

    ``words`` he is shown; ``remark`` is what one will call him. For an address the answer is the same whether anybody has it or not.
    """

    id: MakesId
    member: Id | None = None
    address: Word = ""
    words: Word = ""
    remark: Word = ""


class Brought(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the contacts that are brought over: ``{"id": "018f…", "address": "tom@example.com", "remark": "Tom"}``."""

    id: MakesId
    address: Word
    remark: Word = ""


class BringOutside(Command, frozen=True, tag="bring_outside"):
    """Ask several at once, such as those of an address book; each is a request with an id of its own. Who has an account is not told."""

    people: Annotated[tuple[Brought, ...], Meta(max_length=limits.OUTSIDE_BROUGHT)]


class WithdrawOutside(Command, frozen=True, tag="withdraw_outside"):
    """Take back a request of one's own."""

    asked: Id


class AcceptOutside(Command, frozen=True, tag="accept_outside"):
    """Each is an outside contact of the other from now on. ``remark``: what one calls who asked."""

    asked: Id
    remark: Word = ""


class RefuseOutside(Command, frozen=True, tag="refuse_outside"):
    """Who asked is not told. ``block``: he cannot ask again."""

    asked: Id
    block: bool = False


class ListOutside(Command, frozen=True, tag="list_outside"):
    """One's outside contacts, and whom else one blocked."""

    page: Cursor = ""
    limit: Limit = limits.OUTSIDE_PAGE


class ListOutsideRequests(Command, frozen=True, tag="list_outside_requests"):
    """Those that wait for one's answer (``to_me``), or those that one made."""

    which: Literal["to_me", "mine"]
    page: Cursor = ""
    limit: Limit = limits.OUTSIDE_PAGE


class RemarkOutside(Command, frozen=True, tag="remark_outside"):
    """What one calls an outside contact; the empty text takes it away. He is not told."""

    member: Id
    remark: Word


class RemoveOutside(Command, frozen=True, tag="remove_outside"):
    """No longer a contact, for both; neither writes to the other until one of them has asked again."""

    member: Id


class BlockOutside(Command, frozen=True, tag="block_outside"):
    """Whoever is blocked neither writes nor asks, and is not told so; ``on`` false lifts it."""

    member: Id
    on: bool = True


class ReportOutside(Command, frozen=True, tag="report_outside"):
    """Tell the administrators of one's company of somebody outside. He is not told."""

    id: MakesId
    member: Id
    reason: Literal["spam", "fraud", "harassment", "other"]
    words: Word = ""
