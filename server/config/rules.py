"""What settings must be together, and those that follow from others. Values alone decide; no file is looked at."""

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from server.config.model import Settings

Found = Iterator[tuple[str, str]]
"""The path of a setting and what is wrong with it."""


def derived(settings: Settings) -> Settings:
    """With what was left empty filled in."""
    server, database, gateway = settings.server, settings.database, settings.gateway
    public_url = server.public_url.rstrip("/") or f"http://127.0.0.1:{settings.http.port}"
    return msgspec.structs.replace(
        settings,
        server=msgspec.structs.replace(server, public_url=public_url),
        database=msgspec.structs.replace(database, url=database.url or f"sqlite:///{server.data / 'yizhan.sqlite'}"),
        gateway=msgspec.structs.replace(gateway, allowed_origins=gateway.allowed_origins or (public_url,)),
    )


def problems(settings: Settings, unread: Collection[str] = ()) -> list[tuple[str, str]]:
    """A rule about a setting that could not be read is not asked: it would judge the default."""
    return [found for rule, paths in RULES.items() if not set(paths) & set(unread) for found in rule(settings)]


def _database(settings: Settings) -> Found:
    if not settings.database.url.startswith(("sqlite:///", "postgresql+asyncpg://")):
        yield "database.url", "begins with sqlite:/// or postgresql+asyncpg://"


def _public_url(settings: Settings) -> Found:
    if not _is_origin(settings.server.public_url):
        yield "server.public_url", "is an address like https://im.example.com, without a path"


def _allowed_origins(settings: Settings) -> Found:
    for origin in settings.gateway.allowed_origins:
        if not _is_origin(origin) and origin != settings.server.public_url:  # which has a rule of its own
            yield "gateway.allowed_origins", f"{origin!r} is not an origin like https://im.example.com"


def _trusted_proxies(settings: Settings) -> Found:
    for network in settings.gateway.trusted_proxies:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield "gateway.trusted_proxies", f"{network!r} is neither an address nor a network like 10.0.0.0/8"


def _tls(settings: Settings) -> Found:
    if settings.gateway.tls_certificate and not settings.gateway.tls_key:
        yield "gateway.tls_key", "is missing: gateway.tls_certificate is useless without it"
    if settings.gateway.tls_key and not settings.gateway.tls_certificate:
        yield "gateway.tls_certificate", "is missing: gateway.tls_key is useless without it"


def _outgoing(settings: Settings) -> Found:
    if settings.gateway.outgoing_total_bytes < settings.gateway.outgoing_bytes:
        yield "gateway.outgoing_total_bytes", "is less than gateway.outgoing_bytes, which one connection may take"


def _session_days(settings: Settings) -> Found:
    if settings.sessions.total_days < settings.sessions.idle_days:
        yield "sessions.total_days", "is less than sessions.idle_days, which could then never pass"


def _argon2(settings: Settings) -> Found:
    if settings.sign_in.argon2_memory_kib < 8 * settings.sign_in.argon2_parallelism:
        yield "sign_in.argon2_memory_kib", "is at least 8 for each of sign_in.argon2_parallelism"


def _smtp(settings: Settings) -> Found:
    if settings.smtp.host and not settings.smtp.sender:
        yield "smtp.sender", "is missing: mail through smtp.host needs an address that it comes from"


def _demo(settings: Settings) -> Found:
    """DESIGN 13, 'First run': its passwords are printed, so nobody from outside may try them."""
    if settings.demo.company:
        for section in ("gateway", "http"):
            host = getattr(settings, section).host
            if not is_loopback(host):
                yield "demo.company", f"is refused while {section}.host is {host}: others could sign in to the demo"


RULES: Mapping[Callable[[Settings], Found], Collection[str]] = {
    _database: ("database.url",),
    _public_url: ("server.public_url",),
    _allowed_origins: ("gateway.allowed_origins",),
    _trusted_proxies: ("gateway.trusted_proxies",),
    _tls: ("gateway.tls_certificate", "gateway.tls_key"),
    _outgoing: ("gateway.outgoing_total_bytes", "gateway.outgoing_bytes"),
    _session_days: ("sessions.total_days", "sessions.idle_days"),
    _argon2: ("sign_in.argon2_memory_kib", "sign_in.argon2_parallelism"),
    _smtp: ("smtp.host", "smtp.sender"),
    _demo: ("demo.company", "gateway.host", "http.host"),
}
"""Each with the settings that it looks at."""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    rest = (parts.path, parts.query, parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and not any(rest)
