"""Where a program keeps what must survive it: any object with ``load`` and ``save``; two of them ship.

``save`` is called before a new wish is written to the server and when the application has taken in events, so it should be quick.
"""

import os
from pathlib import Path
from typing import Protocol

from .state import State, from_bytes, to_bytes


class Store(Protocol):
    def load(self) -> State | None:
        """What was saved last; None at the very first time."""
        ...

    def save(self, state: State) -> None:
        """Keep ``state`` in place of what was there; either the old or the new one survives a crash."""
        ...


class MemoryStore:
    """For a client that is closed and made again in one program."""

    def __init__(self) -> None:
        self._kept: bytes | None = None

    def load(self) -> State | None:
        return None if self._kept is None else from_bytes(self._kept)

    def save(self, state: State) -> None:
        self._kept = to_bytes(state)


class FileStore:
    """A file that only its owner can read, replaced as a whole (it holds the session's token).

    The crash of the program never leaves half a file. ``durable`` waits for the disk at each save, for who must not forget a wish when
    the power fails; it costs some milliseconds a send.
    """

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = False) -> None:
        self.path = Path(path)
        self.durable = durable

    def load(self) -> State | None:
        """Raises: msgspec.MsgspecError where the file is not a state of ours."""
        try:
            return from_bytes(self.path.read_bytes())
        except FileNotFoundError:
            return None

    def save(self, state: State) -> None:
        new = self.path.with_name(self.path.name + ".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(to_bytes(state))
            if self.durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(new, self.path)
