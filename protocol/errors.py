"""Every error that reaches a person or a program: a class with a stable dotted code, its data, and a text in two languages.

Here is the root and what every subject shares; a subject's own errors stand in its ``errors.py``. Errors know no transport:
close codes and HTTP statuses are looked up at the edge (STYLE 12).
"""

from typing import ClassVar, Literal

Kind = Literal["refused", "unknown"]
Value = str | int | bool | None


class YizhanError(Exception):
    """The root. ``refused``: this attempt is not stored and none before it was. ``unknown``: send the same id again (DESIGN 1).

    ``en`` and ``zh`` are templates over ``data``, the attributes that the error carries to its receiver.
    """

    code: ClassVar[str] = ""
    kind: ClassVar[Kind] = "refused"
    en: ClassVar[str] = ""
    zh: ClassVar[str] = ""
    known: ClassVar[dict[str, type["YizhanError"]]] = {}
    retry_after_ms: int | None = None
    request: int | None = None

    def __init__(self, **data: Value) -> None:
        self.data = data
        for name, value in data.items():
            setattr(self, name, value)
        super().__init__(self.en.format(**data))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.code:
            return
        there = YizhanError.known.setdefault(cls.code, cls)
        if there is not cls and there.__qualname__ != cls.__qualname__:
            raise TypeError(f"two errors have the code {cls.code}")

    def text(self, language: str = "en") -> str:
        return (self.zh if language.startswith("zh") else self.en).format(**self.data)


class FrameInvalid(YizhanError):
    """The frame could not be read: wrong codec, wrong types, a missing field, nested too deeply."""

    code = "frame.invalid"
    en = "this frame cannot be read: {why}"
    zh = "无法解析该帧:{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class CommandUnknown(YizhanError):
    code = "command.unknown"
    en = "there is no command {name}"
    zh = "没有命令 {name}"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class ClientTooOld(YizhanError):
    code = "client.too_old"
    en = "please update: this server speaks protocol version {oldest} or newer"
    zh = "请更新客户端:服务器要求协议版本 {oldest} 或更高"

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest=oldest)


class HelloFirst(YizhanError):
    """A connection begins with `hello`: which version is spoken decides how all else is read."""

    code = "session.hello_first"
    en = "say hello first"
    zh = "请先发送 hello"


class NotSignedIn(YizhanError):
    code = "session.not_signed_in"
    en = "sign in first"
    zh = "请先登录"


class PasswordChangeRequired(YizhanError):
    """After the first sign-in or a reset a session can do nothing but change the password (SPEC A4)."""

    code = "session.password_change_required"
    en = "choose a new password first"
    zh = "请先修改初始密码"


class Busy(YizhanError):
    """The server cannot take this now; the attempt is not stored."""

    code = "server.busy"
    en = "the server is busy, try again in {seconds} s"
    zh = "服务器繁忙,请在 {seconds} 秒后重试"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after_ms = seconds * 1000


class OutcomeUnknown(YizhanError):
    """Nobody can say whether it is stored: send the same id again (LOG A7, B1)."""

    code = "server.outcome_unknown"
    kind = "unknown"
    en = "no answer from the database; send the same again"
    zh = "数据库没有答复,请用相同的标识重发"


class ShuttingDown(YizhanError):
    code = "server.shutting_down"
    kind = "unknown"
    en = "the server is shutting down; connect again and send the same again"
    zh = "服务器正在关闭,请重新连接后重发"


class StorageFull(YizhanError):
    """The disk is full: reading goes on, nothing is stored (LOG A6)."""

    code = "storage.full"
    en = "the server's disk is full; tell the operator"
    zh = "服务器磁盘已满,请通知管理员"


class InternalError(YizhanError):
    """A fault of ours. ``trace`` finds it in the logs."""

    code = "server.internal"
    kind = "unknown"
    en = "a fault of the server; it is in its log"
    zh = "服务器内部错误,已记入日志"


class ContentRefused(YizhanError):
    """The database refused this content although our checks let it pass: logged as a fault of ours (LOG A6)."""

    code = "message.content_refused"
    en = "this content cannot be stored"
    zh = "该内容无法存储"


class IdInvalid(YizhanError):
    """A client id that is not one."""

    code = "id.invalid"
    en = "{field} is not an id"
    zh = "{field} 不是有效的标识"

    def __init__(self, field: str) -> None:
        super().__init__(field=field)


class IdConflict(YizhanError):
    """The same client id with other content (promise V2)."""

    code = "id.conflict"
    en = "this id was used for something else"
    zh = "该标识已用于其他内容"


class BodyInvalid(YizhanError):
    code = "body.invalid"
    en = "the body is not valid: {why}"
    zh = "消息内容无效:{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class BodyTooLarge(YizhanError):
    code = "body.too_large"
    en = "the body has {size} bytes, {limit} are allowed"
    zh = "消息内容为 {size} 字节,上限为 {limit} 字节"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size=size, limit=limit)


class MemberNotFound(YizhanError):
    """Unknown, or not to be found by this viewer: the same answer byte for byte (DESIGN 8)."""

    code = "member.not_found"
    en = "there is no such member"
    zh = "没有该成员"


class ConversationNotFound(YizhanError):
    """Unknown, or the viewer was never in it."""

    code = "conversation.not_found"
    en = "there is no such conversation"
    zh = "没有该会话"


class MessageNotFound(YizhanError):
    """Unknown, or outside the viewer's stays."""

    code = "message.not_found"
    en = "there is no such message"
    zh = "没有该消息"


class SessionNotFound(YizhanError):
    code = "session.not_found"
    en = "there is no such session"
    zh = "没有该会话登录"


class CursorInvalid(YizhanError):
    code = "page.cursor_invalid"
    en = "this page cursor is not one of ours; start from the first page"
    zh = "分页标记无效,请从第一页开始"
