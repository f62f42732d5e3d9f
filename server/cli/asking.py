"""Passwords that a command needs: from a file, from standard input, or asked for in a terminal without an echo."""

import sys
from pathlib import Path

from protocol.errors import YizhanError
from server.cli import frame, misuse
from server.cli.advice import advise

PROMPTS = (("{what}: ", "once more: "), ("{what}:", "再次输入:"))


class NotTheSame(YizhanError):
    code = "cli.not_the_same"
    en = "what was typed the second time is not the same"
    zh = "两次输入不一致"
    advice = ("nothing was changed; run it again", "没有任何更改;请重新执行")


def new_password(what: tuple[str, str], option: str, file: Path | None) -> str:
    """``what``: it is called so, in both languages. ``option``: by which a file is named.

    Raises: NobodyToAsk, Empty, NotText, NotTheSame.
    """
    given = frame.read_text(file, option).rstrip("\r\n") if file is not None else _asked_twice(what, option)
    if not given:
        raise misuse.Empty(option)
    return given


def _asked_twice(what: tuple[str, str], option: str) -> str:
    import getpass

    from server.cli.language import language

    if not sys.stdin.isatty():
        error = misuse.NobodyToAsk(*what)
        advise(
            error,
            f"{option} FILE reads it from a file, {option} - from standard input",
            f"{option} FILE 从文件读取,{option} - 从标准输入读取",
        )
        raise error
    first, again = PROMPTS[language() == "zh"]
    given = getpass.getpass(first.format(what=what[language() == "zh"]), stream=sys.stderr)
    if given != getpass.getpass(again, stream=sys.stderr):
        raise NotTheSame
    return given
