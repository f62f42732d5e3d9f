"""Looks at the machine: folder, disk, ports, certificate, limits. What is a fault is ``rules``."""

import contextlib
import errno
import os
import resource
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from server import data_folder, tls
from server.checks import rules
from server.checks.finding import Finding
from server.config.model import Settings
from server.config.rules import is_loopback
from server.system_errors import PLACES, why
from storage.engine import sqlite_path

LISTENING = ("gateway",)
"""The sections that `serve` listens for."""
TCP_LISTENS = "0A"


def folder(settings: Settings) -> Finding:
    path, user = settings.server.data, user_name(os.geteuid())
    place = next(place for place in (path, *path.parents) if place.exists())
    found = place.stat()
    if place == path and found.st_uid != os.geteuid():
        return rules.folder(str(path), found.st_mode, user_name(found.st_uid), user)
    if number := data_folder.closed(place):
        return rules.folder_unusable(str(path), str(place), why(number, PLACES)[0])
    if place != path:
        return rules.no_folder(str(path))
    return rules.folder(str(path), found.st_mode, user, user)


def user_name(number: int) -> str:
    """As the system calls the user; the number where it knows none."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def disk(settings: Settings) -> Finding:
    """Of the data folder, or where it will be."""
    path = next(place for place in (settings.server.data, *settings.server.data.parents) if place.exists())
    found = shutil.disk_usage(path)
    return rules.disk(str(path), found.free, found.total)


def wal(settings: Settings) -> Iterator[Finding]:
    if settings.database.url.startswith("sqlite"):
        path = Path(f"{sqlite_path(settings.database.url)}-wal")
        if path.exists():
            yield rules.wal(str(path), path.stat().st_size)


def sqlite(settings: Settings) -> Iterator[Finding]:
    if settings.database.url.startswith("sqlite"):
        yield rules.sqlite(sqlite3.sqlite_version_info)


def ports(settings: Settings, *, served: bool) -> Iterator[Finding]:
    """``served``: our server runs on this database, so it is the one that listens."""
    for section in LISTENING:
        chosen = getattr(settings, section)
        if chosen.port:
            yield rules.port(f"{chosen.host}:{chosen.port}", f"{section}.port", _taken_by(chosen.host, chosen.port), ours=served)


def _taken_by(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as failed:
            return _listener(port) if failed.errno == errno.EADDRINUSE else failed.strerror or str(failed)
    return None


def _listener(port: int) -> str:
    """The process that listens, where Linux tells and it is ours to see; else empty."""
    inodes = {f"socket:[{inode}]" for table in ("/proc/net/tcp", "/proc/net/tcp6") for inode in _inodes(Path(table), port)}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            if any(_target(file) in inodes for file in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _target(file: Path) -> str:
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
        return os.readlink(file)
    return ""


def _inodes(table: Path, port: int) -> Iterator[str]:
    if table.exists():
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == TCP_LISTENS and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.server.public_url)
    return rules.public_url(parts.scheme, parts.netloc, loopback=is_loopback(parts.hostname or ""))


def reachable(settings: Settings) -> list[str]:
    """The settings of addresses that others than this machine can reach."""
    return [f"{section}.host" for section in LISTENING if not is_loopback(getattr(settings, section).host)]


def files(settings: Settings) -> Finding:
    return rules.files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def certificate(settings: Settings, now: int) -> Iterator[Finding]:
    paths = (settings.gateway.tls_certificate, settings.gateway.tls_key)
    if paths[0] is not None and paths[1] is not None:
        yield _certificate(paths[0], paths[1], now)


def _certificate(certificate: Path, key: Path, now: int) -> Finding:
    try:
        found = tls.read(certificate, key)
    except tls.TlsFileUnusable as failed:
        return rules.unreadable(failed.path, failed.why)
    own = found.chain[0]
    times = [int(at.timestamp() * 1000) for at in (own.not_valid_before_utc, own.not_valid_after_utc)]
    return rules.certificate(rules.Certificate(times[0], times[1], found.fits, found.is_in_order), now)
