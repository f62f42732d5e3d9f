"""Ends what runs until Ctrl-C: in order, so that what was printed counts as shown."""

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yizhan import Client


class EndsBySignals:
    """Ctrl-C and SIGTERM close the client, whose events end then."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._closing: asyncio.Task[None] | None = None

    def __enter__(self) -> "EndsBySignals":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._close)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.remove_signal_handler(number)

    @property
    def is_told(self) -> bool:
        return self._closing is not None

    def _close(self) -> None:
        self._closing = self._closing or asyncio.create_task(self._client.close())
