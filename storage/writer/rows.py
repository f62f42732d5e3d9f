"""From the look-up's rows to the values of ``loaded.py``; the same columns in the same order on both databases."""

from typing import Any

from protocol.ids import from_wire
from storage.writer.loaded import Conversation, Found, Loaded, Participant, Target

FOUND = "client_id, member, conversation, seq, sent_at, body, source_conversation, source_seq"
PARTICIPANT = (
    "c.id, c.home, c.kind, c.head, c.change, c.countable, c.mention_all, c.last_at, c.dissolved, c.muted, "
    "k.company, k.member, k.read, k.read_countable, k.read_mention_all, k.delivered, k.end_seq, k.end_countable, k.end_mention_all, "
    "k.is_open, k.marked_unread, k.pinned_to_top, k.muted, k.archived, k.silenced, "
    "s.from_seq, m.state, o.suspended, o.expires_at, d.text IS NOT NULL"
)
TARGET = "m.conversation, m.seq, m.member, m.sent_at, m.kind, m.change, m.version, m.recalled, m.reacted, m.pinned_at"


def add_found(row: Any, loaded: Loaded) -> None:
    client_id, member, conversation, seq, sent_at, body, source_conversation, source_seq = row
    source = None if source_conversation is None else (source_conversation, source_seq)
    loaded.found[bytes(client_id), member, conversation] = Found(seq, sent_at, body, source, purged=body is None)


def add_participant(row: Any, loaded: Loaded) -> None:
    (
        conversation, home, kind, head, change, countable, mention_all, last_at, dissolved, muted,
        company, member, read, read_countable, read_mention_all, delivered, end_seq, end_countable, end_mention_all,
        is_open, marked_unread, pinned_to_top, own_muted, archived, silenced,
        from_seq, state, suspended, expires_at, draft,
    ) = row  # fmt: skip
    if conversation not in loaded.conversations:
        loaded.conversations[conversation] = Conversation(
            conversation, home, kind, head, change, countable, mention_all, last_at, bool(dissolved), bool(muted)
        )
        loaded.numbers[conversation, head] = (countable, mention_all)
    who = loaded.participants[conversation, member] = Participant(conversation, company, member)
    who.from_seq = from_seq
    who.read = read
    who.read_countable = read_countable
    who.read_mention_all = read_mention_all
    who.delivered = delivered
    if end_seq is not None:
        who.end_seq = end_seq
        who.end_countable = end_countable
        who.end_mention_all = end_mention_all
    who.is_open = bool(is_open)
    who.marked_unread = bool(marked_unread)
    who.pinned_to_top = bool(pinned_to_top)
    who.muted = bool(own_muted)
    who.archived = bool(archived)
    who.silenced = bool(silenced)
    who.state = state
    who.suspended = bool(suspended)
    who.expires_at = expires_at
    who.draft = bool(draft)


def add_target(row: Any, loaded: Loaded) -> None:
    conversation, seq, member, sent_at, kind, change, version, recalled, reacted, pinned_at = row
    target = Target(seq, member, sent_at, kind, change, version, bool(recalled))
    target.reacted = bool(reacted)
    target.pinned_at = pinned_at
    loaded.targets[conversation, seq] = target


def member_numbers(names: tuple[str, ...]) -> tuple[int, ...]:
    """Mentions as the writer knows them; names that cannot be ids are left out, as those of strangers are."""
    numbers = []
    for name in names:
        try:
            numbers.append(from_wire(name))
        except ValueError:
            continue
    return tuple(numbers)
