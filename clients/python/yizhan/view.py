"""What a device knows of one conversation, and what it still has to fetch (LOG E5, F2 to F4).

A view takes ranges of seqs and of changes from wherever they come, in any order, and gives back the events that may be shown now. It
decides what is missing; when it is asked for, and over which connection, is decided by others.
"""

import msgspec

from . import events
from .messages import Message
from .ranges import Ranges


class Hole(msgspec.Struct, frozen=True):
    """What to ask for next: the messages after ``after`` up to ``up_to``, or with ``up_to`` 0 the changes.

    ``ending`` names the ended stay for which it is asked; 0 while the stay is open.
    """

    after: int
    up_to: int = 0
    hidden: int = 0
    ending: int = 0

    def is_like(self, other: "Hole | None") -> bool:
        """The answer brought nothing: the hole still begins where it began."""
        return other is not None and msgspec.structs.replace(other, up_to=self.up_to) == self and bool(other.up_to) == bool(self.up_to)


class View:
    """``run`` and ``changes`` are what the device has, ``told`` and ``told_change`` how far it was told that there is something.

    A message is *waiting* while its seq is above a hole, then it is shown and goes to ``rows``, which keeps the newest ``keep``.
    """

    def __init__(self, conversation: str, *, keep: int = 200) -> None:
        self.conversation = conversation
        self.keep = keep
        self.run = Ranges()
        self.changes = Ranges()
        self.told = self.told_change = 0
        self.hidden = self.told_hidden = 0
        self.waiting: dict[int, Message] = {}
        self.rows: dict[int, Message] = {}
        self.ended = False
        self.closing = False  # the stay has ended: ask `changes` once (LOG F4)
        self._endings = 0
        self._told_of: dict[int, int] = {}  # seq to change, of rows that were brought by changes above a hole

    # ---- what the server told

    def start(self, before: int, *, change: int, hidden: int) -> None:
        """A conversation that is new to this device: nothing up to ``before`` is wanted, so no change of it either."""
        self.run.add(1, before)
        self.changes.add(1, change)
        self.hidden = hidden

    def tell(self, *, seq: int = 0, change: int = 0, hidden: int = 0) -> None:
        """There is something up to these numbers; what of it is not here is a hole from now on."""
        self.told = max(self.told, seq)
        self.told_change = max(self.told_change, change)
        self.told_hidden = max(self.told_hidden, hidden)

    def leave(self, seq: int) -> None:
        self.tell(seq=seq)
        self._endings += 1
        self.ended = self.closing = True

    def come_back(self) -> None:
        self.ended = self.closing = False

    # ---- what it brought

    def take_messages(self, after: int, up_to: int, messages: tuple[Message, ...]) -> list[events.Event]:
        """All that this viewer may see of ``after`` + 1 … ``up_to``; the rest is not for him."""
        shown: list[events.Event] = []
        named = set()
        for message in messages:
            named.add(message.seq)
            if message.seq not in self.run:
                self._wait(message)
            elif (held := self._held(message.seq)) is not None and message.change > held.change:
                shown += self._replace(held, message)
        for seq in [seq for seq in self.waiting if after < seq <= up_to and seq not in named and seq not in self.run]:
            del self.waiting[seq]  # brought by a change, and not for this viewer after all
        self.tell(seq=up_to)
        self.run.add(after + 1, up_to)
        return shown + self._advance()

    def take_changes(self, after: int, up_to: int, messages: tuple[Message, ...]) -> list[events.Event]:
        """Rows as they are after the changes ``after`` + 1 … ``up_to``; a number that is not among them was overtaken (LOG F3)."""
        shown: list[events.Event] = []
        for message in messages:
            held = self._held(message.seq)
            if held is not None and message.change > held.change:
                shown += self._replace(held, message)
            elif held is None and message.seq not in self.run:
                self._wait(message)
            elif held is None and message.change not in self.changes and message.change > self._told_of.get(message.seq, 0):
                shown += _difference(None, message)  # shown long ago and not kept
            self._told_of[message.seq] = max(message.change, self._told_of.get(message.seq, 0))
        self.tell(change=up_to)
        self.changes.add(after + 1, up_to)
        run = self.changes.run
        self._told_of = {seq: change for seq, change in self._told_of.items() if change > run}
        return shown

    def take_hidden(self, after: int, up_to: int, seqs: tuple[int, ...]) -> list[events.Event]:
        """Hidden for oneself under the numbers ``after`` + 1 … ``up_to``."""
        if up_to <= self.hidden:
            return []
        self.tell(hidden=up_to)
        if after <= self.hidden:
            self.hidden = up_to
        return [event for seq in seqs for event in self.hide(seq)]

    def hide(self, seq: int) -> list[events.Event]:
        if self.waiting.pop(seq, None) is None and seq in self.run:
            self.rows.pop(seq, None)
            return [events.MessageHidden(self.conversation, seq)]
        self.run.add(seq, seq)
        return self._advance()

    def take_own(self, message: Message) -> list[events.Event]:
        """One's own message as it was acknowledged: its own seq and no other (LOG F2)."""
        if self._held(message.seq) is not None:
            return []
        self.waiting[message.seq] = message
        self.run.add(message.seq, message.seq)
        return self._advance()

    def close(self, ending: int) -> None:
        """The last page of the answer for this ended stay has come: it is not cut at a number, so no change is missing (LOG E5)."""
        if self.ended and ending == self._endings:
            self.closing = False
            self.told_change = self.changes.run

    # ---- what is missing

    def hole(self) -> Hole | None:
        """The next thing to fetch, messages first; None if all that was told of is here."""
        if missing := self.run.hole(self.told):
            return Hole(missing[0] - 1, missing[1])
        if self.closing or self.changes.run < self.told_change or self.hidden < self.told_hidden:
            return Hole(self.changes.run, hidden=self.hidden, ending=self._endings if self.ended else 0)
        return None

    # ---- rows

    def _held(self, seq: int) -> Message | None:
        return self.rows.get(seq) or self.waiting.get(seq)

    def _wait(self, message: Message) -> None:
        held = self.waiting.get(message.seq)
        if held is None or message.change > held.change:
            self.waiting[message.seq] = message

    def _replace(self, held: Message, message: Message) -> list[events.Event]:
        if message.seq in self.waiting:
            self.waiting[message.seq] = message
            return []
        self.rows[message.seq] = message
        return _difference(held, message)

    def _advance(self) -> list[events.Event]:
        """Show what no longer waits: ascending, up to the end of the run."""
        end = self.run.run
        shown: list[events.Event] = []
        for seq in sorted(seq for seq in self.waiting if seq <= end):
            self.rows[seq] = message = self.waiting.pop(seq)
            shown.append(events.MessageReceived(message))
        while len(self.rows) > self.keep:
            del self.rows[next(iter(self.rows))]
        return shown


def _difference(held: Message | None, message: Message) -> list[events.Event]:
    """What happened between two states of a message; of one that is not kept, the most that can be said."""
    found: list[events.Event] = []
    if message.recalled:
        if held is None or not held.recalled:
            found.append(events.MessageRecalled(message))
    elif message.version > (1 if held is None else held.version):
        found.append(events.MessageEdited(message))
    if held is not None and message.pinned != held.pinned:
        found.append(events.MessagePinned(message))
    if not found or (held is not None and message.reactions != held.reactions and not message.recalled):
        found.append(events.ReactionsChanged(message))
    return found
