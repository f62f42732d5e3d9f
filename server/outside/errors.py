"""What outside contacts and requests refuse. None of it tells whether somebody exists whom one does not know."""

from protocol.errors import YizhanError
from server.saying import OfLimit


class OutsideOff(YizhanError):
    """One's own company has settled it so."""

    code = "outside.off"
    en = "your company has no outside contacts"
    zh = "您的企业未开放外部联系人"


class OutsideNotPermitted(YizhanError):
    """By one's role."""

    code = "outside.not_permitted"
    en = "outside contacts need a permission that you do not have"
    zh = "您没有使用外部联系人的权限"


class OutsideNobodyNamed(YizhanError):
    """`request_outside` names neither a member nor an address, or both."""

    code = "outside.nobody_named"
    en = "name a member or an address, not both"
    zh = "请指定成员或帐号、手机、邮箱其中之一"


class OutsideColleague(YizhanError):
    """Of a colleague whom one knows."""

    code = "outside.colleague"
    en = "this is a colleague, no outside contact"
    zh = "对方是本企业成员,无需添加为外部联系人"


class OutsideOneself(YizhanError):
    code = "outside.oneself"
    en = "nobody is an outside contact of his own"
    zh = "不能将自己添加为外部联系人"


class AlreadyOutside(YizhanError):
    code = "outside.already"
    en = "is an outside contact already"
    zh = "对方已是您的外部联系人"


class OutsideRequestNotFound(YizhanError):
    """Unknown, another's, answered, withdrawn or expired."""

    code = "outside.request_not_found"
    en = "there is no such request that waits"
    zh = "没有该待处理的联系人申请"


class OutsideImpossible(YizhanError):
    """On the side of who asked; what it is he alone may know."""

    code = "outside.impossible"
    en = "you cannot become contacts at present"
    zh = "目前无法添加该联系人"


class TooManyOutside(OfLimit):
    code = "outside.too_many"
    en = "you have {limit} outside contacts, more are not kept"
    zh = "外部联系人最多 {limit} 个"


class _WithinADay(OfLimit):
    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__(limit)
        self.retry_after_ms = seconds * 1000


class TooManyOutsideRequests(_WithinADay):
    """Those that reached nobody count, too."""

    code = "outside.too_many_requests"
    en = "at most {limit} requests to outside contacts a day"
    zh = "每天最多发出 {limit} 个外部联系人申请"


class TooManyBrought(_WithinADay):
    code = "outside.too_many_brought"
    en = "at most {limit} contacts are brought over a day"
    zh = "每天最多导入 {limit} 个联系人"


class TooManyReports(_WithinADay):
    code = "outside.too_many_reports"
    en = "at most {limit} reports a day"
    zh = "每天最多举报 {limit} 次"
