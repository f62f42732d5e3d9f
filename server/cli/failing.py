"""What is said of an error that a command ended with: two lines, what happened and what to do, in English or Chinese."""

import errno

from protocol.errors import YizhanError
from server.cli.advice import advice, subject
from server.cli.misuse import Misuse
from server.system_errors import PLACES, why

BEGINS = (("error: ", "do: "), ("错误:", "处理:"))
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
    refusals = getattr(error, "refusals", ())
    if len(refusals) == 1 and subject(error):
        refusals = ()
    of_each = (f"\n  {one.who}: {one.error.text(language)} [{one.error.code}]" for one in refusals)
    return (_about(text, error) if "\n" in text else f"{_about(text, error)} [{error.code}]") + "".join(of_each)


def _about(text: str, error: Exception) -> str:
    return f"{subject(error)}: {text}" if subject(error) else text


def _to_do(error: YizhanError, called: str, language: str) -> str:
    help_ = SEE_HELP[language == "zh"].format(called=called)
    if not isinstance(error, Misuse):
        return advice(error, language)
    own = advice(error, language) if hasattr(error, "advice") or error.code == "cli.hyphen_first" else ""
    return f"{own}; {help_}" if own and not own.endswith("?") else f"{own} {help_}".strip()
