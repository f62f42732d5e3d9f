"""What to do about an error that a command ended with: the line below it, in two languages.

By the error's code; an error may bring its own as ``advice``, a pair (English, Chinese).
"""

from collections.abc import Mapping
from typing import TypeVar

E = TypeVar("E", bound=Exception)
Words = tuple[str, str]

ADVICE: Mapping[str, Words] = {
    "settings.invalid": (
        "correct them and try again; `yizhan config doc` tells what each setting takes",
        "请更正后重试;`yizhan config doc` 说明每项配置的取值",
    ),
    "server.cannot_listen": (
        "end the process that listens there, or choose another port: --port, or gateway.port in the settings",
        "请结束占用该端口的进程,或换一个端口:--port,或配置项 gateway.port",
    ),
    "server.already_served": (
        "end that server first, or give this one another data folder: YIZHAN_SERVER__DATA, or server.data in the file",
        "请先结束那个服务器,或为本服务器指定另一数据目录:YIZHAN_SERVER__DATA,或配置项 server.data",
    ),
    "storage.away": (
        "see that the database runs and is reached: `yizhan check` looks at it; then run the same again, which does no harm",
        "请确认数据库正在运行且可以连接(`yizhan check` 可以检查),然后原样重试,重复执行无害",
    ),
    "storage.behind": (
        "run `yizhan migrate` (with the server stopped; make a copy of the database before)",
        "请停止服务器并备份数据库,然后执行 `yizhan migrate`",
    ),
    "company.not_found": ("`yizhan company list` shows the companies that there are", "`yizhan company list` 列出所有企业"),
    "company.number_taken": (
        "choose another number; `yizhan company list` shows those that are taken",
        "请换一个企业号;`yizhan company list` 列出已使用的企业号",
    ),
    "company.seats_exhausted": (
        "nobody else was added; who is disabled keeps the seat, who is deleted gives it back. "
        "The operator gives more: `yizhan company set NUMBER --seats N`",
        "没有加入其他人;停用的成员仍占席位,删除后才释放。运营者可增加席位:`yizhan company set NUMBER --seats N`",
    ),
    "batch.stopped": (
        "what is listed as done is done; see to the reason, then run it for the others. A first password that was not shown "
        "is drawn anew by `yizhan member reset-password NUMBER`",
        "列为完成的已经完成;请处理原因后对其余成员重新执行。没有显示过的初始密码可用 `yizhan member reset-password NUMBER` 重新生成",
    ),
    "member.not_found": ("`yizhan member list` shows the members and their numbers", "`yizhan member list` 列出成员及其帐号"),
    "member.disabled": ("`yizhan member enable NUMBER` lets the member in again", "`yizhan member enable NUMBER` 可重新启用该成员"),
    "session.not_found": (
        "`yizhan sessions list NUMBER` shows a member's sessions with their ids",
        "`yizhan sessions list NUMBER` 列出成员的会话及其标识",
    ),
    "number.taken": (
        "choose another number, or none: the next free one is taken then",
        "请换一个帐号,或不指定:将使用下一个可用帐号",
    ),
    "number.exhausted": (
        "give the company a further segment: `yizhan company add-segment NUMBER FIRST LAST`",
        "请为企业增加号段:`yizhan company add-segment NUMBER FIRST LAST`",
    ),
    "number.not_in_segment": (
        "`yizhan company segments NUMBER` shows the company's segments; `yizhan company add-segment` gives it more",
        "`yizhan company segments NUMBER` 列出企业号段;`yizhan company add-segment` 可增加号段",
    ),
    "segment.taken": ("choose other numbers: a number is one company's alone", "请换一段号码:一个号码只属于一个企业"),
    "unit.not_found": (
        "`yizhan org tree` shows the units; one is named by its path, such as Sales/North",
        "`yizhan org tree` 显示各组织;组织以路径指定,例如 Sales/North",
    ),
    "unit.ambiguous": ("`yizhan org tree --json` shows the paths", "`yizhan org tree --json` 显示完整路径"),
    "unit.not_empty": (
        "put them elsewhere first: `yizhan org place NUMBER UNIT`",
        "请先将成员移到其他组织:`yizhan org place NUMBER UNIT`",
    ),
    "unit.successor_needed": ("say who follows: --successor UNIT=NUMBER", "请指定接任者:--successor UNIT=NUMBER"),
    "unit.members_limit": (
        "put some elsewhere, or under a unit of their own",
        "请将部分成员放到其他组织,或放到单独的下级组织",
    ),
    "unit.head_unfit": (
        "`yizhan member activate NUMBER` or `yizhan member enable NUMBER` comes first",
        "请先执行 `yizhan member activate NUMBER` 或 `yizhan member enable NUMBER`",
    ),
    "unit.head_stays": (
        "`yizhan org head UNIT NUMBER` names another first head",
        "`yizhan org head UNIT NUMBER` 可指定另一位第一负责人",
    ),
    "member.not_in_unit": (
        "put the member into it first, beside the other units: `yizhan member add-to-unit NUMBER --unit UNIT`",
        "请先将成员加入该组织:`yizhan member add-to-unit NUMBER --unit UNIT`",
    ),
    "field.not_found": (
        "`yizhan member fields` shows the company's own fields with their ids",
        "`yizhan member fields` 列出企业自定义字段及其标识",
    ),
    "field.value_invalid": ("`yizhan member fields` shows what each field takes", "`yizhan member fields` 显示各字段的取值"),
    "unit_rule.not_found": ("`yizhan visibility rules` shows the rules between units", "`yizhan visibility rules` 列出可见范围规则"),
    "role.not_found": (
        "`yizhan role list` shows the roles; one is named by its name, its kind such as ordinary, or its id",
        "`yizhan role list` 列出角色;角色以名称、类型(如 ordinary)或标识指定",
    ),
    "role.name_taken": ("give it a name that no other role has", "请使用其他角色没有用过的名称"),
    "role.permission_unknown": ("`yizhan role permissions` shows all of them", "`yizhan role permissions` 列出所有权限"),
    "role.in_use": (
        "give its members another one by `yizhan role give`, the invited by `yizhan company set --invited-role`",
        "请先用 `yizhan role give` 为其成员换角色,用 `yizhan company set --invited-role` 更换受邀角色",
    ),
    "role.not_allowed": (
        "`yizhan role explain NUMBER PERMISSION` tells which rule decides",
        "`yizhan role explain NUMBER PERMISSION` 说明由哪条规则决定",
    ),
    "presence.invisible_not_allowed": (
        "an administrator's `yizhan role edit ROLE --permit chat.invisible=self` allows it",
        "管理员可用 `yizhan role edit ROLE --permit chat.invisible=self` 授权",
    ),
    "conversation.not_found": (
        "name an account number, a conversation's id, or a group's name as `yizhan tail` shows it",
        "请指定帐号、会话标识,或 `yizhan tail` 显示的群名称",
    ),
    "roster.workbook_not_found": ("`yizhan org workbooks` shows those that are kept", "`yizhan org workbooks` 列出保留的表格"),
    "sign_in.wrong": (
        "see that number and password are right; an administrator's `yizhan member reset-password NUMBER` gives a new one",
        "请检查帐号和密码;管理员可用 `yizhan member reset-password NUMBER` 重置密码",
    ),
    "sign_in.locked": (
        "wait, or let an administrator run `yizhan member reset-password NUMBER`, which ends the lock",
        "请稍候,或请管理员执行 `yizhan member reset-password NUMBER` 解除锁定",
    ),
    "session.ended": ("run it again: it signs in anew, with the password", "请重新执行:将用密码重新登录"),
    "session.password_change_required": (
        "give a new one: --new-password-file, or run it in a terminal and be asked",
        "请指定新密码:--new-password-file,或在终端中执行并按提示输入",
    ),
    "sdk.session_over": (
        "somebody ended it, or signed in elsewhere; run it again to sign in anew, where that is still allowed",
        "会话已被结束,或已在别处登录;如仍允许登录,请重新执行",
    ),
    "storage.full": (
        "make room on the disk of the data folder or of the database, then try again",
        "请为数据目录或数据库所在磁盘腾出空间,然后重试",
    ),
    "cli.hyphen_first": (
        "a value that begins with a hyphen stands behind --",
        "以连字符开头的值请写在 -- 之后",
    ),
}
BY_KIND: Mapping[str, Words] = {
    "refused": ("nothing was changed; the command's --help shows how it is called", "没有任何更改;--help 显示该命令的用法"),
    "unknown": (
        "it may or may not have been done; run the same again, which does no harm",
        "不确定是否已完成;请原样重试,重复执行无害",
    ),
}


def advice(error: Exception, language: str = "en") -> str:
    """Of ours, or of the SDK, whose errors have a code too."""
    own: Words | None = getattr(error, "advice", None)
    words = own or ADVICE.get(getattr(error, "code", "")) or BY_KIND[getattr(error, "kind", "refused")]
    return words[language == "zh"]


def advise(error: Exception, to_do: str, to_do_zh: str) -> None:
    """Let ``error`` bring its own advice: the command knows more than the table does."""
    vars(error)["advice"] = (to_do, to_do_zh)


def about(error: E, subject: str) -> E:
    """``error``, which says for itself that there is no such thing, with what was looked for: one of several, perhaps."""
    vars(error)["subject"] = subject
    return error


def subject(error: Exception) -> str:
    """What ``about`` gave it, or nothing."""
    return getattr(error, "subject", "")
