"""Resumes that wait at the same time are read together: after a restart everybody comes back at once (LOG E1, DESIGN 13)."""

import asyncio

from protocol.errors import YizhanError
from server.sessions.service import Admitted, Returning, SessionService


class Resumes:
    """One read under way at a time; whoever comes meanwhile goes with the next."""

    def __init__(self, sessions: SessionService) -> None:
        self._sessions = sessions
        self._waiting: list[tuple[Returning, asyncio.Future[Admitted]]] = []
        self._task: asyncio.Task[None] | None = None

    async def resume(self, token: str, address: str) -> Admitted:
        """Raises: as ``SessionService.resume``."""
        answer: asyncio.Future[Admitted] = asyncio.get_running_loop().create_future()
        self._waiting.append((Returning(token, address), answer))
        if self._task is None:
            self._task = asyncio.create_task(self._together(), name="resumes")
        return await answer

    async def _together(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                outcomes = await self._sessions.resume_many([returning for returning, _ in waiting])
            except Exception as error:
                outcomes = [error] * len(waiting)  # type: ignore[list-item]
            for (_, answer), outcome in zip(waiting, outcomes, strict=True):
                if answer.done():
                    continue
                if isinstance(outcome, (YizhanError, Exception)):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome)
        self._task = None
