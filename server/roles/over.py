"""Where somebody is over others in the account center: where he manages the organisation or reads logs (SPEC B6, C2).

For the evaluator, which lets him find hidden members there and in exports. Made from the roles, so it is as fresh as its snapshot.
"""

from server.audit.service import Actor
from server.roles import reach, rules
from server.visibility.policy import Reach


def over(around: rules.Picture, member: int) -> Reach:
    """These very units, or everybody; he is in the picture."""
    actor, org = Actor("member", "", member), around.org
    covered = reach.together(*(rules.reaches(around, actor, name) for name in rules.FINDING))
    return Reach(frozenset(unit for unit in org.below(org.root) if reach.has_unit(org, covered, unit)), covered.is_all)
