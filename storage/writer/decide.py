"""The rules of a batch, pure: from what the look-up found to what is stored and answered (LOG A5, H2, H3; DESIGN 6).

Entries are decided one after the other in the order of their arrival, each on what the ones before it left. A first answer comes
before any refusal; a refusal changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from protocol import limits
from protocol.bodies import Checked, forwarded
from protocol.errors import ConversationNotFound, IdConflict, MessageNotFound, YizhanError
from protocol.ids import to_wire
from storage.feed import Moved, Own, Payload
from storage.writer.entries import (
    DONE,
    ChangedOutcome,
    ChangeEntry,
    DraftEntry,
    EditEntry,
    Entry,
    MarkEntry,
    Outcome,
    PinEntry,
    ReactEntry,
    RecallEntry,
    SendEntry,
    SentOutcome,
    SettingsEntry,
)
from storage.writer.errors import (
    CompanyExpired,
    CompanySuspended,
    ConversationDissolved,
    EditTooLate,
    MemberDisabled,
    MessageRecalled,
    Muted,
    NotAuthor,
    NotEditable,
    NotParticipant,
    OutsideHeld,
    PeerDeleted,
    RecallTooLate,
    TooManyPinned,
    TooManyReactions,
    VersionConflict,
    WritingForbidden,
)
from storage.writer.loaded import Conversation, Found, Loaded, Participant, Target

EDITABLE = frozenset({"text", "rich"})


@dataclass(frozen=True)
class Policy:
    """What a company may set; one for all until companies have settings of their own."""

    recall_ms: int = limits.RECALL_SECONDS * 1000
    edit_ms: int = limits.EDIT_SECONDS * 1000


class NewMessage(msgspec.Struct, eq=False, gc=False):
    """A message row to be."""

    home: int
    conversation: int
    seq: int
    member: int
    client_id: bytes | None
    kind: str
    body: bytes
    sent_at: int
    countable: int
    mention_all: int
    reply_to: int
    source: tuple[int, int] | None


class NewVersion(msgspec.Struct, eq=False, gc=False):
    """A version row to be: an edit with its body, or the recall."""

    home: int
    conversation: int
    seq: int
    version: int
    what: str
    member: int
    at: int
    body: bytes | None = None
    reply_to: int = 0


class Decision:
    """What one transaction writes, and what it answers."""

    __slots__ = (
        "answers", "conversations", "drafts", "found", "marks", "mentions", "messages", "now", "payload", "places", "position",
        "reactions_off", "reactions_on", "targets", "versions",
    )  # fmt: skip

    def __init__(self, position: int, now: int) -> None:
        self.position = position
        self.now = now
        self.answers: list[Outcome | None] = []
        self.messages: list[NewMessage] = []
        self.versions: list[NewVersion] = []
        self.targets: dict[tuple[int, int], tuple[Conversation, Target]] = {}
        self.reactions_on: list[tuple[int, int, int, str]] = []  # conversation, seq, member, emoji
        self.reactions_off: list[tuple[int, int, int, str]] = []
        self.mentions: list[tuple[int, int, int]] = []  # member, conversation, seq
        self.conversations: list[Conversation] = []
        self.marks: list[Participant] = []
        self.drafts: list[tuple[int, int, int, str]] = []  # company, member, conversation, text
        self.payload = Payload()
        self.places: dict[int, Conversation] = {}
        self.found = False  # an answer rests on what was found: even an empty transaction waits for the standby (LOG A5)

    @property
    def writes(self) -> bool:
        return bool(self.conversations or self.marks or self.drafts)


def decide(entries: Sequence[Entry], loaded: Loaded, now: int, policy: Policy) -> Decision:
    """Decide a whole batch. ``now`` in milliseconds."""
    decision = Decision(loaded.position + 1, now)
    answers = decision.answers
    for entry in entries:
        try:
            if entry.__class__ is SendEntry:
                answers.append(_send(entry, loaded, decision, now))
            else:
                answers.append(_OTHERS[entry.__class__](entry, loaded, decision, now, policy))
        except YizhanError as refused:
            answers.append(refused)
    _collect(loaded, decision)
    return decision


def _collect(loaded: Loaded, decision: Decision) -> None:
    """What moved, for the heads, the marks rows and the feed."""
    moved: dict[int, Moved] = {}
    decision.places = loaded.conversations
    for place in loaded.conversations.values():
        if place.head != place.seq_before or place.change != place.change_before:
            decision.conversations.append(place)
            moved[place.id] = Moved(place.id, place.home, place.seq_before, place.head, place.change_before, place.change)
    own = decision.payload.own
    for who in loaded.participants.values():
        if not who.changed:
            continue
        decision.marks.append(who)
        if who.marks_moved:
            told = moved.get(who.conversation)
            if told is None:
                place = loaded.conversations[who.conversation]
                told = moved[who.conversation] = Moved(place.id, place.home, place.head, place.head, place.change, place.change)
            told.marks.append(who.member)
        if who.settings_moved:
            own.append(Own(who.member, "settings", who.conversation))
    for _, member, conversation, _ in decision.drafts:
        own.append(Own(member, "draft", conversation))
    decision.payload.conversations = list(moved.values())


# ---- who may


def _participant(entry: Entry, loaded: Loaded) -> Participant:
    """The entry's member in its conversation, now or before. Raises: ConversationNotFound."""
    who = loaded.participants.get((entry.conversation, entry.member))
    if who is None:
        raise ConversationNotFound
    return who


def _may_act(who: Participant, place: Conversation, now: int) -> None:
    """Raises: what keeps ``who`` from writing in ``place`` at ``now``."""
    if who.from_seq is None:
        raise NotParticipant
    if who.state != "active":
        raise MemberDisabled
    if who.suspended:
        raise CompanySuspended
    if who.expires_at is not None and who.expires_at <= now:
        raise CompanyExpired
    if place.dissolved:
        raise PeerDeleted if place.kind == "direct" else ConversationDissolved
    if place.kind == "direct":
        if place.muted:
            raise OutsideHeld
        if who.silenced:
            raise WritingForbidden
    elif who.silenced or place.muted:
        raise Muted


# ---- messages


def _send(entry: SendEntry, loaded: Loaded, decision: Decision, now: int) -> Outcome:
    conversation, member = entry.conversation, entry.member
    key = (entry.client_id, member, conversation)
    found = loaded.found.get(key)
    if found is not None:
        decision.found = True
        return _first_answer(entry, found)
    who = loaded.participants.get((conversation, member))
    if who is None:
        raise ConversationNotFound
    place = loaded.conversations[conversation]
    _may_act(who, place, now)
    body = entry.body
    if body is None:
        body = _copied(entry, loaded)
    elif body.reply_to > place.head:
        raise MessageNotFound
    seq = place.append(now, mention_all=body.mention_all)
    at, countable, mention_all, source = place.last_at, place.countable, place.mention_all, entry.source
    decision.messages.append(
        NewMessage(
            place.home, conversation, seq, member, entry.client_id, body.kind, body.canonical, at, countable, mention_all,
            body.reply_to, source,
        )
    )  # fmt: skip
    if loaded.repeats:
        loaded.found[key] = Found(seq, at, body.canonical, source)
    if loaded.has_marks:
        loaded.numbers[conversation, seq] = (countable, mention_all)
    if entry.mentions and not body.mention_all and place.kind != "direct":
        decision.mentions.extend((one, conversation, seq) for one in entry.mentions if (conversation, one) in loaded.mentioned)
    if who.draft and not entry.keep_draft:
        who.draft = False
        decision.drafts.append((who.company, member, conversation, ""))
    return SentOutcome(seq, at, _raise_mark(who, place, seq))


def _first_answer(entry: SendEntry, found: Found) -> Outcome:
    """LOG A5: judged against the stored first version; where that is purged the id alone decides."""
    same = found.source == entry.source if entry.source or found.source else entry.body is not None and entry.body.canonical == found.body
    if not same and not found.purged:
        raise IdConflict
    return SentOutcome(found.seq, found.sent_at, found=True)


def _copied(entry: SendEntry, loaded: Loaded) -> Checked:
    assert entry.source is not None
    source = loaded.sources.get((entry.member, *entry.source))
    target = loaded.targets.get(entry.source)
    if source is None or (target is not None and target.recalled):  # recalled in this very batch
        raise MessageNotFound
    return forwarded(source.body, sender=to_wire(source.member), sent_at=source.sent_at)


def _raise_mark(who: Participant, place: Conversation, seq: int) -> int:
    """Own sending raises the read mark only from right before the run of own messages (LOG H2)."""
    if who.read_countable < place.countable - 1:
        return 0
    who.read = seq
    who.read_countable = place.countable
    who.read_mention_all = place.mention_all
    who.marked_unread = False
    who.changed = who.marks_moved = True
    return seq


# ---- changes to messages


def _target(entry: EditEntry | RecallEntry | ReactEntry | PinEntry, loaded: Loaded) -> tuple[Participant, Conversation, Target]:
    """Raises: ConversationNotFound, MessageNotFound (also where it lies outside the member's stays)."""
    who = _participant(entry, loaded)
    target = loaded.targets.get((entry.conversation, entry.seq))
    if target is None or not (loaded.in_open_stay(entry) or (entry.conversation, entry.member, entry.seq) in loaded.held):
        raise MessageNotFound
    return who, loaded.conversations[entry.conversation], target


def _changed(place: Conversation, target: Target, decision: Decision) -> ChangedOutcome:
    target.change = place.touch()
    decision.targets[place.id, target.seq] = (place, target)
    return ChangedOutcome(target.change, target.version)


def _version(place: Conversation, target: Target, what: str, entry: ChangeEntry, now: int, body: Checked | None = None) -> NewVersion:
    made = NewVersion(place.home, place.id, entry.seq, target.version, what, entry.member, place.time(now))
    if body is not None:
        made.body, made.reply_to = body.canonical, body.reply_to
    return made


def _edit(entry: EditEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who, place, target = _target(entry, loaded)
    if target.member != entry.member:
        raise NotAuthor
    if target.version != entry.version or target.recalled:
        there = loaded.versions.get((entry.conversation, entry.seq, entry.version + 1))
        if there == (entry.member, "edit", entry.body.canonical):
            decision.found = True
            return ChangedOutcome(target.change, entry.version + 1)
    if target.recalled:
        raise MessageRecalled
    _may_act(who, place, now)
    if target.version != entry.version:
        raise VersionConflict(target.version)
    if target.first_kind not in EDITABLE or entry.body.kind not in EDITABLE:
        raise NotEditable
    if now > target.sent_at + policy.edit_ms:
        raise EditTooLate(policy.edit_ms // 1000)
    if entry.body.reply_to > place.head:
        raise MessageNotFound
    target.version += 1
    decision.versions.append(_version(place, target, "edit", entry, now, entry.body))
    loaded.versions[entry.conversation, entry.seq, target.version] = (entry.member, "edit", entry.body.canonical)
    return _changed(place, target, decision)


def _recall(entry: RecallEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who, place, target = _target(entry, loaded)
    if target.recalled:
        decision.found = True
        return ChangedOutcome(target.change, target.version)
    if target.member != entry.member:
        raise NotAuthor
    _may_act(who, place, now)
    if target.first_kind == "note":
        raise NotEditable
    if now > target.sent_at + policy.recall_ms:
        raise RecallTooLate(policy.recall_ms // 1000)
    target.version += 1
    target.recalled = True
    target.pinned_at = None
    decision.versions.append(_version(place, target, "recall", entry, now))
    return _changed(place, target, decision)


def _react(entry: ReactEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who, place, target = _target(entry, loaded)
    there = loaded.reactions.setdefault((entry.conversation, entry.seq), set())
    mine = (entry.member, entry.emoji)
    if (mine in there) == entry.on:
        decision.found = True
        return ChangedOutcome(target.change, target.version)
    if target.recalled:
        raise MessageRecalled
    _may_act(who, place, now)
    row = (entry.conversation, entry.seq, entry.member, entry.emoji)
    if entry.on:
        if len({emoji for _, emoji in there} | {entry.emoji}) > limits.REACTIONS_OF_A_MESSAGE:
            raise TooManyReactions(limits.REACTIONS_OF_A_MESSAGE)
        there.add(mine)
        _either(decision.reactions_on, decision.reactions_off, row)
    else:
        there.discard(mine)
        _either(decision.reactions_off, decision.reactions_on, row)
    target.reacted = bool(there)
    return _changed(place, target, decision)


def _either(into: list[tuple[int, int, int, str]], other: list[tuple[int, int, int, str]], row: tuple[int, int, int, str]) -> None:
    """Set and taken back within one batch leaves no row to write."""
    if row in other:
        other.remove(row)
    else:
        into.append(row)


def _pin(entry: PinEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who, place, target = _target(entry, loaded)
    if (target.pinned_at is not None) == entry.on:
        decision.found = True
        return ChangedOutcome(target.change, target.version)
    if target.recalled:
        raise MessageRecalled
    _may_act(who, place, now)
    count = loaded.pinned.get(entry.conversation, 0)
    if entry.on and count >= limits.PINNED_MESSAGES:
        raise TooManyPinned(limits.PINNED_MESSAGES)
    loaded.pinned[entry.conversation] = count + (1 if entry.on else -1)
    target.pinned_at = now if entry.on else None
    return _changed(place, target, decision)


# ---- own rows


def _mark(entry: MarkEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    """Cut to the last seq that the member may see (LOG H2); only forward (LOG H3); a look clears 'unread' set by hand (LOG H4)."""
    who = _participant(entry, loaded)
    place = loaded.conversations[entry.conversation]
    last = place.head if who.from_seq is not None else who.end_seq or 0
    delivered, read = min(max(entry.delivered, entry.read), last), min(entry.read, last)
    if delivered > who.delivered:
        who.delivered = delivered
        who.changed = who.marks_moved = True
    numbers = _numbers_at(who, place, read, loaded)
    if read > who.read and numbers is not None:
        who.read, (who.read_countable, who.read_mention_all) = read, numbers
        who.changed = who.marks_moved = True
    if entry.read and who.marked_unread:
        who.marked_unread = False
        who.changed = who.marks_moved = True
    return DONE


def _numbers_at(who: Participant, place: Conversation, seq: int, loaded: Loaded) -> tuple[int, int] | None:
    """The running numbers at ``seq``: of the head, of an ended stay's end, or of the message there (LOG H1)."""
    if who.from_seq is None:
        if seq == who.end_seq:
            return who.end_countable, who.end_mention_all
    elif seq == place.head:
        return place.countable, place.mention_all
    return loaded.numbers.get((place.id, seq))


def _settings(entry: SettingsEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who = _participant(entry, loaded)
    for name in ("pinned_to_top", "muted", "archived", "marked_unread"):
        wished = getattr(entry, name)
        if wished is not None and wished != getattr(who, name):
            setattr(who, name, wished)
            who.changed = who.settings_moved = True
    return DONE


def _draft(entry: DraftEntry, loaded: Loaded, decision: Decision, now: int, policy: Policy) -> Outcome:
    who = _participant(entry, loaded)
    if entry.text or who.draft:
        who.draft = bool(entry.text)
        decision.drafts.append((who.company, entry.member, entry.conversation, entry.text))
    return DONE


_OTHERS: dict[type[Entry], Callable[..., Outcome]] = {
    EditEntry: _edit,
    RecallEntry: _recall,
    ReactEntry: _react,
    PinEntry: _pin,
    MarkEntry: _mark,
    SettingsEntry: _settings,
    DraftEntry: _draft,
}
