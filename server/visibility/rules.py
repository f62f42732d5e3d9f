"""Whether one member may know another, from values alone (DESIGN 4, 8)."""

from storage.members import Card


def are_colleagues(viewer_company: int, target: Card) -> bool:
    """Members of one company see each other; those of the built-in companies only happen to be on one server."""
    return target.company == viewer_company and target.company_kind == "company"
