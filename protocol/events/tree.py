"""The tree of the organisation, as its viewer may see it, and what changed of it."""

import msgspec

from .frame import Answer, Frame


class TreeUnit(msgspec.Struct, frozen=True, array_like=True):
    """A unit in the tree: ``[id, parent, name, count, kind, way]``; the root has no parent.

    ``count``: how many members the viewer sees in it and below, each once. ``way``: it is known by its name alone, as the way to another.
    """

    unit: str
    parent: str
    name: str
    count: int = 0
    kind: str = "department"
    way: bool = False


class TreeMember(msgspec.Struct, frozen=True, array_like=True):
    """A member in a unit: ``[id, name, head, robot]``; ``head``: first, other or nothing."""

    member: str
    name: str
    head: str = ""
    robot: bool = False


class UnitMembers(msgspec.Struct, frozen=True, array_like=True):
    """All members of a unit whom the viewer sees, in their order: ``[unit, [member, …]]``; of no unit, the empty text: the unassigned."""

    unit: str
    members: tuple[TreeMember, ...]


class UnitPut(msgspec.Struct, frozen=True, array_like=True):
    """A unit as it is now: ``[unit, before]``; it stands right before ``before``, or last below its parent where that is empty."""

    unit: TreeUnit
    before: str = ""


class MemberPut(msgspec.Struct, frozen=True, array_like=True):
    """A member in ``unit``, new or as he is now: ``[unit, member, before]``, right before ``before``, or last where that is empty."""

    unit: str
    member: TreeMember
    before: str = ""


class MemberLeft(msgspec.Struct, frozen=True, array_like=True):
    """A member is not seen in ``unit`` any more: ``[unit, member]``."""

    unit: str
    member: str


class UnitCount(msgspec.Struct, frozen=True, array_like=True):
    """``[unit, count]``"""

    unit: str
    count: int


class TreeTop(Answer, frozen=True, tag="tree_top"):
    """``own``: the viewer's own units, the primary one first; ``units``: they and all above them, each behind its parent."""

    units: tuple[TreeUnit, ...]
    own: tuple[str, ...] = ()


class TreePage(Answer, frozen=True, tag="tree_page"):
    """The first page has all ``units``, each behind its parent, siblings in their order; all pages have members, by unit, each once.

    ``page`` asks for the next page; the last one has none. A `tree_changed` between two pages counts for what came before it.
    ``rest``: the answer to a client that has a tree: what is not in these pages is as it has it. All ``units`` then, or none; ``counts``
    are all that are not nought, where they differ and no units come.
    """

    units: tuple[TreeUnit, ...] = ()
    members: tuple[UnitMembers, ...] = ()
    page: str = ""
    counts: tuple[UnitCount, ...] = ()
    rest: bool = False


class UnitPage(Answer, frozen=True, tag="unit_page"):
    """``units``: those directly below it, in their order."""

    unit: TreeUnit
    units: tuple[TreeUnit, ...] = ()
    members: tuple[TreeMember, ...] = ()
    page: str = ""


class TreeChanged(Frame, frozen=True, tag="tree_changed"):
    """What changed of the tree for this viewer, applied in the order of the fields; units that the client has not loaded are passed over.

    ``gone``: units, with all who were in them. ``units``: new or changed ones. ``left``, ``put``: members. ``counts``: all that changed.
    ``lists``: units whose members are told anew.
    """

    gone: tuple[str, ...] = ()
    units: tuple[UnitPut, ...] = ()
    left: tuple[MemberLeft, ...] = ()
    lists: tuple[UnitMembers, ...] = ()
    put: tuple[MemberPut, ...] = ()
    counts: tuple[UnitCount, ...] = ()


class TreeReload(Frame, frozen=True, tag="tree_reload"):
    """Too much changed to be told: drop the tree and fetch it again."""
