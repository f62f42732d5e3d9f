"""Migrations that end in the midst: by an exception, or by kill -9 of their process.

``python -m tests.support.killed_migrations URL STEP`` kills one process at each STEPth statement of what a ``migrate`` of the database
does, and prints how many it killed. Each begins with what the one before it left; the last one, which nobody kills, comes to its end.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from storage.migrate import migrate


class Broken(Exception):
    """What a test lets a migration fail with."""


@contextlib.contextmanager
def at_statement(number: int, act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` before the statement ``number``, the first is 1, that any connection executes."""
    count = 0

    def before(*_: object) -> None:
        nonlocal count
        count += 1
        if count == number:
            act()

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", before)


def _break() -> None:
    raise Broken


async def broken_at_each(step: int, url: str) -> int:
    """As the command above, in this process and by an exception; how many failed."""
    for failed in itertools.count():
        with at_statement(1 + failed * step, _break):
            try:
                await migrate(url)
            except Broken:
                continue
            return failed
    raise AssertionError


def _is_killed_at(url: str, number: int) -> bool:
    """Migrate in a process that kills itself before its statement ``number``; False where there is none."""
    child = os.fork()
    if not child:
        with at_statement(number, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            asyncio.run(migrate(url))
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, -signal.SIGKILL):
        sys.exit(f"the migration failed with none to kill it before statement {number}")
    return code != 0


def main(url: str, step: int) -> None:
    killed = 0
    while _is_killed_at(url, 1 + killed * step):
        killed += 1
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
