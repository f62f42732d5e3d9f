"""Frequent contacts and the groups of them, and with whom one talked."""

from .. import limits
from .command import Command, Cursor, Id, Limit, MakesId, Word


class GetContacts(Command, frozen=True, tag="get_contacts"):
    """What is new of one's frequent contacts and their groups since ``token``, page by page; without a token all of them."""

    token: Cursor = ""
    page: Cursor = ""


class AddContact(Command, frozen=True, tag="add_contact"):
    """Keep ``member`` (an id), or who has an account ``number``, among one's frequent contacts; a new one comes last.

    ``remark``: what one calls him; left out it stays, the empty text takes it away.
    """

    member: Id | None = None
    number: Word = ""
    remark: Word | None = None


class RemoveContact(Command, frozen=True, tag="remove_contact"):
    """No longer a frequent contact, and in none of one's groups."""

    member: Id


class MoveContact(Command, frozen=True, tag="move_contact"):
    """Put a frequent contact right before another one, or last."""

    member: Id
    before: Id | None = None


class MakeContactGroup(Command, frozen=True, tag="make_contact_group"):
    """``{"type": "make_contact_group", "request": 7, "id": "018f…", "name": "Lunch"}``; it comes last."""

    id: MakesId
    name: Word


class RenameContactGroup(Command, frozen=True, tag="rename_contact_group"):
    group: Id
    name: Word


class MoveContactGroup(Command, frozen=True, tag="move_contact_group"):
    """Put a group right before another one, or last."""

    group: Id
    before: Id | None = None


class DeleteContactGroup(Command, frozen=True, tag="delete_contact_group"):
    """Who was in it stays a contact."""

    group: Id


class PutInContactGroup(Command, frozen=True, tag="put_in_contact_group"):
    """Into a group, right before another one in it, or last; also to move him within it. Who was no contact is one then."""

    group: Id
    member: Id
    before: Id | None = None


class TakeOutOfContactGroup(Command, frozen=True, tag="take_out_of_contact_group"):
    """He stays a contact, and in the other groups."""

    group: Id
    member: Id


class ListRecentContacts(Command, frozen=True, tag="list_recent_contacts"):
    """The others of one's direct conversations, who wrote or was written to last first."""

    page: Cursor = ""
    limit: Limit = limits.CONTACTS_PAGE
