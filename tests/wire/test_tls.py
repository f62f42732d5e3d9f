"""The door with a certificate of its own, for who has no proxy in front of it."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.house import PASSWORD, open_house
from yizhan.client import Client


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return public, private


async def test_two_people_talk_over_tls(fresh_sqlite: str, tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(public))
    async with open_house(fresh_sqlite, tmp_path, tls_certificate=public, tls_key=private) as house:
        url = house.url.replace("ws://", "wss://")
        async with Client(url, name=house.people["Li Na"].number, password=PASSWORD, tls=trusting) as lina:
            talk = await lina.open_direct(number=house.people["Wang"].number)
            sent = await lina.send(talk.conversation, text="x" * 16_000)
    assert sent.seq == 1


async def test_a_stranger_s_certificate_is_not_believed(fresh_sqlite: str, tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    async with open_house(fresh_sqlite, tmp_path, tls_certificate=public, tls_key=private) as house:
        url = house.url.replace("ws://", "wss://")
        with pytest.raises((TimeoutError, ssl.SSLError)):
            async with Client(url, name=house.people["Li Na"].number, password=PASSWORD, tls=ssl.create_default_context(), timeout=2):
                pass
