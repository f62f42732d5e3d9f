"""Who may come in by the door: path, Host, Origin and subprotocol of a handshake, and the address it truly comes from.

It decides from values alone. The HTTP around it is Autobahn's; who the person is, is asked behind the door.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PATH = "/ws"
SUBPROTOCOLS = {"yizhan.v1.msgpack": True, "yizhan.v1.json": False}  # name -> whether its frames are binary
USER_AGENT_CHARACTERS = 256  # it is kept with the session and shown there

Network = IPv4Network | IPv6Network


class HandshakeRefused(Exception):
    """What the client is told: an HTTP status, and a sentence as the body."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Handshake:
    """What is known of a connection when it opens. ``origin`` is None for who is no browser."""

    address: str
    binary: bool
    origin: str | None
    user_agent: str | None


@dataclass(frozen=True)
class Rules:
    """``hosts`` None: any. ``subprotocol_required`` False: a client that offers none speaks text, for conformance tests."""

    allowed_origins: Collection[str] = ()
    hosts: Collection[str] | None = None
    trusted_proxies: Sequence[Network] = ()
    subprotocol_required: bool = True


def admit(
    rules: Rules, *, peer: str, path: str, host: str, offered: Sequence[str], headers: Mapping[str, str]
) -> tuple[Handshake, str | None]:
    """The handshake and the subprotocol chosen: the first offered one that we know.

    ``host`` is without its port; the names of ``headers`` are in lower case.

    Raises: HandshakeRefused.
    """
    if path != PATH:
        raise HandshakeRefused(HTTPStatus.NOT_FOUND, f"the chat socket is at {PATH}")
    if rules.hosts is not None and host.lower() not in rules.hosts:
        raise HandshakeRefused(HTTPStatus.MISDIRECTED_REQUEST, "this server is not known by the name in the Host header")
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in rules.allowed_origins:
        raise HandshakeRefused(HTTPStatus.FORBIDDEN, "pages of this origin may not connect")
    subprotocol = next((name for name in offered if name in SUBPROTOCOLS), None)
    if subprotocol is None and (offered or rules.subprotocol_required):
        raise HandshakeRefused(HTTPStatus.BAD_REQUEST, f"Sec-WebSocket-Protocol must offer one of: {', '.join(SUBPROTOCOLS)}")
    user_agent = headers.get("user-agent")
    return (
        Handshake(
            address=address_of(peer, headers.get("x-forwarded-for", ""), rules.trusted_proxies),
            binary=subprotocol is not None and SUBPROTOCOLS[subprotocol],
            origin=origin,
            user_agent=user_agent and user_agent[:USER_AGENT_CHARACTERS],
        ),
        subprotocol,
    )


def address_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address nearest to us that is not of a proxy we trust (X-Forwarded-For is read from its end, by our proxies written).

    Whatever a client put into the header lies before that, and counts for nothing. What is no address ends the walk.
    """
    nearest = _address(peer)
    for hop in reversed(forwarded.split(",")):
        if nearest is None or not _is_in(nearest, trusted):
            break
        behind = _address(hop.strip())
        if behind is None:
            break
        nearest = behind
    return peer if nearest is None else str(nearest)


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
