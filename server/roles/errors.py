"""Why somebody may not do something, and why a role cannot be made, changed or given."""

from protocol.errors import YizhanError
from server.saying import OfLimit, OfName


class NotAllowed(YizhanError):
    """``rule`` names what decided (see ``rules.RULES``)."""

    code = "role.not_allowed"
    en = "you are not permitted to do this here: {permission}, {rule}"
    zh = "您没有执行此操作的权限:{permission},{rule}"

    permission: str

    def __init__(self, permission: str, rule: str) -> None:
        super().__init__(permission=permission, rule=rule)


class PermissionUnknown(OfName):
    code = "role.permission_unknown"
    en = "there is no permission {name}"
    zh = "没有权限 {name}"


class ScopeUnfit(YizhanError):
    """Not every permission can go that far; chosen units, and they alone, are named."""

    code = "role.scope_unfit"
    en = "{permission} goes as far as one of {scopes}; chosen_units names 1 to {most} units, the others none"
    zh = "权限 {permission} 的范围应为 {scopes} 之一;仅 chosen_units 须指定 1 到 {most} 个组织"

    def __init__(self, permission: str, scopes: str, most: int) -> None:
        super().__init__(permission=permission, scopes=scopes, most=most)


class TooManyUnits(OfLimit):
    """All units that were chosen for the permissions of one role, so that changing it is one short act (LOG C1)."""

    code = "role.too_many_units"
    en = "at most {limit} units are chosen in one role; choose one above them"
    zh = "一个角色最多指定 {limit} 个组织,请选择其上级组织"


class MoreThanHeld(YizhanError):
    """Nobody can grant what they do not hold (SPEC C4)."""

    code = "role.more_than_held"
    en = "you cannot give what you do not hold yourself, or not as far: {permission}"
    zh = "不能授予自己没有或超出自身范围的权限:{permission}"

    def __init__(self, permission: str) -> None:
        super().__init__(permission=permission)


class SeesMore(YizhanError):
    """Whoever comes to know a password looks at the company through that account (SPEC B3, C4)."""

    code = "role.sees_more"
    en = "the member's information scope goes further than yours: somebody who sees as much does this"
    zh = "该成员的信息管理范围超出您的范围,须由范围不小于该成员的人员执行"


class CompanyAdministratorsOnly(YizhanError):
    """The company administrator's role, and what only he puts into roles (SPEC C1, C5)."""

    code = "role.company_administrators_only"
    en = "only a company administrator does this"
    zh = "仅企业管理员可以执行此操作"


class PermissionReserved(YizhanError):
    """Of the company administrator alone, whatever a role is called (SPEC C5)."""

    code = "role.permission_reserved"
    en = "{permission} is the company administrator's alone"
    zh = "权限 {permission} 仅属于企业管理员"

    def __init__(self, permission: str) -> None:
        super().__init__(permission=permission)


class RoleNotFound(YizhanError):
    code = "role.not_found"
    en = "there is no such role"
    zh = "没有该角色"


class RoleFixed(YizhanError):
    """The company administrator's role is neither renamed nor edited (SPEC C1)."""

    code = "role.fixed"
    en = "the company administrator's role stays as it is"
    zh = "企业管理员角色不能修改"


class RoleStays(YizhanError):
    """System roles are not deleted (SPEC C1)."""

    code = "role.stays"
    en = "system roles are not deleted"
    zh = "系统角色不能删除"


class RoleInUse(OfName):
    code = "role.in_use"
    en = "{name} is the role of members, or of whoever is invited"
    zh = "角色“{name}”正在被成员或邀请设置使用"


class RoleNotForInvited(YizhanError):
    """A company administrator is made by another one, by name (SPEC C1)."""

    code = "role.not_for_invited"
    en = "whoever is invited does not become company administrator"
    zh = "被邀请的成员不能成为企业管理员"


class RoleNameTaken(OfName):
    code = "role.name_taken"
    en = "there is a role {name} already"
    zh = "已有角色“{name}”"


class RoleAmbiguous(OfName):
    code = "role.ambiguous"
    en = "several roles are called {name}; name one by its id"
    zh = "有多个角色名为“{name}”,请使用角色标识"


class RolesLimit(OfLimit):
    code = "role.limit"
    en = "a company has at most {limit} roles"
    zh = "一个企业最多 {limit} 个角色"


class PresetUnknown(YizhanError):
    code = "role.preset_unknown"
    en = "a preset is one of {presets}, not {name}"
    zh = "预设角色应为 {presets} 之一,而不是 {name}"

    def __init__(self, name: str, presets: str) -> None:
        super().__init__(name=name, presets=presets)


class RobotHasNoRole(YizhanError):
    """A robot does what its token is for."""

    code = "role.robot"
    en = "robots have no role"
    zh = "机器人没有角色"
