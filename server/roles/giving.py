"""Who may give what: into a role, to a member, by moving him (SPEC C1, C4, C5). Nobody gives more than he holds.

Pure, as ``rules``, which says what the actor holds.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from server.audit.service import Actor
from server.companies.errors import UnitNotFound
from server.org.organisation import Organisation, Person
from server.roles import reach
from server.roles.errors import (
    CompanyAdministratorsOnly,
    MoreThanHeld,
    PermissionReserved,
    RobotHasNoRole,
    RoleFixed,
    RoleNotForInvited,
    ScopeUnfit,
    TooManyUnits,
)
from server.roles.grants import Grant, Role
from server.roles.permissions import PERMISSIONS, Permission, Scope
from server.roles.reach import Reach
from server.roles.rules import Picture, check_found, is_company_administrator, is_first, permission_of, reaches, role_in
from server.roles.rules import unit as on_unit
from storage.roles import CUSTOM
from storage.units import Unit

CHOSEN_UNITS = 50
UNITS_OF_A_ROLE = 150


def check_put(picture: Picture, actor: Actor, role: Role, changes: Mapping[str, Grant]) -> None:
    """What a role has may be changed so by ``actor``. Whoever comes to have it may be anywhere: so what goes by a holder's own unit only
    who has it everywhere puts into a role. To take something out one need not hold it.

    Raises: RoleFixed, PermissionUnknown, ScopeUnfit, TooManyUnits, UnitNotFound, PermissionReserved, CompanyAdministratorsOnly,
    MoreThanHeld.
    """
    if role.is_company_administrator:
        raise RoleFixed
    for name, grant in changes.items():
        permission = permission_of(name)
        _check_scope(picture.org, permission, grant)
        check_found(picture, actor, *(on_unit(one) for one in grant.units if one not in role.grant(name).units))
        if _narrows(picture.org, role.grant(name), grant):
            continue
        if permission.is_reserved:
            raise PermissionReserved(name)
        if permission.is_given_from_above and not is_company_administrator(picture, actor):
            raise CompanyAdministratorsOnly
        if not reach.contains(picture.org, reaches(picture, actor, name, headed=False), _of_anybody(grant)):
            raise MoreThanHeld(name)
    if sum(len(grant.units) for grant in {**role.grants, **changes}.values()) > UNITS_OF_A_ROLE:
        raise TooManyUnits(UNITS_OF_A_ROLE)


def check_give(picture: Picture, actor: Actor, target: Person, role: Role) -> None:
    """``actor`` may give this role to this member, and take from him the one that he has.

    Raises: RobotHasNoRole, CompanyAdministratorsOnly, MoreThanHeld.
    """
    if target.kind == "robot":
        raise RobotHasNoRole
    before = role_in(picture, target)
    first = role.is_company_administrator or (before is not None and before.is_company_administrator)
    if first and not is_company_administrator(picture, actor):
        raise CompanyAdministratorsOnly
    if is_company_administrator(picture, actor) and role.is_company_administrator:
        names: Sequence[str] = ("roles.give",)  # all permissions go equally far
    else:
        names = list(role.grants)
    for name in names:
        given = reach.within(picture.org, reach.of_grant(picture.org, target, role.grant(name)), target.scope)
        if not reach.contains(picture.org, reaches(picture, actor, name, headed=False), given):
            raise MoreThanHeld(name)


def check_invited(picture: Picture, actor: Actor, role: Role) -> None:
    """``actor`` may say that whoever joins by invitation gets this role: as if he put all that it has into one of his own.

    Raises: RoleNotForInvited, PermissionReserved, CompanyAdministratorsOnly, MoreThanHeld.
    """
    if role.is_company_administrator:
        raise RoleNotForInvited
    check_put(picture, actor, Role(0, CUSTOM), role.grants)


def check_not_widened(picture: Picture, actor: Actor, before: Person, after: Person) -> None:
    """An act that puts a member elsewhere, or changes his information scope, gives him no reach that ``actor`` does not hold (SPEC C4).

    So nobody widens his own. Raises: MoreThanHeld, naming a permission that would go further.
    """
    role = role_in(picture, after)
    for name, grant in role.grants.items() if role is not None else ():
        was, becomes = (reach.within(picture.org, reach.of_grant(picture.org, one, grant), one.scope) for one in (before, after))
        held = reaches(picture, actor, name, headed=False)
        if not reach.contains(picture.org, reach.together(was, held), becomes):
            raise MoreThanHeld(name)


def check_over(picture: Picture, actor: Actor, *targets: Person) -> None:
    """What an act ends for a company administrator, only another one ends: it would take the role from him.

    Raises: CompanyAdministratorsOnly.
    """
    if not is_company_administrator(picture, actor) and any(is_first(picture, one) for one in targets):
        raise CompanyAdministratorsOnly


def check_holds(picture: Picture, actor: Actor, target: Person) -> None:
    """Whoever comes to know his password already holds what his role lets him do to others (SPEC C4).

    Raises: CompanyAdministratorsOnly, MoreThanHeld.
    """
    role = role_in(picture, target)
    if role is not None:
        beyond = {name: grant for name, grant in role.grants.items() if grant.scope is not Scope.SELF}
        check_give(picture, actor, target, replace(role, grants=beyond))


def check_moved(picture: Picture, actor: Actor, moved: Unit) -> None:
    """Putting a unit elsewhere, with all below it, gives whoever does it no reach over it that he did not have (SPEC C4).

    ``picture`` is as it was before. Raises: MoreThanHeld.
    """
    org = picture.org
    there = [moved if unit == moved.id else org[unit] for unit in org.below(org.root)]
    after = Picture(Organisation(org.company, there, org.people), picture.roles, picture.rules)
    for name in PERMISSIONS:
        was, becomes = (reaches(one, actor, name, headed=False) for one in (picture, after))
        for unit in org.below(moved.id):
            if reach.has_unit(after.org, becomes, unit) and not reach.has_unit(org, was, unit):
                raise MoreThanHeld(name)


def _check_scope(org: Organisation, permission: Permission, grant: Grant) -> None:
    chosen = grant.scope is Scope.CHOSEN_UNITS
    if grant.scope not in permission.scopes or chosen != bool(grant.units) or len(grant.units) > CHOSEN_UNITS:
        raise ScopeUnfit(permission.name, ", ".join(permission.scopes), CHOSEN_UNITS)
    for one in grant.units:
        if one not in org:
            raise UnitNotFound


def _narrows(org: Organisation, before: Grant, after: Grant) -> bool:
    """Whether whoever had the one has the other by it already, wherever he is."""
    if after.scope is Scope.NONE or before == after or before.scope is Scope.ALL:
        return True
    if before.scope is Scope.NONE:
        return False
    if before.scope is Scope.CHOSEN_UNITS and after.scope is Scope.CHOSEN_UNITS:
        return reach.contains(org, Reach(tops=frozenset(before.units)), Reach(tops=frozenset(after.units)))
    return after.scope is Scope.SELF or (before.scope is Scope.OWN_UNIT_AND_BELOW and after.scope is Scope.OWN_UNIT)


def _of_anybody(grant: Grant) -> Reach:
    """What somebody of whom nothing is known may come to have by it."""
    if grant.scope is Scope.SELF:
        return Reach(oneself=0)
    if grant.scope is Scope.CHOSEN_UNITS:
        return Reach(oneself=0, tops=frozenset(grant.units))
    return Reach(is_all=True)
