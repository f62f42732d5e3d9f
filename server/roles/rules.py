"""``allowed(picture, actor, permission, target)``: the only way to decide whether somebody may (DESIGN 8), and who may give what (SPEC C4).

Pure: the picture of the company with actor and target in it goes in, a decision that names the rule comes out.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from protocol.errors import MemberNotFound
from server.audit.service import Actor
from server.companies.errors import UnitNotFound
from server.org.organisation import Organisation, Person
from server.roles import reach
from server.roles.errors import (
    CompanyAdministratorsOnly,
    MoreThanHeld,
    NotAllowed,
    PermissionReserved,
    PermissionUnknown,
    RobotHasNoRole,
    RoleFixed,
    ScopeUnfit,
    TooManyUnits,
)
from server.roles.grants import Grant, Role
from server.roles.permissions import PERMISSIONS, Permission, Scope
from server.roles.reach import Reach

CHOSEN_UNITS = 50
UNITS_OF_A_ROLE = 150
RULES: Mapping[str, tuple[str, str]] = {
    "operator": ("the operator may do everything", "运维人员拥有全部权限"),
    "super_administrator": ("the super administrator may do everything in the company", "超级管理员拥有企业内全部权限"),
    "company_administrator": ("the company administrator has every permission", "企业管理员拥有全部权限"),
    "role": ("the role has the permission as far as this", "角色权限范围包含该对象"),
    "headship": ("heading a unit gives it there", "组织负责人对其组织拥有该权限"),
    "own": ("it is one's own", "属于本人"),
    "unknown": ("there is no such member or unit", "没有该成员或组织"),
    "not_active": ("whoever is not an active member may do nothing", "非正常状态的成员没有任何权限"),
    "no_role": ("a member without a role may do nothing", "没有角色的成员没有任何权限"),
    "not_in_role": ("the role does not have the permission", "角色不包含该权限"),
    "beyond_role": ("the role has the permission, but not as far as this", "角色拥有该权限,但范围不包含该对象"),
    "beyond_information_scope": ("it is outside the member's information scope", "超出该成员的信息管理范围"),
}


class Target(msgspec.Struct, frozen=True):
    """What is acted on: a member, a unit, or the company as one. To do something oneself is to act on oneself."""

    kind: Literal["member", "unit", "company"]
    id: int = 0


COMPANY = Target("company")


def member(id: int) -> Target:
    return Target("member", id)


def unit(id: int) -> Target:
    return Target("unit", id)


class Picture(msgspec.Struct, frozen=True):
    """A company's tree with whoever matters in it, and all its roles."""

    org: Organisation
    roles: Mapping[int, Role]


class Decision(msgspec.Struct, frozen=True):
    """``rule``: of ``RULES``, what decided. ``role``: the actor's; ``scope``: how far it has the permission."""

    allowed: bool
    rule: str
    role: Role | None = None
    scope: Scope = Scope.NONE

    def text(self, language: str = "en") -> str:
        return RULES[self.rule][language.startswith("zh")]


def permission_of(name: str) -> Permission:
    """Raises: PermissionUnknown."""
    if name not in PERMISSIONS:
        raise PermissionUnknown(name)
    return PERMISSIONS[name]


def allowed(picture: Picture, actor: Actor, permission: str, target: Target) -> Decision:
    """Whether ``actor`` may, and by which rule. Raises: PermissionUnknown."""
    asked = permission_of(permission)
    org = picture.org
    if not _is_there(org, target):
        return Decision(False, "unknown")
    if (above := _from_above(actor)) is not None:
        return above
    person = _active(org, actor)
    if person is None:
        return Decision(False, "not_active")
    role = _role(picture, person)
    scope = role.grant(permission).scope if role is not None else Scope.NONE
    by_role, by_head = _unbounded(org, person, role, asked)
    if _covers(org, reach.within(org, by_role, person.scope), target):
        return Decision(True, "company_administrator" if role is not None and role.is_company_administrator else "role", role, scope)
    if _covers(org, reach.within(org, by_head, person.scope), target):
        return Decision(True, "own" if target == member(person.id) else "headship", role, scope)
    if _covers(org, by_role, target) or _covers(org, by_head, target):
        return Decision(False, "beyond_information_scope", role, scope)
    missing = "no_role" if role is None else "not_in_role" if scope is Scope.NONE else "beyond_role"
    return Decision(False, missing, role, scope)


def check(picture: Picture, actor: Actor, permission: str, *targets: Target) -> None:
    """Raises: NotAllowed; MemberNotFound, UnitNotFound, just as for unknown ones, where the actor may not even find the target."""
    for target in targets:
        decision = allowed(picture, actor, permission, target)
        if not decision.allowed:
            if decision.rule != "not_active":
                check_found(picture, actor, target)
            raise NotAllowed(permission, decision.rule)


def reaches(picture: Picture, actor: Actor, permission: str, *, headed: bool = True) -> Reach:
    """Whom and what the actor's permission covers: for lists; by his role alone where not ``headed``. Raises: PermissionUnknown."""
    asked = permission_of(permission)
    if _from_above(actor) is not None:
        return Reach(is_all=True)
    person = _active(picture.org, actor)
    if person is None:
        return reach.NOTHING
    by_role, by_head = _unbounded(picture.org, person, _role(picture, person), asked)
    return reach.within(picture.org, reach.together(by_role, by_head) if headed else by_role, person.scope)


def finds(picture: Picture, actor: Actor, target: Target) -> bool:
    """Whether there is such a thing at all for ``actor`` in the account center: within his information scope, and where it is hidden,
    only for who manages the organisation or reads logs there (SPEC B3, B6)."""
    org = picture.org
    if not _is_there(org, target):
        return False
    if _from_above(actor) is not None or target.kind == "company":
        return True
    person = _active(org, actor)
    if person is None or not _covers(org, reach.within(org, Reach(is_all=True, oneself=person.id), person.scope), target):
        return False
    if not _is_hidden(org, target) or target == member(person.id) or person.is_hidden:
        return True
    return any(allowed(picture, actor, name, target).allowed for name in ("org.manage", "archive.read"))


def check_found(picture: Picture, actor: Actor, target: Target) -> None:
    """Raises: MemberNotFound, UnitNotFound."""
    if not finds(picture, actor, target):
        raise UnitNotFound if target.kind == "unit" else MemberNotFound


# ---- giving (SPEC C1, C4, C5)


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
    before = _role(picture, target)
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


def check_not_widened(picture: Picture, actor: Actor, before: Person, after: Person) -> None:
    """An act that puts a member elsewhere, or changes his information scope, gives him no reach that ``actor`` does not hold (SPEC C4).

    So nobody widens his own. Raises: MoreThanHeld, naming a permission that would go further.
    """
    role = _role(picture, after)
    for name, grant in role.grants.items() if role is not None else ():
        was, becomes = (reach.within(picture.org, reach.of_grant(picture.org, one, grant), one.scope) for one in (before, after))
        held = reaches(picture, actor, name, headed=False)
        if not reach.contains(picture.org, reach.together(was, held), becomes):
            raise MoreThanHeld(name)


def is_company_administrator(picture: Picture, actor: Actor) -> bool:
    """Or above him: the super administrator, whose role it is, and the operator."""
    if _from_above(actor) is not None:
        return True
    person = _active(picture.org, actor)
    role = _role(picture, person) if person is not None else None
    return role is not None and role.is_company_administrator


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


# ---- parts of a decision


def _from_above(actor: Actor) -> Decision | None:
    """Of whoever is no member."""
    if actor.kind in ("operator", "system"):
        return Decision(True, "operator")
    return Decision(True, "super_administrator") if actor.kind == "super" else None


def _active(org: Organisation, actor: Actor) -> Person | None:
    person = org.person(actor.id) if actor.kind == "member" and actor.id is not None else None
    return person if person is not None and person.state == "active" else None


def _role(picture: Picture, person: Person) -> Role | None:
    return picture.roles.get(person.role) if person.role is not None and person.kind == "person" else None


def _unbounded(org: Organisation, person: Person, role: Role | None, permission: Permission) -> tuple[Reach, Reach]:
    """By the role, and by heading units, before the information scope."""
    by_role = reach.of_grant(org, person, role.grant(permission.name)) if role is not None else reach.NOTHING
    by_head = reach.of_headship(org, person) if permission.by_headship and role is not None else reach.NOTHING
    return by_role, by_head


def _covers(org: Organisation, found: Reach, target: Target) -> bool:
    if target.kind == "unit":
        return reach.has_unit(org, found, target.id)
    person = org.person(target.id)
    return found.is_all if person is None else reach.has_member(org, found, person)


def _is_there(org: Organisation, target: Target) -> bool:
    if target.kind == "unit":
        return target.id in org
    return target.kind == "company" or org.person(target.id) is not None


def _is_hidden(org: Organisation, target: Target) -> bool:
    person = org.person(target.id) if target.kind == "member" else None
    return person is not None and person.is_hidden
