"""Why a company, a unit or a member cannot be made or changed."""

from collections.abc import Mapping

from protocol.errors import YizhanError


class CompanyNotFound(YizhanError):
    code = "company.not_found"
    en = "there is no company {number}"
    zh = "没有企业 {number}"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class CompanyNumberTaken(YizhanError):
    code = "company.number_taken"
    en = "there is a company {number} already"
    zh = "企业号 {number} 已存在"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class CompanyNumberInvalid(YizhanError):
    code = "company.number_invalid"
    en = "a company's number has 2 to 32 small letters, digits and hyphens, not {number}"
    zh = "企业号须为 2 到 32 个小写字母、数字或连字符,而不是 {number}"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


FIELDS: Mapping[str, str] = {
    **{"name": "名称", "nickname": "昵称", "short name": "简称", "full name": "全称", "gender": "性别", "job title": "职务"},
    **{"phone": "手机", "mail": "邮箱", "employee no": "工号", "office phone": "办公电话", "star sign": "星座", "pinyin": "拼音"},
    **{"signature": "签名", "description": "描述", "intro": "简介", "industry": "行业", "region": "地区", "address": "地址"},
    **{"website": "网站", "text": "状态文字", "remark": "备注", "tag": "标签", "words": "附言", "reason": "原因", "code": "代码"},
    **{"choice": "选项", "subject": "主题", "notice": "通知"},
}
"""What texts in Chinese call the fields; a company's own have one name."""


class _OfField(YizhanError):
    def __init__(self, field: str, most: int) -> None:
        super().__init__(field=field, most=most)

    def text(self, language: str = "en") -> str:
        if not language.startswith("zh"):
            return super().text(language)
        field = str(self.data["field"])
        return self.zh.format(**{**self.data, "field": FIELDS.get(field, field)})


class NameInvalid(_OfField):
    code = "name.invalid"
    en = "{field} has 1 to {most} characters and no control characters"
    zh = "{field} 须为 1 到 {most} 个字符,且不含控制字符"


class WordsInvalid(_OfField):
    code = "words.invalid"
    en = "{field} has at most {most} characters and no control characters"
    zh = "{field} 最多 {most} 个字符,且不含控制字符"


class SeatsExhausted(YizhanError):
    """All seats bought are taken: nobody is added (SPEC A1). How many are taken would count members whom one may not find (promise V4)."""

    code = "company.seats_exhausted"
    en = "not enough seats: the company may have {seats} in all, too few for {wanted} more"
    zh = "席位不足:企业共有 {seats} 个席位,无法再加入 {wanted} 名成员"

    def __init__(self, seats: int, wanted: int) -> None:
        super().__init__(seats=seats, wanted=wanted)


class SeatsInvalid(YizhanError):
    code = "company.seats_invalid"
    en = "a company has 1 to {most} seats"
    zh = "企业席位数应为 1 到 {most}"

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class ExpiryInvalid(YizhanError):
    code = "company.expiry_invalid"
    en = "a company expires at an instant from 1970 to 9999, in milliseconds UTC, or never"
    zh = "到期时间应为 1970 至 9999 年间的 UTC 毫秒时刻,或永不到期"


class CountInvalid(YizhanError):
    """How many of a list, or of free numbers, are asked for at once."""

    code = "list.count_invalid"
    en = "1 to {most} are asked for at once"
    zh = "一次最多请求 {most} 条,至少 1 条"

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class NumberInvalid(YizhanError):
    code = "number.invalid"
    en = "an account number has 4 to 10 digits and does not begin with 0, not {number}"
    zh = "帐号须为 4 到 10 位数字且不以 0 开头,而不是 {number}"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumberTaken(YizhanError):
    code = "number.taken"
    en = "the account number {number} is held by somebody"
    zh = "帐号 {number} 已被使用"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumberNotInSegment(YizhanError):
    """A company's members get numbers of its own segments (SPEC B3)."""

    code = "number.not_in_segment"
    en = "the account number {number} is in none of the company's segments"
    zh = "帐号 {number} 不在企业号段内"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumberNeverHeld(YizhanError):
    """Only a number that a member of the company holds or held can be handed on; others are free or not the company's."""

    code = "number.never_held"
    en = "no member of the company holds or held the account number {number}"
    zh = "本企业没有成员使用或曾使用帐号 {number}"

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumbersExhausted(YizhanError):
    """No free number was found in the company's segments."""

    code = "number.exhausted"
    en = "the company's segments have no free numbers left"
    zh = "企业号段中没有可用帐号"


class SegmentInvalid(YizhanError):
    code = "segment.invalid"
    en = "a segment goes from a number of 4 to 10 digits up to one that is not smaller, not from {first} to {last}"
    zh = "号段须从 4 到 10 位的号码起,且终点不小于起点,而不是从 {first} 到 {last}"

    def __init__(self, first: int, last: int) -> None:
        super().__init__(first=first, last=last)


class SegmentTaken(YizhanError):
    """Some of these numbers are in a segment already, whoever owns it: only the operator gives segments, so it tells nobody else."""

    code = "segment.taken"
    en = "of the numbers {first} to {last} some are in a segment already"
    zh = "号码 {first} 至 {last} 中有一部分已属于某个号段"

    def __init__(self, first: int, last: int) -> None:
        super().__init__(first=first, last=last)


class UnitNotFound(YizhanError):
    code = "unit.not_found"
    en = "there is no such unit"
    zh = "没有该组织"


class NotAPerson(YizhanError):
    """A robot signs in by an API token only; it has no password."""

    code = "member.not_a_person"
    en = "a robot has no password"
    zh = "机器人没有密码"
