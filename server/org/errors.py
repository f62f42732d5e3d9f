"""Why a tree cannot be changed so, or a member not be put there.

No text counts members: whoever reads it may not find all of them, and of how many there are he learns where looks count whom he finds
(promise V4). A number that counted those alone would, beside a limit, tell how many are hidden.
"""

from protocol.errors import YizhanError
from server.saying import OfLimit, OfName, OfUnit


class CompanyBusy(YizhanError):
    """Long work has the company's tree for itself (LOG C3). ``since``: milliseconds UTC."""

    code = "company.busy"
    en = "{who} has begun something long at {since} (milliseconds UTC), and it has the tree for itself until its end"
    zh = "{who} 于 {since}(UTC 毫秒)开始的操作尚未完成,期间组织架构不可更改"

    def __init__(self, who: str, since: int) -> None:
        super().__init__(who=who, since=since)


class RootStays(YizhanError):
    """The top of the tree is neither deleted, moved, disabled nor hidden (SPEC B1)."""

    code = "unit.root_stays"
    en = "the top of the tree is not deleted, moved, disabled or hidden"
    zh = "根组织不能删除、移动、停用或隐藏"


class UnitBelowItself(OfName):
    code = "unit.below_itself"
    en = "{name} cannot be put below itself"
    zh = "不能将“{name}”移动到其自身或下级组织中"


class UnitNameTaken(OfName):
    """Units are named by their path from the root, so siblings have different names."""

    code = "unit.name_taken"
    en = "there is a unit {name} in the same place already"
    zh = "同一上级下已有组织“{name}”"


class UnitAmbiguous(OfName):
    code = "unit.ambiguous"
    en = "several units are called {name}; name one by its path from the top"
    zh = "有多个组织名为“{name}”,请写出从根组织起的完整路径"


class UnitNotEmpty(OfName):
    """Refused while a member is in it or below (SPEC B1), also where the unit is disabled."""

    code = "unit.not_empty"
    en = "there are members in {name} or below it"
    zh = "“{name}”或其下级组织中还有成员"


class UnitKindUnknown(YizhanError):
    code = "unit.kind_unknown"
    en = "a unit is a branch, institution, department or team, not {given}"
    zh = "组织类型应为 branch、institution、department 或 team,而不是 {given}"

    def __init__(self, kind: str) -> None:
        super().__init__(given=kind)


class RootUnitsLimit(OfLimit):
    code = "unit.root_limit"
    en = "at most {limit} units are directly under the top of the tree"
    zh = "根组织下最多直接设置 {limit} 个组织"


class UnitMembersLimit(YizhanError):
    code = "unit.members_limit"
    en = "{name} takes at most {limit} members, {wanted} more do not fit"
    zh = "“{name}”最多容纳 {limit} 名成员,无法再加入 {wanted} 名"

    def __init__(self, name: str, limit: int, wanted: int) -> None:
        super().__init__(name=name, limit=limit, wanted=wanted)


class UnitDisabled(OfName):
    """Nobody is put into a disabled unit, or into one below it."""

    code = "unit.disabled"
    en = "{name} is disabled"
    zh = "组织“{name}”已停用"


class NoUnit(YizhanError):
    """One primary unit is required; the top of the tree may be it (SPEC B3)."""

    code = "member.no_unit"
    en = "a member is in one unit at least"
    zh = "成员至少须属于一个组织"


class NotInUnit(YizhanError):
    code = "member.not_in_unit"
    en = "{name} is not a member of {unit}"
    zh = "“{name}”不是“{unit}”的成员"

    def __init__(self, name: str, unit: str) -> None:
        super().__init__(name=name, unit=unit)


class HeadStays(OfUnit):
    """A first head can be replaced, not removed (SPEC B2)."""

    code = "unit.head_stays"
    en = "the first head of {unit} is replaced by naming another one"
    zh = "“{unit}”的第一负责人只能更换,不能取消"


class HeadUnfit(YizhanError):
    """Who is disabled, a draft or a robot heads nothing."""

    code = "unit.head_unfit"
    en = "{name} is no active person, and does not come to head {unit}"
    zh = "“{name}”不是在职成员,不能担任“{unit}”的负责人"

    def __init__(self, name: str, unit: str) -> None:
        super().__init__(name=name, unit=unit)


class SuccessorNeeded(YizhanError):
    """He heads a unit that others are in: say who is its first head when he is gone."""

    code = "unit.successor_needed"
    en = "name the next first head of {units}"
    zh = "请指定“{units}”的下一任第一负责人"

    def __init__(self, units: str) -> None:
        super().__init__(units=units)


class ScopeTooWide(OfLimit):
    code = "member.scope_too_wide"
    en = "an information scope has at most {limit} units"
    zh = "信息管理范围最多 {limit} 个组织"


class ScopeWouldOpen(YizhanError):
    """No scope means the whole company: deleting the last unit of somebody's scope would show him everything."""

    code = "unit.scope_would_open"
    en = "it is all that some members may see of the company; give them another information scope first"
    zh = "有成员的信息管理范围仅包含该组织,请先调整其信息管理范围"


class SuccessorUnfit(OfUnit):
    code = "unit.successor_unfit"
    en = "who becomes the first head of {unit} is an active member of it"
    zh = "“{unit}”的第一负责人须为其在职成员"


class LastAdministrator(YizhanError):
    """The last company administrator stays (SPEC C4)."""

    code = "role.last_administrator"
    en = "the last company administrator stays"
    zh = "最后一名企业管理员不能移除"


class PhoneOrMailNeeded(YizhanError):
    code = "member.phone_or_mail_needed"
    en = "in this company every member has a phone or a mail address"
    zh = "本企业要求每名成员至少填写手机号或邮箱"


class PhoneInvalid(YizhanError):
    """It is neither a phone number, nor an extension."""

    code = "member.phone_invalid"
    en = "{given} is no phone number; one from abroad begins with + and its country"
    zh = "“{given}”不是有效的电话号码;国外号码请以 + 和国家代码开头"

    def __init__(self, given: str) -> None:
        super().__init__(given=given)


class MailInvalid(YizhanError):
    code = "member.mail_invalid"
    en = "{given} is no mail address"
    zh = "“{given}”不是有效的邮箱地址"

    def __init__(self, given: str) -> None:
        super().__init__(given=given)


class GenderUnknown(YizhanError):
    code = "member.gender_unknown"
    en = "a gender is male, female, or nothing, not {given}"
    zh = "性别应为男、女或留空,而不是“{given}”"

    def __init__(self, given: str) -> None:
        super().__init__(given=given)


class DayInvalid(YizhanError):
    code = "day.invalid"
    en = "a day is written 2026-09-30, not {day}"
    zh = "日期应写作 2026-09-30,而不是 {day}"

    def __init__(self, day: str) -> None:
        super().__init__(day=day)


class SuccessorOfMemberUnfit(YizhanError):
    """Who is to take over when a member leaves."""

    code = "member.successor_unfit"
    en = "a successor is another active member, not {name}"
    zh = "接替人须为其他在职成员,而不是“{name}”"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class DayPast(YizhanError):
    code = "member.last_day_past"
    en = "the last day {day} is over already"
    zh = "最后工作日 {day} 已过"

    def __init__(self, day: str) -> None:
        super().__init__(day=day)


class TimeZoneUnknown(OfName):
    code = "company.time_zone_unknown"
    en = "there is no time zone {name}"
    zh = "没有时区 {name}"


class LimitInvalid(YizhanError):
    code = "company.limit_invalid"
    en = "a limit is a whole number from 1 to {most}"
    zh = "上限须为 1 到 {most} 的整数"

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class SortInvalid(YizhanError):
    """Of a member in a unit, or of a field of the company's own."""

    code = "sort.invalid"
    en = "a sort number is a whole number from 0 to {most}; 0 is none"
    zh = "排序号须为 0 到 {most} 的整数,0 表示不设"

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class StateUnfit(YizhanError):
    """What is asked for does not go with the member's state: a draft is activated, an active member is not."""

    code = "member.state_unfit"
    en = "{name} is {state}"
    zh = "“{name}”当前状态为 {state}"

    def __init__(self, name: str, state: str) -> None:
        super().__init__(name=name, state=state)


class FieldNotFound(YizhanError):
    code = "field.not_found"
    en = "there is no such field"
    zh = "没有该字段"


class FieldsLimit(OfLimit):
    code = "field.limit"
    en = "a company has at most {limit} fields of its own"
    zh = "企业自定义字段最多 {limit} 个"


class FieldNameTaken(OfName):
    code = "field.name_taken"
    en = "there is a field {name} already"
    zh = "已有字段“{name}”"


class FieldKindUnknown(YizhanError):
    """Also of a field that is there and would become another kind: its values would not fit."""

    code = "field.kind_unknown"
    en = "a field is a text, number, date or choice from its beginning, not {given}"
    zh = "字段类型须在创建时选定为 text、number、date 或 choice,而不是 {given}"

    def __init__(self, kind: str) -> None:
        super().__init__(given=kind)


class FieldValueInvalid(YizhanError):
    code = "field.value_invalid"
    en = "{value} is no value of {name}"
    zh = "“{value}”不是“{name}”的有效值"

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name=name, value=value)


class PrivacyUnknown(YizhanError):
    code = "field.privacy_unknown"
    en = "a field is shown, own_unit or hidden, not {shown}; own_unit is whoever has the same primary unit"
    zh = "字段的可见性应为 shown、own_unit 或 hidden,而不是 {shown};own_unit 指主组织相同的成员"

    def __init__(self, shown: str) -> None:
        super().__init__(shown=shown)


class TagsInvalid(YizhanError):
    code = "member.tags_invalid"
    en = "at most {most} tags of {characters} characters each"
    zh = "最多 {most} 个标签,每个不超过 {characters} 个字符"

    def __init__(self, most: int, characters: int) -> None:
        super().__init__(most=most, characters=characters)


class NoticeEmpty(YizhanError):
    code = "notice.empty"
    en = "a notice says something"
    zh = "通知内容不能为空"
