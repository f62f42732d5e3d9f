"""Talking to a server as a member, through the SDK: coming in, with what is missing asked for where somebody can be asked.

``tail`` and ``say`` share one session for each server and number, in the user's state folder: a session may hold several connections,
so neither ends the other, whatever the company's policy for devices is.
"""

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from protocol.errors import ConversationNotFound, YizhanError
from server.cli import frame
from server.cli.advice import about
from server.cli.language import language
from server.cli.session_file import stored
from server.system_errors import REACHED, why

if TYPE_CHECKING:
    from server.cli.caller import Caller
    from yizhan import Client, Store

CONNECT_SECONDS = 15.0
PROBE_SECONDS = 5.0
LONGEST_NUMBER = 10
NO_ANSWER = ("no answer", "没有应答")
NO_NAME = ("nobody knows this host's name", "无法解析该主机名")


class NoServer(YizhanError):
    code = "cli.no_server"
    en = "no server answers at {url}: {why}"
    zh = "{url} 没有服务器应答:{why_zh}"
    advice = (
        "start it (`make run`, or `yizhan serve`), or say by --url where it is",
        "请启动服务器(`make run` 或 `yizhan serve`),或用 --url 指定其地址",
    )

    def __init__(self, url: str, why: tuple[str, str]) -> None:
        super().__init__(url=url, why=why[0], why_zh=why[1])


class NoPassword(YizhanError):
    code = "cli.no_password"
    en = "there is no password for {name}, and no session is kept"
    zh = "没有 {name} 的密码,也没有保存的会话"
    advice = (
        "give --password-file (- reads standard input), or set YIZHAN_PASSWORD, or run it in a terminal and be asked",
        "请给出 --password-file(- 表示标准输入),或设置 YIZHAN_PASSWORD,或在终端中执行并按提示输入",
    )

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


@contextlib.asynccontextmanager
async def talking(who: "Caller", store: "Store", **options: Any) -> "AsyncIterator[Client]":
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


def _client(who: "Caller", store: "Store", password: str, new: str, options: dict[str, Any]) -> "Client":
    from server.config.rules import is_loopback
    from yizhan import Client

    proxy = None if is_loopback(urlsplit(who.url).hostname or "") else True
    name = socket.gethostname()[:50]
    settings: dict[str, Any] = {"store": store, "device_class": "terminal", "device_name": name, "timeout": CONNECT_SECONDS, "proxy": proxy}
    settings["language"] = language()
    return Client(who.url, name=who.name, password=password, new_password=new, **settings, **options)


async def _entered(stack: contextlib.AsyncExitStack, client: "Client", who: "Caller") -> "Client":
    try:
        return await stack.enter_async_context(client)
    except TimeoutError as error:
        raise NoServer(who.url, (str(error), str(error)) if str(error) else NO_ANSWER) from None


async def probe(url: str) -> None:
    """Whether somebody listens there at all, so that nobody waits for a server that is not running. Raises: NoServer."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port), PROBE_SECONDS)
    except TimeoutError:
        raise NoServer(url, NO_ANSWER) from None
    except socket.gaierror:
        raise NoServer(url, NO_NAME) from None
    except OSError as error:
        raise NoServer(url, why(error.errno, REACHED) if error.errno in errno.errorcode else NO_ANSWER) from None
    writer.close()


def _ask_password(who: "Caller") -> str:
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
    raise about(ConversationNotFound(), named)
