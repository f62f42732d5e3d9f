"""The door with a certificate of its own, for who has no proxy in front of it."""

import asyncio
import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.tls import TlsFileUnusable, TlsKeyDoesNotFit
from tests.support.house import PASSWORD, House, open_house
from yizhan.client import Client

NOW = datetime.datetime.now(datetime.UTC)
Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def made(name: str, issuer: Made | None = None, *, is_authority: bool = True) -> Made:
    """A certificate and its key; without an issuer it signs itself."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def keep(folder: Path, *chain: Made) -> tuple[Path, Path]:
    """The files of the chain and of the first one's key."""
    public, private = folder / f"{len(chain)}.pem", folder / f"{len(chain)}.key.pem"
    public.write_bytes(b"".join([one.public_bytes(serialization.Encoding.PEM) for one, _ in chain]))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(chain[0][1].private_bytes(*form))
    return public, private


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    return keep(folder, made("127.0.0.1"))


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


async def handshake(house: House, trusting: ssl.SSLContext) -> str:
    """The version of TLS that is spoken."""
    _, writer = await asyncio.open_connection("127.0.0.1", house.running.gateway_port, ssl=trusting)
    version: str = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    return version


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_the_whole_chain_is_sent_and_nothing_older_than_tls_1_2_is_spoken(fresh_sqlite: str, tmp_path: Path) -> None:
    """As an authority gives it: a fullchain.pem whose root alone the clients know."""
    root = made("root")
    middle = made("middle", root)
    leaf = made("127.0.0.1", middle, is_authority=False)
    known, _ = keep(tmp_path, root)
    public, private = keep(tmp_path, leaf, middle)
    trusting, old = (ssl.create_default_context(cafile=str(known)) for _ in range(2))
    trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with open_house(fresh_sqlite, tmp_path, tls_certificate=public, tls_key=private) as house:
        assert await handshake(house, ssl.create_default_context(cafile=str(known))) == "TLSv1.3"
        assert await handshake(house, trusting) == "TLSv1.2"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await handshake(house, old)


async def test_files_that_do_not_belong_together_are_named_at_the_start(fresh_sqlite: str, tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    other = tmp_path / "other.pem"
    other.write_bytes(keep(tmp_path, made("other"), made("more"))[1].read_bytes())
    password = tmp_path / "password.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret"))
    password.write_bytes(made("127.0.0.1")[1].private_bytes(*form))
    for files, words in (
        ((public, other), "other.pem is not the key of the first certificate in"),
        ((public, password), "password.pem cannot be used: there is no key in it, or it has a password"),
        ((private, private), "there is no certificate in it"),
        ((public, tmp_path / "gone.pem"), "gone.pem cannot be used: No such file"),
    ):
        with pytest.raises((TlsKeyDoesNotFit, TlsFileUnusable), match=words):
            async with open_house(fresh_sqlite, tmp_path, tls_certificate=files[0], tls_key=files[1]):
                pass
