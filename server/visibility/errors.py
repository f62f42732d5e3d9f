"""Why a rule between units cannot be made so."""

from protocol.errors import YizhanError
from server.saying import OfLimit, OfName


class UnitRuleNotFound(YizhanError):
    code = "unit_rule.not_found"
    en = "there is no such rule between units"
    zh = "没有该可见范围规则"


class UnitRuleKindUnknown(YizhanError):
    code = "unit_rule.kind_unknown"
    en = "a rule is of one of the kinds {kinds}, not {given}"
    zh = "规则类型应为 {kinds} 之一,而不是 {given}"

    def __init__(self, kinds: str, given: str) -> None:
        super().__init__(kinds=kinds, given=given)


class UnitRuleBindsNobody(YizhanError):
    code = "unit_rule.binds_nobody"
    en = "a rule names at least one unit or member that it binds"
    zh = "规则至少须指定一个受限的组织或成员"


class UnitRuleTooLong(OfLimit):
    """So that changing it is one short act (LOG C1)."""

    code = "unit_rule.too_long"
    en = "a rule names at most {limit} units and members; name a unit above them"
    zh = "一条规则最多指定 {limit} 个组织和成员,请选择其上级组织"


class UnitRuleUnfit(YizhanError):
    """Who is hidden by a rule is hidden from search and writing, too."""

    code = "unit_rule.unfit"
    en = "a rule that hides leaves neither searching nor writing"
    zh = "隐藏规则不能同时允许搜索或发消息"


class UnitRuleNameTaken(OfName):
    code = "unit_rule.name_taken"
    en = "there is a rule {name} already"
    zh = "已有规则“{name}”"


class UnitRulesLimit(OfLimit):
    code = "unit_rule.limit"
    en = "a company has at most {limit} rules between units"
    zh = "一个企业最多 {limit} 条可见范围规则"
