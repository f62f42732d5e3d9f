"""The columns of a roster: their heads in Chinese and English, what is told of them, and other heads by which they are known (SPEC B7).

The order here is the order in templates and exports; in a file that is read they may stand in any order.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import msgspec

from storage.fields import Field
from storage.units import FIRST, OTHER

Kind = Literal["text", "name", "digits", "code", "phone", "mail", "day", "number", "choice", "units", "sorts", "heads", "told"]
Language = Literal["zh", "en"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """``kind`` says how a cell is read; `told` ones are written and never read. ``choices``: stored value, Chinese, English."""

    key: str
    kind: Kind
    zh: str
    en: str
    zh_help: str
    en_help: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[tuple[str, str, str], ...] = ()
    example: str = ""
    width: int = 16

    def head(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def help(self, language: str) -> str:
        return self.zh_help if language == "zh" else self.en_help

    def shown(self, value: str, language: str) -> str:
        """A stored value as it is written: of a choice its word."""
        word = next((choice for choice in self.choices if choice[0] == value), None)
        return value if word is None else word[1 if language == "zh" else 2]


class _Help(TypedDict):
    zh_help: str
    en_help: str


def _at_most(characters: int) -> _Help:
    return {"zh_help": f"最多 {characters} 个字符。", "en_help": f"At most {characters} characters."}


YES, NO = "1", ""
NOT_SHOWN = {"zh": "(未公开)", "en": "(not shown)"}
"""Stands in a cell of an export for what its member does not show to whoever exports; in an import it means: as it is."""
NOT_SHOWN_HELP = {
    "zh": "“(未公开)”表示该内容未向导出者公开;再次导入时(包括覆盖模式)保持原值不变。",
    "en": "'(not shown)' is not shown to whoever exported this; in an import, also one that overwrites, it stays as it is.",
}
HEADS = ((FIRST, "第一负责人", "first head"), (OTHER, "负责人", "head"))
EXAMPLE_NAME = "张三(示例)"
MEMBERS: Sequence[Column] = (
    Column(
        key="number",
        kind="digits",
        zh="帐号",
        en="Account number",
        zh_help="企业号段内的 4 到 10 位数字。新成员留空则自动分配;已有成员按帐号查找,帐号不能通过导入修改。",
        en_help="4 to 10 digits of the company's segments; empty: a new member gets the next one. It finds a member, and is not changed.",
        aliases=("账号", "驿站帐号", "驿站账号", "account", "number", "account no", "account no."),
    ),
    Column(
        key="name",
        kind="name",
        zh="姓名",
        en="Name",
        zh_help="必填,最多 100 个字符。",
        en_help="Required, at most 100 characters.",
        aliases=("成员姓名", "员工姓名", "full name", "display name"),
        required=True,
        example=EXAMPLE_NAME,
    ),
    Column(
        key="employee_no",
        kind="code",
        zh="工号",
        en="Employee no.",
        zh_help="前导零会保留;建议将该列设为文本格式。没有填写帐号时按工号查找成员。",
        en_help="Leading zeros stay; best formatted as text. It finds a member where there is no account number.",
        aliases=("员工工号", "员工编号", "人员编号", "employee no", "employee number", "employee id", "job number", "staff no."),
        example="00017",
    ),
    Column(
        key="units",
        kind="units",
        zh="组织",
        en="Units",
        zh_help="必填。从根组织起的路径,上下级用“/”隔开,多个组织用“;”隔开,第一个是主组织。例:总公司 / 销售部 / 华北区; 总公司 / 工会",
        en_help="Required. The path from the top with '/' between; several divided by ';', the first is the primary one. "
        "Such as: Acme / Sales / North; Acme / Union",
        aliases=("部门", "所属部门", "所在部门", "组织路径", "所属组织", "department", "departments", "unit", "department path"),
        required=True,
        example="总公司 / 销售部",
        width=36,
    ),
    Column(
        key="sort",
        kind="sorts",
        zh="排序",
        en="Order",
        zh_help="在组织内的排序号,数字小的在前,0 或留空表示按姓名拼音排列;多个组织时按组织顺序用“;”隔开。",
        en_help="The order number in the unit: smaller comes first, 0 or nothing is by name. For several units divided by ';'.",
        aliases=("排序号", "序号排序", "sort", "sort number"),
        example="10",
    ),
    Column(
        key="head",
        kind="heads",
        zh="负责人",
        en="Head",
        zh_help="在组织内填“第一负责人”或“负责人”,不是负责人则留空;多个组织时按组织顺序用“;”隔开。每个组织只有一名第一负责人,"
        "填写新的第一负责人后,原第一负责人变为普通成员。",
        en_help="'first head' or 'head' in the unit, nothing of who is none. For several units divided by ';'. A unit has one first head: "
        "when another one is named, the one before is a plain member.",
        aliases=("部门负责人", "是否负责人", "是否部门负责人", "是否此部门主管(是/否)", "是否此部门主管", "部门主管", "head of unit"),
        choices=HEADS,
        width=14,
    ),
    Column(
        key="job_title",
        kind="text",
        zh="职务",
        en="Job title",
        **_at_most(100),
        aliases=("职位", "岗位", "title", "position"),
        example="销售经理",
    ),
    Column(
        key="phone",
        kind="phone",
        zh="手机",
        en="Phone",
        zh_help="手机号码,可带 +86;国外号码以 + 和国家代码开头。建议将该列设为文本格式。",
        en_help="A mobile number, with or without +86; from abroad with + and the country's code. Best formatted as text.",
        aliases=("手机号", "手机号码", "移动电话", "mobile", "mobile phone", "phone number", "cell phone"),
        example="13800138000",
    ),
    Column(
        key="mail",
        kind="mail",
        zh="邮箱",
        en="E-mail",
        zh_help="电子邮箱地址。",
        en_help="The e-mail address.",
        aliases=("电子邮箱", "电子邮件", "企业邮箱", "个人邮箱", "邮件", "email", "mail", "e-mail address", "email address"),
        example="zhangsan@example.com",
        width=28,
    ),
    Column(
        key="gender",
        kind="choice",
        zh="性别",
        en="Gender",
        zh_help="男或女,可留空。",
        en_help="male, female, or nothing.",
        aliases=("sex",),
        choices=(("male", "男", "male"), ("female", "女", "female")),
        example="女",
        width=10,
    ),
    Column(
        key="nickname",
        kind="name",
        zh="昵称",
        en="Nickname",
        **_at_most(100),
        aliases=("别名", "英文名", "alias"),
    ),
    Column(
        key="office_phone",
        kind="text",
        zh="办公电话",
        en="Office phone",
        zh_help="座机或分机号。",
        en_help="A landline or an extension.",
        aliases=("座机", "分机", "分机号", "固定电话", "telephone", "tel", "extension"),
        example="010-62770000",
    ),
    Column(
        key="pinyin",
        kind="text",
        zh="姓名拼音",
        en="Pinyin",
        zh_help="仅在姓名读音与通常不同时填写,每个汉字一个音节,用空格隔开,例:shan xiong xin。",
        en_help="Only where the name is read otherwise than usual: one syllable for each character, such as: shan xiong xin.",
        aliases=("拼音",),
    ),
    Column(
        key="last_day",
        kind="day",
        zh="最后工作日",
        en="Last day",
        zh_help="例:2026-09-30。当天结束后帐号自动停用。",
        en_help="Such as 2026-09-30; at its end the member is disabled.",
        aliases=("离职日期", "最后工作日期", "last working day"),
    ),
    Column(
        key="is_hidden",
        kind="choice",
        zh="隐藏",
        en="Hidden",
        zh_help="填“是”则其他人在组织架构和搜索中找不到该成员。",
        en_help="'yes': others do not find the member in the tree and in search.",
        choices=((YES, "是", "yes"), (NO, "否", "no")),
        width=10,
    ),
    Column(
        key="description",
        kind="text",
        zh="备注",
        en="Description",
        **_at_most(500),
        aliases=("说明", "简介", "remark", "remarks", "notes"),
        width=28,
    ),
    Column(
        key="state",
        kind="told",
        zh="状态",
        en="State",
        zh_help="仅在导出时填写,导入时忽略。",
        en_help="Written in exports, not read in imports.",
        aliases=("激活状态", "启用状态", "帐号状态", "禁用状态"),
        choices=(("active", "正常", "active"), ("disabled", "已停用", "disabled"), ("draft", "草稿", "draft")),
        width=10,
    ),
)
KINDS = (
    *(("branch", "分公司", "branch"), ("institution", "机构", "institution")),
    *(("department", "部门", "department"), ("team", "小组", "team"), ("root", "根组织", "root")),
)
UNITS: Sequence[Column] = (
    Column(
        key="path",
        kind="units",
        zh="组织路径",
        en="Unit path",
        zh_help="必填。从根组织起的路径,上下级用“/”隔开;名称中的 / 和 ; 前加反斜杠。尚不存在的组织将被新建。",
        en_help="Required. The path from the top with '/' between; a '/' or ';' of a name carries a backslash. What is not there is made.",
        aliases=("path",),
        required=True,
        example="总公司 / 销售部",
        width=44,
    ),
    Column(
        key="kind",
        kind="choice",
        zh="组织类型",
        en="Unit kind",
        zh_help="分公司、机构、部门或小组;留空为部门。",
        en_help="branch, institution, department or team; nothing is a department.",
        aliases=("类型", "kind"),
        choices=KINDS,
        example="部门",
    ),
    Column(
        key="code",
        kind="code",
        zh="组织编号",
        en="Unit code",
        **_at_most(50),
        aliases=("编号", "组织编码", "部门编号", "code"),
        example="D-01",
    ),
    Column(
        key="description",
        kind="text",
        zh="组织说明",
        en="Unit description",
        **_at_most(500),
        aliases=("说明", "description"),
        width=36,
    ),
)
SHEETS = {"zh": ("成员", "组织"), "en": ("Members", "Units")}
# heads by which other programs' exports are told apart, for what they call an account is a name of their own
_WECOM = frozenset(("激活状态", "禁用状态", "微信插件", "别名"))
_DINGTALK = frozenset(("员工userid", "是否此部门主管(是/否)", "是否此部门主管", "部门主管", "分机号", "高管模式", "直属主管userid"))
_DECORATION = re.compile(r"\*|\((必填|选填|可选|可不填|required|optional)\)")


def folded(head: object) -> str:
    """A head as it is compared: without stars, '(必填)', width, case and spaces around."""
    text = unicodedata.normalize("NFKC", head if isinstance(head, str) else "").casefold()
    return " ".join(_DECORATION.sub("", text).split())


def _known(columns: Sequence[Column]) -> Mapping[str, Column]:
    found: dict[str, Column] = {}
    for column in columns:
        for head in (column.zh, column.en, column.key, *column.aliases):
            found.setdefault(folded(head), column)
    return found


OWN = "field:"
_OWN_KINDS: Mapping[str, Kind] = {"text": "text", "number": "number", "date": "day", "choice": "choice"}
_OWN_HELP = {
    "text": ("最多 200 个字符。", "At most 200 characters."),
    "number": ("数字,例:42 或 -1.5。", "A number, such as 42 or -1.5."),
    "date": ("日期,例:2026-09-30。", "A day, such as 2026-09-30."),
    "choice": ("从以下选项中选择:{choices}。", "One of: {choices}."),
}


def own_key(field: int) -> str:
    """The key of the column of a field of the company's own."""
    return f"{OWN}{field}"


def own(fields: Sequence[Field]) -> list[Column]:
    """Columns of the company's own fields. One whose name is a head of ours is told apart from it."""
    made = []
    for field in fields:
        zh, en = _OWN_HELP[field.kind]
        choices = ", ".join(field.choices)
        is_ours = folded(field.name) in KNOWN["members"]
        made.append(
            Column(
                key=own_key(field.id),
                kind=_OWN_KINDS[field.kind],
                zh=f"{field.name}(自定义)" if is_ours else field.name,
                en=f"{field.name} (own)" if is_ours else field.name,
                zh_help=("必填。" if field.is_required else "") + zh.format(choices=choices),
                en_help=("Required. " if field.is_required else "") + en.format(choices=choices),
                required=field.is_required,
                choices=tuple((choice, choice, choice) for choice in field.choices),
            )
        )
    return made


KNOWN = {"members": _known(MEMBERS), "units": _known(UNITS)}
BY_KEY = {"members": {column.key: column for column in MEMBERS}, "units": {column.key: column for column in UNITS}}


def dialect(heads: Sequence[object]) -> str:
    """Whose export it is, as far as it matters: dingtalk, wecom, or nothing."""
    there = {folded(head) for head in heads}
    if there & {folded(head) for head in _DINGTALK}:
        return "dingtalk"
    return "wecom" if there & {folded(head) for head in _WECOM} and "帐号" in {head.replace("账", "帐") for head in there} else ""
