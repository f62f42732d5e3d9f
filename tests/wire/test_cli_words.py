"""What the commands say: of wrong words in words of our own, in both languages; in help, examples and hints only of what there is."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import YizhanError
from server.cli import advice, misuse
from server.cli.language import language
from server.cli.main import COMMANDS, read
from storage.roles import PRESETS
from tests.support.command import ROOT, Command
from tests.support.commands import leaves, needed, options_of, parameters, walked

CHINESE = {"LC_ALL": "zh_CN.UTF-8"}
LIBRARIES = re.compile(
    r"Input should|Invalid value|Missing (option|argument|command|param)|No such|Got unexpected|Errno|requires an argument"
)
HAN = re.compile("[\u4e00-\u9fff]")
LEAVES = leaves()


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    made = Command(monkeypatch, capsys)
    made.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "none")}
    return made


def test_the_language_is_that_of_the_shell() -> None:
    assert language({}) == "en"
    assert language({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}) == "en"
    assert language({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "de_DE"}) == "zh"


# ---- wrong words


def wrong_values() -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    """(command, what is wrong there, the words): for every parameter that takes no text, for every option without its value."""
    for words, found in LEAVES.items():
        if not found.context_settings.get("ignore_unknown_options"):  # where an id is named, which may begin so
            yield words, "--nonsense", [*needed(found), "--nonsense"]
        for one in parameters(found):
            descriptor = one.type_descriptor
            named = [] if one.param_type_name == "argument" else [max(one.opts, key=len)]
            if one.required and (named or one is _last_argument(found)):
                yield words, _called(one), needed(found, one)
            if named and descriptor.annotation is not bool:
                yield words, named[0], [*needed(found, one), *named]
            if descriptor.choices is not None or descriptor.annotation is int:
                yield words, _called(one), needed(found, one, *named, "nonsense")
            if descriptor.parameter_info.exists:
                yield words, _called(one), needed(found, one, *named, "no/such/file")


def _last_argument(command: Any) -> Any:
    """Where one is left out, it is the last that is missing."""
    return [one for one in parameters(command) if one.required and one.param_type_name == "argument"][-1]


def _called(parameter: Any) -> str:
    """As the help has it; not as the code that is tried works it out."""
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name.upper()).strip("[].")  # type: ignore[no-any-return]
    return max(parameter.opts, key=len)  # type: ignore[no-any-return]


@pytest.mark.parametrize("said", ["en", "zh"])
def test_whatever_is_wrong_with_the_words_is_said_in_words_of_ours(command: Command, said: str) -> None:
    command.environment = {**command.environment, **(CHINESE if said == "zh" else {"LC_ALL": "C"})}
    tried = 0
    for words, wrong, rest in wrong_values():
        done = command(*words, *rest)
        lines = done.stderr.splitlines()
        assert (done.returncode, done.stdout, len(lines)) == (2, "", 2), (words, rest, done)
        assert wrong in lines[0], (words, rest, done)
        assert not LIBRARIES.search(done.stderr), (words, rest, done)
        assert all(HAN.search(line) for line in lines) == (said == "zh"), (words, rest, done)
        assert f"`yizhan {' '.join(words)} --help`" in lines[1], (words, rest, done)
        tried += 1
    assert tried > 300


@pytest.mark.parametrize("name", ["nonsense", *COMMANDS])
def test_a_command_that_there_is_not_is_said_in_words_of_ours(command: Command, name: str) -> None:
    command.environment = {**command.environment, **CHINESE}
    if name in COMMANDS and not hasattr(read(name), "commands"):
        return
    done = command(name, "nonsense") if name in COMMANDS else command(name)
    assert (done.returncode, "没有命令 nonsense" in done.stderr, LIBRARIES.search(done.stderr)) == (2, True, None)


def test_a_value_that_begins_with_a_hyphen_is_told_from_an_option(command: Command) -> None:
    taken, behind = command("org", "sort", "Sales", "10007", "-1"), command("org", "sort", "Sales", "10007", "--", "-1")
    assert "-1 begins with a hyphen and is taken for an option" in taken.stderr
    assert "behind --" in taken.stderr
    assert "SORT: -1 is not a whole number (0…" in behind.stderr
    assert (taken.returncode, behind.returncode) == (2, 2)


def test_what_the_system_says_of_a_file_is_told_in_words_of_ours(command: Command, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "file").write_text("")
    for words, code, english, chinese in (
        (("member", "add", "--names-from", str(tmp_path / "names.txt")), 2, "is not a text in UTF-8", "不是 UTF-8 文本"),
        (("migrate",), 1, "is no folder", "不是目录"),
    ):
        command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path / "file" / "data")}
        done = command(*words)
        assert (done.returncode, english in done.stderr, LIBRARIES.search(done.stderr)) == (code, True, None), done
        command.environment = {**command.environment, **CHINESE}
        done = command(*words)
        assert (done.returncode, chinese in done.stderr, LIBRARIES.search(done.stderr)) == (code, True, None), done


# ---- the exit code

UNASKED = [
    ("member", "change", "10001"),
    ("member", "change", "10001", "--field", "Locker"),
    ("member", "add", "A", "B", "--number", "10050"),
    ("member", "add-field", "Size", "--kind", "choice"),
    ("member", "change-field", "Locker"),
    ("member", "list", "--directly"),
    ("member", "list", "--unit", "Sales", "--unassigned"),
    ("member", "list", "--letter", "zh"),
    ("member", "list", "--limit", "0"),
    ("member", "scope", "10001", "Sales", "--whole"),
    ("member", "delete", "1", "2", "--successor", "Sales=3"),
    ("member", "disable", "1", "--successor", "Sales"),
    ("member", "notify", "10001", "--text", "Hi", "--by", "mail"),
    ("org", "add"),
    ("org", "add", " "),
    ("org", "add", "Sales", "--kind", "kingdom"),
    ("org", "change", "Sales"),
    ("org", "change", "Sales", "--kind", "kingdom"),
    ("org", "move", "Sales"),
    ("org", "hide"),
    ("org", "hide", "Sales", "--member", "10001"),
    ("org", "show", "Sales", "--member", "10001"),
    ("org", "other-heads", "Sales"),
    ("org", "other-heads", "Sales", "10001", "--nobody"),
    ("org", "place", "10001", "Sales", "--successor", "Hall"),
    ("org", "sort", "Sales", "10001", "first"),
    ("org", "sort", "Sales", "10001", "--", "-1"),
    ("org", "export", "staff.txt"),
    ("org", "template", "staff.csv"),
    ("org", "workbook", "pEv3x9LwRt", "staff.csv"),
    ("role", "add"),
    ("role", "add", "--preset", "king"),
    ("role", "add", "Lab head", "--permit", "org.fly=all"),
    ("role", "add", "Lab head", "--permit", "org.view"),
    ("role", "edit", "ordinary"),
    ("role", "explain", "10001", "org.fly"),
    ("role", "explain", "10001", "org.view", "--unit", "Lab", "--member", "10002"),
    ("role", "permissions", "--markdown", "--json"),
    ("visibility", "add-rule", "Apart"),
    ("visibility", "add-rule", "Apart", "--bound", "Lab", "--kind", "king"),
    ("visibility", "add-rule", "Apart", "--bound", "Lab", "--kind", "hide", "--may-write"),
    ("visibility", "change-rule", "Apart"),
    ("visibility", "field", "phone", "sometimes"),
    ("company", "add", "acme", "--name", "Acme", "--seats", "0"),
    ("company", "set", "acme"),
    ("company", "set", "acme", "--seats", "0"),
    ("company", "set", "acme", "--seats", "1000001"),
    ("company", "set", "acme", "--expires", "soon"),
    ("company", "set", "acme", "--time-zone", "Moon/Crater"),
    ("company", "set", "acme", "--unit-members", "none"),
    ("company", "set", "acme", "--devices", "none"),
    ("audit", "tail", "--follow", "--before", "7"),
    ("presence", "set", "asleep", "--as", "10001"),
    ("presence", "set", "busy", "x" * 1000, "--as", "10001"),
    ("tail", "--as", "10001", "--url", "http://im.example.com"),
]


@pytest.mark.parametrize("words", UNASKED, ids=" ".join)
def test_what_the_words_alone_show_to_be_wrong_ends_with_2_and_asks_nobody(command: Command, words: tuple[str, ...]) -> None:
    """There is neither a database nor a server."""
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, ""), done


SERVICES = [
    ("company", "add", "ACME!", "--name", "Acme"),
    ("company", "add", "bolt", "--name", " "),
    ("company", "add-segment", "acme", "9", "5"),
    ("member", "add", "Li Na", "--number", "12"),
    ("member", "add", "Li Na", "--phone", "soon"),
    ("member", "add", "Li Na", "--mail", "nowhere"),
    ("member", "change", "10001", "--last-day", "soon"),
    ("member", "change", "10001", "--gender", "x"),
    ("member", "change", "10001", "--name", " "),
    ("member", "notify", "10001", "--text", " "),
    ("member", "scope", "10001", "A", "B", "C", "D"),
    ("role", "add", "Lab head", "--permit", "chat.calls=all"),
]
STORED = [
    ("company", "add", "acme", "--name", "Again"),
    ("company", "set", "globex", "--seats", "7"),
    ("member", "change", "10001", "--last-day", "2001-01-01"),
    ("member", "change", "10001", "--field", "Hat=1"),
    ("member", "change", "10001", "--field", "Since=soon"),
    ("member", "change", "10001", "--field", "Locker=twelve"),
    ("member", "change-field", "Locker", "--choice", "S"),
    ("member", "add", "Li Na", "--number", "10001"),
    ("member", "move", "10001", "99999", "--to", "Sales"),
    ("org", "add", "sales"),
    ("org", "head", "Sales", "10001"),
    ("org", "hide", "10001"),
    ("role", "delete", "ordinary"),
    ("role", "add", "--preset", "staff"),
    ("visibility", "field", "shoe", "hidden"),
    ("visibility", "delete-rule", "Apart"),
    ("sessions", "end", "AAAAAAAAAA"),
    ("org", "workbook", "pEv3x9LwRt", "staff.xlsx"),
]


@pytest.fixture
def acme(command: Command, tmp_path: Path) -> Command:
    command.environment = {"YIZHAN_SERVER__DATA": str(tmp_path)}
    for words in (
        ["migrate"],
        ["company", "add", "acme", "--name", "Acme Ltd", "--short-name", "Acme"],
        ["member", "add", "Li Na", "王伟"],
        ["org", "add", "Sales"],
        *(["org", "add", unit] for unit in "ABCD"),
        ["member", "add-field", "Locker", "--kind", "number"],
        ["member", "add-field", "Since", "--kind", "date"],
    ):
        assert command(*words).returncode == 0, words
    return command


def test_what_is_wrong_with_the_words_ends_with_2_also_where_a_service_says_so_and_what_is_stored_with_1(acme: Command) -> None:
    for code, table in ((2, SERVICES), (1, STORED)):
        for words in table:
            done = acme(*words)
            assert (done.returncode, done.stdout) == (code, ""), (words, done)
    assert acme("company", "add", "globex", "--name", "Globex").returncode == 0
    assert acme("member", "list").returncode == 1, "how many companies there are is stored"


def test_every_code_of_the_rule_is_that_of_an_error() -> None:
    import server.cli.caller
    import server.org.errors
    import server.roles.errors
    import server.visibility.errors  # noqa: F401

    assert YizhanError.known.keys() >= misuse.CODES


def test_what_is_not_found_is_named(acme: Command) -> None:
    for words, missing in (
        (("member", "disable", "10001", "77777", "10002"), "77777"),
        (("member", "move", "10001", "77777", "--to", "Sales"), "77777"),
        (("member", "move", "10001", "10002", "--to", "Hall"), "Hall"),
        (("member", "move", "10001", "--to", "Sales", "--out-of", "Attic"), "Attic"),
        (("org", "place", "10001", "Sales", "Hall"), "Hall"),
        (("org", "place", "10001", "Sales", "--successor", "A=77777"), "77777"),
        (("org", "move", "Sales", "--under", "A", "--before", "Hall"), "Hall"),
        (("org", "head", "Sales", "77777"), "77777"),
        (("org", "other-heads", "Sales", "10001", "77777"), "77777"),
        (("role", "give", "staff", "10001", "77777", "10002"), "77777"),
        (("role", "give", "king", "10001"), "king"),
        (("role", "edit", "king", "--permit", "org.view=all"), "king"),
        (("role", "add", "Lab head", "--permit", "org.view=Sales; Hall"), "Hall"),
        (("role", "explain", "10001", "chat.calls", "--member", "77777"), "77777"),
        (("visibility", "add-rule", "Apart", "--bound", "Sales", "--white-list", "Hall"), "Hall"),
        (("visibility", "add-rule", "Apart", "--bound", "Sales", "--exempted", "77777"), "77777"),
        (("visibility", "change-rule", "Apart", "--off"), "Apart"),
        (("visibility", "field", "shoe", "hidden"), "shoe"),
        (("member", "change", "10001", "--field", "Locker=1", "--field", "Hat=1"), "Hat"),
        (("member", "change", "10001", "--successor", "77777"), "77777"),
        (("sessions", "end", "AAAAAAAAAA", "BBBBBBBBBB"), "AAAAAAAAAA"),
        (("org", "tree", "--as", "77777"), "77777"),
        (("member", "list", "--unit", "Hall"), "Hall"),
    ):
        done = acme(*words)
        assert (done.returncode, done.stderr.startswith(f"error: {missing}: ")) == (1, True), (words, done)


def test_a_member_who_was_taken_for_a_unit_is_hidden_as_the_hint_says(acme: Command) -> None:
    done = acme("org", "hide", "10001")
    assert "`yizhan org hide --member 10001`" in done.stderr
    assert "--member" not in acme("org", "delete", "Hall").stderr, "there is no such option there"


# ---- help, examples, hints

OF_ALL = {"--debug", "--config", "--install-completion"}
QUOTED = re.compile(r"`(yizhan [^`]+)`|yizhan ((?:[a-z]+[ -])[^`'\"]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def examples() -> Iterator[tuple[str, str]]:
    """(of which command, the line), without what is said of it behind two spaces."""
    for words, found in walked():
        for line in (found.help or "").partition("Examples:")[2].splitlines():
            if line.strip():
                yield " ".join(words), re.split(r"\s{2,}(?![|])", line.strip())[0]


def lone(line: str) -> list[list[str]]:
    """The calls of ``yizhan`` in a line of a shell, without what is piped, redirected or set before them."""
    calls = []
    for part in re.split(r" \| |<\(", line.replace(")", "")):
        words = shlex.split(re.split(r" [<>] ", part)[0])
        while words and "=" in words[0]:
            words = words[1:]
        if words[:1] == ["yizhan"]:
            calls.append(words[1:])
    return calls


def test_every_example_can_be_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as the command reads it, and would be carried out."""
    monkeypatch.chdir(tmp_path)
    seen = 0
    for of, line in examples():
        calls = lone(line)
        assert calls, (of, line)
        for call in calls:
            for name in re.findall(r"\b[\w-]+\.(?:txt|csv|xlsx|vcf|toml)\b", " ".join(call)):
                (tmp_path / name).touch()
            words = call[2:] if call[0] == "--config" else call
            found, names = read(words[0]), [words[0]]
            while hasattr(found, "commands"):
                names.append(words[len(names)])
                found = found.commands[names[-1]]
            with found.make_context(" ".join(names), list(words[len(names) :]), obj=None) as context:
                assert not context.args, line
            seen += 1
    assert seen > 100


def hints() -> Iterator[tuple[str, str]]:
    """Texts in which commands are named: help, options' help, hints of errors, and whatever the commands print."""
    for words, found in walked():
        yield " ".join(words), re.sub(r"\s+", " ", (found.help or "").partition("Examples:")[0])
        yield from ((" ".join(words), getattr(one, "help", None) or "") for one in parameters(found))
    for code, pair in (*advice.ADVICE.items(), *advice.BY_KIND.items()):
        yield from ((code, text) for text in pair)
    for file in sorted((ROOT / "server" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant | ast.JoinedStr) and "yizhan " in (text := _text(node)) and "\n" not in text:
                yield file.name, text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    assert isinstance(node, ast.Constant)
    return node.value if isinstance(node.value, str) else ""


def test_every_command_and_option_that_is_named_exists() -> None:
    named = 0
    for where, text in hints():
        for found in QUOTED.finditer(text):
            words = (found[1] or found[2]).removeprefix("yizhan ").split()
            if words[0] not in COMMANDS:
                assert words[0] in {"...", "{called}", "COMMAND", "X", *OF_ALL} or not found[1], (where, text)
                continue
            command, rest = read(words[0]), words[1:]
            while rest and rest[0].strip(".;:,)") in getattr(command, "commands", {}):
                command, rest = command.commands[rest[0].strip(".;:,)")], rest[1:]
            if getattr(command, "commands", None):
                assert not (rest and found[1] and re.fullmatch(r"[a-z-]+", rest[0])), (where, text)
            if rest[:1] == ["{name}"]:  # hide or show
                command = command.commands["hide"]
            assert set(OPTION.findall(" ".join(rest))) <= options_of(command), (where, text)
            named += 1
    assert named > 80


def test_an_option_that_a_hint_names_without_its_command_is_one_of_some_command() -> None:
    there = set[str]().union(*(options_of(command) for _, command in walked()), OF_ALL)
    for where, text in hints():
        assert set(OPTION.findall(text)) <= there, (where, text)


def test_every_preset_that_is_offered_exists() -> None:
    (preset,) = [one for one in parameters(LEAVES["role", "add"]) if one.name == "preset"]
    assert set(preset.type_descriptor.choices) == set(PRESETS)


def test_closed_lists_are_those_of_the_services() -> None:
    from server.org import field_rules, rules
    from server.visibility import ruling

    for words, name, expected in (
        (("org", "add"), "kind", rules.KINDS),
        (("org", "change"), "kind", rules.KINDS),
        (("visibility", "add-rule"), "kind", ruling.KINDS),
        (("visibility", "field"), "shown", field_rules.SHOWN),
        (("member", "add-field"), "kind", field_rules.KINDS),
    ):
        (one,) = [one for one in parameters(LEAVES[words]) if one.name == name]
        assert {str(getattr(choice, "value", choice)) for choice in one.type_descriptor.choices} == set(expected)


def test_an_example_of_a_preset_makes_a_role(acme: Command) -> None:
    (line,) = [line for of, line in examples() if of == "role add" and "--preset" in line]
    ((*words,),) = lone(line)
    done = acme(*words)
    assert (done.returncode, "added Branch head" in done.stdout) == (0, True), done
