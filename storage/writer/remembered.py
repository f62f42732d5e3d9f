"""What the look-up of participants found on SQLite, for as long as SQLite itself says that it still stands (LOG A3).

The look-up is six rows from six trees for each who writes, a quarter of a message's CPU, and the next message of the same pair finds
the same rows with what its predecessor wrote into them. This is no memory that may be wrong: it lasts only while ``PRAGMA
data_version``, asked within the turn, says that no other connection committed, and while no unit of work on our own connection wrote
to one of the tables that the look-up reads. A batch that fails ends it, too.
"""

from collections.abc import Iterable, Sequence

from storage.statements import ANY_TABLE
from storage.writer.loaded import Conversation, Loaded, Participant

TABLES = frozenset({"companies", "conversations", "drafts", "marks", "members", "stays", ANY_TABLE})
"""What the look-up of participants reads."""
MOST = 20_000  # participants, some 10 MB


class Remembered:
    """Rows as of the last commit. They are never changed: each batch gets copies, since others still read those of the batch before."""

    __slots__ = ("_participants", "_places", "_version")

    def __init__(self) -> None:
        self._version = -1
        self._places: dict[int, Conversation] = {}
        self._participants: dict[tuple[int, int], Participant] = {}

    def check(self, version: int) -> None:
        """``version``: what SQLite says of others' commits, asked within the turn."""
        if version != self._version:
            self._version = version
            self.forget()

    def forget(self) -> None:
        self._places.clear()
        self._participants.clear()

    def written(self, tables: Iterable[str]) -> None:
        """A unit of work of our own connection wrote to these tables."""
        if not TABLES.isdisjoint(tables):
            self.forget()

    def recall(self, pairs: Sequence[tuple[int, int]], loaded: Loaded) -> list[tuple[int, int]]:
        """Put what is known of these (conversation, member) into ``loaded``. Returns: those that are to be looked up."""
        unknown: list[tuple[int, int]] = []
        participants, conversations = self._participants, loaded.conversations
        for pair in pairs:
            there = participants.get(pair)
            if there is None:
                unknown.append(pair)
                continue
            conversation = pair[0]
            if conversation not in conversations:
                place = self._places[conversation].__copy__()
                place.seq_before, place.change_before = place.head, place.change
                conversations[conversation] = place
                loaded.numbers[conversation, place.head] = (place.countable, place.mention_all)
            who = loaded.participants[pair] = there.__copy__()
            if who.changed:
                who.changed = who.marks_moved = who.settings_moved = False
        return unknown

    def keep(self, loaded: Loaded) -> None:
        """What a batch left, now that it is committed."""
        if len(self._participants) > MOST:
            self.forget()
        self._places.update(loaded.conversations)
        self._participants.update(loaded.participants)
