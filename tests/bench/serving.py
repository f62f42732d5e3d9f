"""A server process for one run: ``yizhan serve`` on one core, its limits in force, its rates raised by setting."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.database import ROOT

RAISED = {f"YIZHAN_GATEWAY__{name}": "1000000" for name in ("SEND_PER_SECOND", "SEND_BURST", "COMMANDS_PER_SECOND", "COMMANDS_BURST")}
STARTING_SECONDS = 30


@dataclass(frozen=True)
class Server:
    pid: int
    port: int


@contextlib.contextmanager
def served(folder: Path, url: str, core: int | None, settings: dict[str, str], wrapper: Sequence[str] = ()) -> Iterator[Server]:
    """Its log is ``server.log`` in ``folder``. ``wrapper`` stands in place of ``-m server`` where it is profiled."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
    environment |= {"YIZHAN_SERVER__DATA": str(folder), "YIZHAN_DATABASE__URL": url, **RAISED, **settings}
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, *(wrapper or ("-m", "server")), "serve", "--port", "0"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    try:
        yield Server(process.pid, _port(process, folder))
    finally:
        _stop(process)


def _port(process: "subprocess.Popen[bytes]", folder: Path) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"chat ws"):
            return int(line.rsplit(b":", 1)[1].split(b"/")[0])
    raise RuntimeError(f"the server did not start: {(folder / 'server.log').read_text(errors='replace')[-2000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()
