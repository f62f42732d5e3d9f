"""The command line as a user and a shell see it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import NotSignedIn, OutcomeUnknown, StorageFull
from server.cli import frame
from server.cli.advice import advice, advise
from server.cli.main import COMMANDS, read
from server.cli.serve import Stopping
from tests.support.command import ROOT, Command, serving

HEAVY = (
    *("twisted", "sqlalchemy", "uvloop", "structlog", "autobahn", "litestar", "redis", "alembic", "websockets", "argon2", "cryptography"),
    *("pydantic", "rich"),
)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def in_a_process(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=50, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("words", [["--help"], ["completion", "bash"]])
def test_help_and_completion_answer_at_once_because_nothing_heavy_is_imported(words: list[str]) -> None:
    program = f"import sys; from server.cli.main import run; code = run({words}); print(code, [m for m in {HEAVY} if m in sys.modules])"
    assert in_a_process(program) == "0 []"


@pytest.mark.parametrize("words", ["yizhan co", "yizhan config ", "yizhan member add --", "yizhan serve --p", "yizhan completion "])
def test_a_shell_completes_at_once_because_nothing_heavy_is_imported(words: str) -> None:
    asked = {"_YIZHAN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    program = f"import os, sys; os.environ |= {asked}; from server.cli.main import run; code = run([])"
    assert in_a_process(f"{program}; print(code, [m for m in {HEAVY} if m in sys.modules])") == "0 []"


def test_the_help_of_no_command_imports_anything_heavy() -> None:
    called = "from server.cli.main import COMMANDS, run; codes = {run([name, '--help']) for name in COMMANDS}"
    program = f"import sys; {called}; print(codes, [m for m in {HEAVY} if m in sys.modules])"
    assert in_a_process(program) == "{0} []"


def test_the_commands_that_read_the_database_need_no_twisted(tmp_path: Path) -> None:
    place = f"import os, sys; os.environ |= {{'YIZHAN_SERVER__DATA': {str(tmp_path)!r}}}; from server.cli.main import run"
    called = "codes = [run(words) for words in (['migrate'], ['company', 'list'], ['check', '--json'])]"
    program = f"{place}; {called}; print(codes[:2], 'sqlalchemy' in sys.modules, 'twisted' in sys.modules)"
    assert in_a_process(program) == "[0, 0] True False"


def test_the_settings_are_shown_without_importing_the_server() -> None:
    program = f"import sys; from server.cli.main import run; run(['config', 'show']); print([m for m in {HEAVY} if m in sys.modules])"
    assert in_a_process(program) == "['rich']"  # for the width of Chinese


START = """
import gc, importlib.util, os, signal, sys
from pathlib import Path
from server.cli import serve
from server.cli.main import run

def up(settings, port):
    files = [Path(module.__file__) for module in list(sys.modules.values()) if (getattr(module, "__file__", None) or "").endswith(".py")]
    installed = [file for file in files if "site-packages" in file.parts]
    uncompiled = [file.name for file in installed if not Path(importlib.util.cache_from_source(file)).exists()]
    print([name for name in UNUSED if name in sys.modules], len(installed) > 100, uncompiled, gc.get_freeze_count() > 100_000)
    os.kill(os.getpid(), signal.SIGTERM)

serve._greet = up
Path("yizhan.toml").write_text("[log]\\nlevel = 'error'\\n")
run(["serve", "--config", "yizhan.toml", "--port", "0"])
"""
UNUSED = ("alembic", "asyncpg", "pydantic", "pypinyin", "python_calamine", "xlsxwriter", "redis", "litestar", "uvicorn", "websockets")


def test_a_start_imports_only_what_it_needs_and_finds_it_compiled(tmp_path: Path) -> None:
    """After the first one, which makes the database: a start is mostly imports, and each of these would be a tenth of it or more."""
    for _ in range(2):
        told = subprocess.run(
            [sys.executable, "-c", f"UNUSED = {UNUSED}{START}"],
            cwd=tmp_path,
            env=os.environ | {"YIZHAN_SERVER__DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        )
    assert told.stdout.splitlines()[0] == "[] True [] True"


def test_help_lists_every_command_and_has_examples(command: Command) -> None:
    done = command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    listed = done.stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)
    assert "yizhan serve" in done.stdout


def commands_of(found: Any) -> list[Any]:
    """With those of its groups."""
    below = getattr(found, "commands", None)
    return [found] if below is None else [one for each in below.values() for one in commands_of(each)]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_called_as_the_table_says_and_explains_itself_by_examples(name: str) -> None:
    found = read(name)
    assert found.name == name
    for one in commands_of(found):
        assert f"yizhan {name}" in one.help.partition("Examples:")[2], one.name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sevre"], "did you mean serve?"),
        (["serve", "--port", "eight"], "--port: eight is not a whole number (0…65535)"),
        (["serve", "--port", "65536"], "65535"),
        (["config", "show", "--jsn"], "--json"),
        (["completion", "tcsh"], "SHELL: tcsh is not one of bash, zsh, fish"),
        ([], "Usage: yizhan"),
    ],
)
def test_who_calls_it_wrongly_is_told_and_the_exit_code_is_2(command: Command, words: list[str], said: str) -> None:
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_all_faulty_settings_are_named_and_what_to_do_and_the_exit_code_is_1(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "yizhan.toml"
    file.write_text('[gateway]\nprot = 1\nport = "eight"\n')
    done = command("config", "show", environment={"YIZHAN_CONFIG": str(file), "YIZHAN_LOG__LEVEL": "loud"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: 3 of the settings cannot be used:\n"
        "  gateway.prot (yizhan.toml:2): there is no such setting; did you mean gateway.port?\n"
        "  gateway.port (yizhan.toml:3): 'eight' is not a whole number from 0 to 65535\n"
        "  log.level (environment YIZHAN_LOG__LEVEL): 'loud' is not one of debug, info, warning, error\n"
        "do: correct them and try again; `yizhan config doc` tells what each setting takes\n"
    )


def test_a_traceback_is_shown_to_those_who_ask_for_it(command: Command) -> None:
    quiet, loud = (command(*words, "--config", "/no/such", "config", "show") for words in ([], ["--debug"]))
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
    assert (quiet.returncode, loud.returncode) == (1, 1)


def test_the_settings_file_can_be_named_before_and_after_the_command(command: Command, tmp_path: Path) -> None:
    (tmp_path / "im.toml").write_text("[gateway]\nport = 9000\n")
    before = command("--config", "im.toml", "config", "show", "--json", folder=tmp_path)
    after = command("config", "show", "--json", "--config", "im.toml", folder=tmp_path)
    assert before.stdout == after.stdout
    shown = {row["setting"]: (row["value"], row["from"]) for row in json.loads(before.stdout)}
    assert shown["gateway.port"] == (9000, "im.toml:2")


def test_secrets_are_masked_in_the_list_of_settings(command: Command) -> None:
    done = command("config", "show", environment={"YIZHAN_SMTP__PASSWORD": "lotus7", "YIZHAN_DATABASE__URL": "sqlite:///x?password=lotus7"})
    assert done.returncode == 0
    assert "lotus7" not in done.stdout + done.stderr
    assert "environment YIZHAN_SMTP__PASSWORD" in done.stdout


def test_the_documentation_of_the_settings_is_there_for_people_and_programs(command: Command) -> None:
    assert "## [gateway]" in command("config", "doc").stdout
    assert json.loads(command("config", "doc", "--json").stdout)[0]["section"] == "server"


COMPLETED = [
    ("yizhan co", ["config", "company", "contact", "completion"]),
    ("yizhan config ", ["show", "doc"]),
    ("yizhan --config im.toml config s", ["show"]),
    ("yizhan serve --ho", ["--host"]),
    ("yizhan serve --port 80 --de", ["--demo"]),
    ("yizhan completion ", ["bash", "zsh", "fish"]),
]


@pytest.mark.parametrize(("words", "expected"), COMPLETED)
def test_a_shell_completes_commands(command: Command, words: str, expected: list[str]) -> None:
    position = str(len(words.split(" ")) - 1)
    done = command(environment={"_YIZHAN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position})
    assert done.stdout.split() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(command: Command, shell: str) -> None:
    done = command("completion", shell)
    assert done.returncode == 0
    assert f"_YIZHAN_COMPLETE=complete_{shell}" in done.stdout


def test_the_wrapper_works_in_any_folder_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "__init__.py").write_text("raise SystemExit('a stranger')")
    (tmp_path / "yizhan").symlink_to(ROOT / "yizhan")
    done = subprocess.run([tmp_path / "yizhan", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: yizhan")


def test_the_wrapper_says_what_to_do_before_the_first_run(tmp_path: Path) -> None:
    (tmp_path / "yizhan").write_bytes((ROOT / "yizhan").read_bytes())
    done = subprocess.run(["/bin/sh", tmp_path / "yizhan"], capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 1
    assert "make run" in done.stderr


def test_the_wrapper_says_that_this_user_cannot_run_the_python_of_the_environment(tmp_path: Path) -> None:
    """As after `sudo make install` with a Python in root's home; `make run` would not help."""
    (tmp_path / "yizhan").write_bytes((ROOT / "yizhan").read_bytes())
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    done = subprocess.run(["/bin/sh", tmp_path / "yizhan"], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, "/nowhere/python3" in done.stderr, "make run" in done.stderr) == (1, True, False)


def test_what_to_do_comes_from_the_error_or_its_code_or_its_kind() -> None:
    own = NotSignedIn()
    advise(own, "wait until noon", "请等到中午")
    assert (advice(own), advice(own, "zh")) == ("wait until noon", "请等到中午")
    assert "nothing was changed" in advice(NotSignedIn())
    assert "没有任何更改" in advice(NotSignedIn(), "zh")
    assert "run the same again" in advice(OutcomeUnknown())
    assert "make room" in advice(StorageFull())


def test_the_server_says_in_its_log_when_it_starts_and_stops(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("chat ws://127.0.0.1:"), process.communicate(timeout=20)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "stopped\n")
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert events == ["server.started", "server.stopping", "server.stopped"], "and nothing of the migrations that made the database"


def test_a_taken_port_is_named_with_what_to_do_and_the_process_ends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving(tmp_path, f"--port={port}", quiet=True) as process:
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert f"{port}" in err.splitlines()[0]
    assert err.splitlines()[1].startswith("do: end the process that listens there")
    assert len(err.splitlines()) == 2


async def test_a_second_signal_ends_the_process_at_once() -> None:
    left: list[int] = []
    stopping = Stopping(left.append)
    stopping.told(signal.SIGINT)
    assert (stopping.event.is_set(), left) == (True, [])
    stopping.told(signal.SIGTERM)
    assert left == [128 + signal.SIGTERM]


@pytest.mark.parametrize(
    ("limit", "asked"),
    [(None, [("", 5), ("5", 5), ("10", 5)]), (12, [("", 5), ("5", 5), ("10", 2)]), (7, [("", 5), ("5", 2)]), (5, [("", 5)])],
)
async def test_a_list_that_comes_by_cursors_is_asked_for_up_to_its_limit_or_its_end(
    limit: int | None, asked: list[tuple[str, int]]
) -> None:
    found: list[tuple[str, int]] = []

    async def ask(cursor: str, most: int) -> tuple[str, list[frame.Row]]:
        found.append((cursor, most))
        first = int(cursor or 0)
        return str(first + most) if first + most < 12 else "", [{"row": at} for at in range(12)[first : first + most]]

    rows = [row["row"] async for page in frame.paged(ask, limit, 5) for row in page]
    assert (found, rows) == (asked, list(range(limit or 12)))
