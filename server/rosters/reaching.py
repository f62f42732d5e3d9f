"""How far an import or export of somebody goes: as far as his role lets him, within his information scope (SPEC B7, C2).

Beside that an import gives nobody more than the importer holds: who is moved by it gets no further than he does himself (SPEC C4).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.companies.finding import company_of
from server.roles import reach, rules
from server.roles.acts import ACTS
from server.roles.asking import company_for, picture, sieve
from server.roles.errors import NotAllowed
from server.roles.giving import check_not_widened
from server.roles.rules import COMPANY, FINDING, Picture
from server.rosters.picture import Area, Reach
from server.rosters.plan import Change, Plan, Problem
from storage.companies import Company
from storage.engine import Storage
from storage.units import Place
from storage.work import Read

PAGE = 1000


async def reach_of(read: Read, company: str, actor: Actor) -> tuple[Company, Reach]:
    """For the act or look that ``read`` is for. Raises: CompanyNotFound, NotAllowed where he reaches nothing."""
    found = await company_for(read, company, actor)
    shown = await sieve(read, found, actor)
    if shown.is_open:
        return found, Reach()
    around = await picture(read, found.id, [actor.id])
    person = around.org.person(actor.id or 0)
    finding = reach.NOTHING
    for permission in FINDING:
        finding = reach.together(finding, rules.reaches(around, actor, permission))
    covered = _area(shown.covered)
    return found, Reach(
        covered.units,
        covered.alone,
        member=actor.id,
        hidden=Area() if person is not None and person.is_hidden else _area(finding),
        may_hide=rules.allowed(around, actor, ACTS["member.hide"], COMPANY).allowed,
    )


def _area(covered: reach.Reach) -> Area:
    return Area(None if covered.is_all else tuple(sorted(covered.tops)), tuple(sorted(covered.units)))


# ---- what an import may not do beside


async def judged(storage: Storage, company: str, plan: Plan, whose: Reach) -> list[Problem]:
    """What of a plan its importer may not do, row by row; of who is above all roles nothing."""
    if whose.member is None:
        return []
    problems = [] if whose.may_hide else _hiding(plan)
    moved = [change for change in plan.changes if change.after is not None]
    for start in range(0, len(moved), PAGE):
        some = moved[start : start + PAGE]
        actor = Actor("member", "", whose.member)

        async def look(read: Read, some: Sequence[Change] = some) -> Picture:
            return await picture(read, (await company_of(read, company)).id, [whose.member, *(change.member for change in some)])

        problems += _widened(await storage.read(look), actor, some)
    return problems


def _hiding(plan: Plan) -> list[Problem]:
    error = NotAllowed(ACTS["member.hide"], "not_in_role")
    rows = [one.row for one in plan.additions if "is_hidden" in one.fields] + [one.row for one in plan.changes if "is_hidden" in one.fields]
    return [Problem.of(error, "members", row, "is_hidden") for row in rows]


def _widened(around: Picture, actor: Actor, moved: Sequence[Change]) -> list[Problem]:
    """Units that the import itself makes are nobody's yet."""
    found = []
    for change in moved:
        before = around.org.person(change.member)
        if before is not None:
            try:
                check_not_widened(around, actor, before, replace(before, places=_there(around, change.after or ())))
            except YizhanError as error:
                found.append(Problem.of(error, "members", change.row, "units"))
    return found


def _there(around: Picture, places: Sequence[Place]) -> tuple[Place, ...]:
    return tuple(place for place in places if place.unit in around.org)
