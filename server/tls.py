"""The door's certificate with its chain, and its key: read from PEM files, for serving (DESIGN 3) and for being judged by `check`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from protocol.errors import YizhanError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


class TlsFileUnusable(YizhanError):
    code = "server.tls_file_unusable"
    en = "{path} cannot be used: {why}"
    zh = "无法使用 {path}:{why}"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path=str(path), why=why)
        self.path = str(path)
        self.why = why


class TlsKeyDoesNotFit(YizhanError):
    code = "server.tls_key_does_not_fit"
    en = "{key} is not the key of the first certificate in {certificate}"
    zh = "{key} 不是 {certificate} 中第一张证书的私钥"

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(certificate=str(certificate), key=str(key))


class Files(NamedTuple):
    """``chain``: the server's own certificate, then that of its issuer, and so on; the root may be left out."""

    chain: "list[Certificate]"
    key: Any

    @property
    def fits(self) -> bool:
        """Whether the key is that of the server's own certificate."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return bool(self.chain[0].public_key().public_bytes(*form) == self.key.public_key().public_bytes(*form))

    @property
    def is_in_order(self) -> bool:
        """Whether each certificate is followed by that of its issuer."""
        return all(one.issuer == issuer.subject for one, issuer in zip(self.chain, self.chain[1:], strict=False))


def read(certificate: Path, key: Path) -> Files:
    """Raises: TlsFileUnusable."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    contents = {path: _content(path) for path in (certificate, key)}
    try:
        chain = load_pem_x509_certificates(contents[certificate])
    except ValueError:
        raise TlsFileUnusable(certificate, "there is no certificate in it") from None
    try:
        return Files(chain, load_pem_private_key(contents[key], password=None))
    except (ValueError, TypeError):
        raise TlsFileUnusable(key, "there is no key in it, or it has a password") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failed:
        raise TlsFileUnusable(path, failed.strerror or str(failed)) from None


def context(certificate: Path, key: Path) -> Any:
    """What Twisted's endpoint takes: the whole chain is sent, TLS 1.2 or newer is spoken. Raises: TlsFileUnusable, TlsKeyDoesNotFit."""
    from twisted.internet.ssl import CertificateOptions, TLSVersion  # brings pyOpenSSL, which few need: TLS is mostly the proxy's

    files = read(certificate, key)
    if not files.fits:
        raise TlsKeyDoesNotFit(certificate, key)
    own, *issuers = cast(list[Any], files.chain)  # Twisted's types name pyOpenSSL's own, whose days are over
    options: Any = CertificateOptions(files.key, own, extraCertChain=issuers, insecurelyLowerMinimumTo=TLSVersion.TLSv1_2)
    options.getContext()  # what OpenSSL does not like is said at the start, not to the first who connects
    return options
