"""One's own settings of a conversation between the server's acknowledgement and its saying so itself (LOG F2).

An event that was read before a setting was stored may come behind the answer to it. What it says of that setting waits, else the
device would show for a moment what was before. Somebody's other device may have set something else meanwhile, so the last word that the
server said is believed after a while.
"""

from typing import Any

import msgspec

from .messages import Conversation


class OwnSettings:
    """Of one conversation: what this device has set, and was told to be stored."""

    def __init__(self, before: "OwnSettings | None" = None) -> None:
        self._mine: dict[str, Any] = dict(before._mine) if before else {}
        self._often: set[str] = set(before._often) if before else set()  # set again before the server said it: it may say any of them
        self._said: dict[str, Any] = {}
        self.is_waiting = False
        """Something was said that is not shown: somebody has to call ``believe`` after a while."""

    def set(self, name: str, value: Any) -> None:
        if name in self._mine and self._mine[name] != value:
            self._often.add(name)
        self._mine[name] = value

    def forget(self, *names: str) -> None:
        """Something else has changed these since."""
        for name in names:
            self._mine.pop(name, None)

    def keep(self, state: Conversation) -> Conversation:
        """A state of the server's, with one's own settings where it says otherwise."""
        for name, mine in list(self._mine.items()):
            said = self._said[name] = getattr(state, name)
            if said == mine and name not in self._often:
                self.forget(name)
        self.is_waiting = self.is_waiting or bool(self._mine)
        return self.over(state)

    def over(self, state: Conversation) -> Conversation:
        """Of a word of the server's that is not about settings, so it settles nothing."""
        return msgspec.structs.replace(state, **self._mine)

    def believe(self, state: Conversation) -> Conversation:
        """The last that was said, for nothing else has come."""
        said = {name: value for name, value in self._said.items() if name in self._mine}
        self.forget(*said)
        return msgspec.structs.replace(state, **said)
