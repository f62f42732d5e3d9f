"""Who is over whom in the account center: everybody who manages the organisation or reads logs somewhere (SPEC B6, C2).

For the evaluator, which lets such a one find hidden members there and in exports. Made from the roles, so it is as fresh as its snapshot.
"""

from collections.abc import Mapping

from server.audit.service import Actor
from server.roles import reach, rules
from server.roles.asking import picture
from server.roles.grants import NOTHING as NO_GRANT
from server.visibility.policy import NO_REACH, Reach
from storage import roles
from storage.work import Read

PAGE = 1000


async def administrators(read: Read, company: int) -> Mapping[int, Reach]:
    """Where each of them is over others: these very units, or everybody."""
    whole = await picture(read, company, ())
    holding = [role.id for role in whole.roles.values() if any(role.grant(name) != NO_GRANT for name in rules.FINDING)]
    found: dict[int, Reach] = {}
    for role in holding:
        here = ("", 0)
        while page := await roles.holders(read, company, role, after=here, limit=PAGE):
            around = await picture(read, company, [one.id for one in page])
            found |= {one.id: there for one in page if (there := over(around, one.id)) != NO_REACH}
            here = (page[-1].number, page[-1].id)
    return found


def over(around: rules.Picture, member: int) -> Reach:
    """Where he is over others; he is in the picture."""
    actor, org = Actor("member", "", member), around.org
    covered = reach.together(*(rules.reaches(around, actor, name) for name in rules.FINDING))
    return Reach(frozenset(unit for unit in org.below(org.root) if reach.has_unit(org, covered, unit)), covered.is_all)
