"""The safe subset of Markdown that rich text may hold (SPEC E1).

Emphasis, strong, strike, code, code blocks, quotes, lists, headings, and links to http, https and mailto; clients show everything else
as it stands. Raw HTML and other link targets are refused here, so that a careless client is not a hole.
"""

import re

from .errors import BodyInvalid

_CODE = re.compile(r"(`+).*?\1", re.DOTALL)
_HTML = re.compile(r"<\s*[!/?a-zA-Z](?!ttps?://|ailto:)[^>]*>?")
_TARGET = re.compile(r"\]\s*\(\s*<?\s*([^)\s>]*)|^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
_ALLOWED = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def check_markdown(text: str) -> None:
    """Raises: BodyInvalid where ``text`` holds HTML, an image or a link to anything but http, https, mailto."""
    if _CONTROL.search(text):
        raise BodyInvalid("control characters are not allowed")
    plain = _CODE.sub("", text)
    if _HTML.search(plain):
        raise BodyInvalid("HTML is not allowed")
    if "![" in plain:
        raise BodyInvalid("images are bodies of their own")
    for found in _TARGET.finditer(plain):
        if not _ALLOWED.match(found[1] or found[2] or ""):
            raise BodyInvalid("links go to http, https or mailto")
