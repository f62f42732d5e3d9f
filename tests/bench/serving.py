"""A server process for one run: ``yizhan serve`` on one core, its limits in force, its rates raised by setting."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.machine import ROOT

RAISED = {f"YIZHAN_GATEWAY__{name}": "1000000" for name in ("SEND_PER_SECOND", "SEND_BURST", "COMMANDS_PER_SECOND", "COMMANDS_BURST")}
STOPPING_SECONDS = 30


class Server:
    """A running one; ``restart`` begins another process on the same port, over the same database."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._command = command
        self._environment = environment
        self.port = 0
        self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> None:
        command = [*self._command, "serve", "--port", str(self.port)]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        self.port = self._listening()

    def _listening(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(b"chat ws"):
                return int(line.rsplit(b":", 1)[1].split(b"/")[0])
        raise RuntimeError(f"the server did not start: {(self._folder / 'server.log').read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """As a crash does."""
        self._process.kill()
        self._ended()

    def restart(self) -> None:
        """After ``kill`` or ``stop``; it listens when this returns."""
        self._start()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._ended()

    def _ended(self) -> None:
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextlib.contextmanager
def served(folder: Path, url: str, core: int | None, settings: dict[str, str], wrapper: Sequence[str] = ()) -> Iterator[Server]:
    """Its log is ``server.log`` in ``folder``. ``wrapper`` stands in place of ``-m server`` where it is profiled."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, *(wrapper or ("-m", "server"))]
    server = Server(folder, command, environment(folder, url) | RAISED | settings)
    try:
        yield server
    finally:
        server.stop()


def environment(folder: Path, url: str) -> dict[str, str]:
    """Of a process over this database: no settings but the run's, and its modules stay compiled, as after `make run`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YIZHAN_", "PYTHONDONTWRITEBYTECODE"))}
    return kept | {"YIZHAN_SERVER__DATA": str(folder), "YIZHAN_DATABASE__URL": url}
