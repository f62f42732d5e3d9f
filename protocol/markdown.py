"""The safe subset of Markdown that rich text may hold (SPEC E1).

Emphasis, strong, strike, code, code blocks, quotes, lists, headings, and links to http, https and mailto; clients show everything else
as it stands. Raw HTML, images and other link targets are refused here, so that a careless client is not a hole.

No parser is imitated: what may be code is left out only where every parser agrees that it is code, and where there is doubt (an
unpaired backtick, a block inside a list) everything counts as prose. Each expression reads its text once, whatever it holds.
"""

import re

from .errors import BodyInvalid

SPAN = "\0"  # stands for a piece of code; cannot occur otherwise, being a control character

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SUSPICIOUS = re.compile(r"<[a-z/!?]|!\[|\]\(|\]:", re.IGNORECASE)
_FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})(.*)$", re.MULTILINE)
# no backtick within, so that the pairs are beyond doubt, and no line break; with a | it is read all the same: that parts cells even in code
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:[^`\n|]+|([^`\n]+))\1(?!`)")
_SAFE = "https?://|mailto:"
_HTML = re.compile(rf"<(?!(?:(?:{_SAFE})[^\s<>`\0]*|[\w.+-]+@[\w.-]+)>)[a-z/!?]", re.IGNORECASE)
_GAP = r"[ \t]*+(?:\n[ \t\n>]*+)?+"  # a quote's > may stand before the next line
_LINK = re.compile(rf"\]\({_GAP}<?+(?!{_SAFE})", re.IGNORECASE)
# '[label]: target', but '[Li Na]: hello' names no scheme and is left in peace
_DEFINITION = re.compile(rf"\]:{_GAP}(?:<[ \t]*+(?!{_SAFE})[^>\n]*[:&\\]|(?!<|{_SAFE})[^ \t\n]*[:&\\])", re.IGNORECASE)


def check_markdown(text: str) -> None:
    """Raises: BodyInvalid where ``text`` holds HTML, an image or a link to anything but http, https, mailto."""
    if _CONTROL.search(text):
        raise BodyInvalid("control characters are not allowed")
    if not _SUSPICIOUS.search(text):
        return
    prose = _without_blocks(text)
    if _DEFINITION.search(prose):  # before spans are left out: definitions are found before code is
        raise BodyInvalid("links go to http, https or mailto")
    prose = _without_spans(prose)
    if _HTML.search(prose):
        raise BodyInvalid("HTML is allowed in code only")
    if "![" in prose:
        raise BodyInvalid("images are bodies of their own")
    if _LINK.search(prose):
        raise BodyInvalid("links go to http, https or mailto")


def _without_blocks(text: str) -> str:
    """``text`` without what stands between fences (CommonMark 0.31, section 4.5) that begin in the first column.

    An indented fence may belong to a list, whose end decides what is code: from there on nothing is left out.
    """
    kept: list[str] = []
    done, opened, info = 0, "", ""
    begin = 0
    for found in _FENCE.finditer(text):
        indent, fence, rest = found.groups()
        if not opened:
            if fence[0] == "`" and "`" in rest:
                continue  # code within a line
            if indent:
                break
            opened, info, begin = fence, rest, found.start()
        elif fence.startswith(opened):
            if rest.strip(" "):
                break  # some take this for the end and some do not
            kept += text[done:begin], info
            done, opened = found.end(), ""
    return "".join((*kept, text[done:]))


def _without_spans(prose: str) -> str:
    """``prose`` with a mark for each piece of code within a line, or as it is where a backtick is left over or escaped."""
    if "\\`" in prose:
        return prose
    rest = _SPAN.sub(rf"\2{SPAN}" if "|" in prose else SPAN, prose)
    return prose if "`" in rest else rest
