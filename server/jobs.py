"""What a node does by itself, again and again: a list of jobs, each a task of its own.

A job that finds the database away is put off to its next time. Jobs that must run once in the whole installation take a lease when
there are several nodes; those here do no harm twice.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from protocol.errors import YizhanError
from server.logs import Logger

log = Logger("jobs")


@dataclass(frozen=True)
class Job:
    """``run`` is called every so many seconds, first after that time."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]


@contextlib.asynccontextmanager
async def working(jobs: Sequence[Job]) -> AsyncIterator[None]:
    """The jobs run as long as the block lasts."""
    tasks = [asyncio.create_task(_every(job), name=job.name) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(job: Job) -> None:
    while True:
        await asyncio.sleep(job.seconds)
        await once(job)


async def once(job: Job) -> None:
    try:
        await job.run()
    except YizhanError as error:
        log.warning("job.postponed", job=job.name, error_code=error.code)
    except Exception as error:
        log.exception("job.failed", error, job=job.name)
