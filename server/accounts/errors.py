"""Why one cannot sign in, and why a password cannot be chosen."""

from collections.abc import Sequence

from protocol.errors import YizhanError
from protocol.events import Choice


class SignInWrong(YizhanError):
    """Unknown name, wrong password, or one that does not open this member: byte for byte the same answer (SPEC D1)."""

    code = "sign_in.wrong"
    en = "the login name or the password is wrong"
    zh = "登录名或密码错误"


class SignInLocked(YizhanError):
    """Too many wrong passwords for this name, or from this address; says nothing about whether the name exists."""

    code = "sign_in.locked"
    en = "too many wrong passwords; try again in {seconds} s"
    zh = "密码错误次数过多,请在 {seconds} 秒后重试"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after_ms = seconds * 1000


class ChooseMember(YizhanError):
    """The password is right and opens several members: sign in again with one of ``choices``."""

    code = "sign_in.choose_member"
    en = "choose the company to sign in to"
    zh = "请选择要登录的企业"

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.choices = tuple(choices)


class RobotTokenInvalid(YizhanError):
    code = "sign_in.token_invalid"
    en = "this API token is not valid"
    zh = "API 令牌无效"


class PasswordWrong(YizhanError):
    """The old password, asked for again, is not this."""

    code = "password.wrong"
    en = "the old password is wrong"
    zh = "原密码错误"


class PasswordTooShort(YizhanError):
    code = "password.too_short"
    en = "a password has at least {least} characters"
    zh = "密码至少 {least} 个字符"

    def __init__(self, least: int) -> None:
        super().__init__(least=least)


class PasswordTooLong(YizhanError):
    code = "password.too_long"
    en = "a password has at most {most} characters"
    zh = "密码最多 {most} 个字符"

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class PasswordWellKnown(YizhanError):
    code = "password.well_known"
    en = "this password is among the first that anybody would try"
    zh = "该密码过于常见"


class PasswordIsName(YizhanError):
    code = "password.is_name"
    en = "a name or a number of yours is no password"
    zh = "密码不能是自己的姓名或帐号"


class PasswordUnchanged(YizhanError):
    code = "password.unchanged"
    en = "the new password is the old one"
    zh = "新密码不能与原密码相同"


# ---- binding a phone or a mail address (SPEC B10)


class AddressInvalid(YizhanError):
    code = "binding.address_invalid"
    en = "this is no mobile number or mail address"
    zh = "手机号或邮箱地址无效"


class NoWayThere(YizhanError):
    """The operator set up nothing that sends to such addresses."""

    code = "binding.no_way"
    en = "this server cannot send codes by {way}"
    zh = "服务器无法通过 {way} 发送验证码"

    def __init__(self, way: str) -> None:
        super().__init__(way=way)


class CodesTooOften(YizhanError):
    """Too many codes were asked for: by this account, to this address, or from this place."""

    code = "binding.too_often"
    en = "a code was sent; ask for another one in {seconds} s"
    zh = "验证码已发送,请在 {seconds} 秒后重新获取"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after_ms = seconds * 1000


class CodeNotSent(YizhanError):
    """The mail server or the SMS transport did not take it; the operator's log says why."""

    code = "binding.not_sent"
    en = "the code could not be sent; try again later"
    zh = "验证码未能发出,请稍后重试"


class CodeWrong(YizhanError):
    """Wrong, expired, used, tried too often, or of another address: one answer."""

    code = "binding.code_wrong"
    en = "the code is wrong or not valid any more"
    zh = "验证码错误或已失效"


class AddressTaken(YizhanError):
    """Told to nobody but who proved that the address is his."""

    code = "binding.taken"
    en = "another account signs in by it"
    zh = "已被其他帐号用于登录"


class ConfirmFirst(YizhanError):
    """After a reset an administrator knows the password, and he has no say in the person's other companies (DESIGN 4)."""

    code = "binding.confirm_first"
    en = "your password was reset; confirm first by the phone or mail that you bound before"
    zh = "密码已被重置,请先用原先绑定的手机或邮箱确认"


class RobotsBindNothing(YizhanError):
    code = "binding.robot"
    en = "a robot signs in by its token alone"
    zh = "机器人仅能通过令牌登录"
