"""One connection's bookkeeping: request numbers, who waits for which answer, and what is to be written."""

from collections.abc import Callable

import msgspec

from ._protocol import events as wire
from ._protocol.commands import Command
from .errors import ProtocolBroken

Reply = wire.Answer | wire.ErrorFrame
Then = Callable[[Reply], None]


class Link:
    def __init__(self) -> None:
        self.is_up = False
        self._request = 0
        self._pending: dict[int, tuple[str, Then]] = {}
        self._outgoing: list[Command] = []

    def open(self) -> None:
        self.is_up, self._request = True, 0

    def cut(self) -> None:
        self.is_up = False
        self._pending.clear()
        self._outgoing.clear()

    @property
    def under_way(self) -> int:
        return len(self._pending)

    def next_request(self) -> int:
        self._request += 1
        return self._request

    def ask(self, command: Command, then: Then) -> None:
        """Write ``command`` under the next request number; ``then`` gets its answer. Not called if the connection is cut before."""
        if not command.request:
            command = msgspec.structs.replace(command, request=self.next_request())
        self._pending[command.request] = (command.__class__.__name__, then)
        self._outgoing.append(command)

    def answer(self, request: int, frame: Reply) -> None:
        """Raises: ProtocolBroken where nothing was asked under this number."""
        if request not in self._pending:
            raise ProtocolBroken(f"request {request}, which was never made,", frame.__class__.__name__)
        _, then = self._pending.pop(request)
        then(frame)

    def written(self) -> tuple[Command, ...]:
        outgoing, self._outgoing = tuple(self._outgoing), []
        return outgoing
