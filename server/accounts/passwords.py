"""Checking and hashing passwords: argon2id in threads of their own, with a queue that is bounded by time (DESIGN 13).

Every check costs one run of argon2, whoever is asked for and whatever is stored, so the time tells nothing. Which passwords are good is
``rules``.
"""

import asyncio
import base64
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from protocol.errors import Busy
from server.accounts import codes
from server.accounts.rules import prepared
from server.clock import Clock
from server.config.model import SignIn

T = TypeVar("T")
FIRST_GUESS_SECONDS = 0.08  # of one run, until the first was measured: 77 ms on two cores
NEWEST_COUNTS = 0.2


class Passwords:
    """The pool. ``runs`` counts what it has been asked to compute."""

    def __init__(self, settings: SignIn, clock: Clock) -> None:
        time, memory, lanes = settings.argon2_time, settings.argon2_memory_kib, settings.argon2_parallelism
        self._argon2 = PasswordHasher(time_cost=time, memory_cost=memory, parallelism=lanes)
        self._nobodys = f"$argon2id$v=19$m={memory},t={time},p={lanes}${_base64(os.urandom(16))}${_base64(os.urandom(32))}"
        self._threads = settings.hashing_threads or max(1, (os.cpu_count() or 1) // 2)
        self._longest = settings.queue_seconds
        self._clock = clock
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="passwords")
        self._lock = threading.Lock()
        self._ahead = 0
        self._seconds = FIRST_GUESS_SECONDS
        self.runs = 0

    @property
    def waiting(self) -> int:
        """Runs under way and before them."""
        return self._ahead

    def close(self) -> None:
        """Drops what waits; what runs is run to its end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is the stored one; None, for who does not exist, costs the same. Raises: Busy."""
        password = prepared(password)
        if stored is None or codes.is_code(stored):
            await self._run(lambda: self._matches(self._nobodys, password))
            return stored is not None and codes.matches(stored, password)
        return await self._run(lambda: self._matches(stored, password))

    async def hash(self, password: str) -> str:
        """What to store of ``password``. Raises: Busy."""
        password = prepared(password)
        return await self._run(lambda: self._argon2.hash(password))

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed under other parameters than those of now; a code is not to be hashed anew, but changed."""
        return not codes.is_code(stored) and self._argon2.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _run(self, call: Callable[[], T]) -> T:
        with self._lock:
            wait = self._ahead / self._threads * self._seconds
            if wait > self._longest:
                raise Busy(math.ceil(wait))
            self._ahead += 1
            self.runs += 1
        running = self._pool.submit(self._measured, call)
        running.add_done_callback(self._done)
        return await asyncio.wrap_future(running)

    def _measured(self, call: Callable[[], T]) -> T:
        began = self._clock.monotonic()
        value = call()
        took = self._clock.monotonic() - began
        with self._lock:
            self._seconds += NEWEST_COUNTS * (took - self._seconds)
        return value

    def _done(self, _: "Future[T]") -> None:
        with self._lock:
            self._ahead -= 1


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
