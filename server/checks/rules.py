"""What is a fault, from values alone: sizes in bytes, instants in milliseconds UTC. Where the values come from is others' work."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from server.checks.finding import Finding, error, fine, warning

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIB = 1 << 20
GIB = 1 << 30
DISK_ERROR = 200 * MIB
DISK_WARNING = 2 * GIB
DISK_WARNING_SHARE = 0.05
WAL_WARNING = 512 * MIB
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables and RETURNING
CLOCK_TOLERANCE = 5_000
EARLIEST = 1_767_225_600_000  # 1 January 2026: this program is younger
LATEST = 4_102_444_800_000  # 1 January 2100
DAY = 86_400_000
CERTIFICATE_WARNING = 21 * DAY
FILES_WARNING = 10_240
FILES_BESIDE_CONNECTIONS = 100
OTHERS_MAY = 0o077


def folder(path: str, mode: int, owner: str, user: str) -> Finding:
    """The data folder: ``mode`` as stat has it, its ``owner`` and who runs this."""
    if owner != user:
        return error(
            "data folder", f"{path} belongs to {owner}, this is {user}", f"run yizhan as {owner}, or give {user} the folder: chown"
        )
    if mode & OTHERS_MAY:
        return warning("data folder", f"{path} is open to other users (mode {mode & 0o777:o})", f"close it: chmod 700 '{path}'")
    return fine("data folder", path)


def folder_unusable(path: str, place: str, why: str) -> Finding:
    """``place``: the folder itself, or where it would be made."""
    text = f"{path} cannot be used: {why}" if place == path else f"{path} cannot be made in {place}: {why}"
    return error("data folder", text, "let this user write there, or name another folder: server.data")


def no_folder(path: str) -> Finding:
    return fine("data folder", f"{path} is made at the first start")


def disk(path: str, free: int, total: int) -> Finding:
    shown = f"{_size(free)} of {_size(total)} free at {path}"
    if free < DISK_ERROR:
        return error("disk", f"the disk is full: {shown}", "make room now: nothing can be stored when it is used up")
    if free < min(DISK_WARNING, int(total * DISK_WARNING_SHARE)):
        return warning("disk", f"the disk is nearly full: {shown}", "make room, or move server.data to a larger disk")
    return fine("disk", shown)


def wal(path: str, size: int) -> Finding:
    if size > WAL_WARNING:
        return warning(
            "write-ahead log", f"{path} has {_size(size)}", "somebody reads the database for long: end other programs that have it open"
        )
    return fine("write-ahead log", _size(size))


def sqlite(version: tuple[int, ...]) -> Finding:
    shown = ".".join(map(str, version))
    if version < OLDEST_SQLITE:
        return error("SQLite", f"version {shown} is too old, 3.37 is needed", "use a newer Python or system, or PostgreSQL")
    return fine("SQLite", shown)


def revision(found: str, needed: str, known: Sequence[str], place: str) -> Finding:
    """``known``: all revisions that this program knows."""
    if not found:
        return fine("database", f"there is none yet at {place}; the first start makes it")
    if found == needed:
        return fine("database", f"schema {found}")
    if found in known:
        return error(
            "database", f"it has schema {found}, this program needs {needed}", "stop the server, copy the database, run: yizhan migrate"
        )
    return error("database", f"it has schema {found}, which this program does not know", "it was made by a newer version: install that one")


def clock(now: int, newest: int) -> Finding:
    """``newest``: the latest time that is stored; 0 where nothing is."""
    if not EARLIEST <= now < LATEST:
        return error("clock", f"this machine's clock is wrong: {_day(now)}", "set it, best by NTP: timedatectl set-ntp true")
    ahead = newest - now
    if ahead > CLOCK_TOLERANCE:
        text = f"this machine's clock is {_span(ahead)} behind what was stored last"
        return error("clock", text, "set it, best by NTP: timedatectl set-ntp true; new messages carry the old time until then")
    return fine("clock", "runs on from what was stored last" if newest else "set")


def port(where: str, setting: str, taken_by: str | None, *, ours: bool) -> Finding:
    """``taken_by`` names the process that listens there, empty where it cannot be told, None where nobody does."""
    name = f"port {where}"
    if taken_by is None:
        return fine(name, "free")
    if ours:
        return fine(name, "our server listens")
    who = taken_by or "another process"
    return error(name, f"it is taken by {who}", f"end that one, or choose another: {setting}")


def demo(is_there: bool, public: Sequence[str]) -> Finding:
    """``public``: the settings whose addresses others can reach."""
    if is_there and public:
        text = f"the demo company is in the database, and others can reach {', '.join(public)}"
        return error("demo company", text, "its passwords were printed: use another database for real work, or listen on 127.0.0.1")
    return fine("demo company", "there, for this machine alone" if is_there else "not there")


def public_url(scheme: str, host: str, *, loopback: bool) -> Finding:
    shown = f"{scheme}://{host}"
    if scheme != "https" and not loopback:
        to_do = "give TLS to the proxy in front and set server.public_url to https://"
        return warning("public address", f"{shown} is not protected: passwords travel in the open", to_do)
    return fine("public address", shown)


def files(limit: int) -> Finding:
    """``limit``: how many files and sockets the process may have open."""
    connections = max(0, limit - FILES_BESIDE_CONNECTIONS)
    if limit < FILES_WARNING:
        to_do = "raise it for the server: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit"
        return warning("open files", f"{limit} are allowed, enough for some {connections} connections at once", to_do)
    return fine("open files", f"{limit}, enough for some {connections} connections")


# ---- TLS


class Certificate(NamedTuple):
    """The server's own. ``fits``: whether the key is its; ``is_in_order``: whether its issuers follow it, one after the other."""

    not_before: int
    not_after: int
    fits: bool
    is_in_order: bool = True


def certificate(found: Certificate, now: int) -> Finding:
    until = _day(found.not_after)
    if not found.fits:
        to_do = "set gateway.tls_certificate and gateway.tls_key to files that belong together; the server's own certificate comes first"
        return error("TLS", "the key is not that of the certificate", to_do)
    if not found.is_in_order:
        to_do = "put the server's own certificate first, then that of its issuer, and so on, as in a fullchain.pem"
        return error("TLS", "the certificates are not in order: clients will not trust them", to_do)
    if now >= found.not_after:
        return error("TLS", f"the certificate has expired on {until}", "renew it and start the server anew")
    if now < found.not_before:
        return error("TLS", f"the certificate is valid from {_day(found.not_before)} on only", "wait, or set the clock")
    if found.not_after - now < CERTIFICATE_WARNING:
        return warning("TLS", f"the certificate expires on {until}", "renew it and start the server anew")
    return fine("TLS", f"valid until {until}")


def unreadable(path: str, why: str) -> Finding:
    return error("TLS", f"{path} cannot be used: {why}", "see that the file is there, is PEM, and can be read by the server's user")


# ---- PostgreSQL


class Standby(NamedTuple):
    """A row of pg_stat_replication; ``state`` is None where this role may not see it."""

    name: str
    state: str | None


def durability(settings: dict[str, str]) -> Iterator[Finding]:
    """``settings``: fsync, full_page_writes, synchronous_commit as PostgreSQL has them."""
    for name in ("fsync", "full_page_writes"):
        if settings[name] != "on":
            to_do = f"set {name} = on in postgresql.conf and restart it"
            yield error("PostgreSQL", f"{name} is {settings[name]}: a power failure can destroy the database", to_do)
    if settings["synchronous_commit"] in ("off", "local"):
        text = f"synchronous_commit is {settings['synchronous_commit']} by default; Yizhan sets it to on for what it writes"
        yield warning("PostgreSQL", text, "set synchronous_commit = on, so that nobody relies on the difference")


def standbys(names: str, found: Sequence[Standby]) -> Finding:
    """``names``: synchronous_standby_names. Promise V1 with failover needs a synchronous standby."""
    if not found and not names:
        return fine("standby", "none: a lost disk is a restored backup")
    if names and not found:
        text = f"synchronous_standby_names is {names!r}, and none is connected: every send waits for it"
        return error("standby", text, "start the standby, or take the name out")
    if any(one.state is None for one in found):
        return warning("standby", "this role may not see what kind of standby there is", "GRANT pg_monitor TO the role of database.url")
    waiting = [one.name for one in found if one.state in ("sync", "quorum")]
    if not waiting:
        text = f"all standbys are asynchronous ({', '.join(one.name for one in found)}): A FAILOVER LOSES ACKNOWLEDGED MESSAGES"
        return warning("standby", text, "name one in synchronous_standby_names, best two: 'ANY 1 (a, b)'")
    return fine("standby", f"synchronous: {', '.join(waiting)}")


# ---- words


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def _span(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _day(instant: int) -> str:
    return (EPOCH + timedelta(milliseconds=instant)).date().isoformat()
