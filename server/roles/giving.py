"""Who may give what: into a role, to a member, by moving him (SPEC C1, C4, C5). Nobody gives more than he holds.

Pure, as ``rules``, which says what the actor holds.
"""

from collections.abc import Iterable, Mapping, Sequence

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
    SeesMore,
    TooManyUnits,
)
from server.roles.grants import Grant, Role
from server.roles.permissions import PERMISSIONS, Permission, Scope
from server.roles.reach import Reach
from server.roles.rules import Picture, check_found, is_company_administrator, is_first, permission_of, reaches, role_in
from server.roles.rules import unit as on_unit
from storage.roles import CUSTOM
from storage.units import Place, Unit

CHOSEN_UNITS = 50
UNITS_OF_A_ROLE = 150
HEADED = tuple(name for name, permission in PERMISSIONS.items() if permission.by_headship)


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
        given = reach.within(picture.org, reach.of_grant(picture.org, target, role.grant(name), asleep=True), target.scope)
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
    """An act that puts a member elsewhere, has him head units, or changes his information scope, gives him no reach that ``actor`` does
    not hold (SPEC B2, C4). So nobody widens his own.

    What sleeps in a disabled unit counts as if it were awake: enabling it asks nobody.
    Raises: MoreThanHeld, naming a permission that would go further.
    """
    org, role = picture.org, role_in(picture, after)
    for name in dict.fromkeys((*(role.grants if role is not None else ()), *HEADED)):
        was = reach.together(*_asleep(picture, before, name))
        becomes, headed = _asleep(picture, after, name)
        held = reaches(picture, actor, name, headed=False)
        if not reach.contains(org, reach.together(was, held), becomes):
            raise MoreThanHeld(name)
        if not reach.contains(org, reach.together(was, reaches(picture, actor, name)), headed):
            raise MoreThanHeld(name)


def check_heading(picture: Picture, actor: Actor, target: Person, heads: Mapping[int, str]) -> None:
    """He may head these units (unit to first or other): it lets him do nothing that ``actor`` may not (SPEC B2, C4).

    Raises: MoreThanHeld.
    """
    there = {place.unit: place for place in target.places}
    wanted = {unit: replace(there.get(unit, Place(unit)), head=head) for unit, head in heads.items()}
    check_not_widened(picture, actor, target, replace(target, places=tuple({**there, **wanted}.values())))


def check_over(picture: Picture, actor: Actor, *targets: Person) -> None:
    """What an act ends for a company administrator, only another one ends: it would take the role from him.

    Raises: CompanyAdministratorsOnly.
    """
    if not is_company_administrator(picture, actor) and any(is_first(picture, one) for one in targets):
        raise CompanyAdministratorsOnly


def check_holds(picture: Picture, actor: Actor, target: Person) -> None:
    """Whoever comes to know his password already holds what his role, and what heading units, lets him do to others, and sees as much
    of the company (SPEC B2, B3, C4).

    Raises: CompanyAdministratorsOnly, MoreThanHeld, SeesMore.
    """
    if beyond_headship := _not_held(picture, actor, target):
        raise MoreThanHeld(beyond_headship)
    role = role_in(picture, target)
    if role is not None:
        beyond = {name: grant for name, grant in role.grants.items() if grant.scope is not Scope.SELF}
        check_give(picture, actor, target, replace(role, grants=beyond))
    if scope_given(picture, actor, target.scope) != tuple(sorted(target.scope)):
        raise SeesMore


def scope_given(picture: Picture, actor: Actor, wanted: Sequence[int] = ()) -> tuple[int, ...]:
    """The information scope of somebody whom ``actor`` brings in: what of ``wanted`` lies in his own, else his own (SPEC B3, C4).

    None is the whole company, so only who sees that gives it.
    """
    bringing = picture.org.person(actor.id) if actor.kind == "member" and actor.id is not None else None
    if bringing is None or not bringing.scope:
        return tuple(wanted)
    inside = reach.within(picture.org, Reach(tops=frozenset(wanted)), bringing.scope).tops
    return tuple(sorted(inside)) if wanted and inside else bringing.scope


def holds_headship(picture: Picture, actor: Actor, target: Person) -> bool:
    """Whether ``actor`` may do all that heading units lets him do; else he names nobody who heads them next."""
    return not _not_held(picture, actor, target)


def _not_held(picture: Picture, actor: Actor, target: Person) -> str:
    """A permission that he has further by heading units than ``actor`` has it; empty for none."""
    org = picture.org
    beyond = (name for name in HEADED if not reach.contains(org, reaches(picture, actor, name), _asleep(picture, target, name)[1]))
    return next(beyond, "")


def holdings(picture: Picture, actor: Actor) -> Mapping[Reach, str]:
    """Each reach that ``actor`` has by his role or by heading units, with a permission that goes so far; were his units all enabled."""
    acting = picture.org.person(actor.id) if actor.kind == "member" and actor.id is not None else None
    if acting is None:
        return {}
    found: dict[Reach, str] = {}
    for name in PERMISSIONS:
        found.setdefault(reach.together(*_asleep(picture, acting, name)), name)
    return found


def check_not_drawn_in(org: Organisation, held: Mapping[Reach, str], before: Person, after: Person) -> None:
    """Putting a member elsewhere gives whoever does it, and has ``held``, no reach over him that he did not have (SPEC C4): as
    ``check_moved`` of units.

    Raises: MoreThanHeld.
    """
    for covered, name in held.items():
        if reach.has_member(org, covered, after) and not reach.has_member(org, covered, before):
            raise MoreThanHeld(name)


def check_moved(picture: Picture, actor: Actor, moved: Unit) -> None:
    """Putting a unit elsewhere, with all below it, gives whoever does it no reach over it that he did not have, be it by heading what it
    comes under (SPEC B2, C4). What is disabled counts as if it were enabled, as in ``check_not_widened``.

    ``picture`` is as it was before. It takes the turn (LOG A8), so each unit is looked at once for each kind of reach, of which a role has
    a few. Raises: MoreThanHeld.
    """
    there = [picture.org[unit] for unit in picture.org.below(picture.org.root)]
    before, after = (_enabled(picture, units) for units in (there, [moved if unit.id == moved.id else unit for unit in there]))
    found: set[tuple[Reach, Reach]] = set()
    for name in PERMISSIONS:
        was, becomes = reaches(before, actor, name), reaches(after, actor, name)
        if (was, becomes) not in found:
            found.add((was, becomes))
            if reach.units_below(after.org, becomes, moved.id) - reach.units_below(before.org, was, moved.id):
                raise MoreThanHeld(name)


def _enabled(picture: Picture, units: Iterable[Unit]) -> Picture:
    awake = (replace(unit, is_disabled=False) if unit.is_disabled else unit for unit in units)
    return Picture(Organisation(picture.org.company, awake, picture.org.people), picture.roles, picture.rules)


def _asleep(picture: Picture, person: Person, name: str) -> tuple[Reach, Reach]:
    """By his role, and by heading units, within his information scope; were his units all enabled."""
    org, role = picture.org, role_in(picture, person)
    by_role = reach.of_grant(org, person, role.grant(name), asleep=True) if role is not None else reach.NOTHING
    by_head = reach.of_headship(org, person, asleep=True) if name in HEADED else reach.NOTHING
    return reach.within(org, by_role, person.scope), reach.within(org, by_head, person.scope)


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
