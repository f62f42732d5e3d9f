"""What presence refuses."""

from protocol.errors import YizhanError


class InvisibleNotAllowed(YizhanError):
    """Only with the permission (SPEC G3)."""

    code = "presence.invisible_not_allowed"
    en = "to be invisible needs a permission that you do not have"
    zh = "您没有隐身登录的权限"
