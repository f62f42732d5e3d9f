"""What other subjects ask inside their acts: loads the picture around actor and targets, and lets ``rules`` decide.

In the turn it sees what was committed before, so whoever lost a role a moment ago may do nothing by it any more.
"""

from collections.abc import Iterable, Sequence

from server.audit.service import Actor
from server.companies.errors import CompanyNotFound
from server.companies.finding import company_of
from server.org.organisation import Organisation, Person
from server.roles import rules
from server.roles.grants import role_of
from server.roles.rules import Decision, Picture, Target
from storage import people, roles, units
from storage.companies import Company
from storage.work import Read


async def picture(read: Read, company: int, members: Iterable[int | None]) -> Picture:
    """All units and roles of the company, and of its members these."""
    there = {stored.id: role_of(stored) for stored in await roles.of_company(read, company)}
    wanted = [member for member in set(members) if member is not None]
    return Picture(Organisation(company, await units.of_company(read, company), await _people(read, company, wanted)), there)


async def _people(read: Read, company: int, wanted: Sequence[int]) -> list[Person]:
    """Without how their names are read: that decides nothing here."""
    if not wanted:
        return []
    places, scopes = await units.places_of(read, company, wanted), await people.scopes(read, company, wanted)
    return [
        Person(
            id=one.id,
            state=one.state,
            name=one.name,
            kind=one.kind,
            is_hidden=one.is_hidden,
            role=one.role,
            places=places.get(one.id, ()),
            scope=scopes.get(one.id, ()),
        )
        for one in await people.listed(read, company, wanted)
    ]


async def company_for(read: Read, number: str, actor: Actor) -> Company:
    """Raises: CompanyNotFound, also where the actor is a member of another company: he learns no more of this one."""
    found = await company_of(read, number)
    if actor.kind == "member" and actor.id not in await people.records(read, found.id, [actor.id or 0]):
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
    return rules.allowed(await _around(read, found, actor, [target]), actor, permission, target)


async def check(read: Read, found: Company, actor: Actor, permission: str, *targets: Target) -> None:
    """Raises: NotAllowed; MemberNotFound, UnitNotFound, CompanyNotFound where the actor may not even find it."""
    rules.check(await _around(read, found, actor, targets), actor, permission, *targets)


async def _around(read: Read, found: Company, actor: Actor, targets: Iterable[Target]) -> Picture:
    return await picture_for(read, found, actor, [target.id for target in targets if target.kind == "member"])
