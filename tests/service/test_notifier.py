"""Notices by mail, over a mail server that speaks SMTP for real; and what becomes of them when it does not take them (SPEC D1)."""

import asyncio
import contextlib
import datetime
import email
import email.policy
import io
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.clock import ManualClock
from server.config.model import Log as LogSettings
from server.config.model import Smtp
from server.logs import configure
from server.notifier.base import Notice, Notifier, NotSent
from server.notifier.log import LogNotifier
from server.notifier.memory import MemoryNotifier
from server.notifier.smtp import SmtpNotifier

CODE = Notice(to="li.na@example.com", subject="验证码", text="您的验证码是 493817\n")


class MailServer:
    """Takes mail as RFC 5321 says; ``refuses`` is the command that it does not like, ``silent`` says nothing at all."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, refuses: str = "", silent: bool = False) -> None:
        self.taken: list[EmailMessage] = []
        self.commands: list[str] = []
        self._tls = tls
        self._refuses = refuses
        self._silent = silent
        self._writers: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for writer in self._writers:
                writer.close()
            await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await self._conversation(reader, writer)
        writer.close()

    async def _conversation(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._silent:
            await reader.read()
            return
        secure = False
        writer.write(b"220 mail\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            self.commands.append(word)
            if word == self._refuses:
                writer.write(b"550 we know 493817\r\n")
            elif word == "EHLO":
                offered = "STARTTLS" if self._tls and not secure else "AUTH PLAIN"
                writer.write(f"250-mail\r\n250 {offered}\r\n".encode())
            elif word == "STARTTLS" and self._tls:
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self._tls)
                secure = True
            elif word == "AUTH":
                writer.write(b"235 welcome\r\n")
            elif word == "DATA":
                writer.write(b"354 go on\r\n")
                await self._take(reader)
                writer.write(b"250 taken\r\n")
            elif word == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 fine\r\n")

    async def _take(self, reader: asyncio.StreamReader) -> None:
        raw = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
        self.taken.append(cast(EmailMessage, email.message_from_bytes(raw, policy=cast(Any, email.policy.default))))


async def _send(server: MailServer, notice: Notice = CODE, trust: ssl.SSLContext | None = None, **settings: Any) -> None:
    async with server.listening() as port:
        given = {"host": "localhost", "port": port, "sender": "Yizhan <im@example.com>", "timeout_seconds": 5.0, **settings}
        notifier = SmtpNotifier(Smtp(**given), ManualClock(), trust)
        try:
            await notifier.send(notice)
        finally:
            notifier.close()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server named localhost, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    since = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, since, since.replace(year=2090))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "mail.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_a_notice_arrives_as_a_mail_with_chinese_text() -> None:
    server = MailServer()
    await _send(server, security="none")
    (mail,) = server.taken
    assert (mail["To"], mail["From"], mail["Subject"]) == ("li.na@example.com", "Yizhan <im@example.com>", "验证码")
    assert mail.get_content().splitlines() == CODE.text.splitlines()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Thu, 01 Jan 2026 00:00:00 -0000"
    assert mail["Message-ID"].endswith("@example.com>")


async def test_with_starttls_name_and_password_go_over_tls(tmp_path: Path) -> None:
    tls, trust = _certificate(tmp_path)
    server = MailServer(tls=tls)
    await _send(server, trust=trust, security="starttls", login="im", password="secret")
    assert len(server.taken) == 1
    assert server.commands.index("STARTTLS") < server.commands.index("AUTH")


async def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    server = MailServer()
    with pytest.raises(NotSent, match="NotSupported"):
        await _send(server, security="starttls", login="im", password="secret")
    assert server.taken == []
    assert "AUTH" not in server.commands


async def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    server = MailServer(tls=_certificate(tmp_path)[0])
    with pytest.raises(NotSent, match="CertVerification"):
        await _send(server, security="starttls")
    assert server.taken == []


@pytest.mark.parametrize("refuses", ["MAIL", "RCPT", "DATA"])
async def test_a_refused_mail_is_an_error_that_does_not_quote_it(refuses: str) -> None:
    with pytest.raises(NotSent) as refused:
        await _send(MailServer(refuses=refuses), security="none")
    assert "493817" not in refused.value.text() + repr(refused.value.__cause__)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with pytest.raises(NotSent, match="Disconnected"):
        await _send(MailServer(silent=True), security="none", timeout_seconds=0.2)


async def test_a_server_that_is_not_there_is_an_error() -> None:
    notifier = SmtpNotifier(Smtp(host="localhost", port=1, sender="im@example.com", security="tls"), ManualClock())
    with pytest.raises(NotSent, match="ConnectionRefused"):
        await notifier.send(CODE)
    notifier.close()


async def test_a_subject_cannot_add_headers() -> None:
    server = MailServer()
    with pytest.raises(NotSent, match="ValueError"):
        await _send(server, Notice(to="li.na@example.com", subject="Hello\r\nBcc: all@example.com", text=""), security="none")
    assert server.taken == []


async def test_in_a_demo_the_code_stands_in_the_log() -> None:
    lines = io.StringIO()
    configure(LogSettings(format="json"), ManualClock(), lines)
    await LogNotifier().send(CODE)
    structlog.reset_defaults()
    assert "493817" in lines.getvalue()
    assert "li.na@example.com" in lines.getvalue()


async def test_in_memory_a_notice_is_kept() -> None:
    kept = MemoryNotifier()
    notifier: Notifier = kept
    await notifier.send(CODE)
    assert kept.sent == [CODE]


def test_a_notice_does_not_show_its_code_by_accident() -> None:
    assert repr(CODE) == "<Notice>"
