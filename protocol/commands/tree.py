"""The tree of the organisation, as its viewer may see it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from .. import limits
from .command import Command, Cursor, Id, Limit

Digest = Annotated[str, Meta(max_length=12, pattern="^[0-9a-f]*$")]


class GetTreeTop(Command, frozen=True, tag="get_tree_top"):
    """For the first screen: one's own units and all above them. From now on this connection hears `tree_changed`."""


class UnitDigest(msgspec.Struct, frozen=True, array_like=True):
    """What a client has of a unit's members: ``[unit, digest]``; of no unit, the empty text: the unassigned."""

    unit: Annotated[str, Meta(max_length=10)]
    digest: Digest


class TreeHave(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tree from an earlier connection, so that only what differs is told: ``protocol/README.md`` 16 says how digests are made."""

    units: Digest
    counts: Digest
    members: Annotated[tuple[UnitDigest, ...], Meta(max_length=limits.TREE_DIGESTS)] = ()


class GetTree(Command, frozen=True, tag="get_tree"):
    """The whole tree, page by page (``page`` is the cursor of the page before), or what differs from the one that the client has.

    From now on this connection hears `tree_changed`.
    """

    page: Cursor = ""
    have: TreeHave | None = None


class ListUnit(Command, frozen=True, tag="list_unit"):
    """The units directly below a unit, and its members in their order, page by page."""

    unit: Id
    page: Cursor = ""
    limit: Limit = limits.PAGE
