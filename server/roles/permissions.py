"""The one table of permissions: what can be permitted, how far, and what roles start with (SPEC C2, C5).

Checks, the guide's table, and the console are made from it. What a role has now is ``grants.py``, what that reaches ``reach.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage.roles import COMPANY_ADMINISTRATOR, DEPARTMENT_MANAGER, GENERAL_MANAGER, INFORMATION_ADMINISTRATOR, INVITED, ORDINARY, STAFF
from storage.roles import SYSTEM_ADMINISTRATOR as SYSTEM


class Scope(StrEnum):
    """How far a permission goes, at most as far as the member's information scope (B3)."""

    NONE = "none"
    SELF = "self"
    OWN_UNIT = "own_unit"
    OWN_UNIT_AND_BELOW = "own_unit_and_below"
    CHOSEN_UNITS = "chosen_units"
    ALL = "all"


NONE, SELF, BELOW, ALL = Scope.NONE, Scope.SELF, Scope.OWN_UNIT_AND_BELOW, Scope.ALL
SCOPES: Mapping[Scope, tuple[str, str]] = {
    Scope.NONE: ("nobody", "无"),
    Scope.SELF: ("oneself", "本人"),
    Scope.OWN_UNIT: ("own unit", "本组织"),
    Scope.OWN_UNIT_AND_BELOW: ("own unit and below", "本组织及下级"),
    Scope.CHOSEN_UNITS: ("chosen units", "指定组织"),
    Scope.ALL: ("everybody", "全部"),
}
FOR_ONESELF = (NONE, SELF)  # to do something oneself
WHOLE = (NONE, ALL)  # what concerns the company as one
UNITS = (NONE, Scope.OWN_UNIT, BELOW, Scope.CHOSEN_UNITS, ALL)  # over units and who is in them
PEOPLE = tuple(Scope)

SUBJECTS: Mapping[str, tuple[str, str]] = {
    "company": ("Company", "企业"),
    "org": ("Organisation and members", "组织与成员"),
    "roles": ("Roles", "权限角色"),
    "sign_in": ("Sign-in and devices", "登录与设备"),
    "client_policy": ("Client policy", "客户端管理"),
    "chat": ("Chat, groups, presence", "聊天、群与在线状态"),
    "broadcasts": ("Broadcasts and announcements", "广播与公告"),
    "sms": ("SMS", "短信"),
    "archive": ("Message logs and audit", "消息记录与审计"),
    "attendance": ("Attendance", "考勤"),
    "work": ("Work tools", "协同办公"),
    "customers": ("Customers", "客户"),
}


@dataclass(frozen=True, slots=True)
class Permission:
    """``rows`` of SPEC; ``starts``: what each kind of system role, and each preset, begins with, where that is not none.

    ``is_reserved``: the company administrator's alone, for good. ``is_given_from_above``: only he puts it into a role (C5).
    ``by_headship``: heads have it over their units whatever their role (B2).
    """

    name: str
    rows: str
    en: str
    zh: str
    scopes: tuple[Scope, ...]
    starts: Mapping[str, Scope]
    is_reserved: bool = False
    is_given_from_above: bool = False
    by_headship: bool = False

    @property
    def subject(self) -> str:
        return self.name.partition(".")[0]

    @property
    def widest(self) -> Scope:
        return self.scopes[-1]

    def start(self, kind: str) -> Scope:
        """Of a system role's kind or a preset; of a custom role none."""
        return self.widest if kind == COMPANY_ADMINISTRATOR else self.starts.get(kind, NONE)


ADMINISTRATORS = (SYSTEM, INFORMATION_ADMINISTRATOR)
COLLEAGUES = (*ADMINISTRATORS, ORDINARY, DEPARTMENT_MANAGER, GENERAL_MANAGER, STAFF)
EVERYBODY = (*COLLEAGUES, INVITED)
MANAGER = {DEPARTMENT_MANAGER: BELOW}
OWN = {ORDINARY: SELF, DEPARTMENT_MANAGER: BELOW, STAFF: SELF, INVITED: SELF}


def _row(
    name: str,
    rows: str,
    en: str,
    zh: str,
    scopes: tuple[Scope, ...],
    *widest: str,
    less: Mapping[str, Scope] | None = None,
    reserved: bool = False,
    from_above: bool = False,
    heads: bool = False,
) -> Permission:
    starts = {**dict.fromkeys(widest, scopes[-1]), **(less or {})}
    return Permission(name, rows, en, zh, scopes, starts, reserved, from_above, heads)


_TABLE = (
    _row("company.profile", "A1", "Change the company's profile", "修改企业资料", WHOLE, SYSTEM),
    _row("company.settings", "A1, B3", "Change the company's settings", "修改企业设置", WHOLE, SYSTEM),
    _row("company.image", "A5", "Set the corporate image", "设置企业形象", WHOLE, reserved=True),
    _row("company.domain", "A6", "Manage domain accounts", "管理域帐号", WHOLE, reserved=True),
    _row("company.first_password", "A4", "Set the first password of new members", "设置成员初始密码", WHOLE),
    _row("company.super_password", "A2", "Change the super password", "修改超级密码", WHOLE),
    _row("company.mailbox", "A9", "Manage the company mailbox", "管理企业邮箱", WHOLE),
    _row("company.home", "A7", "See the home page of the account center", "查看帐户中心首页", WHOLE, SYSTEM),
    _row("company.programs", "S4", "Manage robots, API tokens and webhooks", "管理机器人、API 令牌与回调", WHOLE),
    _row("org.view", "B1, B8", "See the tree and members in the account center", "在帐户中心查看组织与成员", UNITS, *ADMINISTRATORS,
         GENERAL_MANAGER, less=MANAGER),
    _row("org.manage", "B1-B6", "Manage units and members", "管理组织与成员", UNITS, SYSTEM, GENERAL_MANAGER, less=MANAGER),
    _row("org.delete", "B1, B4", "Delete units and members, hand numbers on", "删除组织与成员、转移帐号", UNITS, SYSTEM),
    _row("org.import", "B7", "Import units and members", "导入组织与成员", UNITS, SYSTEM),
    _row("org.export", "B7", "Export units and members", "导出组织与成员", UNITS, SYSTEM),
    _row("org.scope", "B3", "Set members' information scopes", "设置成员的信息管理范围", UNITS, SYSTEM),
    _row("org.visibility", "B6, B9", "Set who sees whom, and which fields", "设置可见范围与资料隐私", WHOLE, SYSTEM),
    _row("roles.view", "C3", "See roles and who has them", "查看角色及其成员", UNITS, SYSTEM),
    _row("roles.manage", "C1", "Make, change and delete roles", "创建、修改、删除角色", WHOLE, SYSTEM),
    _row("roles.give", "C3", "Change members' roles", "修改成员的角色", UNITS, SYSTEM),
    _row("sign_in.password", "B8", "Reset members' passwords", "重置成员密码", UNITS, SYSTEM),
    _row("sign_in.sessions", "D2", "See and end members' sessions", "查看并结束成员的登录", UNITS, SYSTEM),
    _row("sign_in.history", "D3", "See the login history", "查看登录记录", UNITS, SYSTEM),
    _row("sign_in.rules", "D2, D5", "Set login rules and the device policy", "设置登录规则与设备策略", WHOLE, SYSTEM),
    _row("client_policy.view", "D4", "See the client policy and its reports", "查看客户端管理", WHOLE, from_above=True),
    _row("client_policy.set", "D4", "Set the client policy", "设置客户端管理", WHOLE, from_above=True),
    _row("chat.invisible", "G3", "Be invisible", "隐身", FOR_ONESELF, *ADMINISTRATORS),
    _row("chat.outside", "H1", "Talk with outside contacts", "与外部联系人聊天", FOR_ONESELF, *COLLEAGUES),
    _row("chat.outside_view", "H2", "See members' outside contacts", "查看成员的外部联系人", UNITS, SYSTEM),
    _row("chat.create_groups", "F1", "Create groups", "创建企业群", FOR_ONESELF, *COLLEAGUES),
    _row("chat.manage_groups", "F4", "Manage the company's groups", "管理企业群", UNITS, SYSTEM),
    _row("chat.group_quota", "F3", "Give and take group quota", "分配群配额", WHOLE),
    _row("chat.policy", "E3, E8", "Set recall, watermark and forwarding rules", "设置撤回、水印与转发规则", WHOLE, SYSTEM),
    _row("chat.calls", "N1", "Make voice and video calls", "语音与视频通话", FOR_ONESELF, *EVERYBODY),
    _row("chat.telephone", "N2", "Call telephones at the company's cost", "使用企业电话会议", FOR_ONESELF, SYSTEM),
    _row("chat.files", "M3", "Set file quotas and retention", "设置文件配额与保留期", WHOLE, SYSTEM),
    _row("broadcasts.send", "I1", "Send broadcasts", "发送广播", UNITS, *ADMINISTRATORS, GENERAL_MANAGER, less=MANAGER),
    _row("broadcasts.view", "I2", "See the record of broadcasts", "查看广播记录", UNITS, SYSTEM),
    _row("broadcasts.announce", "I3", "Manage announcements", "管理公告", WHOLE, *ADMINISTRATORS),
    _row("sms.send", "J1, J5", "Send SMS", "发送短信", UNITS, SYSTEM),
    _row("sms.account", "J4", "See and manage the SMS account", "管理短信帐户", WHOLE),
    _row("archive.read", "L2, L3", "Read and search message logs", "查看与搜索消息记录", UNITS),
    _row("archive.export", "L4", "Export message logs", "导出消息记录", UNITS),
    _row("archive.keep", "L5", "Set retention and legal holds", "设置保留期与法律保全", WHOLE),
    _row("archive.alerts", "L9", "Set keyword alerts and review hits", "设置敏感词并审核", WHOLE),
    _row("archive.audit", "L8", "Read the audit trail", "查看操作日志", WHOLE),
    _row("attendance.set", "O1", "Set attendance", "设置考勤", WHOLE, SYSTEM),
    _row("attendance.view", "O3", "View attendance", "查看考勤", PEOPLE, *ADMINISTRATORS, GENERAL_MANAGER, less=OWN, heads=True),
    _row("attendance.field", "O4", "View field check-ins and tracks", "查看外勤签到与轨迹", PEOPLE, SYSTEM, GENERAL_MANAGER, less=OWN,
         heads=True),
    _row("work.posts", "P1", "Publish posts", "发布发言", FOR_ONESELF, *EVERYBODY),
    _row("work.themes", "P1, P9, P12", "Manage themes, headlines, banners, teams", "管理主题、头条、横幅与团队", WHOLE, SYSTEM),
    _row("work.approvals", "P3", "Manage approval forms", "管理审批表单", WHOLE, SYSTEM),
    _row("work.library", "P4", "Manage the document library", "管理文库", WHOLE, SYSTEM),
    _row("work.logs", "P5", "View work logs", "查看工作日志", PEOPLE, SYSTEM, GENERAL_MANAGER, less=OWN, heads=True),
    _row("work.log_forms", "P5", "Manage templates of work logs", "管理日志模板", WHOLE, SYSTEM),
    _row("work.projects", "P7", "Manage all projects", "管理全部项目", UNITS, SYSTEM),
    _row("work.red_packets", "P9", "Give red packets", "发红包", FOR_ONESELF),
    _row("customers.create", "Q1", "Create customer records", "新建客户记录", FOR_ONESELF, *COLLEAGUES),
    _row("customers.read", "Q1", "Read customer records", "查看客户记录", PEOPLE, SYSTEM, GENERAL_MANAGER, less=OWN, heads=True),
    _row("customers.change", "Q1", "Change customer records", "修改客户记录", PEOPLE, SYSTEM, GENERAL_MANAGER, less=OWN),
    _row("customers.delete", "Q1", "Delete customer records", "删除客户记录", PEOPLE, SYSTEM),
    _row("customers.share", "Q1", "Share customer records", "共享客户记录", PEOPLE, SYSTEM, GENERAL_MANAGER, less=OWN),
    _row("customers.assign", "Q1, Q2", "Assign and transfer customer records", "分配与转移客户记录", PEOPLE, SYSTEM, GENERAL_MANAGER,
         less=MANAGER),
    _row("customers.import", "Q4", "Import companies and contacts", "导入公司与联系人", WHOLE, SYSTEM),
    _row("customers.import_deals", "Q4", "Import deals and payments", "导入商机与回款", WHOLE),
    _row("customers.export", "Q4", "Export customer records", "导出客户记录", PEOPLE, SYSTEM),
    _row("customers.forms", "Q1", "Change modules, fields, layouts and targets", "管理模块、字段、布局与目标", WHOLE, SYSTEM),
)  # fmt: skip
PERMISSIONS: Mapping[str, Permission] = {one.name: one for one in _TABLE}
