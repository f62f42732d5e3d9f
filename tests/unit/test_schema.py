"""The JSON Schema that types of other languages are made from: valid, whole, and true of the golden vectors."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocol.schema import schema

ROOT = Path(__file__).parents[2]
SCHEMA = schema()
ROWS = [(path.stem, row) for path in sorted((ROOT / "protocol/vectors").glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
CLIENTS = [row for name, row in ROWS if name == "commands"]
SERVERS = [row for name, row in ROWS if name in ("answers", "events")]
BODIES = [row for name, row in ROWS if name == "bodies"]


def faults(value: object, name: str) -> list[str]:
    """What the schema finds wrong with a value that should be one of that name."""
    errors = Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{name}"}]}).iter_errors(value)
    return [error.message for error in errors]


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_it_is_a_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(SCHEMA)  # raises SchemaError
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("row", CLIENTS, ids=names(CLIENTS))
def test_it_holds_for_every_command(row: dict[str, Any]) -> None:
    assert faults(row["json"], "Command") == []


@pytest.mark.parametrize("row", SERVERS, ids=names(SERVERS))
def test_it_holds_for_every_frame(row: dict[str, Any]) -> None:
    assert faults(row["json"], "Frame") == []


@pytest.mark.parametrize("row", BODIES, ids=names(BODIES))
def test_it_holds_for_every_body(row: dict[str, Any]) -> None:
    assert faults(row["json"], "Body") == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "text"},
        {"kind": "text", "text": ""},
        {"kind": "text", "text": "x" * 16_001},
        {"kind": "poll"},
        {"kind": "poll", "fallback": ""},
    ],
)
def test_a_body_inside_a_command_is_held_to_its_kind(body: dict[str, Any]) -> None:
    send = next(row["json"] for row in CLIENTS if row["name"] == "send")
    assert faults({**send, "body": body}, "Command") != []


def test_every_reference_leads_somewhere() -> None:
    for reference in references(SCHEMA):
        assert reference.removeprefix("#/$defs/") in SCHEMA["$defs"]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {value["$ref"]} if "$ref" in value else {found for item in value.values() for found in references(item)}
    return {found for item in value for found in references(item)} if isinstance(value, list) else set()


def test_it_can_be_printed() -> None:
    printed = subprocess.run([sys.executable, "-m", "protocol.schema"], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(printed.stdout) == json.loads(json.dumps(SCHEMA))
