"""Starting a worker process, hearing of its progress, and ending it when it takes too long (DESIGN 2).

It is waited for in a thread, on whatever loop: the thread sleeps in a read. The task goes in by a pipe, for the database's address may
hold a password; the workbook and the answer by files in a folder that nobody else can read.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from protocol.errors import YizhanError
from server.rosters.errors import WorkTooLong
from server.rosters.task import Answer, Done, Failed, Task

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 180.0
IN, OUT = "in", "out"
Progress = Callable[[str, int, int], None]
"""Called on the loop: the stage, how much of it is done, and of how much; zeros where that is not known."""


class Run(Protocol):
    """Has a task done; ``data`` is the workbook. Raises: WorkTooLong, and what the work raises."""

    async def __call__(self, task: Task, data: bytes = b"", *, progress: Progress = ...) -> Done: ...


class WorkerFailed(Exception):
    """A fault of ours: what the process said is the text."""


def nobody(stage: str, done: int, total: int) -> None:
    """Whom no progress is told."""


async def run(task: Task, data: bytes = b"", *, progress: Progress = nobody, seconds: float = SECONDS) -> Done:
    """Raises: WorkTooLong, WorkerFailed, and what the work raises."""
    loop = asyncio.get_running_loop()

    def tell(stage: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(progress, stage, 0, 0)

    started: list[subprocess.Popen[str]] = []
    try:
        answer = await asyncio.to_thread(_run, task, data, tell, seconds, started)
    except asyncio.CancelledError:
        for process in started:
            process.kill()
        raise
    if answer.failed is not None:
        raise _error(answer.failed)
    assert answer.done is not None
    return answer.done


def _run(task: Task, data: bytes, tell: Callable[[str], None], seconds: float, started: "list[subprocess.Popen[str]]") -> Answer:
    with tempfile.TemporaryDirectory(prefix="yizhan-roster-") as name:
        folder = Path(name)
        (folder / IN).write_bytes(data)
        (folder / "task").write_bytes(msgspec.msgpack.encode(task))
        line = [sys.executable, "-m", "server.rosters.worker", name]
        with (
            (folder / "task").open("rb") as asked,
            (folder / "errors").open("w+", encoding="utf-8") as errors,
            subprocess.Popen(line, cwd=ROOT, stdin=asked, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
        ):
            started.append(process)
            ended = threading.Timer(seconds, process.kill)
            ended.start()
            try:
                assert process.stdout is not None
                for stage in process.stdout:
                    tell(stage.strip())
                code = process.wait()
            finally:
                ended.cancel()
                process.kill()
            if code == 0:
                return msgspec.msgpack.decode((folder / OUT).read_bytes(), type=Answer)
            errors.seek(0)
            said = errors.read()[-2000:]
            if code < 0 or "MemoryError" in said or "memory allocation" in said:
                return Answer(failed=Failed(WorkTooLong.code, {}))
            raise WorkerFailed(said)


def _error(failed: Failed) -> YizhanError:
    """The error as it was raised there."""
    return YizhanError.known[failed.code](**failed.data)
