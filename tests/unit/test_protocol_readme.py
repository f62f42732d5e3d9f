"""protocol/README.md, from which strangers write clients, says what the code does: examples, tables, numbers."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from protocol import limits
from protocol.bodies import KINDS
from protocol.commands import AnyCommand
from protocol.errors import YizhanError
from protocol.events import Answer, AnyFrame

ROOT = Path(__file__).parents[2]
README = (ROOT / "protocol/README.md").read_text(encoding="utf-8")
SECTIONS = {part.split(".", 1)[0]: part for part in README.split("\n## ")[1:]}
# what administrators and operators meet, in their own programs
ELSEWHERE = tuple(f"server.{subject}.errors" for subject in ("companies", "config", "org", "roles", "rosters", "visibility"))
# of these what a member meets who looks at the tree or changes his own card
HERE_TOO = {"unit.not_found", "name.invalid", "words.invalid", "member.gender_unknown", "member.tags_invalid"}
NOT_ON_THE_WIRE = {
    "audit.entry_missing",
    "audit.permission_missing",
    "conversation.already_participant",
    "storage.behind",
    "storage.unit_too_large",
}


def rows(section: str) -> dict[str, list[str]]:
    """The rows of the section's last table, by the name in their first column."""
    lines = [line.strip("|").split(" | ") for line in SECTIONS[section].splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells] for cells in lines}


def examples() -> list[tuple[str, dict[str, Any]]]:
    return [(line[0], json.loads(line[2:])) for line in README.splitlines() if line.startswith(("→ ", "← "))]


def vectors(*names: str) -> list[dict[str, Any]]:
    return [row["json"] for name in names for row in json.loads((ROOT / f"protocol/vectors/{name}.json").read_text("utf-8"))]


def errors_of_all_subjects() -> dict[str, type[YizhanError]]:
    """Those of the protocol, of the writer, and of every subject of the server that a command can reach."""
    for path in (*ROOT.glob("server/*/errors.py"), *ROOT.glob("storage/**/errors.py"), ROOT / "server/gateway/dispatch.py"):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {code: error for code, error in YizhanError.known.items() if is_met_by_clients(error)}


def is_met_by_clients(error: type[YizhanError]) -> bool:
    module = error.__module__
    here = module.endswith(".errors") or module == "server.gateway.dispatch"
    return error.code in HERE_TOO or (here and module not in ELSEWHERE and error.code not in NOT_ON_THE_WIRE)


def test_every_example_is_a_golden_vector() -> None:
    known = {"→": vectors("commands"), "←": vectors("answers", "events")}
    assert len(examples()) > 50
    for side, example in examples():
        assert example in known[side]


def test_every_answer_in_an_example_belongs_to_the_command_before_it() -> None:
    asked: dict[int, str] = {}
    table = {name: cells[1].strip("`") for name, cells in rows("11").items()}
    for side, example in examples():
        if side == "→":
            asked[example["request"]] = example["type"]
        elif "request" in example and example["type"] != "error":
            assert table[asked[example["request"]]] == example["type"]


def test_every_command_is_in_the_table_with_an_answer_that_exists() -> None:
    assert list(rows("11")) == [cls.__struct_config__.tag for cls in AnyCommand.__args__]
    answers = {cls.__struct_config__.tag for cls in AnyFrame.__args__ if issubclass(cls, Answer)}
    assert {cells[1].strip("`") for cells in rows("11").values()} == answers


def test_errors_named_beside_commands_are_in_the_table_of_errors() -> None:
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", SECTIONS["11"]))
    assert named <= rows("13").keys()


def test_every_event_is_in_the_table() -> None:
    assert rows("12").keys() == {cls.__struct_config__.tag for cls in AnyFrame.__args__ if not issubclass(cls, Answer)}


def test_every_kind_of_body_is_in_the_table() -> None:
    assert KINDS.keys() < rows("10").keys()


def test_every_error_is_in_the_table_with_its_kind() -> None:
    known = errors_of_all_subjects()
    missing = {code: f"| `{code}` | {error.kind} | {error.en} |" for code, error in known.items() if code not in rows("13")}
    assert not missing, "rows to add:\n" + "\n".join(missing.values())
    assert rows("13").keys() == known.keys()
    assert {code: cells[1] for code, cells in rows("13").items()} == {code: error.kind for code, error in known.items()}


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.isupper()])
def test_every_limit_is_named_with_its_number(name: str) -> None:
    value = getattr(limits, name)
    if isinstance(value, str):
        assert f"| `{value}` |" in SECTIONS["1"]
    elif name != "KIB":
        assert rows("14")[name][1] == str(value)


def test_the_tables_of_fields_are_those_of_the_structs() -> None:
    from tools.make_fields import renewed

    assert renewed(README) == README, "run tools/make_fields.py"


def test_no_limit_is_named_that_does_not_exist() -> None:
    shown = {word for word in re.findall(r"`([A-Z][A-Z_]+)`", README)} | rows("14").keys()
    assert shown <= vars(limits).keys()
