"""Whom a connection comes from, when proxies stand between: what a client writes itself counts for nothing."""

from ipaddress import ip_network

import pytest

from server.gateway.handshake import USER_AGENT_CHARACTERS, Rules, address_of, admit

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: the header is a claim
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.7", "198.51.100.7"),  # the first was written by the client
        ("10.0.0.1", "192.0.2.1, 198.51.100.7, 10.9.9.9", "198.51.100.7"),  # two proxies
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "<script>, 198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:DB8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:203.0.113.9", "198.51.100.7", "203.0.113.9"),
    ],
)
def test_the_address_is_the_nearest_that_is_no_proxy_of_ours(peer: str, forwarded: str, address: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == address


def test_a_peer_without_an_address_is_named_as_it_is() -> None:
    assert address_of("/run/yizhan.socket", "198.51.100.7", PROXIES) == "/run/yizhan.socket"


def test_a_user_agent_is_kept_no_longer_than_is_shown() -> None:
    handshake, subprotocol = admit(
        Rules(), peer="127.0.0.1", path="/ws", host="localhost", offered=["yizhan.v1.json"], headers={"user-agent": "x" * 9999}
    )
    assert subprotocol == "yizhan.v1.json"
    assert handshake.user_agent == "x" * USER_AGENT_CHARACTERS
