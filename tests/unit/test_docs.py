"""What the guides say to type: every command in them is one that there is, with the options and words that it takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from server.cli.frame import Frame
from server.cli.main import root

ROOT = Path(__file__).parents[2]
GUIDES = [
    *(ROOT / folder / "README.md" for folder in (".", "deploy", "clients/python", "protocol", "server/gateway", "storage")),
    *(ROOT / "tests" / folder / "README.md" for folder in ("faults", "bench")),
    ROOT / "CHANGELOG.md",
]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`((?:\./)?yizhan [^`]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)\)")
FILES = ("people.xlsx", "names.txt", "passwords.txt")


def lines() -> Iterator[tuple[str, list[str]]]:
    """Every line of a shell in the guides, as (where it stands, its words)."""
    for guide in GUIDES:
        for block in BLOCK.findall(guide.read_text(encoding="utf-8")):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield f"{guide.relative_to(ROOT)}: {line}", words


def calls() -> Iterator[Any]:
    for where, words in lines():
        if "./yizhan" in words:
            rest = words[words.index("./yizhan") + 1 :]
            yield pytest.param(rest[: rest.index(">")] if ">" in rest else rest, id=where)


def spans() -> Iterator[Any]:
    for guide in GUIDES:
        for span in dict.fromkeys(SPAN.findall(FENCE.sub("", guide.read_text(encoding="utf-8")))):
            yield pytest.param(shlex.split(span)[1:], id=f"{guide.relative_to(ROOT)}: {span}")


def below(command: Any) -> Any:
    """Of a group: what it finds its commands by. None of a command."""
    return command if hasattr(command, "resolve_command") else None


def parse(words: list[str]) -> list[str]:
    """The command's name, as click finds it; nothing is run. Raises: what click refuses."""
    command: Any = typer.main.get_command(root)
    context = command.make_context("yizhan", list(words), obj=Frame())
    path = []
    while group := below(command):
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
        path.append(str(name))
    return path


@pytest.mark.parametrize("words", list(calls()))
def test_every_command_in_a_block_is_called_rightly(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FILES:
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert parse(words)


@pytest.mark.parametrize("words", list(spans()))
def test_every_command_and_option_named_in_the_text_exists(words: list[str]) -> None:
    """Up to the first placeholder, ``COMMAND``; ``--config FILE`` may stand before it."""
    command: Any = typer.main.get_command(root)
    left = [word for word in words if not word.startswith("...")]
    while left and (group := below(command)):
        if left[0].startswith("-"):
            assert left[0] in options(group), words
            left = left[2:] if left[0] == "--config" else left[1:]
        elif left[0].isupper():
            return
        else:
            context = group.make_context("yizhan", [left[0]], obj=Frame(), resilient_parsing=True)
            _, command, _ = group.resolve_command(context, [left.pop(0)])
    assert {word for word in left if word.startswith("--")} <= options(command)


def options(command: Any) -> set[str]:
    return {"--help", *(name for one in command.params for name in (*one.opts, *one.secondary_opts))}


def test_a_command_that_is_not_there_and_an_option_that_it_has_not_are_found() -> None:
    for words in (["member", "ad", "Li Na"], ["member", "add", "Li Na", "--unti", "Sales"], ["org", "import", "no-such.xlsx"], ["say"]):
        with pytest.raises(Exception, match=r"No such|there is no|is missing"):
            parse(words)


def test_every_target_of_make_that_is_named_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[words.index("make") + 1] for _, words in lines() if "make" in words}
    for guide in GUIDES:
        named |= set(re.findall(r"`make ([a-z-]+)", guide.read_text(encoding="utf-8")))
    assert {"run", "test", "install"} <= named <= targets


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))
def test_every_link_leads_to_a_file(guide: Path) -> None:
    assert [link for link in LINK.findall(guide.read_text(encoding="utf-8")) if not (guide.parent / link).exists()] == []
