"""What a terminal cannot show, and words that are no text: the language of its user is not everybody's.

A name in Chinese on a terminal in Latin-1 must not end a command in the middle of what it tells, a first password above all.
"""

import codecs
import json
import os
import sys
from collections.abc import Sequence

from protocol.errors import YizhanError

ESCAPED = "yizhan.escaped"


class WordUnreadable(YizhanError):
    """Typed in another encoding than that of the locale; it would be stored as something that nobody typed."""

    code = "cli.word_unreadable"
    en = "'{word}' is not text in {encoding}, which this terminal is said to use"
    zh = "“{word}”不是有效的 {encoding} 文本,与当前终端的编码设置不符"
    advice = (
        "set the terminal to UTF-8, and the locale, too: export LANG=C.UTF-8",
        "请将终端和区域设置都设为 UTF-8:export LANG=C.UTF-8",
    )
    exit_code = 2

    def __init__(self, word: str) -> None:
        super().__init__(word=os.fsencode(word).decode("utf-8", "backslashreplace"), encoding=sys.getfilesystemencoding())


def show_all() -> None:
    """From now on what the encoding of standard output lacks is shown as in JSON, ``\\u738b``; and JSON stays JSON."""
    codecs.register_error(ESCAPED, _escape)
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # not of what a program that runs commands put in its place
    if reconfigure is not None:
        reconfigure(errors=ESCAPED)


def _escape(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def check(words: Sequence[str]) -> None:
    """The names of files that are there may be any bytes. Raises: WordUnreadable."""
    for word in words:
        if any("\ud800" <= letter <= "\udfff" for letter in word) and not os.path.lexists(word):
            raise WordUnreadable(word)
