"""What `serve` with the demo company and `demo` print: where the server is, who can sign in, what to try next."""

import ipaddress
import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.cli import frame

if TYPE_CHECKING:
    from server.config.model import Settings
    from server.demo.kept import Kept

SHOWN = 4


def address(settings: "Settings", port: int | None = None) -> str:
    """Where clients on this machine reach the door; ``port`` where it is another than that of the settings."""
    chosen = settings.gateway
    scheme = "wss" if chosen.tls_certificate else "ws"
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    if _is_any(chosen.host):
        host = "127.0.0.1"
    return f"{scheme}://{host}:{chosen.port if port is None else port}/ws"


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def greet(settings: "Settings", port: int) -> None:
    """After a start with the demo company."""
    from server.demo.kept import load

    url = address(settings, port)
    frame.say("")
    _table("Yizhan 驿站", [("chat", url), ("data", str(settings.server.data)), ("stop", f"Ctrl-C; it is process {os.getpid()}")])
    introduce(load(settings.server.data), "" if url == _expected() else f" --url {url}", before=_data_folder())


def introduce(kept: "Kept | None", where: str = "", before: str = "") -> None:
    """Who can sign in to the demo company, and what to try in another shell.

    ``where`` is what the commands need to find the server, ``before`` what they need to find its data folder.
    """
    if kept is None or not kept.logins:
        frame.say("the demo company's passwords are not kept here any more: yizhan member reset-password 10001 draws a new one")
        return
    frame.say("")
    logins = kept.logins[:SHOWN]
    rows = ((one.number, one.name, one.password, one.role.replace("_", " ")) for one in logins)
    _table("demo logins", [("number", "name", "password", "role"), *rows])
    frame.say(frame.dim(f"and {len(kept.logins) - SHOWN} more: ./yizhan member list; these commands know their passwords"))
    frame.say("")
    one, other = logins[0].number, logins[1].number
    _table(
        "try next, in other shells",
        [
            (f"{before}./yizhan tail --as {one}{where}", f"what {logins[0].name} is told, as it happens"),
            (f'{before}./yizhan say --as {other} --to {one} "你好"{where}', "somebody writes"),
            (f'{before}./yizhan say --as {logins[2].number} --to {one} "Hello!"{where}', "and another"),
            (f"{before}./yizhan check", "is all well?"),
        ],
    )
    frame.say("")


def _data_folder() -> str:
    """Said by the environment, which another shell may not have."""
    said = os.environ.get("YIZHAN_SERVER__DATA", "")
    return f"YIZHAN_SERVER__DATA={shlex.quote(said)} " if said else ""


def _expected() -> str:
    """Where `say` and `tail` look when they are told nothing."""
    from protocol.errors import YizhanError
    from server.config import load

    try:
        return address(load(environment=os.environ).settings)
    except YizhanError:
        return ""


def _table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Framed in a terminal, plain elsewhere. Chinese is two columns wide."""
    if not frame.coloured():
        _plain(title, rows)
        return
    from rich.box import ROUNDED
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=ROUNDED, border_style="dim")
    for number in range(len(rows[0])):
        table.add_column(style="cyan" if not number else "", no_wrap=not number)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def _plain(title: str, rows: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    frame.say(title)
    for row in rows:
        padded = (word + " " * (width - cell_len(word)) for word, width in zip(row, widths, strict=True))
        frame.say("  " + "  ".join(padded).rstrip())
