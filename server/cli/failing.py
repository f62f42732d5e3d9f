"""What is said of an error that a command ended with: two lines, what happened and what to do, in English or Chinese."""

import errno
from collections.abc import Mapping

from protocol.errors import YizhanError
from server.cli.advice import advice, subject
from server.cli.misuse import Misuse

BEGINS = (("error: ", "do: "), ("错误:", "处理:"))
PLACES: Mapping[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file or folder", "没有该文件或目录"),
    errno.ENOTDIR: ("a part of the path is no folder", "路径中有一部分不是目录"),
    errno.EISDIR: ("this is a folder", "这是一个目录"),
    errno.EEXIST: ("this is there already", "已存在"),
    errno.EACCES: ("this user may not use it", "当前用户无权访问"),
    errno.EPERM: ("this user may not do this", "当前用户无权执行此操作"),
    errno.EROFS: ("nothing can be written there", "该位置只读"),
    errno.ENOSPC: ("there is no room left", "没有剩余空间"),
    errno.ENAMETOOLONG: ("the name is too long", "名称过长"),
    errno.EMFILE: ("too many files are open", "打开的文件过多"),
}
REACHED: Mapping[int, tuple[str, str]] = {
    errno.ECONNREFUSED: ("nobody listens there", "没有程序在监听"),
    errno.EHOSTUNREACH: ("no way leads there", "无法到达该主机"),
    errno.ENETUNREACH: ("no way leads there", "无法到达该网络"),
    errno.ECONNRESET: ("the connection was cut", "连接被中断"),
    errno.ETIMEDOUT: ("no answer", "没有应答"),
    errno.EADDRINUSE: ("another process listens there", "已有其他进程在监听"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "本机没有该地址"),
    errno.EACCES: ("this user may not listen there", "当前用户无权监听"),
}
OTHERWISE = ("the system says {name}", "系统返回 {name}")
SEE_PLACE = (
    "see that the place exists, that this user may use it, and that there is room",
    "请确认该位置存在、当前用户有权使用且有剩余空间",
)
SEE_HELP = ("`{called} --help` tells how it is called", "`{called} --help` 显示用法")
OUR_FAULT = ("a fault of ours: {error}", "程序内部错误:{error}")
REPORT = ("run it again as `yizhan --debug ...` and report what it prints", "请以 `yizhan --debug ...` 重新执行,并报告其输出")


class Aborted(YizhanError):
    """Asked whether to go on, somebody said no, or nothing."""

    code = "cli.aborted"
    en = "ended: the question was not answered by y"
    zh = "已取消:没有以 y 确认"
    advice = ("nothing was changed; --yes goes on without asking", "没有任何更改;--yes 可跳过确认")


def aborted() -> Aborted:
    return Aborted()


def words(error: Exception, called: str, language: str) -> tuple[str, str]:
    """``called``: the command, as in ``yizhan org tree``."""
    zh = language == "zh"
    what, to_do = _words(error, called, language)
    return BEGINS[zh][0] + what, BEGINS[zh][1] + to_do


def _words(error: Exception, called: str, language: str) -> tuple[str, str]:
    zh = language == "zh"
    if isinstance(error, YizhanError):
        return _said(error, language), _to_do(error, called, language)
    if isinstance(getattr(error, "code", None), str):  # the SDK's, which names its code itself
        return _about(str(error), error), advice(error, language)
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return f"{error.filename or ''}{': ' if error.filename else ''}{why(error.errno, PLACES)[zh]}", SEE_PLACE[zh]
    return OUR_FAULT[zh].format(error=f"{type(error).__name__}: {error}"), REPORT[zh]


def _said(error: YizhanError, language: str) -> str:
    text = error.text(language)
    of_each = (f"\n  {one.who}: {_said(one.error, language)}" for one in getattr(error, "refusals", ()))
    return (_about(text, error) if "\n" in text else f"{_about(text, error)} [{error.code}]") + "".join(of_each)


def _about(text: str, error: Exception) -> str:
    return f"{subject(error)}: {text}" if subject(error) else text


def _to_do(error: YizhanError, called: str, language: str) -> str:
    help_ = SEE_HELP[language == "zh"].format(called=called)
    if not isinstance(error, Misuse):
        return advice(error, language)
    own = advice(error, language) if hasattr(error, "advice") or error.code == "cli.hyphen_first" else ""
    return f"{own}; {help_}" if own and not own.endswith("?") else f"{own} {help_}".strip()


def why(number: int | None, words: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
    """What an error number of the system means, in both languages."""
    found = words.get(number or 0)
    if found is not None:
        return found
    name = errno.errorcode.get(number or 0, "?")
    return OTHERWISE[0].format(name=name), OTHERWISE[1].format(name=name)
