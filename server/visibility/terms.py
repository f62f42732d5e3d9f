"""The words in which visibility is asked and answered (DESIGN 8): what, where, what ties two members, and the verdict.

Nothing is decided here. A verdict names what decided, so that an administrator can be told why X does not see Y.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

Shown = Literal["shown", "own_unit", "hidden"]


class What(StrEnum):
    FIND = "find"
    KNOW = "know"  # name and card
    PRESENCE = "presence"
    FIELD = "field"  # one of the profile's
    LAST_SEEN = "last_seen"
    WRITE = "write"  # to him alone, in a direct conversation


class Where(StrEnum):
    TREE = "tree"
    SEARCH = "search"  # by a part of name, pinyin, phone …
    WHOLE = "whole"  # search by the whole name or the whole number
    MENTION = "mention"  # completion outside of shared conversations
    NUMBER = "number"  # opening a conversation by number
    COUNTS = "counts"
    EXPORTS = "exports"
    BROADCAST = "broadcast"  # the sender's list of receivers and its total
    ACCOUNT_CENTER = "account_center"
    CONVERSATION = "conversation"  # its participants, mentions in it, its messages, typing and receipts
    RECENT = "recent"  # recent contacts
    CONTACTS = "contacts"  # frequent contacts
    PROFILE = "profile"  # a card opened, or a person watched, by id from wherever


OFFICE = frozenset({Where.ACCOUNT_CENTER, Where.EXPORTS})
"""Where administrators see more than everyone else."""


class By(StrEnum):
    """What decided. Those up to ``LIFTED`` let see, the others do not."""

    NOTHING_AGAINST = "nothing_against"  # within the scope, and nothing hides him
    ONESELF = "oneself"
    ADMINISTERED = "administered"
    CONTACT = "contact"
    DIRECT = "direct"  # a direct conversation in which somebody wrote
    SHARED = "shared"  # a conversation in which both were at the same time
    OUTSIDE = "outside"  # an outside contact
    ASKED = "asked"  # he asks to become one: his card is shown, no more
    LIFTED = "lifted"  # a rule between units keeps him from view, and lets him be searched for, or written to, nevertheless
    UNKNOWN = "unknown"  # there is nobody
    VIEWER = "viewer"  # who looks is not active
    STATE = "state"  # draft, disabled, deleted
    OTHER_COMPANY = "other_company"
    HIDDEN_MEMBER = "hidden_member"
    SCOPE = "scope"
    HIDDEN_UNIT = "hidden_unit"
    RULE = "rule"  # between units
    COMPANY_FIELD = "company_field"  # the company does not show this field
    OWN_FIELD = "own_field"  # he does not show it himself
    NOT_THERE = "not_there"  # he is known elsewhere, and that does not count here


class Verdict(msgspec.Struct, frozen=True):
    """``subject``: the hidden unit, or the rule between units, that decided; else 0."""

    is_yes: bool
    by: By
    subject: int = 0

    def __bool__(self) -> bool:
        return self.is_yes


class Ties(msgspec.Struct, frozen=True):
    """What there is between a viewer and a target beside the tree. A direct conversation counts from its first message on."""

    is_contact: bool = False  # the viewer has him among the frequent contacts
    has_direct: bool = False
    has_shared: bool = False  # both are or were in some conversation at the same time
    is_here: bool = False  # … in the very conversation in which it is asked
    is_here_direct: bool = False  # … and it is a direct one
    is_outside: bool = False  # the viewer has him among the outside contacts
    has_asked: bool = False  # he asked to be one, and waits


class Elsewhere(msgspec.Struct, frozen=True):
    """A target who is not in the picture of the viewer's company: a member of another one, or a deleted member.

    ``shown``: his company's rule and his own, the stricter of both, of each field that is not simply shown.
    """

    company: int
    state: str
    shown: Mapping[str, Shown] = {}


NO_TIES = Ties()
