"""``allowed(picture, actor, permission, target)``: the only way to decide whether somebody may (DESIGN 8).

Pure: the picture of the company with actor and target in it goes in, a decision that names the rule comes out. Beside it stands what
there is at all for somebody who administers (``finds``): whoever is not found there is nobody, in acts as in looks, whatever one's
permission covers. That is the evaluator's answer, as it is for looks (``visibility.sieving``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from protocol.errors import MemberNotFound, YizhanError
from server.audit.service import Actor
from server.companies.errors import UnitNotFound
from server.org.organisation import Organisation, Person
from server.roles import reach
from server.roles.errors import (
    NotAllowed,
    PermissionUnknown,
)
from server.roles.grants import Role
from server.roles.permissions import PERMISSIONS, Permission, Scope
from server.roles.reach import Reach
from server.visibility import policy
from server.visibility.evaluator import Evaluator
from server.visibility.policy import Policy
from server.visibility.terms import What, Where

FINDING = ("org.manage", "archive.read")
"""Whoever has one of these over a unit finds, in the account center, who is hidden there (SPEC B6)."""
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
    "operators_alone": ("only the operator does this", "仅运维人员可以执行此操作"),
    "not_found": ("the member does not find it", "该成员看不到该对象"),
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
    """A company's tree with whoever matters in it, all its roles, and its rules between units that are in force."""

    org: Organisation
    roles: Mapping[int, Role]
    rules: tuple[policy.Rule, ...] = ()


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
    if (above := above_roles(actor)) is not None:
        return above
    person = _active(org, actor)
    if person is None:
        return Decision(False, "not_active")
    role = role_in(picture, person)
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
    decisions = [allowed(picture, actor, permission, target) for target in targets]
    if all(decision.rule != "not_active" for decision in decisions):
        check_found(picture, actor, *targets)  # all before any refusal, which would tell that the others are there
    for decision in decisions:
        if not decision.allowed:
            raise NotAllowed(permission, decision.rule)


def refusals(picture: Picture, actor: Actor, permission: str, targets: Sequence[Target]) -> dict[Target, YizhanError]:
    """What ``check`` says of each target alone, of those that it refuses."""
    there = found(picture, actor, targets)
    wrong: dict[Target, YizhanError] = {}
    for target in targets:
        decision = allowed(picture, actor, permission, target)
        if decision.rule != "not_active" and target not in there:
            wrong[target] = UnitNotFound() if target.kind == "unit" else MemberNotFound()
        elif not decision.allowed:
            wrong[target] = NotAllowed(permission, decision.rule)
    return wrong


def reaches(picture: Picture, actor: Actor, permission: str, *, headed: bool = True) -> Reach:
    """Whom and what the actor's permission covers: for lists; by his role alone where not ``headed``. Raises: PermissionUnknown."""
    asked = permission_of(permission)
    if above_roles(actor) is not None:
        return Reach(is_all=True)
    person = _active(picture.org, actor)
    if person is None:
        return reach.NOTHING
    by_role, by_head = _unbounded(picture.org, person, role_in(picture, person), asked)
    return reach.within(picture.org, reach.together(by_role, by_head) if headed else by_role, person.scope)


def finds(picture: Picture, actor: Actor, target: Target) -> bool:
    """Whether there is such a thing at all for ``actor`` in the account center (SPEC B3, B6; DESIGN 8): who manages the organisation or
    reads logs over it finds it, others what they find anywhere: within the information scope, not hidden, let see by rules between units.
    """
    return bool(found(picture, actor, [target]))


def found(picture: Picture, actor: Actor, targets: Sequence[Target]) -> set[Target]:
    """Those of them that there are for ``actor``."""
    there = {target for target in targets if _is_there(picture.org, target)}
    if above_roles(actor) is not None:
        return there
    person = _active(picture.org, actor)
    if person is None:
        return there & {COMPANY}
    over = _over(picture, actor, there)
    evaluator = Evaluator(picture.org, Policy(picture.rules, administrators={person.id: over}))
    return {target for target in there if _is_found(evaluator, over, person.id, target)}


def check_found(picture: Picture, actor: Actor, *targets: Target) -> None:
    """Raises: MemberNotFound, UnitNotFound."""
    there = found(picture, actor, targets)
    for target in targets:
        if target not in there:
            raise UnitNotFound if target.kind == "unit" else MemberNotFound


def check_operator(actor: Actor, act: str) -> None:
    """Raises: NotAllowed."""
    if (above := above_roles(actor)) is None or above.rule != "operator":
        raise NotAllowed(act, "operators_alone")


def is_company_administrator(picture: Picture, actor: Actor) -> bool:
    """Or above him: the super administrator, whose role it is, and the operator."""
    if above_roles(actor) is not None:
        return True
    person = _active(picture.org, actor)
    return person is not None and is_first(picture, person)


# ---- parts of a decision


def above_roles(actor: Actor) -> Decision | None:
    """Of whoever is no member: the decision about everything that is there."""
    if actor.kind in ("operator", "system"):
        return Decision(True, "operator")
    return Decision(True, "super_administrator") if actor.kind == "super" else None


def _active(org: Organisation, actor: Actor) -> Person | None:
    person = org.person(actor.id) if actor.kind == "member" and actor.id is not None else None
    return person if person is not None and person.state == "active" else None


def role_in(picture: Picture, person: Person) -> Role | None:
    return picture.roles.get(person.role) if person.role is not None and person.kind == "person" else None


def is_first(picture: Picture, person: Person) -> bool:
    role = role_in(picture, person)
    return role is not None and role.is_company_administrator


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


def _is_found(evaluator: Evaluator, over: policy.Reach, viewer: int, target: Target) -> bool:
    if target.kind == "member":
        return bool(evaluator.can_see(viewer, target.id, What.FIND, Where.ACCOUNT_CENTER))
    if target.kind == "company" or over.is_all or target.id in over.units:
        return True
    view = evaluator.view_class(viewer)
    return view is not None and evaluator.sight(view).sees(target.id)


def _over(picture: Picture, actor: Actor, targets: Iterable[Target]) -> policy.Reach:
    """Where the actor is over others, of the units that these targets are or are in: a tree may have 30,000."""
    org = picture.org
    covered = reach.together(*(reaches(picture, actor, name) for name in FINDING))
    people = [org.person(target.id) for target in targets if target.kind == "member"]
    units = {target.id for target in targets if target.kind == "unit"}
    units |= {place.unit for person in people if person is not None for place in person.places}
    return policy.Reach(frozenset(unit for unit in units if unit in org and reach.has_unit(org, covered, unit)), covered.is_all)
