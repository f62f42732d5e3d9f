"""Mail by SMTP, from a thread of its own: smtplib waits without holding anybody up, each of its steps with a time-out (DESIGN 2).

What the mail says is decided elsewhere. Without TLS where it was asked for, nothing is sent.
"""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from server.clock import Clock
from server.config.model import Smtp
from server.notifier.base import Notice, NotSent


class SmtpNotifier:
    """``trust`` says which certificates count; the system's by default."""

    def __init__(self, settings: Smtp, clock: Clock, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._trust = trust or ssl.create_default_context()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smtp")

    def close(self) -> None:
        """Drops what waits; a mail that is being handed over is waited for."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def send(self, notice: Notice) -> None:
        """Raises: NotSent."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._send, notice)

    def _send(self, notice: Notice) -> None:
        try:
            with self._connect() as server:
                if self._settings.security == "starttls":
                    server.starttls(context=self._trust)
                if self._settings.login:
                    server.login(self._settings.login, self._settings.password)
                server.send_message(self._mail(notice))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(_why(error)) from None  # the cause may quote what was sent

    def _connect(self) -> smtplib.SMTP:
        host, port, timeout = self._settings.host, self._settings.port, self._settings.timeout_seconds
        if self._settings.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._trust)
        return smtplib.SMTP(host, port, timeout=timeout)

    def _mail(self, notice: Notice) -> EmailMessage:
        """Raises: ValueError where an address or the subject would break out of its header."""
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = notice.to
        mail["Subject"] = notice.subject
        mail["Date"] = formatdate(self._clock.now() / 1000)
        mail["Message-ID"] = make_msgid(domain=parseaddr(self._settings.sender)[1].rpartition("@")[2] or None)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers to us
        mail.set_content(notice.text)
        return mail


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
