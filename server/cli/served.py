"""Whether a server runs on an SQLite database: it holds the lock file for as long as it lives."""

import fcntl
from pathlib import Path

from protocol.errors import YizhanError
from storage.engine import sqlite_path


class ServerRuns(YizhanError):
    code = "cli.server_runs"
    en = "a server runs on {path}"
    zh = "有服务器正在使用 {path}"
    advice = ("end that server first, then run it again", "请先结束该服务器,再重新执行")

    def __init__(self, path: str) -> None:
        super().__init__(path=path)


def check_not_served(url: str) -> None:
    """Raises: ServerRuns. Of PostgreSQL nothing is known: there may be several."""
    if url.startswith("sqlite") and is_served(url):
        raise ServerRuns(str(sqlite_path(url)))


def is_served(url: str) -> bool:
    try:
        with Path(f"{sqlite_path(url)}.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False
