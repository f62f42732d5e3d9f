"""The plain facts that visibility is decided from, for the reference model and for tests that set it beside the real evaluator.

Nothing here decides anything. Ids are numbers, unique among things of one kind over all companies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

State = Literal["draft", "active", "disabled", "deleted"]
Shown = Literal["shown", "own_unit", "hidden"]  # from lax to strict
RuleKind = Literal["hide", "other_units", "nobody"]


@dataclass(frozen=True, slots=True)
class Company:
    id: int
    privacy: Mapping[str, Shown] = field(default_factory=dict)  # by field; ``last_seen`` is one of them; who is not named is shown


@dataclass(frozen=True, slots=True)
class Unit:
    """``parent`` None: the company's root, of which there is one."""

    id: int
    company: int
    parent: int | None
    is_hidden: bool = False
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """``units``: the primary one first, disabled ones too. ``scope``: at most three units, each with all below; none is the whole company.

    ``administers``: the very units (nothing below them is meant) in which he manages the organisation or reads logs.
    """

    id: int
    company: int
    units: tuple[int, ...] = ()
    state: State = "active"
    is_hidden: bool = False
    scope: frozenset[int] = frozenset()
    administers: frozenset[int] = frozenset()
    administers_all: bool = False
    privacy: Mapping[str, Shown] = field(default_factory=dict)  # what he narrowed himself
    contacts: frozenset[int] = frozenset()  # frequent contacts


@dataclass(frozen=True, slots=True)
class Parties:
    """Units, each with all below it, and members by name."""

    units: frozenset[int] = frozenset()
    members: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between units that is in force; what its parts mean is told in ``visibility_model``."""

    id: int
    company: int
    kind: RuleKind
    bound: Parties
    white_list: Parties = Parties()
    exempted: Parties = Parties()
    may_search: bool = False
    may_write: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """``to_seq`` None: he is in it still."""

    member: int
    from_seq: int
    to_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """``head`` 0: opened, and nothing was written yet."""

    id: int
    is_direct: bool
    head: int
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that there is at one moment. ``rules`` are in the order in which they are asked."""

    companies: Mapping[int, Company]
    units: Mapping[int, Unit]
    members: Mapping[int, Member]
    rules: tuple[Rule, ...] = ()
    conversations: Mapping[int, Conversation] = field(default_factory=dict)


class What(StrEnum):
    FIND = "find"
    KNOW = "know"  # name and card
    PRESENCE = "presence"
    FIELD = "field"  # of the profile
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
    CONVERSATION = "conversation"  # its participants, mentions in it, its messages
    RECENT = "recent"  # recent contacts: whom one has a direct conversation with
    CONTACTS = "contacts"  # frequent contacts
    PROFILE = "profile"  # a card opened, or a person watched, by id from wherever


@dataclass(frozen=True, slots=True)
class Question:
    """``conversation`` is named where it is asked in a conversation, ``field`` where a field of the profile is asked for."""

    viewer: int
    target: int
    what: What
    where: Where
    conversation: int = 0
    field: str = ""
