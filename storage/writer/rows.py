"""From the look-up's rows to the values of ``loaded.py``; the same columns in the same order on both databases."""

from typing import Any

from protocol.ids import from_wire
from storage.writer.loaded import Conversation, Found, Loaded, Participant, Target

FOUND = "client_id, member, conversation, seq, sent_at, body, source_conversation, source_seq"
# the fields of ``Conversation`` and of ``Participant``
CONVERSATION = "c.id, c.home, c.kind, c.head, c.change, c.countable, c.mention_all, c.last_at, c.dissolved, c.muted, c.head, c.change"
PARTICIPANT = (
    "k.conversation, k.company, k.member, k.read, k.read_countable, k.read_mention_all, k.delivered, "
    "k.end_seq, coalesce(k.end_countable, 0), coalesce(k.end_mention_all, 0), "
    "k.marked_unread, k.pinned_to_top, k.muted, k.archived, k.silenced, "
    "s.from_seq, m.state, o.suspended, o.expires_at, d.text IS NOT NULL"
)
WIDTH = CONVERSATION.count(",") + 1
TARGET = "m.conversation, m.seq, m.member, m.sent_at, m.kind, m.change, m.version, m.recalled, m.reacted, m.pinned_at"


def add_found(row: Any, loaded: Loaded) -> None:
    client_id, member, conversation, seq, sent_at, body, source_conversation, source_seq = row
    source = None if source_conversation is None else (source_conversation, source_seq)
    loaded.found[bytes(client_id), member, conversation] = Found(seq, sent_at, body, source, purged=body is None)


def add_participant(place: Conversation, who: Participant, loaded: Loaded) -> None:
    if place.id not in loaded.conversations:
        loaded.conversations[place.id] = place
        loaded.numbers[place.id, place.head] = (place.countable, place.mention_all)
    loaded.participants[place.id, who.member] = who


def add_target(row: Any, loaded: Loaded) -> None:
    conversation, seq, member, sent_at, kind, change, version, recalled, reacted, pinned_at = row
    loaded.targets[conversation, seq] = Target(seq, member, sent_at, kind, change, version, bool(recalled), bool(reacted), pinned_at)


def member_numbers(names: tuple[str, ...]) -> tuple[int, ...]:
    """Mentions as the writer knows them; names that cannot be ids are left out, as those of strangers are."""
    numbers = []
    for name in names:
        try:
            numbers.append(from_wire(name))
        except ValueError:
            continue
    return tuple(numbers)
