"""Talking to a server as a member, through the SDK: where it is, who one is, and the session that is kept between runs.

``tail`` and ``say`` share one session for each server and number, in the user's state folder: a session may hold several connections,
so neither ends the other, whatever the company's policy for devices is.
"""

import asyncio
import contextlib
import fcntl
import ipaddress
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from protocol.errors import ConversationNotFound, YizhanError
from server.cli import frame

if TYPE_CHECKING:
    from server.config.model import Settings
    from yizhan import Client, State, Store

CONNECT_SECONDS = 15.0
PROBE_SECONDS = 5.0
LONGEST_NUMBER = 10
As = Annotated[str, typer.Option("--as", metavar="NUMBER", help="The account number, or another login name, of the member.")]
Url = Annotated[
    str, typer.Option(metavar="URL", help="The server's door, such as wss://im.example.com/ws.", show_default="as in the settings")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="A file with the password. Else YIZHAN_PASSWORD, or a prompt; the demo's are known."),
]
NewPasswordFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="A file with the password to choose in place of a first one.")
]


class NoServer(YizhanError):
    code = "cli.no_server"
    en = "no server answers at {url}: {why}"
    zh = "{url} 没有服务器应答:{why}"
    advice = "start it (`make run`, or `yizhan serve`), or say by --url where it is"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url=url, why=why)


class AddressInvalid(YizhanError):
    code = "cli.address_invalid"
    en = "{url} is not the address of a server's door"
    zh = "{url} 不是有效的服务器地址"
    advice = "it looks like wss://im.example.com/ws, or ws://127.0.0.1:8800/ws on this machine"

    def __init__(self, url: str) -> None:
        super().__init__(url=url)


class NoPassword(YizhanError):
    code = "cli.no_password"
    en = "there is no password for {name}, and no session is kept"
    zh = "没有 {name} 的密码,也没有保存的会话"
    advice = "give --password-file, or set YIZHAN_PASSWORD, or run it in a terminal and be asked"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class StateUnreadable(YizhanError):
    code = "cli.state_unreadable"
    en = "{path} is not a state of ours"
    zh = "{path} 不是有效的状态文件"

    def __init__(self, path: Path) -> None:
        super().__init__(path=str(path))
        self.advice = f"remove it (then everything is told anew): rm '{path}'"


class AlreadyTailed(YizhanError):
    code = "cli.already_tailed"
    en = "another tail of {name} runs already"
    zh = "已有另一个进程正在显示 {name} 的消息"
    advice = "end that one first; two would share one memory of what was shown"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


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
    """Raises: AddressInvalid, SettingsInvalid."""
    from server.cli.greeting import address

    settings = frame.settings(ctx, config).settings
    where = url or address(settings)
    parts = urlsplit(where)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise AddressInvalid(where)
    password = _read(password_file) or os.environ.get("YIZHAN_PASSWORD", "") or _of_the_demo(settings, parts.hostname, name)
    return Caller(where, name, password, _read(new_file))


def _read(file: Path | None) -> str:
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file else ""


def _of_the_demo(settings: "Settings", host: str, name: str) -> str:
    """Only for a server on this machine: the demo listens nowhere else."""
    from server.demo.kept import load

    if not is_loopback(host):
        return ""
    try:
        kept = load(settings.server.data)
    except PermissionError:
        return ""
    return kept.password_of(name) if kept else ""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ---- the session that is kept


class Shared:
    """A store for who only says something: it uses the session of the file, and keeps a new one there, but moves no cursor.

    While a tail runs the file is that one's, and nothing is written.
    """

    def __init__(self, path: Path, *, may_write: bool) -> None:
        self._path = path
        self._may_write = may_write
        self._there: State | None = None

    def load(self) -> "State | None":
        import msgspec

        from yizhan import State

        self._there = there = stored(self._path)
        return there and msgspec.structs.replace(State(), login=there.login, device=there.device, session=there.session)

    def save(self, state: "State") -> None:
        import msgspec

        from yizhan import FileStore, State

        there = self._there or State()
        kept = msgspec.structs.replace(there, login=state.login, device=state.device, session=state.session)
        if self._may_write and kept != self._there:
            self._there = kept
            FileStore(self._path).save(kept)


def stored(path: Path) -> "State | None":
    """Raises: StateUnreadable."""
    import msgspec

    from yizhan import FileStore

    try:
        return FileStore(path).load()
    except msgspec.MsgspecError:
        raise StateUnreadable(path) from None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether the state file is ours for as long as the block lasts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


# ---- the connection


@contextlib.asynccontextmanager
async def talking(who: Caller, store: "Store", **options: Any) -> "AsyncIterator[Client]":
    """A client that is live. Asks for what is missing where somebody can be asked.

    Raises: NoServer, NoPassword, and what the SDK raises.
    """
    from yizhan import PasswordChangeRequired

    await probe(who.url)
    password, new = who.password or _ask_password(who), who.new_password
    client = _client(who, store, password, new, options)
    async with contextlib.AsyncExitStack() as stack:
        try:
            live = await _entered(stack, client, who)
        except PasswordChangeRequired:
            new = new or _ask_new_password()
            if not new:
                raise
            live = await _entered(stack, _client(who, store, password or _ask(f"first password of {who.name}: "), new, options), who)
        yield live


def _client(who: Caller, store: "Store", password: str, new: str, options: dict[str, Any]) -> "Client":
    from yizhan import Client

    proxy = None if is_loopback(urlsplit(who.url).hostname or "") else True
    name = socket.gethostname()[:50]
    settings: dict[str, Any] = {"store": store, "device_class": "terminal", "device_name": name, "timeout": CONNECT_SECONDS, "proxy": proxy}
    return Client(who.url, name=who.name, password=password, new_password=new, **settings, **options)


async def _entered(stack: contextlib.AsyncExitStack, client: "Client", who: Caller) -> "Client":
    try:
        return await stack.enter_async_context(client)
    except TimeoutError as error:
        raise NoServer(who.url, str(error)) from None


async def probe(url: str) -> None:
    """Whether somebody listens there at all, so that nobody waits for a server that is not running. Raises: NoServer."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port), PROBE_SECONDS)
    except TimeoutError:
        raise NoServer(url, "no answer") from None
    except OSError as error:
        raise NoServer(url, os.strerror(error.errno) if error.errno else str(error)) from None
    writer.close()


def _ask_password(who: Caller) -> str:
    """Only where no session is kept. Raises: NoPassword where nobody can be asked."""
    there = stored(who.state)
    if there is not None and there.session is not None:
        return ""
    if not sys.stdin.isatty():
        raise NoPassword(who.name)
    return _ask(f"password of {who.name}: ")


def _ask_new_password() -> str:
    """Empty where nobody can be asked, or what was typed twice was not the same."""
    if not sys.stdin.isatty():
        return ""
    frame.tell("this is a first password: choose one of your own, of at least 8 characters")
    new = _ask("new password: ")
    return new if new == _ask("once more: ") else ""


def _ask(prompt: str) -> str:
    import getpass

    return getpass.getpass(prompt, stream=sys.stderr)


async def conversation(client: "Client", named: str) -> str:
    """The conversation's id: ``named`` is an account number, an id, or the name of one of one's own groups.

    Raises: ConversationNotFound; Refused where nobody has the number.
    """
    for one in client.known.values():
        if named in (one.conversation, one.name):
            return one.conversation
    if named.isdecimal() and len(named) <= LONGEST_NUMBER:
        return (await client.open_direct(number=named)).conversation
    raise ConversationNotFound
