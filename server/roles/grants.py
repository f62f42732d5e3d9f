"""A role as it is now: what it has beside, or instead of, what it started with (SPEC C1, C2)."""

from collections.abc import Mapping

import msgspec

from server.roles.permissions import PERMISSIONS, Scope
from storage.roles import COMPANY_ADMINISTRATOR, CUSTOM, PRESETS, SYSTEM, Stored

NAMES: Mapping[str, tuple[str, str]] = {
    "company_administrator": ("Company administrator", "企业管理员"),
    "system_administrator": ("System administrator", "系统管理员"),
    "information_administrator": ("Information administrator", "信息管理员"),
    "ordinary": ("Ordinary member", "普通成员"),
    "department_manager": ("Department manager", "部门经理"),
    "general_manager": ("General manager", "总经理"),
    "staff": ("Staff", "员工"),
    "invited": ("Default role", "默认角色"),
}
assert NAMES.keys() == {*SYSTEM, *PRESETS}


class Grant(msgspec.Struct, frozen=True, order=True):
    """How far a role has one permission. ``units``: those that were chosen, each with all below it."""

    scope: Scope = Scope.NONE
    units: tuple[int, ...] = ()


NOTHING = Grant()


class Role(msgspec.Struct, frozen=True):
    """``kind``: of the system roles, or custom; ``grants``: what it has, not what it has not."""

    id: int
    kind: str
    preset: str = ""
    name: str = ""
    description: str = ""
    grants: Mapping[str, Grant] = {}

    @property
    def begins_as(self) -> str:
        """The key of what it starts with."""
        return self.preset or self.kind

    @property
    def is_system(self) -> bool:
        return self.kind != CUSTOM

    @property
    def is_company_administrator(self) -> bool:
        return self.kind == COMPANY_ADMINISTRATOR

    def grant(self, permission: str) -> Grant:
        return self.grants.get(permission, NOTHING)

    def shown(self, language: str = "en") -> str:
        """Its name, or until it gets one its kind's or preset's in the reader's language."""
        en, zh = NAMES.get(self.begins_as, ("", ""))
        return self.name or (zh if language.startswith("zh") else en)


def ordered(grants: Mapping[str, Grant]) -> dict[str, Grant]:
    """Units each once and as they are stored, so that equal grants are equal."""
    return {name: Grant(grant.scope, tuple(sorted(set(grant.units)))) for name, grant in grants.items()}


def starting(begins_as: str) -> dict[str, Grant]:
    """What a system role or a preset starts with; a plain custom role with nothing."""
    found = {name: permission.start(begins_as) for name, permission in PERMISSIONS.items()}
    return {name: Grant(scope) for name, scope in found.items() if scope is not Scope.NONE}


def role_of(stored: Stored) -> Role:
    """Rows of permissions that this version does not know are left out; the company administrator's role has everything, always."""
    role = Role(stored.id, stored.kind, stored.preset, stored.name, stored.description)
    grants = starting(role.begins_as)
    if not role.is_company_administrator:
        for permission, (scope, units) in stored.permissions.items():
            if permission in PERMISSIONS and scope in PERMISSIONS[permission].scopes:
                grants[permission] = Grant(Scope(scope), units)
    return msgspec.structs.replace(role, grants={name: grant for name, grant in grants.items() if grant.scope is not Scope.NONE})


def to_store(role: Role, changed: Mapping[str, Grant]) -> dict[str, tuple[str, tuple[int, ...]] | None]:
    """What is written of changed permissions: only what differs from what the role starts with is a row (None: no row)."""
    begun = starting(role.begins_as)
    return {name: None if begun.get(name, NOTHING) == grant else (grant.scope.value, grant.units) for name, grant in changed.items()}
