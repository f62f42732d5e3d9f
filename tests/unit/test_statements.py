"""Statements are compiled when they are first used: that all of them can be is tried here."""

import importlib
import pkgutil
import re
import subprocess
import sys

import storage
from storage.statements import Statement


def statements() -> dict[str, Statement]:
    modules = [found.name for found in pkgutil.walk_packages(storage.__path__, "storage.") if ".migrations" not in found.name]
    named = [(module, name, value) for module in modules for name, value in vars(importlib.import_module(module)).items()]
    return {f"{module}.{name}": value for module, name, value in named if isinstance(value, Statement)}


def test_every_statement_can_be_said_to_both_databases() -> None:
    found = statements()
    assert len(found) > 250
    for name, statement in found.items():
        asked = set(re.findall(r"(?<!:):([a-z]\w*)", statement.named))
        numbers = {int(number) for number in re.findall(r"\$(\d+)", statement.numbered)}
        values = statement.for_postgres(dict.fromkeys(asked))
        assert numbers == set(range(1, len(values) + 1)), name


def test_to_import_the_server_compiles_none_of_them() -> None:
    noted = "from sqlalchemy.sql.compiler import Compiled; made = []; Compiled.process = lambda *_, **__: made.append(1) or ''"
    program = f"{noted}; import server.app; print(len(made))"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout == "0\n"
