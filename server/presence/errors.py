"""What presence refuses."""

from protocol.errors import YizhanError


class InvisibleNotAllowed(YizhanError):
    """Only with the permission (SPEC G3)."""

    code = "presence.invisible_not_allowed"
    en = "to be invisible needs a permission that you do not have"
    zh = "您没有隐身登录的权限"


class TooManyWatched(YizhanError):
    """Of units or of people, by one connection; nothing of the command was done."""

    code = "presence.too_many_watched"
    en = "at most {limit} units, or people, can be watched at a time"
    zh = "同时关注的组织或成员最多 {limit} 个"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
