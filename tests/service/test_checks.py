"""`yizhan check`: each usual fault is found, told with what to do, and nothing is said of what is well."""

import datetime
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from server.checks import machine, rules
from server.checks.finding import Finding
from server.checks.rules import DAY, GIB, MIB, Certificate, Standby
from server.checks.service import checks
from server.clock import SystemClock
from server.config.model import Settings
from server.demo.content import COMPANY
from storage.engine import connect
from storage.revision import newest
from storage.schema.companies import companies
from storage.statements import insert_into, statement
from tests.support.house import settings as settings_for

NOW = SystemClock().now() + DAY  # later than the first migration, which leaves a time in the feed
SUMMER = 1_782_000_000_000  # in June 2026
INSERT_COMPANY = insert_into(companies, "number", "demo", "created_at")


# ---- the rules


@pytest.mark.parametrize(
    ("found", "level", "said"),
    [
        (rules.folder("/data", 0o40700, "yizhan", "yizhan"), "fine", "/data"),
        (rules.folder("/data", 0o40755, "yizhan", "yizhan"), "warning", "chmod 700"),
        (rules.folder("/data", 0o40700, "root", "yizhan"), "error", "chown"),
        (rules.no_folder("/data"), "fine", "first start"),
        (rules.folder_unusable("/data", "/data", "it is a file"), "error", "/data cannot be used: it is a file"),
        (rules.folder_unusable("/srv/data", "/srv", "this user may not"), "error", "cannot be made in /srv"),
        (rules.disk("/", 10 * GIB, 100 * GIB), "fine", "10.0 GiB of 100.0 GiB free"),
        (rules.disk("/", 1 * GIB, 100 * GIB), "warning", "nearly full"),
        (rules.disk("/", 1 * GIB, 10 * GIB), "fine", "free"),
        (rules.disk("/", 100 * MIB, 100 * GIB), "error", "100 MiB"),
        (rules.wal("x-wal", 10 * MIB), "fine", "10 MiB"),
        (rules.wal("x-wal", 600 * MIB), "warning", "end other programs"),
        (rules.sqlite((3, 36, 9)), "error", "3.37 is needed"),
        (rules.sqlite((3, 37, 0)), "fine", "3.37.0"),
        (rules.revision("", "0002", ["0001", "0002"], "here"), "fine", "first start"),
        (rules.revision("0002", "0002", ["0001", "0002"], "here"), "fine", "0002"),
        (rules.revision("0001", "0002", ["0001", "0002"], "here"), "error", "yizhan migrate"),
        (rules.revision("0003", "0002", ["0001", "0002"], "here"), "error", "newer version"),
        (rules.clock(NOW, NOW - DAY), "fine", "runs on"),
        (rules.clock(NOW, 0), "fine", "set"),
        (rules.clock(NOW, NOW + 4_000), "fine", "runs on"),
        (rules.clock(NOW, NOW + 60_000), "error", "60 s behind"),
        (rules.clock(NOW, NOW + 3_600_000), "error", "60 min behind"),
        (rules.clock(NOW, NOW + 3 * DAY), "error", "72 h behind"),
        (rules.clock(0, 0), "error", "1970-01-01"),
        (rules.port("127.0.0.1:1", "gateway.port", None, ours=False), "fine", "free"),
        (rules.port("127.0.0.1:1", "gateway.port", "nginx (process 7)", ours=False), "error", "taken by nginx (process 7)"),
        (rules.port("127.0.0.1:1", "gateway.port", "", ours=False), "error", "another process"),
        (rules.port("127.0.0.1:1", "gateway.port", "python (process 7)", ours=True), "fine", "our server"),
        (rules.demo(True, ["gateway.host"]), "error", "gateway.host"),
        (rules.demo(True, []), "fine", "this machine alone"),
        (rules.demo(False, ["gateway.host"]), "fine", "not there"),
        (rules.public_url("http", "im.example.com", loopback=False), "warning", "https://"),
        (rules.public_url("https", "im.example.com", loopback=False), "fine", "https://im.example.com"),
        (rules.public_url("http", "127.0.0.1:8801", loopback=True), "fine", "127.0.0.1"),
        (rules.files(1024), "warning", "some 924 connections"),
        (rules.files(65_536), "fine", "65536"),
        (rules.certificate(Certificate(NOW - DAY, NOW + 90 * DAY, True), NOW), "fine", "valid until"),
        (rules.certificate(Certificate(NOW - DAY, NOW + 20 * DAY, True), NOW), "warning", "expires on"),
        (rules.certificate(Certificate(NOW - 9 * DAY, NOW - DAY, True), NOW), "error", "has expired"),
        (rules.certificate(Certificate(NOW + DAY, NOW + 90 * DAY, True), NOW), "error", "valid from"),
        (rules.certificate(Certificate(NOW - DAY, NOW + 90 * DAY, False), NOW), "error", "not that of the certificate"),
        (rules.certificate(Certificate(NOW - DAY, NOW + 90 * DAY, True, False), NOW), "error", "not in order"),
        (rules.standbys("", []), "fine", "none"),
        (rules.standbys("", [Standby("b", "async")]), "warning", "LOSES ACKNOWLEDGED MESSAGES"),
        (rules.standbys("b", [Standby("b", "sync"), Standby("c", "async")]), "fine", "synchronous: b"),
        (rules.standbys("ANY 1 (b, c)", [Standby("b", "quorum"), Standby("c", "quorum")]), "fine", "b, c"),
        (rules.standbys("b", []), "error", "none is connected"),
        (rules.standbys("b", [Standby("b", None)]), "warning", "pg_monitor"),
    ],
)
def test_what_is_a_fault_is_told_and_what_is_well_is_not(found: Finding, level: str, said: str) -> None:
    assert (found.level, said in f"{found.what} {found.to_do}") == (level, True), found
    assert bool(found.to_do) == (level != "fine")


@pytest.mark.parametrize(
    ("changed", "levels"),
    [
        ({}, []),
        ({"fsync": "off"}, ["error"]),
        ({"full_page_writes": "off", "synchronous_commit": "local"}, ["error", "warning"]),
        ({"synchronous_commit": "off"}, ["warning"]),
        ({"synchronous_commit": "remote_apply"}, []),
    ],
)
def test_postgresql_that_may_forget_is_told(changed: dict[str, str], levels: list[str]) -> None:
    settings = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", **changed}
    assert [found.level for found in rules.durability(settings)] == levels


# ---- looking


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return settings_for(database, folder)


async def found(settings: Settings, *, now: int = NOW, served: bool = False) -> dict[str, Finding]:
    return {one.check: one async for one in checks(settings, now=now, served=served)}


async def test_a_fresh_installation_has_no_error(settings: Settings) -> None:
    seen = await found(settings)
    assert {one.check: one for one in seen.values() if one.level == "error" and one.check not in ("disk", "PostgreSQL")} == {}
    assert seen["database"] == Finding("database", "fine", f"schema {newest()}")
    assert seen["clock"].level == "fine"


async def test_a_clock_that_went_back_behind_what_is_stored_is_told(settings: Settings) -> None:
    storage = await connect(settings.database.url, now=lambda: NOW)
    try:
        await storage.transact(lambda work: work.run(INSERT_COMPANY, number="acme", demo=False, created_at=work.now))
    finally:
        await storage.close()
    assert (await found(settings, now=NOW + DAY))["clock"].level == "fine"
    assert "behind what was stored last" in (await found(settings, now=NOW - DAY))["clock"].what


async def test_a_database_behind_the_program_is_told_and_read_no_further(settings: Settings) -> None:
    await _set_revision(settings, "0000")
    seen = await found(settings)
    assert seen["database"].level == "error"
    assert "demo company" not in seen
    assert seen["clock"].level == "fine"


async def _set_revision(settings: Settings, revision: str) -> None:
    storage = await connect(settings.database.url, now=lambda: NOW)
    version = sa.table("alembic_version", sa.column("version_num", sa.Text))
    try:
        await storage.unit(lambda work: work.run(statement(sa.update(version).values(version_num=sa.literal(revision)))))
    finally:
        await storage.close()


async def test_a_demo_company_where_others_can_connect_is_an_error(settings: Settings) -> None:
    storage = await connect(settings.database.url, now=lambda: NOW)
    try:
        await storage.transact(lambda work: work.run(INSERT_COMPANY, number=COMPANY, demo=True, created_at=work.now))
    finally:
        await storage.close()
    assert (await found(settings))["demo company"].level == "fine"
    public = replace(settings, gateway=replace(settings.gateway, host="0.0.0.0"))
    assert (await found(public))["demo company"].level == "error"


@pytest.mark.parametrize("url", ["postgresql+asyncpg://nobody@127.0.0.1:9/none", "sqlite:////proc/no/such.sqlite/x.sqlite"])
async def test_a_database_that_is_away_is_told_and_the_rest_is_looked_at(tmp_path: Path, url: str) -> None:
    settings = settings_for(url, tmp_path)
    seen = await found(settings)
    if url.startswith("postgresql"):
        assert (seen["database"].level, "cannot be reached" in seen["database"].what) == ("error", True)
    assert {"disk", "clock", "open files", "public address"} <= set(seen)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "yizhan.sqlite").write_bytes(b"certainly not a database" * 100)
    seen = await found(settings_for(f"sqlite:///{tmp_path}/yizhan.sqlite", tmp_path))
    assert seen["database"].level == "error"
    assert "not a database" in seen["database"].what


async def test_the_database_of_another_user_is_not_opened(fresh_sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it would leave files beside it that the server cannot read."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4711)
    seen = await found(settings_for(fresh_sqlite, tmp_path))
    assert (seen["database"].level, "sudo -u" in seen["database"].to_do) == ("warning", True)
    assert seen["data folder"].level == "error"
    assert not (tmp_path / "yizhan.sqlite-wal").exists()


async def test_postgresql_is_asked_how_it_keeps_what_it_is_given(fresh_postgres: str, tmp_path: Path) -> None:
    """The one of the tests runs with fsync off, for speed: a real one must not."""
    seen = [one async for one in checks(settings_for(fresh_postgres, tmp_path), now=NOW, served=False)]
    assert [one.level for one in seen if one.check == "PostgreSQL" and "fsync is off" in one.what] == ["error"]
    assert [one.what for one in seen if one.check == "standby"] == ["none: a lost disk is a restored backup"]


# ---- the machine


def test_a_taken_port_is_found_with_the_process_that_listens(tmp_path: Path) -> None:
    settings = settings_for("sqlite:///x", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        taken = replace(settings, gateway=replace(settings.gateway, port=port))
        seen = list(machine.ports(taken, served=False))
        assert [one.level for one in machine.ports(taken, served=True)] == ["fine"]
    assert [one.level for one in seen] == ["error"]
    assert f"(process {os.getpid()})" in seen[0].what
    assert [one.level for one in machine.ports(taken, served=False)] == ["fine"]


def test_the_data_folder_is_looked_at_as_it_is(tmp_path: Path) -> None:
    settings = settings_for("sqlite:///x", tmp_path / "data")
    assert machine.folder(settings).what.endswith("is made at the first start")
    assert machine.disk(settings).check == "disk"
    (tmp_path / "data").mkdir(mode=0o755)
    assert machine.folder(settings).level == "warning"
    (tmp_path / "data").chmod(0o700)
    assert machine.folder(settings).level == "fine"


def test_a_data_folder_that_cannot_be_used_or_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for place in ("file", "file/data"):
        found = machine.folder(settings_for("sqlite:///x", tmp_path / place))
        assert (found.level, "no folder" in found.what) == ("error", True)
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may write anywhere
    (tmp_path / "data").mkdir(mode=0o500)
    for place in ("data", "data/below"):
        found = machine.folder(settings_for("sqlite:///x", tmp_path / place))
        assert (found.level, "may not use it" in found.what) == ("error", True)


def certificate(folder: Path, key: ec.EllipticCurvePrivateKey, until: datetime.datetime) -> Path:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "im.example.com")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = builder.not_valid_before(begin).not_valid_after(until).sign(key, hashes.SHA256())
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file


def key_file(folder: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    file = folder / "key.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(*form))
    return file


def judged(tmp_path: Path, certificate_file: Path, key: Path) -> Any:
    settings = settings_for("sqlite:///x", tmp_path)
    settings = replace(settings, gateway=replace(settings.gateway, tls_certificate=certificate_file, tls_key=key))
    return next(machine.certificate(settings, SUMMER))


def test_tls_files_are_read_and_judged(tmp_path: Path) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    good = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    assert judged(tmp_path, certificate(tmp_path, key, good), key_file(tmp_path, key)) == Finding("TLS", "fine", "valid until 2030-01-01")
    assert "not that of the certificate" in judged(tmp_path, certificate(tmp_path, key, good), key_file(tmp_path, other)).what
    expired = certificate(tmp_path, key, datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC))
    assert "has expired on 2026-02-01" in judged(tmp_path, expired, key_file(tmp_path, key)).what


def test_tls_files_that_are_none_or_not_there_are_named(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    there = certificate(tmp_path, key, datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC))
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for files in ((there, tmp_path / "gone.pem"), (empty, key_file(tmp_path, key)), (there, empty)):
        one = judged(tmp_path, *files)
        assert (one.level, "cannot be used" in one.what) == ("error", True)
