"""Who is known without being found: by a shared conversation, a direct one, as a contact of either kind (DESIGN 8, *know*, *presence*).

Each counts in its own place; a card opened by id, or a person watched, may come from any of them.
"""

from server.visibility.terms import By, Ties, Verdict, Where

CONTACT, DIRECT, SHARED = Verdict(True, By.CONTACT), Verdict(True, By.DIRECT), Verdict(True, By.SHARED)
OUTSIDE, ASKED = Verdict(True, By.OUTSIDE), Verdict(True, By.ASKED)
NOT_THERE = Verdict(False, By.NOT_THERE)


def known(where: Where, ties: Ties) -> Verdict:
    """Name and card."""
    here = where is Where.CONVERSATION and ties.is_here
    if here and not ties.is_here_direct:
        return SHARED
    if where is Where.PROFILE and ties.has_shared and not (ties.is_contact or ties.has_direct):
        return SHARED
    return followed(where, ties)


def outside(where: Where, ties: Ties) -> Verdict:
    """Name and card of who is no colleague: an outside contact, or somebody who asks to be one and waits (SPEC H1)."""
    tied = known(where, ties)
    if tied or where not in (Where.CONTACTS, Where.PROFILE):
        return tied
    if ties.is_outside:
        return OUTSIDE
    return ASKED if ties.has_asked else tied


def followed(where: Where, ties: Ties) -> Verdict:
    """Presence of who is not found: not in groups, so a group that is shared is no reason to watch anybody (SPEC B6)."""
    if where in (Where.CONTACTS, Where.PROFILE) and ties.is_contact:
        return CONTACT
    if where in (Where.RECENT, Where.PROFILE) and ties.has_direct:
        return DIRECT
    return DIRECT if where is Where.CONVERSATION and ties.is_here and ties.is_here_direct else NOT_THERE
