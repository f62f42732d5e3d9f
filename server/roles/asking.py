"""What other subjects ask inside their acts and looks: loads the picture around actor and targets, and lets ``rules`` decide.

In the turn it sees what was committed before, so whoever lost a role a moment ago may do nothing by it any more. Which permission an act
needs is ``acts.ACTS``; of whoever is above all roles nothing is loaded.
"""

from collections.abc import Iterable, Sequence

from server.audit.service import Actor
from server.companies.errors import CompanyNotFound
from server.companies.finding import company_of
from server.org.loading import people_of
from server.org.organisation import Organisation
from server.roles import reach, rules
from server.roles.acts import ACTS, OPERATOR
from server.roles.errors import NotAllowed
from server.roles.grants import role_of
from server.roles.reach import Reach
from server.roles.rules import COMPANY, Decision, Picture, Target
from storage import people, roles, units
from storage.companies import Company
from storage.work import Read

EVERYTHING = Reach(is_all=True)


async def picture(read: Read, company: int, members: Iterable[int | None]) -> Picture:
    """All units and roles of the company, and of its members these."""
    there = {stored.id: role_of(stored) for stored in await roles.of_company(read, company)}
    wanted = [member for member in set(members) if member is not None]
    return Picture(Organisation(company, await units.of_company(read, company), await people_of(read, company, wanted)), there)


async def company_for(read: Read, number: str, actor: Actor, *, personal: bool = False) -> Company:
    """Raises: CompanyNotFound, also where the actor is another company's: he learns no more of this one."""
    found = await company_of(read, number, personal=personal)
    is_stranger = actor.kind == "super" and actor.name != number
    if actor.kind == "member":
        is_stranger = actor.id not in await people.records(read, found.id, [actor.id or 0])
    if is_stranger:
        raise CompanyNotFound(number)
    return found


async def picture_for(read: Read, found: Company, actor: Actor, members: Iterable[int] = ()) -> Picture:
    """With the actor in it. Raises: CompanyNotFound where he is a member of another company."""
    made = await picture(read, found.id, [*members, actor.id if actor.kind == "member" else None])
    if actor.kind == "member" and made.org.person(actor.id or 0) is None:
        raise CompanyNotFound(found.number)
    return made


async def allowed(read: Read, found: Company, actor: Actor, permission: str, target: Target) -> Decision:
    """Raises: CompanyNotFound, PermissionUnknown."""
    return rules.allowed(await picture_for(read, found, actor, _members([target])), actor, permission, target)


async def check(read: Read, found: Company, actor: Actor, permission: str, *targets: Target) -> None:
    """Raises: NotAllowed; MemberNotFound, UnitNotFound, CompanyNotFound where the actor may not even find it."""
    rules.check(await picture_for(read, found, actor, _members(targets)), actor, permission, *targets)


async def check_found(read: Read, found: Company, actor: Actor, *targets: Target) -> None:
    """Raises: MemberNotFound, UnitNotFound, where there is no such thing for the actor."""
    around = await around_of(read, found, actor, _members(targets))
    if around is not None:
        for target in targets:
            rules.check_found(around, actor, target)


def _members(targets: Iterable[Target]) -> list[int]:
    return [target.id for target in targets if target.kind == "member"]


# ---- the permission that an act, or a look, needs


async def around_of(read: Read, found: Company, actor: Actor, members: Iterable[int] = ()) -> Picture | None:
    """The picture with the actor and these in it; None of whoever is above all roles, who may do everything. Raises: CompanyNotFound."""
    return await picture_for(read, found, actor, members) if rules.above_roles(actor) is None else None


async def permit(read: Read, found: Company, actor: Actor, *targets: Target, permission: str = "") -> Picture | None:
    """The actor may do what ``read`` is for to all of these; to none is to the company as one. ``permission``: a further one.

    Gives the picture, as ``around_of``.
    Raises: NotAllowed; MemberNotFound, UnitNotFound, just as for unknown ones, where he may not even find it.
    """
    around = await around_of(read, found, actor, _members(targets))
    permit_in(read, around, actor, *targets, permission=permission)
    return around


def permit_in(read: Read, around: Picture | None, actor: Actor, *targets: Target, permission: str = "") -> None:
    """The same where the picture is at hand. Raises: NotAllowed, MemberNotFound, UnitNotFound."""
    if around is not None:
        rules.check(around, actor, permission or ACTS[read.act], *(targets or (COMPANY,)))
    read.is_permitted = True


def permit_operator(read: Read, actor: Actor) -> None:
    """For what is the operator's alone. Raises: NotAllowed."""
    assert ACTS[read.act] == OPERATOR
    rules.check_operator(actor, read.act)
    read.is_permitted = True


class Sieve:
    """What of a company a look shows the actor: units and members that his permission covers and that he finds."""

    def __init__(self, read: Read, actor: Actor, around: Picture | None, covered: Reach) -> None:
        self._read = read
        self._actor = actor
        self._around = around
        self.covered = covered

    @property
    def is_open(self) -> bool:
        """It holds nobody back."""
        return self._around is None

    def has_unit(self, unit: int) -> bool:
        return self._around is None or reach.has_unit(self._around.org, self.covered, unit)

    async def members(self, wanted: Sequence[int]) -> set[int]:
        """Those of them whom he is shown."""
        if self._around is None:
            return set(wanted)
        org = self._around.org
        there = await people_of(self._read, org.company, [member for member in wanted if org.person(member) is None])
        for person in there:
            org.put_person(person)
        return {member for member in wanted if self._shows(self._around, member)}

    def _shows(self, around: Picture, member: int) -> bool:
        person = around.org.person(member)
        covers = person is not None and reach.has_member(around.org, self.covered, person)
        return covers and rules.finds(around, self._actor, rules.member(member))


async def sieve(read: Read, found: Company, actor: Actor, *, permission: str = "") -> Sieve:
    """For a look that shows as much as the actor's permission covers. Raises: NotAllowed where that is nothing."""
    wanted = permission or ACTS[read.act]
    around = await around_of(read, found, actor)
    covered = EVERYTHING if around is None else rules.reaches(around, actor, wanted)
    if around is not None and covered == reach.NOTHING:
        raise NotAllowed(wanted, rules.allowed(around, actor, wanted, COMPANY).rule)
    read.is_permitted = True
    return Sieve(read, actor, around, covered)
