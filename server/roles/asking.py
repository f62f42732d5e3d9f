"""What other subjects ask inside their acts and looks: loads the picture around actor and targets, and lets ``rules`` decide.

In the turn it sees what was committed before, so whoever lost a role a moment ago may do nothing by it any more. Which permission an act
needs is ``acts.ACTS``; of whoever is above all roles nothing is loaded.
"""

from collections.abc import Iterable, Mapping, Sequence

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.companies.errors import CompanyNotFound
from server.companies.finding import company_of
from server.org.loading import people_of
from server.org.organisation import Organisation
from server.roles import rules
from server.roles.acts import ACTS, OPERATOR
from server.roles.grants import role_of
from server.roles.rules import COMPANY, Decision, Picture, Target
from server.visibility.in_force import rules_in_force
from storage import people, roles, units
from storage.companies import Company
from storage.work import Read


async def picture(read: Read, company: int, members: Iterable[int | None]) -> Picture:
    """All units, roles and rules between units of the company, and of its members these."""
    there = {stored.id: role_of(stored) for stored in await roles.of_company(read, company)}
    wanted = [member for member in set(members) if member is not None]
    org = Organisation(company, await units.of_company(read, company), await people_of(read, company, wanted))
    return Picture(org, there, await rules_in_force(read, company))


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
    check_found_in(await around_of(read, found, actor, _members(targets)), actor, *targets)


def check_found_in(around: Picture | None, actor: Actor, *targets: Target) -> None:
    """The same where the picture is at hand. Raises: MemberNotFound, UnitNotFound."""
    if around is not None:
        rules.check_found(around, actor, *targets)


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


def refusals_in(read: Read, around: Picture | None, actor: Actor, targets: Sequence[Target]) -> Mapping[Target, YizhanError]:
    """Of an act that may leave some out: what ``permit_in`` says of each target alone, of those that it refuses."""
    read.is_permitted = True
    return {} if around is None else rules.refusals(around, actor, ACTS[read.act], targets)


def permit_operator(read: Read, actor: Actor) -> None:
    """For what is the operator's alone. Raises: NotAllowed."""
    assert ACTS[read.act] == OPERATOR
    rules.check_operator(actor, read.act)
    read.is_permitted = True
