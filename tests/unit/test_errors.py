"""Errors: each has a stable code, its data and a text in two languages, and says which of the two kinds of no it is (DESIGN 1)."""

import ast
from pathlib import Path

import pytest

from protocol import errors
from protocol.errors import Busy, FrameInvalid, YizhanError

EXAMPLES: list[YizhanError] = [
    errors.FrameInvalid("why {not}"),
    errors.CommandUnknown("fly"),
    errors.ClientTooOld(2),
    errors.Busy(3),
    errors.IdInvalid("session"),
    errors.BodyInvalid("it is empty"),
    errors.BodyTooLarge(20_000, 16_384),
]
UNKNOWN = {"server.outcome_unknown", "server.shutting_down", "server.internal"}
SHARED = [error for error in YizhanError.known.values() if error.__module__ == errors.__name__]


@pytest.mark.parametrize("error", SHARED, ids=[error.code for error in SHARED])
def test_every_error_has_a_dotted_code_and_two_texts(error: type[YizhanError]) -> None:
    subject, _, fact = error.code.partition(".")
    assert subject
    assert fact
    assert error.en
    assert not error.zh.isascii()


@pytest.mark.parametrize("error", EXAMPLES, ids=[error.code for error in EXAMPLES])
def test_data_is_at_hand_by_name_and_in_the_texts(error: YizhanError) -> None:
    for name, value in error.data.items():
        assert getattr(error, name) == value
        assert str(value) in error.text()
        assert str(value) in error.text("zh-CN")
    assert error.text() == str(error)


def test_only_what_may_have_been_stored_is_unknown() -> None:
    assert {error.code for error in SHARED if error.kind == "unknown"} == UNKNOWN


def test_a_busy_server_says_when_to_come_back() -> None:
    assert Busy(3).retry_after_ms == 3000
    assert FrameInvalid("x").retry_after_ms is None


def test_a_code_means_one_thing() -> None:
    with pytest.raises(TypeError, match=r"frame\.invalid"):
        type("Other", (YizhanError,), {"code": "frame.invalid"})


def test_an_error_without_a_code_is_a_root_of_others() -> None:
    before = dict(YizhanError.known)
    type("OfASubject", (YizhanError,), {})
    assert YizhanError.known == before


def test_no_error_carries_data_that_hides_what_every_error_has() -> None:
    """An error whose data were called `kind` would be neither refused nor unknown, and its attempt would leave no entry."""
    own = {name for name in vars(YizhanError) if not name.startswith("__")} | {"data", "args"}
    hiding = []
    root = Path(__file__).parents[2]
    for path in (*root.glob("protocol/*.py"), *root.glob("storage/**/*.py"), *root.glob("server/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
                hiding += [(path.name, word.arg) for word in node.keywords if word.arg in own and "rror" in path.name]
    assert not hiding
