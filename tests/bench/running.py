"""One scenario from beginning to end: a fresh copy of the database, a fresh server, the load, and what is stored afterwards."""

import contextlib
import datetime
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.bench import importing, load_program, restarting, searching
from tests.bench.alike import NotAlike, check_alike
from tests.bench.audience import Lists
from tests.bench.figures import figures
from tests.bench.kept import TOWN, Made, copied, prepared
from tests.bench.load_program import LoadFailed
from tests.bench.machine import BUILD, commit
from tests.bench.postgres import SETTINGS as POSTGRES_SETTINGS
from tests.bench.postgres import Cluster
from tests.bench.scenarios import Scenario
from tests.bench.serving import RAISED, served
from tests.bench.staff import PASSWORD
from tests.bench.stage import LOAD_CORE, SERVER_CORE, Perform, Performed, Stage, Wishes, plainly

PERFORMED: Mapping[str, Perform] = {"import": importing.perform, "search": searching.perform, "restart": restarting.perform}
LIMIT_SECONDS = 300


class MessagesMissing(Exception):
    """The database does not hold what was acknowledged."""


def run(scenario: Scenario, wishes: Wishes, cluster: Cluster | None) -> dict[str, Any]:
    """The result of one scenario, also as ``build/bench/NAME.json``; of a quick one that was scaled down in ``build/bench/quick``.

    Raises: LoadFailed, MessagesMissing, NotAlike, ImportFailed, NotForHim.
    """
    program = load_program.compiled(BUILD)
    template, made = prepared(scenario.place)
    folder = BUILD / "run"
    with _database(scenario, template, folder, cluster) as (url, count):
        lists = _written(folder, scenario.lists(made, is_quick=wishes.is_quick))
        settings = _tls(folder) if scenario.tls else {}
        core = SERVER_CORE if scenario.pinned else None
        before = count()
        with served(folder, url, core, settings, wishes.wrapper) as server:
            options = _options(scenario, wishes) | lists | {"port": server.port, "server": server.pid}
            if scenario.database != "sqlite" and cluster is not None:
                options["database"] = cluster.pid
            perform = PERFORMED.get(scenario.performed, plainly)
            performed = perform(Stage(scenario, wishes, made, program, folder, url, server, options))
        stored = count() - before
        if scenario.mode == "pairs" and scenario.database == "sqlite" and scenario.place == TOWN:
            check_alike(folder / "yizhan.sqlite", rows=before)
    if stored < performed.end["acknowledged"]:
        raise MessagesMissing(f"{performed.end['acknowledged']} messages were acknowledged, {stored} are stored")
    return _result(scenario, wishes, made, performed)


def _written(folder: Path, lists: Lists) -> dict[str, object]:
    """As options: each list is a file, a line for each."""
    for name, lines in lists.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return {name: folder / name for name in lists} | {"password": PASSWORD}


def _options(scenario: Scenario, wishes: Wishes) -> dict[str, object]:
    options: dict[str, object] = {"mode": scenario.mode, "core": SERVER_CORE, "tls": int(scenario.tls), "limit": LIMIT_SECONDS}
    options |= {"seconds": scenario.seconds or wishes.seconds, "warmup": wishes.warmup, "windows": wishes.windows}
    if scenario.mode == "pairs":
        options["pairs"] = scenario.pairs
    return options | scenario.options | (scenario.quick if wishes.is_quick else {})


@contextlib.contextmanager
def _database(scenario: Scenario, template: Path, folder: Path, cluster: Cluster | None) -> "Iterator[tuple[str, Any]]":
    """The URL of a fresh copy, and what counts its messages."""
    path = copied(template, folder)
    if scenario.database == "sqlite":

        def counted() -> int:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                found: int = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
                return found

        yield f"sqlite:///{path}", counted
        return
    assert cluster is not None
    with cluster.copy(template) as url:
        yield url, lambda: int(cluster.sql("SELECT count(*) FROM messages", "bench"))


def _result(scenario: Scenario, wishes: Wishes, made: Made, performed: Performed) -> dict[str, Any]:
    settings: dict[str, object] = {
        "what": scenario.what,
        "database": scenario.database,
        "messages": made.messages,
        "conversations": made.conversations,
        "archive": "on",
        "tls": scenario.tls,
        "server_core": SERVER_CORE if scenario.pinned else None,
        "load_core": LOAD_CORE,
        "connections": scenario.connections,
        "window_seconds": scenario.seconds or wishes.seconds,
        **scenario.options,
        "raised": RAISED,
    }
    settings["sync"] = {"synchronous": "FULL"} if scenario.database == "sqlite" else POSTGRES_SETTINGS
    measured = figures(performed.windows, performed.end, per=scenario.per, database=scenario.database != "sqlite")
    result = {"scenario": scenario.name, "settings": settings, "commit": commit(), "kib_per_connection": None} | measured
    if wishes.is_quick and scenario.quick:
        result["scaled"] = scenario.scaled
    result |= performed.more | {"end": performed.end, "windows": performed.windows}
    if not wishes.wrapper:  # what a profiler costs is no result
        folder = BUILD / "quick" if "scaled" in result else BUILD
        folder.mkdir(exist_ok=True)
        (folder / f"{scenario.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    return result


def _tls(folder: Path) -> dict[str, str]:
    """A certificate for this run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return {
        "YIZHAN_GATEWAY__TLS_CERTIFICATE": str(folder / "certificate.pem"),
        "YIZHAN_GATEWAY__TLS_KEY": str(folder / "key.pem"),
    }


__all__ = ["LoadFailed", "MessagesMissing", "NotAlike", "run"]
