"""Rich text: what the safe subset lets pass and what it refuses (SPEC E1), held against a CommonMark parser that is not ours."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from protocol.errors import BodyInvalid
from protocol.limits import TEXT_CHARACTERS
from protocol.markdown import check_markdown
from tests.support.refusing import refusal

ORDINARY = [
    "**Lunch** at [noon](https://example.com)?",
    "1 < 2, x <- y, a < b > c, <3",
    "> a quote\n\n- one\n- two\n\n# Heading\n\n~~gone~~ *and* __strong__",
    "see [the page](<https://example.com/a_b>) or <https://example.com> or <mailto:li.na@example.com>",
    "Li Na <li.na@example.com> wrote",
    "[1] (as agreed), [Li Na]: hello, [10:32]: text, a[0]: int",
    "[site]: https://example.com 'Title'\n\nread [site]",
    "use `List<String>` and `ls | wc`",
    "``a`b``, said ` and went",
    "```within a line``` and <https://example.com>",
    "```html\n<script>alert(1)</script>\n![](javascript:x)\n```\ndone",
    "~~~\n<b>\n```\n</b>\n~~~",
    "&lt;b>, 《书名》, 100%",
]
REFUSED = [
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "<?php",
    "</div>",
    "x<img src=x onerror=alert(1)>",
    "<javascript:alert(1)>",
    "<https://example.com `> <b>`",
    "![cat](https://example.com/cat.png)",
    "[x](javascript:alert(1))",
    "[x]( \n JaVaScRiPt:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](< javascript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html,x)",
    "[x](//example.com)",
    "[x]()",
    "[a [b](javascript:x) c](https://example.com)",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x]:\n   javascript:alert(1)\n\n[x]",
    "> [x]:\n> javascript:alert(1)\n\n[x]",
    "- [x]: &#106;avascript:alert(1)",
    "[x]: <java\tscript:alert(1)>",
    "[x`]: javascript:alert(1) '`'\n\n[x`]",
    "`\n\n<script>\n\n`",
    "\\`<script>\\`",
    "a ` b\n` <script> `",
    "`` ` <script> ``` ``",
    "| `a | <script> | b` |",
    " ```\ntext\n```\n<script>\n```",
    "- ```\n  text\n  ```\n  <script>\n ```",
    "```\n```~\n<script>\n```",
    "```\nnever closed <script>",
    "a bell \a",
    "one\r\ntwo",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_rich_text_is_let_pass(text: str) -> None:
    assert refusal(check_markdown, text) is None


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_careless_client_would_run_is_refused(text: str) -> None:
    with pytest.raises(BodyInvalid):
        check_markdown(text)


MARKS = [
    "`",
    "``",
    "```",
    "~~~",
    "|",
    "\\",
    "'",
    "#",
    "*",
    "[a]",
    "[a]:",
    "(",
    ")",
    "](",
    "![",
    "<",
    ">",
    " ",
    "  ",
    "    ",
    "\t",
    "a",
    "\u3000",
]
LINES = ["\n", "\n\n", "\n```\n", "\n~~~\n", "\n> ", "\n- ", "\n1. ", "\n  ", "\n   ", "\n|-|-|\n"]
THINGS = ["<b>", "<!--", "-->", "<https://x.y>", "<a@b.c>", "https://x.y", "javascript:x", "&#106;"]
TEXTS = st.lists(st.sampled_from(MARKS + LINES + THINGS), max_size=14).map("".join)


def parsed(text: str) -> Iterator[Token]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


@given(TEXTS)
@example("- ```\n  a\n  ```\n  <b>\n ```")
@example("[a`]: javascript:x '`'\n\n[a`]")
def test_a_parser_finds_neither_html_nor_image_nor_foreign_link_in_what_passed(text: str) -> None:
    try:
        check_markdown(text)
    except BodyInvalid:
        return
    for token in parsed(text):
        assert token.type not in ("html_block", "html_inline", "image")
        assert not token.type.startswith("link_open") or target_is_harmless(str(token.attrs["href"]))


def target_is_harmless(href: str) -> bool:
    """http, https, mailto; or by a definition, a relative one without a scheme."""
    return href.lower().startswith(("http://", "https://", "mailto:")) or ":" not in href


SLOW = ["`", "<", "](", "]:", "```\n", "~~~a\n", "~~~\n", "````\n```\n", "`a`\n", "`a|", "<https://", "]:<", "]: ", "]( ", "<a@b", "\n"]


@pytest.mark.parametrize("piece", SLOW)
def test_no_text_takes_long_to_check(piece: str) -> None:
    text = ("<https://x>" + piece * TEXT_CHARACTERS)[: TEXT_CHARACTERS - 4] + " <b>"
    assert min(seconds(text) for _ in range(3)) < 0.02  # 3 ms at most on a quiet machine; what grows by the square takes 100 and more


def seconds(text: str) -> float:
    begin = time.process_time()
    with pytest.raises(BodyInvalid):
        check_markdown(text)
    return time.process_time() - begin
