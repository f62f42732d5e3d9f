"""Gathers what many ask for one by one into few calls: while one call is under way, the next one's askers wait together.

No timer: a lonely asker's call begins at once (the writer's way of making batches, LOG A2).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathering(Generic[Asked, Answer]):
    """``answer_all`` gets at most ``at_once`` and gives an answer for each; where it fails, all who asked then get its error."""

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], *, at_once: int) -> None:
        self._answer_all = answer_all
        self._at_once = at_once
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="gathering")
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._at_once], self._waiting[self._at_once :]
                await self._answer(batch)
        finally:
            self._running = None
            _go_away(self._waiting)  # nobody, unless the process is ending

    async def _answer(self, batch: list[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._answer_all([asked for asked, _ in batch])
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        except asyncio.CancelledError:
            _go_away(batch)
            raise
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # else he has gone away
                future.set_result(answer)


def _go_away(batch: list[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
    for _, future in batch:
        future.cancel()
