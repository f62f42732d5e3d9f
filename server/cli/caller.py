"""Who talks to which server: the options of ``say`` and ``tail``, where a password comes from, and where the state lies."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from protocol.errors import YizhanError
from server.cli import frame, misuse

if TYPE_CHECKING:
    from server.config.model import Settings

As = Annotated[str, typer.Option("--as", metavar="NUMBER", help="The account number, or another login name, of the member.")]
Url = Annotated[
    str, typer.Option(metavar="URL", help="The server's door, such as wss://im.example.com/ws.", show_default="as in the settings")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        allow_dash=True,
        help="A file with the password, - for standard input. Else YIZHAN_PASSWORD, or a prompt; the demo's are known.",
    ),
]
NewPasswordFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, allow_dash=True, help="A file with the password to choose in place of a first one, or -."),
]


STANDARD_INPUT = Path("-")


class AddressInvalid(YizhanError):
    code = "cli.address_invalid"
    en = "{url} is not the address of a server's door"
    zh = "{url} 不是有效的服务器地址"
    advice = (
        "it looks like wss://im.example.com/ws, or ws://127.0.0.1:8800/ws on this machine",
        "形如 wss://im.example.com/ws,本机则为 ws://127.0.0.1:8800/ws",
    )

    def __init__(self, url: str) -> None:
        super().__init__(url=url)


@dataclass(frozen=True)
class Caller:
    """Who talks to which server. ``password`` may be empty where a session is kept."""

    url: str
    name: str
    password: str
    new_password: str

    @property
    def state(self) -> Path:
        """The file with the session and how far one got."""
        where = re.sub(r"[^0-9A-Za-z.-]+", "_", urlsplit(self.url).netloc)
        return state_folder() / f"{where}-{re.sub(r'[^0-9A-Za-z@.-]+', '_', self.name)}.json"


def state_folder() -> Path:
    """Where programs of this user keep what they remember (XDG base directories)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "yizhan"


def caller(ctx: typer.Context, config: Path | None, *, name: str, url: str, password_file: Path | None, new_file: Path | None) -> Caller:
    """Raises: AddressInvalid, SettingsInvalid, NotText, OnlyOneOf."""
    from server.cli.greeting import address

    settings = frame.settings(ctx, config).settings
    where = url or address(settings)
    parts = urlsplit(where)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise AddressInvalid(where)
    if password_file is not None and password_file == new_file == STANDARD_INPUT:
        raise misuse.OnlyOneOf("--password-file -", "--new-password-file -")
    password = (
        _read(password_file, "--password-file") or os.environ.get("YIZHAN_PASSWORD", "") or _of_the_demo(settings, parts.hostname, name)
    )
    return Caller(where, name, password, _read(new_file, "--new-password-file"))


def _read(file: Path | None, option: str) -> str:
    return frame.read_text(file, option).rstrip("\r\n") if file else ""


def _of_the_demo(settings: "Settings", host: str, name: str) -> str:
    """Only for a server on this machine: the demo listens nowhere else."""
    from server.config.rules import is_loopback
    from server.demo.kept import load

    if not is_loopback(host):
        return ""
    try:
        kept = load(settings.server.data)
    except PermissionError:
        return ""
    return kept.password_of(name) if kept else ""
