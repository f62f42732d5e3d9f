"""The picture in the README: what a terminal shows is drawn as it stands there, and the picture is checked in."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.screen import PLAIN, Run, Screen, Style

PICTURE = Path(__file__).parents[2] / "tools/shell.svg"


def shown(text: str) -> list[list[Run]]:
    screen = Screen()
    screen.write(text)
    return screen.rows()


def words(text: str) -> list[str]:
    return ["".join(run.text for run in row) for row in shown(text)]


def test_what_is_drawn_anew_replaces_what_stood_there() -> None:
    """As rich does it: back to the first line, and each one erased."""
    assert words("Sales 1/5\r\nLi Na\r\x1b[2K\x1b[1A\x1b[2KSales 2/5\r\nWang\r\nLi Na") == ["Sales 2/5", "Wang", "Li Na"]


def test_a_chinese_character_is_two_columns_wide_and_a_run_of_its_own() -> None:
    assert shown("王伟: ok") == [[Run(0, "王伟", PLAIN, wide=True), Run(4, ": ok", PLAIN, wide=False)]]


def test_colours_and_weights_hold_until_they_are_reset() -> None:
    bold, dim = Style(32, bold=True), Style(dim=True)
    assert shown("\x1b[1;32mon\x1b[0m \x1b[2moff") == [[Run(0, "on", bold, wide=False), Run(3, "off", dim, wide=False)]]


@pytest.mark.parametrize("text", ["e\u0301", "❤\ufe0f"])
def test_a_mark_stands_on_the_letter_before_it(text: str) -> None:
    assert words(text + "x")[0].startswith(text)


def test_the_picture_is_of_texts_and_boxes_and_loads_nothing() -> None:
    picture = ElementTree.parse(PICTURE).getroot()
    assert {one.tag.partition("}")[2] for one in picture.iter()} == {"svg", "title", "rect", "text"}
    assert "href" not in PICTURE.read_text(encoding="utf-8")
    texts = [one.text for one in picture.iter() if one.tag.endswith("text")]
    assert "./yizhan presence watch --as 10001" in texts
