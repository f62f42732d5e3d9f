"""Who may have outside contacts, whom a request reaches, and where nobody writes any more (SPEC H1). Pure.

A company forbids them to all of its members, a role to those who have it (``chat.outside``); either side is enough, and so is a block, or
that one of the two ended it. Who shares a conversation of several with an outsider writes to him without being a contact.
"""

from collections.abc import Mapping

from protocol import limits
from server.roles.permissions import PERMISSIONS, Scope
from storage.outside import Side, Two
from storage.roles import COMPANY_ADMINISTRATOR

PERMISSION = "chat.outside"
DAY_MS = 24 * 3600 * 1000
REQUEST_MS = limits.OUTSIDE_REQUEST_DAYS * DAY_MS
KEPT_MS = 3 * REQUEST_MS
"""A request that is past is known for so long, to who made it."""
REPORTS_A_DAY = 20

Standing = Mapping[int, tuple[str, str, str | None]]
"""Of roles: kind, preset, and the scope that each was given of ``PERMISSION``, where it was given one."""


def are_outsiders(one: Side, other: Side) -> bool:
    """Members of the built-in company are no colleagues of each other (DESIGN 4)."""
    return one.member != other.member and (one.company != other.company or one.company_kind != "company")


def is_permitted(side: Side, standing: Standing) -> bool:
    """By his role; a person with a personal account needs none, and a robot has none."""
    if side.kind != "person" or side.company_kind not in ("company", "personal"):
        return False
    if side.company_kind == "personal":
        return True
    found = standing.get(side.role) if side.role is not None else None
    if found is None:
        return False
    kind, preset, scope = found
    if kind == COMPANY_ADMINISTRATOR or scope is None:
        return PERMISSIONS[PERMISSION].start(preset or kind) is not Scope.NONE
    return scope != Scope.NONE


def may(side: Side, standing: Standing) -> bool:
    """Whether he may have outside contacts now."""
    return not side.no_outside and is_permitted(side, standing)


def is_forbidden(two: Two, standing: Standing) -> bool:
    """By either company, or by the role of either."""
    return not (may(two.mine, standing) and may(two.theirs, standing))


def is_held(two: Two, standing: Standing) -> bool:
    """Whether neither writes to the other."""
    ended = any(side.blocked or (side.is_known and side.removed) for side in (two.mine, two.theirs))
    return ended or is_forbidden(two, standing)


def is_reached(two: Two, standing: Standing) -> bool:
    """Whether a request of ``mine`` comes to ``theirs``; whoever has the other already need not ask."""
    theirs = two.theirs
    there = theirs.state == "active" and not theirs.blocked and not theirs.has
    return there and are_outsiders(two.mine, theirs) and may(theirs, standing)


def waits(state: str, asked_at: int, now: int) -> bool:
    return state == "waiting" and asked_at > now - REQUEST_MS
